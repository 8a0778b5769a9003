"""A fleet of which a part hangs or drops, run after run in one process: nothing piles up."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import replace
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.fleet.guard import NOBODY_KNOCKS
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.retry import RetryPolicy
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet, FleetOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.backup import (
    BackupOptions,
    MirrorOptions,
    back_up,
)
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.store import Store

from tests.faults.backups import device
from tests.integration.processes import usage
from tests.lab.fleet import Lab, fleet

RUNS = 20
DEADLINE = 8.0
PATIENCE = 30.0
"""Seconds for threads whose sockets were closed to notice it."""


def test_twenty_runs_leave_no_thread_and_no_file_open(tmp_path: Path) -> None:
    """Of a hundred devices five send no banner, five hang in mid-output and five drop there. Every
    other one is stored in every run, and no run lasts longer than its deadline allows."""
    faults = {f"r{n}": "no_banner" for n in range(10, 15)}
    faults |= {f"r{n}": "hang" for n in range(40, 45)}
    faults |= {f"r{n}": "drop" for n in range(70, 75)}
    with fleet(
        100, state=tmp_path / "lab", platforms=("cisco_ios",), size_kb=5, faults=faults
    ) as lab:
        one_run(lab, tmp_path)  # what is imported and opened once
        threads, files = settled()
        for _run in range(RUNS):
            started = time.monotonic()
            counts, well = one_run(lab, tmp_path)
            seconds = time.monotonic() - started
            assert well == set(lab.plan.names) - faults.keys()
            assert counts["ok"] + counts["changed"] == len(well)
            # Slots are freed at the deadline though the driver hangs; sixty leaves a slow machine
            # room, where one that hangs for good would fail.
            assert seconds < 60
        left = settled(threads, files)
        assert left[0] <= threads
        assert left[1] <= files


def one_run(lab: Lab, tmp_path: Path) -> tuple[dict[str, int], set[str]]:
    """A backup in this process: its counts, and the devices that ended well."""
    options = JobOptions(
        state_dir=tmp_path / "state",
        fleet=FleetOptions(
            workers=50,
            deadline=DEADLINE,
            retry=RetryPolicy(attempts=2, base=0.1),
            guard=replace(NOBODY_KNOCKS),  # every device is to be tried in every run
        ),
        say=lambda _line: None,
    )
    report = back_up(
        Fleet(lab.plan.names, lambda name: device(lab, name)),
        options,
        MirrorOptions(tmp_path / "configs"),
        threading.Event(),
        BackupOptions(),
    )
    with Store.open(None, tmp_path / "state") as store:
        outcomes = store.outcomes(report.run_id, ("ok", "changed"))
        return report.counts, {outcome.device for outcome in outcomes}


def settled(threads: int = 0, files: int = 0) -> tuple[int, int]:
    """How many threads and open files this process has, once no fewer come of waiting."""
    end = time.monotonic() + PATIENCE
    while True:
        held = usage(os.getpid())
        assert held is not None
        now = held.threads, held.files
        if (now[0] <= threads and now[1] <= files) or time.monotonic() > end:
            return now
        if not threads and time.monotonic() > end - PATIENCE + 5:
            return now
        time.sleep(0.2)
