# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judging a device in another process, and what follows from it for the device's outcome."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from nornir.core.task import Result, Task

from ..compliance import RuleSet, Waivers
from ..compliance.report.model import OPEN, Verdict, finding_json
from ..compliance.results import DeviceFacts, DeviceVerdict, Finding, RuleInfo, Severity, State
from ..config.normalise import Normalised, mirror_lines, visible
from ..config.redact import redact
from ..errors import Interrupted, MirrorError, NetopsError, NoConfiguration, NotCompliant
from ..fleet.device import Device
from ..fleet.host import FleetHost, fleet_host
from ..fleet.middleware.base import Middleware
from ..fleet.outcome import Outcome
from ..platforms import load
from ..store import Store
from ..store.compliance import canonical
from ..store.mirror import mirror_path
from ..store.records import DeviceStatus, JudgedRecord, LastGood
from ..tasks.fetch_state import Heard
from .pool import ForkPool, PoolClosed, WorkerFailed

NAMED = 5
"""Failed rules that a device's message names; the report has them all."""

_SETTLED = frozenset({State.PASS, State.NOT_APPLICABLE, State.WAIVED})


@dataclass(frozen=True, slots=True)
class Standard:
    """What devices are judged by. ``fail_on``: the severity from which on one failed rule fails."""

    rules: RuleSet
    waivers: Waivers
    today: date
    min_score: float = 70.0
    fail_on: Severity | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a process is given of a device: its text, or the hash by which the store has it."""

    facts: DeviceFacts
    sha256: str | None = None
    exact: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What comes back: small, and ready to be written."""

    score: float | None
    body: bytes
    states: Mapping[str, int]
    open: Mapping[str, tuple[str, str]]
    settled: frozenset[str]


def reader(open_store: Callable[[], Store]) -> Callable[[Case], str]:
    """What gives a process the exact text that a case is about.

    A process that is handed fetched texts only never opens the store.
    """
    store = cache(open_store)

    def read(case: Case) -> str:
        return store().text(case.sha256 or "") if case.exact is None else case.exact

    return read


def judge_in_process(
    standard: Standard, open_store: Callable[[], Store]
) -> Callable[[], Callable[[Case], Judgement]]:
    """What a process of the pool is prepared with: the rules, and a store of its own."""

    def prepare() -> Callable[[Case], Judgement]:
        read = reader(open_store)

        def judge(case: Case) -> Judgement:
            text = visible(read(case))
            platform = load(case.facts.platform)
            rules = standard.rules
            verdict = rules.judge(text, case.facts, standard.waivers, today=standard.today)
            return judgement(verdict, rules.rules, mirror_lines(text, platform))

        return judge

    return prepare


def judgement(
    verdict: DeviceVerdict, rules: tuple[RuleInfo, ...], numbers: Sequence[int] | None = None
) -> Judgement:
    """A verdict in the form that it is kept in; ``numbers`` are its lines' as people see them."""
    severity = {rule.id: rule.severity.value for rule in rules}
    findings = verdict.findings
    if numbers:
        findings = tuple(_renumbered(finding, numbers) for finding in findings)
    return Judgement(
        score=verdict.score,
        body=canonical([finding_json(finding) for finding in findings]),
        states={state.value: count for state, count in verdict.counts.items() if count},
        open={
            finding.rule: (severity[finding.rule], finding.state.value)
            for finding in findings
            if finding.state in OPEN
        },
        settled=frozenset(finding.rule for finding in findings if finding.state in _SETTLED),
    )


def _renumbered(finding: Finding, numbers: Sequence[int]) -> Finding:
    evidence = (
        replace(each, line=numbers[each.line - 1]) if each.line else each
        for each in finding.evidence
    )
    return replace(finding, evidence=tuple(evidence))


def ask(pool: ForkPool, case: Case, broken: type[NetopsError]) -> Any:
    """What a process of the pool makes of a case.

    Raises ``broken`` when that fails, `Interrupted` when the run was ended meanwhile.
    """
    try:
        return pool.call(case)
    except WorkerFailed as failure:
        # A check of the user's own may have put a line of the text into its exception.
        words = " ".join(redact(str(failure)).split())
        raise broken(f"it could not be judged: {words}") from None
    except PoolClosed:
        raise Interrupted("the run was ended while the device was being judged") from None


class StoredCopies:
    """Nornir task that contacts nobody: fails a device whose configuration the store has not."""

    __name__ = "stored_config"

    def __init__(self, copies: Mapping[str, LastGood]) -> None:
        self._copies = copies

    def __call__(self, task: Task) -> Result:
        """Look the device up."""
        if task.host.name not in self._copies:
            raise NoConfiguration("the store has no configuration of it")
        fleet_host(task.host).device.os  # noqa: B018 - raises where the platform is unknown
        return Result(task.host)


