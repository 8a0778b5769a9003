# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every kind of check, as docs/rules.md describes it, on texts that an engineer would recognise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import Finding, State

from .conftest import Ask

BGP = """\
    router bgp 64500
     neighbor RR peer-group
     neighbor RR password 7 0123456789ABCDEF
     neighbor 10.0.0.1 remote-as 64501
     neighbor 10.0.0.1 password 7 0123456789ABCDEF
     neighbor 10.0.0.10 remote-as 64502
     neighbor 10.0.0.2 remote-as 64500
     neighbor 10.0.0.2 peer-group RR
    """
BGP_RULE = r"""
    each_section: router bgp
    none: not_applicable
    check:
      each_line: 'neighbor (?P<peer>\S+) remote-as'
      none: pass
      check:
        any:
          - require: 'neighbor {peer} password'
          - each_line: 'neighbor {peer} peer-group (?P<group>\S+)'
            none: fail
            check: {require: 'neighbor {group} password'}
      message: '{peer} has no password'
    """


def lines(finding: Finding) -> list[int]:
    """The numbers of the lines given as evidence."""
    return [evidence.line for evidence in finding.evidence]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("interface Gi1/1", "interface Gi1/1", True),
        ("interface Gi1/1", "interface Gi1/10", False),
        ("interface Gi1/1", "interface Gi1/1 point-to-point", True),
        ("ip ssh version 2", "no ip ssh version 2", False),
        ("transport input ssh$", "transport input ssh telnet", False),
        ("transport input ssh$", "transport input  ssh ", True),
        ("(?:ip|ipv6) http server", "ipv6 http server", True),
        ("ip http server|ip ftp server", "ip ftp server", True),
        ("ip http server|ip ftp server", "ip ftp servers", False),
        ("aaa new-?model", "aaa newmodel", True),
        (r"vlan \d+", "vlan 10", True),
        ("aaa", "aaaa new-model", False),
    ],
)
def test_patterns_match_whole_words_from_the_first_one_on(
    ask: Ask, pattern: str, text: str, found: bool
) -> None:
    """The table of docs/rules.md, and the ways to write a pattern that an index must not miss."""
    finding = ask(f"require: '{pattern}'", f"version 15\n{text}\nzzz\n")
    assert (finding.state is State.PASS) == found


def test_a_banner_neither_fulfils_nor_breaks_a_rule(ask: Ask) -> None:
    """What stands in free text is no configuration."""
    text = "banner motd ^C\nip ssh version 2\nip http server\n^C\nhostname r1\n"
    assert ask("require: ip ssh version 2", text).state is State.FAIL
    assert ask("forbid: ip http server", text).state is State.PASS


def test_forbid_names_the_offending_lines(ask: Ask) -> None:
    """Evidence is where an engineer has to look."""
    finding = ask(
        "forbid: 'ip http (?:secure-)?server'", "ip http server\nx\nip http secure-server\n"
    )
    assert finding.state is State.FAIL
    assert [(e.line, e.text) for e in finding.evidence] == [
        (1, "ip http server"),
        (3, "ip http secure-server"),
    ]


def test_each_section_judges_every_section_and_merges_equal_headers(ask: Ask) -> None:
    """A header that comes twice is one section, with the lines of both."""
    check = "each_section: line vty\nnone: fail\ncheck: {require: transport input ssh$}"
    good = "line vty 0 4\n login local\nline con 0\nline vty 0 4\n transport input ssh\n"
    assert ask(check, good).state is State.PASS
    bad = good + "line vty 5 15\n transport input ssh telnet\n"
    finding = ask(check, bad)
    assert finding.state is State.FAIL
    assert 6 in lines(finding)
    assert "1 of 2 sections" in finding.message
    assert "line vty 5 15" in finding.message


@pytest.mark.parametrize("none", ["pass", "fail", "not_applicable", "unknown"])
def test_no_section_at_all_is_what_the_rule_says(ask: Ask, none: str) -> None:
    """Nothing compared with nothing is no verdict by itself."""
    check = f"each_section: line aux\nnone: {none}\ncheck: {{require: no exec}}"
    assert ask(check, "hostname r1\n").state == none


