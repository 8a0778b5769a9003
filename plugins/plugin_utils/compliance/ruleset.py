# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules made ready once, and devices judged by them."""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..config.tree import ParseWarning, Tree, parse
from ..platforms import Platform
from ..platforms import load as load_platform
from . import remedy
from .answers import Answer, Item, given
from .checks import KINDS, Check, Maker, Run
from .checks.base import Place
from .evidence import Shown
from .golden_rule import GoldenRule
from .lookup import Lookup
from .remedy import Remedy, RemedyError
from .results import DeviceFacts, DeviceVerdict, Finding, RuleInfo, State, score
from .rules.loader import PlatformSpec, RuleSpec, read_directory
from .rules.source import RuleError
from .waivers import NO_WAIVERS, Waivers

PRIME = Path(__file__).parent / "packs/prime"
"""The rules that the collection ships."""
PARAMETERS = "compliance_params"
"""The inventory variable with parameters of a host or a group."""
_VARIANTS = 2048
"""Rules with a device's own parameters that are kept ready at most."""
_TOP = Place()


def load(
    directories: Iterable[Path] = (),
    profile: str | None = None,
    params: Mapping[str, Any] | None = None,
    *,
    shipped: bool = True,
) -> RuleSet:
    """Load the shipped rules and those of directories; a later rule replaces one of the same id.

    ``profile`` leaves the rules of that profile only, with the parameters that it sets; ``params``
    are the run's own.

    Raises:
        RuleError: something is wrong; the text names file and line, and says what.
    """
    places = [PRIME, *directories] if shipped else [*directories]
    by_id = {rule.info.id: rule for place in places for rule in read_directory(place)}
    rules = [rule for rule in by_id.values() if profile is None or profile in rule.profiles]
    if not rules:
        known = sorted({name for rule in by_id.values() for name in rule.profiles})
        raise RuleError(
            f"no rule belongs to the profile {profile!r}; there are: {', '.join(known) or 'none'}"
        )
    _demand_known(params or {}, by_id.values())
    return RuleSet(rules, profile, params or {})


