# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nornir task: the output of show commands, raw or parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nornir.core.task import Result, Task
from ntc_templates.parse import ParsingException, parse_output

from ..errors import CommandRejected
from ..fleet.host import fleet_host
from .session import send, session


def send_commands(task: Task, commands: Sequence[str], parse: bool = False) -> Result:
    """``result`` maps each command to its text, or with ``parse`` to a list of dicts.

    Raises `CommandRejected` when the device refuses one, or when no template of ntc-templates
    parses its output.
    """
    host, connection = fleet_host(task.host), session(task)
    platform = host.device.os
    outputs: dict[str, Any] = {}
    for command in commands:
        text = send(host, connection, command)
        if platform.complete.rejected.search(text):
            raise CommandRejected(f"the device refused '{command}': {text.strip()[:200]}")
        outputs[command] = parsed(platform.netmiko, command, text) if parse else text
    return Result(host, result=outputs)


def parsed(platform: str, command: str, text: str) -> list[dict[str, Any]]:
    """The rows that ntc-templates finds in a command's output."""
    try:
        return list(parse_output(platform=platform, command=command, data=text))
    except ParsingException as error:
        reason = f"no ntc-template parses '{command}' of {platform}: {error}"
        raise CommandRejected(reason) from error
