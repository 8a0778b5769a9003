# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The fleet as a Nornir inventory whose hosts learn their variables only when their turn comes."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass

from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory

from .device import Device
from .flight import Flight
from .guard import Guard
from .jump import Bastions
from .known_hosts import KnownHosts

CONNECTION = "netmiko"
"""Nornir's name of our connection; nornir_netmiko's tasks ask for it by this name."""


@dataclass(frozen=True, slots=True)
class Links:
    """What the connections of a run share."""

    known_hosts: KnownHosts
    bastions: Bastions
    guard: Guard


class FleetHost(Host):
    """A Nornir host that carries its `Device` and `Flight` while it is in the window."""

    __slots__ = ("device", "flight", "links")

    device: Device
    flight: Flight

    def __init__(self, name: str, links: Links) -> None:
        super().__init__(name)
        self.links = links

    def board(self, device: Device, flight: Flight) -> None:
        """Take the device's variables; called by the runner just before the task starts."""
        self.device, self.flight = device, flight
        self.hostname, self.port = device.address, device.port
        self.username, self.password = device.username, device.password
        self.platform = device.platform_name or None
        self.data = {**device.data, "site": device.site}
        options = ConnectionOptions(None, None, None, None, None, {"host": self})
        self.connection_options = {CONNECTION: options}

    def close_connections(self) -> None:
        """Close what is open; a connection that fails to close does not keep the others open."""
        while self.connections:
            with contextlib.suppress(Exception):
                super().close_connections()

    def leave(self) -> None:
        """Close what is open and forget what is big or secret, so that memory stays flat."""
        self.close_connections()
        self.flight.outcome = self.flight.state = None
        self.password = None
        self.data = {}
        self.connection_options = {}


def fleet_host(host: Host) -> FleetHost:
    """The host as the engine made it; raises TypeError for a host of another inventory."""
    if not isinstance(host, FleetHost):
        raise TypeError(f"{host.name} is no host of this collection's inventory")
    return host


def fleet_inventory(names: Iterable[str], links: Links) -> Inventory:
    """A Nornir inventory of bare names: 10,000 of them take a few megabytes."""
    hosts = Hosts({name: FleetHost(name, links) for name in names})
    return Inventory(hosts=hosts, groups=Groups(), defaults=Defaults())
