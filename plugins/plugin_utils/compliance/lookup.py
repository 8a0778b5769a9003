# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find lines and sections of one tree; what several rules ask is worked out once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, KeysView, Mapping, Sequence
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
    by what the pattern begins with.
    """

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self._levels = tree.levels
        self._hits: dict[Pattern, dict[int, list[Hit]]] = {}
        self._sections: dict[Sections, list[Scope]] = {}
        self._subjects = tree.texts if tree.levels else tree.paths
        self._index = _Index(self._subjects, range(len(tree)) if tree.levels else tree.leaves)

    def lines(self, pattern: Pattern, scope: Scope | None, bound: Mapping[str, str]) -> list[Hit]:
        """The lines that match, in the order of the text; ``None`` is the top.

        Asked some hundred times a device, nearly always for what is known, so that is one look.
        """
        if scope is not None and not self._levels:
            return self._among(pattern, scope.nodes, bound, scope.offset)
        by_parent = self._hits.get(pattern)
        if by_parent is None:
            by_parent = self._by_parent(pattern, bound)
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
        known = self._hits.get(pattern)
        return (self._by_parent(pattern, {}) if known is None else known).keys()

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

    def _by_parent(self, pattern: Pattern, bound: Mapping[str, str]) -> dict[int, list[Hit]]:
        """All matches by the node above; -1 for those at the top, and for whole paths."""
        found: dict[int, list[Hit]] = {}
        parents = self.tree.parents if self._levels else None
        for hit in self._index.hits(pattern, bound):
            found.setdefault(-1 if parents is None else parents[hit[0]], []).append(hit)
        for hits in found.values():
            if len(hits) > 1:
                hits.sort(key=_node)
        if not pattern.needs:
            self._hits[pattern] = found
        return found

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
        texts = self.tree.texts
        headers: dict[str, list[Hit]] = {}
        for hit in self.lines(pattern, scope, bound):
            headers.setdefault(texts[hit[0]], []).append(hit)
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
    """Nodes in the order of their texts, so that those that begin alike stand together."""

    __slots__ = ("_nodes", "_texts")

    def __init__(self, texts: Sequence[str], nodes: Iterable[int]) -> None:
        # A sort takes half the time of a mapping of texts to lists of nodes.
        self._nodes = sorted(nodes, key=texts.__getitem__)
        self._texts = [texts[node] for node in self._nodes]

    def hits(self, pattern: Pattern, bound: Mapping[str, str]) -> Iterator[Hit]:
        """All matches; of those with equal texts one after the other."""
        texts, nodes = self._texts, self._nodes
        for begin, beyond in pattern.ranges:
            first = bisect_left(texts, begin)
            last = bisect_left(texts, beyond, first)
            if first == last:
                continue
            starts = dict(
                zip(reversed(texts[first:last]), reversed(range(first, last)), strict=True)
            )
            for text, match in pattern.among(starts, bound):
                at = starts[text]
                while at < last and texts[at] == text:
                    yield nodes[at], match
                    at += 1


def _node(hit: Hit) -> int:
    return hit[0]
