# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show commands on a router: raw, parsed, refused, and behind enable mode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import asyncssh
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.outcome import Outcome
from ansible_collections.prime.netops.plugins.plugin_utils.tasks.send_commands import send_commands

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, an_ios, fly
from tests.unit.plugins.plugin_utils.fleet.servers import PASSWORD, USER, Loop, SshServer

CLOCK = "12:00:00.000 UTC Mon Nov 23 2026"
BRIEF = (
    "Interface              IP-Address      OK? Method Status                Protocol\r\n"
    "GigabitEthernet0/1     10.0.0.1        YES NVRAM  up                    up      \r\n"
    "GigabitEthernet0/2     unassigned      YES NVRAM  administratively down down    "
)
OUTPUTS = {
    "show clock": CLOCK,
    "show ip interface brief": BRIEF,
    "show nonsense": "        ^\r\n% Invalid input detected at '^' marker.\r\n",
}


@pytest.fixture(scope="module")
def router() -> Iterator[SshServer]:
    """A router that knows a few commands."""
    loop = Loop()
    server = SshServer(loop, asyncssh.generate_private_key("ssh-ed25519"), outputs=OUTPUTS)
    yield server
    server.close()
    loop.close()


@pytest.fixture
def send(router: SshServer) -> Callable[..., Outcome]:
    """Sends commands; the outcome."""

    def send(*commands: str, parse: bool = False, **details: Any) -> Outcome:
        known = {"port": router.port, "username": USER, "password": PASSWORD, **details}
        params = {"commands": commands, "parse": parse}
        return fly(send_commands, [an_ios("r1", **known)], retry=AT_ONCE, params=params)["r1"]

    return send


def test_outputs_come_by_command(send: Callable[..., Outcome]) -> None:
    """Without the echo and without the prompt."""
    outcome = send("show clock", "show ip interface brief")
    assert outcome.status == "ok"
    assert outcome.result["show clock"].strip() == CLOCK
    assert outcome.result["show ip interface brief"].splitlines()[1].startswith("GigabitEther")


def test_outputs_can_be_parsed(send: Callable[..., Outcome]) -> None:
    """By the templates of ntc-templates, into rows."""
    outcome = send("show ip interface brief", parse=True)
    first, second = outcome.result["show ip interface brief"]
    assert first["interface"] == "GigabitEthernet0/1"
    assert first["ip_address"] == "10.0.0.1"
    assert second["status"] == "administratively down"


def test_a_refused_command_is_the_device_s_failure(send: Callable[..., Outcome]) -> None:
    """It is not repeated, and the command is named."""
    outcome = send("show clock", "show nonsense")
    assert outcome.error is not None
    assert outcome.error.error_class is ErrorClass.COMMAND_REJECTED
    assert "'show nonsense'" in outcome.message
    assert len(outcome.attempts) == 1


def test_an_output_without_a_template_is_named(send: Callable[..., Outcome]) -> None:
    """With command and platform."""
    outcome = send("show something odd", parse=True)
    assert outcome.error is not None
    assert outcome.error.error_class is ErrorClass.COMMAND_REJECTED
    assert "no ntc-template parses 'show something odd' of cisco_ios" in outcome.message
