# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run's breakers and login budget, kept in its ledger."""

from __future__ import annotations

from ..errors import Scope
from ..events import BreakerClosed, BreakerOpened, Event, LoginBudgetSpent
from ..fleet.guard import Guard, Turns
from ..fleet.keeping import Change
from ..fleet.logins import LoginPolicy
from ..fleet.run import Fleet
from ..observe.channel import emit
from ..store import Store
from .options import JobOptions


def guard_of(
    ledger: Store,
    run_id: str,
    fleet: Fleet,
    options: JobOptions,
    rollout: Turns | None = None,
) -> Guard:
    """The guard of a run; it says at once what it closes and opens."""
    policy = options.fleet.guard.logins

    def tell(change: Change) -> None:
        emit(_event(change, policy))
        if change.scope is not Scope.DEVICE:  # a device's own line says it
            options.say(sentence(change))

    chosen = options.fleet
    memory, names = ledger.breakers(), fleet.names
    return Guard(chosen.guard, memory, run_id, names, chosen.window, tell, rollout)


def _event(change: Change, policy: LoginPolicy) -> Event:
    if change.refused:
        return LoginBudgetSpent(
            subject=change.name,
            refused=change.refused,
            budget=policy.budget,
            window=policy.window,
        )
    scope = change.scope.value
    if not change.opened:
        return BreakerClosed(breaker=scope, subject=change.name, reason=change.reason)
    error_class = change.error_class.value if change.error_class else None
    return BreakerOpened(
        breaker=scope, subject=change.name, reason=change.reason, error_class=error_class
    )


def sentence(change: Change) -> str:
    """What happened, for people."""
    if change.refused:
        return f"login budget of {change.name} used up: {change.reason}"
    turned = "opened" if change.opened else "closed"
    return f"breaker {turned} for {change.called}: {change.reason}"
