# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A process that does nothing but write, and so finishes what it has begun."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import subprocess
import sys

SERVE = """
import os, socket
line = socket.socket(fileno=0)
file = -1
while True:
    text, files, _, _ = socket.recv_fds(line, 1 << 20, 1)
    if files:
        if file >= 0:
            os.close(file)
        file = files[0]
        line.send(b'0')
        continue
    if not text:
        break
    try:
        answer = os.write(file, text)
    except OSError as error:
        answer = -error.errno
    line.send(b'%d' % answer)
"""
"""The whole program: datagrams in, each one `write`, and the number of bytes or minus the error
back. It ends when the other end is closed, by whatever death. It takes 10 MB and no library."""
BUFFER = 212_992
"""Bytes of the socket's buffer, the most that Linux allows by default; it doubles them. A longer
text this process writes itself."""


class Pen:
    """Writes to a file as `os.write` does, by a process that a kill of this one does not hit.

    Where there are no such sockets, or no process can be started, this process writes itself.
    """

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def take(self, fd: int) -> None:
        """Have this file written to; -1 for one that this process writes to itself."""
        if fd < 0:
            self.close()
            return
        try:
            if self._socket is None:
                self._socket = self._start()
            socket.send_fds(self._socket, [b"\0"], [fd])
            self._socket.recv(32)
        except OSError:
            self.close()

    def write(self, fd: int, text: bytes) -> int:
        """The number of bytes written; raises OSError."""
        if self._socket is None:
            return os.write(fd, text)
        try:
            self._socket.send(text)
            answer = int(self._socket.recv(32) or b"0")
        except OSError as error:
            if error.errno == errno.EMSGSIZE:
                return os.write(fd, text)
            answer = 0
        if answer > 0:
            return answer
        if answer == 0:  # somebody has killed it
            self.close()
            return os.write(fd, text)
        raise OSError(-answer, os.strerror(-answer))

    def close(self) -> None:
        """End the process."""
        if self._socket:
            self._socket.close()
        if self._process:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=1.0)
        self._socket = self._process = None

    def _start(self) -> socket.socket:
        if not hasattr(socket, "SOCK_SEQPACKET"):
            raise OSError(errno.ENOTSUP, "no such sockets")
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER)
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", SERVE],
                stdin=its.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # a terminal's Ctrl-C is not meant for it
            )
        return ours
