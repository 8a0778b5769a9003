"""Nobody gets locked out: what reaches the devices of a fleet whose password is wrong."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import BACKUP, Controller, Play
from tests.lab.fleet import Lab, fleet
from tests.lab.postgres import Postgres, postgres

__all__ = ["postgres"]  # a fixture: pytest finds it by its name here

WRONG = "not-the-password"
BUDGET = 3
FEW = {"backup_git": False, "backup_host_outcome": "none", "backup_fail_job": "never"}


def back_up(
    home: Path, lab: Lab, *arguments: str, password: str = WRONG, **variables: Any
) -> tuple[Controller, Play]:
    """A backup of the whole lab, or what `--limit` leaves of it, with one password for all."""
    controller = Controller(home)
    play = controller.play(
        BACKUP,
        lab.inventory,
        *arguments,
        seconds=300.0,
        **{**FEW, "ansible_password": password, **variables},
    )
    return controller, play


def bad_logins(lab: Lab) -> int:
    """How often the account was refused, by all devices together."""
    return sum(lab.counters()["failed"].values())


@pytest.mark.parametrize("auth", ["password", "keyboard-interactive"])
def test_a_wrong_password_is_tried_three_times_on_a_fleet_of_two_thousand(
    auth: str, tmp_path: Path
) -> None:
    """Two hundred workers notwithstanding; the rest is skipped without a knock, and says why."""
    with fleet(2000, state=tmp_path / "lab", platforms=("cisco_ios",), auth=(auth,)) as lab:
        controller, play = back_up(tmp_path / "home", lab, backup_workers=200)
        assert 1 <= bad_logins(lab) <= BUDGET
        counts = controller.last_run().counts
        assert counts["failed"] == bad_logins(lab)
        assert counts["skipped"] == 2000 - counts["failed"]
        assert "skipped_by_breaker" in play.text
        assert "login budget of user 'admin' used up" in play.text

        # The next run within the window tries it no more, and the mended password at once.
        back_up(tmp_path / "home", lab, backup_workers=200)
        assert bad_logins(lab) <= BUDGET
        back_up(tmp_path / "home", lab, password=lab.plan.password, backup_workers=200)
        assert controller.last_run().counts["changed"] == 2000
        assert bad_logins(lab) <= BUDGET


def test_two_slices_share_the_budget_on_one_postgresql(tmp_path: Path, postgres: Postgres) -> None:
    """They run at once, each on its half of the fleet, as AWX's slices do."""
    url = postgres.new_database()
    with fleet(2000, state=tmp_path / "lab", platforms=("cisco_ios",)) as lab:
        halves = {"a": lab.plan.names[::2], "b": lab.plan.names[1::2]}

        def run(name: str) -> None:
            limit = tmp_path / f"{name}.limit"
            limit.write_text("\n".join(halves[name]))
            back_up(tmp_path / name, lab, "--limit", f"@{limit}", netops_store_url=url)

        slices = [threading.Thread(target=run, args=(name,)) for name in halves]
        for each in slices:
            each.start()
        for each in slices:
            each.join()
        assert 1 <= bad_logins(lab) <= BUDGET


def test_a_password_that_is_wrong_on_a_few_devices_stops_nobody_else(tmp_path: Path) -> None:
    """A tenth of the devices has another one; they fail, and all others are backed up."""
    faults = {f"r{n}": "wrong_password" for n in range(5, 200, 10)}
    with fleet(200, state=tmp_path / "lab", platforms=("cisco_ios",), faults=faults) as lab:
        # few at once, so that no three of them stand side by side and look like all
        controller, _play = back_up(
            tmp_path / "home", lab, password=lab.plan.password, backup_workers=10
        )
        outcomes = controller.outcomes()
    assert {name for name, each in outcomes.items() if each.status == "failed"} == set(faults)
    assert sum(each.status == "changed" for each in outcomes.values()) == 200 - len(faults)


def test_an_aaa_server_that_begins_to_refuse_everybody_is_left_alone(tmp_path: Path) -> None:
    """The account gets locked in mid-run: what follows is skipped and not refused, and the
    fallback credentials stay where they are."""
    with fleet(
        300, state=tmp_path / "lab", platforms=("cisco_ios",), latency=0.02, aaa_latency=0.05
    ) as lab:
        names = lab.plan.names
        lab.override_many({name: {"fault": "wrong_password"} for name in names[100:]})
        spare = [{"username": "rescue", "password": "whatever-else"}]
        controller, _play = back_up(
            tmp_path / "home",
            lab,
            password=lab.plan.password,
            backup_workers=10,
            netops_fallback_credentials=spare,
        )
        failed, outcomes = lab.counters()["failed"], controller.outcomes()
    assert failed["admin"] < 40
    assert failed.get("rescue", 0) <= BUDGET
    counts = controller.last_run().counts
    # Of those that would take the password, whoever was on the way when it began may be left alone.
    spared = [outcomes[name] for name in names[:100] if outcomes[name].status != "changed"]
    assert {each.error_class for each in spared} <= {"skipped_by_breaker"}
    assert counts["changed"] == 100 - len(spared) >= 90
    assert counts["skipped"] > 150


def test_a_fallback_credential_lets_in_where_the_first_one_does_not(tmp_path: Path) -> None:
    """And is the first to be tried there the next time: no more bad logins."""
    with fleet(40, state=tmp_path / "lab", platforms=("cisco_ios",)) as lab:
        spare = [{"name": "local", "username": lab.plan.user, "password": lab.plan.password}]
        controller, _play = back_up(tmp_path / "home", lab, netops_fallback_credentials=spare)
        assert controller.last_run().counts["changed"] == 40
        first = bad_logins(lab)
        assert first <= BUDGET
        back_up(tmp_path / "home", lab, netops_fallback_credentials=spare)
        assert controller.last_run().counts["ok"] == 40
        assert bad_logins(lab) == first
        assert not secrets_in(controller.home, {WRONG, lab.plan.password})


def secrets_in(directory: Path, secrets: set[str]) -> Mapping[str, str]:
    """The files below a directory that hold one of these words."""
    found = {}
    for path in directory.rglob("*"):
        if path.is_file():
            body = path.read_bytes()
            found |= {str(path): word for word in secrets if word.encode() in body}
    return found
