# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines as the device takes them: what is one thing to it is one unit."""

from __future__ import annotations

from ansible_collections.prime.netops.plugins.plugin_utils.config.blocks import units
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from hypothesis import given
from hypothesis import strategies as st

IOS, EOS = load("cisco_ios"), load("arista_eos")


def rows(text: str, platform: str = "cisco_ios") -> list[tuple[str, ...]]:
    """The units of a text."""
    return [unit.rows for unit in units(text.split("\n"), load(platform))]


def test_a_banner_is_one_unit() -> None:
    """By the delimiter that its first line names; what comes behind it is a line again."""
    text = "hostname r1\nbanner login ^C\nNo\n! way\nend\n^C\nline vty 0 4\n login local"
    assert rows(text) == [
        ("hostname r1",),
        ("banner login ^C", "No", "! way", "end", "^C"),
        ("line vty 0 4",),
        (" login local",),
    ]


def test_a_banner_of_eos_ends_with_its_marker() -> None:
    """And takes no more with it."""
    text = "banner login\nNo\nEOF\nhostname r1"
    assert rows(text, "arista_eos") == [("banner login", "No", "EOF"), ("hostname r1",)]


def test_a_banner_on_one_line_is_a_line() -> None:
    """The delimiter comes twice in it."""
    assert rows("banner motd #No way#\nhostname r1") == [
        ("banner motd #No way#",),
        ("hostname r1",),
    ]


def test_comments_and_ends_of_blocks_say_nothing() -> None:
    """Blocks are left by their indentation."""
    text = (
        "! note\nrouter bgp 1\n address-family ipv4\n  network 10.0.0.0\n exit-address-family\nexit"
    )
    assert rows(text, "frr") == [
        ("router bgp 1",),
        (" address-family ipv4",),
        ("  network 10.0.0.0",),
    ]


@given(
    lines=st.lists(
        st.sampled_from(
            (
                "banner login ^C",
                "^C",
                "banner motd #",
                "#",
                "a",
                " b",
                "!",
                "exit",
                "EOF",
                "banner login",
            )
        ),
        max_size=12,
    )
)
def test_every_line_is_in_one_unit_or_says_nothing(lines: list[str]) -> None:
    """In their order, none twice, whatever opens and never closes."""
    for platform in (IOS, EOS):
        seen: list[int] = []
        for unit in units(lines, platform):
            assert unit.rows == tuple(lines[unit.first : unit.first + len(unit.rows)])
            seen += range(unit.first, unit.first + len(unit.rows))
        assert seen == sorted(set(seen))
        left = {lines[number] for number in set(range(len(lines))) - set(seen)}
        assert left <= {"!", "exit"}
