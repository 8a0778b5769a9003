# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history as one HTML page that needs nothing else: SVG charts, a table, the words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, Template

from .benchmark import RunRecord, size_class
from .benchmark_table import amount, explained
from .benchmark_verdict import Judgement, Limits, judge, noise, verdict_of

TEMPLATE = Path(__file__).with_name("benchmark_page.html.j2")
NOTHING = "-"
DAY = 86_400.0
WIDTH, HEIGHT = 720, 210
LEFT, RIGHT, TOP, BOTTOM = 64, 26, 14, 28
LINES = 4
"""Lines of the grid that a chart aims at."""
ROWS = 30
"""Runs in the table, the newest ones."""
DRAWN = 200
"""Runs in a chart, the newest ones: more than that many points are no longer points."""


@dataclass(frozen=True, slots=True)
class Point:
    """A run in a chart: its place in pixels, its verdict, what the pointer is told."""

    x: float
    y: float
    verdict: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One figure over all runs. ``band`` is the median with its noise, in pixels from the top."""

    name: str
    points: tuple[Point, ...]
    grid: tuple[tuple[float, str], ...]
    days: tuple[tuple[float, str], ...]
    median: float
    band: tuple[float, float]
    newest: str

    @property
    def path(self) -> str:
        """The line through the points."""
        return " ".join(f"{point.x:.1f},{point.y:.1f}" for point in self.points)


def page(history: Sequence[RunRecord], limits: Limits, title: str = "Benchmark history") -> str:
    """The page of all groups of comparable runs, the most recently run first."""
    groups = {record.likeness: None for record in reversed(history)}
    sections = [
        _section([record for record in history if record.likeness == likeness], limits)
        for likeness in groups
    ]
    return _template().render(
        title=title,
        sections=sections,
        runs=len(history),
        width=WIDTH,
        height=HEIGHT,
        left=LEFT,
        right=WIDTH - RIGHT,
        top=TOP,
        bottom=HEIGHT - BOTTOM,
    )


def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8"))


def _section(records: list[RunRecord], limits: Limits) -> dict[str, Any]:
    """One group of comparable runs, the oldest first."""
    newest = records[-1]
    drawn = range(max(0, len(records) - DRAWN), len(records))
    judged = [judge(records[index], records[:index][-DRAWN:], limits) for index in drawn]
    records = records[drawn.start :]
    verdicts = [verdict_of(judgements) for judgements in judged]
    judgements = judged[-1]
    top = size_class(newest.hosts)
    words = [
        text for fleet in newest.fleets for text in explained(fleet, judgements, records[-30:])
    ]
    return {
        "playbook": newest.playbook,
        "tags": ", ".join(newest.tags) or "all",
        "skipped": ", ".join(newest.skip_tags),
        "size": f"{top // 2 + 1} to {top} hosts" if top > 1 else "1 host",
        "verdict": verdicts[-1],
        "charts": _charts(records, judged),
        "rows": [_row(*pair) for pair in list(zip(records, verdicts, strict=True))[-ROWS:]][::-1],
        "words": words,
        "judgements": [
            {
                "name": one.figure.name,
                "now": amount(one.figure.value, one.figure.unit),
                "median": amount(one.median, one.figure.unit) if one.verdict != "new" else NOTHING,
                "change": f"{one.change:+.0%}" if one.verdict != "new" else NOTHING,
                "noise": f"±{one.noise:.0%}" if one.verdict != "new" else NOTHING,
                "verdict": one.verdict,
            }
            for one in judgements
        ],
    }


def _charts(records: list[RunRecord], judged: list[list[Judgement]]) -> list[Chart]:
    """A chart for each figure that the newest run has."""
    named = [{one.figure.name: one for one in judgements} for judgements in judged]
    return [
        _chart(
            newest.figure.name,
            newest.figure.unit,
            [
                (record, each[newest.figure.name].verdict, each[newest.figure.name].figure.value)
                for record, each in zip(records, named, strict=True)
                if newest.figure.name in each
            ],
        )
        for newest in judged[-1]
    ]


def _chart(name: str, unit: str, runs: list[tuple[RunRecord, str, float]]) -> Chart:
    values = [value for _record, _verdict, value in runs]
    median, sigma = noise(values)
    step = _step(max(values) * 1.08 / LINES)
    most = step * math.ceil(max(values) * 1.02 / step)

    def height(value: float) -> float:
        share = min(max(value, 0.0), most) / most
        return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM)

    def across(index: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (index + 0.5) / len(runs)

    points = tuple(
        Point(
            round(across(index), 1),
            round(height(value), 1),
            verdict,
            f"{_when(record)}: {amount(value, unit)}, {record.hosts} hosts, {verdict}",
        )
        for index, (record, verdict, value) in enumerate(runs)
    )
    lines = tuple(
        (round(height(step * number), 1), amount(step * number, unit) if number else "0")
        for number in range(round(most / step) + 1)
    )
    band = (round(height(median * math.exp(sigma)), 1), round(height(median * math.exp(-sigma)), 1))
    form = "%d %b" if runs[-1][0].started - runs[0][0].started > DAY else "%H:%M"
    days = tuple((points[index].x, _when(runs[index][0], form)) for index in _spread(len(runs)))
    newest = amount(values[-1], unit)
    return Chart(name, points, lines, days, round(height(median), 1), band, newest)


def _step(rough: float) -> float:
    """The next of 1, 2, 5, 10, ... above a number: steps that people read."""
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)


def _spread(count: int, most: int = 6) -> Iterable[int]:
    """Up to six places out of so many, first and last among them."""
    if count <= most:
        return range(count)
    return sorted({round(place * (count - 1) / (most - 1)) for place in range(most)})


def _row(record: RunRecord, verdict: str) -> dict[str, str]:
    fleet = record.fleets[0] if record.fleets else None
    return {
        "when": _when(record, "%Y-%m-%d %H:%M"),
        "hosts": str(record.hosts),
        "time": amount(record.wall_s, "s"),
        "rate": f"{fleet.per_s:.1f}" if fleet else NOTHING,
        "p50": amount(fleet.latency.p50, "s") if fleet else NOTHING,
        "p99": amount(fleet.latency.p99, "s") if fleet else NOTHING,
        "retries": str(fleet.retries if fleet else sum(task.retries for task in record.tasks)),
        "cpu": amount(record.cpu_s, "s"),
        "memory": amount(record.peak_rss_mb, "MB"),
        "verdict": verdict,
    }


def _when(record: RunRecord, form: str = "%Y-%m-%d %H:%M UTC") -> str:
    return datetime.fromtimestamp(record.started, tz=UTC).strftime(form)
