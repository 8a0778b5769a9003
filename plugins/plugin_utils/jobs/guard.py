# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run's breakers and login budget, kept in its ledger."""

from __future__ import annotations

from ..errors import Scope
from ..fleet.guard import Change, Guard
from ..fleet.run import Fleet
from ..store import Store
from .options import JobOptions


def guard_of(ledger: Store, run_id: str, fleet: Fleet, options: JobOptions) -> Guard:
    """The guard of a run; it says at once what it closes and opens."""

    def tell(change: Change) -> None:
        if change.scope is not Scope.DEVICE:  # a device's own line says it
            options.say(sentence(change))

    return Guard(options.fleet.guard, ledger.breakers(), run_id, fleet.names, tell)


def sentence(change: Change) -> str:
    """What happened, for people."""
    if change.refused:
        return f"login budget of {change.name} used up: {change.reason}"
    turned = "opened" if change.opened else "closed"
    return f"breaker {turned} for {change.called}: {change.reason}"
