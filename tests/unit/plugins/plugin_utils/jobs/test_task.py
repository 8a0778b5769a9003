# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs from their first row in the ledger to the last, however they end."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    AuthFailed,
    StoreError,
    Unreachable,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.host import fleet_host
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.retry import RetryPolicy
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet, FleetOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.task import TaskReport, run_task
from ansible_collections.prime.netops.plugins.plugin_utils.store import Store
from nornir.core.task import Result, Task

SECRET = "S3cr3tMarker-password"


def run(
    place: Path, work: Any, names: list[str], stop: threading.Event | None = None, workers: int = 4
) -> tuple[TaskReport, list[str]]:
    """Run a task on devices of these names; the report, and what was said."""
    said: list[str] = []
    options = JobOptions(
        state_dir=place,
        fleet=FleetOptions(workers=workers, retry=RetryPolicy(attempts=2, base=0.0)),
        provenance={"user": "tester"},
        say=said.append,
    )
    fleet = Fleet(names, lambda name: Device(name, password=SECRET, site="here"))
    return run_task("task", fleet, work, {}, options, stop or threading.Event()), said


def mixed(task: Task) -> Any:
    """A device does what its name says."""
    kind = task.host.name.partition("-")[0]
    if kind == "changed":
        return Result(task.host, result={"did": "something"}, changed=True)
    if kind == "refused":
        raise AuthFailed(f"the password {SECRET} was refused")
    if kind == "gone":
        raise Unreachable(f"nobody takes {SECRET}")
    return "fine"


NAMES = ["ok-1", "ok-2", "changed-1", "refused-1", "gone-1"]


def test_the_report_and_the_ledger_agree(tmp_path: Path) -> None:
    """Every device has its row, with its attempts; counts add up; no secret is anywhere."""
    told, said = run(tmp_path, mixed, NAMES)
    assert told.report.counts == {
        "total": 5,
        "ok": 2,
        "changed": 1,
        "failed": 1,
        "unreachable": 1,
        "skipped": 0,
    }
    assert told.report.classes == {"auth_failed": 1, "unreachable": 1}
    assert sorted(told.report.failed_hosts) == ["gone-1", "refused-1"]
    assert told.results == {"ok-1": "fine", "ok-2": "fine", "changed-1": {"did": "something"}}
    with Store.open(None, tmp_path) as store:
        rows = {row.device: row for row in store.outcomes(told.report.run_id)}
        assert {name: row.status for name, row in rows.items()} == {
            "ok-1": "ok",
            "ok-2": "ok",
            "changed-1": "changed",
            "refused-1": "failed",
            "gone-1": "unreachable",
        }
        assert (rows["gone-1"].attempts, rows["refused-1"].attempts) == (2, 1)
        assert rows["refused-1"].remedy
        assert store.run(told.report.run_id).status == "finished"
    assert said[-1].startswith("5/5 devices, 2 failed")
    traces = "".join([repr(told), *said]).encode()
    traces += b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert SECRET.encode() not in traces


def test_a_run_that_is_stopped_is_interrupted(tmp_path: Path) -> None:
    """What was done is kept, who was in the air is interrupted, the rest is skipped."""
    stop = threading.Event()

    def work(task: Task) -> str:
        if task.host.name != "r0":
            closed = threading.Event()
            fleet_host(task.host).flight.on_abort(closed.set)
            stop.set()
            assert closed.wait(60)
            raise OSError("Socket is closed")
        return "fine"

    told, _ = run(tmp_path, work, ["r0", "r1", "r2", "r3"], stop, workers=1)
    assert told.report.status == "interrupted"
    assert told.report.counts == {
        "total": 4,
        "ok": 1,
        "changed": 0,
        "failed": 1,
        "unreachable": 0,
        "skipped": 2,
    }
    with Store.open(None, tmp_path) as store:
        outcome = store.outcome(told.report.run_id, "r0")
        assert outcome is not None
        assert outcome.status == "ok"
        assert store.outcome(told.report.run_id, "r3") is None
        assert store.run(told.report.run_id).status == "interrupted"


def test_an_empty_fleet_is_a_finished_run(tmp_path: Path) -> None:
    """As `--limit` may leave it."""
    told, _ = run(tmp_path, mixed, [])
    assert told.report.status == "finished"
    assert set(told.report.counts.values()) == {0}


def test_a_store_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    """Before any device is contacted."""
    (tmp_path / "file").touch()
    ran: list[str] = []
    with pytest.raises(StoreError, match=str(tmp_path / "file")):
        run(tmp_path / "file", lambda task: ran.append(task.host.name), ["r0"])
    assert not ran


@pytest.mark.parametrize("name", ["ü-router", "../../etc/passwd", "a b", "x" * 300, "r'\";--"])
def test_any_name_of_a_device_is_kept(tmp_path: Path, name: str) -> None:
    """Inventories hold stranger names than we would choose."""
    told, _ = run(tmp_path, mixed, [name])
    assert told.report.counts["ok"] == 1
    with Store.open(None, tmp_path) as store:
        outcome = store.outcome(told.report.run_id, name)
        assert outcome is not None
        assert outcome.device == name
