# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The runner of fixtures: it finds rules that do nothing, and says where a fixture is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    RuleError,
    RuleSet,
    rule_test,
)

Rules = Callable[..., RuleSet]
Write = Callable[..., Path]

CASES = """\
rule: T-001
cases:
  - platforms: [cisco_ios]
    expect: pass
    config: |
      line vty 0 4
       transport input ssh
    lines: [1, 2]
    mutate:
      - {delete: transport input}
      - {replace: ssh, by: all}
      - {add: "line vty 5 15", to: fail}
  - platforms: [cisco_ios]
    expect: fail
    config: line vty 0 4
"""
SSH = "each_section: line vty\nnone: fail\ncheck: {require: 'transport input ssh$'}"


def run(rules: RuleSet, fixtures: Path) -> list[str]:
    """The messages of what is not ok."""
    return [result.message for result in rule_test.run(rules, fixtures) if not result.ok]


def test_right_rules_pass_with_all_their_mutations(rules: Rules, write: Write) -> None:
    """One result for a case, one more for each change."""
    fixtures = write(CASES, "cases.fixture")
    results = list(rule_test.run(rules(SSH), fixtures))
    assert [result.kind for result in results] == ["pass", *["mutation"] * 3, "fail"]
    assert all(result.ok for result in results)


def test_a_rule_that_does_nothing_is_found_by_its_mutations(rules: Rules, write: Write) -> None:
    """It passes whatever the configuration says, so no mutation flips it."""
    fixtures = write(CASES, "cases.fixture")
    vacuous = rules("each_section: line vty\nnone: fail\ncheck: {forbid: no such line}")
    problems = run(vacuous, fixtures)
    assert any("delete 'transport input': still pass, not fail" in problem for problem in problems)
    assert any(": pass, not fail: " in problem for problem in problems)
    assert all(problem.startswith(str(fixtures)) for problem in problems)


def test_without_mutations_the_lines_of_the_evidence_are_deleted(
    rules: Rules, write: Write
) -> None:
    """A passing case is proved in any event; one without evidence has to say how."""
    plain = "rule: T-001\ncases:\n  - {platforms: [cisco_ios], expect: pass, config: 'a b'}\n"
    fixtures = write(plain, "cases.fixture")
    assert run(rules("require: a"), fixtures) == []
    [problem] = run(rules("forbid: c"), fixtures)
    assert "a passing case without lines as evidence needs mutate" in problem
    [problem] = run(rules("any: [{require: a}, {forbid: c}]"), fixtures)
    assert "it passes without the lines of its evidence" in problem


def test_lines_remediation_and_mutations_that_change_nothing_are_checked(
    rules: Rules, write: Write
) -> None:
    """What a fixture promises has to come out."""
    fixtures = write(CASES.replace("[1, 2]", "[2]").replace("by: all", "by: ssh"), "cases.fixture")
    problems = run(rules(SSH), fixtures)
    assert any("the evidence is lines [1, 2], not [2]" in problem for problem in problems)
    assert any("it changes nothing" in problem for problem in problems)
    text = CASES.replace("config: line vty 0 4\n", "config: line vty 0 4\n    remediation: [x]\n")
    [problem] = run(rules(SSH, more="remediation: y\n"), write(text, "cases.fixture"))
    assert "the remediation is ['y'], not ['x']" in problem


def test_facts_of_a_case_reach_the_rule(rules: Rules, write: Write) -> None:
    """Variables, parameters, role, groups and outputs."""
    check = "all: [{set: 'ntp (?P<value>.)', equals: ntp}, {count: a, max: '{most}'}]"
    ruleset = rules(check, head="params: {most: 0}\napplies_to: {roles: [edge], groups: [g]}\n")
    case = (
        "rule: T-001\ncases:\n  - platforms: [cisco_ios]\n    expect: pass\n    role: edge\n"
        "    groups: [g]\n    variables: {ntp: [x]}\n    params: {most: 1}\n"
        '    config: "ntp x\\na\\n"\n    mutate: [{delete: ntp}]\n'
    )
    assert run(ruleset, write(case, "cases.fixture")) == []
    assert len(run(ruleset, write(case.replace("[g]", "[h]"), "cases.fixture"))) == 1


def test_coverage_names_what_no_fixture_proves(rules: Rules, write: Write) -> None:
    """Every platform of a rule wants one that passes and one that fails."""
    fixtures = write(CASES, "cases.fixture")
    assert list(rule_test.coverage(rules(SSH, "cisco_ios, frr"), fixtures)) == [
        "T-001: no case is expected to pass on frr",
        "T-001: no case is expected to fail on frr",
        "T-001: no case is expected to be not_applicable",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (CASES.replace("expect: fail", "expect: failed"), 14, "one of pass, fail"),
        (CASES.replace("    expect: fail\n", ""), 13, "the key 'expect' is missing"),
        (CASES.replace("mutate", "mutations"), 3, "a case has no key 'mutations'"),
        (CASES.replace("{delete: transport input}", "{delete: '('}"), 10, "no regular expression"),
        (CASES.replace("{delete: transport input}", "{del: a}"), 10, "a mutation is {delete: ..}"),
        (CASES.replace("by: all", "to: fail"), 11, "a mutation is"),
        (CASES.replace("[cisco_ios]", "[cisco_iso]"), 3, "near matches: cisco_ios"),
        (CASES.replace("rule:", "rules:"), 1, "the keys 'rule' and 'cases'"),
    ],
)
def test_a_wrong_fixture_is_named_with_file_and_line(
    rules: Rules, write: Write, text: str, line: int, words: str
) -> None:
    """An error in a fixture is not a failure of the rule."""
    fixtures = write(text, "cases.fixture")
    with pytest.raises(RuleError) as caught:
        run(rules(SSH), fixtures)
    assert str(caught.value).startswith(f"{fixtures}:{line}: ")
    assert words in str(caught.value)


def test_a_fixture_of_a_rule_that_is_not_there_fails(rules: Rules, write: Write) -> None:
    """A misspelt id would otherwise prove nothing, silently."""
    [first, *_more] = run(rules(SSH), write(CASES.replace("T-001", "T-002"), "cases.fixture"))
    assert "T-002 on cisco_ios: there is no such rule" in first
