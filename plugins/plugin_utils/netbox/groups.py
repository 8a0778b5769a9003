# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The groups of a host, and how those of places nest as they do in NetBox."""

from __future__ import annotations

from typing import Any

from .kinds import DERIVED
from .places import Places
from .records import Record
from .settings import SINGULAR, Settings
from .variables import Subject

_NESTING = ("region", "site_group", "location")


class Tree:
    """Groups of regions and site groups, which hold sites, which hold locations.

    A host is in the innermost of them. ``groups`` and ``children`` are complete when all hosts
    have been asked for.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        self.places = places
        self._raw = settings.group_names_raw
        self._compat = settings.compat is not None
        self._words = set(settings.group_by)
        self._site = "sites" if self._compat and settings.compat.plurals else "site"  # type: ignore[union-attr]
        self._edges: dict[tuple[str, str], None] = {}
        self._known: dict[tuple[Any, Any], list[str]] = {}
        self.groups: list[str] = []

    @property
    def nests(self) -> bool:
        """Whether anything of it is asked for."""
        return bool(self._words & {*_NESTING, "site", "sites"})

    @property
    def children(self) -> list[tuple[str, str]]:
        """Group and the group in it, each once."""
        return list(self._edges)

    def named(self, word: str, slug: str) -> str:
        """A group's name."""
        return slug if self._raw else f"{word}_{slug}"

    def of(self, record: Record) -> list[str]:
        """The innermost group of a record's place."""
        key = (record.get("site_id"), record.get("location_id"))
        if key not in self._known:
            self._known[key] = self._add(record)
        return self._known[key]

    def _add(self, record: Record) -> list[str]:
        if "site" not in record:
            return []
        site = self.named(self._site, record["site"])
        for word in ("region", "site_group"):
            if word in self._words:
                self._chain(word, self.places.derived(record, word), site)
        if "location" not in self._words or "location" not in record:
            return [site]
        return self._locations(record, site)

    def _chain(self, word: str, slugs: list[str], innermost: str) -> None:
        inner = innermost
        for slug in slugs:
            outer = self.named(word, slug)
            self._edges[outer, inner] = None
            inner = outer

    def _locations(self, record: Record, site: str) -> list[str]:
        """A location's slug is unique at its site only, so the group's name has both."""
        slugs = self.places.locations(record) or [record["location"]]
        if not self._compat:
            slugs = [f"{record['site']}_{slug}" for slug in slugs]
        self._chain("location", slugs[1:], self.named("location", slugs[0]))
        self._edges[site, self.named("location", slugs[-1])] = None
        return [self.named("location", slugs[0])]


def groups_of(subject: Subject, settings: Settings, tree: Tree) -> list[str]:
    """The groups that the option ``group_by`` makes for a host."""
    found = list(tree.of(subject.record)) if tree.nests else []
    for word in settings.group_by:
        fact = SINGULAR.get(word, word)
        if fact not in (*_NESTING, "site"):
            label = _LABELS.get(fact, fact)
            found += [tree.named(label, slug) for slug in slugs_of(subject, fact, tree)]
    return found


_LABELS = {"tags": "tag", "services": "service"}


def slugs_of(subject: Subject, fact: str, tree: Tree) -> list[str]:
    """What a host is grouped by: the values of one fact."""
    if fact == "is_virtual":
        return ["yes" if subject.kind.short == "vm" else "no"]
    if fact == "services":
        return [str(service["name"]) for service in subject.services]
    value = tree.places.derived(subject.record, fact) if fact in DERIVED else None
    value = value or subject.record.get(fact)
    return [str(one) for one in (value if isinstance(value, list) else [value]) if one]
