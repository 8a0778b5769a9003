# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks on sets of values, against inventory variables: the site's servers, and no others."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ..answers import Answer, Item, given, number
from ..results import State
from ..rules.source import CheckSpec
from .base import Check, Maker, Place, Run, fixed, where

_RELATIONS = ("equals", "contains", "within")


class ValueSet(Check):
    """The captured values stand in the right relation to a variable's."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._pattern = maker.pattern(spec.values["set"], spec)
        self._min = maker.number(spec, "min")
        self._undefined: str = spec.values.get("undefined", "unknown")
        relations = [key for key in _RELATIONS if key in spec.values]
        if len(relations) > 1 or (not relations and self._min is None):
            raise maker.error(spec, "one of equals, contains and within is needed, or min")
        self._relation = relations[0] if relations else ""
        self._variable: str = spec.values[relations[0]] if relations else ""
        if "value" not in self._pattern.names:
            raise maker.error(spec, "the pattern has no group `value`")
        maker.variables.update(relations and (self._variable,))

    def _answer(self, run: Run, place: Place) -> Answer:
        found = self._found(self._pattern, run, place)
        values = {_plain(hit[1]["value"]): hit[0] for _scope, hit in found}
        nodes = list(values.values())
        wanted = None
        if self._relation:
            wanted = _values(run.facts.variables.get(self._variable))
            if wanted is None:
                return fixed(self._undefined, f"the variable {self._variable} is not set", place)
        missing, extra = self._difference(set(values), wanted)
        few = self._min is not None and len(values) < self._min
        if not (missing or extra or few):
            said = f"{_listed(values)}{where(place)}" if values else "none, as it should be"
            return Answer(State.PASS, said, nodes, absent=True)
        item = Item(
            {**place.bound, "missing": missing, "extra": extra, "found": sorted(values)},
            place.section,
            node=nodes[0] if nodes else -1,
        )
        message = self._told(values, missing, extra, few) + where(place)
        return Answer(State.FAIL, message, nodes, (item,), absent=True)

    def _difference(
        self, values: set[str], wanted: list[str] | None
    ) -> tuple[list[str], list[str]]:
        """What should be there and is not, and what is there and should not be."""
        if wanted is None:
            return [], []
        missing = [value for value in wanted if value not in values]
        extra = sorted(values.difference(wanted))
        return [] if self._relation == "within" else missing, (
            [] if self._relation == "contains" else extra
        )

    def _told(self, values: Iterable[str], missing: list[str], extra: list[str], few: bool) -> str:
        parts = []
        if missing:
            parts.append(f"{_listed(missing)} of {self._variable} missing")
        if extra:
            parts.append(f"{_listed(extra)} not in {self._variable}")
        if few:
            parts.append(f"only {len(list(values))} where {number(self._min or 0)} are asked for")
        return ", ".join(parts)


def _values(variable: Any) -> list[str] | None:
    """A variable's values: a list, or one; None where there is none."""
    if variable is None or variable == "":
        return None
    values = variable if isinstance(variable, list | tuple | set) else [variable]
    return list(dict.fromkeys(_plain(str(value)) for value in values))


def _plain(value: str) -> str:
    """A value without quotes; an address in its one spelling."""
    text = value.strip().strip("\"';")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return text


def _listed(values: Iterable[str]) -> str:
    return ", ".join(map(given, values))
