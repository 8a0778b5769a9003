# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices' results, as far as they fit into one task's result."""

from __future__ import annotations

import json
import threading
from typing import Any

from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware

ROOM = 300_000
"""Characters of JSON: AWX drops a result of over 700,000 without a word."""


class Collect(Middleware):
    """Keeps results by device until the room is used up; ``left_out`` counts those left out.

    The ledger has them all.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room = ROOM
        self.results: dict[str, Any] = {}
        self.left_out = 0

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Keep the result of a device that was done."""
        if outcome.failed or outcome.status == "skipped":
            return
        size = len(json.dumps(outcome.result))
        with self._lock:
            if size > self._room:
                self.left_out += 1
                return
            self._room -= size
            self.results[outcome.name] = outcome.result
