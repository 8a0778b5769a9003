# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a judgement is made of: plain, frozen, picklable, and free of secrets.

Everything here may be stored, printed and sent: texts of evidence, messages and remediation have
gone through the redaction gate before they got here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ..config.tree import ParseWarning


class State(StrEnum):
    """How a rule ended on a device. XCCDF has a word for each of them."""

    PASS = "pass"  # noqa: S105 - a result, no password
    FAIL = "fail"
    NOT_APPLICABLE = "not_applicable"
    WAIVED = "waived"
    ERROR = "error"
    """The rule itself broke, for instance a Python check that raised; counts as not passed."""
    UNKNOWN = "unknown"
    """It cannot be told: no configuration, no variable to compare with, text that was lost."""


class Severity(StrEnum):
    """How bad a failed rule is; ``weight`` is what it weighs where the rule does not say."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """From 0 for low to 3 for critical: severities can be compared by it."""
        return list(Severity).index(self)

    @property
    def weight(self) -> int:
        """The share in the score of a rule that names none."""
        return (1, 3, 6, 10)[self.rank]


class Relation(StrEnum):
    """What a rule asks, compared with the control it refers to."""

    EQUAL = "equal"
    PARTIAL = "partial"
    """The rule asks less: its pass must never be reported as the control's."""
    STRICTER = "stricter"


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a framework asks for the same; numbers only, never a framework's own words."""

    framework: str
    """CIS, STIG, NIST, PCI DSS, ..."""
    benchmark: str
    """The document, such as "Cisco IOS XE 17.x"."""
    version: str
    id: str
    relation: Relation
    unconfirmed: bool = False
    """The number has not been read in the document itself."""
    platforms: tuple[str, ...] = ()
    """The platforms that the document is about; empty for all."""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a person reads about a rule; kept with each run, for its reports to keep their words."""

    id: str
    title: str
    rationale: str
    severity: Severity
    weight: int
    references: tuple[Reference, ...]
    profiles: tuple[str, ...]
    platforms: tuple[str, ...]
    """Those that the rule has a check for; on any other it is not applicable."""
    pack: str
    """The pack's name, or the directory of the user's own rules."""
    source: str
    """``file:line`` of the rule."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line of the configuration, or of a ``show`` output, that a verdict rests on."""

    line: int
    """Counted from 1 in the text that was judged; 0 where the text is no line of it."""
    text: str
    """Redacted, without its indentation; of a banner or certificate the first line."""
    section: str = ""
    """The lines above it that it belongs to, from the outside in, joined by " / "."""


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """The waiver that spoke for a finding, whether it still holds or not."""

    id: str
    justification: str
    owner: str
    expires: str
    """The last day on which it holds, as YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict of one rule on one device."""

    rule: str
    state: State
    message: str
    """One line; says why, also for a pass."""
    evidence: tuple[Evidence, ...] = ()
    remediation: tuple[str, ...] = ()
    """Lines that would mend it, parents before their indented children. Redacted, so for reading;
    what can be sent to a device comes from ``RuleSet.remedies``."""
    waiver: WaiverNote | None = None
    warning: str = ""
    """What a person should know besides, such as a waiver that has expired."""
    diff: tuple[str, ...] = ()
    """What would set it right where the whole text is compared with an intended one: rows that
    begin with ``+`` (missing), ``-`` (too much), ``~`` (moved) or two blanks. Redacted."""


@dataclass(frozen=True, slots=True)
class DeviceVerdict:
    """All findings of one device, in the order of the rule set."""

    device: str
    platform: str
    findings: tuple[Finding, ...]
    score: float | None
    """0 to 100; None where nothing counts."""
    parse_warnings: tuple[ParseWarning, ...] = ()

    @property
    def counts(self) -> dict[State, int]:
        """How many findings ended in each state; every state is there."""
        found = Counter(finding.state for finding in self.findings)
        return {state: found[state] for state in State}


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of a device besides its text. Plain types, so that it crosses processes."""

    name: str
    platform: str
    """A platform's name or alias."""
    site: str = ""
    role: str = ""
    groups: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)
    """Inventory variables, at least those of ``RuleSet.variables``; parameters of rules are looked
    for here too, in the mapping ``compliance_params``."""
    state: Mapping[str, str] = field(default_factory=dict)
    """Raw outputs of ``show`` commands, by command, for state checks; those that were not asked
    for are simply missing."""
    unheard: Mapping[str, str] = field(default_factory=dict)
    """Why there is no output of a command that was asked for, by command."""


def score(weighted: Iterable[tuple[int, State]]) -> float | None:
    """Return 100 x sum(weight of passes) / sum(weight of passes, fails and errors).

    Not applicable, waived and unknown stay out of both sums; None where nothing is left.
    """
    passed = total = 0
    for weight, state in weighted:
        if state is State.PASS:
            passed += weight
        if state in (State.PASS, State.FAIL, State.ERROR):
            total += weight
    return round(100 * passed / total, 2) if total else None


__all__ = [
    "DeviceFacts",
    "DeviceVerdict",
    "Evidence",
    "Finding",
    "ParseWarning",
    "Reference",
    "Relation",
    "RuleInfo",
    "Severity",
    "State",
    "WaiverNote",
    "score",
]
