# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines as statements: what several parsers share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...platforms import Layout
from . import blobs
from .model import Tree

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|\[|\]|[^\s"\'\[\]]+|["\']', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Logical:
    """A statement's text; ``words`` has no line break, ``raw`` has them all."""

    number: int
    words: str
    raw: str


def logical_lines(text: str, layout: Layout, tree: Tree) -> Iterator[Logical]:
    """Join what a string carries over several lines; leave out empty lines and comments."""
    lines, line = text.split("\n"), 0
    for span in blobs.find(text, layout, tree):
        yield from _plain(lines[line : span.first], line, layout)
        raw = "\n".join(lines[span.first : span.last + 1])
        yield Logical(span.first + 1, lines[span.first].strip(), raw)
        line = span.last + 1
    yield from _plain(lines[line:], line, layout)


def _plain(lines: list[str], before: int, layout: Layout) -> Iterator[Logical]:
    for number, line in enumerate(lines, before + 1):
        words = line.strip()
        if words and not words.startswith(layout.comments):
            yield Logical(number, words, line)


def items(statement: str) -> list[str]:
    """Write a list in brackets out: ``a [ b c ]`` is ``a b`` and ``a c``."""
    if "[" not in statement:
        return [statement]
    tokens = _TOKEN.findall(statement)
    if tokens.count("[") != 1 or tokens[-1] != "]":
        return [statement]
    opened = tokens.index("[")
    before = " ".join(tokens[:opened])
    if not before:
        return [statement]
    return [f"{before} {value}" for value in tokens[opened + 1 : -1]] or [before]
