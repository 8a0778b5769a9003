"""A run as it is seen from outside while it goes on: its log, its progress, its profile."""

from __future__ import annotations

import json
import os
import pstats
import pty
import re
import select
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import BACKUP, BIN, ROOT, Controller
from tests.integration.processes import await_end, descendants, kill, until
from tests.integration.runner import run_job
from tests.lab.fleet import Lab, fleet

LOG = {"ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log"}
DEVICES = 60


@pytest.fixture(scope="module")
def sixty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """60 devices which take their time."""
    state = tmp_path_factory.mktemp("sixty")
    with fleet(DEVICES, state=state, platforms=("arista_eos",), size_kb=2, latency=0.15) as running:
        yield running


@pytest.fixture
def lab(sixty: Lab) -> Lab:
    """The devices, all of them well."""
    sixty.restore()
    return sixty


def lines(controller: Controller) -> list[dict[str, Any]]:
    """The lines of the log, all of them whole."""
    text = (controller.state / "log.jsonl").read_text(encoding="ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def of(records: list[dict[str, Any]], event: str) -> dict[str, dict[str, Any]]:
    """The events of a kind, by their device."""
    return {record["device"]: record for record in records if record["event"] == event}


def test_a_backup_is_in_the_log_device_by_device(lab: Lab, controller: Controller) -> None:
    """Attempts, retries, ends and changes, as the ledger has them; the run's cost; and Ansible's
    own tasks among them."""
    lab.override_many({"r1": {"fault": "wrong_password"}, "r2": {"fault": "reset"}})
    play = controller.play(
        BACKUP,
        lab.inventory,
        environment=LOG,
        backup_fail_job="never",
        backup_attempts=2,
        backup_host_outcome="failed",
    )
    assert play.rc == 0, play.output
    records, outcomes = lines(controller), controller.outcomes()
    run_id = controller.last_run().id
    (started,) = (record for record in records if record["event"] == "run_started")
    (finished,) = (record for record in records if record["event"] == "run_finished")
    assert (started["run_id"], started["devices"], started["kind"]) == (run_id, DEVICES, "backup")
    assert finished["counts"] == controller.last_run().counts
    assert finished["events_lost"] == 0
    assert finished["cpu_s"] > 0
    ends = of(records, "device_succeeded") | of(records, "device_failed")
    assert {name: end["status"] for name, end in ends.items()} == {
        name: outcome.status for name, outcome in outcomes.items()
    }
    assert {name: end["attempts"] for name, end in ends.items()} == {
        name: outcome.attempts for name, outcome in outcomes.items()
    }
    attempts = Counter(
        record["device"] for record in records if record["event"] == "device_attempt"
    )
    assert attempts == {name: outcome.attempts for name, outcome in outcomes.items()}
    assert of(records, "device_retry").keys() == {"r2"}
    assert of(records, "config_changed").keys() == set(outcomes) - {"r1", "r2"}
    assert ends["r1"]["error_class"] == "auth_failed"
    results = [record for record in records if record["event"] == "task_result"]
    fleet_task = next(r for r in results if r["action"] == "prime.netops.config_backup")
    assert fleet_task["run_id"] == run_id
    reported = {r["host"] for r in results if r["action"] == "prime.netops.host_outcome"}
    assert reported == {"r1", "r2"}


def test_a_killed_ansible_leaves_a_log_up_to_its_last_second(
    lab: Lab, controller: Controller
) -> None:
    """kill -9 in mid-run: every device that was done a second before is in the log, and the log
    ends in a whole line."""
    process = controller.start(BACKUP, lab.inventory, environment=LOG, backup_workers=6)
    log = controller.state / "log.jsonl"
    try:
        until(
            lambda: log.exists() and log.read_text().count("device_succeeded") > 15, 60, "devices"
        )
        processes = descendants(process.pid)
        killed = time.time()
        kill([process.pid])
        await_end(processes, 20)
    finally:
        kill(descendants(process.pid))
        process.communicate()
    told = of(lines(controller), "device_succeeded").keys()
    done = controller.outcomes()
    before = {name for name, o in done.items() if o.finished.timestamp() < killed - 1}
    assert len(before) > 5
    assert before <= told
    assert len(told) < DEVICES


def test_several_runs_share_a_log_and_it_is_rotated_meanwhile(
    lab: Lab, controller: Controller
) -> None:
    """Nothing is lost between the old file and the new one."""
    # Each has a store of its own: SQLite lets one run wait for the other, and not for ever.
    command = {"commands": ["show version"], "attempts": 1, "state_dir": "{{ store }}"}
    task = {"prime.netops.device_command": command, "run_once": True, "delegate_to": "localhost"}
    own = controller.write(
        "own.yml", [{"hosts": "all", "gather_facts": False, "tasks": [task, task]}]
    )
    log = controller.state / "log.jsonl"
    plays = [
        controller.start(own, lab.inventory, environment=LOG, store=str(controller.state / name))
        for name in ("one", "two")
    ]
    try:
        until(lambda: log.exists() and "device_succeeded" in log.read_text(), 60, "devices")
        log.rename(old := controller.state / "log.jsonl.1")
        for play in plays:
            output = play.communicate(timeout=120)
            assert play.returncode == 0, output
    finally:
        for play in plays:
            kill(descendants(play.pid))
    records = [json.loads(line) for line in (old.read_text() + log.read_text()).splitlines()]
    ends = Counter(record["event"] for record in records)
    assert ends["device_succeeded"] == 4 * DEVICES
    assert ends["playbook_finished"] == 2
    assert len({record["playbook_id"] for record in records}) == 2


def on_a_terminal(controller: Controller, *words: str | Path, **more: str) -> str:
    """What ansible-playbook writes to a terminal of 100 columns."""
    ours, its = pty.openpty()
    environment = {**controller.environment, "TERM": "xterm", "COLUMNS": "100", **more}
    with subprocess.Popen(
        [BIN / "ansible-playbook", *words],
        cwd=ROOT,
        env=environment,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
    ) as process:
        os.close(its)
        written = b""
        while select.select([ours], [], [], 120)[0]:
            try:
                written += os.read(ours, 65_536)
            except OSError:  # the terminal's other end is closed
                break
        assert process.wait(30) == 0, written
    os.close(ours)
    return written.decode()


LIVE = re.compile(r"\r\x1b\[K(\d+)/60 devices, 0 failed, [\d.]+ devices/s, ETA \d+ s")


def test_a_terminal_shows_one_live_line(lab: Lab, controller: Controller) -> None:
    """It is drawn over itself, wiped at the end, and followed by the last line."""
    words = (
        BACKUP,
        "-i",
        lab.inventory,
        "-e",
        "backup_workers=5",
        "-e",
        "backup_host_outcome=none",
    )
    text = on_a_terminal(controller, *words)
    numbers = [int(number) for number in LIVE.findall(text)]
    assert len(numbers) > 5
    assert numbers == sorted(numbers)
    assert re.search(r"\r\x1b\[K60/60 devices, 0 failed, [\d.]+ devices/s in [\d.]+ s\r\n", text)
    assert "\n59/60" not in text


@pytest.mark.parametrize("why", ["dumb", "recorded", "verbose"])
def test_elsewhere_lines_follow_each_other(why: str, lab: Lab, controller: Controller) -> None:
    """A terminal that draws nothing, one that a CI service records, and one full of other lines."""
    words: list[str | Path] = [BACKUP, "-i", lab.inventory, "-e", "backup_host_outcome=none"]
    more = {"dumb": {"TERM": "dumb"}, "recorded": {"CI": "true"}, "verbose": {}}[why]
    text = on_a_terminal(controller, *words, *(["-v"] if why == "verbose" else []), **more)
    assert "\x1b[K" not in text
    assert "60/60 devices, 0 failed" in text


def test_awx_gets_a_line_now_and_then(lab: Lab, controller: Controller) -> None:
    """Its runner has a terminal too, and keeps all that is drawn on it."""
    job = run_job(
        controller,
        BACKUP,
        lab.inventory,
        environment=LOG,
        backup_host_outcome="none",
        awx_job_id="4711",
        awx_user_name="ann",
    )
    assert job.rc == 0, job.stdout
    assert "\x1b[K" not in job.stdout
    assert "60/60 devices, 0 failed" in job.stdout
    records = lines(controller)
    assert {record["awx_job_id"] for record in records} == {"4711"}
    (started,) = (record for record in records if record["event"] == "run_started")
    assert started["provenance"]["awx_user_name"] == "ann"


def test_many_failures_end_in_a_table(lab: Lab, controller: Controller) -> None:
    """By error class, each with its remedy, in place of a list of devices."""
    lab.override_many({f"r{number}": {"fault": "wrong_password"} for number in range(1, 31)})
    play = controller.play(
        BACKUP,
        lab.inventory,
        backup_fail_job="never",
        backup_host_outcome="none",
        backup_max_bad_logins=0,
    )
    assert play.rc == 0, play.output
    assert re.search(r"^  auth_failed +30  r\d+, r\d+, r\d+$", play.stdout, re.M), play.stdout
    assert play.text.count("Check ansible_user and ansible_password") == 1


def test_a_profile_shows_where_the_time_goes(lab: Lab, controller: Controller) -> None:
    """A file for pstats with the devices' work, and the top of it on the screen."""
    path = controller.home / "profiles" / "backup.pstats"
    play = controller.play(
        BACKUP,
        lab.inventory,
        "--limit",
        "r1:r2:r3",
        backup_profile_file=str(path),
    )
    assert play.rc == 0, play.output
    assert f"python -m pstats {path}" in play.text
    functions = {name for _file, _line, name in pstats.Stats(str(path)).stats}  # type: ignore[attr-defined]
    assert {"fetch_config", "with_retry"} <= functions
    assert not list(path.parent.glob("*.tmp"))


def test_ctrl_c_leaves_whole_lines_and_no_process(lab: Lab, controller: Controller) -> None:
    """The process that writes the log ends with the play."""
    process = controller.start(BACKUP, lab.inventory, environment=LOG, backup_workers=6)
    log = controller.state / "log.jsonl"
    try:
        until(lambda: log.exists() and "device_succeeded" in log.read_text(), 60, "devices")
        processes = descendants(process.pid)
        assert len(processes) > 2
        os.kill(process.pid, signal.SIGINT)
        await_end(processes, 30)
    finally:
        kill(descendants(process.pid))
        process.communicate()
    assert lines(controller)
