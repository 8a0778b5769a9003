# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks on numbers: within bounds, with units, with words that stand for numbers."""

from __future__ import annotations

from collections.abc import Mapping
from re import Match

from ..answers import Answer, given
from ..answers import number as shown
from ..results import State
from ..rules.source import CheckSpec
from .base import MANY, Check, Maker, Place, Run, fixed, missing, offending, where
from .lines import bounds


class Number(Check):
    """The number in each matching line is within bounds."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["number"], spec)
        self._unit: Mapping[str, float] = spec.values.get("unit") or {"value": 1}
        self._words: Mapping[str, float] = spec.values.get("words") or {}
        self._min, self._max = maker.number(spec, "min"), maker.number(spec, "max")
        self._default = maker.number(spec, "default")
        self._absent: str | None = spec.values.get("absent")
        self._demand(spec, maker)

    def _demand(self, spec: CheckSpec, maker: Maker) -> None:
        if self._min is None and self._max is None:
            raise maker.error(spec, "min or max is needed, or it would hold of everything")
        if (self._default is None) == (self._absent is None):
            raise maker.error(spec, "either default or absent is needed, for where no line matches")
        if lost := set(self._unit) - set(self._pattern.names):
            raise maker.error(spec, f"the pattern has no group {', '.join(sorted(lost))}")

    def _answer(self, run: Run, place: Place) -> Answer:
        found = self._found(self._pattern, run, place)
        if not found:
            return self._where_absent(place)
        wrong, unreadable = [], []
        for one in found:
            number = self._number(one[1][1])
            if number is None:
                unreadable.append(one[1][0])
            elif not self._right(number):
                wrong.append(offending(run, self._pattern, place, one, number=shown(number)))
        if wrong:
            first = wrong[0]
            said = f"{first.captures['number']} in `{given(first.line)}`{where(place)}"
            message = f"{said}: it should be {self._wanted()}"
            return Answer(State.FAIL, message, [item.node for item in wrong], wrong)
        if unreadable:
            said = f"`{self._pattern.shown(place.bound)}` matches, with no number in it"
            return Answer(State.UNKNOWN, said, unreadable)
        nodes = [hit[0] for _scope, hit in found[:MANY]]
        return Answer(State.PASS, f"it is {self._wanted()}{where(place)}", nodes)

    def _where_absent(self, place: Place) -> Answer:
        nothing = f"nothing matches `{self._pattern.shown(place.bound)}`{where(place)}"
        if self._absent is not None:
            return fixed(self._absent, nothing, place)
        default = self._default or 0
        message = f"{nothing}, and the default is {shown(default)}"
        if self._right(default):
            return Answer(State.PASS, message, absent=True)
        item = missing(place, number=shown(default))
        message = f"{message}: it should be {self._wanted()}"
        return Answer(State.FAIL, message, (), (item,), absent=True)

    def _number(self, match: Match[str]) -> float | None:
        total, some = 0.0, False
        for group, factor in self._unit.items():
            value = match[group]
            if value is None:
                continue
            number = self._words.get(value)
            if number is None:
                try:
                    number = float(value)
                except ValueError:
                    return None
            total, some = total + number * factor, True
        return total if some else None

    def _right(self, number: float) -> bool:
        least, most = self._min, self._max
        return (least is None or number >= least) and (most is None or number <= most)

    def _wanted(self) -> str:
        return bounds(self._min, self._max)
