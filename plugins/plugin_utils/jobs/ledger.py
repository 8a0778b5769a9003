# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job's row in the ledger, from its start to its end, however it ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..events import RunStarted
from ..fleet.guard import Turns
from ..fleet.middleware.base import Middleware
from ..fleet.middleware.events import Events
from ..fleet.middleware.log import Log
from ..fleet.middleware.progress import Progress
from ..fleet.middleware.record import Record
from ..fleet.middleware.tally import Tally
from ..fleet.run import Fleet, run_fleet
from ..store import Store
from ..store.patience import at_once
from ..store.records import DeviceRecord, LastGood, RunStart, RunStatus
from ..store.runs import fleet_id
from ..store.writer import Writer
from .guard import guard_of
from .options import JobOptions
from .report import Report


def nobody(_names: Sequence[str]) -> Iterable[DeviceRecord]:
    """Skip no device."""
    return ()


def as_it_is(report: Report) -> Report:
    """Nothing is to be done between the last device and the end of the run."""
    return report


@dataclass(frozen=True, slots=True)
class Work:
    """What a run does, and what the job adds to it.

    ``before`` are the middleware of the job itself; they see a device before it is recorded, and
    those in ``after`` once it is on its way into the ledger.
    ``skip`` says who of the names need not be worked on, and why. ``closing`` is what the run is
    not over without: it comes when every outcome is safe in the ledger and before the run's row is
    closed, so a kill in between leaves a run that can be resumed. ``rollout`` lets devices start
    one after the other; ``begun`` is told the run's id and its writer before the first of them.
    """

    kind: str
    task: Callable[..., Any]
    params: Mapping[str, Any]
    before: Sequence[Middleware] = ()
    last_good: Mapping[str, LastGood] | None = None
    skip: Callable[[Sequence[str]], Iterable[DeviceRecord]] = nobody
    after: Sequence[Middleware] = ()
    closing: Callable[[Report], Report] = as_it_is
    rollout: Turns | None = None
    begun: Callable[[str, Writer], None] = lambda _run_id, _writer: None


def run_in_ledger(
    work: Work, fleet: Fleet, options: JobOptions, stop: threading.Event, ledger: Store
) -> Report:
    """Run the work on the fleet and write every outcome into ``ledger`` as it happens.

    Raises `StoreError` when the ledger cannot be written, or has nothing to resume.
    """
    run_id, done = _enter(work, fleet, options, ledger)
    total, report, tally = len(fleet.names), None, Tally()
    events = Events(_started(run_id, work.kind, total, options), work.last_good or {})
    left = [name for name in fleet.names if name not in done]
    awaited = len(left)

    def hurried() -> bool:
        """Told to end in mid-run; the engine also sets the event when all devices are done."""
        return stop.is_set() and _status(tally, awaited) != "finished"

    try:
        with ledger.writer(run_id, hurried=hurried) as writer:
            skipped = _skip(work.skip(left), writer.put)
            todo = Fleet([name for name in left if name not in skipped], fleet.resolve)
            awaited = len(todo.names)
            record = events.record = Record(writer, work.last_good or {})
            progress = Progress(awaited, options.say, options.live)
            middleware = (*work.before, record, *work.after, Log(), progress, tally, events)
            guard = guard_of(ledger, run_id, todo, options, work.rollout)
            work.begun(run_id, writer)
            watched = events.watch(todo)
            run_fleet(watched, work.task, work.params, middleware, options.fleet, stop, guard)
            status = _status(tally, awaited)
            writer.flush()
            counts = ledger.counts(run_id, total, hurried)
            resumed = len(done) if options.resume else None
            report = work.closing(_report(run_id, status, counts, tally, resumed, len(skipped)))
    finally:
        if report is not None:
            status, counts = report.status, report.counts
            ledger.finish_run(run_id, status, counts, hurried)
        else:
            status, counts = "interrupted", ledger.counts(run_id, total, at_once)
            ledger.finish_run(run_id, status, counts, at_once)
        events.finished(status, counts, tally.classes)
    return report


def _enter(work: Work, fleet: Fleet, options: JobOptions, ledger: Store) -> tuple[str, set[str]]:
    """Begin a run or go on with one; its id, and the devices that it has done already."""
    start = RunStart(
        kind=work.kind,
        devices=len(fleet.names),
        check=options.check,
        provenance=options.provenance,
        fleet=fleet_id(fleet.names),
    )
    if not options.resume or options.check:
        return ledger.begin_run(start), set()
    run_id = ledger.resume_run(start)
    return run_id, ledger.done(run_id)


def _skip(records: Iterable[DeviceRecord], put: Callable[[DeviceRecord], None]) -> set[str]:
    """Enter who is skipped into the ledger; their names."""
    names = set()
    for record in records:
        put(record)
        names.add(record.device)
    return names


def _status(tally: Tally, total: int) -> RunStatus:
    cut = sum(tally.statuses.values()) < total or tally.classes["interrupted"] > 0
    return "interrupted" if cut else "finished"


def _report(
    run_id: str,
    status: RunStatus,
    counts: dict[str, int],
    tally: Tally,
    resumed: int | None,
    fresh: int,
) -> Report:
    return Report(
        run_id=run_id,
        status=status,
        counts=counts,
        classes=dict(tally.classes),
        failures=sorted(tally.failures, key=lambda failure: failure["host"]),
        failed_hosts=tally.failed_names,
        skips=dict(tally.skips),
        resumed=resumed,
        fresh=fresh,
    )


def _started(run_id: str, kind: str, devices: int, options: JobOptions) -> RunStarted:
    return RunStarted(
        run_id=run_id,
        kind=kind,
        devices=devices,
        workers=options.fleet.window,
        check=options.check,
        pid=os.getpid(),
        provenance=options.provenance,
    )
