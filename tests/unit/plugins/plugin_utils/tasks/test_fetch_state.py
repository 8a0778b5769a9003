# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Outputs that rules want, after the configuration: whatever becomes of them, that is kept."""

from __future__ import annotations

from collections.abc import Iterator

import asyncssh
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import Normalised
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.host import FleetHost
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.base import Middleware
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.validate import Validate
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.outcome import Outcome
from ansible_collections.prime.netops.plugins.plugin_utils.tasks.fetch_state import (
    FetchWithState,
    Heard,
)

from tests.unit.plugins.plugin_utils.fleet.engine import an_ios, fly
from tests.unit.plugins.plugin_utils.fleet.servers import PASSWORD, USER, Loop, SshServer

USERS = "User name: nms\r\nAuthentication Protocol: SHA"
OUTPUTS = {
    "show running-config": (
        "Building configuration...\r\n\r\nCurrent configuration : 99 bytes\r\n!\r\n"
        "version 15.2\r\nhostname r1\r\n!\r\nend\r\n"
    ),
    "show snmp user": USERS,
    "show nonsense": "        ^\r\n% Invalid input detected at '^' marker.\r\n",
    "show death": None,
}


@pytest.fixture(scope="module")
def router() -> Iterator[SshServer]:
    """A router that knows a few commands, and dies of one."""
    loop = Loop()
    key = asyncssh.generate_private_key("ssh-ed25519")
    server = SshServer(loop, key, outputs=OUTPUTS)
    yield server
    server.close()
    loop.close()


class Listening(Middleware):
    """Keeps what a flight had in it at its end."""

    heard: Heard | None = None

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Keep it."""
        self.heard = host.flight.state


def fetched(router: SshServer, *commands: str) -> tuple[Outcome, Heard | None]:
    """The outcome of a device, and what was heard of it."""
    device = an_ios("r1", port=router.port, username=USER, password=PASSWORD)
    listening = Listening()
    task = FetchWithState(lambda platform: commands if platform == "cisco_ios" else ())
    kept = fly(task, [device], middleware=[Validate({}), listening])
    return kept["r1"], listening.heard


def test_outputs_come_with_the_configuration(router: SshServer) -> None:
    """In one session."""
    before = len(router.logins)
    outcome, heard = fetched(router, "show snmp user")
    assert isinstance(outcome.result, Normalised)
    assert heard is not None
    assert heard.outputs["show snmp user"].split() == USERS.split()
    assert heard.unheard == {}
    assert len(router.logins) == before + 1


def test_nothing_is_asked_where_no_rule_wants_it(router: SshServer) -> None:
    """The configuration alone."""
    outcome, heard = fetched(router)
    assert isinstance(outcome.result, Normalised)
    assert heard is None


def test_a_refusal_costs_its_own_output_alone(router: SshServer) -> None:
    """The configuration and the other outputs are there, and the device's words are quoted."""
    outcome, heard = fetched(router, "show nonsense", "show snmp user")
    assert isinstance(outcome.result, Normalised)
    assert heard is not None
    assert heard.outputs.keys() == {"show snmp user"}
    assert heard.unheard["show nonsense"].startswith("the device refused it: ")
    assert "% Invalid input" in heard.unheard["show nonsense"]


def test_a_session_that_ends_costs_the_outputs_that_were_still_to_come(router: SshServer) -> None:
    """And no configuration."""
    outcome, heard = fetched(router, "show snmp user", "show death", "show nonsense")
    assert outcome.status == "changed"
    assert isinstance(outcome.result, Normalised)
    assert heard is not None
    assert heard.outputs.keys() == {"show snmp user"}
    assert heard.unheard.keys() == {"show death", "show nonsense"}
    assert "did not come" in heard.unheard["show death"]
