"""The process that is the fleet: one listening socket a device, one event loop for all.

Started by `control` with a state directory that holds the plan; see there for the files in it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import resource
import secrets
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import asyncssh

from .device import Device, Domain
from .faults import CLOSED
from .plan import Plan
from .shell import Shell

POLL = 0.05
"""Seconds between two looks at the overrides file."""

_LEGACY = {
    "kex_algs": ["diffie-hellman-group1-sha1"],
    "signature_algs": ["ssh-rsa"],
}


class Login(asyncssh.SSHServer):
    """Asks who is there, by password or keyboard-interactive, with the device's AAA latency."""

    def __init__(self, device: Device, latency: float) -> None:
        self._device = device
        self._latency = latency
        self._user = ""
        self._connection: asyncssh.SSHServerConnection
        self._fault: str | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Count it."""
        self._connection = conn
        self._fault = self._device.opened(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it."""
        self._device.closed(self._connection)

    def begin_auth(self, username: str) -> bool:
        """Every login needs a proof. RouterOS takes console options behind a plus sign."""
        self._user = username.partition("+")[0]
        return True

    def password_auth_supported(self) -> bool:
        """As the device is set. Asked before each list of methods, so after each failure."""
        # Paramiko asks for the login service before each attempt, which devices put up with and
        # asyncssh, to which a second request is a protocol error, does not.
        self._connection._next_service = b"ssh-userauth"
        return "password" in self._device.auth

    async def validate_password(self, username: str, password: str) -> bool:
        """Judge, after the time the AAA server takes."""
        if self._latency:
            await asyncio.sleep(self._latency)
        return self._device.logs_in(self._user, password, self._fault)

    def kbdint_auth_supported(self) -> bool:
        """As the device is set."""
        return "keyboard-interactive" in self._device.auth

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> Any:
        """One question, as the devices' PAM stacks ask it."""
        return "", "", "", [("Password: ", False)]

    async def validate_kbdint_response(self, username: str, responses: Any) -> bool:
        """Judge the answer as a password."""
        return await self.validate_password(username, "".join(responses))

    def session_requested(self) -> Shell:
        """A shell for whoever got in."""
        return Shell(self._device, self._user, self._fault)


class Mute(asyncio.Protocol):
    """Accepts a connection and then says nothing, or resets it at once."""

    def __init__(self, device: Device, reset: bool) -> None:
        self._device = device
        self._reset = reset

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Count it; a reset is what a zero linger time makes of a close."""
        self._device.opened(None)
        if self._reset and isinstance(transport, asyncio.Transport):
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it."""
        self._device.closed(None)


