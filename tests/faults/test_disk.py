"""A disk that runs full in mid-run, a page of the database that goes bad; each at ten places."""

from __future__ import annotations

import random
import sqlite3
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.reconcile import verify

from tests.faults.backups import FORK, POINTS, Backup, check_carried_on, check_complete
from tests.faults.conftest import DEVICES
from tests.faults.mounts import free_bytes, own_mounts, small_disk
from tests.lab.fleet import Lab

MEGABYTES = 12
"""A healthy run of the fleet takes a few."""


def fill_and_free(lab: Lab, directory: Path, share: float) -> bool:
    """On a small disk that holds only a share of what a run needs: see the run fail, free the disk,
    carry on. Whether the run was hit at all."""
    small_disk(directory, MEGABYTES)
    empty = free_bytes(directory)
    healthy = Backup(lab, directory / "healthy")
    healthy.run()
    needed = empty - free_bytes(directory)
    backup = Backup(lab, directory / "state")
    with backup.store():
        pass  # its tables; a store that cannot even be made is another test's
    ballast = directory / "ballast"
    ballast.write_bytes(b"\0" * max(0, free_bytes(directory) - int(needed * share)))
    hit = _runs_into_it(backup, directory)
    ballast.unlink()
    check_carried_on(backup, backup.left())
    return hit


def _runs_into_it(backup: Backup, directory: Path) -> bool:
    """Run; what goes wrong has to name the place and the remedy."""
    try:
        problems = backup.run().problems
    except StoreError as error:
        problems = [str(error)]
    for problem in problems:
        assert str(directory) in problem
        assert "space" in problem
    return bool(problems)


@pytest.fixture(scope="module")
def hits() -> list[bool]:
    """Which runs ran out of disk."""
    return []


@pytest.mark.parametrize("point", range(POINTS))
def test_the_disk_runs_full(
    lab: Lab, chance: random.Random, tmp_path: Path, hits: list[bool], point: int
) -> None:
    """Store and mirror on one small file system: the run ends with a sentence that names it, what
    was committed stays, and with room again the rest is done and nothing is done twice."""
    share = chance.uniform(0.1, 0.8)
    with ProcessPoolExecutor(1, FORK, own_mounts) as pool:
        hits.append(pool.submit(fill_and_free, lab, tmp_path / "disk", share).result(120))


def test_most_of_these_disks_were_full(hits: list[bool]) -> None:
    """Or the test before tests nothing."""
    assert sum(hits) > POINTS // 2


def damage(file: Path, chance: random.Random) -> int:
    """Overwrite one page of a database, any but the first, as a bad sector does; its number."""
    with sqlite3.connect(file) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.close()
    page = chance.randrange(1, pages)
    with file.open("r+b") as raw:
        raw.seek(page * size)
        raw.write(chance.randbytes(size))
    return page


def move_aside(state: Path) -> None:
    """What the message says is to be done with a damaged store."""
    for name in ("netops.db", "netops.db-wal", "netops.db-shm"):
        if (state / name).exists():
            (state / name).rename(state / f"{name}.damaged")


@pytest.mark.parametrize("point", range(POINTS))
def test_a_page_goes_bad(lab: Lab, chance: random.Random, tmp_path: Path, point: int) -> None:
    """After a kill in mid-run a page is overwritten. Either the store says so, with the way out,
    and that way leads to a whole store; or the page was not needed, or held a text, which
    verification finds and the next backup stores anew. A wrong text is never believed."""
    backup = Backup(lab, tmp_path / "state")
    running = backup.start()
    running.await_devices(chance.randint(20, DEVICES - 1))
    running.kill()
    damage(backup.state / "netops.db", chance)
    words = told(backup)
    if words:
        assert str(backup.state / "netops.db") in words
        move_aside(backup.state)
    check_complete(backup, backup.run().run_id)


def told(backup: Backup) -> str:
    """Carry on, and verify; what is said of the store itself, if anything."""
    try:
        backup.carried_on().run()
        with backup.store() as store:
            found = verify(store, backup.mirror, mend=True)
    except StoreError as error:
        return str(error)
    kinds = {each["kind"] for each in found.differences}
    assert kinds <= {"store_damaged", "git_missing", "git_differs"}, found.differences
    return "; ".join(found.problems)
