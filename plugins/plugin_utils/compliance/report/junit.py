# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""JUnit XML, for CI servers: a test suite for each device, a test case for each rule.

There is no standard; this follows the schema of Jenkins' xunit plugin, which the other readers
agree with. Failed: ``failure``, broken rule: ``error``, all that was not judged or does not count:
``skipped`` with its reason.
"""

from __future__ import annotations

from typing import TextIO
from xml.sax.saxutils import escape, quoteattr

from ..results import Finding, RuleInfo, State
from .model import DeviceReport, RunReport, applies, reference_text

_SKIPPED = {State.NOT_APPLICABLE, State.WAIVED, State.UNKNOWN}


class JunitReport:
    """Writes a device's test suite when it comes."""

    name = "compliance.junit.xml"

    def __init__(self, stream: TextIO, run: RunReport) -> None:
        self._stream = stream
        self._run = run
        self._rules = run.by_id()
        states = run.states
        stream.write(
            f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name={_quoted(run.title)} '
            f'tests="{sum(states.values())}" failures="{states.get(State.FAIL, 0)}" '
            f'errors="{states.get(State.ERROR, 0)}">\n'
        )

    def add(self, device: DeviceReport) -> None:
        """Write the device."""
        skipped = sum(finding.state in _SKIPPED for finding in device.findings)
        self._stream.write(
            f"<testsuite name={_quoted(device.name)} package={_quoted(device.site)} "
            f'tests="{len(device.findings)}" failures="{device.count(State.FAIL)}" '
            f'errors="{device.count(State.ERROR)}" skipped="{skipped}" '
            f"timestamp={_quoted(self._run.started[:19])}>\n"
        )
        for finding in device.findings:
            self._stream.write(_case(self._rules[finding.rule], device, finding))
        self._stream.write("</testsuite>\n")

    def finish(self) -> None:
        """Close the document."""
        self._stream.write("</testsuites>\n")


def _case(rule: RuleInfo, device: DeviceReport, finding: Finding) -> str:
    name, place = _quoted(f"{rule.id} {rule.title}"), _quoted(f"{device.site}.{device.name}")
    start = f"<testcase name={name} classname={place}"
    if finding.state is State.PASS:
        return f"{start}/>\n"
    if finding.state in _SKIPPED:
        return f"{start}><skipped message={_quoted(_why(finding))}/></testcase>\n"
    tag = "error" if finding.state is State.ERROR else "failure"
    body = escape(_clean(_body(rule, device, finding)))
    return (
        f"{start}><{tag} type={_quoted(rule.severity)} message={_quoted(finding.message)}>"
        f"{body}</{tag}></testcase>\n"
    )


def _why(finding: Finding) -> str:
    waiver = finding.waiver
    if finding.state is State.WAIVED and waiver:
        return f"waived until {waiver.expires} by {waiver.owner}: {waiver.justification}"
    return f"{finding.state.value.replace('_', ' ')}: {finding.message}"


def _body(rule: RuleInfo, device: DeviceReport, finding: Finding) -> str:
    lines = [f"{device.file or device.name}:{each.line}: {each.text}" for each in finding.evidence]
    if finding.warning:
        lines.append(finding.warning)
    if finding.remediation or finding.diff:
        lines += ["", "What would set it right:", *finding.remediation, *finding.diff]
    about = (ref for ref in rule.references if applies(ref, device.platform))
    lines += ["", *map(reference_text, about)]
    return "\n".join(lines).strip()


def _quoted(text: str) -> str:
    return quoteattr(_clean(text))


def _clean(text: str) -> str:
    """Without what XML 1.0 cannot hold at all: control characters, surrogates, non-characters."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter if _allowed(ord(letter)) else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def _allowed(code: int) -> bool:
    """Char of XML 1.0, fifth edition, production 2."""
    return code in (9, 10, 13) or 32 <= code < 0xD800 or 0xE000 <= code < 0xFFFE or code > 0xFFFF
