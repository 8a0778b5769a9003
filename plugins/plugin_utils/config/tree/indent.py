# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations in which a block is what is indented below its first line."""

from __future__ import annotations

from ...platforms import Layout, Platform
from . import blobs
from .model import DEEPEST, Tree


def parse(text: str, platform: Platform) -> Tree:
    """Return the tree of IOS and its relatives, to be read level by level."""
    return _parse(text, platform.layout, levels=True)


def parse_paths(text: str, platform: Platform) -> Tree:
    """Return the tree of SR OS' classic CLI, to be read by paths: ``exit`` only repeats what the
    indentation says."""
    tree = _parse(text, platform.layout, levels=False)
    return tree.finish_paths(platform.layout.drop)


def _parse(text: str, layout: Layout, *, levels: bool) -> Tree:
    tree = Tree(lines=text.split("\n"), levels=levels)
    open_ = _Open()
    line = 0
    for span in blobs.find(text, layout, tree):
        _lines(tree, layout, open_, line, span.first)
        _lines(tree, layout, open_, span.first, span.first + 1)
        if tree.numbers and tree.numbers[-1] == span.first + 1:
            last = len(tree) - 1
            tree.bodies[last] = "\n".join(tree.lines[span.first : span.last + 1])
        line = span.last + 1
    _lines(tree, layout, open_, line, len(tree.lines))
    return tree


class _Open:
    """Where the next line stands: the indentation of the one before, the node above that, and the
    same of the levels further out, each with its last node."""

    __slots__ = ("indent", "outer", "parent")

    def __init__(self) -> None:
        self.outer: list[tuple[int, int, int]] = []
        self.close()

    def close(self) -> None:
        """Close all blocks: the next line is at the top, whatever its indentation."""
        self.outer.clear()
        self.indent, self.parent = _ANY, -1

    def move(self, indent: int, last: int) -> None:
        """Go to another indentation; ``last`` is the node of the line before."""
        if indent > self.indent:
            if len(self.outer) < DEEPEST:
                self.outer.append((self.indent, self.parent, last))
                self.indent, self.parent = indent, last
            return
        while self.indent > indent and self.outer:
            self.indent, self.parent, last = self.outer.pop()
        if self.indent > indent:
            self.indent = indent
        elif self.indent < indent:  # between two levels: a child of the last line further out
            self.outer.append((self.indent, self.parent, last))
            self.indent, self.parent = indent, last


_ANY = 1 << 30
"""An indentation that no line has."""


def _lines(tree: Tree, layout: Layout, open_: _Open, start: int, stop: int) -> None:
    """Read these lines.

    This loop is what judging a fleet spends its time in, so it is written out: local names, and
    as little as possible for the line that stands at the same level as the one before.
    """
    comments, ends, separator = layout.comments, layout.ends, layout.separator
    marks = {comment[0] for comment in comments}
    add_text, add_number, add_parent = (
        tree.texts.append,
        tree.numbers.append,
        tree.parents.append,
    )
    for number, line in enumerate(tree.lines[start:stop], start + 1):
        words = line.strip()
        if not words or words in ends:
            continue
        if words[0] in marks and words.startswith(comments):
            if words == separator:
                open_.close()
            continue
        indent = line.index(words)
        if indent != open_.indent:
            open_.move(indent, len(tree.texts) - 1)
        if "  " in words or "\t" in words:
            words = " ".join(words.split())
        add_text(words)
        add_number(number)
        add_parent(open_.parent)
