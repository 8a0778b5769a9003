# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a text to a verdict: states, score, waivers, evidence, remediation, and no secret in any."""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    DeviceFacts,
    DeviceVerdict,
    Finding,
    RuleSet,
    State,
    load,
    load_waivers,
    score,
)
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import clean
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load as load_platform
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import names

from tests.lab.fleet.configs import make_config
from tests.lab.fleet.plan import MARKER, DeviceSpec
from tests.unit.fixtures.configs.samples import SECRET, samples

from .conftest import Ask

TODAY = datetime.date(2026, 11, 24)
COMPLIANT = """\
hostname edge1
service password-encryption
service timestamps log datetime msec show-timezone
enable secret 9 $9$abcdefghijklmn$opqrstuvwxyz
no ip http server
no ip http secure-server
ip ssh version 2
ip access-list standard MGMT
 permit 192.0.2.0 0.0.0.255
logging buffered 64000 informational
logging trap informational
logging host 192.0.2.21
logging host 192.0.2.22
snmp-server community n0tTheUsualOne RO MGMT
banner login ^C
Authorised users only. Everything is recorded.
^C
line con 0
 exec-timeout 5 0
line vty 0 4
 access-class MGMT in
 exec-timeout 5 0
 transport input ssh
ntp server 192.0.2.11
ntp server 192.0.2.12
end
"""
NON_COMPLIANT = """\
hostname edge2
no service password-encryption
enable password cisco
ip http server
snmp-server community public RO
snmp-server community private RW
line con 0
 exec-timeout 0 0
line vty 0 4
 exec-timeout 0 0
 transport input telnet
end
"""
SITE: Mapping[str, Any] = {
    "compliance_ntp": ["192.0.2.11", "192.0.2.12"],
    "compliance_syslog": ["192.0.2.21", "192.0.2.22"],
}


@cache
def shipped() -> RuleSet:
    """The shipped rules."""
    return load()


def judge(text: str, platform: str = "cisco_ios", **more: Any) -> DeviceVerdict:
    """The verdict of the shipped rules."""
    return shipped().judge(text, DeviceFacts("r1", platform, variables=SITE), **more)


def state(verdict: DeviceVerdict, rule: str) -> State:
    """How one rule ended."""
    return next(finding.state for finding in verdict.findings if finding.rule == rule)


def made(platform: str, number: int, grade: str) -> str:
    """What a simulated device prints."""
    spec = DeviceSpec(f"r{number}", number, "127.0.0.1", platform, "ams", "core", 6, grade)
    return clean(make_config(spec).render().decode(), load_platform(platform)).text


def test_a_compliant_device_outscores_one_that_is_not() -> None:
    """Banner, logging, enable secret, access list, NTP and SNMP decide; one without is below 70."""
    good, bad = judge(COMPLIANT), judge(NON_COMPLIANT)
    assert good.score is not None
    assert bad.score is not None
    assert bad.score < 70
    assert good.score > bad.score + 30
    for rule in ("BAN-001", "LOG-001", "PWD-001", "VTY-001", "NTP-001", "SNM-001"):
        assert (state(good, rule), state(bad, rule)) == (State.PASS, State.FAIL), rule


@pytest.mark.parametrize("platform", ["cisco_ios", "arista_eos", "juniper_junos", "cisco_nxos"])
def test_well_kept_devices_outscore_neglected_ones(platform: str) -> None:
    """On whatever platform, over some devices of each grade."""

    def mean(grade: str) -> float:
        scores = [judge(made(platform, n, grade), platform).score or 0.0 for n in range(1, 6)]
        return sum(scores) / len(scores)

    assert mean("good") > mean("bad") + 10


