# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patterns of rules: whole words, from the first one on; captures that are used further on.

A pattern is compiled once. Where it names a value captured earlier, as in ``neighbor {peer}
password``, the value is put before the text and found again by a back-reference, so that a
thousand neighbours need one expression and not a thousand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from re import Match

from .answers import given

PLACEHOLDER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_PLAIN = re.compile(r"(?:[\w \"'/:,@<>=~%&!#;-]|\\[^\w\s])(?![*?+]|\{[\d,])")
_DIGIT = re.compile(r"\[0-9\](?![*?{])")
_SIGN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[(|)]", re.DOTALL)
"""What has a meaning in a pattern; escapes and classes are taken as wholes, so that nothing in them
has."""
_READABLE = (
    (re.compile(r"\(\?P<(\w+)>(?:[^()\\]|\\.)*\)"), r"<\1>"),
    (re.compile(r"\(\?<?[!=][^()]*\)"), ""),
    (re.compile(r"\(\?:"), "("),
    (re.compile(r"\\[Sd][+*]|\.[+*]"), "*"),
    (re.compile(r"\\(?=[^\w\s])|\$$"), ""),
)
_CUT = "\0"
"""Stands between the values and the text; texts have none, since control characters are taken
out of what a device printed."""


class Pattern:
    """One pattern of a rule, with its parameters put in.

    ``names`` are its own groups, ``needs`` the captured values that it refers to, ``ranges`` the
    texts that a match can begin with, each with what sorts behind all that do.
    """

    __slots__ = ("_compiled", "_words", "names", "needs", "ranges", "source")

    def __init__(self, source: str, parameters: Mapping[str, str]) -> None:
        """Compile it.

        Raises:
            re.error: it is no regular expression.
        """
        if not source.strip() or source != source.strip():
            raise re.error("a pattern begins with a word and ends with one, without a blank")
        text = PLACEHOLDER.sub(lambda m: _parameter(m, parameters), source)
        self.source = source
        self.needs = tuple(dict.fromkeys(PLACEHOLDER.findall(text)))
        body = PLACEHOLDER.sub(r"(?P=_\1)", text)
        given = "".join(f"(?P<_{name}>[^{_CUT}]*){_CUT}" for name in self.needs)
        compiled = re.compile(rf"{given}(?:{body})(?!\S)")
        self.names = tuple(name for name in compiled.groupindex if name[1:] not in self.needs)
        self._compiled = compiled
        self.ranges = _ranges(text)
        self._words = _readable(text)

    def match(self, text: str, bound: Mapping[str, str], offset: int = 0) -> Match[str] | None:
        """Match a text from an offset on."""
        if not self.needs:
            return self._compiled.match(text, offset)
        for _text, match in self.among((text,), bound, offset):
            return match
        return None

    def among(
        self, texts: Iterable[str], bound: Mapping[str, str], offset: int = 0
    ) -> Iterator[tuple[str, Match[str]]]:
        """Those of many texts that match, from an offset on."""
        match = self._compiled.match
        if not self.needs:
            return ((text, found) for text in texts if (found := match(text, offset)))
        values = [bound[name] for name in self.needs]
        given, rarest = _CUT.join(values) + _CUT, max(values, key=len)
        # Looking for a value is much faster than asking the expression, and nearly always enough.
        return (
            (text, found)
            for text in texts
            if rarest in text and (found := match(f"{given}{text[offset:]}"))
        )

    def length(self, match: Match[str]) -> int:
        """How much of the text a match took, from its offset on."""
        start = match.end(f"_{self.needs[-1]}") + 1 if self.needs else match.start()
        return match.end() - start

    def captures(self, match: Match[str]) -> dict[str, str]:
        """The groups that took part in a match."""
        found = match.groupdict()
        return {name: found[name] for name in self.names if found[name] is not None}

    def shown(self, bound: Mapping[str, str]) -> str:
        """The pattern as a person reads it: groups by name, and the captured values, marked."""
        return filled(self._words, marked(bound)) if self.needs else self._words


