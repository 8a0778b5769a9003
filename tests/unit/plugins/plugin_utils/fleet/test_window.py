# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sliding window: how many, who next, who loses its slot, and what is left behind."""

from __future__ import annotations

import gc
import signal
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    AuthFailed,
    BadInventory,
    ErrorClass,
    Unreachable,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet import window
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.host import fleet_host
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.base import Middleware
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import (
    Fleet,
    FleetOptions,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nornir.core.task import Task

from tests.unit.plugins.plugin_utils.fleet.engine import (
    AT_ONCE,
    LONG,
    Kept,
    await_threads,
    fly,
    run,
    time_is_up,
)

Work = Callable[[Task], Any]


def names(count: int) -> list[str]:
    """That many devices."""
    return [f"r{number}" for number in range(count)]


@contextmanager
def hanging() -> Iterator[threading.Event]:
    """What a task of the test waits on; set at the end, so that no thread outlives the test."""
    released = threading.Event()
    try:
        yield released
    finally:
        released.set()
        await_threads(*names(20), "hung")


def by_name(works: dict[str, Work], otherwise: Work = lambda task: "fine") -> Work:
    """A task that does for each device what is written beside its name."""

    def work(task: Task) -> Any:
        return works.get(task.host.name, otherwise)(task)

    return work


def test_exactly_as_many_devices_as_workers_are_in_flight() -> None:
    """Each device waits until the window is full; one more than that would be seen."""
    lock, full = threading.Lock(), threading.Barrier(4)
    flying, most = 0, 0

    def work(task: Task) -> None:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        full.wait(LONG)
        with lock:
            flying -= 1

    kept = fly(work, names(20), workers=4)
    assert most == 4
    assert Counter(outcome.status for outcome in kept.outcomes) == {"ok": 20}


def test_the_next_device_starts_as_one_ends() -> None:
    """A slow device holds its own slot only: it waits here until all the others were done."""
    kept, over = Kept(), time.monotonic() + LONG

    def slow(task: Task) -> None:
        while len(kept.outcomes) < 9 and time.monotonic() < over:
            time.sleep(0.01)

    fly(by_name({"r0": slow}, lambda task: None), names(10), workers=2, kept=kept)
    assert not any(outcome.failed for outcome in kept.outcomes)
    assert kept.outcomes[-1].name == "r0"


def test_an_empty_fleet_is_done_at_once() -> None:
    """No device, no outcome, no error."""
    assert fly(lambda task: None, []).outcomes == []


def test_a_device_that_hangs_for_ever_loses_its_slot_and_is_reported_once() -> None:
    """With one slot, those behind it get their turn; what the zombie does later is not told."""
    with hanging() as released:

        def hang(task: Task) -> str:
            fleet_host(task.host).flight.phase = "counting sheep"
            time_is_up(task)
            released.wait(LONG)
            return "much too late"

        kept = fly(by_name({"hung": hang}), ["hung", *names(3)], workers=1)
        told_before = (list(kept.outcomes), list(kept.attempts_completed))
    assert kept["hung"].error is not None
    assert kept["hung"].error.error_class is ErrorClass.TIMEOUT
    assert kept["hung"].status == "unreachable"
    assert kept["hung"].message == "the deadline of 60 s passed while counting sheep"
    (attempt,) = kept["hung"].attempts
    assert (attempt.number, attempt.error_class) == (1, ErrorClass.TIMEOUT)
    assert window.GRACE <= attempt.seconds < LONG / 2
    assert [kept[name].status for name in names(3)] == ["ok"] * 3
    assert (kept.outcomes, kept.attempts_completed) == told_before


def test_attempts_before_the_one_that_hangs_are_counted() -> None:
    """The deadline is one for all attempts; each stands in the outcome with its own class."""
    with hanging() as released:
        tries = iter([Unreachable("nobody there"), None])

        def work(task: Task) -> None:
            if failure := next(tries):
                raise failure
            time_is_up(task)
            released.wait(LONG)

        kept = fly(work, ["hung"], retry=AT_ONCE)
    classes = [attempt.error_class for attempt in kept["hung"].attempts]
    assert classes == [ErrorClass.UNREACHABLE, ErrorClass.TIMEOUT]
    assert [attempt.number for attempt in kept["hung"].attempts] == [1, 2]


def test_a_device_with_a_way_out_is_called_back_at_the_deadline() -> None:
    """What it waits on is closed, so its thread ends, and the reason is the deadline's."""

    def work(task: Task) -> None:
        closed = threading.Event()
        fleet_host(task.host).flight.on_abort(closed.set)
        time_is_up(task)
        assert closed.wait(LONG)
        raise OSError("Socket is closed")

    outcome = fly(work, ["r0"])["r0"]
    assert outcome.error is not None
    assert outcome.error.error_class is ErrorClass.TIMEOUT
    assert len(outcome.attempts) == 1
    await_threads("r0")


def test_a_stop_ends_the_run_whoever_hangs() -> None:
    """Who hangs is given up as interrupted, who had not started is not even looked at."""
    stop, resolved = threading.Event(), []

    def resolve(name: str) -> Device:
        resolved.append(name)
        return Device(name)

    with hanging() as released:
        full = threading.Barrier(3, action=stop.set)

        def work(task: Task) -> None:
            full.wait(LONG)
            released.wait(LONG)

        kept, began = Kept(), time.monotonic()
        run(Fleet(names(9), resolve), work, {}, [kept], FleetOptions(workers=3), stop)
        assert time.monotonic() - began < LONG / 2
    assert sorted(resolved) == names(3)
    assert [kept[name].error.error_class for name in names(3)] == [ErrorClass.INTERRUPTED] * 3
    assert len(kept.outcomes) == 3


def test_a_run_that_was_stopped_before_it_began_touches_nothing() -> None:
    """Not one device is resolved."""
    stop = threading.Event()
    stop.set()
    assert fly(lambda task: None, names(3), stop=stop).outcomes == []


class Big:
    """Something that can be watched while it is forgotten."""


def test_results_are_dropped_as_soon_as_they_are_told() -> None:
    """Memory does not grow with the fleet: when a device starts, nearly all before it are gone."""
    alive: weakref.WeakSet[Big] = weakref.WeakSet()
    seen = []

    def work(task: Task) -> Big:
        seen.append(len(alive))
        result = Big()
        alive.add(result)
        return result

    gc.disable()
    try:
        run(
            Fleet(names(30), Device),
            work,
            {},
            [Middleware()],
            FleetOptions(workers=2),
            threading.Event(),
        )
    finally:
        gc.enable()
    assert max(seen) <= 4
    assert not alive


def test_what_failed_attempts_held_is_dropped_too() -> None:
    """The traceback of a failure keeps its frames, and they what was fetched, only until the next
    look of the garbage collector."""
    alive: weakref.WeakSet[Big] = weakref.WeakSet()

    def work(task: Task) -> None:
        fetched = Big()
        alive.add(fetched)
        raise Unreachable("gone")

    fleet = Fleet(names(10), Device)
    options = FleetOptions(workers=2, retry=AT_ONCE)
    run(fleet, work, {}, [Middleware()], options, threading.Event())
    gc.collect()
    assert not alive


class Breaks(Middleware):
    """Middleware with a defect that shows at one device."""

    def __init__(self, name: str) -> None:
        self._name = name

    def device_done(self, host: Any, outcome: Any) -> None:
        """Fail."""
        if outcome.name == self._name:
            raise RuntimeError("the disk is full")


def test_middleware_that_raises_ends_the_run() -> None:
    """The error surfaces; the devices in flight are called back, the rest is left alone."""
    with hanging() as released:

        def hang(task: Task) -> None:
            fleet_host(task.host).flight.on_abort(released.set)
            assert released.wait(LONG)
            raise OSError("Socket is closed")

        kept = Kept()
        with pytest.raises(RuntimeError, match="the disk is full"):
            fly(by_name({"r0": hang}), names(50), workers=2, middleware=[Breaks("r5")], kept=kept)
    assert kept["r0"].error is not None
    assert kept["r0"].error.error_class is ErrorClass.INTERRUPTED
    assert len(kept.outcomes) < 20


def test_middleware_that_raises_for_a_hanging_device_ends_the_run() -> None:
    """The caller's thread reports such a device, and the run must end all the same."""
    with hanging() as released, pytest.raises(RuntimeError, match="the disk is full"):
        fly(
            lambda task: released.wait(LONG),
            ["hung"],
            deadline=0.1,
            middleware=[Breaks("hung")],
        )


def test_middleware_that_raises_for_an_attempt_costs_that_device_only() -> None:
    """A text that a check of ours cannot digest must not cost the fleet its night."""

    class Chokes(Middleware):
        def subtask_instance_completed(self, task: Any, host: Any, result: Any) -> None:
            if host.name == "r1":
                raise KeyError("cannot digest this")

    kept = fly(lambda task: "text", names(3), middleware=[Chokes()])
    assert kept["r1"].error is not None
    assert kept["r1"].error.error_class is ErrorClass.INTERNAL
    assert "cannot digest this" in kept["r1"].message
    assert [kept[name].status for name in ("r0", "r2")] == ["ok", "ok"]


def test_an_inventory_that_breaks_ends_the_run_after_calling_everybody_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is left in the air with an open session when the caller gets the error."""
    monkeypatch.setattr(window, "GRACE", LONG)
    landed, in_the_air = [], threading.Event()

    def resolve(name: str) -> Device:
        if name == "r1":
            assert in_the_air.wait(LONG)
            raise LookupError("no such host")
        return Device(name)

    def work(task: Task) -> None:
        closed = threading.Event()
        fleet_host(task.host).flight.on_abort(closed.set)
        in_the_air.set()
        assert closed.wait(LONG)
        landed.append(task.host.name)

    with pytest.raises(LookupError):
        run(Fleet(names(3), resolve), work, {}, [Kept()], FleetOptions(), threading.Event())
    assert landed == ["r0"]


class Expired(BaseException):
    """As Ansible's own `timeout` keyword raises it in the main thread."""


def test_a_time_out_of_the_caller_calls_everybody_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """It surfaces at once, and no device is left with an open session."""
    monkeypatch.setattr(window, "GRACE", LONG)

    def expire(signum: int, frame: Any) -> None:
        raise Expired

    landed = threading.Event()

    def work(task: Task) -> None:
        closed = threading.Event()
        fleet_host(task.host).flight.on_abort(closed.set)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        assert closed.wait(LONG)
        landed.set()
        raise OSError("Socket is closed")

    before, kept = signal.signal(signal.SIGALRM, expire), Kept()
    try:
        with pytest.raises(Expired):
            fly(work, ["r0"], kept=kept)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert landed.is_set()
    assert kept["r0"].error is not None
    assert kept["r0"].error.error_class is ErrorClass.INTERRUPTED


class Session:
    """A connection of some plugin, in the way Nornir keeps it in `host.connections`."""

    def __init__(self, opened: list[Session], broken: bool = False) -> None:
        self.closed = False
        self._broken = broken
        opened.append(self)

    def close(self) -> None:
        """Close, or fail to."""
        self.closed = True
        if self._broken:
            raise OSError("the session is gone already")


@pytest.mark.parametrize("ending", ["success", "failure", "abort", "exit"])
@pytest.mark.parametrize("broken", [False, True], ids=["closes", "fails to close"])
def test_connections_are_closed_on_every_path(
    ending: str, broken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each attempt all are closed, although one of them cannot be closed cleanly."""
    opened: list[Session] = []

    def work(task: Task) -> None:
        assert all(session.closed for session in opened)
        task.host.connections["first"] = Session(opened, broken)
        task.host.connections["second"] = Session(opened, broken)
        if ending == "failure":
            raise Unreachable("try again")
        if ending == "abort":
            closed = threading.Event()
            fleet_host(task.host).flight.on_abort(closed.set)
            time_is_up(task)
            assert closed.wait(LONG)
        if ending == "exit":
            raise SystemExit("no such interface")

    monkeypatch.setattr(window, "GRACE", LONG)  # nothing hangs here
    kept = fly(work, ["r0"], retry=AT_ONCE)
    assert len(kept.outcomes) == 1
    assert len(opened) == (6 if ending == "failure" else 2)
    assert all(session.closed for session in opened)


def test_a_bad_inventory_is_the_device_s_failure_and_nothing_is_contacted() -> None:
    """The problem that the reader left is the outcome; the task never runs."""
    ran = []
    device = Device("r0", problem=BadInventory("ansible_port is 'x': no port number"))
    kept = fly(lambda task: ran.append(task.host.name), [device])
    assert kept["r0"].status == "failed"
    assert kept["r0"].message == "ansible_port is 'x': no port number"
    assert not ran


ENDINGS = {
    "ok": "ok",
    "refused": "failed",
    "gone": "unreachable",
    "broken": "failed",
    "exits": "failed",
    "aborted": "unreachable",
    "hung": "unreachable",
}
"""How a device of the next test behaves, and what it then counts as."""


def behave(task: Task, behaviour: str, released: threading.Event) -> str:
    """Do what the name says."""
    if behaviour == "refused":
        raise AuthFailed("no")
    if behaviour == "gone":
        raise Unreachable("no")
    if behaviour == "broken":
        raise ZeroDivisionError
    if behaviour == "exits":
        raise SystemExit(3)
    if behaviour == "aborted":
        closed = threading.Event()
        fleet_host(task.host).flight.on_abort(closed.set)
        time_is_up(task)
        assert closed.wait(LONG)
        raise OSError("Socket is closed")
    if behaviour == "hung":
        time_is_up(task)
        released.wait(LONG)
    return behaviour


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.lists(st.sampled_from(tuple(ENDINGS)), max_size=10), st.integers(1, 5))
def test_every_device_has_exactly_one_outcome(behaviours: list[str], workers: int) -> None:
    """Whatever the mixture and the window: nobody is lost, nobody is told twice, sums are right."""
    plan = dict(zip(names(len(behaviours)), behaviours, strict=True))
    with hanging() as released:
        kept = fly(
            lambda task: behave(task, plan[task.host.name], released),
            plan,
            workers=workers,
            retry=AT_ONCE,
        )
    assert {outcome.name: outcome.status for outcome in kept.outcomes} == {
        name: ENDINGS[behaviour] for name, behaviour in plan.items()
    }
    assert len(kept.outcomes) == len(plan)
    for outcome in kept.outcomes:
        tries = 3 if plan[outcome.name] == "gone" else 1
        assert [attempt.number for attempt in outcome.attempts] == list(range(1, tries + 1))
