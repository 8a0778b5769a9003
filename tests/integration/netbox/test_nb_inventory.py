"""Beside netbox.netbox.nb_inventory, on the same NetBox: the same machines, addresses and names."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import pytest

from tests.integration.netbox.source import Answer, Source
from tests.lab.netbox import NetBox, rival

COMPAT: dict[str, Any] = {"plugin": "prime.netops.netbox", "nb_inventory_compat": True}
"""The last line of an nb_inventory.yml that has moved, and its first one."""
VARIANTS: dict[str, dict[str, Any]] = {
    "singular": {"group_by": ["site", "role", "platform", "tag", "tenant"]},
    "plural": {
        "plurals": True,
        "group_by": ["sites", "device_roles", "platforms", "tags", "tenants", "manufacturers"],
    },
    "contexts": {"config_context": True, "services": True},
    "flat": {
        "config_context": True,
        "flatten_config_context": True,
        "flatten_custom_fields": True,
        "flatten_local_context_data": True,
    },
    "places": {"group_by": ["region", "location", "rack", "site_group", "status", "is_virtual"]},
    "filters": {
        "query_filters": [{"status": "active"}],
        "device_query_filters": [{"has_primary_ip": "true"}],
        "group_by": ["device_type", "cluster", "cluster_type"],
    },
    "names": {"dns_name": True, "group_names_raw": True, "group_by": ["site"]},
    "addresses": {"oob_ip_as_primary_ip": True, "ansible_host_dns_name": True},
    "chassis": {"virtual_chassis_name": True},
}


@pytest.fixture(scope="module")
def programs() -> Path:
    """Where its ansible-inventory is."""
    return rival.environment() / "bin"


def theirs(source: Source, programs: Path, **options: Any) -> Answer:
    """What nb_inventory gives."""
    return source.ask(programs=programs, **{**rival.OPTIONS, **options})


def test_the_same_machines_at_the_same_addresses(
    lab: NetBox, source: Source, listed: Answer, programs: Path
) -> None:
    """Host by host, by serial number. Three things differ, and `rival` explains each: members of a
    chassis without a master, names of machines that have none, and out-of-band addresses."""
    ours = rival.by_serial(listed.hosts, "netbox_serial")
    other = rival.by_serial(rival.hosts(theirs(source, programs).stdout), "serial")
    alone = rival.listed_by_it_alone(lab.machines)
    assert alone
    assert other.keys() - ours.keys() == alone
    assert not ours.keys() - other.keys()
    unequal = {serial for serial in ours if ours[serial][0] != other[serial][0]}
    assert unequal == ours.keys() & rival.named_otherwise(lab.machines)
    moved = {serial for serial in ours if ours[serial][1] != other[serial][1]}
    assert moved == rival.unreachable_for_it(lab.machines)
    assert {other[serial][1] for serial in moved} == {None}


@pytest.mark.parametrize("options", VARIANTS.values(), ids=VARIANTS)
def test_an_estate_that_moves(
    lab: NetBox, source: Source, programs: Path, options: dict[str, Any]
) -> None:
    """With `nb_inventory_compat` the same file gives the same groups, and each host the same
    variables with the same values."""
    moved = source.ask(**{**rival.OPTIONS, **options, **COMPAT})
    other = theirs(source, programs, **options)
    nameless = rival.named_otherwise(lab.machines) | rival.without_a_master(lab.machines)
    left = _comparable(moved, nameless, OURS)
    right = _comparable(other, nameless, () if options.get("config_context") else UNASKED)
    assert len(left) > 50
    assert left.keys() == right.keys()
    for name, variables in right.items():
        assert left[name] == _documented(variables), name
    assert _groups(moved, set(left)) == _groups(other, set(right))


def _comparable(
    answer: Answer, nameless: set[str], without: Collection[str]
) -> dict[str, dict[str, Any]]:
    """The hosts that both name alike, without these variables."""
    found = rival.hosts(answer.stdout)
    return {
        name: {key: value for key, value in variables.items() if key not in without}
        for name, variables in found.items()
        if variables["serial"] not in nameless
    }


def _documented(variables: dict[str, Any]) -> dict[str, Any]:
    """Its variables as docs/from-nb-inventory.md says that they become: of a service the three
    things that one asks for, and nothing in place of a list with nothing in it."""
    changed = {key: value for key, value in variables.items() if value != [None]}
    if services := changed.get("services"):
        changed["services"] = [_service(service) for service in sorted(services, key=_number)]
    return changed


def _number(service: dict[str, Any]) -> int:
    return int(service["id"])


def _service(service: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": service["name"],
        "protocol": service["protocol"]["value"],
        "ports": service["ports"],
    }


UNASKED = ("config_context", "config_contexts")
"""It sets them although they are switched off."""
OURS = {"ansible_network_os", "netops_platform", "netbox_no_address"}
"""Variables of ours, whatever the names of the others are."""


def _groups(answer: Answer, hosts: set[str]) -> dict[str, set[str]]:
    """The groups of these hosts."""
    ours = {"netbox_unmapped", "netbox_no_address"}
    found = {name: answer.group(name) & hosts for name in answer.groups - ours}
    return {name: members for name, members in found.items() if members}
