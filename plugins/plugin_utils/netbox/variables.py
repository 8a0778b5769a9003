# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of a host, under this plugin's own names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .kinds import DERIVED, Kind
from .places import Places
from .records import Record
from .settings import Settings

_AS_THEY_ARE = (
    "asset_tag",
    "cluster",
    "comments",
    "description",
    "device_type",
    "id",
    "manufacturer",
    "name",
    "platform",
    "rack",
    "role",
    "serial",
    "site",
    "status",
    "tags",
    "tenant",
    "virtual_chassis",
)
_ADDRESSES = ("primary_ip4", "primary_ip6", "oob_ip")


@dataclass(slots=True)
class Subject:
    """A host to be: its name, its record, and the names of its chassis's members."""

    name: str
    kind: Kind
    record: Record
    members: list[str]
    services: list[dict[str, Any]] = field(default_factory=list)


def variables_of(subject: Subject, settings: Settings, places: Places) -> dict[str, Any]:
    """All that the settings want and NetBox has, flat as far as they say so."""
    record, wanted = subject.record, settings.variables
    found = {name: record[name] for name in _AS_THEY_ARE if name in wanted and name in record}
    found |= {name: record[name][0] for name in _ADDRESSES if name in wanted and name in record}
    for name in DERIVED.keys() & wanted:
        if value := places.derived(record, name):
            found[name] = value
    found |= _special(subject, wanted, places)
    named = {f"{settings.prefix}{name}": value for name, value in found.items()}
    if "site" in found:
        named["site"] = found["site"]  # where the roles of this collection look for it
    return named | _nested(record, settings)


def dns_name(record: Record) -> str:
    """The DNS name of the primary address, else of the out-of-band one, else nothing."""
    named = (record[name][1] for name in _ADDRESSES if name in record)
    return next(filter(None, named), "")


def _special(subject: Subject, wanted: frozenset[str], places: Places) -> dict[str, Any]:
    record, found = subject.record, dict[str, Any]()
    if "object_type" in wanted:
        found["object_type"] = subject.kind.model.partition(".")[2]
    if "location" in wanted and (path := places.locations(record)):
        found["location"] = path
    if "dns_name" in wanted and (name := dns_name(record)):
        found["dns_name"] = name
    if "services" in wanted and subject.services:
        found["services"] = subject.services
    if "virtual_chassis_members" in wanted and subject.members:
        found["virtual_chassis_members"] = subject.members
    return found


def _nested(record: Record, settings: Settings) -> dict[str, Any]:
    """Custom fields and contexts: one mapping each, or a variable for each of their keys."""
    found: dict[str, Any] = {}
    if "custom_fields" in settings.variables:
        fields = {k: v for k, v in record.get("custom_fields", {}).items() if v is not None}
        if settings.flatten_custom_fields:
            found |= {f"{settings.prefix}cf_{name}": value for name, value in fields.items()}
        elif fields:
            found[f"{settings.prefix}custom_fields"] = fields
    for name, flat in (
        ("local_context_data", settings.flatten_local_context_data),
        ("config_context", settings.flatten_config_context),
    ):
        context = record.get(name) if name in settings.variables else None
        if isinstance(context, Mapping) and context:
            found |= dict(context) if flat else {f"{settings.prefix}{name}": context}
    return found
