"""What has to be listed, worked out from the estate that was seeded and from nothing of NetBox's
but the numbers that it gave."""

from __future__ import annotations

from tests.lab.netbox import NetBox
from tests.lab.netbox.seed.estate import Machine


def hosts(lab: NetBox) -> dict[str, Machine]:
    """The machine behind each host: of a virtual chassis the master, else its first member."""
    numbers = _numbers(lab)
    found = {}
    chassis: set[str] = set()
    for machine in lab.machines:
        if machine.chassis in chassis:
            continue
        if machine.chassis:
            chassis.add(machine.chassis)  # the first member is the master where there is one
        found[machine.name or f"device-{numbers[machine.serial]}"] = machine
    return found


def names(lab: NetBox) -> set[str]:
    """The names of all hosts."""
    return set(hosts(lab))


def addresses(lab: NetBox) -> dict[str, str | None]:
    """The address of each host: the primary one as NetBox prefers it, else the out-of-band one."""
    return {name: machine.primary or machine.oob for name, machine in hosts(lab).items()}


def _numbers(lab: NetBox) -> dict[str, int]:
    """The number in NetBox of each device that has no name, by its serial number."""
    nameless = lab.api.get("dcim/devices", name__empty="true", fields="id,serial")
    return {device["serial"]: device["id"] for device in nameless}
