# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Measures a playbook run while it runs, from Ansible's events and those of the fleet."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ..events import DeviceDone, Event, RunFinished, RunStarted
from .benchmark import FleetFigures, Latency, RunRecord, TaskFigures
from .benchmark_process import PeakMemory, cpu_seconds, machine_load
from .text import one_line

MAX_TASKS = 100
"""Tasks that a record has room for: those that took longest."""


@dataclass(slots=True)
class _Task:
    """An ordinary task that is going on."""

    name: str
    action: str
    started: float
    ended: float = 0.0
    begun: dict[str, float] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    retries: int = 0


@dataclass(slots=True)
class _Fleet:
    """A fleet task that is going on."""

    task: str
    seconds: list[float] = field(default_factory=list)
    failed: int = 0
    retries: int = 0


class RunMeter:
    """The figures of one run. Its methods may be called from any thread; none of them waits."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._started, self._epoch = clock(), time.time()
        self._cpu = cpu_seconds()
        self._memory = PeakMemory()
        self._tasks: list[TaskFigures] = []
        self._task: _Task | None = None
        self._fleets: dict[str, _Fleet] = {}
        self._finished: list[FleetFigures] = []

    def task_started(self, action: str) -> None:
        """A task begins, and the one before it is over."""
        now = self._clock()
        with self._lock:
            self._end_task(now)
            self._task = _Task(action, action, now)

    def task_named(self, name: str) -> None:
        """The current task's name, without secrets; until then it goes by its action."""
        with self._lock:
            if self._task:
                self._task.name = name

    def host_started(self, host: str) -> None:
        """The current task begins on a host."""
        with self._lock:
            if self._task:
                self._task.begun[host] = self._clock()

    def host_done(self, host: str, failed: bool = False) -> None:
        """The current task is over on a host."""
        now = self._clock()
        with self._lock:
            if self._task:
                self._task.ended = now
                self._task.failed += failed
                begun = self._task.begun.pop(host, None)
                if begun is not None:
                    self._task.seconds.append(now - begun)

    def retried(self) -> None:
        """A host's task is tried again."""
        with self._lock:
            if self._task:
                self._task.retries += 1

    def event(self, event: Event) -> None:
        """Something that the fleet told."""
        with self._lock:
            if isinstance(event, RunStarted):
                self._fleets[event.run_id] = _Fleet(self._task.name if self._task else event.kind)
            elif isinstance(event, DeviceDone) and event.status != "skipped":
                self._device(event)
            elif isinstance(event, RunFinished):
                self._fleet_done(event)

    def finish(
        self,
        playbook: str,
        hosts: int,
        failed: int,
        tags: Sequence[str],
        skip_tags: Sequence[str],
        versions: Mapping[str, str],
    ) -> RunRecord:
        """The run is over; ``hosts`` are those of Ansible's recap."""
        now = self._clock()
        with self._lock:
            self._end_task(now)
            longest = sorted(self._tasks, key=lambda task: task.wall_s, reverse=True)[:MAX_TASKS]
            kept = [task for task in self._tasks if any(task is one for one in longest)]
            fleets = tuple(self._finished)
        return RunRecord(
            playbook=playbook,
            started=self._epoch,
            wall_s=round(now - self._started, 3),
            hosts=max([hosts, *(fleet.devices for fleet in fleets)]),
            tags=tuple(sorted(tags)),
            skip_tags=tuple(sorted(skip_tags)),
            failed=failed,
            cpu_s=round(cpu_seconds() - self._cpu, 3),
            peak_rss_mb=self._memory.end(),
            load=machine_load(),
            tasks=tuple(kept),
            fleets=fleets,
            versions=dict(versions),
        )

    def _end_task(self, now: float) -> None:
        task, self._task = self._task, None
        if task is None:
            return
        self._tasks.append(
            TaskFigures(
                name=one_line(task.name, 120),
                action=task.action,
                wall_s=round((task.ended or now) - task.started, 4),
                hosts=len(task.seconds),
                failed=task.failed,
                retries=task.retries,
                latency=Latency.of(task.seconds),
            )
        )
        if len(self._tasks) > 20 * MAX_TASKS:  # a loop of includes; a playbook has no bound
            self._tasks.sort(key=lambda one: one.wall_s, reverse=True)
            del self._tasks[10 * MAX_TASKS :]

    def _device(self, event: DeviceDone) -> None:
        fleet = self._fleets.setdefault(event.run_id, _Fleet("fleet task"))
        fleet.seconds.append(event.seconds)
        fleet.failed += event.error_class is not None
        fleet.retries += max(0, event.attempts - 1)

    def _fleet_done(self, event: RunFinished) -> None:
        fleet = self._fleets.pop(event.run_id, None) or _Fleet(event.kind)
        self._finished.append(
            FleetFigures(
                task=one_line(fleet.task, 120),
                kind=event.kind,
                devices=int(event.counts.get("total", len(fleet.seconds)))
                - int(event.counts.get("skipped", 0)),
                wall_s=round(event.seconds, 3),
                workers=event.workers,
                failed=fleet.failed,
                retries=fleet.retries,
                latency=Latency.of(fleet.seconds),
                cpu_s=round(event.cpu_s, 3),
                peak_rss_mb=round(event.peak_rss_mb, 1),
                resolve_s=round(event.resolve_s or 0.0, 3),
                store_wait_s=round(event.store_wait_s or 0.0, 3),
            )
        )
