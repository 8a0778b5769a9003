# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Blocks in braces: Junos, and what VyOS and PAN-OS print besides their own forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ...platforms import Platform
from .logical import Logical, items, logical_lines
from .model import DEEPEST, Tree

_ODD = re.compile(r'["#\[\]{};]|/\*|inactive:|protect:')
_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|(?:(?<![ \t])[ \t]+)?/\*.*?(?:\*/|\Z)[ \t]*', re.DOTALL)
_PIECE = re.compile(
    r"""(?P<comment>\#[^\n]*)
    |(?P<text>(?:"(?:[^"\\]|\\.)*"|\[[^\[\]]*\]|[^\s{};"\[#]|["\[])+)
    |(?P<mark>[{};])""",
    re.DOTALL | re.VERBOSE,
)
_MARKS = ("inactive:", "protect:", "active:", "replace:")


def parse(text: str, platform: Platform) -> Tree:
    """Return the tree; its paths are those that the ``set`` form of the same text has.

    What is marked ``inactive:`` is left out, with everything in it.
    """
    tree = Tree(lines=text.split("\n"), levels=False)
    builder = _Builder(tree)
    for line in logical_lines(_uncommented(text), platform.layout, tree):
        builder.read(line)
    builder.finish()
    return tree.finish_paths(platform.layout.drop)


def _uncommented(text: str) -> str:
    """The text without what stands between slashes: it parts words as a blank does, and each
    line keeps its number."""
    if "/*" not in text:
        return text
    return _COMMENT.sub(lambda m: m[0] if m[0][0] == '"' else "\n" * m[0].count("\n") or " ", text)


class _Builder:
    """Builds the tree statement by statement; most lines are one, and are read without a scan."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._stack: list[int] = []
        self._inactive = 0
        """How many of the open blocks stand in an inactive one, itself counted."""

    def read(self, line: Logical) -> None:
        words = line.words
        simple = len(_ODD.findall(words)) == 1
        if simple and words[-1] == ";":
            self._statement(words[:-1].rstrip(), line)
        elif simple and words[-1] == "{":
            self._open(words[:-1].rstrip(), line)
        elif words == "}":
            self._close(line)
        else:
            self._scan(line)

    def finish(self) -> None:
        if self._stack:
            node = self._stack[0]
            number = self._tree.numbers[node] if node >= 0 else len(self._tree.lines)
            self._tree.warn(number, "a block does not end", lost=True)

    def _scan(self, line: Logical) -> None:
        """Read what is not one plain statement; one that begins on a later line has its number."""
        words: list[str] = []
        source = line.raw.lstrip() if "\n" in line.raw else line.words
        here = line
        for piece in _PIECE.finditer(source):
            if piece["comment"] is not None and "\n" not in source:
                break
            if piece["text"] is not None:
                if not words and "\n" in source:
                    here = replace(line, number=line.number + source.count("\n", 0, piece.start()))
                words.append(piece["text"])
            elif piece["mark"] is not None:
                self._mark(piece["mark"], " ".join(words), here)
                words = []
        if words:
            self._statement(" ".join(words), here)

    def _mark(self, mark: str, words: str, line: Logical) -> None:
        if mark == "{":
            self._open(words, line)
            return
        if words:
            self._statement(words, line)
        if mark == "}":
            self._close(line)

    def _statement(self, words: str, line: Logical) -> None:
        active, words = _marked(words)
        if self._inactive or not active or not words:
            return
        for item in items(words):
            node = self._tree.add(item.partition("\n")[0], line.number, self._parent())
            if "\n" in item:
                self._tree.bodies[node] = item

    def _open(self, words: str, line: Logical) -> None:
        active, words = _marked(words)
        if self._inactive or not active:
            self._inactive += 1
            return
        if not words:
            self._tree.warn(line.number, "a block without a name", lost=False)
        node = self._parent()
        if words and len(self._stack) < DEEPEST:
            node = self._tree.add(words.partition("\n")[0], line.number, node)
        self._stack.append(node)

    def _close(self, line: Logical) -> None:
        if self._inactive:
            self._inactive -= 1
        elif self._stack:
            self._stack.pop()
        else:
            self._tree.warn(line.number, "'}' closes nothing", lost=False)

    def _parent(self) -> int:
        return self._stack[-1] if self._stack else -1


def _marked(words: str) -> tuple[bool, str]:
    """Whether a statement counts, and its words without the marks before them."""
    active = True
    while words.startswith(_MARKS):
        mark, _colon, words = words.partition(":")
        active, words = active and mark != "inactive", words.lstrip()
    return active, words


def paths(tree: Tree) -> Iterator[str]:
    """The statements as ``set`` would print them, without that word."""
    return (tree.paths[leaf] for leaf in tree.leaves)
