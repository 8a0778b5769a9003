# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gathers what goes wrong in a playbook run, from ordinary tasks and from fleet tasks alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ..events import (
    BreakerClosed,
    BreakerOpened,
    ComplianceFinding,
    DeviceDone,
    DeviceEvent,
    DeviceJudged,
    Event,
    LoginBudgetSpent,
)
from .notify_config import Severity
from .notify_trouble import CRITICAL_BREAKERS, Findings, Trouble, failure_severity
from .text import one_line

MAX_FINDINGS = 100_000
"""Of compliance that are kept: ten for each of 10,000 devices. Each is remembered as told, or the
rest of them would be news some other night."""
SEVERITIES = {"critical": Severity.CRITICAL, "high": Severity.CRITICAL, "low": Severity.INFO}
"""Of compliance rules; what is not named here is a warning."""

STILL = "it fails still"
"""Of a rule that failed in an earlier run, which told the reason; the report has it too."""

Groups = Callable[[str], frozenset[str]]
"""The inventory groups of a host; empty for one that the inventory does not know."""


def no_groups(_name: str) -> frozenset[str]:
    """For a run without an inventory at hand."""
    return frozenset()


class RunWatch:
    """The state of one playbook run. Its methods may be called from any thread.

    ``now`` is called with findings that cannot wait for the end: a breaker that opened or closed,
    a login budget that is used up.
    """

    def __init__(self, now: Callable[[Findings], None]) -> None:
        self.groups: Groups = no_groups
        self._now = now
        self._lock = threading.Lock()
        self._host_failures: dict[str, Trouble] = {}
        self._devices: dict[str, Trouble | None] = {}
        self._compliance: dict[tuple[str, str], Trouble] = {}
        self._judged: set[str] = set()
        self._closed: set[str] = set()

    def host_failed(self, host: str, task: str, message: str) -> None:
        """An ordinary task failed on a host, or did not reach it. The last one of a host counts."""
        trouble = Trouble(
            event="failure",
            subject=host,
            kind=one_line(task, 120),
            message=message,
            groups=self.groups(host),
        )
        with self._lock:
            self._host_failures[host] = trouble

    def device_failed(self, host: str, error_class: str, message: str, remedy: str) -> None:
        """A device failed, by its own result; for a run whose events did not come through."""
        with self._lock:
            if self._devices.get(host) is None:
                self._devices[host] = self._device(host, "", error_class, message, remedy)

    def event(self, event: Event) -> None:
        """Something that the fleet told."""
        if isinstance(event, DeviceDone):
            self._device_done(event)
        elif isinstance(event, DeviceJudged):
            self._device_judged(event)
        elif isinstance(event, ComplianceFinding):
            self._finding(event)
        elif isinstance(event, BreakerOpened):
            self._closed.discard(_breaker(event))
            self._now(Findings((_opened(event),)))
        elif isinstance(event, BreakerClosed):
            self._closed.add(_breaker(event))
            self._now(self.recovered())
        elif isinstance(event, LoginBudgetSpent):
            self._now(Findings((_spent(event),)))

    def recovered(self) -> Findings:
        """The breakers that closed and did not open again."""
        return Findings(healthy=frozenset(("breaker_opened", name) for name in self._closed.copy()))

    def findings(self, seen: Iterable[str], failed: Iterable[str]) -> Findings:
        """What the run comes to, at its end.

        ``seen`` are the hosts of Ansible's recap, ``failed`` those that it counts as failed or
        unreachable: a failure that was rescued or ignored is none, unless a fleet task told it.
        """
        failing = frozenset(failed)
        with self._lock:
            devices = {name: one for name, one in self._devices.items() if one}
            hosts = {n: one for n, one in self._host_failures.items() if n in failing}
            rest = {n: _unexplained(n, self.groups(n)) for n in failing - devices.keys()}
            failures = {**rest, **hosts, **devices}
            every = frozenset(seen) | self._devices.keys()
            healthy = {("failure", name) for name in every - failures.keys()}
            healthy |= {("compliance", name) for name in self._judged}
            healthy |= self.recovered().healthy
            troubles = (*failures.values(), *self._compliance.values())
        return Findings(troubles, frozenset(healthy), len(every))

    def _device_done(self, event: DeviceDone) -> None:
        """A device that was left alone is neither well nor failed."""
        if event.status == "skipped":
            return
        failure = None
        if event.error_class:
            failure = self._device(
                event.device, event.site, event.error_class, event.message, event.remedy
            )
        with self._lock:
            self._devices[event.device] = failure

    def _device(self, name: str, site: str, kind: str, message: str, remedy: str) -> Trouble:
        return Trouble(
            event="failure",
            subject=name,
            kind=kind,
            message=message,
            severity=failure_severity(kind),
            groups=self.groups(name) | ({site} if site else set()),
            remedy=remedy,
        )

    def _device_judged(self, event: DeviceJudged) -> None:
        """All that is open on the device; what is new is told once more, with its own words."""
        groups = self._groups_of(event)
        pairs = [(rule, severity) for severity, rules in event.open.items() for rule in rules]
        kept = all(self._keep(event.device, *pair, STILL, groups) for pair in pairs)
        with self._lock:
            if kept:  # else what is missing would count as over
                self._judged.add(event.device)

    def _finding(self, event: ComplianceFinding) -> None:
        groups = self._groups_of(event)
        self._keep(event.device, event.rule, event.severity, event.message, groups)

    def _groups_of(self, event: DeviceEvent) -> frozenset[str]:
        return self.groups(event.device) | ({event.site} if event.site else set())

    def _keep(
        self, device: str, rule: str, severity: str, message: str, groups: frozenset[str]
    ) -> bool:
        trouble = Trouble(
            event="compliance",
            subject=device,
            kind=rule,
            message=message,
            severity=SEVERITIES.get(severity, Severity.WARNING),
            groups=groups,
        )
        with self._lock:
            fits = len(self._compliance) < MAX_FINDINGS or (device, rule) in self._compliance
            if fits:
                self._compliance[device, rule] = trouble
        return fits


def _unexplained(host: str, groups: frozenset[str]) -> Trouble:
    message = "Ansible counts it as failed; its output says why"
    return Trouble("failure", host, "failed", message, groups=groups)


def _breaker(event: BreakerOpened | BreakerClosed) -> str:
    return f"{event.breaker} {event.subject}"


def _opened(event: BreakerOpened) -> Trouble:
    critical = event.breaker in CRITICAL_BREAKERS
    return Trouble(
        event="breaker_opened",
        subject=_breaker(event),
        kind=event.error_class or "breaker",
        message=event.reason,
        severity=Severity.CRITICAL if critical else Severity.WARNING,
        groups=frozenset({event.subject}) if event.breaker == "group" else frozenset(),
    )


def _spent(event: LoginBudgetSpent) -> Trouble:
    return Trouble(
        event="login_budget",
        subject=one_line(event.subject, 120),
        kind="login_budget",
        message=f"{event.refused} logins were refused, of {event.budget} that may be; "
        "nobody tries it any more",
        severity=Severity.CRITICAL,
        remedy="Check the user name and password in the inventory or vault before the next run.",
    )
