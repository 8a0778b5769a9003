# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the lines of a change come from: the user, or the rules that fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..compliance.ordering import ordered
from ..compliance.results import DeviceFacts, State
from ..config.normalise import Normalised, visible
from ..config.redact import redact
from ..errors import BadInventory, NetopsError, NoConfiguration, NotMended
from ..fleet.device import Device
from ..platforms import Platform, load
from ..store import Store
from ..store.records import LastGood
from ..tasks.apply_config import Plan
from .judge import Case, Standard, ask, device_facts, reader
from .pool import ForkPool

_BAD = frozenset({State.FAIL, State.ERROR})


@dataclass(frozen=True, slots=True)
class Answer:
    """What would mend the device, and the rules that do not hold on it."""

    plan: Plan
    bad: frozenset[str]


def mend_in_process(
    standard: Standard, wanted: frozenset[str], open_store: Callable[[], Store]
) -> Callable[[], Callable[[Case], Answer]]:
    """What a process of the pool is prepared with. ``wanted``: the rules that may be mended."""

    def prepare() -> Callable[[Case], Answer]:
        read = reader(open_store)

        def answer(case: Case) -> Answer:
            return mending(visible(read(case)), case.facts, standard, wanted)

        return answer

    return prepare


def mending(text: str, facts: DeviceFacts, standard: Standard, wanted: frozenset[str]) -> Answer:
    """The lines of the failed rules in their order. A waived rule is nobody's business here."""
    rules, platform = standard.rules, load(facts.platform)
    findings = rules.judge(text, facts, standard.waivers, today=standard.today).findings
    failed = {
        each.rule: each for each in findings if each.state is State.FAIL and each.rule in wanted
    }
    remedies = rules.remedies(text, facts, only=failed)
    having = {remedy.rule for remedy in remedies}
    lines = ordered((row for remedy in remedies for row in remedy.lines), platform)
    plan = Plan(
        lines=lines,
        shown=fit_to_show(lines, platform),
        rules=tuple(rule for rule in failed if rule in having),
        by_hand={
            rule: each.warning or each.message
            for rule, each in failed.items()
            if rule not in having
        },
        passing=frozenset(each.rule for each in findings if each.state is State.PASS),
    )
    return Answer(plan, frozenset(each.rule for each in findings if each.state in _BAD))


def fit_to_show(lines: Sequence[str], platform: Platform) -> tuple[str, ...]:
    """The lines without secrets, as many as there are."""
    shown = redact("\n".join(lines), platform).split("\n")
    if len(shown) != len(lines):  # a secret of several lines
        shown = [redact(line, platform) for line in lines]
    return tuple(shown)


class GivenLines:
    """Planner of lines that the user gives: the same for all, or a variable of each host.

    They are entered in the user's order.
    """

    def __init__(self, lines: Sequence[str] | None, variable: str | None) -> None:
        self._lines, self._variable = lines, variable

    def plan(self, device: Device) -> Plan:
        """The device's lines; raises `BadInventory` for a variable that holds none."""
        given = self._lines if self._variable is None else device.data.get(self._variable)
        if given is None:
            return Plan()
        rows = given.split("\n") if isinstance(given, str) else given
        if not isinstance(rows, Sequence) or not all(isinstance(row, str) for row in rows):
            raise BadInventory(f"{self._variable} is neither a text nor a list of lines")
        lines = tuple(row.rstrip() for each in rows for row in each.split("\n") if row.strip())
        return Plan(lines, fit_to_show(lines, device.os))

    def again(self, device: Device, copy: Normalised) -> Plan:
        """The same lines, whatever the device has."""
        return self.plan(device)

    def judge(self, device: Device, plan: Plan, copy: Normalised) -> None:
        """There are no rules to judge by."""


class FailedRules:
    """Planner of what would mend the rules that fail."""

    def __init__(self, pool: ForkPool, copies: Mapping[str, LastGood], role_variable: str) -> None:
        self._pool, self._copies, self._role_variable = pool, copies, role_variable
        self._lock = threading.Lock()
        self._plans: dict[str, Plan] = {}

    def plan(self, device: Device) -> Plan:
        """By the stored copy. It is asked for before a device's turn, and in it."""
        with self._lock:
            known = self._plans.get(device.name)
        if known is None:
            copy = self._copies.get(device.name)
            if copy is None:
                raise NoConfiguration("the store has no configuration of it")
            # Of a big fleet all are asked before the first ones are done: only what is needed.
            plan = self._ask(device, sha256=copy.config_sha256).plan
            known = replace(plan, passing=frozenset())
            with self._lock:
                self._plans[device.name] = known
        return known

    def again(self, device: Device, copy: Normalised) -> Plan:
        """By the copy from before, since the device may have been changed by somebody else."""
        with self._lock:
            self._plans.pop(device.name, None)
        return self._ask(device, exact=copy.exact).plan

    def judge(self, device: Device, plan: Plan, copy: Normalised) -> None:
        """Raise `NotMended` when a rule fails still, or fails now and did not before."""
        bad = self._ask(device, exact=copy.exact).bad
        still = [rule for rule in plan.rules if rule in bad]
        broken = sorted(plan.passing & bad)
        reasons = []
        if still:
            reasons.append(f"still failing: {', '.join(still)}")
        if broken:
            reasons.append(f"failing now, and passed before: {', '.join(broken)}")
        if reasons:
            raise NotMended("; ".join(reasons))

    def _ask(self, device: Device, sha256: str | None = None, exact: str | None = None) -> Answer:
        facts = device_facts(device, self._role_variable)
        answer: Answer = ask(self._pool, Case(facts, sha256, exact), NetopsError)
        return answer
