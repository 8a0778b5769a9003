# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Prove that a fetched configuration is whole before it may replace a good one.

A session that is cut, a prompt found inside the text, a refused command: all of them look like
success to a terminal driver. What proves the contrary is data: the words a configuration of that
platform begins with, the marker it ends with, how its blocks nest. Where a format has no end
marker (``end: null`` in the platform's file), the prompt after the text, blocks that all close and
the size of the last good copy must do.
"""

from __future__ import annotations

import re

from ..errors import CommandRejected, IncompleteOutput
from ..platforms import Platform, Proof, Quoted
from .normalise import clean
from .redact import redact

HEAD = 4096
"""Characters in which the start marker is looked for; banners and notices may come before it."""
TAIL = 400
"""Characters in which the end marker is looked for; blank lines may come after it."""
EDGE_LINES = 5
"""Lines at either edge of an unproved text in which error texts are looked for."""
MIN_RATIO = 0.5
"""A text without an end marker that is smaller than this part of the last good copy is refused.
With an end marker any size is believed: the device has said that this is all."""

_ESCAPED = re.compile(r"\\.", re.DOTALL)
_STRING = re.compile(r'"[^"]*"')


def prove_complete(
    text: str,
    platform: Platform,
    last_good_bytes: int | None = None,
    *,
    prompt_seen: bool = False,
) -> None:
    """Return if the text is a whole configuration, and raise if that is not proved.

    Pass the text as the session gave it, with the prompt at its end; or set ``prompt_seen`` when
    the prompt was seen and has been cut off. ``last_good_bytes`` is the size of the last good
    copy's exact text; None leaves the comparison out.

    Raises:
        CommandRejected: the device answered with an error text.
        IncompleteOutput: something is missing; the message says what.
    """
    cleaned = clean(text, platform)
    body, ended = cleaned.text, cleaned.prompt or prompt_seen
    proof = platform.complete
    start = proof.start.search(body, 0, HEAD)
    end = _end(body, proof, ended)
    head = body[: start.start()] if start else _edge(body, first=True)
    _refuse_errors(head, platform)
    if not end:
        _refuse_errors(_edge(body, first=False), platform)
    _demand(bool(body.strip()), "the device printed nothing")
    _demand(bool(start), f"it does not begin as a configuration of {platform.title} does")
    _demand(end or proof.end is None, f"the end marker of {platform.title} is missing")
    _demand(end or ended, "the device's prompt does not follow it")
    _demand_size(body, proof, None if end else last_good_bytes)
    _demand_structure(body, proof)


def refuse_beginning(text: str, last_good: str, platform: Platform) -> None:
    """Raise IncompleteOutput for a text that is but the beginning of the last good copy.

    Both are normalised. Only of use where a format has no end marker: there a text that is cut
    between two lines, with the prompt after it, looks whole. Its last line may be cut as well.
    """
    head = text[: text.rstrip("\n").rfind("\n") + 1]
    if platform.complete.end is None and len(text) < len(last_good) and last_good.startswith(head):
        lines, whole = text.count("\n"), last_good.count("\n")
        raise IncompleteOutput(
            "the configuration is not proved complete: it is the last good copy up to line "
            f"{lines} of {whole}, and this format has no end marker that would prove it to be all"
        )


def _end(body: str, proof: Proof, ended: bool) -> bool:
    """Whether the end marker stands there, as a whole line: ``end`` may be a cut ``end-set``."""
    if proof.end is None or not (ended or body.endswith("\n")):
        return False
    return proof.end.search(body, max(0, len(body) - TAIL)) is not None


def _edge(body: str, *, first: bool) -> str:
    part = body[:HEAD] if first else body[-HEAD:]
    lines = [line for line in part.split("\n") if line.strip()]
    return "\n".join(lines[:EDGE_LINES] if first else lines[-EDGE_LINES:])


def _refuse_errors(text: str, platform: Platform) -> None:
    proof = platform.complete
    if found := proof.rejected.search(text):
        line = redact(found[0].strip(), platform)[:160]
        raise CommandRejected(f"{' / '.join(platform.config.commands)!r} was refused: {line!r}")
    if found := proof.broken.search(text):
        line = redact(found[0].strip(), platform)[:160]
        raise IncompleteOutput(f"the output was broken off: {line!r}")


def _demand(fact: bool, otherwise: str) -> None:
    if not fact:
        raise IncompleteOutput(f"the configuration is not proved complete: {otherwise}")


def _demand_size(body: str, proof: Proof, last_good_bytes: int | None) -> None:
    size = len(body.encode("utf-8"))
    _demand(size >= proof.min_bytes, f"{size} bytes are too few")
    if last_good_bytes:
        _demand(
            size >= last_good_bytes * MIN_RATIO,
            f"{size} bytes are less than half of the last good copy's {last_good_bytes}, "
            "and this format has no end marker that would prove them to be all",
        )


def _demand_structure(body: str, proof: Proof) -> None:
    lines = f"\n{body}"
    for quoted in proof.quoted:
        _demand_closed(lines, quoted)
    if proof.strings:
        lines = _ESCAPED.sub("", lines)
        _demand(lines.count('"') % 2 == 0, "a string does not end")
        lines = _STRING.sub("", lines)
    for nesting in proof.nesting:
        opened, closed = len(nesting.open.findall(lines)), len(nesting.close.findall(lines))
        _demand(opened == closed, f"{opened} blocks open and {closed} close")


def _demand_closed(lines: str, quoted: Quoted) -> None:
    position = 0
    while found := quoted.open.search(lines, position):
        close = quoted.close if quoted.close is not None else found["close"]
        position = lines.find(close, found.end())
        _demand(position >= 0, f"{found[0].strip()!r} is not closed")
        position += len(close)
