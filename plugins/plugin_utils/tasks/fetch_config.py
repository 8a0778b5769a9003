# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nornir task: the device's running configuration, as it prints it."""

from __future__ import annotations

from dataclasses import dataclass

from netmiko import BaseConnection
from nornir.core.task import Result, Task

from ..fleet.host import FleetHost, fleet_host
from .session import send, session


@dataclass(frozen=True, slots=True)
class FetchedConfig:
    """A configuration that has not been proved complete; the prompt still stands at its end."""

    text: str


def fetch_config(task: Task) -> Result:
    """Send the platform's commands; ``result`` is a `FetchedConfig`."""
    host, connection = fleet_host(task.host), session(task)
    return Result(host, result=FetchedConfig(config_text(host, connection)))


def config_text(host: FleetHost, connection: BaseConnection) -> str:
    """What the platform's commands print, the last prompt included."""
    commands = host.device.os.config.commands
    return "\n".join(send(host, connection, command, keep_prompt=True) for command in commands)
