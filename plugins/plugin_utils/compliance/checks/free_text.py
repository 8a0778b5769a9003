# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks on free text: banners, messages, descriptions."""

from __future__ import annotations

import re

from ..answers import Answer, Item
from ..patterns import PLACEHOLDER, filled, found_in, marked
from ..results import State
from ..rules.source import CheckSpec
from .base import Check, Maker, Place, Run, fixed, missing, where


class FreeText(Check):
    """A text over all its lines holds a phrase, or does not."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._sections = maker.sections(spec.values["text"], spec)
        self._contains = _expression(spec, maker, "contains")
        self._lacks = _expression(spec, maker, "lacks")
        self._none: str = spec.values.get("none", "fail")
        if self._contains is None and self._lacks is None:
            raise maker.error(spec, "contains or lacks is needed")

    def _answer(self, run: Run, place: Place) -> Answer:
        texts = self._texts(run, place)
        shown = " / ".join(level.shown(place.bound) for level in self._sections.levels)
        if not texts:
            return fixed(self._none, f"there is no `{shown}`{where(place)}", place)
        lacks, contains = self._lacks, self._contains
        if lacks is not None:
            bad = [node for node, text in texts.items() if found_in(lacks, text, place.bound)]
            if bad:
                return self._wrong(
                    f"`{shown}` holds `{filled(lacks, marked(place.bound))}`", bad, place
                )
        nodes = list(texts)
        if contains is not None:
            nodes = [node for node, text in texts.items() if found_in(contains, text, place.bound)]
            if not nodes:
                said = f"`{shown}` does not hold `{filled(contains, marked(place.bound))}`"
                return self._wrong(said, list(texts), place)
        return Answer(State.PASS, f"`{shown}` is as it should be", nodes)

    def _texts(self, run: Run, place: Place) -> dict[int, str]:
        """The texts by node, without the words that they were found by."""
        *outer, last = self._sections.levels
        lookup, tree = run.lookup, run.lookup.tree
        if not tree.levels:
            outer, last = [], self._sections.joined
        scopes = [place.scope]
        for pattern in outer:
            scopes = [
                inner
                for scope in scopes
                for inner in lookup.sections(
                    type(self._sections)((pattern,), pattern), scope, place.bound
                )
            ]
        found = [hit for scope in scopes for hit in lookup.lines(last, scope, place.bound)]
        texts = {}
        for node, match in found:
            own = lookup.text(node, lookup.offset(place.scope))[last.length(match) :]
            texts[node] = tree.bodies.get(node, own)
        return texts

    def _wrong(self, message: str, nodes: list[int], place: Place) -> Answer:
        items = [Item({**place.bound}, place.section, node=node) for node in nodes]
        return Answer(State.FAIL, message, nodes, items or [missing(place)])


def _expression(spec: CheckSpec, maker: Maker, key: str) -> str | None:
    """The expression with the parameters in; captured values stay placeholders."""
    source: str | None = spec.values.get(key)
    if source is None:
        return None
    names = set(PLACEHOLDER.findall(source))
    if lost := names - set(maker.parameters) - maker.captured:
        raise maker.error(spec, f"{key}: {', '.join(sorted(lost))} is captured nowhere")
    values = {name: f"(?:{maker.parameters[name]})" for name in names - maker.captured}
    source = filled(source, values)
    try:
        re.compile(PLACEHOLDER.sub("", source))
    except re.error as error:
        raise maker.error(spec, f"{key}: {source!r} is no regular expression: {error}") from error
    return source
