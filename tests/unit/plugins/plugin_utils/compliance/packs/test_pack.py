# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shipped rules do what they say, each on each of its platforms."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
import yaml
from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    PRIME,
    DeviceFacts,
    DeviceVerdict,
    RuleSet,
    State,
    load,
    rule_test,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.ordering import ordered
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.rules.loader import (
    read_directory,
)
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import clean

from tests.lab.fleet.configs import make_config
from tests.lab.fleet.configs.facts import Facts
from tests.lab.fleet.plan import ROLES, DeviceSpec
from tests.unit.fixtures.configs.samples import sample
from tests.unit.plugins.plugin_utils.compliance.packs.device import (
    enter_blocks,
    enter_indented,
    enter_paths,
    enter_set,
)
from tests.unit.plugins.plugin_utils.compliance.packs.page import PLATFORMS, page

ROOT = Path(__file__).parents[6]
SAMPLES = Path(__file__).with_name("samples.yml")
FIXTURES = ROOT / "tests/unit/fixtures/compliance"
RULES = {rule.info.id: rule for rule in read_directory(PRIME)}
GRADES = ("good", "fair", "bad")
INDENTED = ("cisco_ios", "cisco_xe", "cisco_nxos", "cisco_xr", "arista_eos", "huawei_vrp")
ENTERED = {
    "juniper_junos": ("set", enter_set),
    "paloalto_panos": ("set", enter_set),
    "fortinet": ("native", enter_blocks),
    "nokia_sros": ("native", enter_paths),
}
EACH_RULE = pytest.mark.parametrize("rule", sorted(RULES))
EACH_PLATFORM = pytest.mark.parametrize("platform", PLATFORMS)


@cache
def pack(profile: str | None = None) -> RuleSet:
    """The shipped rules."""
    return load(profile=profile)


@cache
def outcomes() -> dict[str, list[rule_test.CaseResult]]:
    """What came of each rule's cases and mutations."""
    by_rule = defaultdict(list)
    for result in rule_test.run(pack(), FIXTURES):
        by_rule[result.rule].append(result)
    return by_rule


def spec(platform: str, number: int, grade: str) -> DeviceSpec:
    """A device of the lab."""
    return DeviceSpec(
        name=f"ams-{ROLES[platform]}-{number:02d}",
        number=number,
        address="127.0.0.1",
        platform=platform,
        site="ams",
        role=ROLES[platform],
        size_kb=5,
        grade=grade,
    )


def text(device: DeviceSpec, form: str = "native") -> str:
    """A device's configuration as it is stored."""
    if device.platform == "paloalto_panos" and form == "native":
        form = "xml"
    return make_config(device, form).render().decode().replace("\r\n", "\n")


def facts(device: DeviceSpec) -> DeviceFacts:
    """What the inventory knows of it."""
    made = Facts(device, 1)
    variables = {
        "compliance_ntp": list(made.ntp),
        "compliance_syslog": list(made.syslog),
        "compliance_params": {"ntp_key": 1},
    }
    return DeviceFacts(
        name=device.name,
        platform=device.platform,
        site=device.site,
        role=device.role,
        groups=(),
        variables=variables,
        state={command: text(device, "snmp users") for command in pack().commands(device.platform)},
    )


def judged(device: DeviceSpec, form: str = "native", profile: str | None = None) -> DeviceVerdict:
    """A device of the lab, judged."""
    return pack(profile).judge(text(device, form), facts(device))


def states(verdict: DeviceVerdict) -> dict[str, State]:
    """Rule: state."""
    return {finding.rule: finding.state for finding in verdict.findings}


@EACH_RULE
def test_a_rule_judges_its_fixtures_as_they_say_and_changes_turn_the_verdict(rule: str) -> None:
    """What passes, what fails, what is not applicable, and each change that must be seen."""
    results = outcomes()[rule]
    assert [result.message for result in results if not result.ok] == []
    assert {"pass", "fail", "not_applicable", "mutation"} <= {str(one.kind) for one in results}


def test_every_rule_and_platform_has_a_passing_and_a_failing_fixture() -> None:
    """Nothing is shipped that no fixture has proved."""
    assert list(rule_test.coverage(pack(), FIXTURES)) == []


@EACH_PLATFORM
def test_a_failure_is_told_in_words(platform: str) -> None:
    """No pattern, no placeholder, and nothing that redaction took for a secret."""
    for number in range(1, 9):
        for finding in judged(spec(platform, number, "bad")).findings:
            if finding.state is State.FAIL:
                assert not re.search(r"[`\\]|\{\w+\}|<redacted>", finding.message), finding


@EACH_RULE
def test_a_rule_says_something_of_every_platform(rule: str) -> None:
    """A check, or the reason why there is nothing to check; never silence."""
    told = {name: one for one in RULES[rule].checks for name in one.platforms}
    assert set(told) == set(PLATFORMS)
    for one in told.values():
        assert one.check or one.not_applicable
        assert one.otherwise or not one.when


@EACH_RULE
def test_a_rule_is_in_the_profile_of_a_framework_that_it_names(rule: str) -> None:
    """And in no other."""
    info = RULES[rule].info
    named = {reference.framework for reference in info.references}
    assert ("cis" in info.profiles, "stig" in info.profiles) == ("CIS" in named, "STIG" in named)
    assert "baseline" in info.profiles


def test_the_page_is_what_the_rules_say() -> None:
    """docs/rule-pack.md is written from the rules."""
    assert (ROOT / "docs/rule-pack.md").read_text(encoding="utf-8") == page()


