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


def listed_by_it_alone(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of machines that it lists and we do not: the members of a chassis without
    a master. It leaves out the members of any other one, and these it lists one by one, none but
    the first with an address. Here the first member stands for them all."""
    some = list(machines)
    masters = {machine.chassis for machine in some if machine.master}
    alone: set[str] = set()
    seen: set[str] = set()
    for machine in some:
        if machine.chassis and machine.chassis not in masters:
            if machine.chassis in seen:
                alone.add(machine.serial)
            seen.add(machine.chassis)
    return alone


def without_master(machines: Iterable[Machine]) -> list[Machine]:
    """The members of chassis that have no master."""
    some = list(machines)
    masters = {machine.chassis for machine in some if machine.master}
    return [machine for machine in some if machine.chassis and machine.chassis not in masters]


def named_otherwise(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of machines that it names by a new random number at each run."""
    return {machine.serial for machine in machines if machine.name is None}


def unreachable_for_it(machines: Iterable[Machine]) -> set[str]:
    """The serial numbers of machines that have an out-of-band address only, and for it none. Its
    option `oob_ip_as_primary_ip` is no remedy: that address then comes before the primary one."""
    return {machine.serial for machine in machines if machine.oob and not machine.primary}
