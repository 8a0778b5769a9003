# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any Nornir task on the whole fleet, with the engine's retry, deadline and ledger."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..fleet.middleware.collect import Collect
from ..fleet.run import Fleet
from ..store import Store
from .ledger import Work, run_in_ledger
from .options import JobOptions
from .report import Report


@dataclass(frozen=True, slots=True)
class TaskReport:
    """A report with the devices' own results, as far as they fit."""

    report: Report
    results: dict[str, Any]
    left_out: int


def run_task(
    kind: str,
    fleet: Fleet,
    work: Callable[..., Any],
    params: Mapping[str, Any],
    options: JobOptions,
    stop: threading.Event,
) -> TaskReport:
    """Run ``work`` on every device; raises `StoreError` when the ledger cannot be written."""
    collect = Collect()
    with Store.open(options.ledger_url or options.store_url, options.state_dir) as ledger:
        whole = Work(kind, work, params, before=(collect,))
        report = run_in_ledger(whole, fleet, options, stop, ledger)
    return TaskReport(report, collect.results, collect.left_out)
