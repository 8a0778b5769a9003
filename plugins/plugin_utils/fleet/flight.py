# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One device on its way through the window: its clock, its way out, its claim on the result."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..errors import ErrorClass, NetopsError

BEYOND = 5.0
"""Seconds after the deadline at which a driver would notice it by itself."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a device. ``started`` in seconds since the epoch, ``seconds`` its duration."""

    number: int
    started: float
    seconds: float
    error_class: ErrorClass | None = None
    message: str = ""


class Flight:
    """The state that the runner, the driver and the retry of one device share.

    The runner aborts it from outside, at the deadline or when the run ends; the device's thread
    notices because what it waits on is closed. ``claim`` is won by exactly one of the two, so a
    device has exactly one result even when its driver hangs and comes back much later.
    """

    def __init__(self, name: str, seconds: float) -> None:
        self.name = name
        self.started = time.time()
        self.deadline = time.monotonic() + seconds
        self.seconds = seconds
        self.attempts: list[Attempt] = []
        self.aborted = threading.Event()
        self.reason: NetopsError | None = None
        self.phase = "starting"
        self.outcome: Any = None
        self.state: Any = None
        """What a task leaves for the middleware, besides its result."""
        self.aftermath = ""
        """What a task that changes the device would leave behind if it ended now. From the moment
        it is set, no other attempt is made."""
        self.facts: Any = None
        """What the device's host is told beside a configuration; JSON types, no secrets."""
        self.salvage: Any = None
        """The result of a device that fails nevertheless: a configuration fetched, say."""
        self._lock = threading.Lock()
        self._ways_out: list[Callable[[], None]] = []
        self._claimed = False

    def remaining(self, at_most: float = float("inf")) -> float:
        """Seconds left before the deadline, never negative, never over ``at_most``."""
        return max(0.0, min(at_most, self.deadline - time.monotonic()))

    def patience(self, at_most: float) -> float:
        """Seconds that a driver waits before it says itself that nothing came, never over
        ``at_most``. It ends beyond the deadline, which calls the driver back and knows more: of
        two ends at the same moment either would be told.
        """
        return min(at_most, self.remaining() + BEYOND)

    def on_abort(self, way_out: Callable[[], None]) -> None:
        """Register what unblocks the device's thread; it is called at once if already aborted.

        It must neither block nor care about being called twice.
        """
        with self._lock:
            self._ways_out.append(way_out)
        if self.aborted.is_set():
            _leave(way_out)

    def doom(self, reason: NetopsError) -> None:
        """Tell the device's thread to end when it looks next; only the first reason counts."""
        with self._lock:
            self.reason = self.reason or reason
        self.aborted.set()

    def abort(self, reason: NetopsError) -> None:
        """End the device's work from outside, whatever its thread is waiting for."""
        self.doom(reason)
        with self._lock:
            ways_out, self._ways_out = self._ways_out, []
        for way_out in ways_out:
            _leave(way_out)

    def check(self) -> None:
        """Raise the reason of the abort, if there is one."""
        if self.reason:
            raise self.reason

    def enter(self, attempt: Attempt) -> None:
        """Add an attempt, unless the result is taken: that of a thread given up comes too late."""
        with self._lock:
            if not self._claimed:
                self.attempts.append(attempt)

    def give_up(self) -> None:
        """Enter the attempt that never came back into the list."""
        seconds = time.time() - self.started - sum(attempt.seconds for attempt in self.attempts)
        error_class = self.reason.error_class if self.reason else None
        number = len(self.attempts) + 1
        self.attempts.append(
            Attempt(number, time.time() - seconds, seconds, error_class, str(self.reason))
        )

    def landed(self) -> None:
        """Forget the resources of an attempt that is over."""
        with self._lock:
            self._ways_out.clear()

    def claim(self) -> bool:
        """True for the first caller, who alone may report the device's result."""
        with self._lock:
            won, self._claimed = not self._claimed, True
        return won

    @property
    def claimed(self) -> bool:
        """Whether the result has been taken already."""
        return self._claimed


def _leave(way_out: Callable[[], None]) -> None:
    """Closing what is closed already, or half torn down, is no news."""
    with contextlib.suppress(Exception):
        way_out()
