"""A fleet that was backed up, with no device in sight: its inventory, and copies in a store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import clean
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    DeviceRecord,
    RunStart,
    Store,
    StoredText,
)

from tests.lab.fleet.configs import make_config
from tests.lab.fleet.configs.facts import ntp_servers, syslog_servers
from tests.lab.fleet.plan import SITES, DeviceSpec

PLATFORM = "cisco_ios"
MADE = 50
"""Texts that are made; those of the other devices differ from them by the name alone."""
_GRADES = ("good", "fair", "good", "bad")


def spec(number: int, kilobytes: int) -> DeviceSpec:
    """An access switch; its number decides its site and how well it is configured."""
    return DeviceSpec(
        name=f"r{number:05d}",
        number=number,
        address="127.0.0.1",
        platform=PLATFORM,
        site=SITES[number % len(SITES)],
        role="access",
        size_kb=kilobytes,
        grade=_GRADES[number % len(_GRADES)],
    )


def text_of(device: DeviceSpec) -> str:
    """What the device prints, without its session."""
    return clean(make_config(device).render().decode(), load(PLATFORM)).text


def backed_up(state: Path, inventory: Path, devices: int, kilobytes: int) -> None:
    """Fill the store of a state directory, and write the inventory of its devices."""
    hosts = {}
    make = _maker(kilobytes)
    with Store.open(None, state) as store:
        run_id = store.begin_run(RunStart("backup", devices))
        with store.writer(run_id) as writer:
            for number in range(1, devices + 1):
                device = spec(number, kilobytes)
                hosts[device.name] = _variables(device)
                writer.put(_record(device, make(device)))
        store.finish_run(run_id, "finished", {"changed": devices})
    shared = {"ansible_network_os": "cisco.ios.ios", "ansible_connection": "local"}
    inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": shared}}), encoding="utf-8")


def _maker(kilobytes: int) -> Callable[[DeviceSpec], str]:
    """Makes the texts: one takes 3 ms, too long for 10,000 of them."""
    made: dict[int, str] = {}

    def make(device: DeviceSpec) -> str:
        first = spec(device.number % MADE + MADE, kilobytes)
        if first.number not in made:
            made[first.number] = text_of(first)
        return made[first.number].replace(first.name, device.name)

    return make


def _variables(device: DeviceSpec) -> Mapping[str, object]:
    return {
        "site": device.site,
        "role": device.role,
        "compliance_ntp": ntp_servers(device.site),
        "compliance_syslog": syslog_servers(device.site),
    }


def _record(device: DeviceSpec, text: str) -> DeviceRecord:
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    now = datetime.now(UTC)
    return DeviceRecord(
        device=device.name,
        address=device.address,
        site=device.site,
        platform=device.platform,
        status="changed",
        changed=True,
        started=now,
        finished=now,
        config=StoredText(text, stable_sha256=sha256, text_sha256=sha256),
    )
