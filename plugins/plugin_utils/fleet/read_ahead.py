# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A socket as SSH sessions with devices want it, in both directions."""

from __future__ import annotations

import contextlib
import socket
import struct
from typing import Any

CHUNK = 65536
"""Bytes asked for at a time."""


class ReadAhead:
    """A connected socket whose ``recv`` is served from what has arrived already.

    paramiko reads the head of every packet and then its body, and each read gives the interpreter
    lock away and has to win it back from a hundred other threads. A time-out of Python's does so
    twice, since it asks the kernel first whether there is something. So the time-out is the
    kernel's own. The rest is the socket's.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._ahead = memoryview(b"")

    def settimeout(self, seconds: float) -> None:
        """Let reading and writing end after so many seconds without a byte."""
        moment = struct.pack("ll", int(seconds), round(seconds % 1 * 1_000_000))
        self._sock.setblocking(True)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, moment)
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, moment)

    def recv(self, size: int) -> bytes:
        """Up to ``size`` bytes, none at the end; raises TimeoutError, or what the socket does."""
        if not self._ahead:
            try:
                self._ahead = memoryview(self._sock.recv(max(size, CHUNK)))
            except BlockingIOError as error:
                raise TimeoutError from error
        piece, self._ahead = self._ahead[:size], self._ahead[size:]
        return bytes(piece)

    def close(self) -> None:
        """Close it, and wake at once whoever reads from it."""
        with contextlib.suppress(OSError):  # the other side was first
            self._sock.shutdown(socket.SHUT_RDWR)
        self._sock.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def send_at_once(sock: socket.socket) -> None:
    """Let no short line wait until the one before it was acknowledged.

    That is the kernel's default, and cost 0.1 s of a session of 0.5 s.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
