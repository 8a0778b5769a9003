# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A file of lines that several processes append to, that is rotated, and that ends in whole lines.

Lines are appended by one `write`, which Linux does not mix with another process's. But it does cut
a write between two pages when the process is killed. So a tiny process of its own does the writing:
what it was handed gets into the file whole, whatever becomes of ansible-playbook.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Sequence
from pathlib import Path

from .log_pen import Pen
from .log_record import Line

LOOK = 1.0
"""Seconds between two looks whether the file at the path is still ours."""


class LogFile:
    """Appends lines. It is opened with the first of them, in the writer's thread: that may hang.

    A file that was renamed or deleted is left, and a new one begun at its path; one that was copied
    and truncated is gone on with. A line that a full disk or a killed process left half is taken
    back where that is possible, and else ended, so that the next one stands for itself.
    """

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self._path = path
        self._fd = -1
        self._identity: tuple[int, int] | None = None
        self._looked = 0.0
        self._torn = False
        self._pen = Pen()

    def write(self, lines: Sequence[Line]) -> None:
        """Append lines; raises OSError, and leaves nothing of them then."""
        self._open_or_reopen()
        text = b"".join((b"\n" if self._torn else b"", *(line.text for line in lines)))
        done = 0
        try:
            while done < len(text):
                done += self._pen.write(self._fd, text[done:])
        except OSError:
            self._torn = self._torn or (done > 0 and not self._take_back(done))
            raise
        self._torn = False

    def close(self) -> None:
        """Close the file, and end the process that wrote to it."""
        self._leave()
        self._pen.close()

    def _leave(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = -1

    def _open_or_reopen(self) -> None:
        now = time.monotonic()
        if self._fd >= 0 and now - self._looked < LOOK:
            return
        self._looked = now
        if self._fd >= 0 and self._identity == self._at_path():
            return
        self._leave()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(self._path, flags, 0o600)
        found = os.fstat(self._fd)
        self._identity = (found.st_dev, found.st_ino)
        regular = stat.S_ISREG(found.st_mode)
        self._torn = regular and self._ends_in_mid_line(found.st_size)
        self._pen.take(self._fd if regular else -1)

    def _at_path(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _ends_in_mid_line(self, size: int) -> bool:
        if not size:
            return False
        with self._path.open("rb") as file:
            file.seek(size - 1)
            return file.read(1) != b"\n"

    def _take_back(self, written: int) -> bool:
        """Cut off the part of a line, unless another process has written after it."""
        with contextlib.suppress(OSError):
            end = os.lseek(self._fd, 0, os.SEEK_CUR)
            if os.fstat(self._fd).st_size == end:
                os.ftruncate(self._fd, end - written)
                return True
        return False
