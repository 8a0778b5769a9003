# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From answers to findings: lines as evidence, and no secret in any of it.

A line is redacted as it stands in its configuration, with the lines that it stands below, since
some secrets are known by their section alone. A captured value that the gate hid in its own line
is hidden in the messages and in the remediation too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..config.redact import MASK, MIN_SECRET, redact
from ..config.tree import Tree
from ..platforms import Platform
from .answers import BEGIN, END, Answer
from .results import Evidence

MOST = 50
"""Lines of evidence that a finding shows; the message says how many there are."""
_WIDTH = 300
"""Characters that one line of evidence or a message has at most."""
_BETWEEN = "\n\x00\n"
_WORD = re.compile(r"[^\s<>\";']+")
_PART = re.compile(f"{BEGIN}([^{BEGIN}{END}]*){END}")


class Shown:
    """The redacted lines and messages of one device, made in one go for all its findings."""

    def __init__(self, tree: Tree, platform: Platform, answers: Sequence[Answer]) -> None:
        self._tree = tree
        self._platform = platform
        nodes = {node for answer in answers for node in answer.nodes[:MOST]}
        origins = {item.node for answer in answers for item in answer.items if item.node >= 0}
        origins.update(node for answer in answers for node in answer.origins)
        wanted = sorted(nodes | origins)
        self._raw = {node: in_context(tree, node) for node in wanted}
        self._texts = dict(zip(wanted, redacted(self._raw.values(), platform), strict=True))
        self._evidence = {node: self._made(node) for node in sorted(nodes)}
        self._secrets = self._hidden(answers)
        messages = dict.fromkeys(answer.message for answer in answers)
        plain = [_unmarked(message) for message in messages]
        pairs = zip(messages, plain, redacted(plain, platform), strict=True)
        self._messages = {message: self._said(message, *texts) for message, *texts in pairs}

    def evidence(self, answer: Answer) -> tuple[Evidence, ...]:
        """The lines that an answer rests on, in their order."""
        return tuple(self._evidence[node] for node in sorted(answer.nodes[:MOST]))

    def text(self, text: str) -> str:
        """A line of remediation, without the device's secrets."""
        for secret in self._secrets:
            if secret in text:
                text = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", lambda _match: MASK, text)
        return text

    def message(self, text: str) -> str:
        """One line of a message, cut to a length that a table bears."""
        known = self._messages.get(text)
        if known is not None:
            return known
        plain = _unmarked(text)
        return self._said(text, plain, redact(f"\n{plain}", self._platform)[1:])

    def _said(self, marked: str, plain: str, shown: str) -> str:
        """A message in which the device's parts are hidden as far as the gate hides them."""
        if plain != shown:
            plain = _unmarked(_PART.sub(lambda part: _hidden_in(part[1], shown), marked))
        return cut(self.text(plain))

    def _made(self, node: int) -> Evidence:
        """Redaction keeps every line's beginning, so a node's first line is found from the front:
        as many lines as it has ancestors come before it."""
        number = self._tree.numbers[node]
        if self._tree.parents[node] < 0:
            return Evidence(number, cut(self._texts[node].partition("\n")[0].strip()))
        rows = [" ".join(row.split()) for row in self._texts[node].split("\n")]
        own = min(len(self._tree.ancestors(node)), len(rows) - 1)
        return Evidence(number, cut(rows[own]), " / ".join(rows[:own]))

    def _hidden(self, answers: Sequence[Answer]) -> list[str]:
        """Words and captured values that the gate took out of the line that they come from."""
        secrets: set[str] = set()
        for node, raw in self._raw.items():
            shown = self._texts[node]
            if raw != shown:
                secrets |= {
                    w for w in _WORD.findall(raw) if len(w) >= MIN_SECRET and w not in shown
                }
        for item in (item for answer in answers for item in answer.items if item.node >= 0):
            raw, shown = self._raw[item.node], self._texts[item.node]
            if raw != shown:
                words = {*item.line.split(), *_strings(item.captures.values())}
                secrets |= {word for word in words if word in raw and word not in shown}
        return sorted(secrets, key=len, reverse=True)


def _strings(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str) and value:
            yield value
        elif isinstance(value, list):
            yield from _strings(value)


def _unmarked(message: str) -> str:
    return " ".join(message.replace(BEGIN, "").replace(END, "").split())


def _hidden_in(part: str, shown: str) -> str:
    """A part without the words that the gate took out of the whole message."""
    return " ".join(word if word in shown else MASK for word in part.split())


def in_context(tree: Tree, node: int) -> str:
    """The raw lines of a node below those of its ancestors."""
    rows = [tree.lines[tree.numbers[above] - 1] for above in tree.ancestors(node)]
    number = tree.numbers[node]
    own = tree.lines[number - 1 : tree.last_line(node)] or [tree.texts[node]]
    return "\n".join((*rows, *own))


def cut(text: str) -> str:
    """A text in the length that a table bears."""
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def redacted(given: Iterable[str], platform: Platform) -> list[str]:
    """Redact many texts at once; one by one where a secret reached from one into the next."""
    texts = list(given)
    together = redact("\n" + _BETWEEN.join(texts), platform)[1:].split(_BETWEEN)
    if len(together) == len(texts) or not texts:
        return together[: len(texts)]
    return [redact(f"\n{text}", platform)[1:] for text in texts]
