# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every task that talks to a device does first, and how a command is sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from netmiko import BaseConnection
from nornir.core.task import Task

from ..fleet.connection import FleetNetmiko
from ..fleet.host import CONNECTION, FleetHost, fleet_host


def session(task: Task) -> BaseConnection:
    """The device's connection, privileged where the platform needs it and a password is given."""
    host = fleet_host(task.host)
    connection: BaseConnection = host.get_connection(CONNECTION, task.nornir.config)
    return prepared(host, connection)


@contextmanager
def another_session(host: FleetHost) -> Iterator[BaseConnection]:
    """A session of its own beside the device's connection: whoever can log in now, gets one."""
    link = FleetNetmiko()
    link.open(host.hostname, host.username, host.password, host.port, host.platform, {"host": host})
    try:
        yield prepared(host, link.connection)
    finally:
        with suppress(Exception):
            link.close()


def prepared(host: FleetHost, connection: BaseConnection) -> BaseConnection:
    """The connection, privileged, with the platform's session settings."""
    if host.device.os.privileged and connection.secret:
        host.flight.phase = "entering enable mode"
        connection.enable()
    for command in host.device.os.session:
        send(host, connection, command)
    return connection


def send(
    host: FleetHost,
    connection: BaseConnection,
    command: str,
    *,
    keep_prompt: bool = False,
    at_most: float = float("inf"),
) -> str:
    """The output of one command without its echo, and without the prompt unless that is kept.

    It is waited for as long as the platform's configuration would be, ``at_most`` so many seconds.

    The platform's own prompt pattern saves netmiko a round trip to find the prompt, and holds
    where the prompt changes with the device's state.
    """
    platform = host.device.os
    host.flight.phase = f"waiting for the output of '{command}'"
    output = connection.send_command(
        command,
        expect_string=platform.prompt,
        read_timeout=host.flight.patience(min(at_most, platform.config.read_timeout)),
        strip_prompt=not keep_prompt,
    )
    return str(output)
