# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick search for secrets finds what the plain pattern finds, and nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.config.redact import mask
from ansible_collections.prime.netops.plugins.plugin_utils.platforms.rules import SHORT, Rules
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fixtures.configs.samples import samples

PIECES = [
    "password ",
    "pass",
    "7 08224F",
    " key ",
    "key",
    "secret ",
    "ecret",
    "community ",
    '"a b"',
    "\n",
    "\n ",
    "snmp-server ",
    "host ",
    "://u:",
    "pw@",
    "?token=",
    "$9$",
    "abcdefgh",
    "authentication-key ",
    "ntp ",
    "5 ",
    "-----BEGIN RSA PRIVATE KEY-----",
    "md5 ",
    "Private-Lines: 1\n",
    "psk ",
    "ascii ",
    "é",
    "standby 1 ",
]


@pytest.mark.parametrize("name", platforms.names())
def test_every_sample_of_every_platform_is_masked_as_by_the_pattern(name: str) -> None:
    """Both ways of searching agree on real configurations, whoever's rules are applied."""
    rules = platforms.load(name).secrets
    for sample in samples():
        text = sample.raw * (1 + SHORT // len(sample.raw))
        assert rules.sub(mask, text) == rules.pattern.sub(mask, text)


@given(
    name=st.sampled_from(platforms.names()),
    pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=60),
)
def test_texts_made_of_beginnings_are_masked_as_by_the_pattern(
    name: str, pieces: list[str]
) -> None:
    """Overlapping, adjacent and broken-off beginnings make no difference."""
    rules = platforms.load(name).secrets
    text = "".join(pieces) + "\n" + "!" * SHORT
    assert rules.sub(mask, text) == rules.pattern.sub(mask, text)


def test_a_secret_in_the_first_and_in_the_last_character_of_a_long_text_is_found() -> None:
    """The ends of the text are searched too."""
    rules = Rules(["key=(\\S+)"])
    text = "key=a" + "\n" * SHORT + "key=b"
    assert rules.sub(lambda _match: "*", text) == "*" + "\n" * SHORT + "*"


def test_a_rule_without_a_literal_beginning_is_refused() -> None:
    """It would be tried at every character."""
    with pytest.raises(ValueError, match="does not begin with a literal"):
        Rules([r"\S+ key"])
