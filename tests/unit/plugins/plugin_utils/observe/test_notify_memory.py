"""What was told is remembered: through restarts, kills, concurrent runs and damaged files."""

from __future__ import annotations

import json
import multiprocessing
import os
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe import notify_memory
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_memory import (
    CLAIM_SECONDS,
    FORGET_SECONDS,
    Memory,
    News,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_trouble import Trouble
from hypothesis import given, settings
from hypothesis import strategies as st


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        """The time that it was set to."""
        return self.now


def failure(subject: str, kind: str = "timeout") -> Trouble:
    """A device that failed."""
    return Trouble("failure", subject, kind, "no")


def claim(memory: Memory, *troubles: Trouble, well: str = "", target: str = "noc") -> News:
    """What is news of these troubles."""
    healthy = {("failure", name) for name in well.split()}
    return memory.claim(target, "backup.yml", troubles, healthy)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a directory that is not there yet."""
    return tmp_path / "state" / "alerts.json"


def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    """It tells which devices are in trouble."""
    before = os.umask(0)
    try:
        claim(Memory(path), failure("r1"))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_targets_and_scopes_are_told_by_themselves(path: Path) -> None:
    """What the one knows the other has not heard, and another playbook's success ends nothing."""
    memory = Memory(path)
    memory.settle(claim(memory, failure("r1")), delivered=True)
    assert not claim(memory, failure("r1"))
    assert claim(memory, failure("r1"), target="pager").troubles
    assert not memory.claim("noc", "other.yml", [], {("failure", "r1")})
    assert claim(memory, well="r1").over[0].subject == "r1"


def test_a_run_that_was_killed_has_told_nothing(path: Path) -> None:
    """Its claim runs out, and then the failure is news again."""
    clock = Clock()
    claim(Memory(path, clock=clock), failure("r1"))
    assert not claim(Memory(path, clock=clock), failure("r1"))
    clock.now += CLAIM_SECONDS + 1
    assert claim(Memory(path, clock=clock), failure("r1")).troubles


def test_a_recovery_that_was_not_delivered_is_told_again(path: Path) -> None:
    """As a failure is."""
    memory = Memory(path)
    memory.settle(claim(memory, failure("r1")), delivered=True)
    memory.settle(claim(memory, well="r1"), delivered=False)
    again = claim(memory, well="r1")
    assert [key.subject for key in again.over] == ["r1"]
    memory.settle(again, delivered=True)
    assert not claim(memory, well="r1")


def test_a_reminder_comes_when_it_is_due(path: Path) -> None:
    """``remind_hours``: what lasts is told again, once in that time."""
    clock = Clock()
    memory = Memory(path, remind_hours=24, clock=clock)
    told = 0
    for _hour in range(49):
        news = claim(memory, failure("r1"))
        told += len(news.troubles)
        memory.settle(news, delivered=True)
        clock.now += 3600
    assert told == 3


def test_what_nobody_sees_any_more_is_forgotten(path: Path) -> None:
    """A device that was taken away does not stay in the file for ever."""
    clock = Clock()
    memory = Memory(path, clock=clock)
    memory.settle(claim(memory, failure("gone")), delivered=True)
    clock.now += FORGET_SECONDS + 1
    claim(memory, failure("r1"))
    assert "gone" not in path.read_text()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 2}', '{"version": 1, "entries": [1]}']
)
def test_a_damaged_file_costs_a_repeated_message_and_no_more(path: Path, text: str) -> None:
    """It is put aside, and said so."""
    path.parent.mkdir()
    path.write_text(text)
    memory = Memory(path)
    assert claim(memory, failure("r1")).troubles
    assert "damaged" in memory.problem
    assert path.with_name("alerts.json.damaged").read_text() == text
    assert json.loads(path.read_text())["entries"]


def test_where_nothing_can_be_written_everything_is_news(tmp_path: Path) -> None:
    """And the problem names the place and the way out."""
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "alerts.json")
    for _night in range(2):
        assert claim(memory, failure("r1")).troubles
    assert "state_dir" in memory.problem


@pytest.mark.parametrize("ended", [True, False], ids=["told", "not told"])
@pytest.mark.parametrize("first", ["end", "beginning"])
def test_what_begins_anew_while_its_end_is_on_the_way_is_told(
    path: Path, ended: bool, first: str
) -> None:
    """Whichever message arrives first, and whether that of the end does: a breaker that opens again
    at once must not leave "over" as the last word."""
    memory = Memory(path)
    memory.settle(claim(memory, failure("r1")), delivered=True)
    end = claim(memory, well="r1")
    assert [key.subject for key in end.over] == ["r1"]
    beginning = claim(memory, failure("r1"))
    assert [one.subject for one in beginning.troubles] == ["r1"]
    assert not claim(memory, failure("r1"))  # once is enough
    told = [(end, ended), (beginning, True)]
    for news, delivered in told if first == "end" else reversed(told):
        memory.settle(news, delivered)
    assert not claim(memory, failure("r1"))
    assert [key.subject for key in claim(memory, well="r1").over] == ["r1"]


def _slice(path: Path, number: int) -> None:
    memory = Memory(path)
    news = claim(memory, *(failure(f"r{index}") for index in range(20)), failure(f"own{number}"))
    path.with_name(f"told.{number}").write_text("\n".join(one.subject for one in news.troubles))
    memory.settle(news, delivered=True)


def test_slices_at_the_same_time_tell_each_thing_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Eight runs at once, twenty common failures and one of each run's own."""
    monkeypatch.setattr(notify_memory, "LOCK_SECONDS", 60.0)
    fork = multiprocessing.get_context("fork")
    runs = [fork.Process(target=_slice, args=(path, number)) for number in range(8)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(30)
        assert one.exitcode == 0
    told = [name for file in path.parent.glob("told.*") for name in file.read_text().splitlines()]
    assert sorted(told) == sorted({*told})
    assert len(told) == 28
    assert len(json.loads(path.read_text())["entries"]) == 28


@settings(max_examples=60, deadline=None)
@given(
    nights=st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from("abc"), st.sampled_from(["ok", "timeout", "reset"])),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_whoever_is_told_knows_the_truth(
    tmp_path_factory: pytest.TempPathFactory, nights: list[tuple[dict[str, str], bool]]
) -> None:
    """After any nights, with any of them undelivered: what a target believes of a device is what
    it was when it was last seen, as soon as a message has come through."""
    memory = Memory(tmp_path_factory.mktemp("nights") / "alerts.json")
    believed: dict[str, str] = {}
    truth: dict[str, str] = {}
    for devices, delivered in nights:
        truth |= devices
        troubles = [failure(name, kind) for name, kind in devices.items() if kind != "ok"]
        news = claim(
            memory, *troubles, well=" ".join(n for n, kind in devices.items() if kind == "ok")
        )
        if delivered:
            believed |= {one.subject: one.kind for one in news.troubles}
            believed |= {key.subject: "ok" for key in news.over}
            for name in devices:
                assert believed.get(name, "ok") == truth[name]
        assert len({one.subject for one in news.troubles}) == len(news.troubles)
        memory.settle(news, delivered)
