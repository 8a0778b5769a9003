# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every device's end, for its quarantine."""

from __future__ import annotations

from ..host import FleetHost
from ..outcome import Outcome
from ..quarantine import Quarantine
from .base import Middleware


class Watch(Middleware):
    """Tells the quarantine; it is the engine's own and comes last."""

    def __init__(self, quarantine: Quarantine) -> None:
        self._quarantine = quarantine

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Tell how it ended."""
        error_class = outcome.error.error_class if outcome.error else None
        self._quarantine.done(host.device, error_class, outcome.message)
