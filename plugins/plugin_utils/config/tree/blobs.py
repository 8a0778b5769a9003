# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the texts of many lines that are no configuration, whatever they look like."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from re import Match

from ...platforms import Blob, Layout
from .model import Tree

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """Lines of one blob, counted from 0; ``last`` is one of them."""

    first: int
    last: int


def find(text: str, layout: Layout, tree: Tree) -> list[Span]:
    """Return all blobs in their order; none overlaps another one.

    One that does not end goes to the end of the text, with a warning: what follows it cannot be
    told from it.
    """
    padded = f"\n{text}"
    found = [span for blob in layout.blobs for span in _blobs(padded, blob, tree)]
    if layout.strings:
        found += _strings(text, tree)
    return list(_apart(sorted(found, key=lambda span: (span.first, -span.last))))


def _blobs(padded: str, blob: Blob, tree: Tree) -> Iterator[Span]:
    """Offsets in the padded text count one newline too many before any line: so lines come out."""
    position, line, counted = 0, -1, 0
    while opened := blob.open.search(padded, position):
        end = _end(padded, blob, opened)
        line += padded.count("\n", counted, opened.start() + 1)
        counted = opened.start() + 1
        if end is None:
            tree.warn(line + 1, f"{opened[0].strip()!r} does not end", lost=True)
        position = len(padded) if end is None else end
        yield Span(line, line + padded.count("\n", counted, position))


def _end(padded: str, blob: Blob, opened: Match[str]) -> int | None:
    """The offset behind the end, or None."""
    if blob.close is not None:
        # The newline before the close may be the one after the opening.
        closed = blob.close.search(
            padded, opened.end() - padded[opened.end() - 1 : opened.end()].count("\n")
        )
        return (
            None if closed is None else max(closed.end() - closed[0].endswith("\n"), opened.end())
        )
    found = padded.find(opened["close"], opened.end())
    return None if found < 0 else found + len(opened["close"])


def _strings(text: str, tree: Tree) -> Iterator[Span]:
    if text.count('"') < 1:
        return
    line, counted = 0, 0
    for found in _STRING.finditer(text):
        string = found[0]
        if string == '"':
            line += text.count("\n", counted, found.start())
            counted = found.start()
            tree.warn(line + 1, "a string does not end", lost=True)
        elif "\n" in string:
            line += text.count("\n", counted, found.start())
            counted = found.start()
            yield Span(line, line + string.count("\n"))


def _apart(spans: list[Span]) -> Iterator[Span]:
    """Leave out what begins inside another one."""
    end = -1
    for span in spans:
        if span.first > end:
            end = span.last
            yield span
