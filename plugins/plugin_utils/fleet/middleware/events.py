# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the callbacks what happens to each device. Does nothing at all where none listens."""

from __future__ import annotations

import resource
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from ...config.normalise import Normalised
from ...events import (
    ConfigChanged,
    DeviceAttempt,
    DeviceDone,
    DeviceFailed,
    DeviceRetry,
    DeviceSkipped,
    DeviceStarted,
    DeviceSucceeded,
    RunFinished,
    RunStarted,
)
from ...observe.channel import sender
from ...store.records import LastGood
from ..classify import classify
from ..device import Device
from ..flight import Attempt
from ..host import FleetHost, fleet_host
from ..outcome import Outcome, shown
from ..run import Fleet
from .base import Middleware
from .record import Record

_DONE: dict[str, type[DeviceDone]] = {
    "ok": DeviceSucceeded,
    "changed": DeviceSucceeded,
    "failed": DeviceFailed,
    "unreachable": DeviceFailed,
    "skipped": DeviceSkipped,
}

_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
"""Bytes in which getrusage gives the resident size, by its manual pages."""


@dataclass(slots=True)
class _Trace:
    """A device in the window. ``told`` attempts; ``clock`` is when the last one began."""

    thread: int
    told: int = 0
    clock: float = 0.0


class Events(Middleware):
    """Sends the events of a run, and of every device in it, by the channel.

    It stands behind the ledger in the list: what is announced is on its way to be stored.
    """

    def __init__(self, started: RunStarted, last_good: Mapping[str, LastGood]) -> None:
        self._way = sender()
        self._started = started
        self._last_good = last_good
        self._traces: dict[str, _Trace] = {}
        self._begun, self._cpu = time.monotonic(), _cpu_seconds()
        self._resolving = 0.0
        self.record: Record | None = None

    def watch(self, fleet: Fleet) -> Fleet:
        """The fleet, with a clock on the reading of its devices' variables."""
        if self._way is None:
            return fleet

        def resolve(name: str) -> Device:
            before = time.perf_counter()
            try:
                return fleet.resolve(name)
            finally:
                self._resolving += time.perf_counter() - before

        return Fleet(fleet.names, resolve)

    def task_started(self, task: Task) -> None:
        """Announce the run."""
        if self._way:
            self._way.send(self._started)

    def task_completed(self, task: Task, result: AggregatedResult) -> None:
        """The job tells the end itself, by `finished`: only it knows the counts."""

    def finished(self, status: str, counts: Mapping[str, int], classes: Mapping[str, int]) -> None:
        """Announce the end of the run, and wait a moment until it is on its way."""
        if self._way is None:
            return
        started = self._started
        self._way.finish(
            RunFinished(
                run_id=started.run_id,
                kind=started.kind,
                status=status,
                counts=counts,
                classes=dict(classes),
                seconds=time.monotonic() - self._begun,
                workers=started.workers,
                check=started.check,
                cpu_s=_cpu_seconds() - self._cpu,
                peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _RSS_UNIT / 1e6,
                resolve_s=self._resolving,
                store_wait_s=self.record.waited if self.record else None,
            )
        )

    def task_instance_started(self, task: Task, host: Host) -> None:
        """A device's turn."""
        if self._way:
            device = fleet_host(host).device
            self._traces[host.name] = _Trace(threading.get_ident())
            self._way.send(DeviceStarted(**self._about(device), address=device.address))

    def subtask_instance_started(self, task: Task, host: Host) -> None:
        """An attempt begins; from the second one on it is a retry."""
        trace = self._trace_of_attempt(task, host)
        if self._way is None or trace is None:
            return
        trace.clock = time.perf_counter()
        attempts = fleet_host(host).flight.attempts
        if attempts and attempts[-1].error_class:
            self._way.send(self._retry(fleet_host(host), attempts[-1]))

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """An attempt is over. One that failed is told now; one that worked, with the device."""
        trace = self._trace_of_attempt(task, host)
        if self._way is None or trace is None or result[0].exception is None:
            return
        here = fleet_host(host)
        error = here.flight.reason or classify(result[0].exception)
        trace.told += 1
        self._way.send(
            DeviceAttempt(
                **self._about(here.device),
                number=trace.told,
                seconds=time.perf_counter() - trace.clock,
                error_class=error.error_class.value,
                message=shown(str(error), here.device),
            )
        )

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """A device's end, after the attempts that have not been told yet."""
        if self._way is None:
            return
        trace = self._traces.pop(outcome.name, None)
        about = self._about(host.device)
        for attempt in outcome.attempts[trace.told if trace else 0 :]:
            self._way.send(_attempt(attempt, about))
        self._way.send(_done(outcome, about, trace))
        self._tell_change(outcome, about)

    def _tell_change(self, outcome: Outcome, about: Mapping[str, Any]) -> None:
        """A new configuration, also of a device that failed after it was fetched."""
        copy, last = outcome.result, self._last_good.get(outcome.name)
        if self._way is None or not isinstance(copy, Normalised):
            return
        if last is None or last.text_sha256 != copy.text_sha256:
            self._way.send(
                ConfigChanged(
                    **about,
                    text_sha256=copy.text_sha256,
                    previous_sha256=last.text_sha256 if last else None,
                    size=len(copy.exact.encode(errors="replace")),
                )
            )

    def _trace_of_attempt(self, task: Task, host: Host) -> _Trace | None:
        """The device's trace, when ``task`` is an attempt and no step within one."""
        parent = task.parent_task
        if self._way is None or parent is None or parent.parent_task is not None:
            return None
        return self._traces.get(host.name)

    def _retry(self, host: FleetHost, last: Attempt) -> DeviceRetry:
        return DeviceRetry(
            **self._about(host.device),
            number=last.number + 1,
            waited=max(0.0, time.time() - last.started - last.seconds),
            error_class=last.error_class.value if last.error_class else "",
            message=shown(last.message, host.device),
        )

    def _about(self, device: Device) -> dict[str, Any]:
        return {
            "run_id": self._started.run_id,
            "device": device.name,
            "site": device.site,
            "platform": device.platform_name,
        }


def _attempt(attempt: Attempt, about: Mapping[str, Any]) -> DeviceAttempt:
    return DeviceAttempt(
        **about,
        number=attempt.number,
        seconds=attempt.seconds,
        error_class=attempt.error_class.value if attempt.error_class else None,
        message=attempt.message,
    )


def _done(outcome: Outcome, about: Mapping[str, Any], trace: _Trace | None) -> DeviceDone:
    own_thread = trace is not None and trace.thread == threading.get_ident()
    return _DONE[outcome.status](
        **about,
        status=outcome.status,
        seconds=outcome.seconds,
        attempts=len(outcome.attempts),
        started=outcome.started,
        cpu_s=time.thread_time() if own_thread else None,
        error_class=outcome.error.error_class.value if outcome.error else None,
        message=outcome.message,
        remedy=outcome.error.error_class.verdict.remedy if outcome.error else "",
    )


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
