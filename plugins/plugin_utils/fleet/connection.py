# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nornir's connection to a device: netmiko over a socket that the engine can close.

The socket is opened here and not by netmiko, for three reasons: a refused or dead address shows
its real cause, the deadline can end a driver that hangs anywhere from the banner on, and a jump
host is a channel instead of a ``ProxyCommand`` process with three file descriptors a device.
"""

from __future__ import annotations

import contextlib
import functools
import re
import socket
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, TypeAlias

import paramiko
from netmiko import BaseConnection, ReadException
from netmiko.ssh_dispatcher import CLASS_MAPPER
from nornir.core.configuration import Config
from paramiko.packet import Packetizer

from ..errors import (
    AuthFailed,
    ErrorClass,
    HostKeyChanged,
    NetopsError,
    SessionLimit,
    Unreachable,
)
from .classify import SESSION_LIMIT, classify
from .device import Credential
from .host import FleetHost
from .known_hosts import guard
from .logins import is_refusal
from .read_ahead import ReadAhead, send_at_once

Socket: TypeAlias = ReadAhead | paramiko.Channel

CONNECT_SECONDS = 10.0
"""For the TCP handshake; a router that takes longer is not there."""
BANNER_SECONDS = 30.0
"""For the SSH banner and the login: an AAA server under load takes its time."""
TAIL = 400
"""Characters of the device's last words that are kept for the classification."""

_LEGACY = re.compile(r"sha1|md5|-cbc|^ssh-rsa$|^ssh-dss$")
"""Algorithms that OpenSSH's client has dropped from its defaults as well."""


def _preferred(kind: str) -> tuple[str, ...]:
    """paramiko's algorithms of a kind, in its order; it has no public name for them."""
    names: tuple[str, ...] = getattr(paramiko.Transport, f"_preferred_{kind}")
    return names


class FleetNetmiko:
    """Nornir connection plugin.

    Registered under nornir_netmiko's name, so tasks written for that plugin run unchanged.
    """

    connection: BaseConnection

    def open(
        self,
        hostname: str | None,
        username: str | None,
        password: str | None,
        port: int | None,
        platform: str | None,
        extras: dict[str, Any] | None = None,
        configuration: Config | None = None,
    ) -> None:
        """Dial, log in, prepare the session. Raises what `classify` understands."""
        host: FleetHost = (extras or {})["host"]
        refusals: list[NetopsError] = []
        for credential in host.links.guard.credentials(host.device):
            try:
                host.links.guard.logins.check(host.device, credential)
                self._enter(host, credential)
            except Exception as error:
                refusals.append(classify(error))
                if not _next_credential(host, refusals[-1]):
                    raise
            else:
                host.links.guard.took(host.device, credential)
                return
        # A device that said no counts for more than one that was not asked.
        raise next((each for each in refusals if isinstance(each, AuthFailed)), refusals[0])

    def _enter(self, host: FleetHost, credential: Credential) -> None:
        """Dial and log in with one credential."""
        device, flight = host.device, host.flight
        flight.phase = f"connecting to {device.address}:{device.port}"
        sock = self._dial(host)
        host.links.guard.answers(device)
        flight.phase = f"logging in to {device.address}:{device.port}"
        try:
            self.connection = self._log_in(host, sock, credential)
        except BaseException:
            sock.close()
            raise

    def close(self) -> None:
        """Log out and close; a session that is broken already is just closed."""
        self.connection.disconnect()

    def _dial(self, host: FleetHost) -> Socket:
        device, flight = host.device, host.flight
        seconds = flight.patience(CONNECT_SECONDS)
        if device.jumps:
            return host.links.bastions.channel(device, flight, seconds)
        try:
            sock = socket.create_connection((device.address, device.port), timeout=seconds)
        except TimeoutError as error:
            raise Unreachable(f"no answer within {seconds:.0f} s") from error
        send_at_once(sock)
        flight.on_abort(lambda: sock.shutdown(socket.SHUT_RDWR))
        return ReadAhead(sock)

    def _log_in(self, host: FleetHost, sock: Socket, credential: Credential) -> BaseConnection:
        device = host.device
        patience = host.flight.patience(BANNER_SECONDS)
        options = {
            "host": device.address,
            "port": device.port,
            "device_type": device.os.netmiko,
            "username": credential.username or "",
            "password": credential.password,
            "secret": credential.enable_password or "",
            "use_keys": credential.key_file is not None,
            "key_file": credential.key_file,
            "allow_agent": credential.password is None,
            "disabled_algorithms": {} if device.legacy_crypto else legacy_algorithms(),
            "conn_timeout": patience,
            "auth_timeout": patience,
            "banner_timeout": patience,
            "sock": sock,
            **device.driver_options,
        }
        connection: BaseConnection = driver(device.os.netmiko)(host, credential, **options)
        return connection


