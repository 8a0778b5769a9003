# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jump hosts: one SSH connection to each bastion, a ``direct-tcpip`` channel for each device."""

from __future__ import annotations

import socket
import threading

import paramiko

from ..errors import NetopsError, Unreachable
from .classify import classify
from .device import Device, Jump
from .flight import Flight
from .known_hosts import KnownHosts, guard
from .read_ahead import send_at_once

JUMP_SECONDS = 10.0
"""To reach and enter a bastion."""


class Bastions:
    """The bastions of a run, connected at first use and shared by all device threads.

    Each way and login has a lock of its own, so a dead bastion holds up nobody but the devices
    behind it.
    """

    def __init__(self, known_hosts: KnownHosts) -> None:
        self._known_hosts = known_hosts
        self._lock = threading.Lock()
        self._routes: dict[tuple[object, ...], _Route] = {}

    def channel(self, device: Device, flight: Flight, seconds: float) -> paramiko.Channel:
        """A channel through the device's jump hosts; raises errors that name the jump host."""
        way = self._route(device).transport(flight)
        try:
            channel = _open(way, device.address, device.port, seconds)
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise Unreachable(f"jump host {device.jumps[-1].address}: {error}") from error
        flight.on_abort(channel.close)
        return channel

    def _route(self, device: Device) -> _Route:
        login = (device.username, device.password, device.key_file, device.host_key_check)
        with self._lock:
            return self._routes.setdefault(
                (device.jumps, *login), _Route(device, self._known_hosts)
            )

    def close(self) -> None:
        """Close every bastion's connection."""
        with self._lock:
            for route in self._routes.values():
                route.close()
            self._routes.clear()


class _Route:
    """The connections to the jump hosts of one way, each through the one before it.

    A refused login is not repeated for the next device, so that no account gets locked.
    """

    def __init__(self, device: Device, known_hosts: KnownHosts) -> None:
        self._device = device
        self._known_hosts = known_hosts
        self._lock = threading.Lock()
        self._clients: list[paramiko.SSHClient] = []
        self._refusal: NetopsError | None = None

    def transport(self, flight: Flight) -> paramiko.Transport:
        """The live transport to the last jump host."""
        with self._lock:
            flight.check()  # others may have waited here for a bastion that is dead
            if self._refusal:
                raise type(self._refusal)(str(self._refusal))
            way = self._clients[-1].get_transport() if self._clients else None
            if way is None or not way.is_active():
                self.close()
                way = self._connect()
            return way

    def _connect(self) -> paramiko.Transport:
        way: paramiko.Transport | None = None
        for jump in self._device.jumps:
            try:
                way = self._enter(jump, way)
            except (paramiko.SSHException, NetopsError, OSError, EOFError) as error:
                self.close()
                raise self._judged(jump, error) from error
        if way is None:
            raise Unreachable("the way to the device has no jump host")
        return way

    def _judged(self, jump: Jump, error: Exception) -> NetopsError:
        """The failure of a jump host: for good, such as a wrong password, or for now."""
        verdict = classify(error)
        if verdict.error_class.verdict.transient:
            return Unreachable(f"jump host {jump.address}: {verdict}")
        self._refusal = type(verdict)(f"jump host {jump.address}: {verdict}")
        return self._refusal

    def _enter(self, jump: Jump, way: paramiko.Transport | None) -> paramiko.Transport:
        """Log in to a jump host, through the one before it if there is one."""
        device, client = self._device, paramiko.SSHClient()
        self._clients.append(client)
        guard(client, self._known_hosts, device.host_key_check, jump.address, jump.port)
        client.connect(
            jump.address,
            jump.port,
            username=jump.username or device.username,
            password=device.password,
            key_filename=device.key_file,
            timeout=JUMP_SECONDS,
            sock=_open(way, jump.address, jump.port, JUMP_SECONDS) if way else None,
        )
        transport = client.get_transport()
        if transport is None:
            raise paramiko.SSHException("the connection was closed")
        if isinstance(transport.sock, socket.socket):
            send_at_once(transport.sock)
        return transport

    def close(self) -> None:
        """Close the connections, the innermost first."""
        while self._clients:
            self._clients.pop().close()


def _open(way: paramiko.Transport, address: str, port: int, seconds: float) -> paramiko.Channel:
    return way.open_channel("direct-tcpip", (address, port), ("127.0.0.1", 0), timeout=seconds)
