# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine tells of a run, as a callback hears it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import normalise
from ansible_collections.prime.netops.plugins.plugin_utils.errors import AuthFailed, Unreachable
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    ConfigChanged,
    DeviceAttempt,
    DeviceDone,
    Event,
    RunFinished,
    RunStarted,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.events import Events
from ansible_collections.prime.netops.plugins.plugin_utils.observe.channel import sender, subscribe
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import LastGood
from nornir.core.task import Result, Task

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, LONG, an_ios, fly, time_is_up

SECRET = "S3cr3tMarker"


class Ear:
    """A subscriber, and the events of one run by its side."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.subscription = subscribe(self.events.append)

    def hear(self, work: Any, devices: Any, last_good: Any = None, **options: Any) -> list[Event]:
        """Run a task on devices; the events in the order they came."""
        started = RunStarted(run_id="run-1", kind="task", devices=len(devices), workers=4)
        middleware = Events(started, last_good or {})
        fly(work, devices, middleware=[middleware], **options)
        middleware.finished("finished", {"total": len(devices)}, {})
        assert self.subscription.close(LONG)
        return self.events


@pytest.fixture
def ear() -> Iterator[Ear]:
    """A subscriber that is gone after the test."""
    ear = Ear()
    yield ear
    ear.subscription.close(LONG)


def names(events: list[Event]) -> list[str]:
    """What happened."""
    return [event.name for event in events]


def test_a_device_that_works_is_started_tried_and_done(ear: Ear) -> None:
    """With its name, site and platform in each of them, and the run's id."""
    events = ear.hear(lambda task: "fine", [an_ios("r1", site="ams")])
    assert names(events) == [
        "run_started",
        "device_started",
        "device_attempt",
        "device_succeeded",
        "run_finished",
    ]
    assert {event.run_id for event in events} == {"run-1"}
    for event in events[1:-1]:
        assert (event.device, event.site, event.platform) == ("r1", "ams", "cisco_ios")


def test_a_device_that_fails_tells_every_attempt_as_it_fails(ear: Ear) -> None:
    """A failed attempt is known before the next one, not when all is over."""
    seen: list[int] = []

    def work(task: Task) -> None:
        deadline = time.monotonic() + LONG
        while len([e for e in ear.events if e.name == "device_attempt"]) < len(seen):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        seen.append(1)
        raise Unreachable(f"no route, password {SECRET}")

    events = ear.hear(work, [an_ios("r1", password=SECRET)], retry=AT_ONCE)
    assert names(events)[2:-1] == [
        "device_attempt",
        "device_retry",
        "device_attempt",
        "device_retry",
        "device_attempt",
        "device_failed",
    ]
    attempts = [event for event in events if isinstance(event, DeviceAttempt)]
    assert [(event.number, event.error_class) for event in attempts] == [
        (1, "unreachable"),
        (2, "unreachable"),
        (3, "unreachable"),
    ]
    (done,) = (event for event in events if isinstance(event, DeviceDone))
    assert (done.status, done.attempts, done.error_class) == ("unreachable", 3, "unreachable")
    assert done.remedy
    assert SECRET not in repr(events)


def test_a_device_that_hangs_is_told_by_the_runner(ear: Ear) -> None:
    """Its one attempt and its end come at the deadline, whatever its thread does."""
    release = threading.Event()

    def hang(task: Task) -> None:
        time_is_up(task)
        release.wait(LONG)

    try:
        events = ear.hear(hang, ["r1"])
    finally:
        release.set()
    assert names(events)[1:-1] == ["device_started", "device_attempt", "device_failed"]
    done = events[-2]
    assert isinstance(done, DeviceDone)
    assert (done.error_class, done.attempts, done.cpu_s) == ("timeout", 1, None)


def test_steps_within_an_attempt_are_no_attempts(ear: Ear) -> None:
    """A user's task may run others; only what the retry repeats is an attempt."""

    def step(task: Task) -> None:
        if task.host.name == "bad":
            raise AuthFailed("no")

    def work(task: Task) -> None:
        for _ in range(3):
            task.run(step)

    events = ear.hear(work, ["good", "bad"], workers=1)
    assert names(events)[1:-1] == [
        *("device_started", "device_attempt", "device_succeeded"),
        *("device_started", "device_attempt", "device_failed"),
    ]
    attempts = [event for event in events if isinstance(event, DeviceAttempt)]
    assert [event.error_class for event in attempts] == [None, "auth_failed"]


def test_a_change_is_told_with_both_hashes(ear: Ear) -> None:
    """What was, by the last good copy, and what is."""
    text = "version 15\nhostname r1\nend\n"
    copy = normalise(text, platforms.load("cisco_ios"))

    def work(task: Task) -> Result:
        return Result(task.host, result=copy)

    last = {
        "r1": LastGood("a" * 64, "b" * 64, "c" * 64, 10),
        "same": LastGood("a" * 64, "b" * 64, copy.text_sha256, 10),
    }
    events = ear.hear(work, [an_ios("r1"), an_ios("new"), an_ios("same")], last, workers=1)
    changes = [event for event in events if isinstance(event, ConfigChanged)]
    assert [(event.device, event.previous_sha256) for event in changes] == [
        ("r1", "c" * 64),
        ("new", None),
    ]
    assert {event.text_sha256 for event in changes} == {copy.text_sha256}
    assert changes[0].size == len(copy.exact)


def test_the_end_of_a_run_tells_what_it_cost(ear: Ear) -> None:
    """The processor time of a device's own thread, and of the process."""

    def work(task: Task) -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    events = ear.hear(work, ["r1", "r2"])
    assert all(e.cpu_s and e.cpu_s >= 0.05 for e in events if isinstance(e, DeviceDone))
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert end.cpu_s >= 0.1
    assert end.peak_rss_mb > 1
    assert end.seconds > 0
    assert (end.workers, end.events_lost) == (4, 0)


def test_nobody_listens() -> None:
    """The same run, and nothing is kept of its devices."""
    middleware = Events(RunStarted(run_id="run-1", kind="task", devices=1), {})
    kept = fly(lambda task: "fine", ["r1"], middleware=[middleware])
    middleware.finished("finished", {}, {})
    assert kept["r1"].status == "ok"
    assert sender() is None
