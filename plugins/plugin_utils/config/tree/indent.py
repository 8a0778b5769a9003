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
    stack: list[tuple[int, int]] = []
    line = 0
    for span in blobs.find(text, layout, tree):
        _lines(tree, layout, stack, line, span.first)
        _lines(tree, layout, stack, span.first, span.first + 1)
        if tree.numbers and tree.numbers[-1] == span.first + 1:
            last = len(tree) - 1
            tree.bodies[last] = "\n".join(tree.lines[span.first : span.last + 1])
        line = span.last + 1
    _lines(tree, layout, stack, line, len(tree.lines))
    return tree


def _lines(tree: Tree, layout: Layout, stack: list[tuple[int, int]], start: int, stop: int) -> None:
    """Read these lines. ``stack`` holds (indentation, node) of the open blocks, outermost first.

    This loop is what judging a fleet spends its time in, so it is written out: appending to local
    names, one test a line for the common case.
    """
    comments, ends, separator = layout.comments, layout.ends, layout.separator
    add_text, add_number, add_parent = (
        tree.texts.append,
        tree.numbers.append,
        tree.parents.append,
    )
    marks = {comment[0] for comment in comments}
    node = len(tree.texts)
    number = start
    for line in tree.lines[start:stop]:
        number += 1
        words = line.strip()
        if not words or words in ends:
            continue
        if words[0] in marks and words.startswith(comments):
            if words == separator:
                stack.clear()
            continue
        if "  " in words or "\t" in words:
            words = " ".join(words.split())
        indent = 0 if line[0] == words[0] else len(line) - len(line.lstrip())
        while stack and stack[-1][0] >= indent:
            stack.pop()
        add_text(words)
        add_number(number)
        add_parent(stack[-1][1] if stack else -1)
        if len(stack) < DEEPEST:
            stack.append((indent, node))
        node += 1
