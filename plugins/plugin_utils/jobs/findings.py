# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the callbacks what a compliance run found out: each device's verdict, and what is new.

A row for each failed rule and device, night after night, would be 80,000 lines for 10,000 devices
that say what yesterday's said. So there is one event for each device, with all that is open on it,
and one for each finding that begins or ends.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..compliance.results import RuleInfo
from ..events import ComplianceFinding, ComplianceResolved, DeviceJudged
from ..fleet.host import FleetHost
from ..fleet.middleware.base import Middleware
from ..fleet.outcome import Outcome
from ..observe.channel import Sender, sender
from ..store import Store
from ..store.records import JudgedRecord

MAX_OPEN = 1_000
"""Rules of one device that an event names: 40 KB, which a datagram takes."""


def announcing(
    store: Store, names: Iterable[str], rules: Sequence[RuleInfo]
) -> tuple[Middleware, ...]:
    """The middleware that tells, or none where nobody listens. Raises StoreError."""
    way = sender()
    if way is None:
        return ()
    severities = {rule.id: rule.severity.value for rule in rules}
    known: dict[str, set[str]] = {name: set() for name in names}
    for device, rule in store.open_findings():
        if device in known and rule in severities:
            known[device].add(rule)
    return (Findings(way, severities, known),)


class Findings(Middleware):
    """Sends a judged device's events. It comes after the ledger, like all that is announced.

    ``severities`` are those of the run's rules, by their id; ``known`` has the rules that failed on
    a device before.
    """

    def __init__(
        self, way: Sender, severities: Mapping[str, str], known: Mapping[str, set[str]]
    ) -> None:
        self._way = way
        self._severities = severities
        self._known = known

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Tell what was found on the device."""
        judged = outcome.judged
        if judged is None:
            return
        about: dict[str, Any] = {
            "device": outcome.name,
            "site": outcome.site,
            "platform": outcome.platform,
        }
        known = self._known.get(outcome.name, set())
        still_open = (known - judged.settled) | judged.open.keys()
        self._way.send(
            DeviceJudged(
                **about,
                score=judged.score,
                verdict=judged.verdict,
                open=self._by_severity(still_open),
            )
        )
        if still_open != known:
            self._tell_changes(judged, known, about)

    def _tell_changes(
        self, judged: JudgedRecord, known: set[str], about: Mapping[str, Any]
    ) -> None:
        changed = (judged.open.keys() - known) | (known & judged.settled)
        for finding in json.loads(judged.body):
            rule = finding["rule"]
            if rule in changed:
                kind = ComplianceFinding if rule in judged.open else ComplianceResolved
                words = (finding.get("message", ""), finding.get("warning", ""))
                self._way.send(
                    kind(
                        **about,
                        rule=rule,
                        severity=self._severities[rule],
                        state=finding["state"],
                        message="; ".join(filter(None, words)),
                    )
                )

    def _by_severity(self, rules: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for rule in sorted(rules)[:MAX_OPEN]:
            found[self._severities[rule]].append(rule)
        return dict(found)