@pytest.mark.parametrize("platform", names())
def test_every_platform_gets_a_verdict_on_every_rule(platform: str) -> None:
    """No rule breaks on a text that a device prints, nor on half of it, nor on nothing."""
    text = made(platform, 3, "fair")
    for part in (text, text[: len(text) // 2], "", "\n" * 50):
        verdict = judge(part, platform)
        assert len(verdict.findings) == len(shipped().rules)
        assert verdict.counts[State.ERROR] == 0
        assert all(finding.message for finding in verdict.findings)


def test_the_score_is_weighted_and_leaves_out_what_does_not_count() -> None:
    """100 x weights of passes / weights of passes, fails and errors."""
    assert score([(6, State.PASS), (3, State.FAIL), (1, State.ERROR)]) == 60.0
    aside = [(9, State.NOT_APPLICABLE), (9, State.WAIVED), (9, State.UNKNOWN)]
    assert score([(6, State.PASS), (2, State.FAIL), *aside]) == 75.0
    assert score(aside) is None
    assert score([]) is None
    assert score([(0, State.FAIL)]) is None


def test_a_verdict_crosses_processes_and_counts_every_state() -> None:
    """Workers send it back; a report needs no case for a state that did not occur."""
    verdict = judge(COMPLIANT)
    assert pickle.loads(pickle.dumps(verdict)) == verdict
    assert set(verdict.counts) == set(State)
    assert sum(verdict.counts.values()) == len(verdict.findings)


@pytest.mark.parametrize("platform", names())
def test_no_secret_of_a_device_is_in_its_verdict(platform: str) -> None:
    """Evidence, messages and remediation of good and bad devices hold none of the planted ones."""
    for number, grade in ((3, "fair"), (4, "bad"), (8, "bad")):
        verdict = judge(made(platform, number, grade), platform)
        assert MARKER not in repr(verdict)


def test_no_secret_of_the_samples_is_in_a_verdict() -> None:
    """The same for the samples with every kind of secret that the gate knows."""
    for sample in samples():
        text = clean(sample.raw, sample.platform).text
        assert SECRET not in repr(judge(text, sample.platform.name))


def test_captured_secrets_are_hidden_in_messages_and_shown_to_the_device(
    rules: Callable[..., RuleSet],
) -> None:
    """A community in a rule's message is masked; the line that removes it needs it whole."""
    check = r"""
        each_line: 'snmp-server community (?P<name>\S+)'
        none: pass
        check: {line: 'snmp-server community \S+ RO \d+'}
        message: '{name} has no ACL'
        """
    more = """\
        remediation: |
          {% for item in failed %}
          no snmp-server community {{ item.name }}
          {% endfor %}
        """
    ruleset = rules(check, more=more)
    facts = DeviceFacts("r1", "cisco_ios")
    text = "snmp-server community hunter22 RW\n"
    [finding] = ruleset.judge(text, facts).findings
    assert finding.message == "<redacted> has no ACL"
    assert finding.remediation == ("no snmp-server community <redacted>",)
    assert finding.evidence[0].text == "snmp-server community <redacted> RW"
    [remedy] = ruleset.remedies(text, facts)
    assert remedy.lines == ("no snmp-server community hunter22",)
    assert ruleset.remedies(text, facts, only=["T-002"]) == ()


def test_the_words_of_a_rule_are_no_secrets(ask: Ask) -> None:
    """They may look like one to the gate; parameters and captured values stand in them."""
    check = """
        each_line: 'username (?P<user>\\S+)'
        none: pass
        check: {line: 'username \\S+ secret'}
        message: 'a password weaker than {kind} is set for {user}'
        """
    finding = ask(check, "username ann password hunter22\n", head="params: {kind: scrypt}\n")
    assert finding.message == "a password weaker than scrypt is set for ann"
    assert "hunter" not in repr(finding)
    finding = ask(
        "each_section: 'snmp community (?P<c>.*)'\nnone: fail\ncheck: {forbid: x}",
        "set snmp community hunter22 authorization read-only\n",
        "juniper_junos",
    )
    assert finding.state is State.PASS
    assert "hunter" not in repr(finding)


def test_secrets_known_by_their_section_alone_are_hidden_in_evidence(ask: Ask) -> None:
    """A key of digits is a number everywhere but below a TACACS+ server."""
    text = "tacacs server a\n address ipv4 192.0.2.1\n key 12345678\n"
    finding = ask("each_section: tacacs server\nnone: fail\ncheck: {forbid: key}", text)
    assert [(e.line, e.section, e.text) for e in finding.evidence] == [
        (1, "", "tacacs server a"),
        (3, "tacacs server a", "key <redacted>"),
    ]


def test_remediation_is_rendered_from_what_failed(rules: Callable[..., RuleSet]) -> None:
    """Each failing section gets its lines below its own header."""
    more = """\
        remediation: |
          {% for item in failed %}
          {{ item.section }}
           transport input {{ way }}
          {% endfor %}
        """
    ruleset = rules(
        "each_section: line vty\nnone: fail\ncheck: {require: 'transport input {way}$'}",
        more=more,
        head="params: {way: ssh}\n",
    )
    text = "line vty 0 4\n transport input all\nline vty 5 15\n login\nline con 0\n"
    [finding] = ruleset.judge(text, DeviceFacts("r1", "ios")).findings
    assert finding.remediation == (
        "line vty 0 4",
        " transport input ssh",
        "line vty 5 15",
        " transport input ssh",
    )


def test_blocks_come_once_and_their_lines_as_often_as_they_were_written(
    rules: Callable[..., RuleSet],
) -> None:
    """What closes a FortiOS block closes each; a block that two items ask for comes once."""
    more = """\
        remediation: |
          {% for item in failed %}
          config system interface
           edit "{{ item.name }}"
            set x
           next
           end
          config system global
           set y
           end
          {% endfor %}
        """
    one = 'config system interface\nedit "{}"\nset z\nnext\nend\n'
    text = one.format("a") + one.format("b")
    check = """
        each_line: 'config system interface edit "(?P<name>[^"]+)"'
        none: pass
        check: {forbid: config}
        """
    ruleset = rules(check, "fortinet", more=more)
    [finding] = ruleset.judge(text, DeviceFacts("f1", "fortios")).findings
    block = (' edit "{}"', "  set x", " next", " end")
    assert finding.remediation == (
        "config system interface",
        *(row.format("a") for row in block),
        *("config system global", " set y", " end"),
        "config system interface",
        *(row.format("b") for row in block),
    )


def test_a_template_that_does_not_render_or_reaches_out_is_a_warning(
    rules: Callable[..., RuleSet],
) -> None:
    """The verdict stands; the sandbox lets nobody out."""
    for template in ("{{ nowhere.at_all }}", "{{ ''.__class__.__mro__ }}", "{{ 1 / 0 }}"):
        more = f'remediation: "{template}"\n'
        [finding] = rules("require: x", more=more).judge("y\n", DeviceFacts("r1", "ios")).findings
        assert (finding.state, finding.remediation) == (State.FAIL, ())
        assert finding.warning.startswith("no remediation: ")


def test_parameters_of_profile_run_and_device_win_in_this_order(
    write: Callable[..., Any],
) -> None:
    """The nearer one wins, and `RULE.name` over the bare name."""
    path = write(
        "id: T-001\ntitle: t\nrationale: r\nseverity: low\nparams: {most: 1}\n"
        "profiles: {loose: {most: 3}}\n"
        "checks:\n  - platforms: [ios]\n    check: {count: username, max: '{most}'}\n"
    )

    def passes(count: int, device: Mapping[str, Any] | None = None, **how: Any) -> bool:
        ruleset = load([path.parent], shipped=False, **how)
        variables = {} if device is None else {"compliance_params": device}
        facts = DeviceFacts("r1", "ios", variables=variables)
        [finding] = ruleset.judge("username a\n" * count, facts).findings
        return finding.state is State.PASS

    assert (passes(1), passes(2)) == (True, False)
    assert (passes(3, profile="loose"), passes(4, profile="loose")) == (True, False)
    assert passes(4, profile="loose", params={"most": 4})
    assert passes(5, {"most": 5}, profile="loose", params={"most": 4})
    assert not passes(5, {"most": 5, "T-001.most": 2})
    ruleset = load([path.parent], shipped=False)
    wrong = DeviceFacts("r1", "ios", variables={"compliance_params": {"most": "many"}})
    [finding] = ruleset.judge("username a\n", wrong).findings
    assert finding.state is State.ERROR
    assert "the parameter 'most' is no number: 'many'" in finding.message


def test_rules_apply_by_platform_role_group_and_feature(rules: Callable[..., RuleSet]) -> None:
    """Each reason is said; a device without a role is judged."""
    ruleset = rules(
        "require: b",
        more="when: {require: a}\notherwise: a is not in use\n",
        head="applies_to: {roles: [edge], groups: [core]}\n",
    )
    facts = DeviceFacts("r1", "ios", role="edge", groups=("core", "all"))

    def finding(text: str = "a\nb\n", **changed: Any) -> Finding:
        return ruleset.judge(text, replace(facts, **changed)).findings[0]

    assert finding().state is State.PASS
    assert finding(role="").state is State.PASS
    assert finding("b\n").message == "a is not in use"
    assert finding(role="core").message == "the rule is not for the role core"
    assert finding(groups=("all",)).message == "the device is in none of the rule's groups"
    assert finding(platform="frr").message == "the rule is not for FRRouting (vtysh)"
    skipped = [finding("b\n"), finding(role="core"), finding(groups=()), finding(platform="frr")]
    assert {one.state for one in skipped} == {State.NOT_APPLICABLE}


def test_a_text_that_lost_lines_is_not_judged_by_what_it_lacks(ask: Ask) -> None:
    """After a banner without an end nobody can tell what is absent; what is there still counts."""
    text = "ip ssh version 2\nbanner motd ^C\nip http server\n"
    finding = ask("forbid: ip http server", text)
    assert finding.state is State.UNKNOWN
    assert finding.message.startswith("line 2: 'banner motd ^C' does not end")
    assert ask("require: ip ssh version 2", text).state is State.PASS
    assert ask("forbid: ip ssh version 2", text).state is State.FAIL


def test_without_a_configuration_all_is_unknown_that_could_apply() -> None:
    """The reason is given; what is not for the platform stays not applicable."""
    facts = DeviceFacts("r1", "juniper_junos")
    verdict = shipped().unknown(facts, "no stored configuration")
    assert verdict.score is None
    assert verdict.counts[State.UNKNOWN] > 20
    assert verdict.counts[State.NOT_APPLICABLE] > 3
    assert state(verdict, "AAA-001") is State.NOT_APPLICABLE


WAIVERS = """\
waivers:
  - id: W-1
    rules: [T-001]
    devices: ['r*']
    groups: [lab]
    justification: until the
      exchange
    owner: Ann
    expires: 2026-11-24
  - rules: [T-001]
    devices: [r9]
    justification: longer
    owner: Bob
    expires: '2027-01-01'
"""


def test_a_waiver_holds_to_its_last_day_and_then_is_a_failure_with_a_warning(
    rules: Callable[..., RuleSet], write: Callable[..., Any]
) -> None:
    """By name, by pattern, by group; of two the one that holds longer."""
    waivers = load_waivers(write(WAIVERS, "waivers.txt"))
    ruleset = rules("require: x")

    def finding(name: str, day: datetime.date, groups: tuple[str, ...] = ()) -> Finding:
        facts = DeviceFacts(name, "ios", groups=groups)
        return ruleset.judge("y\n", facts, waivers, day).findings[0]

    tomorrow = TODAY + datetime.timedelta(days=1)
    assert finding("r1", TODAY).state is State.WAIVED
    assert finding("r1", TODAY).waiver is not None
    assert finding("r1", TODAY).waiver.justification == "until the exchange"
    assert finding("sw1", TODAY).state is State.FAIL
    assert finding("sw1", TODAY, ("lab",)).state is State.WAIVED
    assert finding("r9", tomorrow).state is State.WAIVED
    expired = finding("r1", tomorrow)
    assert expired.state is State.FAIL
    assert expired.warning == "the waiver W-1 of Ann expired on 2026-11-24"
    passing = ruleset.judge("x\n", DeviceFacts("r1", "ios"), waivers, TODAY).findings[0]
    assert (passing.state, passing.waiver) == (State.PASS, None)


def test_a_waived_rule_leaves_the_score_and_stays_visible(
    rules: Callable[..., RuleSet], write: Callable[..., Any]
) -> None:
    """The only rule is waived: nothing counts, and the count shows it."""
    waivers = load_waivers(write(WAIVERS, "waivers.txt"))
    verdict = rules("require: x").judge("y\n", DeviceFacts("r1", "ios"), waivers, TODAY)
    assert (verdict.score, verdict.counts[State.WAIVED]) == (None, 1)
