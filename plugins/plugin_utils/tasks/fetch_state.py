# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nornir task: the configuration, and what else rules want to hear, in one session."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netmiko import BaseConnection
from nornir.core.task import Result, Task

from ..errors import CommandRejected
from ..fleet.host import CONNECTION, FleetHost, fleet_host
from .fetch_config import fetch_config
from .session import send

SECONDS = 30.0
"""What an output may take; the configuration has been fetched and must not be lost for it."""
_SAID = 200
"""Characters of a refusal that are quoted."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of ``show`` commands, by command: the output, or why there is none."""

    outputs: Mapping[str, str]
    unheard: Mapping[str, str]


class FetchWithState:
    """Fetches the configuration, then the outputs of the platform's ``commands``.

    ``result`` is that of `fetch_config`; the outputs are left in the flight, as `Heard`. A command
    that is refused or whose output does not come costs its own output and no configuration.
    """

    __name__ = "fetch_config"

    def __init__(self, commands: Callable[[str], Sequence[str]]) -> None:
        self._commands = commands

    def __call__(self, task: Task) -> Result:
        """Do so. Raises what `fetch_config` does."""
        result = fetch_config(task)
        host = fleet_host(task.host)
        commands = self._commands(host.device.platform_name)
        if commands:
            connection = host.get_connection(CONNECTION, task.nornir.config)
            host.flight.state = _heard(host, connection, commands)
        return result


def _heard(host: FleetHost, connection: BaseConnection, commands: Sequence[str]) -> Heard:
    outputs: dict[str, str] = {}
    unheard: dict[str, str] = {}
    for number, command in enumerate(commands):
        try:
            outputs[command] = _asked(host, connection, command)
        except CommandRejected as refusal:
            unheard[command] = str(refusal)
        except Exception as error:  # noqa: BLE001 - drivers raise whatever they like
            host.flight.check()  # the deadline is the device's failure
            # Where the session stands now nobody knows, so nothing more is asked in it.
            reason = f"it did not come: {type(error).__name__}"
            unheard.update(dict.fromkeys(commands[number:], reason))
            break
    return Heard(outputs, unheard)


def _asked(host: FleetHost, connection: BaseConnection, command: str) -> str:
    text = send(host, connection, command, at_most=SECONDS)
    if host.device.os.complete.rejected.search(text):
        raise CommandRejected(f"the device refused it: {' '.join(text.split())[:_SAID]}")
    return text