class _FleetDriver:
    """What every netmiko driver does in this engine, mixed into netmiko's class of the platform."""

    def __init__(self, fleet_host: FleetHost, credential: Credential, **options: Any) -> None:
        self._device, self._flight = fleet_host.device, fleet_host.flight
        self._known_hosts = fleet_host.links.known_hosts
        self._login = functools.partial(
            fleet_host.links.guard.login, self._device, credential, self._flight
        )
        self._leaving = False
        self.last_words = ""
        try:
            super().__init__(**options)
        except Exception as error:
            self._explain(error)
            raise

    def _explain(self, error: Exception) -> None:
        """Say what lies behind netmiko's words: paramiko's error, or the device's own."""
        if isinstance(error.__context__, paramiko.BadHostKeyException):
            raise HostKeyChanged(
                f"{self._device.address} showed another SSH host key, not the one "
                f"in {self._known_hosts.path}"
            ) from error
        if SESSION_LIMIT.search(self.last_words):
            words = self.last_words.strip().splitlines()
            raise SessionLimit(f"the device refuses another session: {words[-1]}") from error

    def _build_ssh_client(self) -> paramiko.SSHClient:
        """netmiko's client with the known keys of this one device and our policy for a new one."""
        client: paramiko.SSHClient = super()._build_ssh_client()  # type: ignore[misc]
        device = self._device
        guard(client, self._known_hosts, device.host_key_check, device.address, device.port)
        return client

    def _connect_params_dict(self) -> dict[str, Any]:
        params: dict[str, Any] = super()._connect_params_dict()  # type: ignore[misc]
        return {**params, "transport_factory": functools.partial(_FleetTransport, self._login)}

    def read_channel(self) -> str:
        """netmiko's read, remembering the device's last words for when it hangs up."""
        self._flight.check()
        over = self._hung_up()  # asked first: what came before the end is still to be read
        text: str = super().read_channel()  # type: ignore[misc]
        if text:
            self.last_words = (self.last_words + text)[-TAIL:]
        elif over:
            raise ReadException("the session was closed from the other side")
        return text

    def normalize_linefeeds(self, a_string: str) -> str:
        """netmiko's, without its pattern where every carriage return stands before a newline.

        That is every ordinary text, of which the pattern would look at each line.
        """
        if a_string.count("\r") == a_string.count("\r\n"):
            return a_string.replace("\r\n", "\n")
        text: str = super().normalize_linefeeds(a_string)  # type: ignore[misc]
        return text

    def write_channel(self, out_data: str) -> None:
        """netmiko's write; a device that has hung up may have said why."""
        try:
            super().write_channel(out_data)  # type: ignore[misc]
        except OSError:
            with contextlib.suppress(ReadException):
                self.read_channel()
            raise

    def _hung_up(self) -> bool:
        """Whether nothing more can come: netmiko itself would wait until its read time-out."""
        channel = self.remote_conn  # type: ignore[attr-defined]
        ended = isinstance(channel, paramiko.Channel) and (channel.closed or channel.eof_received)
        return bool(ended)

    def disconnect(self) -> None:
        """netmiko's farewell without its round trip to see whether a configuration is open."""
        self._leaving = True
        super().disconnect()  # type: ignore[misc]

    def check_config_mode(self, *args: Any, **options: Any) -> bool:
        """Say no on the way out, where the session ends whatever the answer."""
        return not self._leaving and super().check_config_mode(*args, **options)  # type: ignore[misc]


class _FleetTransport(paramiko.Transport):
    """paramiko with AES-GCM first: one pass in C instead of cipher and MAC from Python.

    ``login`` is entered around what sends a password, and nothing before that: a device that does
    not answer takes no place in the login budget. A refused key locks no account.
    """

    _preferred_ciphers = (
        "aes128-gcm@openssh.com",
        "aes256-gcm@openssh.com",
        *(name for name in _preferred("ciphers") if "gcm" not in name),
    )

    def __init__(
        self, login: Callable[[], AbstractContextManager[None]], *args: Any, **options: Any
    ) -> None:
        self._login = login
        super().__init__(*args, **{**options, "packetizer_class": _Packetizer})

    def auth_password(self, *args: Any, **options: Any) -> list[str]:
        """paramiko's; it answers keyboard-interactive questions too, where that is all there is."""
        with self._login():
            try:
                allowed: list[str] = super().auth_password(*args, **options)
            except (paramiko.SSHException, EOFError, OSError) as error:
                if (said := self._said(error)) is not error:
                    raise said from error
                raise
        return allowed

    def _said(self, error: Exception) -> Exception:
        """What the device said to the password, where paramiko tells something else.

        It looks for the end of the connection first, although a refusal may have come before it;
        and where keyboard-interactive got no answer it tells of the method that it tried before.
        """
        if isinstance(error, paramiko.BadAuthenticationType):
            last = error.__context__
            if not isinstance(last, Exception) or is_refusal(last):
                return error
            error = last
        refused = self.auth_handler and self.auth_handler.username is None  # the name goes then
        if refused and not is_refusal(error):
            return paramiko.AuthenticationException("Authentication failed.")
        return error


class _Packetizer(Packetizer):
    """paramiko's, looking at the clock for the end of a handshake, where paramiko has a thread."""

    _until: float | None = None

    def start_handshake(self, timeout: float) -> None:
        """Begin the one handshake that has an end; to change keys later has none."""
        self._until = time.monotonic() + timeout

    def handshake_timed_out(self) -> bool:
        """Whether it has taken too long."""
        return self._until is not None and time.monotonic() > self._until

    def complete_handshake(self) -> None:
        """End it."""
        self._until = None


def _next_credential(host: FleetHost, error: NetopsError) -> bool:
    """Whether a fallback may be tried: this one was refused, and no AAA server is drowning."""
    refused = error.error_class in (ErrorClass.AUTH_FAILED, ErrorClass.SKIPPED_BY_BREAKER)
    return refused and not host.links.guard.storm(host.device)


@functools.cache
def driver(device_type: str) -> type[Any]:
    """netmiko's class of a device type with the engine's behaviour mixed in."""
    base = CLASS_MAPPER[device_type]
    return type(f"Fleet{base.__name__}", (_FleetDriver, base), {})


@functools.cache
def legacy_algorithms() -> dict[str, list[str]]:
    """paramiko's ``disabled_algorithms`` without SHA-1, MD5, CBC and DSS."""
    return {
        kind: [name for name in _preferred(kind) if _LEGACY.search(name)]
        for kind in ("kex", "keys", "pubkeys", "macs", "ciphers")
    }
