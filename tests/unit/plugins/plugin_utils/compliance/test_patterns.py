# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a pattern is known to begin with decides which lines it is held against at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.patterns import Pattern
from hypothesis import given, settings
from hypothesis import strategies as st

Pair = tuple[str, str]
"""A pattern and a text that it matches as a whole."""
ATOMS: list[Pair] = [
    *((literal, literal) for literal in ("a", "b", "0")),
    *((r"\.", "."), (r"\|", "|"), (r"\)", ")"), (r"\S", "x"), ("[0-9]", "7")),
    *(("[)b|]", "|"), ("[]|(]", "]"), ("[^])]", "y")),
]
TIMES = {"": (1,), "?": (0, 1), "??": (0, 1), "*": (0, 2), "{2}": (2,), "{,2}": (0, 2), "{0}": (0,)}


def _quantified(pairs: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    often = st.sampled_from([(sign, times) for sign, many in TIMES.items() for times in many])
    return st.builds(lambda pair, often: (pair[0] + often[0], pair[1] * often[1]), pairs, often)


def _either(pairs: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    """One of up to three alternatives matches."""
    several = st.lists(pairs, min_size=1, max_size=3)
    return several.map(lambda many: ("|".join(one for one, _text in many), many[-1][1]))


def _then(first: Pair, second: Pair) -> Pair:
    return first[0] + second[0], first[1] + second[1]


def _grouped(inner: st.SearchStrategy[Pair]) -> st.SearchStrategy[Pair]:
    opening = st.sampled_from(["(?:", "(?:", "("])
    group = st.builds(lambda sign, pair: (f"{sign}{pair[0]})", pair[1]), opening, _either(inner))
    return st.builds(_then, _quantified(group), inner)


ATOM = _quantified(st.sampled_from(ATOMS))
PAIRS = _either(st.recursive(st.builds(_then, ATOM, ATOM), _grouped, max_leaves=5))


@settings(deadline=None, max_examples=500)
@given(PAIRS)
def test_no_line_that_matches_is_left_out(pair: Pair) -> None:
    """Whatever the groups, classes, quantifiers and alternatives it is made of."""
    source, text = pair
    ranges = Pattern(source, {}).ranges
    assert any(begin <= text < beyond for begin, beyond in ranges)
    assert all(a[1] <= b[0] for a, b in pairwise(ranges))


@pytest.mark.parametrize(
    ("source", "beginnings"),
    [
        ("ntp server", ["ntp server"]),
        (r"ntp server \S+", ["ntp server "]),
        ("neighbor {peer} (?:password|ao)", ["neighbor "]),
        ("(?:tacacs|radius) server", ["radius server", "tacacs server"]),
        ("ip ssh|ip", ["ip"]),
        ("(?:[0-9]|0)x", ["0"]),
        (r"(?:[0-9]+ )?permit any", ["0", "permit any"]),
        (r"(?:\S+ )?permit any", [""]),
    ],
)
def test_what_a_pattern_begins_with(source: str, beginnings: list[str]) -> None:
    """As narrow as an engineer sees it: this is what keeps a thousand lines from being tried."""
    assert [begin for begin, _beyond in Pattern(source, {}).ranges] == beginnings