def test_nested_sections_and_the_way_back_to_the_top(ask: Ask) -> None:
    """A list goes inwards; `top` looks at the whole configuration from within a section."""
    text = """\
        router bgp 1
         address-family ipv4
          neighbor 10.0.0.1 route-map IN in
        route-map IN permit 10
        """
    check = r"""
        each_section: [router bgp, address-family ipv4]
        none: fail
        check:
          each_line: 'neighbor \S+ route-map (?P<map>\S+) in'
          none: fail
          check: {require: 'route-map {map}', top: true}
        """
    assert ask(check, text).state is State.PASS
    finding = ask(check, text.replace("route-map IN permit", "route-map INTERNAL permit"))
    assert finding.state is State.FAIL
    assert finding.evidence[1].section == "router bgp 1 / address-family ipv4"


def test_captured_values_are_found_exactly(ask: Ask) -> None:
    """10.0.0.1 has a password, 10.0.0.10 has none, 10.0.0.2 inherits its group's."""
    finding = ask(BGP_RULE, BGP)
    assert finding.state is State.FAIL
    assert finding.message == "10.0.0.10 has no password"
    assert 6 in lines(finding)
    assert ask(BGP_RULE, BGP.replace("10.0.0.10 ", "10.0.0.1 ")).state is State.PASS
    dotted = BGP.replace("neighbor 10.0.0.1 password", "neighbor 10x0.0.1 password")
    assert ask(BGP_RULE, dotted).state is State.FAIL


def test_line_asks_the_line_at_hand_and_first_only_the_first(ask: Ask) -> None:
    """Every community has an ACL; TACACS+ comes before the local passwords."""
    check = r"""
        each_line: 'snmp-server community (?P<name>\S+)'
        none: pass
        check: {line: 'snmp-server community \S+ (?:RO|RW) \S+'}
        """
    assert (
        ask(check, "snmp-server community a RO 10\nsnmp-server community b RW 10\n").state == "pass"
    )
    finding = ask(check, "snmp-server community aa RO 10\nsnmp-server community bb RW\n")
    assert (finding.state, lines(finding)) == (State.FAIL, [2])
    first = r"""
        each_line: 'system authentication-order \S+'
        first: true
        none: fail
        check: {line: system authentication-order tacplus}
        """
    for order, state in (("tacplus password", "pass"), ("password tacplus", "fail")):
        text = f"system {{\n    authentication-order [ {order} ];\n}}\n"
        assert ask(first, text, "juniper_junos").state == state


def test_count_counts_lines_or_different_values(ask: Ask) -> None:
    """Two lines about one user are one user."""
    text = "username ann privilege 15\nusername ann secret 9 x\nusername bob secret 9 x\n"
    check = "count: 'username (?P<user>\\S+)'\ndistinct: user\nmax: {}"
    assert ask(check.format(2), text).state is State.PASS
    assert ask(check.format(1), text).state is State.FAIL
    assert ask("count: username\nmin: 3\nmax: 3", text).state is State.PASS
    assert "3 times `username`" in ask("count: username\nmin: 4", text).message


@pytest.mark.parametrize(
    ("line", "state"),
    [
        (" exec-timeout 10 0", "pass"),
        (" exec-timeout 10", "pass"),
        (" exec-timeout 0 0", "fail"),
        (" exec-timeout 0 1", "pass"),
        (" exec-timeout 10 1", "fail"),
        (" login", "pass"),
    ],
)
def test_numbers_have_units_and_a_default(ask: Ask, line: str, state: str) -> None:
    """Zero means never; a line that is not there means the device's default."""
    check = r"""
        each_section: line vty
        none: fail
        check:
          number: 'exec-timeout (?P<minutes>\d+)(?: (?P<seconds>\d+))?'
          unit: {minutes: 60, seconds: 1}
          min: 1
          max: 600
          default: 600
        """
    assert ask(check, f"line vty 0 4\n{line}\n").state == state


def test_words_stand_for_numbers_and_others_are_unknown(ask: Ask) -> None:
    """A severity by its name; what is neither word nor number cannot be compared."""
    check = r"""
        number: 'logging trap (?P<value>\S+)'
        words: {errors: 3, informational: 6}
        min: 6
        absent: fail
        """
    assert ask(check, "logging trap informational\n").state is State.PASS
    assert ask(check, "logging trap 7\n").state is State.PASS
    assert ask(check, "logging trap errors\n").state is State.FAIL
    assert ask(check, "logging trap whatever\n").state is State.UNKNOWN
    assert ask(check, "hostname a\n").state is State.FAIL