class Judge(Middleware):
    """Judges each device as it ends, and makes its verdict the device's outcome.

    Comes before what records and counts. ``copies`` are the stored texts; without them a device is
    judged by the text that was fetched.
    """

    def __init__(
        self,
        standard: Standard,
        pool: ForkPool,
        copies: Mapping[str, LastGood] | None,
        path_template: str,
        role_variable: str,
    ) -> None:
        self._standard = standard
        self._pool = pool
        self._copies = copies
        self._path_template = path_template
        self._role_variable = role_variable
        self._lock = threading.Lock()
        self.verdicts: Counter[str] = Counter()
        self.states: Counter[str] = Counter()
        self.failed_rules: Counter[str] = Counter()
        self._score_sum = 0.0
        self._scores = 0

    @property
    def score(self) -> float | None:
        """The mean of the scores of the devices judged so far; None where there is none."""
        return round(self._score_sum / self._scores, 1) if self._scores else None

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Judge the device; never raises for its sake."""
        facts = device_facts(host.device, self._role_variable, host.flight.state)
        error = outcome.error
        found: Judgement | None = None
        if error is None and outcome.status != "skipped":
            try:
                found = ask(self._pool, self._case(facts, outcome), NoConfiguration)
            except NetopsError as failure:
                error = failure
        host.flight.outcome = self._settled(outcome, facts, found, error)

    def _case(self, facts: DeviceFacts, outcome: Outcome) -> Case:
        if isinstance(outcome.result, Normalised):
            return Case(facts, exact=outcome.result.exact)
        return Case(facts, sha256=self._stored_hash(outcome.name))

    def _stored_hash(self, name: str) -> str | None:
        copy = (self._copies or {}).get(name)
        return copy.config_sha256 if copy else None

    def _settled(
        self,
        outcome: Outcome,
        facts: DeviceFacts,
        found: Judgement | None,
        error: NetopsError | None,
    ) -> Outcome:
        rules = self._standard.rules
        if found is None:
            found = judgement(rules.unknown(facts, str(error or outcome.message)), rules.rules)
        else:
            error = failing(found, self._standard)
        verdict = verdict_of(found, error)
        self._count(found, verdict)
        message = outcome.message or str(error or "")
        reason = message or ("" if verdict == "compliant" else "no rule could be judged on it")
        return replace(
            outcome,
            status=_status(outcome, error),
            finished=time.time(),
            error=error,
            message=message,
            judged=self._record(outcome, facts, found, verdict, reason),
        )

    def _count(self, found: Judgement, verdict: Verdict) -> None:
        with self._lock:
            self.verdicts[verdict] += 1
            self.states.update(found.states)
            self.failed_rules.update(found.open.keys())
            if found.score is not None:
                self._score_sum += found.score
                self._scores += 1

    def _record(
        self,
        outcome: Outcome,
        facts: DeviceFacts,
        found: Judgement,
        verdict: Verdict,
        reason: str,
    ) -> JudgedRecord:
        return JudgedRecord(
            score=found.score,
            verdict=verdict,
            body=found.body,
            role=facts.role,
            file=self._file(outcome),
            reason=reason,
            config_sha256=self._stored_hash(outcome.name),
            open=found.open,
            settled=found.settled,
            summary={
                "score": found.score,
                "verdict": verdict,
                "states": dict(found.states),
                "failed": worst_first(found),
            },
        )

    def _file(self, outcome: Outcome) -> str:
        try:
            return mirror_path(self._path_template, outcome.name, outcome.site, outcome.platform)
        except MirrorError:  # of this device's names; the backup tells of it
            return outcome.name


def _status(outcome: Outcome, error: NetopsError | None) -> DeviceStatus:
    if outcome.error or outcome.status == "skipped":
        return outcome.status
    return "failed" if error else "ok"


def device_facts(device: Device, role_variable: str, heard: Heard | None = None) -> DeviceFacts:
    """What the rules may know of a device besides its text."""
    variables = {name: value for name, value in device.data.items() if value is not None}
    groups = variables.pop("group_names", ())
    return DeviceFacts(
        name=device.name,
        platform=device.platform_name,
        site=device.site,
        role=str(variables.get(role_variable, "")),
        groups=tuple(map(str, groups)),
        variables=variables,
        state=heard.outputs if heard else {},
        unheard=heard.unheard if heard else {},
    )


def failing(found: Judgement, standard: Standard) -> NotCompliant | None:
    """Why a judged device is not compliant, worst rules first; None when it is."""
    reasons = []
    if found.score is not None and found.score < standard.min_score:
        reasons.append(f"its score of {found.score:.0f} is below {standard.min_score:g}")
    if standard.fail_on and any(
        Severity(severity).rank >= standard.fail_on.rank for severity, _state in found.open.values()
    ):
        reasons.append(f"a rule of severity {standard.fail_on} or worse failed")
    if not reasons:
        return None
    names = worst_first(found)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return NotCompliant(f"{' and '.join(reasons)} ({', '.join(names[:NAMED])}{more})")


def worst_first(found: Judgement) -> list[str]:
    """The rules that count against the device, by severity and then by name."""
    return sorted(found.open, key=lambda rule: (-Severity(found.open[rule][0]).rank, rule))


def verdict_of(found: Judgement, error: NetopsError | None) -> Verdict:
    """The device's verdict: without a score there is nothing to go by."""
    if isinstance(error, NotCompliant):
        return "failing"
    return "compliant" if error is None and found.score is not None else "unjudged"
