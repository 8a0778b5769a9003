# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens: how they are sent, where they come from, and that nobody sees them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.problems import BadOption
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.tokens import (
    Token,
    from_command,
    from_file,
)


def test_both_kinds_are_sent_with_their_word() -> None:
    """Unless another word is asked for."""
    assert Token("0" * 40).header == "Token " + "0" * 40
    assert Token("nbt_abc.def").header == "Bearer nbt_abc.def"
    assert Token("x", "Jwt").header == "Jwt x"


def test_a_token_does_not_show() -> None:
    """Neither printed nor in its identity."""
    token = Token("nbt_abc.S3cr3t")
    assert "S3cr3t" not in repr(token) + token.identity
    assert token.identity == Token("nbt_abc.S3cr3t").identity != Token("nbt_abc.S3cr3u").identity


@pytest.mark.parametrize(
    ("content", "message"), [("", "is empty"), ("two words", "holds 2 words"), (None, "No such")]
)
def test_a_file_without_a_token_says_so(tmp_path: Path, content: str | None, message: str) -> None:
    """With its path."""
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    with pytest.raises(BadOption, match=rf"token_file {file}.*{message}") as caught:
        from_file(file).read()
    assert "two words" not in str(caught.value)


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("import sys; print('S3cr3t'); sys.exit(3)", "ended with 3"),
        ("pass", "is empty"),
        ("import os; os.write(1, bytes([255]))", "printed what is no text"),
    ],
)
def test_a_command_without_a_token_says_so(program: str, message: str) -> None:
    """Neither its output nor its arguments, which may be secrets."""
    with pytest.raises(BadOption, match=message) as caught:
        from_command([sys.executable, "-c", program, "S3cr3t"]).read()
    assert "S3cr3t" not in str(caught.value)


def test_a_command_that_is_not_there_says_so() -> None:
    """With its name."""
    with pytest.raises(BadOption, match=r"token_command /no/such: No such file"):
        from_command(["/no/such", "S3cr3t"]).read()
