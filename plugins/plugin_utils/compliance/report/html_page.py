# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One HTML page that needs nothing but itself.

The page of 10,000 devices is read in well under a second, because what a browser has to look at is
small: a row a device, with a letter a rule. Evidence is packed (zlib, base64) in blocks of
`DETAILS` devices, and a block is unpacked when somebody opens one of its devices.

What devices and people wrote cannot become markup: the data lies in blocks that no browser runs,
with every ``<``, ``>`` and ``&`` escaped; the script writes text nodes only; and the page's
Content-Security-Policy admits this one script and this one style sheet, by their hashes, and no
connection at all.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import zlib
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any, TextIO

from ..results import State
from .model import DeviceReport, RunReport, finding_json, rule_json

DETAILS = 100
"""Devices a packed block: some 200 KB of evidence, unpacked within a few milliseconds."""

LETTERS = {state: state.value[0] for state in State}
"""A device's findings as one letter a rule; a rule without one is a blank."""

_PAGE = Path(__file__).with_name("page")
_ESCAPES = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


class HtmlReport:
    """Writes the page as the devices come; one block of them is kept at a time."""

    name = "compliance.html"

    def __init__(self, stream: TextIO, run: RunReport) -> None:
        self._stream = stream
        self._run = run
        self._rows: list[list[Any]] = []
        self._details: list[dict[str, Any]] = []
        self._before, self._after = _page(html.escape(run.title))
        stream.write(self._before)

    def add(self, device: DeviceReport) -> None:
        """Take a device."""
        self._rows.append(_row(device, self._run))
        self._details.append(_details(device))
        if len(self._rows) == DETAILS:
            self._flush()

    def finish(self) -> None:
        """Write what is left, and the end of the page."""
        if self._rows:
            self._flush()
        self._stream.write(_block(_facts(self._run), ' id="run"'))
        self._stream.write(self._after)

    def _flush(self) -> None:
        self._stream.write(_block(self._rows, ' class="rows"'))
        packed = zlib.compress(json.dumps(self._details, separators=(",", ":")).encode(), 6)
        text = base64.b64encode(packed).decode()
        self._stream.write(f'<script type="text/plain" class="details">{text}</script>\n')
        self._rows, self._details = [], []


def _block(data: Any, attributes: str) -> str:
    """Data as a block that is no script to a browser, and cannot end before its end."""
    text = json.dumps(data, separators=(",", ":")).translate(_ESCAPES)
    return f'<script type="application/json"{attributes}>{text}</script>\n'


def _row(device: DeviceReport, run: RunReport) -> list[Any]:
    states = {finding.rule: LETTERS[finding.state] for finding in device.findings}
    letters = "".join(states.get(rule.id, " ") for rule in run.rules)
    score = None if device.score is None else round(device.score, 1)
    where = [device.name, device.site, device.platform, device.role]
    row = [*where, score, letters, device.verdict[0]]
    return [*row, device.reason] if device.reason else row


def _details(device: DeviceReport) -> dict[str, Any]:
    details: dict[str, Any] = {"file": device.file} if device.file else {}
    for finding in device.findings:
        detail = finding_json(finding)
        del detail["rule"], detail["state"]
        if finding.rule in device.since:
            detail["since"] = device.since[finding.rule]
        details[finding.rule] = detail
    return details


def _facts(run: RunReport) -> dict[str, Any]:
    rules = [rule_json(rule) for rule in run.rules]
    return {**asdict(run), "rules": rules, "details_per_block": DETAILS}


@cache
def _page(title: str) -> tuple[str, str]:
    """The page before and after its data."""
    style, script = _asset("page.css"), _asset("page.js")
    page = _asset("page.html").replace("@@title@@", title)
    page = page.replace("@@style_hash@@", _hash(style)).replace("@@script_hash@@", _hash(script))
    before, after = page.split("@@data@@")
    return before.replace("@@style@@", style), after.replace("@@script@@", script)


def _asset(name: str) -> str:
    return (_PAGE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a Content-Security-Policy knows an inline script or style by (CSP level 3, 2.3.1)."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
