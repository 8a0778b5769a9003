# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The two kinds of hosts that NetBox knows, and what can be asked about each.

A *fact* is what may become a variable, a group or an address: ``site``, ``primary_ip4``. The
tables say where each is found: the selection in GraphQL, the field in REST.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

REFERENCES = {
    "site": "slug",
    "location": "slug",
    "role": "slug",
    "platform": "slug",
    "tenant": "slug",
    "device_type": "slug",
    "rack": "name",
    "cluster": "name",
}
"""Facts that are other objects, and which of their attributes names them."""

DERIVED = {
    "region": ("site", "sites", "regions"),
    "site_group": ("site", "sites", "site_groups"),
    "time_zone": ("site", "sites", ""),
    "facility": ("site", "sites", ""),
    "cluster_type": ("cluster", "clusters", ""),
    "cluster_group": ("cluster", "clusters", ""),
    "tenant_group": ("tenant", "tenants", ""),
}
"""Facts that are found by way of another one: that fact, its table, and the table of parents."""

TABLES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "sites": ("dcim/sites/", ("slug", "region", "group", "time_zone", "facility")),
    "regions": ("dcim/regions/", ("slug", "parent")),
    "site_groups": ("dcim/site-groups/", ("slug", "parent")),
    "locations": ("dcim/locations/", ("slug", "parent", "site")),
    "clusters": ("virtualization/clusters/", ("name", "type", "group")),
    "tenants": ("tenancy/tenants/", ("slug", "group")),
}
"""Small lists that are read as a whole: address and fields in REST."""

IDENTIFIED = frozenset({through for through, *_tables in DERIVED.values()} | {"location"})
"""References of which the id is needed too, to find more. NetBox serialises for seconds, so the
others are asked for nothing but their name."""

SEEN_BY = {
    "platform": "dcim/platforms/",
    "tenant": "tenancy/tenants/",
    "location": "dcim/locations/",
    "rack": "dcim/racks/",
    "cluster": "virtualization/clusters/",
    "primary_ip4": "ipam/ip-addresses/",
}
"""What GraphQL shows as empty to whom may not see it, and where REST says so with a 403."""

_SCALARS = (
    "status",
    "serial",
    "asset_tag",
    "description",
    "comments",
    "custom_fields",
    "local_context_data",
)
_ADDRESSES = ("primary_ip4", "primary_ip6", "oob_ip")
_CHASSIS = {"virtual_chassis": "virtual_chassis{id name master{id}}", "vc_position": "vc_position"}


def _selections(names: Iterable[str]) -> dict[str, str]:
    return {
        **{name: name for name in names if name in _SCALARS},
        **{name: f"{name}{{address dns_name}}" for name in names if name in _ADDRESSES},
        **{name: _named(name, key) for name, key in REFERENCES.items() if name in names},
    }


def _named(name: str, key: str) -> str:
    return f"{name}{{{f'id {key}' if name in IDENTIFIED else key}}}"


@dataclass(frozen=True, slots=True, eq=False)
class Kind:
    """Devices or virtual machines."""

    name: str
    """As the option ``objects`` has it."""
    singular: str
    path: str
    listing: str
    """The list in GraphQL."""
    model: str
    """NetBox's name of the type, in services."""
    short: str
    """Begins the name of a host that has none."""
    selections: Mapping[str, str]
    """Facts in GraphQL."""

    def select(self, facts: Iterable[str]) -> str:
        """The selection of GraphQL for what this kind has of the facts."""
        wanted = [self.selections[fact] for fact in sorted(facts) if fact in self.selections]
        return " ".join(("id", "name", *wanted))

    def fields(self, facts: Iterable[str]) -> tuple[str, ...]:
        """The fields of REST for the same."""
        known = {*self.selections, "tags", "config_context"}
        wanted = {fact for fact in facts if fact in known} - {"manufacturer"}
        if "manufacturer" in facts and "manufacturer" in known:
            wanted.add("device_type")
        return ("id", "name", *sorted(wanted))


DEVICES = Kind(
    name="devices",
    singular="device",
    path="dcim/devices/",
    listing="device_list",
    model="dcim.device",
    short="device",
    selections={
        **_selections((*_SCALARS, *_ADDRESSES, *REFERENCES)),
        "manufacturer": "device_type{manufacturer{slug}}",
        **_CHASSIS,
    },
)
VIRTUAL_MACHINES = Kind(
    name="virtual_machines",
    singular="virtual machine",
    path="virtualization/virtual-machines/",
    listing="virtual_machine_list",
    model="virtualization.virtualmachine",
    short="vm",
    selections=_selections(
        (
            *(name for name in _SCALARS if name != "asset_tag"),
            "primary_ip4",
            "primary_ip6",
            "site",
            "role",
            "platform",
            "tenant",
            "cluster",
        )
    ),
)
KINDS = {kind.name: kind for kind in (DEVICES, VIRTUAL_MACHINES)}
