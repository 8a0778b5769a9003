# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inventory file asks for, free of Ansible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .addresses import NEEDS
from .kinds import DERIVED
from .mapping import CONDITIONS

VARIABLES = (
    "asset_tag",
    "cluster",
    "cluster_group",
    "cluster_type",
    "comments",
    "config_context",
    "custom_fields",
    "description",
    "device_type",
    "dns_name",
    "facility",
    "id",
    "local_context_data",
    "location",
    "manufacturer",
    "name",
    "object_type",
    "oob_ip",
    "platform",
    "primary_ip4",
    "primary_ip6",
    "rack",
    "region",
    "role",
    "serial",
    "services",
    "site",
    "site_group",
    "status",
    "tags",
    "tenant",
    "tenant_group",
    "time_zone",
    "virtual_chassis",
    "virtual_chassis_members",
)
"""The choices of the option ``variables``."""

SINGULAR = {
    "device_roles": "role",
    "device_types": "device_type",
    "manufacturers": "manufacturer",
    "platforms": "platform",
    "racks": "rack",
    "sites": "site",
    "tags": "tags",
    "tag": "tags",
    "tenants": "tenant",
}
"""Words of the option ``group_by``, and the facts behind them where those have another name."""

_FREE = {"id", "name", "object_type", "is_virtual", "virtual_chassis_members"}
"""What is known without asking for it."""
_ALSO = {
    "dns_name": ("primary_ip4", "primary_ip6", "oob_ip"),
    "region": ("site",),
    "site_group": ("site",),
    "virtual_chassis": ("virtual_chassis", "vc_position"),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """How records become hosts. The options of the plugin explain each."""

    variables: frozenset[str] = frozenset()
    prefix: str = "netbox_"
    flatten_custom_fields: bool = True
    flatten_config_context: bool = False
    flatten_local_context_data: bool = False
    addresses: Sequence[str] = ("primary_ip", "oob_ip")
    keep_without_address: bool = True
    virtual_chassis: str = "master"
    hostname_field: str | None = None
    duplicates: str = "error"
    platform_map: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    group_by: Sequence[str] = ()
    group_names_raw: bool = False
    compat: Compat | None = None

    def facts(self) -> frozenset[str]:
        """What NetBox has to be asked for."""
        wanted = {*self.variables, *CONDITIONS}
        wanted.update(SINGULAR.get(word, word) for word in self.group_by)
        for place in self.addresses:
            wanted.update(NEEDS.get(place, ()))
        if self.hostname_field:
            wanted.add("custom_fields")
        if self.virtual_chassis != "members":
            wanted.add("virtual_chassis")
        for fact in tuple(wanted):
            wanted.update(_ALSO.get(fact, ()))
            wanted.update(DERIVED.get(fact, ())[:1])
        return frozenset(wanted - _FREE)


@dataclass(frozen=True, slots=True)
class Compat:
    """The options of nb_inventory that say how things are called."""

    plurals: bool = True
    racks: bool = True
    services: bool = True
    dns_name: bool = False
    ansible_host_dns_name: bool = False
    oob_ip_as_primary_ip: bool = False
    config_context: bool = False
