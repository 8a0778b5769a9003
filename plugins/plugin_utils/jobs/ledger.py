# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A job's row in the ledger, from its start to its end, however it ends."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..events import RunStarted
from ..fleet.middleware.base import Middleware
from ..fleet.middleware.events import Events
from ..fleet.middleware.log import Log
from ..fleet.middleware.progress import Progress
from ..fleet.middleware.record import Record
from ..fleet.middleware.tally import Tally
from ..fleet.run import Fleet, run_fleet
from ..store import Store
from ..store.records import LastGood, RunStart, RunStatus
from .guard import guard_of
from .options import JobOptions
from .report import Report, count


def run_in_ledger(
    kind: str,
    fleet: Fleet,
    work: Callable[..., Any],
    params: Mapping[str, Any],
    options: JobOptions,
    stop: threading.Event,
    ledger: Store,
    before: Sequence[Middleware] = (),
    last_good: Mapping[str, LastGood] | None = None,
) -> Report:
    """Run ``work`` on the fleet and write every outcome into ``ledger`` as it happens.

    ``before`` are the middleware of the job itself; they see a device before it is recorded.
    Raises `StoreError` when the ledger cannot be written.
    """
    total, tally, interrupted = len(fleet.names), Tally(), True
    run_id = ledger.begin_run(
        RunStart(kind=kind, devices=total, check=options.check, provenance=options.provenance)
    )
    events = Events(_started(run_id, kind, total, options), last_good or {})
    try:
        with ledger.writer(run_id) as writer:
            record = Record(writer, last_good or {})
            guard = guard_of(ledger, run_id, fleet, options)
            common = (record, Log(), Progress(total, options.say, options.live), tally, events)
            events.record = record
            watched = events.watch(fleet)
            run_fleet(watched, work, params, (*before, *common), options.fleet, stop, guard)
        interrupted = sum(tally.statuses.values()) < total or tally.classes["interrupted"] > 0
    finally:
        status: RunStatus = "interrupted" if interrupted else "finished"
        counts = count(tally, total)
        ledger.finish_run(run_id, status, counts)
        events.finished(status, counts, tally.classes)
    return Report(
        run_id=run_id,
        status=status,
        counts=counts,
        classes=dict(tally.classes),
        failures=tally.failures,
        failed_hosts=tally.failed_names,
        skips=dict(tally.skips),
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
