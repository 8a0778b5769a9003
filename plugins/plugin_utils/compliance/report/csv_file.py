# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One row for each rule and device, for spreadsheets and for whoever likes `awk`.

RFC 4180: commas, quotes where needed, CRLF, UTF-8, one header. A cell that a spreadsheet would
take for a formula gets an apostrophe before it, which is what keeps ``=HYPERLINK(...)`` in a
banner or a host name from being run on the reader's machine (OWASP, "CSV Injection").
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import TextIO

from ..results import Finding
from .model import DeviceReport, RunReport, applies, reference_text

COLUMNS = (
    "run",
    "device",
    "site",
    "platform",
    "role",
    "score",
    "verdict",
    "rule",
    "title",
    "severity",
    "state",
    "since",
    "message",
    "evidence",
    "remediation",
    "waiver",
    "waived_until",
    "references",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


class CsvReport:
    """Writes the rows of a device when it comes."""

    name = "compliance.csv"

    def __init__(self, stream: TextIO, run: RunReport) -> None:
        self._run = run
        self._rules = run.by_id()
        self._writer = csv.writer(stream, lineterminator="\r\n")
        self._writer.writerow(COLUMNS)

    def add(self, device: DeviceReport) -> None:
        """Write the device."""
        score = "" if device.score is None else f"{device.score:.1f}"
        about = (self._run.run_id, device.name, device.site, device.platform, device.role)
        before = [*map(cell, about), score, device.verdict]
        for finding in device.findings:
            row = map(cell, self._finding(device, finding))
            self._writer.writerow([*before, *row])

    def finish(self) -> None:
        """Nothing comes after the last row."""

    def _finding(self, device: DeviceReport, finding: Finding) -> Iterator[str]:
        rule, waiver = self._rules[finding.rule], finding.waiver
        yield from (rule.id, rule.title, rule.severity, finding.state)
        yield device.since.get(rule.id, "")
        yield finding.message
        yield "\n".join(f"{each.line}: {each.text}" for each in finding.evidence)
        yield "\n".join((*finding.remediation, *finding.diff))
        yield f"{waiver.id} {waiver.owner}: {waiver.justification}" if waiver else ""
        yield waiver.expires if waiver else ""
        about = (ref for ref in rule.references if applies(ref, device.platform))
        yield "; ".join(map(reference_text, about))


def cell(text: str) -> str:
    """The text as a spreadsheet shows and never computes it; lone surrogates as escapes."""
    text = text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "")
    return f"'{text}" if text.startswith(_FORMULA) else text
