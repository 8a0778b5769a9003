# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and shapes of netbox.netbox.nb_inventory, so that an estate can move from it unchanged.

Read from nb_inventory 3.22's source. Where that is inconsistent, this is too; what it has and this
has not is listed in docs/from-nb-inventory.md.
"""

from __future__ import annotations

from typing import Any

from .groups import Tree, slugs_of
from .places import Places
from .settings import SINGULAR, Compat, Settings
from .variables import Subject, dns_name

_PLURALS = {
    "site": "sites",
    "tenant": "tenants",
    "rack": "racks",
    "role": "device_roles",
    "platform": "platforms",
    "device_type": "device_types",
    "manufacturer": "manufacturers",
}
_NOT_OFFERED = {
    "interfaces": "interfaces as host variables are not read",
    "prefixes": "prefixes are not read",
    "rename_variables": "use compose, or variable_prefix without nb_inventory_compat",
    "site_data": "a site is its slug here",
    "virtual_disks": "virtual disks are not read",
}


def not_offered(option: str) -> str | None:
    """Why an option of nb_inventory is none here; None for one that it has not either."""
    return _NOT_OFFERED.get(option)


def compat_variables(
    subject: Subject, settings: Settings, compat: Compat, places: Places
) -> dict[str, Any]:
    """What nb_inventory sets for a host."""
    record = subject.record
    found: dict[str, Any] = {
        "is_virtual": subject.kind.short == "vm",
        "tags": record.get("tags", []),
    }
    if status := record.get("status"):
        found["status"] = {"value": status, "label": status.replace("-", " ").title()}
    for fact, plural in _PLURALS.items():
        if fact in record and (fact != "rack" or compat.racks):
            found[plural if compat.plurals else fact] = _wrapped(record[fact], compat)
    found |= {name: record[name] for name in ("asset_tag", "cluster") if name in record}
    found["serial"] = record.get("serial", "")
    found["regions"] = places.derived(record, "region")
    found["site_groups"] = places.derived(record, "site_group")
    if compat.racks:
        found["locations"] = places.locations(record)
    for name in ("cluster_group", "cluster_type", "time_zone", "facility"):
        if value := places.derived(record, name):
            found[name] = value
    return found | _addresses(subject, compat) | _nested(subject, settings, compat)


def _wrapped(value: Any, compat: Compat) -> Any:
    return [value] if compat.plurals else value


def _addresses(subject: Subject, compat: Compat) -> dict[str, Any]:
    record = subject.record
    names = ("primary_ip4", "primary_ip6", "oob_ip")
    found: dict[str, Any] = {name: record[name][0] for name in names if name in record}
    if compat.dns_name or compat.ansible_host_dns_name:
        primary = {name: record[name] for name in names[:2] if name in record}
        if name := dns_name(primary):
            found["dns_name"] = name
    return found


def _nested(subject: Subject, settings: Settings, compat: Compat) -> dict[str, Any]:
    record = subject.record
    found: dict[str, Any] = {"services": subject.services} if compat.services else {}
    fields = {k: v for k, v in record.get("custom_fields", {}).items() if v is not None}
    found |= fields if settings.flatten_custom_fields else {"custom_fields": fields}
    for name, flat in (
        ("config_context", settings.flatten_config_context),
        ("local_context_data", settings.flatten_local_context_data),
    ):
        context = record.get(name)
        if context and flat:
            found |= context
        elif context:
            found[name] = _wrapped(context, compat)
    return found


def compat_groups(subject: Subject, settings: Settings, compat: Compat, tree: Tree) -> list[str]:
    """The groups that nb_inventory makes for a host."""
    found = list(tree.of(subject.record)) if tree.nests else []
    for word in settings.group_by:
        fact = SINGULAR.get(word, word)
        if word == "is_virtual":
            found += ["is_virtual"] if subject.kind.short == "vm" else []
        elif fact not in ("site", "region", "site_group", "location"):
            label = "service" if word == "services" else word
            found += [tree.named(label, slug) for slug in slugs_of(subject, fact, tree)]
    return found
