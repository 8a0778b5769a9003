# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From NetBox's slugs to ``ansible_network_os`` and our platform. The table is data."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import Pattern
from typing import Any

import yaml

from ..errors import UnknownPlatform
from ..platforms import own_name
from .problems import BadOption

CONDITIONS = ("platform", "device_type", "manufacturer", "role")
_RESULTS = ("network_os", "netops_platform")
_SHIPPED = Path(__file__).with_name("platforms.yml")
_NONE = "none"
_EXAMPLES = 3

Slugs = tuple[str, str, str, str]
"""Of platform, device type, manufacturer and role; what is not set is empty."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What a rule says. Both are empty for a host that is none of ours."""

    network_os: str = ""
    netops_platform: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    conditions: tuple[tuple[int, Pattern[str]], ...]
    mapped: Mapped

    def fits(self, slugs: Slugs) -> bool:
        return all(pattern.fullmatch(slugs[place]) for place, pattern in self.conditions)


class PlatformMap:
    """The table with the rules of the user before it; remembers what it could not map."""

    def __init__(self, rules: Sequence[Mapping[str, Any]] = ()) -> None:
        own = (_rule(rule, f"platform_map[{number}]") for number, rule in enumerate(rules))
        self._rules = (*own, *_shipped())
        self._known: dict[Slugs, Mapped | None] = {}
        self.unmapped: dict[Slugs, list[str]] = defaultdict(list)
        """Names of hosts by what NetBox knows of them."""

    def find(self, record: Mapping[str, Any], name: str) -> Mapped | None:
        """What the first rule says that fits, or None, and then the host is remembered."""
        slugs: Slugs = tuple(record.get(fact) or "" for fact in CONDITIONS)  # type: ignore[assignment]
        if slugs not in self._known:
            fitting = (rule.mapped for rule in self._rules if rule.fits(slugs))
            self._known[slugs] = next(fitting, None)
        mapped = self._known[slugs]
        if mapped is None:
            self.unmapped[slugs].append(name)
        return mapped


def suggestion(unmapped: Mapping[Slugs, Sequence[str]]) -> str:
    """A ``platform_map`` for what was not mapped, as YAML, the most frequent first.

    ``none`` stands where a system has to be filled in: as it is, the rule only silences.
    """
    lines = [
        "# What no rule maps, the most frequent first. Fill in network_os, for example",
        "# cisco.ios.ios, leave none for what is no network device, and paste it into the",
        "# inventory file.",
        "platform_map:" + ("" if unmapped else " []"),
    ]
    for slugs, names in sorted(unmapped.items(), key=lambda item: (-len(item[1]), item[0])):
        shown = ", ".join(map(_one_line, names[:_EXAMPLES]))
        lines.append(f"  # {len(names)}: {shown}{', ...' if len(names) > _EXAMPLES else ''}")
        # By its platform if it has one; else by all that is known.
        told = [("platform", slugs[0])] if slugs[0] else zip(CONDITIONS, slugs, strict=True)
        conditions = [(fact, json.dumps(re.escape(slug))) for fact, slug in told]
        pairs = [*conditions, ("network_os", _NONE)]
        lines += [f"  {'  ' if n else '- '}{key}: {value}" for n, (key, value) in enumerate(pairs)]
    return "\n".join(lines) + "\n"


def _one_line(name: str) -> str:
    """A name in a comment: whatever could end the line is left out."""
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())


@cache
def _shipped() -> tuple[_Rule, ...]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    rules = yaml.load(_SHIPPED.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    return tuple(_rule(rule, f"{_SHIPPED.name}[{n}]") for n, rule in enumerate(rules))


def _rule(rule: Any, where: str) -> _Rule:
    if not isinstance(rule, Mapping):
        raise BadOption(f"{where}: a mapping is expected, not {rule!r}")
    unknown = sorted(map(str, rule.keys() - {*CONDITIONS, *_RESULTS}))
    if unknown:
        raise BadOption(f"{where}: {unknown[0]}: a rule has {', '.join((*CONDITIONS, *_RESULTS))}")
    conditions = tuple(
        (place, _pattern(rule[fact], f"{where}: {fact}"))
        for place, fact in enumerate(CONDITIONS)
        if rule.get(fact) is not None
    )
    if not conditions:
        raise BadOption(f"{where}: no condition; give one of {', '.join(CONDITIONS)}")
    return _Rule(conditions, _mapped(rule, where))


def _pattern(source: Any, where: str) -> Pattern[str]:
    try:
        return re.compile(str(source), re.IGNORECASE)
    except re.error as error:
        raise BadOption(f"{where}: {source!r} is no regular expression: {error}") from error


def _mapped(rule: Mapping[str, Any], where: str) -> Mapped:
    network_os, platform = (rule.get(key) for key in _RESULTS)
    if not isinstance(network_os, str) or not network_os:
        raise BadOption(f"{where}: network_os is missing; use none for what is no network device")
    if network_os == _NONE:
        return Mapped()
    return Mapped(network_os, _platform(platform, network_os, where))


def _platform(platform: Any, network_os: str, where: str) -> str:
    """The name of our platform; of a system that we do not know there is none."""
    try:
        return own_name(str(platform or network_os))
    except UnknownPlatform as error:
        if platform:
            raise BadOption(f"{where}: netops_platform: {error}") from error
        return ""


def names_in_line(names: Iterable[str], most: int) -> str:
    """Names for a message, not more than so many."""
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(map(_one_line, listed[:most])) + more
