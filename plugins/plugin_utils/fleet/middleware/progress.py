# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How far the run is, in a line now and then."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from nornir.core.task import AggregatedResult, Task

from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware

INTERVAL = 5.0
"""Seconds between two lines: AWX keeps every one of them."""
LIVE = 0.2
"""Seconds between two pictures of a line that is drawn over itself, on a terminal."""


class Progress(Middleware):
    """Says ``done/total, failed, devices/s, ETA``; at most once in `INTERVAL`, and at the end.

    ``live``, where there is a terminal, draws the line in place and more often; an empty text
    wipes it. The last line is said in any case.
    """

    def __init__(
        self,
        total: int,
        say: Callable[[str], None],
        live: Callable[[str], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._say = say
        self._live = live
        self._tell, self._interval = (live, LIVE) if live else (say, INTERVAL)
        self._clock = clock
        self._lock = threading.Lock()
        self._done = self._failed = 0
        self._started = self._said = clock()

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Count the device; say so when it is time."""
        now = self._clock()
        with self._lock:
            self._done += 1
            self._failed += outcome.failed
            due = now - self._said >= self._interval and self._done < self._total
            if due:
                self._said = now
        if due:
            self._tell(self._line(now))

    def task_completed(self, task: Task, result: AggregatedResult) -> None:
        """The last line."""
        if self._live:
            self._live("")
        self._say(self._line(self._clock(), ended=True))

    def _line(self, now: float, ended: bool = False) -> str:
        seconds = max(now - self._started, 0.001)
        rate = self._done / seconds
        left = f", ETA {(self._total - self._done) / rate:.0f} s" if rate else ""
        if ended:
            left = f" in {seconds:.1f} s"
        return (
            f"{self._done}/{self._total} devices, {self._failed} failed, {rate:.1f} devices/s{left}"
        )
