# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A summary in Markdown: for a job's summary page, a ticket, a chat."""

from __future__ import annotations

import heapq
import re
from collections import Counter
from typing import TextIO

from ..results import State
from .model import OPEN, DeviceReport, RunReport, percent

RANKED = 10
TREND = 10

_ACTIVE = re.compile(r"([\\`*_\[\]<>&!|~$])")


class MarkdownReport:
    """Counts while the devices come, and writes at the end; its size does not grow with them."""

    name = "compliance.md"

    def __init__(self, stream: TextIO, run: RunReport) -> None:
        self._stream = stream
        self._run = run
        self._fails: Counter[str] = Counter()
        self._judged: Counter[str] = Counter()
        self._worst: list[tuple[float, int, str]] = []
        self._count = 0

    def add(self, device: DeviceReport) -> None:
        """Count the device."""
        self._count += 1
        for finding in device.findings:
            self._fails[finding.rule] += finding.state in OPEN
            self._judged[finding.rule] += finding.state in OPEN or finding.state is State.PASS
        if device.score is not None:
            about = f"{plain(device.name)} | {plain(device.site)} | {plain(device.platform)}"
            rank = (-device.score, -self._count, f"| {about} | {device.score:.0f} |")
            keep = heapq.heappush if len(self._worst) < RANKED else heapq.heappushpop
            keep(self._worst, rank)

    def finish(self) -> None:
        """Write the summary."""
        for part in (self._head(), self._rules(), self._devices(), self._trend()):
            if part:
                self._stream.write("\n".join(part) + "\n\n")

    def _head(self) -> list[str]:
        run, verdicts = self._run, self._run.verdicts
        score = "none" if run.score is None else f"{run.score:.0f}"
        words = ", ".join(
            f"{verdicts.get(key, 0)} {name}"
            for key, name in (
                ("compliant", "compliant"),
                ("failing", "not compliant"),
                ("unjudged", "not judged"),
            )
        )
        facts = (
            f"Profile `{plain(run.profile)}`, {len(run.rules)} rules, run `{run.run_id}` of "
            f"{run.started[:16].replace('T', ' ')} UTC; a device needs {run.min_score:g}."
        )
        summary = f"Fleet score **{score}** of 100. {run.devices} devices: {words}."
        return [f"# {plain(run.title)}", "", summary, "", facts]

    def _rules(self) -> list[str]:
        rules = [rule for rule in self._run.rules if self._fails[rule.id]]
        rules.sort(key=lambda rule: -self._fails[rule.id] * rule.weight)
        if not rules:
            return []
        head = ["| rule | | severity | failing | |", "|---|---|---|---:|---:|"]
        rows = [
            f"| {plain(rule.id)} | {plain(rule.title)} | {rule.severity} | {self._fails[rule.id]} "
            f"| {percent(self._fails[rule.id], self._judged[rule.id])} % |"
            for rule in rules[:RANKED]
        ]
        return ["## Rules that fail most", "", *head, *rows]

    def _devices(self) -> list[str]:
        if not self._worst:
            return []
        head = ["| device | site | platform | score |", "|---|---|---|---:|"]
        rows = [row for _score, _count, row in sorted(self._worst, reverse=True)]
        return ["## Devices that need work most", "", *head, *rows]

    def _trend(self) -> list[str]:
        points = [point for point in self._run.trend if point.score is not None][-TREND:]
        if len(points) < 2:
            return []
        head = ["| run | devices | score |", "|---|---:|---:|"]
        rows = [f"| {p.started[:16].replace('T', ' ')} | {p.devices} | {p.score} |" for p in points]
        return ["## Trend", "", *head, *rows]


def plain(text: str) -> str:
    """The text in one line, with nothing in it that Markdown or HTML would act on."""
    words = " ".join(text.encode("utf-8", "backslashreplace").decode("utf-8").split())
    return _ACTIVE.sub(r"\\\1", "".join(each for each in words if each.isprintable()))
