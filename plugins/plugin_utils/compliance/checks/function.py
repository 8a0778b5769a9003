# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks in Python, of the user's own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from ...config.tree import Tree
from ..answers import Answer, Line, given
from ..lookup import Scope, Sections
from ..patterns import Pattern
from ..results import DeviceFacts, State
from ..rules.source import CheckSpec
from .base import Check, Maker, Place, Run, lines_of


class Context:
    """What a check in Python may look at."""

    def __init__(self, run: Run, scope: Scope | None = None) -> None:
        self._run = run
        self._scope = scope

    @property
    def tree(self) -> Tree:
        """The parsed configuration."""
        return self._run.lookup.tree

    @property
    def facts(self) -> DeviceFacts:
        """What is known of the device, its variables among it."""
        return self._run.facts

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The rule's parameters."""
        return self._run.parameters

    def lines(self, pattern: str, section: str | None = None) -> Iterator[Line]:
        """The lines that match a pattern, at the top or in all sections of a pattern."""
        lookup, made = self._run.lookup, Pattern(pattern, {})
        scopes = [self._scope]
        if section is not None:
            header = Pattern(section, {})
            scopes = [*lookup.sections(Sections((header,), header), self._scope, {})]
        for scope in scopes:
            yield from lines_of(self._run, made, lookup.lines(made, scope, {}))


class Function(Check):
    """A function by its path, from a module beside the rule or anywhere on Python's path."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        super().__init__(spec, maker)
        self._name: str = spec.values["function"]
        self._args: Mapping[str, Any] = spec.values.get("args") or {}
        self._work = _load(self._name, spec, maker)

    def _answer(self, run: Run, place: Place) -> Answer:
        found = self._work(Context(run, place.scope), **self._args)
        if isinstance(found, Answer):
            return replace(found, message=given(found.message))
        if isinstance(found, bool):
            if not found:
                return Answer.failed(f"{self._name} says no")
            return Answer(State.PASS, f"{self._name} says yes", absent=True)
        lines = list(found)
        if not lines:
            return Answer(State.PASS, f"{self._name} found nothing wrong", absent=True)
        return Answer.failed(f"{self._name} found {len(lines)} wrong", lines)


def _load(name: str, spec: CheckSpec, maker: Maker) -> Callable[..., Any]:
    module, separator, function = name.partition(":")
    if not separator or not module or not function:
        raise maker.error(spec, f"{name!r} is not of the form package.module:function")
    place = str(maker.source.path.parent.resolve())
    sys.path.insert(0, place)
    try:
        work: Any = getattr(importlib.import_module(module), function)
    except Exception as error:  # the user's own module runs here, and may raise anything
        raise maker.error(spec, f"{name!r} cannot be loaded: {error}") from error
    finally:
        sys.path.remove(place)
    if not callable(work):
        raise maker.error(spec, f"{name!r} is no function")
    found: Callable[..., Any] = work
    return found
