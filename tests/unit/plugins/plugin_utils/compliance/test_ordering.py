# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines in an order in which access is never cut, whatever rules they come from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.ordering import (
    Statement,
    ordered,
    removes,
    statements,
    takes_away,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import Apply, load
from hypothesis import given
from hypothesis import strategies as st

IOS = load("cisco_ios")


def order(text: str, platform: str = "cisco_ios") -> list[str]:
    """The lines of a text in their order."""
    return list(ordered(text.strip("\n").split("\n"), load(platform)))


def test_what_others_rest_on_comes_first_and_goes_last() -> None:
    """The access list before the lines that use it; its predecessor goes when nobody uses it."""
    text = """\
line vty 0 4
 access-class NEW in
 no access-class OLD in
no ip access-list standard OLD
ip access-list standard NEW
 permit 192.0.2.0 0.0.0.255
no ip http server
"""
    assert order(text) == [
        "ip access-list standard NEW",
        " permit 192.0.2.0 0.0.0.255",
        "line vty 0 4",
        " access-class NEW in",
        " no access-class OLD in",
        "no ip http server",
        "no ip access-list standard OLD",
    ]


def test_a_user_and_the_servers_come_before_the_login_that_asks_them() -> None:
    """`aaa new-model` shuts out at once whoever has no user or server yet."""
    text = """\
aaa new-model
aaa authentication login default group tacacs+ local
line vty 0 4
 login authentication default
username admin privilege 15 secret 9 $9$abc
tacacs server T1
 address ipv4 192.0.2.1
"""
    lines = order(text)
    assert lines.index("username admin privilege 15 secret 9 $9$abc") < lines.index("aaa new-model")
    assert lines.index("tacacs server T1") < lines.index("aaa new-model")
    assert lines.index("aaa new-model") < lines.index("line vty 0 4")


def test_a_removal_that_makes_room_stays_before_what_it_would_undo() -> None:
    """`no username bob` after `username bob secret ...` would take the new user away as well."""
    text = "no username bob\nusername bob secret 9 $9$abc\nno ip http server"
    assert order(text) == ["no username bob", "username bob secret 9 $9$abc", "no ip http server"]


def test_what_is_deleted_to_be_set_anew_is_deleted_first() -> None:
    """Junos keeps a list that was set before: SSH-004 clears it and sets its own."""
    text = "delete system services ssh ciphers\nset system services ssh ciphers [ aes256-ctr ]"
    assert order(text, "juniper_junos") == text.split("\n")


def test_the_entries_of_an_access_list_stay_in_their_order() -> None:
    """There `no 10` makes room for another 10."""
    text = "ip access-list extended A\n no 10\n 10 permit tcp any any eq 22\n 20 deny ip any any"
    assert order(text) == text.split("\n")


def test_a_block_that_two_rules_mend_is_entered_once() -> None:
    """Each line once, below one header."""
    text = "line vty 0 4\n exec-timeout 10 0\nline con 0\n exec-timeout 5 0\nline vty 0 4\n"
    text += " exec-timeout 10 0\n transport input ssh"
    assert order(text) == [
        "line vty 0 4",
        " exec-timeout 10 0",
        " transport input ssh",
        "line con 0",
        " exec-timeout 5 0",
    ]


def test_a_banner_stays_whole() -> None:
    """Its text may look like any line."""
    text = "no ip http server\nbanner login ^C\nno way in\n line vty 0 4\n^C\nusername a secret b"
    assert order(text) == [
        "username a secret b",
        "banner login ^C",
        "no way in",
        " line vty 0 4",
        "^C",
        "no ip http server",
    ]


def test_set_commands_are_ordered_by_what_they_begin_with() -> None:
    """Junos: what is deleted comes last, a filter before the interface that has it."""
    text = "delete system services telnet\nset interfaces lo0 unit 0 family inet filter input A\n"
    text += "set firewall family inet filter A term 1 then accept\nset system host-name r1"
    assert order(text, "juniper_junos") == [
        "set firewall family inet filter A term 1 then accept",
        "set system host-name r1",
        "set interfaces lo0 unit 0 family inet filter input A",
        "delete system services telnet",
    ]


def test_a_platform_that_cannot_be_configured_keeps_its_lines_as_they_are() -> None:
    """They are for a person then."""
    assert order("b\na\nno c", "fortinet") == ["b", "a", "no c"]


# ---- properties

HEADERS = ("line vty 0 4", "interface Vlan1", "router bgp 1", "tacacs server T")
LEAVES = ("access-class A in", "login local", "description x", "neighbor 192.0.2.1", "key 7 a")
TOPS = (
    "ip http server",
    "username bob",
    "username bob secret x",
    "aaa new-model",
    "ip access-list standard A",
    "snmp-server community c ro A",
    "hostname r1",
)


@st.composite
def changes(draw: st.DrawFn) -> list[str]:
    """Lines as remedies have them: at the top, or below one header or two."""
    lines: list[str] = []
    for _block in range(draw(st.integers(0, 8))):
        no = st.sampled_from(("", "", "no "))
        if draw(st.booleans()):
            lines.append(draw(no) + draw(st.sampled_from(TOPS)))
            continue
        lines.append(draw(st.sampled_from(HEADERS)))
        for _line in range(draw(st.integers(1, 3))):
            lines.append(f" {draw(no)}{draw(st.sampled_from(LEAVES))}")
        if draw(st.booleans()):
            lines += [" address-family ipv4", f"  {draw(no)}{draw(st.sampled_from(LEAVES))}"]
    return lines


@pytest.fixture(scope="module")
def apply() -> Apply:
    """How IOS is configured."""
    assert IOS.apply is not None
    return IOS.apply


@given(lines=changes())
def test_nothing_is_lost_and_nothing_doubled(lines: list[str]) -> None:
    """The same statements, each once, each below the same headers."""
    after = list(statements(ordered(lines, IOS), IOS))
    assert sorted(map(repr, after)) == sorted(set(map(repr, statements(lines, IOS))))


@given(lines=changes())
def test_no_removal_comes_before_an_addition(lines: list[str], apply: Apply) -> None:
    """But for one that would take away what its rule adds behind it."""
    after = list(statements(ordered(lines, IOS), IOS))
    for removal, addition in _pairs(after, apply):
        excused = any(
            takes_away(removal, each, apply) for each in after if not removes(each, apply)
        )
        assert excused, (removal, addition)


@given(lines=changes())
def test_no_removal_undoes_what_its_rule_adds(lines: list[str], apply: Apply) -> None:
    """Whoever clears the way first, clears it first afterwards."""
    said = list(dict.fromkeys(statements(lines, IOS)))
    after = list(statements(ordered(lines, IOS), IOS))
    for at, removal in enumerate(said):
        for addition in said[at + 1 :]:
            if not removes(removal, apply) or removes(addition, apply):
                continue
            if takes_away(removal, addition, apply):
                assert after.index(removal) < after.index(addition)


@given(lines=changes())
def test_an_order_that_was_found_is_kept(lines: list[str]) -> None:
    """Ordered once more, nothing moves."""
    once = ordered(lines, IOS)
    assert ordered(once, IOS) == once


def _pairs(said: list[Statement], apply: Apply) -> Iterator[tuple[Statement, Statement]]:
    for at, removal in enumerate(said):
        if removes(removal, apply):
            for addition in said[at + 1 :]:
                if not removes(addition, apply):
                    yield removal, addition
