# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who goes first, who waits, and what stops a change."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    ConnectionReset,
    LineRejected,
    Unreachable,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.guard import Guard, GuardOptions
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.host import fleet_host
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.rollout import Rollout
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import (
    Fleet,
    FleetOptions,
    run_fleet,
)
from nornir.core.task import Result, Task

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, ONCE, Kept, an_ios
from tests.unit.plugins.plugin_utils.fleet.memory import ForgetfulMemory

JUNOS = platforms.load("juniper_junos")


def devices(*names: str) -> list[Device]:
    """IOS by the letter i, Junos by the letter j."""
    made = (an_ios(name) for name in names)
    return [replace(each, platform=JUNOS) if each.name[0] == "j" else each for each in made]


def roll_out(
    known: Collection[Device],
    work: Callable[[Task], Any],
    canary: int = 1,
    max_failures: int = 0,
    concerns: Callable[[Device], bool] = lambda device: True,
    retry: Any = ONCE,
) -> Kept:
    """Run a task on devices behind a rollout."""
    kept, by_name = Kept(), {device.name: device for device in known}
    rollout = Rollout(canary, max_failures, concerns)
    names = tuple(by_name)
    guard = Guard(GuardOptions(), ForgetfulMemory(), "", names, 8, rollout=rollout)
    fleet = Fleet(names, by_name.__getitem__)
    options = FleetOptions(workers=8, deadline=60, retry=retry)
    run_fleet(fleet, work, {}, [rollout, kept], options, threading.Event(), guard)
    return kept


class Touching:
    """A task that touches its devices; the names say which of them fail, and how."""

    __name__ = "touching"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.at_work: set[str] = set()
        self.together: list[set[str]] = []
        self.tries: list[str] = []

    def __call__(self, task: Task) -> Result:
        """Touch the device."""
        name, flight = task.host.name, fleet_host(task.host).flight
        with self._lock:
            self.at_work.add(name)
            self.together.append(set(self.at_work))
            self.tries.append(name)
        try:
            if "dead" in name:
                raise Unreachable("nobody is there")
            flight.aftermath = "1 of 2 lines are in force"
            if "bad" in name:
                raise LineRejected("line 2 of 2")
            if "drop" in name:
                raise ConnectionReset("gone")
        finally:
            with self._lock:
                self.at_work.discard(name)
        return Result(task.host)


def test_the_first_of_each_platform_are_alone_until_they_are_done() -> None:
    """Nobody else of that platform is at work at the same time; all are done in the end."""
    work = Touching()
    kept = roll_out(devices("i1", "i2", "i3", "j1", "j2"), work)
    assert {outcome.status for outcome in kept.outcomes} == {"ok"}
    order = work.tries
    assert {each for each in order if order.index(each) < 1} <= {"i1", "j1"}
    for together in work.together:
        assert not {"i2", "i3"} & together or "i1" not in together
        assert "j2" not in together or "j1" not in together


def test_one_failure_keeps_all_others_from_starting() -> None:
    """They are skipped, and say which device did it."""
    kept = roll_out(devices("i-bad", "i2", "i3"), Touching())
    assert [kept[name].status for name in ("i-bad", "i2", "i3")] == ["failed", "skipped", "skipped"]
    assert kept["i2"].message == "the change failed on i-bad"
    assert kept["i-bad"].message == "line 2 of 2 - 1 of 2 lines are in force"


def test_a_failing_canary_stops_its_platform_and_no_other() -> None:
    """Where failures are allowed."""
    kept = roll_out(devices("i-bad", "i2", "j1", "j2"), Touching(), max_failures=3)
    assert [kept[name].status for name in ("i-bad", "i2")] == ["failed", "skipped"]
    assert [kept[name].status for name in ("j1", "j2")] == ["ok", "ok"]


def test_who_was_not_touched_counts_for_nothing() -> None:
    """Neither a dead device nor one on which nothing is to be done is a canary, or a failure."""
    work = Touching()
    kept = roll_out(
        devices("i-dead", "i-fine", "i3", "i4"), work, concerns=lambda d: d.name != "i-fine"
    )
    assert kept["i-dead"].status == "unreachable"
    assert [kept[name].status for name in ("i-fine", "i3", "i4")] == ["ok", "ok", "ok"]


def test_without_canaries_all_start_at_once() -> None:
    """And one failure more than is allowed still ends it for who has not started."""
    kept = roll_out(devices("i1", "i2"), Touching(), canary=0)
    assert {outcome.status for outcome in kept.outcomes} == {"ok"}


def test_a_touched_device_is_not_tried_again() -> None:
    """A connection that breaks in a change is no reason to enter its lines once more."""
    work = Touching()
    kept = roll_out(devices("i-drop"), work, retry=AT_ONCE)
    assert work.tries == ["i-drop"]
    told = "connection_reset: gone - 1 of 2 lines are in force"
    assert (kept["i-drop"].status, kept["i-drop"].message) == ("failed", told)
    again = Touching()
    roll_out(devices("i-dead"), again, retry=AT_ONCE)
    assert again.tries == ["i-dead"] * 3
