# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jobs that go on where another one stopped, and verification, with texts instead of devices."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError, Unreachable
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.retry import RetryPolicy
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet, FleetOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs import backup as job
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.age import seconds_of, span
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.backup import (
    BackupOptions,
    MirrorOptions,
    back_up,
)
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.reconcile import (
    Verification,
    verify,
)
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.report import Report
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from ansible_collections.prime.netops.plugins.plugin_utils.store import Store
from ansible_collections.prime.netops.plugins.plugin_utils.store.mirror import GitMirror
from ansible_collections.prime.netops.plugins.plugin_utils.tasks.fetch_config import FetchedConfig
from nornir.core.task import Result, Task

from tests.unit.fixtures.configs.samples import sample

RAW = sample("cisco_ios").raw
NAMES = ["r1", "r2", "r3", "r4"]


class Estate:
    """Devices that answer with a text, until they are told otherwise."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place = place
        self.mirror = MirrorOptions(place / "configs", lock_seconds=0.1)
        self.asked: list[str] = []
        self.down: set[str] = set()
        self.texts: dict[str, str] = {}
        self.at: Callable[[str], None] = lambda _name: None
        monkeypatch.setattr(job, "fetch_config", self._fetch)

    def _fetch(self, task: Task) -> Result:
        name = task.host.name
        self.asked.append(name)
        self.at(name)
        if name in self.down:
            raise Unreachable("nobody is there")
        return Result(task.host, result=FetchedConfig(self.texts.get(name, RAW)))

    def run(
        self,
        backup: BackupOptions | None = None,
        stop: threading.Event | None = None,
        names: list[str] = NAMES,
        **changes: Any,
    ) -> Report:
        """Back up, one device at a time; ``asked`` begins anew."""
        self.asked.clear()
        options = JobOptions(
            state_dir=self.place,
            fleet=FleetOptions(workers=1, retry=RetryPolicy(attempts=1)),
            say=lambda _line: None,
        )
        fleet = Fleet(names, lambda name: Device(name, platform=load("cisco_ios"), site="here"))
        return back_up(
            fleet, replace(options, **changes), self.mirror, stop or threading.Event(), backup
        )

    def interrupted(self, at: str) -> Report:
        """Back up until a device, during which the run is told to end."""
        stop = threading.Event()
        self.at = lambda name: stop.set() if name == at else None
        report = self.run(stop=stop)
        self.at = lambda _name: None
        return report

    def verified(self, mend: bool = True) -> Verification:
        """Hold all of it against each other."""
        with self.store() as store:
            return verify(store, self.mirror, mend)

    def store(self) -> Store:
        """The store."""
        return Store.open(None, self.place)

    def sql(self, statement: str) -> None:
        """Do something to the database behind our back."""
        with sqlite3.connect(self.place / "netops.db") as database:
            database.execute(statement)
        database.close()


@pytest.fixture
def estate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Estate:
    """Four routers."""
    return Estate(tmp_path, monkeypatch)


def test_an_interrupted_run_goes_on_with_what_is_left(estate: Estate) -> None:
    """Under its own id; what failed before is tried again; counts are of the whole run."""
    estate.down = {"r2"}
    first = estate.interrupted(at="r3")  # which comes to its end
    assert (first.status, first.resumed) == ("interrupted", None)
    estate.down = set()
    second = estate.run(resume=True)
    assert second.run_id == first.run_id
    assert sorted(estate.asked) == ["r2", "r4"]
    assert (second.status, second.resumed) == ("finished", 2)
    assert second.counts == {
        "total": 4,
        "ok": 0,
        "changed": 4,
        "failed": 0,
        "unreachable": 0,
        "skipped": 0,
    }
    with estate.store() as store:
        assert [each.status for each in store.outcomes(first.run_id)] == ["changed"] * 4
    assert estate.verified(mend=False).differences == []


def test_nothing_to_resume_is_an_error_and_asks_nobody(estate: Estate) -> None:
    """It never starts over behind one's back."""
    estate.run()
    with pytest.raises(StoreError, match=r"has finished\. Run without resume"):
        estate.run(resume=True)
    with pytest.raises(StoreError, match="on these 2 hosts"):
        estate.run(resume=True, names=NAMES[:2])
    assert estate.asked == []


def test_a_fresh_copy_spares_its_device(estate: Estate) -> None:
    """The row says how old it is, and the counts tell; an old one does not."""
    estate.run(names=["r1", "r2"])
    report = estate.run(BackupOptions(max_age=3600.0))
    assert sorted(estate.asked) == ["r3", "r4"]
    assert (report.fresh, report.counts["skipped"], report.counts["changed"]) == (2, 2, 2)
    with estate.store() as store:
        outcome = store.outcome(report.run_id, "r1")
        assert outcome is not None
        assert outcome.status == "skipped"
        assert "old, and max_age is 1h" in (outcome.message or "")
    assert estate.run(BackupOptions(max_age=0.0)).fresh == 0
    assert len(estate.asked) == 4


