# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text from anywhere, made fit to be shown and kept."""

from __future__ import annotations

from functools import lru_cache

from ..config.redact import redact


@lru_cache(maxsize=512)
def one_line(text: str, most: int = 300) -> str:
    """Any text, redacted, on one line, without what would control a terminal, and cut."""
    words = " ".join(redact(text[: 20 * most]).split())
    shown = "".join(letter for letter in words if letter.isprintable())
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"
