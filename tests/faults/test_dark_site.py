"""A site that goes dark costs the rest of the fleet next to nothing, and is not hammered."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.faults.test_lockout import FEW
from tests.integration.playbook import BACKUP, LOCAL, Controller, Play
from tests.integration.processes import until
from tests.lab.fleet import Lab, fleet

SITES = tuple(f"s{number}" for number in range(1, 8))
"""Seven sites of 286 devices; about 1,700 are left when one is dark."""
DARK = SITES[2]


def back_up(home: Path, lab: Lab, *arguments: str, **variables: object) -> tuple[Controller, Play]:
    """A backup of the whole lab, or what `--limit` leaves of it."""
    controller = Controller(home)
    options = {**FEW, "backup_workers": 100, "backup_attempts": 3, **variables}
    return controller, controller.play(BACKUP, lab.inventory, *arguments, seconds=400.0, **options)


def knocks(lab: Lab, names: list[str]) -> int:
    """How often somebody connected to these devices."""
    counters = lab.counters()["devices"]
    return sum(counters[name]["connections"] for name in names)


def darken(lab: Lab, fault: str | None) -> list[str]:
    """Let all devices of the site have a fault, or none any more; their names."""
    names = [device.name for device in lab.plan.devices if device.site == DARK]
    lab.override_many({name: {"fault": fault} for name in names})
    return names


def test_a_dark_site_is_left_alone_and_the_others_do_not_wait(tmp_path: Path) -> None:
    """286 of 2,000 devices swallow every packet. The breaker opens after the first time-outs, the
    others are all stored, and the wall time stays near that of a fleet without the site."""
    with fleet(2000, state=tmp_path / "lab", platforms=("cisco_ios",), sites=SITES) as lab:
        well = [device.name for device in lab.plan.devices if device.site != DARK]
        limit = tmp_path / "well"
        limit.write_text("\n".join(well))
        _, healthy = back_up(tmp_path / "healthy", lab, "--limit", f"@{limit}")

        darken(lab, "silent")
        controller, play = back_up(tmp_path / "dark", lab)
        outcomes = controller.outcomes()
        assert all(outcomes[name].status == "changed" for name in well)
        assert f"breaker opened for group '{DARK}'" in play.text
        tried = [each for each in outcomes.values() if each.status == "unreachable"]
        skipped = [each for each in outcomes.values() if each.status == "skipped"]
        assert len(tried) + len(skipped) == 2000 - len(well)
        assert len(skipped) > len(tried)
        assert all(each.error_class == "skipped_by_breaker" for each in skipped)
        print(f"healthy {healthy.seconds:.1f} s, with a dark site {play.seconds:.1f} s")

        # When the site is back the next run's first device is the probe, and all follow.
        darken(lab, None)
        back_up(tmp_path / "dark", lab)
        assert controller.last_run().counts["ok"] == len(well)
        assert controller.last_run().counts["changed"] == 2000 - len(well)


def test_a_site_that_comes_back_in_mid_run_is_backed_up_in_this_run(tmp_path: Path) -> None:
    """Half-open: one probe at a time, growing waits, and then everybody who had to wait."""
    with fleet(
        400, state=tmp_path / "lab", platforms=("cisco_ios",), sites=SITES[:4], latency=0.4
    ) as lab:
        dark = darken(lab, "reset")
        controller = Controller(tmp_path / "home")
        variables = {**FEW, "backup_workers": 10, "backup_breaker_cooldown": 2}
        variables |= {"backup_breaker_rate": 80, "backup_attempts": 1}
        process = controller.start(BACKUP, lab.inventory, **variables)
        until(lambda: knocks(lab, dark) >= 10, 60.0, "the first knocks")
        time.sleep(6)
        while_dark = knocks(lab, dark)
        darken(lab, None)
        stdout, stderr = process.communicate(timeout=240)
        output = " ".join((stdout + stderr).split())
        outcomes = controller.outcomes()
    assert "breaker opened" in output
    assert "breaker closed" in output
    # The window that it took to open, those in flight, and a probe or two: not a hundred devices.
    assert while_dark <= 40
    assert sum(outcomes[name].status == "changed" for name in dark) >= 100 - while_dark - 2


def test_a_device_that_keeps_failing_is_tried_at_growing_intervals(tmp_path: Path) -> None:
    """Until somebody asks for it, or it works again."""
    with fleet(5, state=tmp_path / "lab", platforms=("cisco_ios",)) as lab:
        lab.override("r3", fault="dead")
        for _night in range(3):
            controller, _play = back_up(tmp_path / "home", lab)
            assert controller.outcomes()["r3"].status == "unreachable"
        controller, play = back_up(tmp_path / "home", lab)
        assert controller.outcomes()["r3"].error_class == "quarantined"
        assert "in quarantine after 3 failed runs" in play.text
        assert looked_up(controller)["quarantine"]["first"][0]["name"] == "r3"

        lab.override("r3", fault=None)
        controller, _play = back_up(tmp_path / "home", lab, backup_ignore_quarantine=True)
        assert controller.outcomes()["r3"].status == "changed"
        controller, _play = back_up(tmp_path / "home", lab)
        assert controller.outcomes()["r3"].status == "ok"
        assert looked_up(controller)["quarantine"]["devices"] == 0


@pytest.mark.parametrize("option", ["backup_breaker_rate", "backup_quarantine_after"])
def test_a_breaker_can_be_switched_off(option: str, tmp_path: Path) -> None:
    """Then every device is tried in every run."""
    with fleet(30, state=tmp_path / "lab", platforms=("cisco_ios",), sites=("one",)) as lab:
        dead = {device.name: {"fault": "dead"} for device in lab.plan.devices}
        lab.override_many(dead)
        off = {"backup_breaker_rate": 0, "backup_quarantine_after": 0}
        for _night in range(4 if option == "backup_quarantine_after" else 1):
            controller, _play = back_up(
                tmp_path / "home", lab, backup_attempts=1, backup_workers=2, **off
            )
        assert controller.last_run().counts["unreachable"] == 30


def looked_up(controller: Controller) -> dict[str, Any]:
    """What `run_info` has to tell."""
    playbook = controller.write(
        "info.yml",
        [
            {
                "hosts": "localhost",
                "gather_facts": False,
                "tasks": [
                    {"prime.netops.run_info": {}, "register": "info"},
                    {
                        "ansible.builtin.copy": {
                            "content": "{{ info | to_json }}",
                            "dest": str(controller.home / "info.json"),
                            "mode": "0600",
                        }
                    },
                ],
            }
        ],
    )
    play = controller.play(playbook, "localhost,", "-c", "local", **LOCAL)
    assert play.rc == 0, play.output
    found: dict[str, Any] = json.loads((controller.home / "info.json").read_text())
    return found
