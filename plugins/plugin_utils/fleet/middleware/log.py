# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line a device into Python's logging, where the bridge picks it up."""

from __future__ import annotations

import logging

from ...errors import ErrorClass
from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware

LOGGER = logging.getLogger("prime.netops.fleet")


class Log(Middleware):
    """INFO for a device that is done or left alone; WARNING for a failed one, with the remedy."""

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Log the outcome."""
        if outcome.status == "skipped":
            LOGGER.info("%s: skipped: %s", outcome.name, outcome.message)
        elif outcome.error is None:
            LOGGER.info("%s: %s in %.1f s", outcome.name, outcome.status, outcome.seconds)
        else:
            LOGGER.warning("%s", failure_line(outcome, outcome.error.error_class))


def failure_line(outcome: Outcome, error_class: ErrorClass) -> str:
    """A failure in one line: device, class, what happened, how often tried, what to do."""
    tries = f" ({len(outcome.attempts)} attempts)" if len(outcome.attempts) > 1 else ""
    return (
        f"{outcome.name}: {error_class.value}: {outcome.message}{tries}. "
        f"{error_class.verdict.remedy}"
    )
