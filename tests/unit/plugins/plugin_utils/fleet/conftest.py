# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SSH servers for the tests of this directory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import asyncssh
import pytest

from tests.unit.plugins.plugin_utils.fleet.servers import Loop, SshServer


@pytest.fixture(scope="module")
def loop() -> Iterator[Loop]:
    """An event loop for the servers of a module."""
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def host_key() -> asyncssh.SSHKey:
    """The key that a server has if the test does not care."""
    return asyncssh.generate_private_key("ssh-ed25519")


@pytest.fixture
def ssh_server(loop: Loop, host_key: asyncssh.SSHKey) -> Iterator[Callable[..., SshServer]]:
    """Starts SSH servers, and ends them after the test."""
    servers: list[SshServer] = []

    def start(key: asyncssh.SSHKey = host_key, **details: Any) -> SshServer:
        servers.append(SshServer(loop, key, **details))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
