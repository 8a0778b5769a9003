# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SARIF 2.1.0 (OASIS), for code-scanning dashboards and editors.

Told are the findings that a person may have to act on: failed and broken rules, waived ones as
suppressed, unknown ones as open. What passed or does not apply is left out, as linters do; it would
be nine tenths of the file.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, TextIO
from urllib.parse import quote

from ..results import Evidence, Finding, RuleInfo, State
from .model import DeviceReport, RunReport, reference_text

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"low": "note", "medium": "warning", "high": "error", "critical": "error"}
SECURITY = {"low": "3.0", "medium": "5.5", "high": "8.0", "critical": "9.5"}
"""Severity as the number that code-scanning services sort by; middles of CVSS' bands."""
_TOLD = {State.FAIL, State.ERROR, State.WAIVED, State.UNKNOWN}


class SarifReport:
    """Writes the tool and its rules first, then the findings of each device as it comes."""

    name = "compliance.sarif"

    def __init__(self, stream: TextIO, run: RunReport) -> None:
        self._stream = stream
        self._index = {rule.id: number for number, rule in enumerate(run.rules)}
        self._levels = {rule.id: LEVELS[rule.severity] for rule in run.rules}
        self._before = "\n"
        frame = json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(run)]}, indent=1)
        self._head, self._tail = frame.split('"@@results@@"')
        stream.write(f"{self._head}[")

    def add(self, device: DeviceReport) -> None:
        """Write what the device has to tell."""
        for finding in device.findings:
            if finding.state in _TOLD:
                result = self._result(device, finding)
                self._stream.write(f"{self._before}{json.dumps(result)}")
                self._before = ",\n"

    def finish(self) -> None:
        """Close the document."""
        self._stream.write(f"]{self._tail}\n")

    def _result(self, device: DeviceReport, finding: Finding) -> dict[str, Any]:
        result = {
            "ruleId": finding.rule,
            "ruleIndex": self._index[finding.rule],
            **self._kind(finding),
            "message": {"text": f"{device.name}: {finding.message or finding.state.value}"},
            "locations": _locations(device, finding),
            "partialFingerprints": {"deviceAndRule/v1": _fingerprint(device, finding)},
            "properties": {"device": device.name, "site": device.site, "state": finding.state},
        }
        if finding.state is State.WAIVED and finding.waiver:
            words = f"{finding.waiver.justification} ({finding.waiver.owner})"
            suppression = {"kind": "external", "status": "accepted", "justification": words}
            result["suppressions"] = [suppression]
        return result

    def _kind(self, finding: Finding) -> dict[str, str]:
        """SARIF 3.27.9 and 3.27.10: only a failure has a level."""
        if finding.state is State.UNKNOWN:
            return {"kind": "open", "level": "none"}
        return {"kind": "fail", "level": self._levels[finding.rule]}


def _run(run: RunReport) -> dict[str, Any]:
    name, _blank, version = run.generator.partition(" ")
    driver: dict[str, Any] = {"name": name, "rules": [_rule(rule) for rule in run.rules]}
    if version:
        driver["version"] = version
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"compliance/{run.profile}/{run.run_id}"},
        "columnKind": "unicodeCodePoints",
        "properties": {"score": run.score, "devices": run.devices, "profile": run.profile},
        "results": "@@results@@",
    }


def _rule(rule: RuleInfo) -> dict[str, Any]:
    references = [reference_text(reference) for reference in rule.references]
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.rationale or rule.title},
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {
            "security-severity": SECURITY[rule.severity],
            "tags": ["security", *references],
            "weight": rule.weight,
        },
    }


def _locations(device: DeviceReport, finding: Finding) -> list[dict[str, Any]]:
    """One for each line of evidence; the file as a whole where there is none."""
    where = {"artifactLocation": {"uri": _uri(device)}}
    lines = [each for each in finding.evidence if each.line]
    if not lines:
        return [{"physicalLocation": where}]
    return [{"physicalLocation": {**where, "region": _region(each)}} for each in lines]


def _uri(device: DeviceReport) -> str:
    return quote(device.file or device.name, safe="/", errors="backslashreplace")


def _region(evidence: Evidence) -> dict[str, Any]:
    return {"startLine": evidence.line, "snippet": {"text": evidence.text}}


def _fingerprint(device: DeviceReport, finding: Finding) -> str:
    """The same finding from run to run, wherever its lines have gone."""
    words = f"{device.name}\0{finding.rule}".encode("utf-8", "backslashreplace")
    return hashlib.sha256(words).hexdigest()[:32]
