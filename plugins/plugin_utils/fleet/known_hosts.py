# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The SSH host keys of the fleet, in OpenSSH's known_hosts format, shared by threads and runs.

paramiko's `HostKeys` looks a name up by walking all lines: with 10,000 devices that is quadratic.
Here a dict finds the lines of a name, and paramiko judges the keys.
"""

from __future__ import annotations

import fcntl
import os
import threading
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import paramiko
from paramiko.pkey import UnknownKeyType

from ..errors import BadInventory, HostKeyChanged
from .device import HostKeyCheck


class KnownHosts:
    """Known keys by ``[address]:port``. A new key is appended under a file lock, mode 0600.

    ``path`` None keeps what was learnt in memory only, which is what check mode wants.
    """

    def __init__(self, path: Path | None, learn: bool = True) -> None:
        self.path = path
        self._learn = learn
        self._lock = threading.Lock()
        self._keys: dict[str, dict[str, str]] = {}
        if path and path.exists():
            self._read(path)

    def _read(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise ValueError(
                f"the known_hosts file {path} cannot be read ({error.strerror}): "
                "mend its permissions or choose another with the known_hosts option"
            ) from error
        for line in text.splitlines():
            names, kind, key = [*line.split(None, 3), "", "", ""][:3]
            if key and not names.startswith(("#", "@", "|")):
                for name in names.split(","):
                    self._keys.setdefault(name, {})[kind] = key

    def keys(self, name: str) -> Iterator[tuple[str, paramiko.PKey]]:
        """The known keys of a name as (algorithm, key); a line that is not a key is passed over."""
        for kind, text in tuple(self._keys.get(name, {}).items()):
            try:
                yield kind, paramiko.PKey.from_type_string(kind, b64decode(text))
            except (ValueError, paramiko.SSHException, UnknownKeyType):
                continue

    def learn(self, name: str, key: paramiko.PKey) -> None:
        """Remember the key of a name seen for the first time."""
        kind, text = key.get_name(), key.get_base64()
        with self._lock:
            self._keys.setdefault(name, {})[kind] = text
            if self.path and self._learn:
                try:
                    self._append(self.path, f"{name} {kind} {text}\n")
                except OSError as error:
                    raise BadInventory(
                        f"the known_hosts file {self.path} cannot be written "
                        f"({error.strerror}): mend it or choose another with known_hosts"
                    ) from error

    def _append(self, path: Path, line: str) -> None:
        """One write of one whole line at the end of the file, next to other processes' lines."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            end = file.seek(0, os.SEEK_END)
            # An editor may have left the last line open, or a full disk have cut one short.
            cut = end > 0 and os.pread(handle, 1, end - 1) != b"\n"
            file.write(f"\n{line}".encode() if cut else line.encode())


class _TrustOnFirstUse(paramiko.MissingHostKeyPolicy):
    """paramiko's policy for a name without a known key; a changed key never comes here."""

    def __init__(self, known: KnownHosts) -> None:
        self._known = known

    def missing_host_key(
        self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey
    ) -> None:
        """Remember the key."""
        self._known.learn(hostname, key)


class _RefuseUnknown(paramiko.MissingHostKeyPolicy):
    """paramiko's policy for a strict fleet."""

    def __init__(self, known: KnownHosts) -> None:
        self._known = known

    def missing_host_key(
        self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey
    ) -> None:
        """Refuse the device; raises `HostKeyChanged`."""
        raise HostKeyChanged(
            f"{hostname} stands not in {self._known.path}, and the check is strict"
        )


_POLICIES = {HostKeyCheck.TOFU: _TrustOnFirstUse, HostKeyCheck.STRICT: _RefuseUnknown}


def guard(
    client: paramiko.SSHClient, known: KnownHosts, check: HostKeyCheck, address: str, port: int
) -> None:
    """Give a client the known keys of the one name it talks to, and the policy for a new one."""
    if check is HostKeyCheck.OFF:
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        return
    client.set_missing_host_key_policy(_POLICIES[check](known))
    name = address if port == 22 else f"[{address}]:{port}"
    for kind, key in known.keys(name):
        client.get_host_keys().add(name, kind, key)
