# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Intended against actual: a golden configuration, and how a device's own differs from it.

Both texts are read as trees and compared section by section. Lines of a section may come in any
order, unless the platform's file says that their order matters. Secrets are left out of it: one
that is stored hashed differs from its template in every text, and may not be shown anyway.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from ..config.redact import MASK, redact
from ..config.tree import ParseWarning, Tree, parse
from ..platforms import Platform
from .evidence import in_context, redacted

Extras = Literal["report", "sections", "ignore"]
"""What to do with lines that the golden text does not have: report all of them, report those in
sections that it has, or none."""
Kind = Literal["missing", "extra", "order"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One line that differs. ``line`` counts from 1 in the text that has it: the golden one for a
    missing line, the device's for any other. ``header`` is the line of the device's text in which
    the section begins, 0 where it has none."""

    kind: Kind
    section: tuple[str, ...]
    text: str
    line: int
    header: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """How two configurations differ."""

    differences: tuple[Difference, ...]
    intended_warnings: tuple[ParseWarning, ...] = ()
    actual_warnings: tuple[ParseWarning, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the device has what was intended, and both texts could be read whole."""
        return not (self.differences or self.intended_warnings or self.actual_warnings)

    def diff(self) -> list[str]:
        """What would set it right, for a person: sections, and below them ``+`` for what is
        missing, ``-`` for what is too much, ``~`` for what stands in another order."""
        signs = {"missing": "+", "extra": "-", "order": "~"}
        rows: list[str] = []
        section: tuple[str, ...] = ()
        for one in self.differences:
            if one.section != section:
                shared = sum(1 for a, b in zip(section, one.section, strict=False) if a == b)
                new = range(shared, len(one.section))
                rows += (f"  {' ' * depth}{one.section[depth]}" for depth in new)
                section = one.section
            rows.append(f"{signs[one.kind]} {' ' * len(one.section)}{one.text}")
        return rows


def compare(
    intended: str | Tree,
    actual: str | Tree,
    platform: Platform,
    *,
    extras: Extras = "report",
    ordered: Iterable[str] = (),
    ignore: Iterable[str] = (),
) -> Comparison:
    """Compare two configurations, as texts or as trees of that platform.

    ``ordered`` are further patterns of sections, or of lines at the top, whose order matters;
    ``ignore`` are patterns of lines that do not count. Both match from a line's beginning.

    Raises:
        re.error: one of them is no regular expression.
    """
    order = re.compile("|".join([*platform.layout.ordered, *ordered]) or r"(?!)")
    ignored = re.compile("|".join(patterns)) if (patterns := [*ignore]) else None
    trees = [
        text if isinstance(text, Tree) else parse(text, platform) for text in (intended, actual)
    ]
    wanted, found = (_sections(tree, platform, order, ignored) for tree in trees)
    differences: list[Difference] = []
    for section in dict.fromkeys((*wanted, *found)):
        if extras != "report" and section not in wanted:
            continue
        lines = wanted.get(section, []), found.get(section, [])
        of_section = _Section(section, *lines, _header(section, found))
        differences += of_section.differences(order, extras)
    return Comparison(tuple(differences), tuple(trees[0].warnings), tuple(trees[1].warnings))


_Line = tuple[str, int]
_Sections = dict[tuple[str, ...], list[_Line]]


def _header(section: tuple[str, ...], found: _Sections) -> int:
    """The line in which a section begins in the device's text; 0 where it has none."""
    lines = found.get(section[:-1], ()) if section else ()
    return next((number for text, number in lines if text == section[-1]), 0)


@dataclass(frozen=True, slots=True)
class _Section:
    name: tuple[str, ...]
    wanted: Sequence[_Line]
    found: Sequence[_Line]
    header: int

    def differences(self, order: re.Pattern[str], extras: Extras) -> list[Difference]:
        """Missing lines in the golden text's order, extra ones in the device's; where order
        matters and all lines are there, those that moved."""
        wanted, found = ([text for text, _n in lines] for lines in (self.wanted, self.found))
        if wanted == found:
            return []
        given = [
            *self._beyond("missing", self.wanted, Counter(found)),
            *(self._beyond("extra", self.found, Counter(wanted)) if extras != "ignore" else ()),
        ]
        header = self.name[-1] if self.name else ""
        if given or not order.match(_bare(header)):
            return given
        matcher = SequenceMatcher(None, wanted, found, autojunk=False)
        blocks = matcher.get_matching_blocks()
        kept = {j for block in blocks for j in range(block.b, block.b + block.size)}
        return [
            Difference("order", self._shown(), text, number, self.header)
            for j, (text, number) in enumerate(self.found)
            if j not in kept
        ]

    def _beyond(self, kind: Kind, lines: Sequence[_Line], other: Counter[str]) -> list[Difference]:
        """Those lines that the other text has not, or not so often."""
        beyond, shown = [], self._shown()
        for text, number in lines:
            if other[text]:
                other[text] -= 1
            else:
                beyond.append(Difference(kind, shown, text, number, self.header))
        return beyond

    def _shown(self) -> tuple[str, ...]:
        return tuple(name for name in self.name if not name.startswith(_GROUP))


_GROUP = "\0"
"""Marks a section that is no header in the text: lines at the top whose order matters."""


def _bare(header: str) -> str:
    return header.removeprefix(_GROUP)


def _volatile(tree: Tree, platform: Platform) -> set[int]:
    """The lines that change by themselves, by their numbers; what stands in a banner or a string
    is no node of its own, so it does not matter here."""
    if platform.volatile is None:
        return set()
    text = "\n".join(("", *tree.lines))
    starts = (found.start() for found in platform.volatile.finditer(text))
    return {text.count("\n", 0, start) + 1 for start in starts}


def _sections(
    tree: Tree, platform: Platform, order: re.Pattern[str], ignored: re.Pattern[str] | None
) -> _Sections:
    """The lines by the headers above them; of lines at the top, those that an order binds."""
    sections: _Sections = {}
    volatile = _volatile(tree, platform)
    below: dict[int, tuple[str, ...]] = {-1: ()}
    for node, text in _texts(tree, platform).items():
        above = below[tree.parents[node]] if tree.levels else ()
        below[node] = (*above, text)
        number = tree.numbers[node]
        if number in volatile or (ignored is not None and ignored.match(text)):
            continue
        if not above and (bound := order.match(text)) is not None:
            above = (f"{_GROUP}{bound[0]}",)
        sections.setdefault(above, []).append((text, number))
    return sections


def _texts(tree: Tree, platform: Platform) -> dict[int, str]:
    """What is compared of each line, redacted the same way whatever the form of the text."""
    if tree.levels:
        depths: list[int] = []
        for parent in tree.parents:
            depths.append(depths[parent] + 1 if parent >= 0 else 0)
        rows = [" " * depth + text for depth, text in zip(depths, tree.texts, strict=True)]
        nodes: Sequence[int] = range(len(tree))
    else:
        nodes = tree.leaves
        rows = [tree.paths[node] for node in nodes]
    shown = redact("\n" + "\n".join(rows), platform)[1:].split("\n")
    if len(shown) != len(rows):  # a secret over several lines
        shown = [redact(f"\n{row}", platform)[1:] for row in rows]
    texts = {node: row.strip() for node, row in zip(nodes, shown, strict=True)}
    for node, body in tree.bodies.items():
        if node in texts:
            texts[node] = redact(f"\n{body}", platform)[1:]
    return texts if tree.levels else _without_hidden(texts, tree, platform)


def _without_hidden(texts: dict[int, str], tree: Tree, platform: Platform) -> dict[int, str]:
    """Some secrets are known by the block that they stand in, which a path does not show."""
    raw = [in_context(tree, node) for node in texts]
    pairs = zip(texts.items(), raw, redacted(raw, platform), strict=True)
    cleaned = {}
    for (node, text), before, after in pairs:
        words = text.split(" ")
        if before != after:
            words = [MASK if _is_hidden(word, before, after) else word for word in words]
        cleaned[node] = " ".join(words)
    return cleaned


def _is_hidden(word: str, before: str, after: str) -> bool:
    return bool(word) and word in before and word not in after
