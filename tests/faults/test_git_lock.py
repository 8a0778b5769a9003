"""The git mirror locked by somebody else at ten moments: a git of a person's, or another run."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.locks import file_lock

from tests.faults.backups import POINTS, Backup, check_carried_on, check_complete
from tests.faults.conftest import DEVICES
from tests.lab.fleet import Lab


@contextmanager
def a_person_s_git(repository: Path) -> Iterator[str]:
    """`git add` or the like, or one that was killed; what the message has to name."""
    lock = repository / ".git" / "index.lock"
    lock.touch(exist_ok=False)
    yield str(lock)
    lock.unlink()


@contextmanager
def another_run(repository: Path) -> Iterator[str]:
    """A run that commits."""
    with file_lock(repository / ".git" / "prime.netops" / "lock", 10):
        yield "is being written by another run"


HOLDERS = (a_person_s_git, another_run)


@pytest.mark.parametrize("point", range(POINTS))
def test_the_lock_is_held(lab: Lab, chance: random.Random, tmp_path: Path, point: int) -> None:
    """While it is held, devices are fetched and stored. If that lasts longer than the run waits,
    the run says who holds it, and the texts come with the next one, without asking a device; else
    nothing is to be told."""
    lasts = point % 3 > 0
    backup = Backup(lab, tmp_path / "state", lock_seconds=0.3 if lasts else 60.0)
    done = chance.randint(1, DEVICES)
    running = backup.start(stop_after=done)
    running.await_devices(done)
    with HOLDERS[point % 2](backup.git) as words:
        running.go_on()
        assert running.await_devices(DEVICES) == DEVICES
        report = running.report() if lasts else None
    if report is None:
        report = running.report()
        assert report.problems == []
        check_complete(backup, report.run_id)
        return
    assert report.status == "finished"
    assert report.commit is None
    assert len(report.problems) == 1
    assert words in report.problems[0]
    check_carried_on(backup, left=0)


@pytest.mark.parametrize("hold", HOLDERS)
def test_a_lock_that_is_given_back_is_waited_for(lab: Lab, tmp_path: Path, hold: object) -> None:
    """The run commits as soon as it may."""
    backup = Backup(lab, tmp_path / "state")
    running = backup.start(stop_after=DEVICES // 2)
    running.await_devices(DEVICES // 2)
    assert callable(hold)
    with hold(backup.git):
        running.go_on()
        running.await_devices(DEVICES)
        assert not running.ended(0.5)
    report = running.report()
    assert (report.problems, report.status) == ([], "finished")
    check_complete(backup, report.run_id)