@pytest.mark.parametrize(
    ("servers", "relation", "state"),
    [
        (["192.0.2.1", "192.0.2.2"], "equals", "pass"),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3"], "equals", "fail"),
        (["192.0.2.1"], "equals", "fail"),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3"], "contains", "pass"),
        (["192.0.2.1"], "contains", "fail"),
        (["192.0.2.1"], "within", "pass"),
        (["192.0.2.3"], "within", "fail"),
    ],
)
def test_sets_are_compared_with_inventory_variables(
    ask: Ask, servers: list[str], relation: str, state: str
) -> None:
    """The site's servers: exactly these, at least these, none but these."""
    text = "".join(f"ntp server {server} prefer\n" for server in servers)
    check = f"set: 'ntp server (?P<value>\\S+)'\n{relation}: compliance_ntp"
    variables = {"compliance_ntp": ["192.0.2.1", "192.0.2.2"]}
    assert ask(check, text, variables=variables).state == state


def test_a_set_says_what_is_missing_and_what_is_too_much(ask: Ask) -> None:
    """Addresses are compared as such; a variable that is not set is no reason to fail."""
    check = "set: 'ntp server (?P<value>\\S+)'\nequals: compliance_ntp"
    text = "ntp server 192.0.2.9\nntp server 2001:DB8::1\n"
    finding = ask(check, text, variables={"compliance_ntp": ["192.0.2.1", "2001:db8:0::1"]})
    assert finding.message == "192.0.2.1 of compliance_ntp missing, 192.0.2.9 not in compliance_ntp"
    assert ask(check, text).state is State.UNKNOWN
    assert ask(f"{check}\nundefined: not_applicable", text).state is State.NOT_APPLICABLE
    assert ask(check, "ntp server a\n", variables={"compliance_ntp": "a"}).state is State.PASS


def test_text_looks_into_a_banner_over_all_its_lines(ask: Ask) -> None:
    """In any case; captured values are looked for as they are, not as expressions."""
    text = "hostname r.1\nbanner login ^C\nAUTHORIZED\nusers of rx1 only\n^C\n"
    assert ask("text: banner login\ncontains: 'authori[sz]ed\\s+users'", text).state is State.PASS
    assert ask("text: banner login\ncontains: nobody", text).state is State.FAIL
    assert (
        ask("text: banner motd\ncontains: x\nnone: not_applicable", text).state == "not_applicable"
    )
    named = r"""
        each_line: 'hostname (?P<host>\S+)'
        none: fail
        check: {text: 'banner \S+', lacks: '\b{host}\b'}
        """
    assert ask(named, text).state is State.PASS
    assert ask(named, text.replace("rx1", "R.1")).state is State.FAIL


def test_text_reads_strings_of_platforms_with_paths(ask: Ask) -> None:
    """A message on Junos, a banner over many lines on PAN-OS."""
    junos = 'system {\n    login {\n        message "Authorised users";\n    }\n}\n'
    check = "text: system login message\ncontains: authorised users"
    assert ask(check, junos, "juniper_junos").state is State.PASS
    panos = (
        "<config><devices><entry name='localhost.localdomain'><deviceconfig><system>"
        "<login-banner>Only\nauthorised users\n</login-banner>"
        "</system></deviceconfig></entry></devices></config>"
    )
    check = "text: deviceconfig system login-banner\ncontains: authorised users"
    assert ask(check, panos, "paloalto_panos").state is State.PASS


def test_all_any_and_not_combine_and_what_does_not_apply_drops_out(ask: Ask) -> None:
    """Unknown is weaker than a failure in `all`, and stronger in `any`."""
    aux = "{each_section: line aux, none: not_applicable, check: {require: no exec}}"
    lost = "{set: 'ntp server (?P<value>\\S+)', equals: nowhere}"
    yes, no = "{require: hostname}", "{require: nothing}"
    expected = {
        f"all: [{yes}, {aux}]": "pass",
        f"all: [{aux}]": "not_applicable",
        f"all: [{yes}, {lost}]": "unknown",
        f"all: [{no}, {lost}]": "fail",
        f"any: [{no}, {yes}, {lost}]": "pass",
        f"any: [{no}, {lost}]": "unknown",
        f"any: [{no}, {aux}]": "fail",
        f"not: {yes}": "fail",
        f"not: {no}": "pass",
        f"not: {aux}": "not_applicable",
    }
    assert {check: ask(check, "hostname r1\n").state.value for check in expected} == expected