def test_too_old_copies_are_told(estate: Estate) -> None:
    """Those of devices that never had one first."""
    estate.run(names=["r1", "r2", "r3"])
    old = datetime.now(UTC) - timedelta(days=3)
    estate.sql(f"UPDATE latest SET fetched = '{old:%Y-%m-%d %H:%M:%S.%f}' WHERE device = 'r3'")
    estate.down = {"r3", "r4"}
    stale = estate.run(BackupOptions(max_copy_age=86_400.0)).stale
    assert stale is not None
    assert (stale["count"], stale["never"], stale["max_copy_age"]) == (2, 1, 86_400)
    assert [each["device"] for each in stale["devices"]] == ["r4", "r3"]
    assert stale["devices"][1]["age"] == pytest.approx(3 * 86_400, abs=60)


def test_what_a_run_could_not_commit_comes_with_the_next(estate: Estate) -> None:
    """Also for a device that is not reached then."""
    estate.run(names=["r1"])
    lock = estate.mirror.path / ".git" / "index.lock"
    lock.touch()
    assert "index.lock exists" in estate.run().problems[0]
    lock.unlink()
    estate.down = set(NAMES)
    report = estate.run()
    assert report.commit is not None
    with GitMirror.open(estate.mirror.path) as mirror:
        assert all(mirror.read(f"here/{name}") for name in NAMES)
    assert estate.run().commit is None


def damages() -> dict[str, Callable[[Estate], object]]:
    """What can go wrong between two runs, by what it is to be called."""
    return {
        "git_missing": lambda estate: commit_by_hand(estate, None),
        "git_differs": lambda estate: commit_by_hand(estate, "edited\n"),
        "file_missing": lambda estate: (estate.mirror.path / "here" / "r1").unlink(),
        "file_differs": lambda estate: (estate.mirror.path / "here" / "r1").write_text("mine\n"),
    }


def commit_by_hand(estate: Estate, text: str | None) -> None:
    """A person's commit that removes or changes a device's file."""
    path = estate.mirror.path / "here" / "r1"
    with GitMirror.open(estate.mirror.path) as mirror:
        git = mirror._git
        if text is None:
            git.run("rm", "-q", "here/r1")
        else:
            path.write_text(text)
            git.run("add", "here/r1")
        git.run("commit", "-qm", "by hand")


@pytest.mark.parametrize("kind", damages())
def test_verification_names_what_differs_and_mends_git(estate: Estate, kind: str) -> None:
    """Without mending nothing is touched; a person's change that is not committed never is."""
    estate.run()
    damages()[kind](estate)
    looked = estate.verified(mend=False)
    assert dict(looked.counts) == {kind: 1}
    assert looked.differences[0]["device"] == "r1"
    assert looked.mended == 0
    mended = estate.verified()
    assert dict(mended.counts) == {kind: 1}
    theirs = kind == "file_differs"
    assert (mended.mended, mended.lasting) == ((0, 1) if theirs else (1, 0))
    assert dict(estate.verified(mend=False).counts) == ({kind: 1} if theirs else {})


def test_a_lost_mirror_is_filled_from_the_store(estate: Estate) -> None:
    """In one commit."""
    estate.run()
    estate.mirror.path.rename(estate.place / "lost")
    assert estate.verified(mend=False).problems == [
        f"There is no git mirror at {estate.mirror.path}."
    ]
    found = estate.verified()
    assert (found.mended, found.counts["git_missing"]) == (4, 4)
    assert estate.verified(mend=False).differences == []


def test_a_damaged_text_is_named_and_stored_anew_by_the_next_backup(estate: Estate) -> None:
    """Although the device prints the same as before."""
    estate.run(names=["r1"])
    estate.sql("UPDATE config SET body = x'00'")
    found = estate.verified()
    assert dict(found.counts) == {"store_damaged": 1}
    assert found.lasting == 1
    estate.run(names=["r1"])
    assert estate.verified().differences == []


def test_an_older_text_is_verified_too(estate: Estate) -> None:
    """It is no device's last good copy, and nothing brings it back."""
    estate.run(names=["r1"])
    estate.texts["r1"] = RAW.replace("hostname ", "hostname x", 1)
    estate.run(names=["r1"])
    estate.sql(
        "UPDATE config SET body = (SELECT body FROM config c WHERE c.sha256 IN "
        "(SELECT config_sha256 FROM latest)) WHERE sha256 NOT IN (SELECT config_sha256 FROM latest)"
    )
    assert dict(estate.verified().counts) == {"text_damaged": 1}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("30m", 1800), ("4h", 14_400), ("1.5 d", 129_600), ("1W", 604_800), ("", None)],
)
def test_ages_are_read_with_their_unit(text: str, seconds: float | None) -> None:
    """As ansible.builtin.find writes them; a survey's unanswered question is none."""
    assert seconds_of("max_age", text) == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "4 hours", "4h 3m", "inf"])
def test_an_age_that_cannot_be_read_is_named(text: str) -> None:
    """With the option and examples."""
    with pytest.raises(ValueError, match=r"max_age is '.*30m, 4h"):
        seconds_of("max_age", text)


def test_ages_are_told_in_the_largest_unit() -> None:
    """And no more digits than help."""
    assert [span(each) for each in (5, 90, 14_400, 130_000)] == ["5s", "1.5m", "4h", "1.5d"]
