# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judging a fleet's configurations: on all cores, as they come, kept with their history."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..compliance.report import DeviceReport, RunReport, TrendPoint, write_reports
from ..compliance.report.model import VERDICTS, finding_of, rule_json, rule_of
from ..fleet.guard import NOBODY_KNOCKS
from ..fleet.middleware.base import Middleware
from ..fleet.middleware.validate import Validate
from ..fleet.run import Fleet
from ..store import ComplianceRun, JudgedDevice, Store
from ..store.mirror import mirror_path
from ..tasks.fetch_state import FetchWithState
from .findings import announcing
from .judge import Judge, Standard, StoredCopies, judge_in_process
from .ledger import Work, run_in_ledger
from .options import JobOptions, stores
from .pool import ForkPool, closed_at
from .report import Report

JUDGE_SECONDS = 30.0
"""What judging one device may take. It takes 5 ms; a pattern of the user's own may never end."""
WORST = 10
"""Rules that the task's result names."""


@dataclass(frozen=True, slots=True)
class ComplianceOptions:
    """How a fleet is judged. ``fresh`` fetches the configurations first, and stores them.

    ``processes`` is all cores when it is not set. ``path_template`` gives the file that evidence
    is cited from, as in the git mirror.
    """

    standard: Standard
    profile: str
    fresh: bool = False
    processes: int | None = None
    path_template: str = "{{ site }}/{{ host }}"
    role_variable: str = "role"
    formats: Sequence[str] = ()
    report_dir: Path | None = None
    title: str = "Network compliance"
    generator: str = "prime.netops"


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """The result of a compliance job; only JSON types, never a line of a configuration."""

    report: Report
    score: float | None
    verdicts: dict[str, int]
    states: dict[str, int]
    worst_rules: list[dict[str, Any]]
    files: dict[str, str]


def judge_fleet(
    fleet: Fleet, options: JobOptions, compliance: ComplianceOptions, stop: threading.Event
) -> ComplianceReport:
    """Judge every device of the fleet.

    In check mode nothing is kept but a throw-away ledger, and no report is written. Raises
    `StoreError`, `MirrorError` for a wrong path template, and `ReportError` when all is judged and
    kept but a report cannot be written.
    """
    mirror_path(compliance.path_template, "host", "site", "platform")  # wrong before any device is
    size = compliance.processes or cores()
    prepare = judge_in_process(compliance.standard, lambda: _open(options))
    # Forked before this process has a connection or a thread of its own to the store.
    with (
        ForkPool(prepare, size, JUDGE_SECONDS) as pool,
        closed_at(stop, pool),
        stores(options) as (store, ledger),
    ):
        judge, report = _run(fleet, options, compliance, stop, pool, store, ledger)
        summary = _summary(report.run_id, compliance, judge)
        ledger.write_compliance(summary)
        files = {} if options.check else _reports(ledger, compliance, summary)
    return ComplianceReport(
        report=report,
        score=judge.score,
        verdicts=dict(summary.verdicts),
        states=dict(summary.states),
        worst_rules=[
            {"rule": rule, "devices": count}
            for rule, count in judge.failed_rules.most_common(WORST)
        ],
        files={name: str(path) for name, path in files.items()},
    )


def _run(
    fleet: Fleet,
    options: JobOptions,
    compliance: ComplianceOptions,
    stop: threading.Event,
    pool: ForkPool,
    store: Store,
    ledger: Store,
) -> tuple[Judge, Report]:
    copies = store.last_good(fleet.names)
    judge = Judge(
        compliance.standard,
        pool,
        None if compliance.fresh else copies,
        compliance.path_template,
        compliance.role_variable,
    )
    before: list[Middleware] = [judge]
    task: Callable[..., Any] = StoredCopies(copies)
    if compliance.fresh:
        before = [Validate(copies), judge]
        task = FetchWithState(compliance.standard.rules.commands)
    else:
        # Nobody is waited for but the processes: twice as many threads keep them busy.
        workers = 2 * (compliance.processes or cores())
        alone = replace(options.fleet, workers=workers, guard=NOBODY_KNOCKS)
        options = replace(options, fleet=alone)
    told = announcing(store, fleet.names, compliance.standard.rules.rules)
    work = Work("compliance", task, {}, before, copies, after=told)
    return judge, run_in_ledger(work, fleet, options, stop, ledger)


def _open(options: JobOptions) -> Store:
    """The store with the copies, as `stores` has it, in each process by itself: connections do
    not survive a fork."""
    place, key = options.state_dir, options.store_key
    if not options.check:
        return Store.open(options.store_url, place, key=key)
    existing = Store.open_existing(options.store_url, place, key=key)
    return existing if existing is not None else Store.open(options.ledger_url, place, key=key)


def cores() -> int:
    """The processors that this process may use; a container often has fewer than the machine."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def _summary(run_id: str, compliance: ComplianceOptions, judge: Judge) -> ComplianceRun:
    standard = compliance.standard
    return ComplianceRun(
        run_id=run_id,
        profile=compliance.profile,
        min_score=standard.min_score,
        fail_on=standard.fail_on.value if standard.fail_on else "",
        rules=[rule_json(rule) for rule in standard.rules.rules],
        score=judge.score,
        verdicts=dict(judge.verdicts),
        states=dict(judge.states),
    )


def _reports(
    ledger: Store, compliance: ComplianceOptions, summary: ComplianceRun
) -> dict[str, Path]:
    if not compliance.formats or compliance.report_dir is None:
        return {}
    run = run_report(ledger, summary, compliance.title, compliance.generator)
    devices = map(device_report, ledger.judged(summary.run_id))
    return write_reports(compliance.report_dir, compliance.formats, run, devices)


def run_report(ledger: Store, summary: ComplianceRun, title: str, generator: str) -> RunReport:
    """A run of the ledger as the reports have it. Raises `StoreError`."""
    run = ledger.run(summary.run_id)
    trend = ledger.compliance_history(summary.profile, summary.run_id)
    return RunReport(
        run_id=run.id,
        started=run.started.isoformat(timespec="seconds"),
        profile=summary.profile,
        min_score=summary.min_score,
        fail_on=summary.fail_on,
        rules=tuple(map(rule_of, summary.rules)),
        devices=sum(summary.verdicts.values()),
        score=summary.score,
        verdicts=summary.verdicts,
        states=summary.states,
        trend=tuple(
            TrendPoint(
                each.run_id, each.started.isoformat(timespec="seconds"), each.score, each.devices
            )
            for each in trend
        ),
        generator=generator,
        title=title,
    )


def device_report(judged: JudgedDevice) -> DeviceReport:
    """A device of the ledger as the reports have it."""
    return DeviceReport(
        name=judged.device,
        site=judged.site,
        platform=judged.platform,
        role=judged.role,
        score=judged.score,
        verdict=next(verdict for verdict in VERDICTS if verdict == judged.verdict),
        findings=tuple(map(finding_of, judged.findings)),
        reason=judged.reason,
        file=judged.file,
        since={rule: at.isoformat(timespec="seconds") for rule, at in judged.since.items()},
    )
