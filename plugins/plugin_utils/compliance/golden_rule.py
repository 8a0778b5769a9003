# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rule ``GOLDEN``: a device has the configuration that its golden text intends."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..config.redact import redact
from ..config.tree import ParseWarning, Tree, parse
from ..platforms import Platform, names
from .evidence import MOST, cut
from .golden import Comparison, Difference, Extras, compare
from .golden_texts import Golden, GoldenError, GoldenTexts
from .results import DeviceFacts, Evidence, Finding, RuleInfo, Severity, State

GOLDEN = "GOLDEN"
"""The rule's id."""
ROWS = 100
"""Rows of a difference that a finding keeps."""

Missing = Literal["not_applicable", "unknown", "fail"]
"""The state of a device for which there is no golden text."""


@dataclass(frozen=True, slots=True)
class GoldenOptions:
    """How devices are compared; ``ordered`` and ``ignore`` as in `compare`."""

    extras: Extras = "report"
    ordered: Sequence[str] = ()
    ignore: Sequence[str] = ()
    missing: Missing = "not_applicable"
    severity: Severity = Severity.HIGH


class GoldenRule:
    """Judges devices by their golden texts. Pickled never: the judging processes inherit it, and
    read a text when its device comes."""

    def __init__(self, texts: GoldenTexts, options: GoldenOptions | None = None) -> None:
        """Raises ValueError for a pattern that is no regular expression."""
        self._texts = texts
        self._options = options or GoldenOptions()
        self.variables = texts.variables
        self.info = RuleInfo(
            id=GOLDEN,
            title="The configuration is the intended one",
            rationale="What differs from the intended configuration was changed without a plan.",
            severity=self._options.severity,
            weight=self._options.severity.weight,
            references=(),
            profiles=(),
            platforms=tuple(names()),
            pack="golden",
            source="",
        )
        for pattern in (*self._options.ordered, *self._options.ignore):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(
                    f"golden: {pattern!r} is no regular expression: {error}"
                ) from error

    def judge(self, tree: Tree, platform: Platform, facts: DeviceFacts) -> Finding:
        """Compare a device's configuration with its golden text; never raises for their sake."""
        try:
            golden = self._texts.of(facts)
        except GoldenError as error:
            message = redact(f"\n{error}", platform)[1:]
            return Finding(GOLDEN, State.ERROR, cut(" ".join(message.split())))
        if golden is None:
            state = State(self._options.missing)
            return Finding(GOLDEN, state, "there is no golden text for the device")
        return self._compared(golden, tree, platform)

    def _compared(self, golden: Golden, tree: Tree, platform: Platform) -> Finding:
        intended = parse(golden.text, platform)
        if lost := _lost(intended.warnings):
            return Finding(GOLDEN, State.ERROR, f"{golden.file}:{lost.line}: {lost.message}")
        options = self._options
        comparison = compare(
            intended,
            tree,
            platform,
            extras=options.extras,
            ordered=options.ordered,
            ignore=options.ignore,
        )
        return _finding(golden.file, comparison)


def _finding(file: str, comparison: Comparison) -> Finding:
    differences = comparison.differences
    lost = _lost(comparison.actual_warnings)
    if lost and all(one.kind == "missing" for one in differences):
        message = f"line {lost.line}: {lost.message}, so what differs from {file} cannot be told"
        return Finding(GOLDEN, State.UNKNOWN, message)
    if not differences:
        return Finding(GOLDEN, State.PASS, f"as {file} intends it")
    return Finding(
        GOLDEN,
        State.FAIL,
        _message(file, differences),
        evidence=_evidence(differences),
        diff=_rows(comparison),
    )


def _message(file: str, differences: Sequence[Difference]) -> str:
    kinds = [one.kind for one in differences]
    words = {"missing": "missing", "extra": "too much", "order": "in another order"}
    counts = [f"{kinds.count(kind)} {said}" for kind, said in words.items() if kind in kinds]
    lines = "1 line differs" if len(kinds) == 1 else f"{len(kinds)} lines differ"
    return f"{lines} from {file}: {', '.join(counts)}"


def _evidence(differences: Sequence[Difference]) -> tuple[Evidence, ...]:
    """The device's lines: what is too much or has moved, and the headers of what is missing."""
    lines: dict[int, Evidence] = {}
    for one in differences:
        if one.kind != "missing":
            lines[one.line] = Evidence(one.line, cut(_first(one.text)), " / ".join(one.section))
        elif one.header:
            *above, header = one.section
            lines.setdefault(one.header, Evidence(one.header, cut(header), " / ".join(above)))
    return tuple(lines[number] for number in sorted(lines)[:MOST])


def _rows(comparison: Comparison) -> tuple[str, ...]:
    rows = [cut(row) for text in comparison.diff() for row in _of_one(text)]
    more = len(rows) - ROWS
    return (*rows[:ROWS], f"  ... and {more} rows more") if more > 0 else tuple(rows)


def _of_one(row: str) -> list[str]:
    """A banner's row is as many as it has lines, each with its sign."""
    return [f"{row[:2]}{line}" for line in row[2:].split("\n")]


def _first(text: str) -> str:
    return text.partition("\n")[0]


def _lost(warnings: Sequence[ParseWarning]) -> ParseWarning | None:
    """The first place at which text was lost."""
    return next((warning for warning in warnings if warning.lost), None)
