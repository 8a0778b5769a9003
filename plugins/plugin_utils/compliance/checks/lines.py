# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks on lines: there, not there, so many of them, or the line at hand."""

from __future__ import annotations

from ..answers import Answer, Item, given, number
from ..results import State
from ..rules.source import CheckSpec
from .base import MANY, Check, Maker, Place, Run, Usual, missing, offending, where


class Require(Check):
    """Some line matches."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["require"], spec)

    def _answer(self, run: Run, place: Place) -> Answer:
        found = self._hits(self._pattern, run, place)
        shown = f"`{self._pattern.shown(place.bound)}`"
        if found:
            nodes = [node for node, _match in found[:MANY]]
            return Answer(State.PASS, f"{shown} is there{where(place)}", nodes)
        message = f"nothing matches {shown}{where(place)}"
        return Answer(State.FAIL, message, (), (missing(place),), absent=True)


class Forbid(Check):
    """No line matches."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["forbid"], spec)
        # The usual answer of a hundred interfaces, made once.
        self._absent = Answer(
            State.PASS, f"nothing matches `{self._pattern.shown({})}`", absent=True
        )

    def usual(self, run: Run) -> Usual | None:
        """Nothing matches where nothing is."""
        if self._top or self._within is not None or self._pattern.needs:
            return None
        return Usual(self._absent, run.lookup.sections_with(self._pattern))

    def _answer(self, run: Run, place: Place) -> Answer:
        if not self._pattern.needs and not self._hits(self._pattern, run, place):
            return self._absent
        found = self._found(self._pattern, run, place)
        shown = f"`{self._pattern.shown(place.bound)}`"
        if not found:
            return Answer(State.PASS, f"nothing matches {shown}{where(place)}", absent=True)
        items = [offending(run, self._pattern, place, one) for one in found]
        message = f"{_lines(len(found))} {shown}{where(place)}, which is not allowed"
        return Answer(State.FAIL, message, [item.node for item in items], items)


class SameLine(Check):
    """The line at hand matches a second pattern too."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["line"], spec)

    def _answer(self, run: Run, place: Place) -> Answer:
        if place.node < 0:
            return Answer.unknown("there is no line at hand: `line` stands below each_line only")
        lookup, pattern = run.lookup, self._pattern
        match = lookup.matches(pattern, place.node, place.scope, place.bound)
        text = lookup.text(place.node, lookup.offset(place.scope))
        if match is not None:
            said = f"the line matches `{pattern.shown(place.bound)}`"
            return Answer(State.PASS, said, (place.node,))
        item = Item(place.bound, place.section, text, place.node)
        message = f"`{given(text)}` does not match `{pattern.shown(place.bound)}`"
        return Answer(State.FAIL, message, (place.node,), (item,))


class Count(Check):
    """So many lines match, or so many different values are captured."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["count"], spec)
        self._distinct: str | None = spec.values.get("distinct")
        self._min, self._max = maker.number(spec, "min"), maker.number(spec, "max")
        if self._min is None and self._max is None:
            raise maker.error(spec, "min or max is needed, or it would hold of everything")
        if self._distinct is not None and self._distinct not in self._pattern.names:
            raise maker.error(spec, f"distinct: the pattern has no group {self._distinct!r}")

    def _answer(self, run: Run, place: Place) -> Answer:
        found = self._found(self._pattern, run, place)
        nodes = [hit[0] for _scope, hit in found]
        count = len(found)
        if self._distinct is not None:
            count = len({hit[1][self._distinct] for _scope, hit in found})
        wanted = bounds(self._min, self._max)
        said = (
            f"{count} time{'s' * (count != 1)} `{self._pattern.shown(place.bound)}`{where(place)}"
        )
        if (self._min is None or count >= self._min) and (self._max is None or count <= self._max):
            return Answer(State.PASS, f"{said} ({wanted})", nodes[:MANY], absent=not nodes)
        items = [offending(run, self._pattern, place, one, count=count) for one in found]
        if self._min is not None and count < self._min:
            items = [missing(place, count=count)]
        message = f"{said}, and it should be {wanted}"
        return Answer(State.FAIL, message, nodes, items, absent=self._max is None)


def bounds(least: float | None, most: float | None) -> str:
    """The words for a range; whole numbers without a point."""
    if least is not None and most is not None:
        return number(least) if least == most else f"{number(least)} to {number(most)}"
    return f"{number(least)} or more" if least is not None else f"{number(most or 0)} or less"


def _lines(count: int) -> str:
    return "a line matches" if count == 1 else f"{count} lines match"