def _demand_known(params: Mapping[str, Any], rules: Iterable[RuleSpec]) -> None:
    """A misspelt parameter would change nothing, and nobody would notice."""
    known = {name for rule in rules for name in rule.parameters}
    exact = {f"{rule.info.id}.{name}" for rule in rules for name in rule.parameters}
    for name in params:
        if name not in known and name not in exact:
            near = difflib.get_close_matches(name, known | exact, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise RuleError(f"params: no rule has a parameter {name!r}{hint}")


@dataclass(frozen=True, slots=True)
class _Ready:
    """A rule's checks for one platform and one set of parameters."""

    spec: PlatformSpec
    check: Check | None
    when: Check | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a rule answered, before its texts are redacted."""

    info: RuleInfo
    answer: Answer
    ready: _Ready | None


class RuleSet:
    """Rules ready to judge. Judging is a pure function of the text, the facts and the day."""

    def __init__(
        self, rules: Sequence[RuleSpec], profile: str | None, parameters: Mapping[str, Any]
    ) -> None:
        """Make all checks, so that a wrong rule shows before any device is judged.

        Raises:
            RuleError: a check does not fit together; the text names file and line.
        """
        self._specs = tuple(rules)
        self.rules: tuple[RuleInfo, ...] = tuple(rule.info for rule in rules)
        self.profile = profile
        self._golden: GoldenRule | None = None
        self._parameters = {rule.info.id: _set(rule, profile, parameters) for rule in self._specs}
        self._checks = {
            (rule.info.id, platform): spec
            for rule in self._specs
            for spec in rule.checks
            for platform in spec.platforms
        }
        self._remade: dict[tuple[int, str], _Ready] = {}
        variables: set[str] = {PARAMETERS}
        self._made: dict[int, _Ready] = {}
        self._commands: dict[str, set[str]] = {}
        for rule in self._specs:
            for spec in rule.checks:
                values, commands = self._parameters[rule.info.id], set[str]()
                self._made[id(spec)] = _make(rule, spec, values, variables, commands)
                for platform in spec.platforms:
                    self._commands.setdefault(platform, set()).update(commands)
        self.variables = frozenset(variables)
        """The inventory variables that the rules read."""

    def commands(self, platform: str) -> tuple[str, ...]:
        """The ``show`` commands whose outputs the rules want of a platform, by its own name."""
        return tuple(sorted(self._commands.get(platform, ())))

    def only(self, *names: str) -> RuleSet:
        """The same rules, all but these left out; nothing is made anew."""
        fewer = copy(self)
        fewer._specs = tuple(rule for rule in self._specs if rule.info.id in names)
        fewer.rules = tuple(rule.info for rule in fewer._specs)
        fewer._golden = None
        return fewer

    def beside(self, golden: GoldenRule) -> RuleSet:
        """The same rules, and one more: the comparison with golden texts.

        Raises:
            RuleError: a rule has its id already.
        """
        taken = next((rule for rule in self.rules if rule.id == golden.info.id), None)
        if taken is not None:
            raise RuleError(f"{taken.source}: the id {taken.id} is that of the golden texts")
        more = copy(self)
        more._golden = golden
        more.rules = (*self.rules, golden.info)
        more.variables = self.variables | golden.variables
        return more

    def judge(
        self,
        text: str,
        facts: DeviceFacts,
        waivers: Waivers = NO_WAIVERS,
        today: datetime.date | None = None,
    ) -> DeviceVerdict:
        """Judge one configuration. ``today`` decides which waivers hold; without it all do.

        Raises:
            UnknownPlatform: the device's platform is not known. Nothing else.
        """
        platform = load_platform(facts.platform)
        tree = parse(text, platform)
        judged = self._judged(tree, platform, facts)
        shown = Shown(tree, platform, [one.answer for one in judged])
        findings = tuple(_finding(one, shown, facts, waivers, today) for one in judged)
        if self._golden is not None:
            compared = self._golden.judge(tree, platform, facts)
            findings = (*findings, _waived(compared, facts, waivers, today))
        warnings = tuple(replace(w, message=shown.message(given(w.message))) for w in tree.warnings)
        return self._verdict(facts, platform, findings, warnings)

    def unknown(self, facts: DeviceFacts, reason: str) -> DeviceVerdict:
        """The verdict on a device whose configuration there is not: unknown, as far as a rule is
        for it at all."""
        platform = load_platform(facts.platform)
        findings = []
        for rule in self._specs:
            answer = self._outside(rule, platform, facts) or Answer.unknown(reason)
            findings.append(Finding(rule.info.id, answer.state, answer.message))
        if self._golden is not None:
            findings.append(Finding(self._golden.info.id, State.UNKNOWN, reason))
        return self._verdict(facts, platform, tuple(findings), ())

    def remedies(
        self, text: str, facts: DeviceFacts, only: Iterable[str] | None = None
    ) -> tuple[Remedy, ...]:
        """The exact lines that would mend the failed rules, all of them or those of ``only``.

        They may hold secrets of the device: send them to it, and show those of the verdict.
        """
        platform = load_platform(facts.platform)
        judged = self._judged(parse(text, platform), platform, facts)
        wanted = None if only is None else set(only)
        made = []
        for one in judged:
            if one.answer.state is State.FAIL and (wanted is None or one.info.id in wanted):
                rows, _problem = _lines(one, facts)
                made.append(Remedy(one.info.id, rows))
        return tuple(remedy for remedy in made if remedy.lines)

    def _judged(self, tree: Tree, platform: Platform, facts: DeviceFacts) -> list[_Judged]:
        lookup = Lookup(tree)
        lost = next((warning for warning in tree.warnings if warning.lost), None)
        return [self._one(rule, lookup, platform, facts, lost) for rule in self._specs]

    def _one(
        self,
        rule: RuleSpec,
        lookup: Lookup,
        platform: Platform,
        facts: DeviceFacts,
        lost: ParseWarning | None,
    ) -> _Judged:
        outside = self._outside(rule, platform, facts)
        if outside is not None:
            return _Judged(rule.info, outside, None)
        ready = None
        try:
            ready = self._ready(rule, platform, facts)
            answer = _ask(ready, Run(lookup, platform, facts, ready.parameters))
        except RuleError as error:
            answer = Answer(State.ERROR, str(error))
        except Exception as error:  # noqa: BLE001 - a rule that breaks is that rule's result
            answer = Answer(State.ERROR, f"the rule broke: {type(error).__name__}: {given(error)}")
        if lost is not None and answer.absent:
            message = (
                f"line {lost.line}: {given(lost.message)}, so it cannot be told: {answer.message}"
            )
            answer = Answer(State.UNKNOWN, message)
        return _Judged(rule.info, answer, ready)

    def _outside(self, rule: RuleSpec, platform: Platform, facts: DeviceFacts) -> Answer | None:
        """The answer of a rule that is not for this device, None if it is."""
        spec = self._checks.get((rule.info.id, platform.name))
        if spec is None or (rule.platforms and platform.name not in rule.platforms):
            return Answer.not_applicable(f"the rule is not for {platform.title}")
        if rule.roles and facts.role and facts.role not in rule.roles:
            return Answer.not_applicable(f"the rule is not for the role {facts.role}")
        if rule.groups and set(rule.groups).isdisjoint(facts.groups):
            return Answer.not_applicable("the device is in none of the rule's groups")
        return None if spec.check is not None else Answer.not_applicable(spec.not_applicable)

    def _ready(self, rule: RuleSpec, platform: Platform, facts: DeviceFacts) -> _Ready:
        """The rule's checks; made anew where the device sets parameters of its own."""
        spec = self._checks[(rule.info.id, platform.name)]
        given = facts.variables.get(PARAMETERS)
        values = self._parameters[rule.info.id]
        if not given or not values:
            return self._made[id(spec)]
        if not isinstance(given, Mapping):
            raise RuleError(f"the variable {PARAMETERS} of {facts.name} is no mapping")
        changed = {**values, **_own(rule, given)}
        if changed == values:
            return self._made[id(spec)]
        key = (id(spec), repr(sorted(changed.items())))
        if key not in self._remade:
            if len(self._remade) >= _VARIANTS:
                self._remade.clear()
            self._remade[key] = _make(rule, spec, changed, set(), set())
        return self._remade[key]

    def _verdict(
        self,
        facts: DeviceFacts,
        platform: Platform,
        findings: tuple[Finding, ...],
        warnings: tuple[ParseWarning, ...],
    ) -> DeviceVerdict:
        weighted = (
            (info.weight, finding.state) for info, finding in zip(self.rules, findings, strict=True)
        )
        return DeviceVerdict(facts.name, platform.name, findings, score(weighted), warnings)


def _set(rule: RuleSpec, profile: str | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A rule's parameters: its defaults, the profile's, the run's."""
    of_profile = rule.profiles.get(profile, {}) if profile is not None else {}
    return {**rule.parameters, **of_profile, **_own(rule, parameters)}


def _own(rule: RuleSpec, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Those parameters that a rule has: by name, or by ``RULE.name``, which wins."""
    own = {name: parameters[name] for name in rule.parameters if name in parameters}
    exact = {name: f"{rule.info.id}.{name}" for name in rule.parameters}
    return {**own, **{n: parameters[key] for n, key in exact.items() if key in parameters}}


def _make(
    rule: RuleSpec,
    spec: PlatformSpec,
    parameters: Mapping[str, Any],
    variables: set[str],
    commands: set[str],
) -> _Ready:
    maker = Maker(rule.source, parameters, KINDS, variables=variables, commands=commands)
    if spec.remediation and (problem := remedy.check_template(spec.remediation)):
        raise rule.source.error(spec.line, f"{rule.info.id}: remediation: {problem}")
    return _Ready(
        spec,
        None if spec.check is None else maker.check(spec.check),
        None if spec.when is None else maker.check(spec.when),
        parameters,
    )


def _ask(ready: _Ready, run: Run) -> Answer:
    """Ask whether the rule applies, and then whether it holds."""
    if ready.check is None:  # _outside has answered already
        raise ValueError("there is no check for this platform")
    if ready.when is not None:
        answer = ready.when.answer(run, _TOP)
        if answer.state is not State.PASS:
            reason = ready.spec.otherwise or f"it does not apply: {answer.message}"
            state = State.UNKNOWN if answer.state is State.UNKNOWN else State.NOT_APPLICABLE
            return Answer(state, reason, absent=answer.absent)
    return ready.check.answer(run, _TOP)


def _lines(judged: _Judged, facts: DeviceFacts) -> tuple[tuple[str, ...], str]:
    """The remediation of a failed rule, and what went wrong in making it."""
    ready = judged.ready
    if ready is None or not ready.spec.remediation:
        return (), ""
    values = {**ready.parameters, "variables": facts.variables, "device": facts.name}
    try:
        items = judged.answer.items or (Item({}),)
        return remedy.lines(ready.spec.remediation, items, values), ""
    except RemedyError as error:
        return (), f"no remediation: {given(error)}"


def _finding(
    judged: _Judged,
    shown: Shown,
    facts: DeviceFacts,
    waivers: Waivers,
    today: datetime.date | None,
) -> Finding:
    answer = judged.answer
    rows, problem = _lines(judged, facts) if answer.state is State.FAIL else ((), "")
    finding = Finding(
        judged.info.id,
        answer.state,
        shown.message(answer.message),
        shown.evidence(answer),
        remediation=tuple(map(shown.text, rows)),
        warning=shown.message(problem) if problem else "",
    )
    return _waived(finding, facts, waivers, today)


def _waived(
    finding: Finding, facts: DeviceFacts, waivers: Waivers, today: datetime.date | None
) -> Finding:
    waiver = waivers.find(finding.rule, facts) if finding.state is State.FAIL else None
    if waiver is None:
        return finding
    if today is None or today <= waiver.expires:
        return replace(finding, state=State.WAIVED, waiver=waiver.note)
    expired = f"the waiver {waiver.id} of {waiver.owner} expired on {waiver.expires}"
    return replace(finding, waiver=waiver.note, warning=expired)
