# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks that hold for each section, or for each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..answers import Answer, Item
from ..results import State
from ..rules.source import CheckSpec
from .base import MANY, Check, Maker, Place, Run, fixed, where


class EachSection(Check):
    """A check holds inside each section; equal headers are one section."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._sections = maker.sections(spec.values["each_section"], spec)
        captures = [name for level in self._sections.levels for name in level.names]
        self._check = maker.check(spec.values["check"], captures)
        self._none: str = spec.values["none"]

    def _answer(self, run: Run, place: Place) -> Answer:
        scopes = run.lookup.sections(self._sections, place.scope, place.bound)
        if not scopes:
            shown = " / ".join(level.shown(place.bound) for level in self._sections.levels)
            return fixed(self._none, f"there is no section `{shown}`{where(place)}", place)
        levels = run.lookup.tree.levels
        usual = self._check.usual(run) if levels else None
        parts = [
            _Part(
                scope.nodes[0],
                usual.answer
                if usual is not None and usual.but.isdisjoint(scope.nodes)
                else self._check.answer(run, place.inside(scope)),
            )
            for scope in scopes
        ]
        return _together(parts, "sections", levels)


class EachLine(Check):
    """A check holds for each line that matches, looking where the line stands."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["each_line"], spec)
        self._check = maker.check(spec.values["check"], self._pattern.names)
        self._none: str = spec.values["none"]
        self._most = 1 if spec.values.get("first") else None

    def _answer(self, run: Run, place: Place) -> Answer:
        found = self._found(self._pattern, run, place)[: self._most]
        if not found:
            shown = self._pattern.shown(place.bound)
            return fixed(self._none, f"nothing matches `{shown}`{where(place)}", place)
        parts = []
        for scope, (node, match) in found:
            here = place if scope is place.scope or scope is None else place.inside(scope)
            line = here.at(node, self._pattern.captures(match))
            parts.append(_Part(node, self._check.answer(run, line)))
        return _together(parts, "lines", own=True)


@dataclass(slots=True)
class _Part:
    node: int
    answer: Answer

    def items(self) -> Sequence[Item]:
        """What is wrong with it; the line at hand where nothing else is named."""
        return [
            item if item.node >= 0 else Item(item.captures, item.section, item.line, self.node)
            for item in self.answer.items
        ]


def _together(parts: list[_Part], noun: str, own: bool) -> Answer:
    """One answer of many: whatever is wrong anywhere, and else the weakest. ``own`` says that the
    part's own line is evidence too."""
    absent = any(part.answer.absent for part in parts)
    for state in (State.FAIL, State.UNKNOWN):
        if chosen := [part for part in parts if part.answer.state is state]:
            items = [item for part in chosen for item in part.items()]
            said, nodes = _said(chosen, len(parts), noun), _nodes(chosen, own)
            return Answer(state, said, nodes, items, absent, _origins(chosen))
    held = [part for part in parts if part.answer.state is State.PASS]
    if not held:
        return Answer(State.NOT_APPLICABLE, parts[0].answer.message, absent=absent)
    message = held[0].answer.message
    if len(held) > 1:
        message = f"so it is in all {len(held)} {noun}; the first: {message}"
    nodes = _nodes(held[:MANY], own)[:MANY]
    return Answer(State.PASS, message, nodes, (), absent, _origins(held[:1]))


def _origins(parts: list[_Part]) -> list[int]:
    return [node for part in parts for node in (part.node, *part.answer.origins)]


def _said(chosen: list[_Part], total: int, noun: str) -> str:
    message = chosen[0].answer.message
    return message if total == 1 else f"{len(chosen)} of {total} {noun}; the first: {message}"


def _nodes(parts: list[_Part], own: bool) -> list[int]:
    nodes = [
        node for part in parts for node in ((part.node,) if own else ()) + tuple(part.answer.nodes)
    ]
    return list(dict.fromkeys(nodes))
