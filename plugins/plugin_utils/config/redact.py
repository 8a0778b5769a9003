# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Take secrets out of text: by a platform's rules, by everybody's rules, or by their values.

This is the one gate that keeps secrets out of git, logs, results and reports. The rules are data
(platforms/*.yml); a secret becomes ``<redacted>`` and the words around it stay, so that a reader
sees that there is one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from re import Match
from typing import Any
from urllib.parse import quote, quote_plus

from ..platforms import Platform, Section, load_all_secrets, load_common

MASK = "<redacted>"
_SEVERAL_LINES = ("-----BEGIN", "\\\n")
"""Without one of these no secret has several lines: armour (RFC 7468), a line that goes on."""
MIN_SECRET = 4
"""Known secrets shorter than this many characters are left alone: "a" or "123" as a password
would otherwise turn every text into masks, and hide from the reader which device failed."""


def redact(
    text: str,
    platform: Platform | None = None,
    hide: Callable[[Match[str]], str] | None = None,
) -> str:
    """Return the text with every secret that a rule knows replaced by ``<redacted>``.

    With a platform its own rules and the common ones are used: right for what it printed.
    Without, the common ones and those of all platforms are: right for logs and messages, where a
    word too many that disappears does no harm. A secret of several words needs the platform.
    ``hide`` replaces a secret by something else than `mask` does.
    """
    hide = hide or mask
    if platform is None:
        text = load_common().pattern.sub(hide, text)
        rules, sections = load_all_secrets()
    else:
        rules, sections = platform.secrets, platform.sections
    for section in sections:
        text = _in_section(text, section, hide)
    return rules.sub(hide, text)


def shown_lines(text: str, platform: Platform) -> list[int] | None:
    """Return where each line of a text stands once it is redacted, both counted from 1.

    None where it stands as before: only a secret of several lines moves what comes after it. The
    text must hold no NUL.
    """
    if not any(sign in text for sign in _SEVERAL_LINES):
        return None
    rows = redact(text, platform, _mask_and_mark).split("\n")
    return [number for number, row in enumerate(rows, 1) for _line in range(1 + row.count("\0"))]


def _mask_and_mark(match: Match[str]) -> str:
    """As `mask`, with a NUL for each line end that the secret had."""
    masked = mask(match)
    return masked + "\0" * (_ends(match[0]) - _ends(masked))


def _ends(text: str) -> int:
    return text.count("\n") + text.count("\0")


def mask(match: Match[str]) -> str:
    """Replace the last group that took part in the match: by convention it is the secret."""
    group = match.lastindex
    if group is None:  # a rule without a group takes a text out of the later rules' reach
        return match[0]
    start, end = match.span(group)
    whole, offset = match[0], match.start()
    return f"{whole[: start - offset]}{MASK}{whole[end - offset :]}"


def _in_section(text: str, section: Section, hide: Callable[[Match[str]], str]) -> str:
    return section.block.sub(lambda block: section.secrets.sub(hide, block[0]), text)


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
    """The spellings of a secret in source code, JSON, logs and URLs; once more inside a string."""
    plain = {secret, secret.strip(), *secret.splitlines()}
    once = {form for text in plain for form in _escaped(text)}
    forms = plain | once | {form for text in once for form in _escaped(text)}
    return {form for form in forms if len(form) >= MIN_SECRET}


def _escaped(text: str) -> Iterator[str]:
    yield repr(text)[1:-1]
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]
    yield quote(text, errors="replace")
    yield quote(text, safe="", errors="replace")
    yield quote_plus(text, errors="replace")
