# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks on what a device says of itself: rows of a parsed ``show`` output."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from ..answers import Answer, Item, given
from ..results import State
from ..rules.source import CheckSpec
from .base import Check, Maker, Place, Run, fixed
from .lines import bounds

Row = Mapping[str, Any]
_Fields = Mapping[str, re.Pattern[str]]


class Unparsed(Exception):
    """No template understands the output."""


class State_(Check):  # noqa: N801 - the key is `state`, and State is taken
    """The rows of an output are as they should be."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._command: str = spec.values["state"]
        maker.commands.add(self._command)
        self._where = _fields(spec, maker, "where")
        self._each = _fields(spec, maker, "each")
        self._min, self._max = maker.number(spec, "min"), maker.number(spec, "max")
        self._missing: str = spec.values.get("missing", "unknown")
        if not self._each and self._min is None and self._max is None:
            raise maker.error(spec, "each, min or max is needed, or it would hold of everything")

    def _answer(self, run: Run, place: Place) -> Answer:
        output = run.facts.state.get(self._command)
        if output is None:
            return fixed(self._missing, _unheard(self._command, run.facts.unheard), place)
        try:
            rows = rows_of(run.platform.templates, self._command, output)
        except Unparsed as error:
            return fixed(
                self._missing, f"`{self._command}` cannot be parsed: {given(error)}", place
            )
        return self._judge([row for row in rows if _fits(row, self._where)])

    def _judge(self, rows: list[Row]) -> Answer:
        if not rows and self._min is None and self._max is None:
            return Answer.not_applicable(f"`{self._command}` has no row to look at")
        bad = [row for row in rows if not _fits(row, self._each)]
        if bad:
            message = (
                f"`{self._command}`: {len(bad)} of {len(rows)} rows: {_shown(bad[0], self._each)}"
            )
            return Answer(State.FAIL, message, (), [Item(dict(row)) for row in bad])
        few = self._min is not None and len(rows) < self._min
        many = self._max is not None and len(rows) > self._max
        message = f"`{self._command}`: {len(rows)} rows"
        if few or many:
            message = f"{message}, and it should be {bounds(self._min, self._max)}"
            return Answer(State.FAIL, message, (), [Item({"rows": len(rows)})])
        return Answer(State.PASS, f"{message}, as they should be")


def _unheard(command: str, reasons: Mapping[str, str]) -> str:
    """Why there is no output: nobody asked, or what came of it."""
    if command in reasons:
        return f"there is no output of `{command}`: {given(reasons[command])}"
    return f"`{command}` was not asked: only where fresh configurations are judged is it"


def rows_of(platform: str, command: str, output: str) -> tuple[Row, ...]:
    """Parse an output by ntc-templates; an output that is all blank has no rows.

    Raises:
        Unparsed: there is no template for it, or it does not fit.
    """
    return _parsed(platform, command, output) if output.strip() else ()


@lru_cache(maxsize=64)
def _parsed(platform: str, command: str, output: str) -> tuple[Row, ...]:
    from ntc_templates.parse import (
        ParsingException,
        parse_output,
    )
    from textfsm import TextFSMError

    try:
        rows = parse_output(platform=platform, command=command, data=output)
    except (ParsingException, TextFSMError, OSError) as error:
        raise Unparsed(" ".join(str(error).split())) from error
    return tuple(rows)


def _fields(spec: CheckSpec, maker: Maker, key: str) -> _Fields:
    fields = {}
    for name, source in (spec.values.get(key) or {}).items():
        try:
            fields[name] = re.compile(source, re.IGNORECASE)
        except re.error as error:
            raise maker.error(spec, f"{key}: {source!r} is no expression: {error}") from error
    return fields


def _fits(row: Row, fields: _Fields) -> bool:
    """Whether all fields match as a whole; of a list, all of its values."""
    for name, pattern in fields.items():
        value = row.get(name, "")
        values = value if isinstance(value, list) else [value]
        if not all(pattern.fullmatch(str(one)) for one in values):
            return False
    return True


def _shown(row: Row, fields: _Fields) -> str:
    return ", ".join(f"{name} is {given(repr(row.get(name, 'missing')))}" for name in fields)
