# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The quick search for secrets finds what the plain pattern finds, and nothing else."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.config.redact import mask, redact
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import loader
from ansible_collections.prime.netops.plugins.plugin_utils.platforms.loader import load_all_secrets
from ansible_collections.prime.netops.plugins.plugin_utils.platforms.rules import Rules
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
        assert rules.sub(mask, sample.raw) == rules.pattern.sub(mask, sample.raw)


@given(
    name=st.sampled_from(platforms.names()),
    pieces=st.lists(st.sampled_from(PIECES), min_size=1, max_size=60),
)
def test_texts_made_of_beginnings_are_masked_as_by_the_pattern(
    name: str, pieces: list[str]
) -> None:
    """Overlapping, adjacent and broken-off beginnings make no difference."""
    rules = platforms.load(name).secrets
    text = "".join(pieces)
    assert rules.sub(mask, text) == rules.pattern.sub(mask, text)


def test_a_secret_in_the_first_and_in_the_last_character_of_a_long_text_is_found() -> None:
    """The ends of the text are searched too."""
    rules = Rules(["key=(\\S+)"])
    text = "key=a" + "\n" * 2_000 + "key=b"
    assert rules.sub(lambda _match: "*", text) == "*" + "\n" * 2_000 + "*"


def test_the_rules_of_all_platforms_are_those_with_something_to_hide() -> None:
    """A rule that protects a text from other rules is left out, and no other one."""
    rules, _sections = load_all_secrets()
    for sample in samples():
        assert rules.sub(mask, sample.raw) == rules.pattern.sub(mask, sample.raw)


@pytest.mark.parametrize("delay", [0.0, 0.003, 0.01, 0.02])
def test_a_worker_forked_while_a_thread_gets_the_rules_ready_can_use_them(delay: float) -> None:
    """A callback's thread writes its first line just when Ansible forks the first worker."""
    loader._all_secrets.cache_clear()
    loader.load_common.cache_clear()
    thread = threading.Thread(target=redact, args=("password: of a callback's first line",))
    thread.start()
    time.sleep(delay)
    child = os.fork()
    if not child:
        signal.alarm(30)  # a lock that nobody gives back would last for ever
        os._exit(0 if "hunter2" not in redact("password hunter2, key hunter2") else 1)
    thread.join()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_rule_without_a_literal_beginning_is_refused() -> None:
    """It would be tried at every character."""
    with pytest.raises(ValueError, match="does not begin with a literal"):
        Rules([r"\S+ key"])
