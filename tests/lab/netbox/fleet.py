"""Enters the devices of the other labs into NetBox, as an engineer would."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.lab.fleet import Lab
from tests.lab.frr import FrrLab
from tests.lab.netbox.server import Api


@dataclass(frozen=True, slots=True)
class Entry:
    """A device to enter. `platform` is a slug, `tag` says which lab it stands in."""

    name: str
    address: str
    platform: str
    port: int
    tag: str


def simulated(lab: Lab) -> Iterator[Entry]:
    """The devices of a simulated fleet, tagged `lab-fleet`."""
    for device in lab.plan.devices:
        platform = device.platform.replace("_", "-")
        yield Entry(device.name, device.address, platform, lab.plan.port, "lab-fleet")


def routers(lab: FrrLab) -> Iterator[Entry]:
    """The routers of an FRR lab, tagged `lab-frr`."""
    for router in lab.routers:
        yield Entry(router.name, router.address, "frr", 22, "lab-frr")


def enter(api: Api, entries: Iterable[Entry]) -> None:
    """Make the devices with their addresses, and what NetBox wants to exist before."""
    wanted = list(entries)
    common = _common(api)
    platforms = {slug: _platform(api, slug) for slug in {entry.platform for entry in wanted}}
    tags = {
        slug: api.create("extras/tags", {"name": slug, "slug": slug})["id"]
        for slug in _tags(wanted)
    }
    devices = api.create(
        "dcim/devices",
        [
            {
                **common,
                "name": entry.name,
                "platform": platforms[entry.platform],
                "tags": [tags[entry.tag]],
                "custom_fields": {"ssh_port": entry.port},
            }
            for entry in wanted
        ],
    )
    ports = api.create(
        "dcim/interfaces",
        [{"device": device["id"], "name": "mgmt0", "type": "virtual"} for device in devices],
    )
    addresses = api.create(
        "ipam/ip-addresses",
        [
            {
                "address": f"{entry.address}/32",
                "assigned_object_type": "dcim.interface",
                "assigned_object_id": port["id"],
            }
            for entry, port in zip(wanted, ports, strict=True)
        ],
    )
    for device, address in zip(devices, addresses, strict=True):
        api.change("dcim/devices", device["id"], primary_ip4=address["id"])


def _common(api: Api) -> dict[str, Any]:
    """A site, a role and a device type for all of them; the type says nothing of the platform."""
    maker = api.create("dcim/manufacturers", {"name": "Lab", "slug": "lab"})
    kind = {"manufacturer": maker["id"], "model": "Simulated", "slug": "simulated"}
    return {
        "device_type": api.create("dcim/device-types", kind)["id"],
        "role": api.create("dcim/device-roles", {"name": "Lab device", "slug": "lab-device"})["id"],
        "site": api.create("dcim/sites", {"name": "Lab", "slug": "lab"})["id"],
    }


def _platform(api: Api, slug: str) -> int:
    """A platform for hardware of any manufacturer."""
    for found in api.get("dcim/platforms", slug=slug):
        if found["manufacturer"] is None:
            return int(found["id"])
    return int(api.create("dcim/platforms", {"name": f"Lab {slug}", "slug": slug})["id"])


def _tags(entries: Iterable[Entry]) -> list[str]:
    return sorted({entry.tag for entry in entries})
