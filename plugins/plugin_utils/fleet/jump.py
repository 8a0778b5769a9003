# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jump hosts: one SSH connection to each bastion, a ``direct-tcpip`` channel for each device."""

from __future__ import annotations

import threading

import paramiko

from ..errors import Unreachable
from .device import Device, Jump
from .flight import Flight
from .known_hosts import KnownHosts, guard

JUMP_SECONDS = 10.0
"""To reach and enter a bastion."""


class Bastions:
    """The bastions of a run, connected at first use and shared by all device threads."""

    def __init__(self, known_hosts: KnownHosts) -> None:
        self._known_hosts = known_hosts
        self._lock = threading.Lock()
        self._clients: dict[tuple[Jump, ...], paramiko.SSHClient] = {}

    def channel(self, device: Device, flight: Flight, seconds: float) -> paramiko.Channel:
        """A channel through the device's jump hosts; raises `Unreachable` naming the bastion."""
        try:
            way = self._transport(device.jumps, device)
            channel = _open(way, device.address, device.port, seconds)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise Unreachable(f"jump host {device.jumps[-1].address}: {error}") from error
        flight.on_abort(channel.close)
        return channel

    def _transport(self, jumps: tuple[Jump, ...], device: Device) -> paramiko.Transport:
        """The live transport to the last of the jump hosts, through the ones before it."""
        with self._lock:
            client = self._clients.get(jumps)
            transport = client.get_transport() if client else None
            if transport is None or not transport.is_active():
                self._clients[jumps] = self._connect(jumps, device)
                transport = _transport(self._clients[jumps])
            return transport

    def _connect(self, jumps: tuple[Jump, ...], device: Device) -> paramiko.SSHClient:
        """Log in to the last jump host through the ones before it."""
        *before, last = jumps
        sock = None
        if before:
            way = _transport(self._connect(tuple(before), device))
            sock = _open(way, last.address, last.port, JUMP_SECONDS)
        client = paramiko.SSHClient()
        guard(client, self._known_hosts, device.host_key_check, last.address, last.port)
        client.connect(
            last.address,
            last.port,
            username=last.username or device.username,
            password=device.password,
            key_filename=device.key_file,
            timeout=JUMP_SECONDS,
            sock=sock,
        )
        return client

    def close(self) -> None:
        """Close every bastion's connection."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()


def _transport(client: paramiko.SSHClient) -> paramiko.Transport:
    transport = client.get_transport()
    if transport is None:
        raise paramiko.SSHException("the connection was closed")
    return transport


def _open(way: paramiko.Transport, address: str, port: int, seconds: float) -> paramiko.Channel:
    return way.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=seconds)
