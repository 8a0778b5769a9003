# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tree that every parser builds: parallel lists, so that 1,600 lines cost a millisecond.

Nodes are numbered in the order of the text. Node objects are made only for who asks for them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from re import Pattern

DEEPEST = 64
"""Levels below which blocks are no longer told apart. No configuration comes near, and a hostile
one would otherwise cost the square of its size."""


@dataclass(frozen=True, slots=True)
class ParseWarning:
    """A region of the text that could not be read as configuration."""

    line: int
    """Its first line, counted from 1."""
    message: str
    lost: bool = True
    """Whether configuration may have gone out of sight with it; then it cannot be told what is
    absent from the text."""


@dataclass(slots=True)
class Tree:
    """A parsed configuration. All lists but ``lines`` have one item per node."""

    lines: list[str]
    """The text's lines as they are; line n is ``lines[n - 1]``."""
    levels: bool
    """Whether it is read level by level (``texts``) or by whole paths (``paths`` of ``leaves``)."""
    texts: list[str] = field(default_factory=list)
    """Each node's own words, blanks in a row as one; of a blob its first line."""
    numbers: list[int] = field(default_factory=list)
    """The line on which it begins."""
    parents: list[int] = field(default_factory=list)
    """The node above; -1 at the top."""
    paths: list[str] = field(default_factory=list)
    """The words from the top down to the node. Empty where the tree is read level by level."""
    leaves: list[int] = field(default_factory=list)
    """Nodes that are statements, not only blocks. Empty likewise."""
    bodies: dict[int, str] = field(default_factory=dict)
    """Texts of many lines, as they stand there, by node: banners, certificates, strings."""
    warnings: list[ParseWarning] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, text: str, number: int, parent: int) -> int:
        """Append a node and return its number."""
        self.texts.append(text)
        self.numbers.append(number)
        self.parents.append(parent)
        return len(self.texts) - 1

    def warn(self, line: int, message: str, *, lost: bool) -> None:
        """Note a region that cannot be read."""
        self.warnings.append(ParseWarning(line, message, lost))

    def body(self, node: int) -> str:
        """The whole text of a node, over all its lines."""
        found = self.bodies.get(node)
        return self.texts[node] if found is None else found

    def ancestors(self, node: int) -> list[int]:
        """The nodes above it, from the outside in."""
        above = []
        parent = self.parents[node]
        while parent >= 0:
            above.append(parent)
            parent = self.parents[parent]
        return above[::-1]

    def last_line(self, node: int) -> int:
        """The line on which a node's own text ends."""
        return self.numbers[node] + self.bodies.get(node, "").count("\n")

    def roots(self) -> Iterator[Node]:
        """The nodes at the top."""
        return (Node(self, i) for i, parent in enumerate(self.parents) if parent < 0)

    def finish_paths(self, drop: Pattern[str] | None) -> Tree:
        """Work out the paths, when all nodes are there; a parent's number is always the lower.

        A block without anything in it is a statement of its own.
        """
        paths = self.paths
        for text, parent in zip(self.texts, self.parents, strict=True):
            path = f"{paths[parent]} {text}" if parent >= 0 and paths[parent] else text
            if drop is not None and (found := drop.match(path)):
                path = path[found.end() :]
            paths.append(path)
        blocks = set(self.parents)
        self.leaves = [i for i, path in enumerate(paths) if i not in blocks and path]
        return self


@dataclass(frozen=True, slots=True)
class Node:
    """A view of one node, for who walks the tree by hand."""

    tree: Tree
    id: int

    @property
    def text(self) -> str:
        """Its own words."""
        return self.tree.texts[self.id]

    @property
    def line(self) -> int:
        """The line on which it begins."""
        return self.tree.numbers[self.id]

    @property
    def body(self) -> str:
        """Its whole text where it has many lines, such as a banner."""
        return self.tree.body(self.id)

    @property
    def path(self) -> tuple[str, ...]:
        """The texts of the nodes above it, and its own."""
        above = self.tree.ancestors(self.id)
        return tuple(self.tree.texts[i] for i in (*above, self.id))

    @property
    def children(self) -> Iterator[Node]:
        """The nodes directly below it."""
        parents = self.tree.parents
        return (
            Node(self.tree, i) for i in range(self.id + 1, len(parents)) if parents[i] == self.id
        )
