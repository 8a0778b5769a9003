# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A line that evidence cites is found in the text that people see, under its number there."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import (
    mirror_lines,
    normalise,
    visible,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from hypothesis import given
from hypothesis import strategies as st

CONFIGS = Path(__file__).parents[3] / "fixtures/configs"
PLATFORMS = sorted(path.stem for path in CONFIGS.glob("*.txt"))


@pytest.mark.parametrize("name", PLATFORMS)
def test_every_line_that_stayed_is_found_under_its_number(name: str) -> None:
    """On every platform, up to its secret, and no line of the mirror is left out."""
    platform = load(name)
    result = normalise((CONFIGS / f"{name}.txt").read_text(encoding="utf-8"), platform)
    text, shown = visible(result.exact).split("\n"), result.text.split("\n")
    numbers = mirror_lines("\n".join(text), platform) or list(range(1, len(text) + 1))
    assert len(numbers) == len(text)
    assert numbers == sorted(numbers)
    starts = [shown[number - 1].partition("<redacted>")[0] for number in numbers]
    lost = [line for line, start in zip(text, starts, strict=True) if not line.startswith(start)]
    assert len(lost) <= len(text) - len(shown)  # volatile lines, and those within a secret
    assert set(numbers) == set(range(1, len(shown) + 1))


LINES = st.sampled_from(
    (
        "! Last configuration change at 12:00:00 UTC by ann",
        "ntp clock-period 17179869",
        "hostname r1",
        "enable secret 9 $9$abcdefgh",
        "-----BEGIN RSA PRIVATE KEY-----\nabc\ndef\n-----END RSA PRIVATE KEY-----",
        "",
    )
)


@given(st.lists(LINES, max_size=12))
def test_numbers_are_those_of_lines_whatever_goes(lines: list[str]) -> None:
    """Volatile lines first, last, in a row, or nothing else: a number for each line, in range."""
    platform = load("cisco_ios")
    text = "\n".join(lines)
    numbers = mirror_lines(text, platform)
    shown = normalise(text, platform).text.split("\n")
    if numbers is not None:
        assert len(numbers) == len(text.split("\n"))
        assert all(1 <= number <= len(shown) for number in numbers)
        for line, number in zip(text.split("\n"), numbers, strict=True):
            if line == "hostname r1":
                assert shown[number - 1] == line
