# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between a breaker and what is kept and told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from ..errors import ErrorClass, Scope
from ..store.records import BreakerRecord
from .breaker import Memory, State

Key: TypeAlias = tuple[Scope, str]
"""A breaker's scope, and what it stands for within that."""


@dataclass(frozen=True, slots=True)
class Change:
    """A breaker that opened or closed, or a login budget that was used up."""

    scope: Scope
    name: str
    opened: bool
    reason: str
    error_class: ErrorClass | None = None
    refused: int = 0

    @property
    def called(self) -> str:
        """How messages call what the breaker stands for."""
        return called_by_people((self.scope, self.name))


def called_by_people(key: Key) -> str:
    """How messages call what a breaker stands for."""
    scope, name = key
    if scope is Scope.RUN:
        return "the whole run"
    if scope is Scope.CREDENTIAL:
        return f"the logins of AAA domain {name!r}" if name else "the logins"
    return f"{scope.value} {name!r}"


def record_of(key: Key, memory: Memory, reason: str, run_id: str) -> BreakerRecord:
    """The row that a breaker is kept in."""
    scope, name = key
    return BreakerRecord(
        scope=scope.value,
        name=name,
        state=memory.state.value,
        failures=memory.failures,
        cooldown=memory.cooldown,
        until=datetime.fromtimestamp(memory.until, UTC),
        reason=reason,
        run_id=run_id,
    )


def memory_of(record: BreakerRecord) -> Memory:
    """What a breaker is made again from."""
    return Memory(State(record.state), record.failures, record.cooldown, record.until.timestamp())