@lru_cache(maxsize=4096)
def search(source: str, needs: tuple[str, ...]) -> re.Pattern[str]:
    """Compile what is looked for anywhere in a free text, in any case; values as in Pattern."""
    body = PLACEHOLDER.sub(lambda m: rf"(?P=_{m[1]})" if m[1] in needs else m[0], source)
    given = "".join(f"(?P<_{name}>[^{_CUT}]*){_CUT}" for name in needs)
    return re.compile(rf"{given}[\s\S]*?(?:{body})", re.IGNORECASE | re.MULTILINE)


def found_in(source: str, text: str, bound: Mapping[str, str]) -> bool:
    """Whether an expression is found in a free text; ``{name}`` stands for a captured value."""
    needs = tuple(name for name in dict.fromkeys(PLACEHOLDER.findall(source)) if name in bound)
    values = "".join(f"{bound[name]}{_CUT}" for name in needs)
    return search(source, needs).match(values + text) is not None


def filled(source: str, values: Mapping[str, str]) -> str:
    """Put values in for their placeholders, and leave the others as they are."""
    return PLACEHOLDER.sub(lambda m: str(values.get(m[1], m[0])), source)


def marked(values: Mapping[str, object]) -> dict[str, str]:
    """Captured values for a message."""
    return {name: given(value) for name, value in values.items()}


def _parameter(match: Match[str], parameters: Mapping[str, str]) -> str:
    value = parameters.get(match[1])
    return match[0] if value is None else f"(?:{value})"


def _ranges(source: str) -> tuple[tuple[str, str], ...]:
    """What each match lies in, in the order of texts: from a beginning to what sorts behind all
    that begin so. None overlaps another one."""
    branches = _branches(source)
    if branches == [source]:
        return (_range(source),)
    found: list[tuple[str, str]] = []
    for begin, beyond in sorted(one for branch in branches for one in _ranges(branch)):
        if found and begin < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], beyond))
        else:
            found.append((begin, beyond))
    return tuple(found)


def _branches(source: str) -> list[str]:
    """A pattern's alternatives, also where the group that it begins with has them or may lack."""
    structure = list(_structure(source))
    bars = [position for position, sign, depth in structure if sign == "|" and depth == 0]
    if bars:
        return _pieces(source, [-1, *bars, len(source)])
    end = next((position for position, sign, depth in structure if sign == ")" and depth == 0), -1)
    rest = source[end + 1 :]
    if end < 0 or not source.startswith("(?:") or rest.startswith(("*", "+", "{")):
        return [source]
    after = rest.lstrip("?+")
    inner = [at for at, sign, depth in structure if sign == "|" and depth == 1 and at < end]
    branches = [piece + after for piece in _pieces(source, [2, *inner, end])]
    return branches if after == rest else [*branches, after]


def _pieces(source: str, cuts: list[int]) -> list[str]:
    return [source[before + 1 : after] for before, after in pairwise(cuts)]


def _range(source: str) -> tuple[str, str]:
    """The range of a pattern without alternatives: by its plain text, and a digit behind it."""
    plain, position = "", 0
    while found := _PLAIN.match(source, position):
        plain += found[0][-1]
        position = found.end()
    digit = _DIGIT.match(source, position)
    return (f"{plain}0", f"{plain}:") if digit else (plain, f"{plain}\U0010ffff")


def _readable(source: str) -> str:
    for expression, meaning in _READABLE:
        source = expression.sub(meaning, source)
    return source


def _structure(source: str) -> Iterator[tuple[int, str, int]]:
    """Where groups begin, end and have alternatives: position, sign, and the depth behind it."""
    depth = 0
    for found in _SIGN.finditer(source):
        sign = found[0]
        if len(sign) == 1:
            depth += (sign == "(") - (sign == ")")
            yield found.start(), sign, depth


def names_in(sources: Iterable[str]) -> set[str]:
    """The placeholders of several patterns."""
    return {name for source in sources for name in PLACEHOLDER.findall(source)}
