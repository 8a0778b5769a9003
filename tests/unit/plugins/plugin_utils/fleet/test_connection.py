# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real failures of real connections, from the socket up to the class that the user sees."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
import paramiko
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.connection import (
    _FleetTransport,
    driver,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import HostKeyCheck, Jump
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.outcome import Outcome
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.read_ahead import ReadAhead
from ansible_collections.prime.netops.plugins.plugin_utils.tasks.fetch_config import fetch_config
from hypothesis import given
from hypothesis import strategies as st
from netmiko.ssh_dispatcher import CLASS_MAPPER
from nornir.core.task import Result, Task
from paramiko.auth_handler import AuthHandler

from tests.unit.plugins.plugin_utils.fleet.engine import (
    AT_ONCE,
    LONG,
    Flights,
    an_ios,
    await_threads,
    fly,
)
from tests.unit.plugins.plugin_utils.fleet.servers import (
    PASSWORD,
    USER,
    SshServer,
    closed_port,
    raw_server,
    reset,
)

Start = Callable[..., SshServer]
CONFIG = "hostname r1\r\ninterface Gi0/1\r\n description uplink\r\nend"


def fetch(port: int, *, tmp_path: Path | None = None, **details: Any) -> Outcome:
    """The outcome of fetching the configuration of the device on this port."""
    options = {
        name: details.pop(name)
        for name in ("deadline", "middleware", "retry", "workers")
        if name in details
    }
    if tmp_path:
        options["known_hosts"] = tmp_path / "known_hosts"
    known = {"port": port, "username": USER, "password": PASSWORD, **details}
    return fly(fetch_config, [an_ios("r1", **known)], **options)["r1"]


def class_of(outcome: Outcome) -> ErrorClass:
    """The class of a failure; its message names no secret and is one line."""
    assert outcome.error is not None, outcome
    assert PASSWORD not in outcome.message
    assert "\n" not in outcome.message
    return outcome.error.error_class


def test_a_configuration_is_fetched(ssh_server: Start) -> None:
    """The whole way, with the session closed on the device's side as well."""
    server = ssh_server(outputs={"show running-config": CONFIG})
    outcome = fetch(server.port)
    assert "description uplink" in outcome.result, outcome
    assert server.empty.wait(LONG)


def sends_at_once(task: Task) -> Result:
    """Whether the connection, or that to its bastion, holds no short line back."""
    sock = task.host.get_connection("netmiko", task.nornir.config).remote_conn.transport.sock
    if isinstance(sock, paramiko.Channel):
        sock = sock.transport.sock
    return Result(task.host, result=sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0)


def test_short_lines_are_sent_at_once(ssh_server: Start) -> None:
    """To a device and to a bastion: the kernel would wait until the one before was acknowledged."""
    bastion, router = ssh_server(forwards=True), ssh_server()
    login = {"username": USER, "password": PASSWORD}
    way = (Jump("127.0.0.1", bastion.port),)
    straight = an_ios("r1", port=router.port, **login)
    behind = an_ios("r2", port=router.port, jumps=way, **login)
    outcomes = fly(sends_at_once, [straight, behind])
    assert [outcomes[name].result for name in ("r1", "r2")] == [True, True], outcomes.outcomes


def test_nothing_listens() -> None:
    """A dead device is unreachable, at once, and tried again."""
    outcome = fetch(closed_port(), retry=AT_ONCE)
    assert class_of(outcome) is ErrorClass.UNREACHABLE
    assert len(outcome.attempts) == 3
    assert outcome.seconds < LONG / 2


def test_a_connection_that_is_reset() -> None:
    """As by a VTY access class."""
    with raw_server(reset) as port:
        assert class_of(fetch(port)) is ErrorClass.CONNECTION_RESET


def test_a_connection_that_is_closed_in_the_banner() -> None:
    """Before, within and after the server's version."""

    def close_after(said: bytes) -> Callable[[Any], None]:
        def handle(connection: Any) -> None:
            connection.sendall(said)
            connection.shutdown(2)

        return handle

    for said in (b"", b"SSH-2.", b"SSH-2.0-Cisco-1.25\r\n"):
        with raw_server(close_after(said)) as port:
            assert class_of(fetch(port)) is ErrorClass.CONNECTION_RESET, said


def test_a_device_that_says_nothing() -> None:
    """It has until the deadline, and not a second more; the deadline is what is told."""
    flights = Flights()

    def listen(connection: Any) -> None:
        connection.recv(1)  # the client is logging in
        flights.expire("r1")

    with raw_server(listen) as port:
        began = time.monotonic()
        outcome = fetch(port, middleware=[flights])
        assert class_of(outcome) is ErrorClass.TIMEOUT
        assert outcome.message.startswith("the deadline of 60 s passed while logging in to ")
        assert time.monotonic() - began < LONG / 2
    await_threads("r1")


def test_a_device_that_stops_in_the_handshake() -> None:
    """Its name was all that it said; nobody waits longer than paramiko's time for that."""
    ours, theirs = socket.socketpair()
    transport = _FleetTransport(contextlib.nullcontext, ReadAhead(ours))
    transport.handshake_timeout = 0.1
    theirs.sendall(b"SSH-2.0-silent\r\n")
    with pytest.raises((paramiko.SSHException, EOFError)):
        transport.start_client(timeout=4 * LONG)
    transport.join(LONG)
    assert not transport.is_alive()
    theirs.close()


def test_a_port_that_speaks_something_else() -> None:
    """A web server in the place of SSH is a failure like any other, and ends in time."""
    with raw_server(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad\r\n\r\n")) as port:
        assert class_of(fetch(port, deadline=2)) in (
            ErrorClass.TIMEOUT,
            ErrorClass.CONNECTION_RESET,
        )
    await_threads("r1")


def test_a_wrong_password_is_tried_once(ssh_server: Start) -> None:
    """One login attempt is what the device sees, whatever the retries."""
    server = ssh_server()
    outcome = fetch(server.port, password="wrong-S3cr3t", retry=AT_ONCE)
    assert class_of(outcome) is ErrorClass.AUTH_FAILED
    assert "wrong-S3cr3t" not in outcome.message
    assert server.logins == [(USER, "wrong-S3cr3t", False)]
    assert server.empty.wait(LONG)


def test_a_device_that_refuses_and_hangs_up_has_refused(
    ssh_server: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both may have come by the time the thread looks, which looks for the end first. It counts as
    a bad login, and the password is not sent again."""
    server = ssh_server(hangs_up=True)
    look = AuthHandler.wait_for_response

    def look_late(handler: AuthHandler, event: threading.Event) -> Any:
        while handler.transport.is_active():
            time.sleep(0.01)
        return look(handler, event)

    monkeypatch.setattr(AuthHandler, "wait_for_response", look_late)
    outcome = fetch(server.port, password="wrong-S3cr3t", retry=AT_ONCE)
    assert class_of(outcome) is ErrorClass.AUTH_FAILED
    assert server.logins == [(USER, "wrong-S3cr3t", False)]


def test_a_device_that_asks_for_the_password_gets_it(ssh_server: Start) -> None:
    """By keyboard-interactive, where that is all that it offers; a wrong one is told once."""
    server = ssh_server(asks=True, outputs={"show running-config": CONFIG})
    assert fetch(server.port).status == "ok"
    assert class_of(fetch(server.port, password="wrong", retry=AT_ONCE)) is ErrorClass.AUTH_FAILED
    assert server.logins == [(USER, PASSWORD, True), (USER, "wrong", False)]


def test_a_device_that_asks_and_hangs_up_has_refused_nothing(ssh_server: Start) -> None:
    """It is tried again, and no password is suspected."""
    server = ssh_server(asks=True, hangs_up=True)
    outcome = fetch(server.port, retry=AT_ONCE)
    assert class_of(outcome) is ErrorClass.CONNECTION_RESET
    assert len(outcome.attempts) == 3
    assert server.logins == []


def test_a_missing_key_file_is_permanent(ssh_server: Start, tmp_path: Path) -> None:
    """No device is asked for it three times."""
    server = ssh_server()
    outcome = fetch(server.port, key_file=str(tmp_path / "no_key"), retry=AT_ONCE)
    assert not class_of(outcome).verdict.transient
    assert len(outcome.attempts) == 1


LEGACY = {
    "kex_algs": ["diffie-hellman-group14-sha1"],
    "signature_algs": ["ssh-rsa"],
}


def test_old_algorithms_are_off_until_they_are_switched_on(ssh_server: Start) -> None:
    """A device that has nothing else is named as such, and reached with the device's variable."""
    rsa = asyncssh.generate_private_key("ssh-rsa", key_size=2048)
    server = ssh_server(rsa, outputs={"show running-config": CONFIG}, **LEGACY)
    outcome = fetch(server.port, retry=AT_ONCE)
    assert class_of(outcome) is ErrorClass.LEGACY_CRYPTO
    assert len(outcome.attempts) == 1
    assert fetch(server.port, legacy_crypto=True).status == "ok"


def test_a_changed_host_key_is_refused_before_the_password_is_sent(
    ssh_server: Start, tmp_path: Path, host_key: asyncssh.SSHKey
) -> None:
    """The key seen first is learnt; another one, of whatever kind, is an attack until proved."""
    outputs = {"show running-config": CONFIG}
    first = ssh_server(outputs=outputs)
    assert fetch(first.port, tmp_path=tmp_path).status == "ok"
    first.close()
    for kind in ("ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"):
        other = ssh_server(asyncssh.generate_private_key(kind), port=first.port, outputs=outputs)
        outcome = fetch(other.port, tmp_path=tmp_path, retry=AT_ONCE)
        assert class_of(outcome) is ErrorClass.HOST_KEY_CHANGED, kind
        assert (len(outcome.attempts), other.logins) == (1, [])
        off = {"host_key_check": HostKeyCheck.OFF}
        assert fetch(other.port, tmp_path=tmp_path, **off).status == "ok"
        other.close()


def test_a_strict_fleet_refuses_a_key_that_nobody_has_written_down(
    ssh_server: Start, tmp_path: Path
) -> None:
    """And takes it once it stands in the file."""
    server = ssh_server(outputs={"show running-config": CONFIG})
    strict = {"tmp_path": tmp_path, "host_key_check": HostKeyCheck.STRICT}
    outcome = fetch(server.port, **strict)
    assert class_of(outcome) is ErrorClass.HOST_KEY_CHANGED
    assert f"[127.0.0.1]:{server.port} stands not in {tmp_path}" in outcome.message
    assert server.logins == []
    assert fetch(server.port, tmp_path=tmp_path).status == "ok"
    assert fetch(server.port, **strict).status == "ok"


def test_a_host_key_that_cannot_be_written_down_says_so(ssh_server: Start, tmp_path: Path) -> None:
    """The file, the reason and the way out are named; it is not the network's fault."""
    (tmp_path / "no_directory").touch()
    server = ssh_server(outputs={"show running-config": CONFIG})
    outcome = fetch(server.port, tmp_path=tmp_path / "no_directory", retry=AT_ONCE)
    assert class_of(outcome) is ErrorClass.BAD_INVENTORY
    assert "no_directory" in outcome.message
    assert len(outcome.attempts) == 1


@given(st.text(alphabet="\r\nab", max_size=40))
def test_line_ends_come_out_as_netmiko_would_have_them(text: str) -> None:
    """The short way round netmiko's pattern changes no text, whatever the device sends."""
    ours, theirs = (kind.__new__(kind) for kind in (driver("cisco_ios"), CLASS_MAPPER["cisco_ios"]))
    ours.RESPONSE_RETURN = theirs.RESPONSE_RETURN = "\n"
    assert ours.normalize_linefeeds(text) == theirs.normalize_linefeeds(text)
