# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A socket as SSH sessions with devices want it, in both directions."""

from __future__ import annotations

import socket
from typing import Any

CHUNK = 65536
"""Bytes asked for at a time."""


class ReadAhead:
    """A connected socket whose ``recv`` is served from what has arrived already.

    paramiko reads the head of every packet and then its body, and each read gives the interpreter
    lock away and has to win it back from a hundred other threads. The rest is the socket's own.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ahead = memoryview(b"")

    def recv(self, size: int) -> bytes:
        """Up to ``size`` bytes; nothing at the end; raises what the socket raises."""
        if not self._ahead:
            self._ahead = memoryview(self._sock.recv(max(size, CHUNK)))
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return bytes(piece)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def send_at_once(sock: socket.socket) -> None:
    """Let no short line wait until the one before it was acknowledged.

    That is the kernel's default, and cost 0.1 s of a session of 0.5 s.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