@EACH_PLATFORM
def test_a_better_configured_device_scores_better(platform: str) -> None:
    """On every platform, and the badly configured one is below the threshold of 70."""
    scores = []
    for grade in GRADES:
        verdict = judged(spec(platform, 7, grade))
        assert verdict.parse_warnings == ()
        assert not verdict.counts[State.ERROR] + verdict.counts[State.UNKNOWN]
        assert verdict.counts[State.NOT_APPLICABLE]
        assert verdict.score is not None
        scores.append(verdict.score)
    good, fair, bad = scores
    assert good >= fair > bad
    assert good > 75
    assert bad < 70


def test_vendors_differ_in_what_applies() -> None:
    """A Junos router has no spanning tree, a switch has; only IOS has a type-7 switch."""
    found = {name: states(judged(spec(name, 4, "good"))) for name in PLATFORMS}
    assert found["juniper_junos"]["STP-001"] is State.NOT_APPLICABLE
    assert found["cisco_ios"]["STP-001"] is State.PASS
    has = {name for name, rules in found.items() if rules["PWD-002"] is not State.NOT_APPLICABLE}
    assert has == {"cisco_ios", "cisco_xe"}
    assert len({tuple(rules.values()) for rules in found.values()}) > 8


@pytest.mark.parametrize("grade", GRADES)
@pytest.mark.parametrize(
    ("platform", "forms"),
    [
        ("juniper_junos", ("native", "set")),
        ("paloalto_panos", ("xml", "set", "native_braces")),
        ("fortinet", ("native", "full")),
    ],
)
def test_the_way_a_device_prints_does_not_matter(
    platform: str, forms: tuple[str, ...], grade: str
) -> None:
    """Braces, set commands and XML, and defaults spelt out, give the same verdicts."""
    device = spec(platform, 12, grade)
    first, *others = (states(judged(device, form)) for form in forms)
    for other in others:
        assert other == first


@EACH_PLATFORM
def test_a_sample_of_a_platform_fails_where_its_reader_says(platform: str) -> None:
    """The samples hold what real configurations hold: banners that look like configuration,
    secrets of every kind, blocks that come twice."""
    found = sample(platform)
    config = clean(found.raw, found.platform).text
    verdict = pack().judge(config, DeviceFacts("sample", platform, "", "", (), {}))
    failed = [finding.rule for finding in verdict.findings if finding.state is State.FAIL]
    assert failed == yaml.safe_load(SAMPLES.read_text(encoding="utf-8"))[platform]
    assert "S3cr3t" not in repr(verdict)


def test_the_stig_profile_asks_for_shorter_sessions() -> None:
    """Ten minutes pass in the baseline; the STIG wants five."""
    config = "line con 0\nline vty 0 4\n exec-timeout 10 0\n"
    device = DeviceFacts("r1", "cisco_ios", "", "", (), {})
    found = [
        states(pack(profile).judge(config, device))["VTY-002"] for profile in ("baseline", "stig")
    ]
    assert found == [State.PASS, State.FAIL]


def test_a_compliant_snippet_outscores_one_that_is_not() -> None:
    """Banner, logging, enable secret, access list, time and SNMP: done well and done badly."""
    device = DeviceFacts("r1", "cisco_ios", "", "", (), {})
    good, bad = (pack().judge(config, device).score for config in (_COMPLIANT, _NOT_COMPLIANT))
    assert good is not None
    assert bad is not None
    assert good > bad
    assert bad < 70


_COMPLIANT = """\
hostname r1
service password-encryption
enable secret 9 $9$abc$def
ip access-list standard MGMT
 permit 192.0.2.0 0.0.0.255
logging buffered 64000
logging host 192.0.2.21
logging host 192.0.2.22
snmp-server community Xk2pQ9 RO MGMT
banner login ^C
Authorised access only.
^C
line vty 0 4
 access-class MGMT in
 transport input ssh
ntp server 192.0.2.11
ntp server 192.0.2.12
"""
_NOT_COMPLIANT = """\
hostname r1
enable password cisco
snmp-server community public RO
snmp-server community private RW
banner login ^C
Welcome to r1
^C
line vty 0 4
 transport input telnet
ntp server 192.0.2.11
"""


@pytest.mark.parametrize("grade", ["fair", "bad"])
@pytest.mark.parametrize("number", [3, 14])
@pytest.mark.parametrize("platform", [*INDENTED, *ENTERED])
def test_the_lines_of_a_remedy_mend_what_failed(platform: str, number: int, grade: str) -> None:
    """Entered on the device, in the order that a change has, they turn each of their rules, and
    spoil no other."""
    device = spec(platform, number, grade)
    form, enter = ENTERED.get(platform, ("native", enter_indented))
    before = text(device, form).replace("set devices localhost.localdomain ", "set ")
    remedies = pack().remedies(before, facts(device))
    lines = ordered(
        (line for remedy in remedies for line in remedy.lines), platforms.load(platform)
    )
    after = states(pack().judge(enter(before, lines), facts(device)))
    mended = [remedy.rule for remedy in remedies if remedy.lines]
    assert mended
    assert {rule: after[rule] for rule in mended if after[rule] is State.FAIL} == {}
    passed = {rule for rule, state in states(judged(device)).items() if state is State.PASS}
    assert {rule for rule in passed if after[rule] is not State.PASS} == set()
