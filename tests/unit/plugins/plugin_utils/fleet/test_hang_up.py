# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that hang up, and sessions that we hang up: both are noticed at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass

from tests.unit.plugins.plugin_utils.fleet.engine import (
    AT_ONCE,
    LONG,
    ONCE,
    an_ios,
    await_threads,
    fly,
)
from tests.unit.plugins.plugin_utils.fleet.servers import PASSWORD, USER, SshServer
from tests.unit.plugins.plugin_utils.fleet.test_connection import CONFIG, class_of, fetch

Start = Callable[..., SshServer]


def test_a_session_that_breaks_in_mid_output(ssh_server: Start) -> None:
    """It is noticed before the read time-out, and is worth another attempt."""
    server = ssh_server(outputs={"show running-config": None})
    began = time.monotonic()
    outcome = fetch(server.port, retry=AT_ONCE, deadline=LONG)
    assert class_of(outcome) is ErrorClass.CONNECTION_RESET
    assert len(outcome.attempts) == 3
    assert time.monotonic() - began < LONG / 2


@pytest.mark.parametrize(
    "greeting",
    [
        "% All lines are busy, try again later.\r\n",
        "Maximum number of sessions reached\r\n",
        "Too many users logged in\r\n",
    ],
)
def test_a_device_without_a_free_line(ssh_server: Start, greeting: str) -> None:
    """Its last words say so, and it is not taken for a wrong password or a broken path."""
    server = ssh_server(greeting=greeting)
    outcome = fetch(server.port, retry=ONCE)
    assert class_of(outcome) is ErrorClass.SESSION_LIMIT
    assert greeting.strip() in outcome.message


def test_sessions_are_closed_when_a_run_is_stopped(ssh_server: Start) -> None:
    """The device gets its line back, and not only when the read gives up."""
    server, stop = ssh_server(outputs={"show running-config": CONFIG}), threading.Event()

    def work(task: Any) -> None:
        task.host.get_connection("netmiko", task.nornir.config)
        stop.set()
        task.host.get_connection("netmiko", task.nornir.config).read_until_pattern(
            "never", read_timeout=LONG
        )

    device = an_ios("r1", port=server.port, username=USER, password=PASSWORD)
    kept = fly(work, [device], stop=stop)
    assert class_of(kept["r1"]) is ErrorClass.INTERRUPTED
    assert server.empty.wait(LONG / 2)
    await_threads("r1")


def test_a_changed_host_key_names_the_file(ssh_server: Start, tmp_path: Path) -> None:
    """The remedy says to delete the line from the file that the message names."""
    first = ssh_server(outputs={"show running-config": CONFIG})
    assert fetch(first.port, tmp_path=tmp_path).status == "ok"
    first.close()
    other = ssh_server(asyncssh.generate_private_key("ssh-ed25519"), port=first.port)
    outcome = fetch(other.port, tmp_path=tmp_path)
    assert class_of(outcome) is ErrorClass.HOST_KEY_CHANGED
    assert str(tmp_path / "known_hosts") in outcome.message
    assert "<redacted>" not in outcome.message
