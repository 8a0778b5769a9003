# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waivers: somebody answers for a rule that fails, for a while."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from .results import DeviceFacts, WaiverNote
from .rules.source import Entry, RuleError, Source

_KEYS = ("id", "rules", "devices", "groups", "justification", "owner", "expires")
_NEEDED = ("rules", "justification", "owner", "expires")


@dataclass(frozen=True, slots=True)
class Waiver:
    """One waiver."""

    id: str
    rules: tuple[str, ...]
    devices: tuple[str, ...]
    groups: tuple[str, ...]
    justification: str
    owner: str
    expires: datetime.date
    """The last day on which it holds."""

    @property
    def note(self) -> WaiverNote:
        """What a report shows of it."""
        return WaiverNote(self.id, self.justification, self.owner, self.expires.isoformat())

    def covers(self, rule: str, facts: DeviceFacts) -> bool:
        """Whether it speaks of this rule on this device, whatever the day."""
        if rule not in self.rules:
            return False
        named = any(fnmatchcase(facts.name, pattern) for pattern in self.devices)
        return named or not set(self.groups).isdisjoint(facts.groups)


@dataclass(frozen=True, slots=True)
class Waivers:
    """All waivers, by rule."""

    by_rule: Mapping[str, Sequence[Waiver]]

    def find(self, rule: str, facts: DeviceFacts) -> Waiver | None:
        """The waiver that holds longest."""
        found = [w for w in self.by_rule.get(rule, ()) if w.covers(rule, facts)]
        return max(found, key=lambda waiver: waiver.expires, default=None)


NO_WAIVERS = Waivers({})


def load_waivers(path: Path) -> Waivers:
    """Read a file of waivers.

    Raises:
        RuleError: it cannot be read, or something in it is wrong; the text names file and line.
    """
    entry = Source(path).read()
    keys = entry.mapping()
    if set(keys) != {"waivers"}:
        raise entry.error("a mapping with the one key 'waivers' is expected")
    if keys["waivers"].value() is None:
        return NO_WAIVERS
    by_rule: dict[str, list[Waiver]] = {}
    for one in keys["waivers"].sequence():
        waiver = _waiver(one)
        for rule in waiver.rules:
            by_rule.setdefault(rule, []).append(waiver)
    return Waivers(by_rule)


def _waiver(entry: Entry) -> Waiver:
    keys = entry.mapping()
    if unknown := set(keys) - set(_KEYS):
        raise entry.error(
            f"there is no key {sorted(unknown)[0]!r} here; there are {', '.join(_KEYS)}"
        )
    for key in _NEEDED:
        if key not in keys or keys[key].value() in (None, "", []):
            raise entry.error(f"the key {key!r} is missing or empty: a waiver needs it")
    devices, groups = _names(keys, "devices"), _names(keys, "groups")
    if not devices and not groups:
        raise entry.error("devices or groups are needed: a waiver for everything is no waiver")
    rules = _names(keys, "rules")
    return Waiver(
        id=str(keys["id"].value()) if "id" in keys else f"{entry.source.path.name}:{entry.line}",
        rules=rules,
        devices=devices,
        groups=groups,
        justification=" ".join(str(keys["justification"].value()).split()),
        owner=str(keys["owner"].value()),
        expires=_day(keys["expires"]),
    )


def _names(keys: Mapping[str, Entry], key: str) -> tuple[str, ...]:
    if key not in keys:
        return ()
    value: Any = keys[key].value()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise keys[key].error(f"{key}: a list of texts is expected")
    return tuple(value)


def _day(entry: Entry) -> datetime.date:
    value = entry.value()
    if isinstance(value, datetime.date) and not isinstance(value, datetime.datetime):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise entry.error(f"expires: a day such as 2026-12-31 is expected, not {value!r}") from None


__all__ = ["NO_WAIVERS", "RuleError", "Waiver", "Waivers", "load_waivers"]
