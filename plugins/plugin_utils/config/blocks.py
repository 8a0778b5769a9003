# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines to be entered, as the device takes them: line by line, a banner as a whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..platforms import Blob, Platform


@dataclass(frozen=True, slots=True)
class Unit:
    """What the device answers with a prompt: one line, or a banner from its first line on.

    ``first`` is the number of its first line, from 0.
    """

    first: int
    rows: tuple[str, ...]

    @property
    def indent(self) -> int:
        """Blanks before its first line."""
        return len(self.rows[0]) - len(self.rows[0].lstrip())


def units(lines: Sequence[str], platform: Platform) -> Iterator[Unit]:
    """The lines in units; comments and lines that only close a block are left out."""
    number = 0
    while number < len(lines):
        size = _blob(lines[number:], platform)
        if size > 1 or _says_something(lines[number], platform):
            yield Unit(number, tuple(lines[number : number + size]))
        number += size


def _says_something(line: str, platform: Platform) -> bool:
    word = line.strip()
    return bool(word) and not word.startswith(platform.comment) and word not in platform.layout.ends


def _blob(lines: Sequence[str], platform: Platform) -> int:
    """How many lines the first one takes with it: more than one where it opens free text."""
    text = "\n" + "\n".join(lines) + "\n"
    for blob in platform.layout.blobs:
        opened = blob.open.match(text)
        if opened:
            end = _end(text, blob, opened.end(), opened.groupdict().get("close"))
            return max(1, text.count("\n", 1, end) + (text[end - 1] != "\n"))
    return 1


def _end(text: str, blob: Blob, start: int, literal: str | None) -> int:
    """Where the blob ends; of one that nobody closes that is the end of the text."""
    if blob.close is None:
        at = text.find(literal or "\n", start)
        return len(text) if at < 0 else at + len(literal or "\n")
    # The line end that opens it may be the one before what closes it.
    found = blob.close.search(text, max(0, start - 1))
    return found.end() if found else len(text)
