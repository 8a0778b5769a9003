# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations that are lists of commands: ``set`` lines, or commands below a context line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...platforms import Platform
from .logical import Logical, items, logical_lines
from .model import Tree

_SET = "set "
_INACTIVE = "deactivate "
_KNOWN = ("protect ", "activate ", "unprotect ", "annotate ", "top", "edit ")
"""Commands of a "set" listing that say nothing of what is configured."""


def parse(text: str, platform: Platform) -> Tree:
    """Return the tree of a text whose every line carries its whole path."""
    layout = platform.layout
    tree = Tree(lines=text.split("\n"), levels=False)
    lines = logical_lines(text, layout, tree)
    if layout.context is not None:
        _in_context(tree, _unfolded(lines), layout.context)
    else:
        _commands(tree, lines)
    return tree.finish_paths(layout.drop)


def _commands(tree: Tree, lines: Iterable[Logical]) -> None:
    inactive: list[str] = []
    for line in lines:
        if line.words.startswith(_SET):
            _add(tree, line, line.words[len(_SET) :].lstrip(), -1)
        elif line.words.startswith(_INACTIVE):
            inactive.append(line.words[len(_INACTIVE) :].strip())
        elif not line.words.startswith(_KNOWN):
            tree.warn(line.number, "not a command that sets something", lost=False)
    if inactive:
        _drop(tree, inactive)


def _add(tree: Tree, line: Logical, statement: str, parent: int) -> None:
    for item in items(statement):
        node = tree.add(item, line.number, parent)
        if "\n" in line.raw:
            tree.bodies[node] = line.raw


def _drop(tree: Tree, inactive: list[str]) -> None:
    """Take out what has been deactivated, and all below it."""
    whole, within = set(inactive), tuple(f"{path} " for path in inactive)
    kept = [
        (node, text)
        for node, text in enumerate(tree.texts)
        if text not in whole and not text.startswith(within)
    ]
    tree.bodies = {
        new: tree.bodies[old] for new, (old, _text) in enumerate(kept) if old in tree.bodies
    }
    tree.numbers = [tree.numbers[node] for node, _text in kept]
    tree.texts = [text for _node, text in kept]
    tree.parents = [-1] * len(kept)


def _in_context(tree: Tree, lines: Iterable[Logical], mark: str) -> None:
    context = -1
    for line in lines:
        if line.words.startswith(mark):
            context = tree.add(line.words, line.number, -1)
        else:
            if context < 0:
                tree.warn(line.number, f"a command before any line with {mark!r}", lost=False)
            _add(tree, line, line.words, context)


def _unfolded(lines: Iterable[Logical]) -> Iterator[Logical]:
    """Join lines that end in a backslash with those after them."""
    held: Logical | None = None
    for line in lines:
        if held is not None:
            words = held.words[:-1] + line.words
            held = Logical(held.number, words, f"{held.raw}\n{line.raw}")
        else:
            held = line
        if not held.words.endswith("\\"):
            yield held
            held = None
    if held is not None:
        yield held
