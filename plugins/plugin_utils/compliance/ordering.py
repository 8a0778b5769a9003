# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of many rules in an order in which access is never cut.

First what others rest on (access lists, AAA servers, users), then everything else that is added,
then what lets people in by it; and only then what is taken away, in the contrary order. A block
that is both added to and taken from is entered twice. Where order is meaning, as in an access
list, a block stays as its rule has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ..config.blocks import Unit, units
from ..platforms import Apply, Platform


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that is said: the headers around it, from the outside in, and its own lines."""

    path: tuple[str, ...]
    rows: tuple[str, ...]

    @property
    def top(self) -> str:
        """The line by which its place is chosen: its outermost header, or itself."""
        return (self.path[0] if self.path else self.rows[0]).strip()


def ordered(lines: Iterable[str], platform: Platform) -> tuple[str, ...]:
    """The lines in that order, each statement once; blocks keep their headers.

    A platform of which it is not known how it is configured gets them as they are.
    """
    rows = tuple(lines)
    if platform.apply is None:
        return rows
    said = list(dict.fromkeys(statements(rows, platform)))
    ranks = [_rank(each, platform.apply) for each in said]
    _hold_back(said, ranks, platform.apply)
    first = _first_seen(said, ranks)
    order = sorted(range(len(said)), key=lambda at: (ranks[at], first[(ranks[at], said[at].top)]))
    return tuple(_written(said[at] for at in order))


def statements(lines: Sequence[str], platform: Platform) -> Iterator[Statement]:
    """What the lines say, without the headers that only hold others."""
    known = list(units(lines, platform))
    fixed = _fixed(platform)
    path: list[Unit] = []
    at = 0
    while at < len(known):
        unit = known[at]
        while path and path[-1].indent >= unit.indent:
            path.pop()
        headers = tuple(header.rows[0] for header in path)
        below = _below(known, at)
        if not path and fixed.match(unit.rows[0].strip()):
            whole = known[at : at + 1 + below]
            yield Statement((), tuple(row for each in whole for row in each.rows))
            at += 1 + below
            continue
        if below:
            path.append(unit)
        else:
            yield Statement(headers, unit.rows)
        at += 1


def removes(statement: Statement, apply: Apply) -> bool:
    """Whether it takes something away."""
    return len(statement.rows) == 1 and statement.rows[0].strip().startswith(apply.removes)


def takes_away(removal: Statement, addition: Statement, apply: Apply) -> bool:
    """Whether a removal, coming later, would undo an addition: `no username x`, of that user."""
    target = apply.adds + _target(removal.rows[0].strip(), apply)
    below = (*(row.strip() for row in addition.path), addition.rows[0].strip())
    depth = len(removal.path)
    if len(below) <= depth or below[:depth] != tuple(row.strip() for row in removal.path):
        return False
    return (below[depth] + " ").startswith(target + " ") or (target + " ").startswith(
        below[depth] + " "
    )


def _target(row: str, apply: Apply) -> str:
    """What a removal is about."""
    word = next(word for word in apply.removes if row.startswith(word))
    return row[len(word) :].strip()


def _below(known: Sequence[Unit], at: int) -> int:
    """How many units stand below one."""
    indent = known[at].indent
    count = 0
    for unit in known[at + 1 :]:
        if unit.indent <= indent:
            break
        count += 1
    return count


def _fixed(platform: Platform) -> re.Pattern[str]:
    """Headers below which, and lines among which, order is meaning."""
    return re.compile("|".join(f"(?:{each})" for each in platform.layout.ordered) or r"(?!)")


def _rank(statement: Statement, apply: Apply) -> int:
    """0 to 2 for what is added, 3 to 5 for what is taken away."""
    away = removes(statement, apply)
    top = statement.top
    if away and not statement.path:
        top = apply.adds + _target(top, apply)
    order = apply.order
    kind = 1
    if order.define and order.define.match(top):
        kind = 0
    elif order.use and order.use.match(top):
        kind = 2
    return 5 - kind if away else kind


def _hold_back(said: Sequence[Statement], ranks: list[int], apply: Apply) -> None:
    """Leave a removal before the addition that it would undo, as its rule has it."""
    for at, statement in enumerate(said):
        if removes(statement, apply):
            undone = [
                ranks[later]
                for later in range(at + 1, len(said))
                if not removes(said[later], apply) and takes_away(statement, said[later], apply)
            ]
            if undone:
                ranks[at] = min(undone)


def _first_seen(said: Sequence[Statement], ranks: Sequence[int]) -> dict[tuple[int, str], int]:
    """Where each block of each rank comes first, so that it is entered once."""
    first: dict[tuple[int, str], int] = {}
    for at, (statement, rank) in enumerate(zip(said, ranks, strict=True)):
        first.setdefault((rank, statement.top), at)
    return first


def _written(said: Iterable[Statement]) -> Iterator[str]:
    """The statements as lines, a header written again only where another block was between."""
    here: tuple[str, ...] = ()
    for statement in said:
        shared = 0
        while shared < min(len(here), len(statement.path)) and (
            here[shared] == statement.path[shared]
        ):
            shared += 1
        yield from statement.path[shared:]
        yield from statement.rows
        here = statement.path
