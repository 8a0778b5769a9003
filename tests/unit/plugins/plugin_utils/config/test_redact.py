# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret gets through, and what is no secret stays."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import normalise
from ansible_collections.prime.netops.plugins.plugin_utils.config.redact import (
    MASK,
    MIN_SECRET,
    Redactor,
    redact,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.fixtures.configs.samples import SECRET, Sample, samples

ALL = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.platform.name)


@ALL
def test_no_secret_is_shown(sample: Sample) -> None:
    """Every kind of secret that the platform knows is planted in its sample."""
    faces = normalise(sample.raw, sample.platform)
    assert faces.exact.count(SECRET) >= sample.secrets
    assert [line for line in faces.text.split("\n") if SECRET in line] == []


@ALL
def test_without_a_platform_all_rules_hold(sample: Sample) -> None:
    """Logs and messages carry lines of any platform; only the rest of a passphrase may stay."""
    kept = [line for line in redact(sample.raw).split("\n") if SECRET + "Mark" in line]
    assert [line for line in kept if " <redacted> " not in line] == []
    assert len(kept) <= 1


@ALL
def test_what_is_no_secret_stays(sample: Sample) -> None:
    """Keywords, names, types and structure can be read and compared."""
    text = normalise(sample.raw, sample.platform).text
    assert [line for line in sample.keep if line not in text] == []


@ALL
def test_only_secrets_differ_from_the_exact_text(sample: Sample) -> None:
    """A masked line is the line itself with pieces replaced, in its place."""
    text = redact(sample.raw, sample.platform)
    position = 0
    for piece in text.split(MASK):
        position = sample.raw.index(piece, position) + len(piece)
    assert position == len(sample.raw)


@ALL
def test_redacting_again_changes_nothing(sample: Sample) -> None:
    """A text may pass the gate more than once on its way."""
    once = redact(sample.raw, sample.platform)
    assert redact(once, sample.platform) == once
    assert redact(redact(once)) == redact(once)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("ftp://user:hunter2@host/x", "ftp://user:<redacted>@host/x"),
        ("ftp://user:p@ss:w/rd@host/x", "ftp://user:<redacted>@host/x"),
        ("https://example.net:8443/a?b=c", "https://example.net:8443/a?b=c"),
        ("https://h/a?token=abc&x=1", "https://h/a?token=<redacted>&x=1"),
        ("https://h/a?x=1&password=abc", "https://h/a?x=1&password=<redacted>"),
        (
            "https://hooks.slack.com/services/T0/B0/xyz",
            "https://hooks.slack.com/services/<redacted>",
        ),
        ("https://discord.com/api/webhooks/1/xyz", "https://discord.com/api/webhooks/<redacted>"),
        ("https://a.webhook.office.com/webhookb2/1@2", "https://a.webhook.office.com/<redacted>"),
        ("Authorization: Bearer abcdefgh", "Authorization: Bearer <redacted>"),
        ('{"password": "hunter2", "a": 1}', '{"password": "<redacted>", "a": 1}'),
        ("ansible_password=hunter2 x=1", "ansible_password=<redacted> x=1"),
        ("enable_secret: hunter2", "enable_secret: <redacted>"),
        ("root:$6$salt$hashhash:1:", "root:$6$<redacted>:1:"),
        ("the password is wrong", "the password <redacted> wrong"),
        ("no passwords here", "no passwords here"),
        ("timed out after 30 s on 10.0.0.1", "timed out after 30 s on 10.0.0.1"),
        (
            "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\nx",
            "-----BEGIN OPENSSH PRIVATE KEY-----<redacted>-----END OPENSSH PRIVATE KEY-----\nx",
        ),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIcut", "-----BEGIN RSA PRIVATE KEY-----<redacted>"),
        ("-----BEGIN CERTIFICATE-----\nMIIC", "-----BEGIN CERTIFICATE-----\nMIIC"),
    ],
)
def test_secrets_of_no_platform_in_particular(text: str, clean: str) -> None:
    """URLs, keys, tokens and assignments as programs print them."""
    assert redact(text) == clean


