# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run found that somebody may want to hear of, and who wants to hear it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from .notify_config import AlertConfig, Route, Severity

CRITICAL_CLASSES = frozenset({"host_key_changed"})
"""Error classes that are critical on a single device: this one may be an attack."""
CRITICAL_BREAKERS = frozenset({"group", "credential", "run"})
"""A whole site, an account that would be locked, the run as a whole. A device is a warning."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that is wrong. ``subject`` is a host, a breaker or a credential; ``kind`` an error
    class, a task's name or a rule. Both together say whether it is the same as in another run.

    ``kind`` has passed the redaction gate, since it is kept; ``message`` passes it when shown.
    """

    event: str
    subject: str
    kind: str
    message: str
    severity: Severity = Severity.WARNING
    groups: frozenset[str] = frozenset()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """What a run comes to. ``hosts`` counts those worked on; ``healthy`` has pairs of an event and
    a subject, such as ("failure", "r1"): what was seen to be well.
    """

    troubles: tuple[Trouble, ...] = ()
    healthy: frozenset[tuple[str, str]] = frozenset()
    hosts: int = 0

    @property
    def failed(self) -> int:
        """Hosts that are in trouble."""
        return len({one.subject for one in self.troubles if one.event == "failure"})


def judged(findings: Findings, config: AlertConfig) -> Findings:
    """The findings, their failures critical where too much of the fleet has failed at once."""
    share = 100 * findings.failed / max(findings.hosts, 1)
    if not config.critical_percent or share < config.critical_percent or findings.failed < 2:
        return findings
    troubles = tuple(
        replace(one, severity=Severity.CRITICAL) if one.event == "failure" else one
        for one in findings.troubles
    )
    return replace(findings, troubles=troubles)


def wanted(route: Route, trouble: Trouble) -> bool:
    """Whether a route takes this trouble."""
    return (
        trouble.event in route.events
        and trouble.severity >= route.severity
        and (not route.groups or bool(route.groups & trouble.groups))
    )


def told_by(route: Route, findings: Findings) -> list[Trouble]:
    """What a route lets through of a run's findings; failures below its threshold stay quiet."""
    passing = [one for one in findings.troubles if wanted(route, one)]
    failing = {one.subject for one in passing if one.event == "failure"}
    share = 100 * len(failing) / max(findings.hosts, 1)
    if len(failing) < route.min_hosts or share < route.min_percent:
        passing = [one for one in passing if one.event != "failure"]
    return passing


def told_to(
    target: str, routes: Iterable[Route], findings: Findings
) -> tuple[list[Route], list[Trouble]]:
    """The routes that lead to a target, and all that they let through, each trouble once."""
    leading = [route for route in routes if target in route.targets]
    passing = {id(one): one for route in leading for one in told_by(route, findings)}
    return leading, list(passing.values())


def failure_severity(error_class: str, classes: Collection[str] = CRITICAL_CLASSES) -> Severity:
    """How much a device's failure of this class matters by itself."""
    return Severity.CRITICAL if error_class in classes else Severity.WARNING
