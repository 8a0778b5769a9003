# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The faces of a configuration: exact bytes, stable hash, text for people."""

from __future__ import annotations

import hashlib
from contextlib import suppress

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.complete import prove_complete
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import normalise
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    CommandRejected,
    IncompleteOutput,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load, names
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fixtures.configs.samples import Sample, sample, samples

ALL = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.platform.name)
PAGED = [s for s in samples() if s.pager]


def body(it: Sample) -> str:
    """The configuration between the echo and the prompt, byte for byte."""
    return it.raw.partition("\n")[2].removesuffix(it.prompt)


@ALL
def test_exact_is_what_the_device_printed(sample: Sample) -> None:
    """A restore gets every byte; only the echo, the prompt and a line of its context go."""
    exact = normalise(sample.raw, sample.platform).exact
    assert exact == body(sample).removesuffix("{master:0}\n")


def test_frr_is_kept_byte_for_byte() -> None:
    """The stored text is that of ``vtysh -c 'show running-config'``."""
    exact = normalise(sample("frr").raw, load("frr")).exact
    assert exact.startswith("Building configuration...\n\nCurrent configuration:\n!\nfrr version")
    assert exact.endswith("\nbanner motd line the end\nend\n")


@ALL
def test_line_ends_of_the_terminal_do_not_matter(sample: Sample) -> None:
    """Carriage returns and NULs belong to the terminal."""
    plain = normalise(sample.raw, sample.platform)
    for newline in ("\r\n", "\r\r\n", "\r\r\r\n", "\r\0\n"):
        assert normalise(sample.raw.replace("\n", newline), sample.platform) == plain


@pytest.mark.parametrize("sample", PAGED, ids=lambda sample: sample.platform.name)
def test_what_a_pager_leaves_is_removed(sample: Sample) -> None:
    """Paging could not be turned off: the text is the same."""
    assert sample.pager
    lines = sample.raw.split("\n")
    for number in range(10, len(lines) - 5, 10):
        lines[number] = sample.pager + lines[number]
    assert normalise("\n".join(lines), sample.platform) == normalise(sample.raw, sample.platform)


def test_words_of_a_pager_in_a_banner_stay() -> None:
    """Only what the pager erased again was never part of the text."""
    text = "version 15\nbanner motd ^C\n --More-- \n^C\nend\n"
    assert normalise(text, load("cisco_ios")).exact == text


@ALL
def test_normalising_again_changes_nothing(sample: Sample) -> None:
    """Neither the exact text nor the shown one is the poorer for it."""
    once = normalise(sample.raw, sample.platform)
    assert normalise(once.exact, sample.platform) == once
    assert normalise(once.text, sample.platform).text == once.text


@ALL
def test_a_second_fetch_is_no_change(sample: Sample) -> None:
    """Times, counters and new salts differ at every show; the configuration does not."""
    first = normalise(sample.raw, sample.platform)
    second = normalise(sample.second_fetch(), sample.platform)
    assert (second.exact != first.exact) == bool(sample.again)
    assert second.stable_sha256 == first.stable_sha256
    assert second.text == first.text
    assert second.text_sha256 == first.text_sha256


@ALL
def test_a_changed_line_is_a_change(sample: Sample) -> None:
    """What people configure shows in both hashes."""
    assert "reset host" in sample.raw or sample.platform.name in {
        "cisco_nxos",
        "cisco_xe",
        "cisco_xr",
        "paloalto_panos",
    }
    changed = sample.raw.replace("192.0.2.", "198.18.0.").replace("10.0.0.", "198.19.0.")
    first, second = (normalise(text, sample.platform) for text in (sample.raw, changed))
    assert first.stable_sha256 != second.stable_sha256
    assert first.text_sha256 != second.text_sha256


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("cisco_ios", "S3cr3tMarker40"),
        ("juniper_junos", "S3cr3tMarker20"),
        ("frr", "S3cr3tMarker06"),
        ("vyos", "S3cr3tMarker08"),
        ("huawei_vrp", "S3cr3tMarker22"),
        ("fortinet", "S3cr3tMarker21"),
    ],
)
def test_a_changed_secret_is_kept_but_not_shown(name: str, secret: str) -> None:
    """The store keeps the new text; git has nothing to tell."""
    it = sample(name)
    first, second = (
        normalise(text, it.platform) for text in (it.raw, it.raw.replace(secret, "An0ther"))
    )
    assert first.stable_sha256 != second.stable_sha256
    assert first.text == second.text


