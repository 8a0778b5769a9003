# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine as the tests of this directory run it: on named devices, keeping every outcome."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.flight import Flight
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.guard import Guard
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.host import FleetHost
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.base import Middleware
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.outcome import Outcome
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.retry import RetryPolicy
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import (
    Fleet,
    FleetOptions,
    run_fleet,
)

from tests.unit.plugins.plugin_utils.fleet.memory import ForgetfulMemory

ONCE = RetryPolicy(attempts=1)
AT_ONCE = RetryPolicy(attempts=3, base=0.0)
"""Three attempts without waits between them."""
LONG = 60.0
"""Seconds after which a test that waits for an event has failed."""


class Kept(Middleware):
    """Every outcome, in the order they came, and how often the events of attempts were told."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.attempts_started: list[str] = []
        self.attempts_completed: list[str] = []

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Keep it."""
        self.outcomes.append(outcome)

    def subtask_instance_started(self, task: Any, host: Any) -> None:
        """Count it."""
        self.attempts_started.append(host.name)

    def subtask_instance_completed(self, task: Any, host: Any, result: Any) -> None:
        """Count it."""
        self.attempts_completed.append(host.name)

    def __getitem__(self, name: str) -> Outcome:
        """The one outcome of a device."""
        (outcome,) = [outcome for outcome in self.outcomes if outcome.name == name]
        return outcome


class Flights(Middleware):
    """Every device's flight, so that a test may let the time of one pass, and of no other."""

    def __init__(self) -> None:
        self._flights: dict[str, Flight] = {}

    def task_instance_started(self, task: Any, host: Any) -> None:
        """Keep it."""
        self._flights[host.name] = host.flight

    def expire(self, name: str) -> None:
        """Let the deadline of this device be now."""
        self._flights[name].deadline = time.monotonic()


def time_is_up(task: Any) -> None:
    """Let the deadline of the task's own device be now."""
    task.host.flight.deadline = time.monotonic()


def an_ios(name: str = "r1", **details: Any) -> Device:
    """A device that would be driven as a Cisco IOS router."""
    known = {"address": "127.0.0.1", "platform": platforms.load("cisco_ios"), **details}
    return Device(name=name, **known)


def fly(
    work: Callable[..., Any],
    devices: Iterable[Device | str],
    *,
    workers: int = 4,
    deadline: float = LONG,
    retry: RetryPolicy = ONCE,
    middleware: Sequence[Any] = (),
    stop: threading.Event | None = None,
    kept: Kept | None = None,
    **options: Any,
) -> Kept:
    """Run a task on devices, or on names of devices that are never contacted."""
    kept = kept or Kept()
    known = {
        device if isinstance(device, str) else device.name: (
            Device(device) if isinstance(device, str) else device
        )
        for device in devices
    }
    run(
        Fleet(tuple(known), known.__getitem__),
        work,
        options.pop("params", {}),
        (*middleware, kept),
        FleetOptions(workers=workers, deadline=deadline, retry=retry, **options),
        stop or threading.Event(),
    )
    return kept


def run(
    fleet: Fleet,
    work: Callable[..., Any],
    params: Mapping[str, Any],
    middleware: Sequence[Middleware],
    options: FleetOptions,
    stop: threading.Event,
) -> None:
    """Run the engine with breakers that nobody keeps."""
    guard = Guard(options.guard, ForgetfulMemory(), "", fleet.names, options.window)
    run_fleet(fleet, work, params, middleware, options, stop, guard)


def await_threads(*names: str) -> None:
    """Wait until the threads of these devices have ended."""
    for thread in threading.enumerate():
        if thread.name in names:
            thread.join(LONG)
            assert not thread.is_alive()
