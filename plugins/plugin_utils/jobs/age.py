# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Spans of time as people write them: ``90``, ``30m``, ``4h``, ``2d``, ``1w``."""

from __future__ import annotations

import re

UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""The letters of ansible.builtin.find's ``age``; a bare number is seconds."""

_AGE = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw]?)", re.IGNORECASE)


def seconds_of(name: str, text: str | None) -> float | None:
    """The span in seconds, None for none; raises ValueError that names the option."""
    if text is None or not text.strip():
        return None
    found = _AGE.fullmatch(text.strip())
    if found is None:
        raise ValueError(
            f"{name} is {text!r}: give a number of seconds, or one with a unit, such as 30m, 4h, "
            "2d or 1w"
        )
    return float(found[1]) * UNITS[found[2].lower()]


def span(seconds: float) -> str:
    """The span for people, in the largest unit that it fills: ``4.5h``."""
    for unit in ("w", "d", "h", "m"):
        if seconds >= UNITS[unit]:
            return f"{seconds / UNITS[unit]:.1f}".removesuffix(".0") + unit
    return f"{seconds:.0f}s"
