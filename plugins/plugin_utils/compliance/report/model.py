# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every report is made of: a run, its rules, and its devices one after the other.

The same shapes go into the store as JSON and come back, so that a report of an old run can be
written with the words that its rules had then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ..results import (
    Evidence,
    Finding,
    Reference,
    Relation,
    RuleInfo,
    Severity,
    State,
    WaiverNote,
)

Verdict = Literal["compliant", "failing", "unjudged"]
VERDICTS: tuple[Verdict, ...] = ("compliant", "failing", "unjudged")

OPEN = frozenset({State.FAIL, State.ERROR})
"""The states that count against a device."""


@dataclass(frozen=True, slots=True)
class DeviceReport:
    """A device with its findings in the order of the run's rules.

    ``reason`` says why the verdict is not ``compliant``, ``file`` where the lines of the evidence
    stand, and ``since`` when a rule began to fail (ISO time, by rule), for those that fail.
    """

    name: str
    site: str
    platform: str
    score: float | None
    verdict: Verdict
    findings: tuple[Finding, ...]
    role: str = ""
    reason: str = ""
    file: str = ""
    since: Mapping[str, str] = field(default_factory=dict)

    def open(self) -> Iterator[Finding]:
        """What counts against the device."""
        return (finding for finding in self.findings if finding.state in OPEN)

    def count(self, state: State) -> int:
        """How many findings ended so."""
        return sum(finding.state is state for finding in self.findings)


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A run of the same profile: ISO time, fleet score, devices."""

    run: str
    started: str
    score: float | None
    devices: int


@dataclass(frozen=True, slots=True)
class RunReport:
    """A run as the reports tell of it; its devices come separately, one by one.

    ``score`` is the mean of the devices' scores. ``verdicts`` counts the devices, ``states`` the
    findings. ``fail_on`` is the severity from which on any failed rule fails a device, empty when
    only the score decides. ``trend`` has the runs in their order, this one last.
    """

    run_id: str
    started: str
    profile: str
    min_score: float
    rules: tuple[RuleInfo, ...]
    devices: int
    score: float | None
    verdicts: Mapping[str, int]
    states: Mapping[str, int]
    fail_on: str = ""
    trend: tuple[TrendPoint, ...] = ()
    generator: str = "prime.netops"
    title: str = "Network compliance"

    def by_id(self) -> dict[str, RuleInfo]:
        """All rules by their id."""
        return {rule.id: rule for rule in self.rules}


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as JSON types; what is empty is left out."""
    evidence = [
        [each.line, each.text, each.section] if each.section else [each.line, each.text]
        for each in finding.evidence
    ]
    full = {
        "rule": finding.rule,
        "state": finding.state.value,
        "message": finding.message,
        "evidence": evidence,
        "remediation": list(finding.remediation),
        "waiver": asdict(finding.waiver) if finding.waiver else None,
        "diff": list(finding.diff),
        "warning": finding.warning,
    }
    return {name: value for name, value in full.items() if value}


def finding_of(data: Mapping[str, Any]) -> Finding:
    """Read what `finding_json` wrote."""
    waiver = data.get("waiver")
    return Finding(
        rule=data["rule"],
        state=State(data["state"]),
        message=data.get("message", ""),
        evidence=tuple(Evidence(*each) for each in data.get("evidence", ())),
        remediation=tuple(data.get("remediation", ())),
        waiver=WaiverNote(**waiver) if waiver else None,
        diff=tuple(data.get("diff", ())),
        warning=data.get("warning", ""),
    )


def rule_json(rule: RuleInfo) -> dict[str, Any]:
    """A rule as JSON types, without the place that it was read from."""
    data = asdict(rule)
    del data["source"]
    return data


def rule_of(data: Mapping[str, Any]) -> RuleInfo:
    """Read what `rule_json` wrote."""
    references = (_reference(each) for each in data["references"])
    words = {
        **data,
        "source": "",
        "severity": Severity(data["severity"]),
        "references": tuple(references),
        "profiles": tuple(data["profiles"]),
        "platforms": tuple(data["platforms"]),
    }
    return RuleInfo(**words)


def _reference(data: Mapping[str, Any]) -> Reference:
    relation, platforms = Relation(data["relation"]), tuple(data["platforms"])
    return Reference(**{**data, "relation": relation, "platforms": platforms})


def reference_text(reference: Reference) -> str:
    """A reference in a line; never so that a rule which asks less looks like the control."""
    words = (reference.framework, reference.benchmark, reference.version, reference.id)
    notes = [] if reference.relation is Relation.EQUAL else [reference.relation.value]
    notes += ["unconfirmed"] if reference.unconfirmed else []
    return " ".join(filter(None, words)) + (f" ({', '.join(notes)})" if notes else "")


def applies(reference: Reference, platform: str) -> bool:
    """Whether a reference is about that platform."""
    return not reference.platforms or platform in reference.platforms


def percent(part: float, whole: float) -> int:
    """Per cent, rounded; nothing of nothing is 0."""
    return round(100 * part / whole) if whole else 0
