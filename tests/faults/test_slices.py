"""Slices of one fleet at the same time, with a store in PostgreSQL and one git mirror."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.locks import file_lock
from ansible_collections.prime.netops.plugins.plugin_utils.store.mirror import GitMirror

from tests.faults.backups import Backup, check_whole
from tests.lab.fleet import Lab
from tests.lab.postgres import Postgres

SLICES = 3


@pytest.fixture
def whole(lab: Lab, postgres: Postgres, tmp_path: Path) -> Backup:
    """The fleet that is cut in slices, as AWX does it: every third host."""
    backup = Backup(lab, tmp_path / "state", postgres.new_database(), workers=15)
    GitMirror.open(backup.git).close()
    return backup


def slices_of(whole: Backup, **changes: object) -> list[Backup]:
    """Its slices, each on a node of its own: they share nothing but database and mirror."""
    return [
        replace(
            whole,
            names=whole.lab.plan.names[number::SLICES],
            state=whole.state.with_name(f"node{number}"),
            git_dir=whole.git,
            **changes,
        )
        for number in range(SLICES)
    ]


def check(whole: Backup, run_ids: set[str]) -> None:
    """Each slice has a run with its devices, and store and mirror have all of them, whole."""
    with whole.store() as store:
        assert {run.id for run in store.runs(kind="backup")} == run_ids
        assert {store.run(run_id).status for run_id in run_ids} == {"finished"}
        devices = [each.device for run_id in run_ids for each in store.outcomes(run_id)]
        assert sorted(devices) == sorted(whole.fleet)
        check_whole(whole, store)


def test_slices_fetch_at_once_and_commit_one_after_the_other(whole: Backup) -> None:
    """While the mirror is locked all of them fetch and store; none is over. Then each has its
    commit."""
    slices = slices_of(whole)
    running = [each.start(stop_after=1) for each in slices]
    with file_lock(whole.git / ".git" / "prime.netops" / "lock", 10):  # which none inherits
        for run in running:
            run.await_devices(1)
            run.go_on()
        done = [
            run.await_devices(len(each.fleet)) for run, each in zip(running, slices, strict=True)
        ]
        assert done == [len(each.fleet) for each in slices]
        assert not any(run.ended(0.3) for run in running)
    reports = [run.report() for run in running]
    assert [report.problems for report in reports] == [[]] * SLICES
    assert len({report.commit for report in reports} - {None}) == SLICES
    check(whole, {report.run_id for report in reports})


def test_a_slice_that_waits_in_vain_says_so(whole: Backup) -> None:
    """Its texts are safe, and the next run commits them without asking a device."""
    slice_ = slices_of(whole, lock_seconds=0.3)[0]
    running = slice_.start(stop_after=1)
    with file_lock(whole.git / ".git" / "prime.netops" / "lock", 10):
        running.await_devices(1)
        running.go_on()
        report = running.report()
    assert report.status == "finished"
    assert "is being written by another run for over 0.3 s" in report.problems[0]
    before = slice_.logins()
    after = slice_.carried_on().run()
    assert (after.problems, slice_.logins() - before) == ([], 0)
    with slice_.store() as store:
        check_whole(slice_, store)


def test_a_killed_slice_disturbs_no_other(whole: Backup, chance: random.Random) -> None:
    """The others finish, and their runs are not taken for dead; the killed one is resumed."""
    slices = slices_of(whole)
    done = chance.randint(1, len(slices[0].fleet) - 1)
    stops = [done, 1, 1]
    running = [each.start(stop_after=stop) for each, stop in zip(slices, stops, strict=True)]
    for run, stop in zip(running, stops, strict=True):
        run.await_devices(stop)
    running[0].kill()
    for run in running[1:]:
        run.go_on()
    reports = [run.report() for run in running[1:]]
    assert [report.problems for report in reports] == [[]] * (SLICES - 1)
    with whole.store() as store:
        assert len(store.close_dead_runs()) == 1
        (dead,) = [run for run in store.runs() if run.status == "interrupted"]
        left = len(slices[0].fleet) - len(store.done(dead.id))
    before = slices[0].logins()
    resumed = slices[0].resumed().run()
    assert resumed.run_id == dead.id
    assert slices[0].logins() - before == left
    check(whole, {dead.id, *(report.run_id for report in reports)})
