# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From what NetBox told to the hosts of an inventory: names, addresses, variables, groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .addresses import finder
from .chassis import Member, unite
from .compat import compat_groups, compat_variables
from .fetch import Estate
from .groups import Tree, groups_of
from .kinds import KINDS, Kind
from .mapping import PlatformMap, Slugs
from .names import own_name, unique
from .places import Places
from .records import Record
from .settings import Settings
from .variables import Subject, variables_of

NO_ADDRESS = "netbox_no_address"
UNMAPPED = "netbox_unmapped"


@dataclass(slots=True)
class Host:
    """One host; its groups are not sanitised yet."""

    name: str
    variables: dict[str, Any]
    groups: list[str]


@dataclass(slots=True)
class Inventory:
    """All hosts, how groups nest, and what the person should hear of."""

    hosts: list[Host]
    groups: list[str]
    """Groups that are there even if they are empty."""
    children: list[tuple[str, str]]
    """Group and the group in it."""
    without_address: list[str] = field(default_factory=list)
    unmapped: dict[Slugs, list[str]] = field(default_factory=dict)


def build(estate: Estate, settings: Settings) -> Inventory:
    """The inventory of an estate.

    Raises:
        DuplicateName: two hosts would have one name.
        BadOption: a setting does not hold.
    """
    return _Builder(estate, settings).run()


class _Builder:
    def __init__(self, estate: Estate, settings: Settings) -> None:
        self._estate, self._settings = estate, settings
        self._places = Places(estate)
        self._map = PlatformMap(settings.platform_map)
        self._address = finder(settings.addresses, estate.prefers_ipv4)
        self._without: list[str] = []

    def run(self) -> Inventory:
        subjects = list(self._subjects())
        names = unique([(s.name, s.kind, s.record) for s in subjects], self._settings.duplicates)
        tree = Tree(self._settings, self._places)
        hosts = [
            host
            for subject, name in zip(subjects, names, strict=True)
            if (host := self._host(subject, name, tree))
        ]
        found = Inventory(hosts, [NO_ADDRESS, UNMAPPED, *tree.groups], tree.children)
        found.without_address, found.unmapped = self._without, dict(self._map.unmapped)
        return found

    def _subjects(self) -> Iterator[Subject]:
        for name, records in self._estate.records.items():
            kind = KINDS[name]
            for member in self._members(kind, records):
                yield Subject(self._name(kind, member), kind, member.record, self._names(member))

    def _members(self, kind: Kind, records: list[Record]) -> Iterable[Member]:
        if kind.name != "devices" or self._settings.virtual_chassis == "members":
            return map(Member, records)
        return unite(records, self._estate.masters)

    def _name(self, kind: Kind, member: Member) -> str:
        if member.members and self._settings.virtual_chassis == "name":
            return str(member.record["virtual_chassis"])
        return own_name(member.record, kind, self._settings.hostname_field)

    def _names(self, member: Member) -> list[str]:
        kind = KINDS["devices"]
        return [own_name(one, kind, self._settings.hostname_field) for one in member.members]

    def _host(self, subject: Subject, name: str, tree: Tree) -> Host | None:
        subject.name = name
        address = self._address(subject.record, name)
        if not address:
            self._without.append(name)
            if not self._settings.keep_without_address:
                return None
        host = Host(name, self._variables(subject), self._groups(subject, tree))
        if address:
            host.variables["ansible_host"] = address
        else:
            host.variables[NO_ADDRESS] = self._reason()
            host.groups.append(NO_ADDRESS)
        self._add_platform(subject, host)
        return host

    def _variables(self, subject: Subject) -> dict[str, Any]:
        subject.services = self._estate.services.get(subject.kind.name, {}).get(
            str(subject.record["id"]), []
        )
        if self._settings.compat:
            return compat_variables(subject, self._settings, self._settings.compat, self._places)
        return variables_of(subject, self._settings, self._places)

    def _groups(self, subject: Subject, tree: Tree) -> list[str]:
        if self._settings.compat:
            return compat_groups(subject, self._settings, self._settings.compat, tree)
        return groups_of(subject, self._settings, tree)

    def _reason(self) -> str:
        return f"NetBox has none of {', '.join(self._settings.addresses)} for it"

    def _add_platform(self, subject: Subject, host: Host) -> None:
        mapped = self._map.find(subject.record, host.name)
        if mapped is None:
            host.groups.append(UNMAPPED)
            return
        if mapped.network_os:
            host.variables["ansible_network_os"] = mapped.network_os
        if mapped.netops_platform:
            host.variables["netops_platform"] = mapped.netops_platform
