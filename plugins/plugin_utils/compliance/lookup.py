# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find lines and sections of one tree; what several rules ask is worked out once."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, KeysView, Mapping
from dataclasses import dataclass
from re import Match

from ..config.tree import Tree
from .patterns import Pattern

Hit = tuple[int, Match[str]]
"""A node, and the match of the pattern in it."""
_NONE: list[Hit] = []
"""Nothing found; nobody adds to it."""


@dataclass(slots=True)
class Scope:
    """A section to look into; nobody changes one.

    Read level by level, ``nodes`` are its headers; read by paths, they are the statements in it,
    whose paths go on at ``offset``.
    """

    nodes: tuple[int, ...]
    offset: int
    name: str
    """The header's words; with paths all of them from the top."""
    captures: Mapping[str, str]


class Sections:
    """Patterns from the outside in; for paths they are one."""

    __slots__ = ("joined", "levels", "needs")

    def __init__(self, levels: tuple[Pattern, ...], joined: Pattern) -> None:
        self.levels = levels
        self.joined = joined
        self.needs = any(level.needs for level in levels)

    def __eq__(self, other: object) -> bool:
        """Patterns are compared by identity: equal ones are one object."""
        return isinstance(other, Sections) and self.levels == other.levels

    def __hash__(self) -> int:
        return hash(self.levels)


