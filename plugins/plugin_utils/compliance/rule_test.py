# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run rules against their fixtures, and change what made them pass: the verdict must flip.

A rule that passes whatever the configuration says is worse than none. So a passing case is run
once more for each of its mutations, or without the lines that it gave as evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UnknownPlatform
from ..platforms import own_name
from .results import DeviceFacts, Finding, State
from .rules.source import Entry, Source
from .ruleset import RuleSet

_CASE_KEYS = frozenset(
    {"platforms", "expect", "name", "config", "lines", "remediation", "mutate"}
    | {"params", "variables", "state", "role", "site", "groups"}
)
_STATES = tuple(State)
_MUTATION_KEYS = frozenset({"delete", "replace", "by", "add", "to"})


@dataclass(frozen=True, slots=True)
class Mutation:
    """One change of a configuration, and the state that has to come of it."""

    kind: str
    """delete, replace or add."""
    what: str
    by: str
    to: State
    line: int


@dataclass(frozen=True, slots=True)
class Case:
    """One fixture on one platform."""

    rule: str
    platform: str
    name: str
    expect: State
    config: str
    facts: DeviceFacts
    lines: tuple[int, ...] | None
    remediation: tuple[str, ...] | None
    mutations: tuple[Mutation, ...]
    source: str
    """``file:line``."""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How a case, or one of its mutations, came out."""

    rule: str
    platform: str
    name: str
    kind: str
    """The expected state, or ``mutation``."""
    ok: bool
    message: str
    """What came out instead, with file and line; empty when it is ok."""


def run(rules: RuleSet, fixtures: Path) -> Iterator[CaseResult]:
    """Run all cases of a directory, with their mutations.

    Raises:
        RuleError: a fixture file is wrong; the text names file and line.
    """
    known = {info.id for info in rules.rules}
    for case in read(fixtures):
        if case.rule not in known:
            yield _result(case, case.expect, "there is no such rule in the rule set")
            continue
        finding = _judge(rules, case, case.config)
        yield _result(case, case.expect, _difference(case, finding))
        if finding.state is case.expect:
            yield from _mutated(rules, case, finding)


def read(fixtures: Path) -> Iterator[Case]:
    """Read all cases of a directory, or of one file.

    Raises:
        RuleError: a file is wrong, or there is none.
    """
    paths = [fixtures] if fixtures.is_file() else sorted(fixtures.glob("*.y*ml"))
    if not paths:
        raise Source(fixtures).error(1, "there is no fixture (*.yml) in this directory")
    for path in paths:
        entry = Source(path).read()
        keys = entry.mapping()
        if set(keys) != {"rule", "cases"}:
            raise entry.error("a fixture file has the keys 'rule' and 'cases'")
        for one in keys["cases"].sequence():
            yield from _cases(str(keys["rule"].value()), one)


def coverage(rules: RuleSet, fixtures: Path) -> Iterator[str]:
    """Name what no fixture proves: a rule's platform without a passing or without a failing case,
    a rule without one that is not applicable."""
    seen = {(case.rule, case.platform, case.expect) for case in read(fixtures)}
    for info in rules.rules:
        for platform in info.platforms:
            for state in (State.PASS, State.FAIL):
                if (info.id, platform, state) not in seen:
                    yield f"{info.id}: no case is expected to {state} on {platform}"
        if not any(rule == info.id and state is State.NOT_APPLICABLE for rule, _p, state in seen):
            yield f"{info.id}: no case is expected to be not_applicable"


def _mutated(rules: RuleSet, case: Case, finding: Finding) -> Iterator[CaseResult]:
    for mutation in case.mutations:
        changed = _changed(case.config, mutation)
        if changed == case.config:
            yield _result(case, "mutation", f"line {mutation.line}: it changes nothing")
            continue
        after = _judge(rules, case, changed)
        problem = ""
        if after.state is not mutation.to:
            said = f"{mutation.kind} {mutation.what!r}"
            problem = f"{said}: still {after.state}, not {mutation.to}: {after.message}"
        yield _result(case, "mutation", problem)
    if not case.mutations and case.expect is State.PASS:
        yield _without_evidence(rules, case, finding)


def _without_evidence(rules: RuleSet, case: Case, finding: Finding) -> CaseResult:
    numbers = {evidence.line for evidence in finding.evidence if evidence.line}
    if not numbers:
        problem = "a passing case without lines as evidence needs mutate"
        return _result(case, "mutation", problem)
    rows = case.config.split("\n")
    kept = [row for number, row in enumerate(rows, 1) if number not in numbers]
    after = _judge(rules, case, "\n".join(kept))
    problem = "" if after.state is not State.PASS else "it passes without the lines of its evidence"
    return _result(case, "mutation", problem)


def _changed(config: str, mutation: Mutation) -> str:
    if mutation.kind == "add":
        return f"{config.rstrip()}\n{mutation.what.rstrip()}\n"
    pattern = re.compile(mutation.what)
    rows = config.split("\n")
    if mutation.kind == "delete":
        return "\n".join(row for row in rows if not pattern.search(row))
    return "\n".join(pattern.sub(lambda _match: mutation.by, row) for row in rows)


def _judge(rules: RuleSet, case: Case, config: str) -> Finding:
    return rules.only(case.rule).judge(config, case.facts).findings[0]


def _difference(case: Case, finding: Finding) -> str:
    """What is not as expected; empty when all is."""
    if finding.state is not case.expect:
        return f"{finding.state}, not {case.expect}: {finding.message}"
    lines = tuple(evidence.line for evidence in finding.evidence)
    if case.lines is not None and lines != case.lines:
        return f"the evidence is lines {list(lines)}, not {list(case.lines)}"
    if case.remediation is not None and finding.remediation != case.remediation:
        return f"the remediation is {list(finding.remediation)}, not {list(case.remediation)}"
    return ""


def _result(case: Case, kind: str, problem: str) -> CaseResult:
    message = f"{case.source}: {case.rule} on {case.platform}: {problem}" if problem else ""
    return CaseResult(case.rule, case.platform, case.name, kind, not problem, message)


def _cases(rule: str, entry: Entry) -> Iterator[Case]:
    keys = entry.mapping()
    if unknown := set(keys) - _CASE_KEYS:
        allowed = ", ".join(sorted(_CASE_KEYS))
        raise entry.error(f"a case has no key {sorted(unknown)[0]!r}; there are {allowed}")
    for key in ("platforms", "expect", "config"):
        if key not in keys:
            raise entry.error(f"the key {key!r} is missing")
    values = {key: one.value() for key, one in keys.items() if key != "mutate"}
    if values["expect"] not in _STATES:
        raise keys["expect"].error(f"one of {', '.join(_STATES)} is expected")
    mutations = keys["mutate"].sequence() if "mutate" in keys else []
    for name in _listed(keys, values, "platforms"):
        yield Case(
            rule=rule,
            platform=_platform(keys["platforms"], name),
            name=str(values.get("name", "")),
            expect=State(values["expect"]),
            config=str(values["config"] or ""),
            facts=_facts(keys, values, name),
            lines=tuple(_listed(keys, values, "lines")) if "lines" in values else None,
            remediation=_remediation(keys, values),
            mutations=tuple(map(_mutation, mutations)),
            source=f"{entry.source.path}:{entry.line}",
        )


def _facts(keys: Mapping[str, Entry], values: Mapping[str, Any], platform: str) -> DeviceFacts:
    variables = dict(_mapping(keys, values, "variables"))
    params = _mapping(keys, values, "params")
    if params:
        variables["compliance_params"] = params
    return DeviceFacts(
        name=str(variables.pop("inventory_hostname", "fixture")),
        platform=platform,
        site=str(values.get("site", "")),
        role=str(values.get("role", "")),
        groups=tuple(_listed(keys, values, "groups")),
        variables=variables,
        state=_mapping(keys, values, "state"),
    )


def _platform(entry: Entry, name: Any) -> str:
    try:
        return own_name(str(name))
    except UnknownPlatform as error:
        raise entry.error(str(error)) from error


def _mapping(keys: Mapping[str, Entry], values: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = values.get(key, {})
    if not isinstance(value, dict):
        raise keys[key].error(f"{key}: a mapping is expected")
    return value


def _listed(keys: Mapping[str, Entry], values: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = values.get(key, [])
    if not isinstance(value, list):
        raise keys[key].error(f"{key}: a list is expected")
    return value


def _remediation(keys: Mapping[str, Entry], values: Mapping[str, Any]) -> tuple[str, ...] | None:
    if "remediation" not in values:
        return None
    return tuple(str(row).rstrip() for row in _listed(keys, values, "remediation"))


def _mutation(entry: Entry) -> Mutation:
    values = {key: one.value() for key, one in entry.mapping().items()}
    kinds = [kind for kind in ("delete", "replace", "add") if kind in values]
    if set(values) - _MUTATION_KEYS or len(kinds) != 1 or ("by" in values) != ("replace" in values):
        raise entry.error("a mutation is {delete: ..}, {replace: .., by: ..} or {add: ..}, and to")
    if values.get("to", "fail") not in _STATES:
        raise entry.error(f"to: one of {', '.join(_STATES)} is expected")
    what = str(values[kinds[0]])
    if kinds[0] != "add":
        try:
            re.compile(what)
        except re.error as error:
            raise entry.error(f"{what!r} is no regular expression: {error}") from error
    state = State(values.get("to", "fail"))
    return Mutation(kinds[0], what, str(values.get("by", "")), state, entry.line)
