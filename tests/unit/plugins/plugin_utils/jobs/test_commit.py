# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run's commit beside other runs of the same devices: git never falls behind the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import normalise
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.record import Mirrored
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.backup import commit_run
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.report import Report
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from ansible_collections.prime.netops.plugins.plugin_utils.store import RunStart, Store, StoredText
from ansible_collections.prime.netops.plugins.plugin_utils.store.mirror import (
    GitMirror,
    MirrorPaths,
)

from tests.unit.plugins.plugin_utils.store.samples import put, record

IOS = load("cisco_ios")
BEFORE = "hostname r1\nsnmp-server location before\nend\n"
SINCE = "hostname r1\nsnmp-server location since\nend\n"
LARGE = f"hostname r2\n{'snmp-server location here' * 10_000}\nend\n"  # past every buffer
COUNTS = {"changed": 1, "ok": 0, "failed": 0, "unreachable": 0}


class Run:
    """A backup between its last device and its commit."""

    def __init__(self, store: Store, place: Path, *names: str) -> None:
        self.store, self.fleet = store, Fleet(names, Device)
        self.run_id = store.begin_run(RunStart("backup", len(names)))
        self.mirror = GitMirror.open(place)
        self.mirrored = Mirrored(self.mirror, MirrorPaths("{{ host }}"))

    def fetched(self, name: str, printed: str) -> bool:
        """Take a device's text into ledger and mirror; tell whether git took it."""
        config = normalise(printed, IOS)
        text = StoredText(config.exact, config.stable_sha256, config.text_sha256)
        put(self.store, self.run_id, record(name, None, config=text))
        return self.mirrored.stage(name, "s", "cisco_ios", config.text, config.text_sha256)

    def break_git(self) -> None:
        """Kill the git that takes the texts."""
        assert self.mirror._blobs
        self.mirror._blobs._process.kill()
        self.mirror._blobs._process.wait()

    def end(self, status: str = "finished") -> Report:
        """Commit."""
        report = Report(self.run_id, status, COUNTS, {}, [], [])
        return commit_run("backup", report, self.mirrored, self.store, self.fleet)

    def owed(self) -> list[str]:
        """The devices of which git has not the newest text, as far as the ledger knows."""
        return [copy.device for copy in self.store.owed_to_mirror(self.fleet.names)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A ledger of its own."""
    with Store.open(None, tmp_path / "state") as store:
        yield store


def in_git(place: Path, name: str) -> str | None:
    """What the newest commit has of a device."""
    with GitMirror.open(place) as mirror:
        return mirror.read(name)


@pytest.mark.parametrize("status", ["finished", "interrupted"])
def test_a_long_run_puts_no_older_text_over_a_newer_one(
    store: Store, tmp_path: Path, status: str
) -> None:
    """A second run fetched the device and committed, while the first was with the others."""
    place = tmp_path / "git"
    long, short = Run(store, place, "r1", "r2"), Run(store, place, "r1")
    long.fetched("r1", BEFORE)
    short.fetched("r1", SINCE)
    assert short.end().commit
    long.fetched("r2", BEFORE)
    report = long.end(status)
    assert report.commit
    assert not report.problems
    assert (in_git(place, "r1"), in_git(place, "r2")) == (SINCE, BEFORE)
    assert short.owed() == []


def test_whoever_commits_first_commits_what_is_newest(store: Store, tmp_path: Path) -> None:
    """The second run has fetched the device, and not committed yet; its own commit has no news."""
    place = tmp_path / "git"
    long, short = Run(store, place, "r1"), Run(store, place, "r1")
    long.fetched("r1", BEFORE)
    short.fetched("r1", SINCE)
    assert long.end().commit
    assert in_git(place, "r1") == SINCE
    assert short.end().commit is None
    assert in_git(place, "r1") == SINCE
    assert long.owed() == []


def test_what_git_lost_at_the_very_end_is_not_noted_as_committed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A killed run owes both; git takes the first, breaks, and takes nothing with it but that."""
    place = tmp_path / "git"
    killed, run = Run(store, tmp_path / "gone", "r1", "r2"), Run(store, place, "r1", "r2")
    killed.fetched("r1", BEFORE)
    killed.fetched("r2", LARGE)
    stage = run.mirrored.stage

    def break_after_the_first(device: str, *facts: str) -> bool:
        taken = stage(device, *facts)
        if device == "r1":
            run.break_git()
        return taken

    monkeypatch.setattr(run.mirrored, "stage", break_after_the_first)
    report = run.end()
    assert (report.commit, len(report.problems)) == (None, 1)
    assert run.owed() == ["r1", "r2"]
    assert Run(store, place, "r1", "r2").end().commit
    assert (in_git(place, "r1"), in_git(place, "r2")) == (BEFORE, LARGE)


def test_what_a_git_that_broke_had_taken_is_committed_all_the_same(
    store: Store, tmp_path: Path
) -> None:
    """All that it had taken is gone with it; the ledger has the texts, and the run commits them."""
    place = tmp_path / "git"
    run = Run(store, place, "r1", "r2", "r3")
    assert run.fetched("r1", BEFORE)
    run.break_git()
    assert not run.fetched("r2", LARGE)
    assert run.fetched("r3", SINCE)
    report = run.end()
    assert len(report.problems) == 1
    assert "git fast-import" in report.problems[0]
    assert [in_git(place, name) for name in run.fleet.names] == [BEFORE, LARGE, SINCE]
    assert run.owed() == []
