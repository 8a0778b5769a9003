# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change goes to a few devices of each platform first, and to no more once it does harm."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable

from ..errors import RolloutStopped, Scope
from .device import Device
from .host import FleetHost
from .keeping import Key
from .middleware.base import Middleware
from .outcome import Outcome


class Rollout(Middleware):
    """Lets devices start, and is told how they ended, after what makes an outcome of its own.

    ``canary`` devices of each platform go first; the others of that platform wait beside the line,
    as for a breaker, until those are done. A device that was not touched, since it did not answer
    or has nothing to be done, proves nothing: its place goes to the next one. More than
    ``max_failures`` devices that failed once they were touched end the rollout; a canary that did
    ends that of its platform in any case.
    """

    def __init__(self, canary: int, max_failures: int, concerns: Callable[[Device], bool]) -> None:
        """``concerns`` tells whether there is anything to be changed on a device."""
        self._canary = canary
        self._max_failures = max_failures
        self._concerns = concerns
        self._lock = threading.Lock()
        self._trying: defaultdict[str, set[str]] = defaultdict(set)
        self._proven: Counter[str] = Counter()
        self._stopped: dict[str, str] = {}
        self._failures: list[str] = []

    def ask(self, device: Device) -> Key | None:
        """None when the device may start, or what it has to wait for.

        Raises `RolloutStopped`.
        """
        if not self._concerns(device):
            return None
        platform = device.platform_name
        with self._lock:
            self._refuse(platform)
            trying, proven = self._trying[platform], self._proven[platform]
            if proven >= self._canary or device.name in trying:
                return None
            if proven + len(trying) < self._canary:
                trying.add(device.name)
                return None
        return (Scope.ROLLOUT, platform)

    def due(self, key: Key) -> bool:
        """Whether somebody who waits may ask again, be it to be refused."""
        platform = key[1]
        with self._lock:
            proven, trying = self._proven[platform], len(self._trying[platform])
            over = bool(self._why(platform))
            return over or proven >= self._canary or proven + trying < self._canary

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Learn from a device's end."""
        touched, platform = bool(host.flight.aftermath), outcome.platform
        with self._lock:
            canary = outcome.name in self._trying[platform]
            self._trying[platform].discard(outcome.name)
            if not touched:
                return
            if outcome.failed:
                self._failures.append(outcome.name)
                if canary:
                    self._stopped[platform] = outcome.name
            else:
                self._proven[platform] += 1

    def _refuse(self, platform: str) -> None:
        if reason := self._why(platform):
            raise RolloutStopped(reason)

    def _why(self, platform: str) -> str:
        if len(self._failures) > self._max_failures:
            return f"the change failed on {', '.join(self._failures[:3])}"
        if platform in self._stopped:
            return f"the change failed on {self._stopped[platform]}, the first of this platform"
        return ""