@ALL
def test_the_hash_is_that_of_the_text(sample: Sample) -> None:
    """Anybody can check it with sha256sum on the file in git."""
    faces = normalise(sample.raw, sample.platform)
    assert faces.text_sha256 == hashlib.sha256(faces.text.encode()).hexdigest()


def test_control_characters_are_kept_exactly_and_not_shown() -> None:
    """A banner drawn with ANSI colours is restored as it was, and cannot hide a secret."""
    text = "version 15\nbanner motd ^C\n\x1b[31mred\x07\n^C\nenable pass\x1b[0mword S3cr3t\nend\n"
    faces = normalise(text, load("cisco_ios"))
    assert faces.exact == text
    assert faces.text == ("version 15\nbanner motd ^C\nred\n^C\nenable password <redacted>\nend\n")


PIECES = st.sampled_from(
    [
        *(
            "\r",
            "\n",
            "\r\n",
            "\n\r",
            "\0",
            "\b",
            "\x1b[2K",
            "--More--",
            " --More-- \b\b  \b\b",
            " ",
        ),
        *("end\n", "a#", "\na#", "a> ", "show running-config", "a#show running-config\n", "\ud800"),
        *("Current configuration : 1\n", "!Time: x\n", "## Last commit: x\n", "# Generated x\n"),
        *(
            "password x\n",
            "secret 5 y\n",
            "key 7 z",
            "key 1\n",
            '"',
            "'",
            "é",
            "ENC x",
            "$9$abcdefg",
        ),
        *("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "://u:p@h", " hash2", "\\\n"),
        *(
            "snmp-server community a b\n",
            "/snmp community\n",
            "radius server r\n key 1\n",
            "name=x ",
        ),
    ]
)


@given(st.sampled_from(names()), st.lists(st.one_of(PIECES, st.text(max_size=9)), max_size=30))
def test_any_text_is_normalised_and_idempotently(name: str, pieces: list[str]) -> None:
    """Nothing a device prints makes it raise, and a second time changes nothing."""
    platform = load(name)
    once = normalise("".join(pieces), platform)
    assert normalise(once.exact, platform) == once
    assert normalise(once.text, platform).text == once.text


SIZE = 100_000
PATHOLOGICAL = [
    *("a", " ", "\n", "\r", "\b", "\0", "\x1b[", '"', '"\\', "\\", "-", "{\n", "\n}", "é"),
    *("://a:", "://", "password ", "password=", "eyJ", "eyJa.", "key ", "ENC ", "%^%#", "cipher "),
    *("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n-", "--More-- \b", "---- More"),
    *("\nbanner motd ^C\n^C", "\nconfig x", '\nedit "', "\nset x", " name=", "/snmp community\n"),
    *(
        "radius server x\n key 1\n",
        "$9$",
        "<key>",
        "<",
        "a#\n",
        "\nadmin@a> ",
        "\n{master:0}",
        "\n#",
    ),
    *('password "a\\', "password=\\\n    ", "priv ", "community a {\n ", "Private-Lines: 1\naaaa"),
    *(
        "snmp-server host a ",
        "hash ",
        "\x1b[0m--More--\r ",
        "set a-password ",
        "md5-password cipher",
    ),
]


@pytest.mark.parametrize("piece", PATHOLOGICAL, ids=repr)
def test_no_text_takes_for_ever(piece: str) -> None:
    """A rule that is not linear would hang here: 100 KB of its favourite food, every platform."""
    text = piece * (SIZE // len(piece))
    for it in samples():
        for whole in (text, it.raw.removesuffix(it.prompt) + text, text + it.raw):
            with suppress(CommandRejected, IncompleteOutput):
                prove_complete(whole, it.platform)
            normalise(whole, it.platform)
