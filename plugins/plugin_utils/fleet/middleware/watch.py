# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every device's end, for what decides who may be tried."""

from __future__ import annotations

from ..guard import Guard
from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware


class Watch(Middleware):
    """Tells the guard and its quarantine; it is the engine's own and comes last."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Tell how it ended."""
        error_class = outcome.error.error_class if outcome.error else None
        self._guard.answers(host.device)  # one that made no attempt as well, or gave one up
        self._guard.quarantine.done(host.device, error_class, outcome.message)
