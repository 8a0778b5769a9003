# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all checks share: how they are made, and what they see when they run."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from ...platforms import Platform
from ..answers import Answer, Item, Line, given
from ..lookup import Hit, Lookup, Scope, Sections
from ..patterns import PLACEHOLDER, Pattern, filled
from ..results import DeviceFacts, State
from ..rules.source import CheckSpec, RuleError, Source

Bound = Mapping[str, str]
"""Captured values by name."""
MANY = 20
"""Lines of evidence that one check gives at most for what is right."""


@dataclass(frozen=True, slots=True)
class Run:
    """One device under judgement."""

    lookup: Lookup
    platform: Platform
    facts: DeviceFacts
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Usual:
    """An answer that holds in every section but those that begin at one of these nodes."""

    answer: Answer
    but: KeysView[int]


@dataclass(slots=True)
class Place:
    """Where a check looks, and what has been captured on the way there; nobody changes one."""

    scope: Scope | None = None
    bound: Bound = field(default_factory=dict)
    node: int = -1
    """The line at hand of the innermost each_line; -1 outside of any."""

    @property
    def section(self) -> str:
        """The header's words, empty at the top."""
        return "" if self.scope is None else self.scope.name

    def inside(self, scope: Scope) -> Place:
        """The place within a section."""
        bound = {**self.bound, **scope.captures} if scope.captures else self.bound
        return Place(scope, bound, self.node)

    def at(self, node: int, captures: Bound) -> Place:
        """The same place, with a line at hand."""
        return Place(self.scope, {**self.bound, **captures}, node)


class Maker:
    """Makes a rule's checks: it knows the parameters, what has been captured, and the file."""

    def __init__(
        self,
        source: Source,
        parameters: Mapping[str, Any],
        kinds: Mapping[str, type[Check]],
        captured: frozenset[str] = frozenset(),
        variables: set[str] | None = None,
        commands: set[str] | None = None,
    ) -> None:
        self.source = source
        self.parameters = parameters
        self.captured = captured
        self.variables = set() if variables is None else variables
        """The inventory variables that the checks made so far read."""
        self.commands = set() if commands is None else commands
        """The commands whose outputs they look into."""
        self._kinds = kinds

    def check(self, spec: CheckSpec, captures: Iterable[str] = ()) -> Check:
        """Make a check below one that captures these names.

        Raises:
            RuleError: something in it does not fit together.
        """
        captured = self.captured | {*captures}
        inner = Maker(
            self.source, self.parameters, self._kinds, captured, self.variables, self.commands
        )
        return self._kinds[spec.kind](spec, inner)

    def pattern(self, source: str, spec: CheckSpec, captured: Iterable[str] = ()) -> Pattern:
        """Compile a pattern; equal ones are one object, so that their matches are shared."""
        parameters = {
            name: str(self.parameters[name])
            for name in PLACEHOLDER.findall(source)
            if name in self.parameters and name not in self.captured
        }
        try:
            made = _pattern(source, tuple(sorted(parameters.items())))
        except re.error as error:
            raise self.error(spec, f"{source!r} is no pattern: {error}") from error
        if lost := set(made.needs) - self.captured - {*captured}:
            names = ", ".join(f"{{{name}}}" for name in sorted(lost))
            raise self.error(spec, f"{names} in {source!r} is no parameter and captured nowhere")
        return made

    def sections(self, source: str | list[str], spec: CheckSpec) -> Sections:
        """Compile the patterns of a section."""
        sources = [source] if isinstance(source, str) else source
        levels: list[Pattern] = []
        for one in sources:
            seen = (name for level in levels for name in level.names)
            levels.append(self.pattern(one, spec, seen))
        # Where one level refers to the capture of another, the joined one does so by itself.
        joined = levels[0] if len(levels) == 1 else self.pattern(_joined(sources), spec)
        return Sections(tuple(levels), joined)

    def number(self, spec: CheckSpec, key: str) -> float | None:
        """A number, or the parameter that holds it."""
        value = spec.values.get(key)
        if not isinstance(value, str):
            return value
        name = value.strip("{}")
        try:
            return float(self.parameters[name])
        except KeyError:
            raise self.error(spec, f"{key}: there is no parameter {name!r}") from None
        except (TypeError, ValueError):
            problem = f"{key}: the parameter {name!r} is no number: {self.parameters[name]!r}"
            raise self.error(spec, problem) from None

    def said(self, spec: CheckSpec) -> str | None:
        """The author's message with the parameters in; captured values stay placeholders."""
        message = spec.values.get("message")
        values = {n: str(v) for n, v in self.parameters.items() if n not in self.captured}
        return None if message is None else filled(message, values)

    def error(self, spec: CheckSpec, problem: str) -> RuleError:
        """An error that names the check's file and line."""
        return self.source.error(spec.line, f"{spec.kind}: {problem}")


