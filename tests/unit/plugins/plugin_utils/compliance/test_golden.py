# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Intended against actual: what is missing, too much, or in another order, section by section."""

from __future__ import annotations

from ansible_collections.prime.netops.plugins.plugin_utils.compliance.golden import (
    Comparison,
    compare,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load, names
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.config.test_tree import made

GOLDEN = """\
hostname r1
interface Gi1
 description uplink
 ip address 192.0.2.1 255.255.255.0
!
ip access-list extended IN
 permit tcp any any eq 22
 permit tcp any any eq 443
 deny ip any any
ntp server 192.0.2.11
ntp server 192.0.2.12
enable secret 9 $9$golden0000000$x
"""


def ios(actual: str, golden: str = GOLDEN, **how: object) -> Comparison:
    """Compare two IOS texts."""
    return compare(golden, actual, load("ios"), **how)  # type: ignore[arg-type]


def test_order_counts_only_where_it_matters() -> None:
    """NTP servers may come in any order, and sections too; entries of an access list may not."""
    swapped = GOLDEN.replace("server 192.0.2.11", "server X").replace("192.0.2.12", "192.0.2.11")
    assert ios(swapped.replace("server X", "server 192.0.2.12")).same
    interface, rest = GOLDEN.split("!\n")
    assert ios(f"{rest}{interface}").same
    rows = GOLDEN.splitlines(keepends=True)
    rows[6], rows[8] = rows[8], rows[6]
    moved = ios("".join(rows))
    assert {(one.kind, one.section) for one in moved.differences} == {
        ("order", ("ip access-list extended IN",))
    }


def test_what_is_missing_and_too_much_is_shown_by_section() -> None:
    """With the line of the text that has it, and as a diff that a person reads."""
    actual = GOLDEN.replace(" description uplink\n", " shutdown\n").replace(
        "ntp server 192.0.2.12\n", ""
    )
    comparison = ios(actual + "ip http server\n")
    assert [(one.kind, one.text, one.line) for one in comparison.differences] == [
        ("missing", "ntp server 192.0.2.12", 11),
        ("extra", "ip http server", 12),
        ("missing", "description uplink", 3),
        ("extra", "shutdown", 3),
    ]
    assert comparison.diff() == [
        "+ ntp server 192.0.2.12",
        "- ip http server",
        "  interface Gi1",
        "+  description uplink",
        "-  shutdown",
    ]


def test_a_golden_text_may_be_a_part_of_the_whole() -> None:
    """Extra lines are reported, reported in the sections it has, or not at all."""
    golden = "hostname r1\ninterface Gi1\n description uplink\n"
    assert not ios(GOLDEN, golden).same
    of_sections = ios(GOLDEN, golden, extras="sections")
    assert ("interface Gi1",) in {one.section for one in of_sections.differences}
    assert ("ip access-list extended IN",) not in {one.section for one in of_sections.differences}
    assert ios(GOLDEN, golden, extras="ignore").same
    assert not ios("hostname r2\n", golden, extras="ignore").same


def test_volatile_lines_secrets_and_what_is_told_are_ignored() -> None:
    """A clock, a salt, and a text that somebody else looks after."""
    actual = (
        "! Last configuration change at 08:29:01 UTC Mon Nov 23 2026 by ann\n"
        + GOLDEN.replace("golden0000000$x", "other11111111$y")
        + "ntp clock-period 17179869\n"
    )
    assert ios(actual).same
    assert not ios(actual.replace("uplink", "downlink")).same
    assert ios(actual.replace("uplink", "downlink"), ignore=["description "]).same


def test_no_secret_is_in_a_difference() -> None:
    """Neither the template's nor the device's."""
    comparison = ios(
        GOLDEN + "snmp-server community hunter22 RO\n", GOLDEN + "username a secret 0 hunter33\n"
    )
    assert len(comparison.differences) == 2
    assert "hunter" not in repr(comparison)


def test_a_secret_known_by_its_block_alone_is_in_no_difference() -> None:
    """FortiOS' community is an object's name, and a secret only below its block."""
    text = 'config system snmp community\n    edit 1\n        set name "hunter44"\n    next\nend\n'
    comparison = compare("", text, load("fortios"))
    assert len(comparison.differences) == 1
    assert "hunter" not in repr(comparison)


def test_banners_are_compared_over_all_their_lines() -> None:
    """The first line alone would always be the same."""
    banner = "banner login ^C\nauthorised only\n^C\n"
    assert ios(banner, banner).same
    assert not ios(banner.replace("only", "all"), banner).same


def test_forms_of_one_text_are_the_same() -> None:
    """A golden text in `set` commands against a router that prints braces."""
    platform = load("junos")
    commands, braces = made("juniper_junos", "set"), made("juniper_junos")
    assert compare(commands, braces, platform).same
    [difference, *_more] = compare(
        f"{commands}set system ports console insecure\n", braces, platform
    ).differences
    assert (difference.kind, difference.text) == ("missing", "system ports console insecure")


def test_texts_that_cannot_be_read_whole_are_not_the_same() -> None:
    """Nothing against nothing is equal; nothing against half a text is not known to be."""
    assert ios("", "").same
    cut = "banner motd ^C\n"
    assert not ios(cut, cut).same


@settings(max_examples=60, deadline=None)
@given(data=st.data(), platform=st.sampled_from(names()))
def test_a_text_equals_itself_and_differs_without_a_line(
    data: st.DataObject, platform: str
) -> None:
    """On every platform; the difference is the line that was taken out."""
    text = made(platform, size=2)
    assert compare(text, text, load(platform)).differences == ()
    added = data.draw(st.sampled_from(["zzz one", "zzz two"]))
    rows = text.rstrip("\n").split("\n")
    mark = {"juniper_junos": f"{added};", "vyos": f"set {added}", "paloalto_panos": None}
    line = mark.get(platform, added)
    if line is not None:
        position = 1 if platform == "nokia_sros" else len(rows) - 1
        more = "\n".join([*rows[:position], line, *rows[position:]])
        assert any(added in one.text for one in compare(text, more, load(platform)).differences)
