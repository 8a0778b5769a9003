# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run against its history, as lines for a terminal or a job's log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .benchmark import FleetFigures, RunRecord
from .benchmark_bound import bound, fleet_scaling
from .benchmark_verdict import Judgement, Limits, cause, comparable, judge, verdict_of

LONGEST = 5
"""Tasks that are named."""
WIDTH = 46
BUSY_MACHINE = 1.5
"""Load by core from which a run was not alone: by itself it hardly comes to one."""
VERDICTS = {
    "new": "no verdict yet: too few comparable runs",
    "ok": "as usual",
    "faster": "better than usual",
    "slower": "worse than usual, this once: the next run confirms it or not",
    "regression": "REGRESSION: worse than usual, and not for the first time",
}


def report(record: RunRecord, history: Sequence[RunRecord], limits: Limits) -> list[str]:
    """All lines: the tasks, the fleet's figures, the comparison, the verdict, and what holds."""
    judgements = judge(record, history, limits)
    like = comparable(record, history, limits.runs)
    lines = [f"BENCHMARK {record.playbook}: {record.hosts} hosts in {seconds(record.wall_s)}"]
    lines += _tasks(record)
    for fleet in record.fleets:
        lines += _fleet(fleet)
    lines += ["", *_comparison(judgements)]
    lines += [f"verdict: {VERDICTS[verdict_of(judgements)]} ({len(like)} comparable runs)"]
    if record.load > BUSY_MACHINE:
        lines += [f"  {_others(record)}"]
    for fleet in record.fleets:
        lines += [f"  {text}" for text in explained(fleet, judgements, [*like, record])]
    return lines


def explained(
    fleet: FleetFigures, judgements: Sequence[Judgement], records: Sequence[RunRecord]
) -> Iterator[str]:
    """Sentences: why it was slower, what bounds it, and what a device more costs."""
    if why := cause(fleet, judgements):
        yield f"{fleet.task}: {why}."
    if (held := bound(fleet)) is not None:
        yield held.words
    if (scale := fleet_scaling(fleet.task, records)) is not None:
        yield scale.words


def seconds(value: float) -> str:
    """A duration with as many digits as help."""
    if value >= 100:
        return f"{value:.0f} s"
    if value >= 1:
        return f"{value:.2f} s"
    return f"{1000 * value:.3g} ms"


def amount(value: float, unit: str) -> str:
    """A figure with its unit."""
    return seconds(value) if unit == "s" else f"{value:.0f} {unit}"


def _others(record: RunRecord) -> str:
    return (
        f"The machine had {record.load:.1f} processes for each core: others worked on it too, and "
        "took their share of the time."
    )


def _tasks(record: RunRecord) -> Iterator[str]:
    longest = sorted(record.tasks, key=lambda task: task.wall_s, reverse=True)[:LONGEST]
    if longest:
        head = f"{'time':>9} {'hosts':>6} {'p50':>9} {'p99':>9} {'retries':>7}"
        yield f"{'longest tasks':<{WIDTH}} {head}"
    for task in longest:
        yield (
            f"{task.name[:WIDTH]:<{WIDTH}} {seconds(task.wall_s):>9} {task.hosts:>6} "
            f"{seconds(task.latency.p50):>9} {seconds(task.latency.p99):>9} {task.retries:>7}"
        )


def _fleet(fleet: FleetFigures) -> Iterator[str]:
    latency = fleet.latency
    yield ""
    yield (
        f"{fleet.task}: {fleet.devices} devices, {fleet.per_s:.1f} a second with {fleet.workers} "
        f"workers; {fleet.failed} failed, {fleet.retries} retries"
    )
    yield (
        f"  latency p50 {seconds(latency.p50)}, p90 {seconds(latency.p90)}, p99 "
        f"{seconds(latency.p99)}, at most {seconds(latency.most)}; worker "
        f"{seconds(fleet.cpu_s)} CPU, {fleet.peak_rss_mb:.0f} MB"
    )


def _comparison(judgements: Sequence[Judgement]) -> Iterator[str]:
    yield f"{'figure':<{WIDTH}} {'now':>9} {'median':>9} {'change':>7} {'noise':>6}  verdict"
    for one in judgements:
        figure = one.figure
        known = one.verdict != "new"
        yield (
            f"{_short(figure.name):<{WIDTH}} {amount(figure.value, figure.unit):>9} "
            f"{amount(one.median, figure.unit) if known else '-':>9} "
            f"{f'{one.change:+.0%}' if known else '-':>7} "
            f"{f'{one.noise:.0%}' if known else '-':>6}  {one.verdict}"
        )


def _short(name: str) -> str:
    """The figure's name; of a long task's name the middle goes."""
    return name if len(name) <= WIDTH else f"{name[: WIDTH - 27]}...{name[-24:]}"
