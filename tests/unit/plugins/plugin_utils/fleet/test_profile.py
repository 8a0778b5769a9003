# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The profile of a run: of all threads, in a file that pstats reads."""

from __future__ import annotations

import gc
import pstats
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import Unreachable
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.profile import ThreadProfile
from nornir.core.task import Task

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, LONG, fly

SECRET = "S3cr3tMarker"


@pytest.fixture
def whole() -> Iterator[None]:
    """No collection of garbage: where one begins inside the profiler, it loses its thread."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def burn(seconds: float) -> None:
    """Use processor time."""
    until = time.thread_time() + seconds
    while time.thread_time() < until:
        pass


def calls(path: Path, name: str) -> int:
    """How often a function was called, by the file."""
    stats = pstats.Stats(str(path)).stats  # type: ignore[attr-defined]
    return sum(row[1] for (_file, _line, function), row in stats.items() if function == name)


@pytest.mark.usefixtures("whole")
def test_all_threads_are_in_the_file(tmp_path: Path) -> None:
    """Devices that are worked on at the same time, each attempt of theirs, and failed ones too."""
    meet = threading.Barrier(4)

    def work(task: Task, password: str) -> None:
        meet.wait(LONG)
        burn(0.02)
        if task.host.name == "r0":
            raise Unreachable("gone")

    profile, path = ThreadProfile(), tmp_path / "new" / "run.pstats"
    fly(work, [f"r{n}" for n in range(4)], profile=profile, params={"password": SECRET})
    top = profile.write(path)
    assert calls(path, "burn") == 4
    own = next(line for line in top.splitlines() if "burn" in line or "thread_time" in line)
    assert float(own.split()[0]) > 0.01
    assert SECRET.encode() not in path.read_bytes()
    assert [file.name for file in path.parent.iterdir()] == ["run.pstats"]


def test_waiting_is_not_counted(tmp_path: Path) -> None:
    """The clock is the thread's processor time: a device that is slow is no slow function."""
    profile = ThreadProfile()
    fly(lambda task: time.sleep(0.3), ["r1"], profile=profile)
    profile.write(tmp_path / "p")
    assert pstats.Stats(str(tmp_path / "p")).total_tt < 0.2  # type: ignore[attr-defined]


@pytest.mark.usefixtures("whole")
def test_attempts_are_counted_together(tmp_path: Path) -> None:
    """A retry belongs to the device's work."""

    def work(task: Task) -> None:
        burn(0)
        raise Unreachable("gone")

    profile = ThreadProfile()
    fly(work, ["r1", "r2"], retry=AT_ONCE, profile=profile)
    profile.write(tmp_path / "p")
    assert calls(tmp_path / "p", "burn") == 6


def test_many_threads_that_come_and_go_are_counted_whole(tmp_path: Path) -> None:
    """The first one in and the last one out switch profiling on and off for all of them."""
    profile = ThreadProfile()
    kept = fly(lambda task: burn(0), [f"r{n}" for n in range(300)], workers=8, profile=profile)
    assert {outcome.status for outcome in kept.outcomes} == {"ok"}
    told = profile.write(tmp_path / "p")
    # The profiler may lose a thread; what counts is that it says so.
    assert calls(tmp_path / "p", "burn") + profile.incomplete >= 300
    assert ("in part" in told) is (profile.incomplete > 0)


def test_a_run_without_devices_says_so(tmp_path: Path) -> None:
    """And leaves no empty file that pstats would refuse."""
    assert "no profile" in ThreadProfile().write(tmp_path / "p")
    assert not (tmp_path / "p").exists()


def test_a_place_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    """The caller gets the system's own words."""
    profile = ThreadProfile()
    fly(lambda task: burn(0), ["r1"], profile=profile)
    (tmp_path / "p").mkdir()
    with pytest.raises(OSError, match="p"):
        profile.write(tmp_path / "p")
    assert [file.name for file in tmp_path.iterdir()] == ["p"]