def test_paths_are_read_alike_in_all_forms_and_sections_are_prefixes(ask: Ask) -> None:
    """Every BGP group has a key, whether the router prints braces or commands."""
    check = r"""
        each_section: 'protocols bgp group (?P<group>\S+)'
        none: not_applicable
        check: {require: authentication-key}
        message: '{group} has none'
        """
    braces = """\
        protocols {
            bgp {
                group A {
                    authentication-key "$9$abcdefgh";
                }
                group B {
                    neighbor 10.0.0.1;
                }
            }
        }
        """
    commands = """\
        set protocols bgp group A authentication-key "$9$abcdefgh"
        set protocols bgp group B neighbor 10.0.0.1
        """
    for text in (braces, commands):
        finding = ask(check, text, "juniper_junos")
        assert (finding.state, finding.message) == (State.FAIL, "B has none")


SNMP_USERS = """\
User name: nms
Engine ID: 800000090300AABBCCDDEEFF
storage-type: nonvolatile        active
Authentication Protocol: SHA
Privacy Protocol: {priv}
Group-name: NETOPS

"""


def test_state_checks_judge_the_rows_of_a_parsed_output(ask: Ask) -> None:
    """IOS hides SNMPv3 users in its configuration; `show snmp user` tells."""
    check = (
        "state: show snmp user\neach: {authentication_protocol: 'sha.*', privacy_protocol: 'AES.*'}"
    )
    good = {"show snmp user": SNMP_USERS.format(priv="AES128")}
    bad = {"show snmp user": SNMP_USERS.format(priv="AES128") + SNMP_USERS.format(priv="DES")}
    assert ask(check, "", state=good).state is State.PASS
    finding = ask(check, "", state=bad)
    assert finding.state is State.FAIL
    assert "1 of 2 rows" in finding.message
    assert "privacy_protocol is 'DES'" in finding.message
    assert ask(check, "").state is State.UNKNOWN
    assert ask(check, "", state={"show snmp user": "% Invalid input"}).state is State.UNKNOWN
    assert ask(f"{check}\nmissing: not_applicable", "").state is State.NOT_APPLICABLE
    assert ask(check, "", state={"show snmp user": "\n"}).state is State.NOT_APPLICABLE


MODULE = '''
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import Answer


def no_shutdown_ports(context, allowed):
    """Lines that are wrong; none is a pass."""
    found = list(context.lines("shutdown", section=r"interface \\\\S+"))
    return found if len(found) > allowed else []


def answer(context):
    [line] = context.lines(r"hostname (?P<name>\\\\S+)")
    return Answer.passed(f"{context.facts.name} is {line.captures['name']}", [line])


def breaks(context):
    raise RuntimeError("no such thing")
'''.replace("\\\\\\\\", "\\\\")


def test_a_python_function_of_ones_own_is_a_check(ask: Ask, write: Callable[..., Path]) -> None:
    """Lines, an answer, or an exception, which is the rule's error and nobody else's."""
    write(MODULE.replace("\\\\S", "\\S"), "acme_checks_of_tests.py")
    text = "hostname edge1\ninterface Gi1\n shutdown\ninterface Gi2\n shutdown\n"
    call = "function: acme_checks_of_tests:{}\n"
    finding = ask(call.format("no_shutdown_ports") + "args: {allowed: 1}", text)
    assert (finding.state, lines(finding)) == (State.FAIL, [3, 5])
    assert ask(call.format("no_shutdown_ports") + "args: {allowed: 2}", text).state is State.PASS
    finding = ask(call.format("answer"), text)
    assert (finding.message, lines(finding)) == ("r1 is edge1", [1])
    finding = ask(call.format("breaks"), text)
    assert finding.state is State.ERROR
    assert "RuntimeError: no such thing" in finding.message
