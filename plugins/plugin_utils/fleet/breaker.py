# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A circuit breaker: closed lets everybody through, open nobody, half-open one to see.

The pattern is Michael Nygard's (Release It!, 2007). One class serves all scopes, from a device's
quarantine over many runs to a site that goes dark for a minute.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """Of a breaker; the value is what the store and people see."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Policy:
    """When a breaker opens, and for how many seconds.

    It opens after ``consecutive`` failures, or when ``rate`` (0 to 1) of the last ``window``
    results are failures and there are ``minimum`` of them; 0 switches a criterion off. The
    ``cooldown`` grows by ``growth`` with each probe that fails, up to ``longest``.
    """

    consecutive: int = 0
    rate: float = 0.0
    window: int = 20
    minimum: int = 10
    cooldown: float = 30.0
    growth: float = 2.0
    longest: float = 600.0

    @property
    def off(self) -> bool:
        """Whether it never opens."""
        return self.consecutive <= 0 and self.rate <= 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What a breaker is made again from. ``until``: when it lets a probe through, since the
    epoch; ``failures``: in a row.
    """

    state: State = State.CLOSED
    failures: int = 0
    cooldown: float = 0.0
    until: float = 0.0


class Breaker:
    """Thread-safe. ``clock`` gives seconds since the epoch, since its state outlives a process."""

    def __init__(
        self, policy: Policy, clock: Callable[[], float] = time.time, memory: Memory | None = None
    ) -> None:
        self.policy = policy
        self._clock = clock
        self._lock = threading.Lock()
        self._results: deque[bool] = deque(maxlen=policy.window)
        self._probe: str | None = None
        self._memory = memory or Memory()

    @property
    def memory(self) -> Memory:
        """Its state, to be kept."""
        return self._memory

    @property
    def closed(self) -> bool:
        """Whether everybody may go."""
        return self._memory.state is State.CLOSED

    @property
    def due(self) -> bool:
        """Whether somebody may go: everybody, or one to see."""
        return self.closed or self._clock() >= self._memory.until

    def ask(self, who: str) -> bool:
        """Whether ``who`` may go. An open breaker whose time has come makes it the probe.

        A probe that never reports is replaced after another cool-down.
        """
        with self._lock:
            if self.closed:
                return True
            if not self.due:
                return False
            self._probe = who
            self._enter(State.HALF_OPEN, self._memory.cooldown)
            return True

    def success(self, who: str) -> bool:
        """Take a success; True when it closed the breaker.

        What was under way when the breaker opened says nothing of now: only the probe counts.
        """
        with self._lock:
            self._results.append(True)
            if self.closed:
                self._memory = Memory()
                return False
            if who != self._probe:
                return False
            self._probe = None
            self._results.clear()
            self._memory = Memory()
            return True

    def failure(self, who: str) -> bool:
        """Take a failure; True when it opened the breaker, for the first time or again."""
        with self._lock:
            if not self.closed:
                if who != self._probe:
                    return False
                self._probe = None
                longer = self._memory.cooldown * self.policy.growth
                self._enter(State.OPEN, min(longer, self.policy.longest), failed=True)
                return True
            self._results.append(False)
            self._memory = Memory(failures=self._memory.failures + 1)
            if not self._too_many():
                return False
            self._enter(State.OPEN, self.policy.cooldown)
            return True

    def adopt(self, memory: Memory) -> None:
        """Take over what another process has found out."""
        with self._lock:
            if memory.state is State.CLOSED and not self.closed:
                self._results.clear()
            self._memory = memory

    def _enter(self, state: State, cooldown: float, failed: bool = False) -> None:
        failures = self._memory.failures + failed
        self._memory = Memory(state, failures, cooldown, self._clock() + cooldown)

    def _too_many(self) -> bool:
        policy, results = self.policy, self._results
        if 0 < policy.consecutive <= self._memory.failures:
            return True
        failed = len(results) - sum(results)
        return len(results) >= policy.minimum and 0 < policy.rate <= failed / len(results)