@pytest.mark.parametrize(
    ("name", "line", "clean"),
    [
        ("cisco_ios", "enable secret 4 abc", "enable secret 4 <redacted>"),
        ("cisco_ios", "enable secret 8 $8$abc", "enable secret 8 <redacted>"),
        ("cisco_ios", "enable password abc", "enable password <redacted>"),
        ("cisco_ios", "username a secret 0 b c", "username a secret 0 <redacted>"),
        ("cisco_ios", "description key to the door", "description key <redacted>"),
        ("cisco_ios", "ip ssh rsa keypair-name KEY", "ip ssh rsa keypair-name KEY"),
        ("cisco_ios", "aaa password restriction", "aaa password <redacted>"),
        ("cisco_xr", " secret 10 $6$a$b", " secret 10 <redacted>"),
        ("arista_eos", "enable secret sha512 $6$a", "enable secret sha512 <redacted>"),
        ("juniper_junos", 'secret "$9$abc";', "secret <redacted>;"),
        ("juniper_junos", 'set x simple-password "$9$abc"', "set x simple-password <redacted>"),
        ("huawei_vrp", " set password cipher %^%#a%^%#", " set password cipher <redacted>"),
        ("huawei_vrp", "ssh client cipher des_cbc", "ssh client cipher des_cbc"),
        ("fortinet", "set admin-password-policy x", "set admin-password-policy x"),
        ("fortinet", "set secret ENC abc", "set secret ENC <redacted>"),
        ("paloalto_panos", "  phash $1$a$b;", "  phash <redacted>;"),
        ("vyos", "set a plaintext-password ''", "set a plaintext-password '<redacted>'"),
        ("juniper_junos", "set snmp community abc view v", "set snmp community <redacted> view v"),
        (
            "vyos",
            "community abc {\r\n     authorization ro",
            "community <redacted> {\r\n     authorization ro",
        ),
        ("frr", " neighbor a password b", " neighbor a password <redacted>"),
        ("frr", "enable password 8 xyz", "enable password 8 <redacted>"),
    ],
)
def test_single_lines(name: str, line: str, clean: str) -> None:
    """Cases that the samples leave out."""
    assert redact(line, load(name)) == clean


SPECIAL = "pä\"ss'w\\ord\t%/+ &1"


@pytest.mark.parametrize(
    "text",
    [
        SPECIAL,
        repr(SPECIAL),
        repr(repr(SPECIAL))[1:-1],
        json.dumps(SPECIAL),
        json.dumps(SPECIAL, ensure_ascii=False),
        quote(SPECIAL),
        quote(SPECIAL, safe=""),
        quote_plus(SPECIAL),
        f"https://u:{quote(SPECIAL, safe='')}@h/",
    ],
)
def test_a_known_secret_is_found_as_programs_write_it(text: str) -> None:
    """repr in a traceback, JSON in a result, percent signs in a URL."""
    cleaned = Redactor([SPECIAL]).text(f"x {text} y")
    assert MASK in cleaned
    assert "ord" not in cleaned
    assert cleaned.startswith("x ")
    assert cleaned.endswith(" y")


def test_known_secrets_are_removed_from_structures() -> None:
    """Results are nested; keys may be secrets too."""
    redactor = Redactor(["hunter22", "hunter2"])
    value = {"a": ["hunter22", ("hunter2", 7, None)], "hunter2": {"hunter2"}, "b": b"\xffhunter2"}
    assert redactor.value(value) == {
        "a": [MASK, (MASK, 7, None)],
        MASK: {MASK},
        "b": b"\xff" + MASK.encode(),
    }


def test_short_secrets_are_left_alone() -> None:
    """A password of a letter or two would make every text unreadable, and is none."""
    assert MIN_SECRET == 4
    assert Redactor(["", "a", "123"]).text("a 123 abc") == "a 123 abc"
    assert Redactor(["1234"]).text("x1234x") == f"x{MASK}x"


def test_no_secrets_cost_nothing() -> None:
    """A fleet with keys only has no passwords to look for."""
    text = "as it was"
    assert Redactor([]).text(text) is text


@given(st.text(min_size=MIN_SECRET), st.text(), st.text())
def test_a_known_secret_never_survives(secret: str, before: str, after: str) -> None:
    """Whatever it is made of, and whatever stands around it."""
    assert secret not in Redactor([secret]).text(before + secret + after).replace(MASK, "\0")