class Lookup:
    """Answers questions about one tree.

    Equal lines are looked at once, however often they come; which lines can match at all is known
    by the pattern's first words.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._levels = tree.levels
        self._hits: tuple[dict[Pattern, dict[int, list[Hit]]], ...] = ({}, {})
        self._sections: dict[Sections, list[Scope]] = {}
        self._subjects = tree.texts if tree.levels else tree.paths
        self._index = _levels(tree) if tree.levels else (_paths(tree),) * 2

    def lines(self, pattern: Pattern, scope: Scope | None, bound: Mapping[str, str]) -> list[Hit]:
        """The lines that match, in the order of the text; ``None`` is the top.

        Asked some hundred times a device, nearly always for what is known, so that is one look.
        """
        nested = scope is not None and self._levels
        if scope is not None and not nested:
            return self._among(pattern, scope.nodes, bound, scope.offset)
        by_parent = None if pattern.needs else self._hits[nested].get(pattern)
        if by_parent is None:
            by_parent = self._found(pattern, nested, bound)
        if scope is None:
            return by_parent.get(-1, _NONE)
        nodes = scope.nodes
        if len(nodes) == 1:
            return by_parent.get(nodes[0], _NONE)
        return [hit for node in nodes for hit in by_parent.get(node, _NONE)]

    def sections(
        self, sections: Sections, scope: Scope | None, bound: Mapping[str, str]
    ) -> list[Scope]:
        """The sections that match; equal headers are one."""
        if scope is not None or sections.needs:
            return self._made(sections, scope, bound)
        found = self._sections.get(sections)
        if found is None:
            found = self._sections[sections] = self._made(sections, None, bound)
        return found

    def _made(
        self, sections: Sections, scope: Scope | None, bound: Mapping[str, str]
    ) -> list[Scope]:
        if not self.tree.levels:
            return self._prefixes(sections.joined, scope, bound)
        scopes = [scope]
        for pattern in sections.levels:
            scopes = [inner for outer in scopes for inner in self._headers(pattern, outer, bound)]
        return [scope for scope in scopes if scope is not None]

    def sections_with(self, pattern: Pattern) -> KeysView[int]:
        """The nodes directly below which a line matches, of a tree that is read level by level."""
        known = self._hits[True].get(pattern)
        return (self._found(pattern, True, {}) if known is None else known).keys()

    def text(self, node: int, offset: int = 0) -> str:
        """What a pattern is held against, from an offset on."""
        return self._subjects[node][offset:]

    def offset(self, scope: Scope | None) -> int:
        """Where a line's own words begin in a section."""
        return 0 if scope is None or self.tree.levels else scope.offset

    def matches(
        self, pattern: Pattern, node: int, scope: Scope | None, bound: Mapping[str, str]
    ) -> Match[str] | None:
        """Hold a pattern against one line."""
        return pattern.match(self._subjects[node], bound, self.offset(scope))

    def _found(
        self, pattern: Pattern, nested: bool, bound: Mapping[str, str]
    ) -> dict[int, list[Hit]]:
        found = self._by_parent(pattern, nested, bound)
        if not pattern.needs:
            self._hits[nested][pattern] = found
        return found

    def _by_parent(
        self, pattern: Pattern, nested: bool, bound: Mapping[str, str]
    ) -> dict[int, list[Hit]]:
        """All matches below the top, or at it, by the node above; -1 for those at the top."""
        hits: dict[int, list[Hit]] = {}
        parents = self.tree.parents
        index = self._index[nested]
        for text, match in pattern.among(index.candidates(pattern), bound):
            for node in index.nodes[text]:
                hits.setdefault(parents[node] if nested else -1, []).append((node, match))
        for found in hits.values():
            if len(found) > 1:
                found.sort(key=_node)
        return hits

    def _among(
        self, pattern: Pattern, nodes: Iterable[int], bound: Mapping[str, str], offset: int
    ) -> list[Hit]:
        subjects = self._subjects
        return [
            (node, match)
            for node in nodes
            if (match := pattern.match(subjects[node], bound, offset)) is not None
        ]

    def _headers(
        self, pattern: Pattern, scope: Scope | None, bound: Mapping[str, str]
    ) -> Iterator[Scope]:
        headers: dict[str, list[Hit]] = {}
        for hit in self.lines(pattern, scope, bound):
            headers.setdefault(self.tree.texts[hit[0]], []).append(hit)
        outer = {} if scope is None else scope.captures
        for text, hits in headers.items():
            nodes = (hits[0][0],) if len(hits) == 1 else tuple(node for node, _match in hits)
            own = pattern.captures(hits[0][1]) if pattern.names else {}
            yield Scope(nodes, 0, text, {**outer, **own} if outer else own)

    def _prefixes(
        self, pattern: Pattern, scope: Scope | None, bound: Mapping[str, str]
    ) -> list[Scope]:
        offset = self.offset(scope)
        prefixes: dict[str, list[Hit]] = {}
        for node, match in self.lines(pattern, scope, bound):
            end = offset + pattern.length(match)
            prefixes.setdefault(self._subjects[node][:end], []).append((node, match))
        return [
            Scope(
                tuple(node for node, _match in hits),
                len(prefix) + 1,
                prefix,
                pattern.captures(hits[0][1]),
            )
            for prefix, hits in prefixes.items()
        ]


class _Index:
    """Nodes by their text, and texts in order, so that those that begin alike stand together."""

    __slots__ = ("_sorted", "nodes")

    def __init__(self, nodes: dict[str, list[int]]) -> None:
        self.nodes = nodes
        self._sorted = sorted(nodes)

    def candidates(self, pattern: Pattern) -> Iterable[str]:
        """Everything that a pattern may match."""
        if not pattern.words:
            return self._sorted
        first = bisect_left(self._sorted, pattern.words)
        return self._sorted[first : bisect_left(self._sorted, pattern.beyond, first)]


def _levels(tree: Tree) -> tuple[_Index, _Index]:
    """The lines at the top, and all others."""
    top, nested = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
    for node, (text, parent) in enumerate(zip(tree.texts, tree.parents, strict=True)):
        (top if parent < 0 else nested)[text].append(node)
    return _Index(top), _Index(nested)


def _paths(tree: Tree) -> _Index:
    by_path = defaultdict[str, list[int]](list)
    for leaf in tree.leaves:
        by_path[tree.paths[leaf]].append(leaf)
    return _Index(by_path)


def _node(hit: Hit) -> int:
    return hit[0]
