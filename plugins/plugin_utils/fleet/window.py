# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sliding window: a Nornir runner that always has the same number of devices in flight.

Nornir's own threaded runner submits every host at once, keeps every result, and waits for ever
for a driver that hangs. Here the next device starts as one ends, a result is dropped as soon as
the processors have had it, and a device past its deadline loses its slot.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from nornir.core.inventory import Host
from nornir.core.processor import Processors
from nornir.core.task import AggregatedResult, MultiResult, Result, Task

from ..errors import DeadlineExceeded, Interrupted, NetopsError
from .device import Device
from .flight import Flight
from .guard import Guard
from .host import FleetHost, fleet_host
from .line import Line

GRACE = 0.5
"""Seconds between closing a device's socket and giving up on its thread."""
TICK = 0.1
"""Seconds between two looks at who is overdue."""


class WindowRunner:
    """Nornir runner plugin.

    ``resolve`` turns a name into a `Device`; it is called in the caller's thread, one name at a
    time, because Ansible's host variables are not thread-safe. ``stop`` ends the run early: what
    is in flight is aborted, what has not started stays untouched.
    """

    def __init__(
        self,
        workers: int,
        deadline: float,
        resolve: Callable[[str], Device],
        stop: threading.Event,
        guard: Guard,
    ) -> None:
        self.workers = workers
        self.deadline = deadline
        self._resolve = resolve
        self._stop = stop
        self._guard = guard
        self._landing = threading.Condition()
        self._flights: dict[str, Flight] = {}
        self._fault: BaseException | None = None

    def run(self, task: Task, hosts: list[Host]) -> AggregatedResult:
        """Run ``task`` on every host. The returned result is empty: processors have had it all.

        Raises what a processor raised, after the rest of the fleet has been called back.
        """
        try:
            self._work_through(task, hosts)
        except BaseException:  # Ansible's own time-out among them
            self._stop.set()
            self._await_slot(task, 0)
            raise
        if self._fault:
            raise self._fault
        return AggregatedResult(task.name)

    def _work_through(self, task: Task, hosts: list[Host]) -> None:
        """Start whoever's turn it is; who stands before an open breaker waits beside the line."""
        line = Line(hosts, self._guard.due)
        while self._await_slot(task, self.workers - 1):
            flying = bool(self._flights)  # before: who lands meanwhile lets others go
            host = line.next()
            if host is not None:
                self._start(task, fleet_host(host), line)
            elif not self._await_landing(task) and not flying:
                break
        for host, key in line.left():
            if not self._await_slot(task, self.workers - 1):
                break
            refused = replace(self._resolve(host.name), problem=self._guard.refusal(key))
            self._launch(task, fleet_host(host), refused)
        self._await_slot(task, 0)

    def _start(self, task: Task, host: FleetHost, line: Line) -> None:
        device = self._resolve(host.name)
        try:
            key = None if device.problem else self._guard.ask(device)
        except NetopsError as refusal:
            self._launch(task, host, replace(device, problem=refusal))
            return
        if key is None:
            self._launch(task, host, device)
        else:
            line.wait(host, key)

    def _await_landing(self, task: Task) -> bool:
        """Wait a moment for a device to end or a breaker to fall due; False when none flies."""
        with self._landing:
            if not self._flights:
                return False
            self._landing.wait(timeout=TICK)
        self._call_back_overdue(task)
        return True

    def _launch(self, task: Task, host: FleetHost, device: Device) -> None:
        flight = Flight(host.name, self.deadline)
        host.board(device, flight)
        instance = task.copy()
        instance.processors = Processors([_OncePerDevice(flight, task.processors)])
        instance.host = host
        with self._landing:
            self._flights[host.name] = flight
        flight_thread = threading.Thread(
            target=self._fly, args=(instance, host, flight), name=host.name, daemon=True
        )
        flight_thread.start()

    def _fly(self, task: Task, host: FleetHost, flight: Flight) -> None:
        """Body of a device's thread."""
        try:
            task.start(host)
        except BaseException as fault:  # noqa: BLE001 - a processor's: the run's own fault
            self._fault = self._fault or fault
            self._stop.set()
        finally:
            host.leave()
            self._land(flight)

    def _land(self, flight: Flight) -> None:
        """Free the slot of a device."""
        with self._landing:
            self._flights.pop(flight.name, None)
            self._landing.notify()

    def _await_slot(self, task: Task, at_most: int) -> bool:
        """Wait until no more than ``at_most`` devices are in flight; False when told to stop."""
        while True:
            with self._landing:
                if len(self._flights) <= at_most and not self._stop.is_set():
                    return True
                if not self._flights:
                    return False
                self._landing.wait(timeout=TICK)
            self._call_back_overdue(task)

    def _call_back_overdue(self, task: Task) -> None:
        """Abort who is past the deadline (all, when stopping); drop who does not react."""
        now = time.monotonic()
        with self._landing:
            flights = tuple(self._flights.values())
        if self._stop.is_set():
            _doom(flights, now)
        for flight in flights:
            if now >= flight.deadline + GRACE:
                self._abandon(task, flight)
            elif now >= flight.deadline:
                flight.abort(flight.reason or _overdue(flight))

    def _abandon(self, task: Task, flight: Flight) -> None:
        """Report a device whose thread hangs, and free its slot; the thread is left to itself."""
        if not flight.claim():
            return
        host = task.nornir.inventory.hosts[flight.name]
        flight.give_up()
        result = MultiResult(task.name)
        result.append(Result(host, flight.salvage, failed=True, exception=flight.reason))
        try:
            task.processors.task_instance_completed(task, host, result)
        finally:
            self._land(flight)


def _doom(flights: Iterable[Flight], now: float) -> None:
    """End all of them at once, before a first call to the system gives the interpreter lock away.

    Winning it back from a hundred busy threads takes so long that one by one would take seconds.
    """
    for flight in flights:
        if not flight.aborted.is_set():
            flight.deadline = now
            flight.doom(Interrupted("the run was ended while the device was being worked on"))


def _overdue(flight: Flight) -> NetopsError:
    return DeadlineExceeded(f"the deadline of {flight.seconds:g} s passed while {flight.phase}")


class _OncePerDevice:
    """Processor that forwards a device's events only as long as its result is not taken."""

    def __init__(self, flight: Flight, processors: Processors) -> None:
        self._flight = flight
        self._processors = processors

    def task_started(self, task: Task) -> None: ...

    def task_completed(self, task: Task, result: AggregatedResult) -> None: ...

    def task_instance_started(self, task: Task, host: Host) -> None:
        self._processors.task_instance_started(task, host)

    def task_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        if self._flight.claim():
            self._processors.task_instance_completed(task, host, result)

    def subtask_instance_started(self, task: Task, host: Host) -> None:
        if not self._flight.claimed:
            self._processors.subtask_instance_started(task, host)

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        if not self._flight.claimed:
            self._processors.subtask_instance_completed(task, host, result)
