# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Servers on loopback for the tests of connections: SSH ones, and ones that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

import asyncssh

LOOPBACK = "127.0.0.1"
USER, PASSWORD = "netops", "S3cr3tMarker-server"
PROMPT = "r1#"


class Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run it to its end."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def close(self) -> None:
        """End all tasks, the loop and its thread."""

        async def cancel() -> None:
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)

        self.run(cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()


class _Login(asyncssh.SSHServer):
    """Lets one user in, and through to other addresses where the server says so."""

    def __init__(self, server: SshServer) -> None:
        self._server = server

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._server.connections.append(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.remove(self._connection)
        if not self._server.connections:
            self._server.empty.set()

    def begin_auth(self, username: str) -> bool:
        # paramiko asks for the service before each attempt; devices put up with it, asyncssh not
        self._connection._next_service = b"ssh-userauth"
        return True

    def password_auth_supported(self) -> bool:
        return not self._server.asks

    def validate_password(self, username: str, password: str) -> bool:
        good = (username, password) == (USER, PASSWORD)
        self._server.logins.append((username, password, good))
        if self._server.hangs_up and not good:  # when the refusal is on its way
            asyncio.get_running_loop().call_later(0.05, self._connection.abort)
        return good

    def kbdint_auth_supported(self) -> bool:
        return self._server.asks

    def get_kbdint_challenge(
        self, username: str, lang: str, submethods: str
    ) -> tuple[str, str, str, list[tuple[str, bool]]]:
        if self._server.hangs_up:  # before it has heard the password
            self._connection.abort()
        return "", "", "", [("Password: ", False)]

    def validate_kbdint_response(self, username: str, responses: list[str]) -> bool:
        return self.validate_password(username, responses[0])

    def connection_requested(self, dest_host: str, dest_port: int, *origin: Any) -> bool:
        if self._server.forwards:
            self._server.forwarded.append((dest_host, dest_port))
        return self._server.forwards


class SshServer:
    """A router that shows what is in ``outputs``; with ``forwards`` it is a jump host as well.

    One that ``asks`` takes the password by keyboard-interactive only; one that ``hangs_up`` does so
    after a refusal, or in place of an answer to who is asked.
    """

    def __init__(
        self,
        loop: Loop,
        key: asyncssh.SSHKey,
        *,
        outputs: dict[str, str | None] | None = None,
        forwards: bool = False,
        asks: bool = False,
        hangs_up: bool = False,
        greeting: str | None = None,
        address: str = LOOPBACK,
        port: int = 0,
        **algorithms: Any,
    ) -> None:
        self.outputs = outputs or {}
        self.forwards = forwards
        self.asks = asks
        self.hangs_up = hangs_up
        self.greeting = greeting
        self.connections: list[asyncssh.SSHServerConnection] = []
        self.empty = threading.Event()
        self.logins: list[tuple[str, str, bool]] = []
        self.forwarded: list[tuple[str, int]] = []
        self._loop = loop

        async def listen() -> asyncssh.SSHAcceptor:
            return await asyncssh.listen(
                address,
                port,
                reuse_address=True,
                server_factory=lambda: _Login(self),
                server_host_keys=[key],
                process_factory=self._shell,
                line_editor=False,
                **algorithms,
            )

        self._acceptor: asyncssh.SSHAcceptor = loop.run(listen())
        self.address, self.port = address, self._acceptor.get_port()

    async def _shell(self, process: asyncssh.SSHServerProcess[str]) -> None:
        """Echo what is typed, answer the commands, until the client goes."""
        with contextlib.suppress(asyncssh.Error, OSError, EOFError):
            if self.greeting is not None:
                process.stdout.write(self.greeting)
                process.exit(0)
                return
            process.stdout.write(f"\r\n{PROMPT}")
            async for line in process.stdin:
                command = line.strip()
                process.stdout.write(f"{command}\r\n")
                output = self.outputs.get(command, "")
                if output is None:  # a device that dies while it prints
                    process.stdout.write("interface Gi0/1\r\n")
                    process.channel.get_connection().abort()
                    return
                if command == "exit":
                    break
                process.stdout.write(f"{output}\r\n{PROMPT}" if output else PROMPT)
        process.exit(0)

    def drop(self) -> None:
        """Break all connections, as a reload does."""

        async def abort() -> None:
            for connection in tuple(self.connections):
                connection.abort()

        self._loop.run(abort())

    def close(self) -> None:
        """Listen no more, and break what is left."""

        async def end() -> None:
            self._acceptor.close()
            for connection in tuple(self.connections):
                connection.abort()
            await self._acceptor.wait_closed()

        self._loop.run(end())


Handler = Callable[[socket.socket], None]


@contextmanager
def raw_server(handle: Handler) -> Iterator[int]:
    """A listening port; every connection is handed to ``handle`` and stays open till the end."""
    accepted: list[socket.socket] = []
    with socket.create_server((LOOPBACK, 0)) as listener:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    accepted.append(connection)
                    handle(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(30)
            for connection in accepted:
                connection.close()


def reset(connection: socket.socket) -> None:
    """Reset it: what a zero linger time makes of a close."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def closed_port() -> int:
    """A port on which nothing listens."""
    with socket.socket() as sock:
        sock.bind((LOOPBACK, 0))
        port: int = sock.getsockname()[1]
        return port