def _joined(sources: list[str]) -> str:
    """One pattern of several; a value that a later one refers to is found by back-reference."""
    names = {name for source in sources for name in re.findall(r"\(\?P<(\w+)>", source)}
    text = " ".join(f"(?:{source})" if "|" in source else source for source in sources)
    return PLACEHOLDER.sub(lambda m: f"(?P={m[1]})" if m[1] in names else m[0], text)


@lru_cache(maxsize=8192)
def _pattern(source: str, parameters: tuple[tuple[str, str], ...]) -> Pattern:
    return Pattern(source, dict(parameters))


class Check(ABC):
    """A check, ready to run on any number of devices."""

    def __init__(self, spec: CheckSpec, maker: Maker) -> None:
        self._message = maker.said(spec)
        self._top = bool(spec.values.get("top"))
        within = spec.values.get("in")
        self._within = None if within is None else maker.sections(within, spec)

    def answer(self, run: Run, place: Place) -> Answer:
        """Judge; what the rule's author wants to be said of a failure is said."""
        if self._top and place.scope is not None:
            place = Place(None, place.bound, place.node)
        answer = self._answer(run, place)
        if self._message is not None and answer.state is State.FAIL:
            return replace(answer, message=self._said(answer, place))
        return answer

    def usual(self, run: Run) -> Usual | None:
        """The answer in most sections, for who would ask in hundreds of them; None where there is
        no such. Asked only where a tree is read level by level."""
        return None

    @abstractmethod
    def _answer(self, run: Run, place: Place) -> Answer: ...

    def _said(self, answer: Answer, place: Place) -> str:
        """The author's message, with what the first failing item captured."""
        captures = answer.items[0].captures if answer.items else {}
        return filled(self._message or "", {"section": place.section, **place.bound, **captures})

    def _scopes(self, run: Run, place: Place) -> list[Scope | None]:
        """Where to look: here, or in the sections of ``in``."""
        if self._within is None:
            return [place.scope]
        return list(run.lookup.sections(self._within, place.scope, place.bound))

    def _hits(self, pattern: Pattern, run: Run, place: Place) -> list[Hit]:
        """The matching lines, wherever they are."""
        if self._within is None:
            return run.lookup.lines(pattern, place.scope, place.bound)
        return [hit for _scope, hit in self._found(pattern, run, place)]

    def _found(self, pattern: Pattern, run: Run, place: Place) -> list[tuple[Scope | None, Hit]]:
        if self._within is None:
            scope = place.scope
            return [(scope, hit) for hit in run.lookup.lines(pattern, scope, place.bound)]
        return [
            (scope, hit)
            for scope in self._scopes(run, place)
            for hit in run.lookup.lines(pattern, scope, place.bound)
        ]


def where(place: Place) -> str:
    """The words that say in which section something is."""
    return f" in `{given(place.section)}`" if place.section else ""


def missing(place: Place, **captures: Any) -> Item:
    """What is wrong where a line is not there."""
    return Item({**place.bound, **captures}, place.section)


def offending(
    run: Run, pattern: Pattern, place: Place, found: tuple[Scope | None, Hit], **captures: Any
) -> Item:
    """What is wrong where a line is there."""
    scope, (node, match) = found
    section = place.section if scope is None else scope.name
    text = run.lookup.text(node, run.lookup.offset(scope))
    return Item({**place.bound, **pattern.captures(match), **captures}, section, text, node)


def lines_of(run: Run, pattern: Pattern, hits: Iterable[Hit]) -> Iterator[Line]:
    """Hits as a check in Python sees them."""
    tree = run.lookup.tree
    for node, match in hits:
        yield Line(node, tree.numbers[node], run.lookup.text(node), pattern.captures(match))


def fixed(state: str, message: str, place: Place) -> Answer:
    """The answer that a rule gives by itself where there is nothing to look at."""
    kind = State(state)
    items = (missing(place),) if kind is State.FAIL else ()
    return Answer(kind, message, (), items, absent=True)
