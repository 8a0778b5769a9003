# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of text: by a platform's rules, by everybody's rules, or by their values.

This is the one gate that keeps secrets out of git, logs, results and reports. The rules are data
(platforms/*.yml); a secret becomes ``<redacted>`` and the words around it stay, so that a reader
sees that there is one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from re import Match, Pattern
from typing import Any
from urllib.parse import quote, quote_plus

from ..platforms import Platform, Section, load, names

MASK = "<redacted>"
MIN_SECRET = 4
"""Known secrets shorter than this many characters are left alone: "a" or "123" as a password
would otherwise turn every text into masks, and hide from the reader which device failed."""


def redact(text: str, platform: Platform | None = None) -> str:
    """Return the text with every secret that a rule knows replaced by ``<redacted>``.

    With a platform its own rules and the common ones are used: right for its configuration.
    Without, those of all platforms are: right for logs, messages and command output, where
    a word too many that disappears does no harm.
    """
    if platform is None:
        return _all_rules().sub(mask, _in_sections(text, _all_sections()))
    return platform.secrets.sub(mask, _in_sections(text, platform.sections))


def mask(match: Match[str]) -> str:
    """Replace the last group that took part in the match: by convention it is the secret."""
    group = match.lastindex
    if group is None:  # a rule without a group takes a text out of the later rules' reach
        return match[0]
    start, end = match.span(group)
    whole, offset = match[0], match.start()
    return f"{whole[: start - offset]}{MASK}{whole[end - offset :]}"


def _in_sections(text: str, sections: Iterable[Section]) -> str:
    for section in sections:
        rules = section.secrets
        text = section.block.sub(lambda block, rules=rules: rules.sub(mask, block[0]), text)
    return text


@lru_cache(maxsize=1)
def _all_sections() -> tuple[Section, ...]:
    return tuple(section for name in names() for section in load(name).sections)


@lru_cache(maxsize=1)
def _all_rules() -> Pattern[str]:
    """One alternation of every platform's rules; costs some ten milliseconds, once."""
    sources = dict.fromkeys(load(name).secrets.pattern for name in names())
    return re.compile("|".join(sources), re.MULTILINE)


class Redactor:
    """Removes known values from any text or structure of plain Python types.

    A value is found as it is, and as ``repr``, JSON and URLs write it. Longer values go first, so
    that a secret that contains another one leaves nothing behind.
    """

    __slots__ = ("_pattern",)

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the values; those shorter than MIN_SECRET characters are ignored."""
        forms = {form for s in secrets if len(s) >= MIN_SECRET for form in _forms(s)}
        ordered = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, ordered))) if ordered else None

    def text(self, text: str) -> str:
        """Return the text without the values."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def value(self, value: Any) -> Any:
        """Return a copy of nested mappings, lists, tuples, sets and strings without the values.

        Keys are cleaned too; numbers, None and other objects are returned as they are.
        """
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self.text(value.decode("utf-8", "surrogateescape")).encode(
                "utf-8", "surrogateescape"
            )
        if isinstance(value, Mapping):
            return {self.value(key): self.value(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            items = (self.value(item) for item in value)
            return tuple(items) if isinstance(value, tuple) else type(value)(items)
        return value


def _forms(secret: str) -> set[str]:
    """The spellings of a secret in source code, JSON, logs and URLs."""
    escaped = secret.encode("unicode_escape").decode("ascii")
    forms = {
        secret,
        secret.strip(),
        escaped,
        repr(secret)[1:-1],
        secret.replace("\\", "\\\\").replace('"', '\\"'),
        secret.replace("'", "\\'"),
        quote(secret, safe="", errors="replace"),
        quote(secret, errors="replace"),
        quote_plus(secret, errors="replace"),
        *secret.splitlines(),
    }
    return {form for form in forms if len(form) >= MIN_SECRET}
