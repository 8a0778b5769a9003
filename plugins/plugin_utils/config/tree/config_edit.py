# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""FortiOS' blocks: ``config`` ... ``end`` around ``edit`` ... ``next`` around ``set`` lines."""

from __future__ import annotations

from ...platforms import Platform
from .logical import Logical, logical_lines
from .model import DEEPEST, Tree

_CLOSED_BY = {"end": "config ", "next": "edit ", "abort": "edit "}


def parse(text: str, platform: Platform) -> Tree:
    """Return the tree of a FortiOS text. ``end`` closes an ``edit`` that is still open too."""
    tree = Tree(lines=text.split("\n"), levels=False)
    stack: list[int] = []
    for line in logical_lines(text, platform.layout, tree):
        kind = _CLOSED_BY.get(line.words)
        if kind is not None:
            _close(tree, stack, line, kind)
            continue
        node = tree.add(_joined(line.words), line.number, stack[-1] if stack else -1)
        if line.words.startswith(("config ", "edit ")):
            stack.append(node if len(stack) < DEEPEST else stack[-1])
        elif "\n" in line.raw:
            tree.bodies[node] = line.raw
    if stack:
        begun = tree.texts[stack[0]]
        tree.warn(tree.numbers[stack[0]], f"{begun!r} does not end", lost=True)
    return tree.finish_paths(platform.layout.drop)


def _joined(words: str) -> str:
    return " ".join(words.split()) if "  " in words and '"' not in words else words


def _close(tree: Tree, stack: list[int], line: Logical, kind: str) -> None:
    """Close the innermost block of that kind, and what is open inside it."""
    depth = len(stack)
    while depth and not tree.texts[stack[depth - 1]].startswith(kind):
        depth -= 1
    if depth:
        del stack[depth - 1 :]
    else:
        tree.warn(line.number, f"{line.words!r} closes nothing", lost=False)