class Fleet:
    """All devices of a plan, listening."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self._plan = Plan.load(state / "plan.json")
        self._domain = Domain()
        self._devices = {
            spec.name: Device(self._plan, spec, self._domain, self._cured)
            for spec in self._plan.devices
        }
        self._listeners: dict[str, tuple[str, Callable[[], None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._generation = 0
        self._stamp = 0, 0
        self._seed = _seed(state / "host.seed")

    async def serve(self, ready: Callable[[], None]) -> None:
        """Listen until SIGTERM or SIGINT; `ready` is called when every device can be reached."""
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop.set)
        self._options = await self._base_options()
        await self._refresh()
        for device in self._devices.values():
            await self._listen(device)
        # what lives now lives as long as the process: the collector need not look at it again
        gc.collect()
        gc.freeze()
        self._write_counters()
        ready()
        while not stop.is_set():
            await self._refresh()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), POLL)
        self._close()

    async def _base_options(self) -> asyncssh.SSHServerConnectionOptions:
        options: asyncssh.SSHServerConnectionOptions
        options = await asyncssh.SSHServerConnectionOptions.construct(
            server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],  # each has its own
            encoding=None,
            line_editor=False,
            compression_algs=["none"],
            allow_scp=False,
            agent_forwarding=False,
            gss_host=None,
            keepalive_interval=0,
            config=None,
            encryption_algs=[
                "aes128-gcm@openssh.com",
                "aes128-ctr",
                "aes256-ctr",
                "chacha20-poly1305@openssh.com",
            ],
            mac_algs=["hmac-sha2-256", "hmac-sha2-256-etm@openssh.com", "hmac-sha1"],
            server_version="lab_1.0",
        )
        return options

    async def _refresh(self) -> None:
        """Read the overrides again when their file has changed, then say so in the counters."""
        path = self._state / "overrides.json"
        try:
            file = path.stat()
        except FileNotFoundError:
            return
        # a file that was replaced within one tick of the clock is another inode
        stamp = file.st_ino, file.st_mtime_ns
        if stamp == self._stamp:
            return
        self._stamp = stamp
        overrides = json.loads(path.read_text())
        for name, device in self._devices.items():
            override = overrides["devices"].get(name, {})
            if override != device.override:
                device.change(override)
                if name in self._listeners:
                    await self._listen(device)
        self._generation = overrides["generation"]
        self._write_counters()

    def _cured(self, device: Device) -> None:
        """A counted fault is over: back to an ordinary listener, if the fault was another."""
        task = asyncio.get_running_loop().create_task(self._listen(device))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _listen(self, device: Device) -> None:
        """Open the device's port in the way its fault wants it; nothing when that is unchanged."""
        want = _way_of_listening(device.fault)
        have, close = self._listeners.get(device.spec.name, ("", lambda: None))
        if want == have:
            return
        close()
        if want in {"closed", "silent"}:
            for connection in tuple(device.connections):
                connection.abort()
        self._listeners[device.spec.name] = want, await self._open(device, want)

    async def _open(self, device: Device, way: str) -> Callable[[], None]:
        if way == "closed":
            return lambda: None
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((device.spec.address, self._plan.port))
        if way == "silent":
            return _swallow(listener)
        listener.listen(128)
        if way in {"reset", "no_banner"}:
            loop = asyncio.get_running_loop()
            server = await loop.create_server(lambda: Mute(device, way == "reset"), sock=listener)
            return server.close
        latency = self._plan.request.aaa_latency
        algorithms: dict[str, Any] = {"kex_algs": list(device.dialect.kex)}
        key = device.host_key(self._seed)
        if way == "legacy_crypto":
            algorithms, key = _LEGACY, asyncssh.generate_private_key("ssh-rsa")
        acceptor = await asyncssh.listen(
            sock=listener,
            options=self._options,
            server_host_keys=[key],
            server_factory=lambda: Login(device, latency),
            **algorithms,
        )
        return acceptor.close

    def _write_counters(self) -> None:
        path = self._state / "counters.json"
        temporary = path.with_suffix(".tmp")
        temporary.write_text(
            json.dumps(
                {
                    "generation": self._generation,
                    "cpu_seconds": time.process_time(),
                    "max_open": self._domain.max_open,
                    "failed": self._domain.failed,
                    "devices": {
                        name: asdict(device.count) for name, device in self._devices.items()
                    },
                }
            )
        )
        temporary.replace(path)

    def _close(self) -> None:
        self._write_counters()
        for _, close in self._listeners.values():
            close()
        for device in self._devices.values():
            for connection in tuple(device.connections):
                connection.abort()


def _way_of_listening(fault: str | None) -> str:
    if fault in CLOSED:
        return "closed"
    if fault in {"silent", "reset", "no_banner", "changed_host_key", "legacy_crypto"}:
        return str(fault)
    return "ssh"


def _swallow(listener: socket.socket) -> Callable[[], None]:
    """Fill the queue of a listener that never accepts: the kernel drops what comes after."""
    listener.listen(0)
    filler = socket.socket()
    filler.connect(listener.getsockname())

    def close() -> None:
        filler.close()
        listener.close()

    return close


def _seed(path: Path) -> bytes:
    """What all host keys are derived from, kept so that a restarted device is no stranger."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def run(state: Path, announce: Callable[[], None], until_eof: bool) -> None:
    """Serve the plan of a state directory in this process until a signal ends it; with
    `until_eof` also when standard input ends, which is when the parent is gone, however it went."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ready = state / "ready.json"

    def tell() -> None:
        if until_eof:
            asyncio.get_running_loop().add_reader(0, _end_with_parent)
        temporary = ready.with_suffix(".tmp")
        temporary.write_text(json.dumps({"pid": os.getpid()}))
        temporary.replace(ready)
        announce()

    try:
        asyncio.run(Fleet(state).serve(tell))
    finally:
        ready.unlink(missing_ok=True)


def _end_with_parent() -> None:
    if not os.read(0, 1):
        os.kill(os.getpid(), signal.SIGTERM)
