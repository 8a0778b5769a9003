# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a check answers, before it becomes a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .results import State

BEGIN, END = "\x01", "\x02"
"""Around what comes from the device; texts themselves have no such characters."""


def given(text: object) -> str:
    """Mark a part of a message that comes from the device. The gate looks at these parts alone:
    what the rule's author wrote is no secret, even behind the word "password"."""
    return f"{BEGIN}{text}{END}"


def number(value: float) -> str:
    """A number as people write it."""
    return str(int(value)) if value == int(value) else f"{value:g}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the configuration, as a check in Python sees it."""

    node: int
    number: int
    """Counted from 1."""
    text: str
    """Its own words, or its whole path where the platform is read by paths."""
    captures: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is wrong, for the remediation to mend."""

    captures: Mapping[str, Any]
    section: str = ""
    line: str = ""
    node: int = -1


@dataclass(slots=True)
class Answer:
    """A check's answer, which nobody changes: a frozen one would take three times as long to make.

    ``state`` is pass, fail, not_applicable or unknown.
    """

    state: State
    message: str
    nodes: Sequence[int] = ()
    """The lines that it rests on."""
    items: Sequence[Item] = ()
    absent: bool = False
    """Whether it rests on a line not being there."""
    origins: Sequence[int] = ()
    """More lines from which the message and the items have captured values."""

    @classmethod
    def passed(cls, message: str, lines: Iterable[Line] = ()) -> Answer:
        """It holds, because of these lines."""
        return cls(State.PASS, message, tuple(line.node for line in lines))

    @classmethod
    def failed(cls, message: str, lines: Iterable[Line] = ()) -> Answer:
        """It does not hold, because of these lines."""
        lines = tuple(lines)
        items = tuple(Item(line.captures, "", line.text, line.node) for line in lines)
        return cls(State.FAIL, message, tuple(line.node for line in lines), items or (Item({}),))

    @classmethod
    def not_applicable(cls, message: str) -> Answer:
        """There is nothing to check."""
        return cls(State.NOT_APPLICABLE, message)

    @classmethod
    def unknown(cls, message: str) -> Answer:
        """It cannot be told."""
        return cls(State.UNKNOWN, message)
