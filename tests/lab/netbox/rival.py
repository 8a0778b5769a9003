"""`netbox.netbox.nb_inventory`, the inventory plugin that ours has to be measured by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.lab.netbox.install import cached_environment
from tests.lab.netbox.seed.estate import Machine

OPTIONS: Mapping[str, Any] = {
    "plugin": "netbox.netbox.nb_inventory",
    "config_context": False,
    "plurals": False,
    "services": False,
}
"""What it is asked for by default: the least that it can do."""


def environment(say: Callable[[str], None] = lambda _line: None) -> Path:
    """The environment that it runs in: the `ansible` package carries it."""
    return cached_environment("bench", ("3.13", "3.12", "3.11"), say)


def plain(value: Any) -> Any:
    """A value without the wrappers that it has in the JSON of ansible-inventory."""
    if isinstance(value, dict):
        if value.keys() == {"__ansible_unsafe"}:
            return value["__ansible_unsafe"]
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


def hosts(stdout: str) -> dict[str, dict[str, Any]]:
    """The hosts of `ansible-inventory --list`, name -> variables."""
    found: dict[str, dict[str, Any]] = plain(json.loads(stdout)["_meta"]["hostvars"])
    return found


def by_serial(
    found: Mapping[str, Mapping[str, Any]], variable: str
) -> dict[str, tuple[str, str | None]]:
    """Name and address of each host by its serial number, which no machine shares with another."""
    return {
        str(variables[variable]): (name, variables.get("ansible_host"))
        for name, variables in found.items()
    }


def without_a_master(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of all members of virtual chassis that have no master. It takes each for
    a device of its own; here the first stands for them all, by its own name or the chassis's."""
    some = list(machines)
    masters = {machine.chassis for machine in some if machine.master}
    return {
        machine.serial for machine in some if machine.chassis and machine.chassis not in masters
    }


def listed_by_it_alone(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of machines that it lists and we do not: those members of a chassis
    without a master that are not its first. None of them has an address."""
    some = list(machines)
    first: dict[str | None, str] = {}
    for machine in some:
        first.setdefault(machine.chassis, machine.serial)
    return without_a_master(some) - set(first.values())


def named_otherwise(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of machines that it names by a new random number at each run."""
    return {machine.serial for machine in machines if machine.name is None}


def unreachable_for_it(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of machines that have an out-of-band address only, and for it none. Its
    option `oob_ip_as_primary_ip` is no remedy: that address then comes before the primary one."""
    return {machine.serial for machine in machines if machine.oob and not machine.primary}
