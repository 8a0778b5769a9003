# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The metrics of a run that is over, from its ledger. Free of Ansible."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from ..observe.metrics import (
    DeviceMetric,
    RunMetrics,
    Score,
    run_families,
    score_families,
    write,
)
from ..store import SiteScore, Store
from ..store.records import DeviceOutcome
from .options import JobOptions


def write_metrics(
    path: Path,
    job: str,
    run_id: str,
    options: JobOptions,
    per_device: bool = False,
) -> str:
    """Write a run's metrics for node_exporter; the problem in a sentence, if there is one.

    A metrics file that cannot be written fails no run: what was fetched is stored. ``job`` is the
    label that tells one work's series from another's. Raises StoreError.
    """
    with Store.open(options.store_url, options.state_dir, key=options.store_key) as store:
        metrics = run_metrics(store, job, run_id, per_device)
        scores = run_scores(store, run_id)
    try:
        write(path, [*run_families(metrics), *score_families(job, scores)])
    except OSError as error:
        return (
            f"The metrics file {path} cannot be written: {error.strerror}. Make its directory "
            "writable for the user who runs Ansible, or name another one by metrics_file."
        )
    if path.suffix != ".prom":
        return f"The metrics file {path} is not read by node_exporter: let its name end in .prom."
    return ""


def run_metrics(store: Store, job: str, run_id: str, per_device: bool = False) -> RunMetrics:
    """A run as metrics; ``per_device`` adds the age of each device's copy."""
    run = store.run(run_id)
    outcomes = list(store.outcomes(run_id))
    keeps = run.kind == "backup"
    good = store.fetched([outcome.device for outcome in outcomes]) if keeps else {}
    classes = Counter(outcome.error_class for outcome in outcomes if outcome.error_class)
    ended = run.finished or run.heartbeat
    return RunMetrics(
        job=job,
        finished=ended.timestamp(),
        seconds=(ended - run.started).total_seconds(),
        complete=run.status == "finished",
        classes=dict(classes),
        devices=tuple(_device(outcome, good.get(outcome.device)) for outcome in outcomes),
        keeps=keeps,
        per_device=per_device,
    )


def run_scores(store: Store, run_id: str) -> list[Score]:
    """What a compliance run comes to at each site; nothing for a run of another kind."""
    if store.run(run_id).kind != "compliance":
        return []
    judged = store.compliance(run_id)
    severity = {rule["id"]: rule["severity"] for rule in judged.rules}
    return [_score(judged.profile, site, severity) for site in store.site_scores(run_id)]


def _score(profile: str, site: SiteScore, severity: Mapping[str, str]) -> Score:
    from ..compliance.results import Severity  # no other run shall pay for the memory

    # Zeros too: a series that comes and goes cannot be alerted on.
    findings = {each.value: 0 for each in Severity}
    for rule, devices in site.failing.items():
        if rule in severity:  # and not one of another profile's
            findings[severity[rule]] += devices
    score = None if site.score is None else site.score / 100
    return Score(profile, site.site or "default", score, findings)


def _device(outcome: DeviceOutcome, good: datetime | None) -> DeviceMetric:
    taken = good.timestamp() if good else None
    return DeviceMetric(outcome.device, outcome.site or "default", outcome.status, taken)
