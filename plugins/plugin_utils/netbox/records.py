# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One shape for a device or virtual machine, whichever API it came by.

A record is a plain dictionary, as it goes into the cache: facts by name, references as slugs,
some with the object's id beside them (``site``, ``site_id``), an address as ``[address,
dns_name]``. What is empty in NetBox is left out.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from .kinds import IDENTIFIED, REFERENCES
from .paging import Row
from .problems import BadAnswer

Record = dict[str, Any]

_PLAIN = ("name", "serial", "asset_tag", "description", "comments", "vc_position")
_ADDRESSES = ("primary_ip4", "primary_ip6", "oob_ip")
_OBJECTS = ("custom_fields", "local_context_data", "config_context")


def record(row: Row) -> Record:
    """The record of a row of GraphQL or REST."""
    try:
        found: Record = {"id": int(row["id"])}
        _add_plain(found, row)
        _add_addresses(found, row)
        _add_references(found, row)
        _add_chassis(found, row.get("virtual_chassis"))
    except (TypeError, ValueError, LookupError, AttributeError) as error:
        raise BadAnswer(
            f"the object with the id {row.get('id')} is not as NetBox describes it: {error!r}"
        ) from error
    return found


def _add_plain(found: Record, row: Row) -> None:
    for name in _PLAIN:
        if (value := row.get(name)) not in (None, ""):
            found[name] = value
    status = row.get("status")
    if status:
        found["status"] = sys.intern(status["value"] if isinstance(status, Mapping) else status)
    for name in _OBJECTS:
        if value := row.get(name):
            found[name] = value
    if "tags" in row:
        found["tags"] = [sys.intern(tag["slug"]) for tag in row["tags"]]


def _add_addresses(found: Record, row: Row) -> None:
    for name in _ADDRESSES:
        if value := row.get(name):
            found[name] = [value["address"].partition("/")[0], value.get("dns_name") or ""]


def _add_references(found: Record, row: Row) -> None:
    for name, key in REFERENCES.items():
        if value := row.get(name):
            # There are thousands of devices, and a few dozen slugs.
            found[name] = sys.intern(value[key])
            if name in IDENTIFIED:
                found[f"{name}_id"] = int(value["id"])
    if maker := (row.get("device_type") or {}).get("manufacturer"):
        found["manufacturer"] = sys.intern(maker["slug"])


def _add_chassis(found: Record, chassis: Any) -> None:
    if chassis:
        master = chassis.get("master")
        found["virtual_chassis"] = chassis["name"]
        found["virtual_chassis_id"] = int(chassis["id"])
        if master:
            found["virtual_chassis_master"] = int(master["id"])
