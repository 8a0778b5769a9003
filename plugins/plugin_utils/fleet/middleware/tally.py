# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The counts of a run, and its failures as far as they fit into a task's result."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import Any

from ...errors import ErrorClass
from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware

DETAILS = 100
"""Failures told in full: with 400 characters each they stay far below AWX's 700,000."""
MESSAGE = 300
"""Characters of a device's message that are told; the ledger has all of it."""
REASONS = 20
"""Reasons for skipping devices that are told apart."""
ROOM = 200_000
"""Characters of JSON for the names of failed devices: 10,000 of 16 characters fit."""


class Tally(Middleware):
    """Counts by status and by error class; the first failures in full, more of them by name.

    ``skips`` are devices that were left alone, by the reason.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.statuses: Counter[str] = Counter()
        self.classes: Counter[str] = Counter()
        self.failures: list[dict[str, Any]] = []
        self.failed_names: list[str] = []
        self.skips: Counter[str] = Counter()
        self._room = ROOM

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Count the device."""
        with self._lock:
            self.statuses[outcome.status] += 1
            if outcome.error:
                self._remember(outcome, outcome.error.error_class)
            elif outcome.status == "skipped":
                self._excuse(outcome.message[:MESSAGE])

    def _remember(self, outcome: Outcome, error_class: ErrorClass) -> None:
        self.classes[error_class.value] += 1
        self._room -= len(json.dumps(outcome.name)) + 2
        if self._room >= 0:
            self.failed_names.append(outcome.name)
        if len(self.failures) < DETAILS:
            self.failures.append(
                {
                    "host": outcome.name,
                    "class": error_class.value,
                    "message": outcome.message[:MESSAGE],
                    "remedy": error_class.verdict.remedy,
                }
            )

    def _excuse(self, reason: str) -> None:
        known = reason in self.skips or len(self.skips) < REASONS
        self.skips[reason if known else "for other reasons"] += 1

    @property
    def failed(self) -> int:
        """Devices not done, reached or not."""
        return self.statuses["failed"] + self.statuses["unreachable"]
