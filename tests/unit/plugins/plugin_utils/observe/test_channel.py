# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events get from forked workers to subscribers, and no way to die of a worker harms the others."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    DeviceFailed,
    DeviceStarted,
    Event,
    RunFinished,
    RunStarted,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe import channel
from ansible_collections.prime.netops.plugins.plugin_utils.observe.channel import (
    Subscription,
    emit,
    sender,
    subscribe,
)

LONG = 30.0
"""Seconds after which something that was waited for has failed."""


class Heard:
    """A subscriber that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.subscription: Subscription = subscribe(self.events.append)

    def close(self) -> list[Event]:
        """All that was sent."""
        assert self.subscription.close(LONG)
        return self.events


@pytest.fixture
def heard() -> Iterator[Heard]:
    """A subscriber that is gone after the test."""
    heard = Heard()
    yield heard
    heard.subscription.close(LONG)


def fork(work: Callable[[], None]) -> int:
    """A child as Ansible makes its workers: it ends by `os._exit`, whatever happens."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the child must never come back into pytest
        os._exit(1)


def run(work: Callable[[], None]) -> None:
    """Do something in a worker and wait for its end."""
    assert os.waitpid(fork(work), 0)[1] == 0


def failed(device: str, text: str) -> DeviceFailed:
    """A failure with a lot to say."""
    return DeviceFailed(
        device=device, status="failed", seconds=0, attempts=1, message=text, remedy=text
    )


def a_run(devices: int, run_id: str = "run-1") -> Callable[[], None]:
    """The events of a run."""

    def work() -> None:
        emit(RunStarted(run_id=run_id, kind="backup", devices=devices))
        for number in range(devices):
            emit(DeviceStarted(device=f"r{number}"))
        way = sender()
        assert way is not None
        way.finish(RunFinished(run_id=run_id, kind="backup", status="finished", counts={}))

    return work


def test_every_subscriber_gets_every_event_in_order(heard: Heard) -> None:
    """Log, alert and benchmark may all be on."""
    other = Heard()
    run(a_run(500))
    events, copies = heard.close(), other.close()
    assert events == copies
    assert [event.name for event in events] == [
        "run_started",
        *["device_started"] * 500,
        "run_finished",
    ]
    assert [event.device for event in events[1:-1]] == [f"r{n}" for n in range(500)]


def test_an_event_learns_the_run_it_belongs_to(heard: Heard) -> None:
    """A breaker need not know in which run it opens."""
    run(a_run(1, "run-7"))
    assert [event.run_id for event in heard.close()] == ["run-7"] * 3


def test_without_a_subscriber_nothing_is_there() -> None:
    """No thread, no socket: a playbook without callbacks pays nothing."""
    threads = threading.active_count()
    emit(DeviceStarted(device="r1"))
    assert sender() is None
    assert threading.active_count() == threads


def test_the_last_subscriber_ends_the_channel(heard: Heard) -> None:
    """Nothing is left behind, and a playbook after it opens another one."""
    files = len(list(Path("/proc/self/fd").iterdir()))
    other = Heard()
    other.close()
    run(a_run(1))
    assert len(heard.close()) == 3
    assert sender() is None
    assert not {thread.name for thread in threading.enumerate() if "netops" in thread.name}
    assert len(list(Path("/proc/self/fd").iterdir())) == files - 2
    again = Heard()
    run(a_run(2))
    assert len(again.close()) == 4


def test_a_subscriber_that_raises_costs_the_others_nothing(heard: Heard) -> None:
    """And its own first error is kept for it to tell."""

    def fail(event: Event) -> None:
        raise RuntimeError(f"cannot digest {event.name}")

    failing = subscribe(fail)
    run(a_run(10))
    assert failing.close(LONG)
    assert str(failing.problem) == "cannot digest run_started"
    assert len(heard.close()) == 12


def test_texts_of_any_kind_come_through(heard: Heard) -> None:
    """Half characters, control characters and megabytes, as devices print them."""
    texts = ["\udc80\ud800", "\0\x1b[2J\r\n", "ü" * 10_000_000, "\x01" * 10_000, "🙈" * 10_000]

    def work() -> None:
        for text in texts:
            emit(failed(text, text))
        way = sender()
        assert way is not None
        assert way.flush(LONG)

    run(work)
    events = heard.close()
    assert [event.message[:2] for event in events] == [text[:2] for text in texts]


def test_workers_killed_while_they_write_harm_nobody(heard: Heard) -> None:
    """kill -9 at any moment: the parent neither hangs nor misreads, and the others go on."""
    text = "x" * 3_000

    def chatter() -> None:
        way = sender()
        assert way is not None
        for number in range(1_000_000):
            emit(failed(f"{number}", text))
            if number % 20 == 0:
                way.flush(LONG)

    chance = random.Random(7)
    for _ in range(25):
        pids = [fork(chatter) for _ in range(2)]
        time.sleep(chance.uniform(0.005, 0.05))
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    run(a_run(100, "after"))
    events = heard.close()
    assert len([event for event in events if event.run_id == "after"]) == 102
    assert len(events) > 102
    assert {event.message for event in events if isinstance(event, DeviceFailed)} == {text}


def test_a_parent_that_does_not_read_stalls_no_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events beyond the backlog are lost and counted; the end of a run waits as long as it may."""
    monkeypatch.setattr(channel, "BACKLOG", 2_000)
    monkeypatch.setattr(channel, "FLUSH", 0.2)
    go_on = threading.Event()
    events: list[Event] = []

    def slow(event: Event) -> None:
        assert go_on.wait(LONG)
        events.append(event)

    subscription = subscribe(slow)
    ended = fork(flood(30_000))
    assert os.waitpid(ended, 0)[1] == 0
    go_on.set()
    assert subscription.close(LONG)
    assert 0 < len(events) < 30_000
    assert all(isinstance(event, DeviceStarted) for event in events)


def flood(number: int) -> Callable[[], None]:
    """More events at once than a stalled parent takes; fails when they are not counted."""

    def work() -> None:
        for _ in range(number):
            emit(DeviceStarted(device="r" * 3_000))
        way = sender()
        assert way is not None
        way.finish(RunFinished(kind="backup", status="finished", counts={}))
        assert way.lost > 0

    return work


def test_a_run_says_how_many_events_were_lost(
    heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that nobody takes the log for complete."""
    monkeypatch.setattr(channel, "BACKLOG", 5)
    monkeypatch.setattr(channel, "GATHER", 1.0)
    run(a_run(1000))
    last = heard.close()[-1]
    assert isinstance(last, RunFinished)
    assert last.events_lost == 1001 - (len(heard.events) - 1)


def test_the_death_of_the_parent_is_survived() -> None:
    """kill -9 of ansible-playbook: the worker ends its run as if nobody had ever listened."""
    reading, writing = os.pipe()

    def worker() -> None:
        parent = os.getppid()
        emit(DeviceStarted(device="r1"))
        os.write(writing, b"started ")
        while os.getppid() == parent:
            time.sleep(0.01)
        a_run(30_000)()
        os.write(writing, b"ended")

    def parent() -> None:
        subscribe(lambda event: None)
        fork(worker)
        time.sleep(LONG)

    pid = fork(parent)
    os.close(writing)
    assert os.read(reading, 100) == b"started "
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    assert os.read(reading, 100) == b"ended"
    os.close(reading)
