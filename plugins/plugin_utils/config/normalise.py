# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what a session printed to the three faces of a configuration.

``exact`` is what the device said, ``text`` what people may see and compare, and the stable hash
what decides whether the exact text is worth keeping again.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from re import Pattern

from ..platforms import Platform
from .redact import mask, redact, shown_lines

_RETURNS = re.compile(r"\r+\n?")
_CONTROLS = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|[@-Z\\-_])?|[\x00-\x08\x0b-\x1f\x7f]")
_CONTROL_CHARACTERS = "".join(map(chr, {*range(32), 127} - {9, 10}))
_TAIL = 400
"""Characters at the end of a text in which the prompt is looked for."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A fetched text without the remains of the session."""

    text: str
    prompt: bool
    """Whether the device's prompt stood at the end."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """A configuration in its three faces; both hashes are hexadecimal SHA-256 of UTF-8."""

    exact: str
    """As the device printed it, without echo, prompt, pager remains and carriage returns."""
    stable_sha256: str
    """Of the text without volatile lines and resalted secrets; other secrets count."""
    text: str
    """Without volatile lines, secrets and control characters."""
    text_sha256: str


def normalise(text: str, platform: Platform) -> Normalised:
    """Return the faces of a fetched text; the prompt may still stand at its end.

    Idempotent: normalising ``exact``, or ``text``, again changes nothing. Never raises.
    """
    exact = clean(text, platform).text
    kept = _drop_lines(exact, platform.volatile)
    stable = platform.resalted.sub(mask, kept) if platform.resalted else kept
    shown = redact(_visible(kept), platform)
    return Normalised(exact, _sha256(stable), shown, _sha256(shown))


def visible(text: str) -> str:
    """Return an exact text without control characters, its lines and secrets still in it."""
    return _visible(text)


def mirror_lines(text: str, platform: Platform) -> list[int] | None:
    """Return the number that each line of a visible text has in the text that people see.

    Both are counted from 1; a volatile line has that of the line before. None where all stand as
    they stood.
    """
    kept, numbers = _drop_lines(text, platform.volatile), None
    if platform.volatile and len(kept) < len(text):
        rows = platform.volatile.sub("\0", f"\n{text}").split("\n")
        numbers = _numbered(rows, 0)[1:]
    hidden = shown_lines(kept, platform)
    if numbers is None or hidden is None:
        return numbers or hidden
    return [hidden[number - 1] for number in numbers]


def _numbered(rows: list[str], first: int) -> list[int]:
    """The numbers of rows, each as often as it and the lines that it swallowed (NULs) are."""
    counted = enumerate(rows, first)
    return [max(1, number) for number, row in counted for _line in range(1 + row.count("\0"))]


def clean(text: str, platform: Platform) -> Cleaned:
    """Remove what belongs to the session and not to the configuration.

    These are carriage returns, NULs, what a pager left, the echo of a command before the text and
    the prompt after it. A text that holds none of them comes back unchanged.
    """
    if not text.isascii():  # lone surrogates cannot be stored or hashed
        text = text.encode("utf-8", "replace").decode("utf-8")
    if "\0" in text:
        text = text.replace("\0", "")
    if platform.noise is not None and any(c in text for c in "\b\r\x1b"):
        text = platform.noise.sub("", text)
    if "\r" in text:
        text = _RETURNS.sub("\n", text.replace("\n\r", "\n"))
    text = _without_echo(text, platform)
    return _without_prompt(text, platform)


def _without_echo(text: str, platform: Platform) -> str:
    commands = platform.config.commands
    while True:
        first, newline, rest = text.partition("\n")
        first = first.rstrip()
        command = next((c for c in commands if first.endswith(c)), None)
        if command is None or not newline:
            return text
        before = first.removesuffix(command).rstrip()
        if before and not (platform.ending and platform.ending.search(f"\n{before}")):
            return text
        text = rest


def _without_prompt(text: str, platform: Platform) -> Cleaned:
    if platform.ending is None:
        return Cleaned(text, prompt=False)
    start = max(0, len(text) - _TAIL)
    found = platform.ending.search(f"\n{text}" if start == 0 else text[start:])
    if found is None:
        return Cleaned(text, prompt=False)
    # The newline before the prompt belongs to the text.
    return Cleaned(text[: start + found.start() + (start > 0)], prompt=True)


def _drop_lines(text: str, volatile: Pattern[str] | None) -> str:
    """Remove volatile lines. The pattern begins with a literal newline, which re finds fastest."""
    return volatile.sub("", f"\n{text}")[1:] if volatile else text


def _visible(text: str) -> str:
    """Remove control characters, which would let a secret hide from the rules."""
    # Looking for each of them by itself is ten times as fast as the pattern is.
    return _CONTROLS.sub("", text) if any(c in text for c in _CONTROL_CHARACTERS) else text


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
