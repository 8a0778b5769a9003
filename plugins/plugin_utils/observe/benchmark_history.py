# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The history of all runs: a file of JSON lines.

A file, and not the store: the callback measures any playbook, also one that knows no store, and a
run must end even though a database does not answer. A line needs no migration and is read by jq.
"""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

from ..locks import file_lock
from .benchmark import RunRecord

LOCK_SECONDS = 5.0
MAX_BYTES = 32_000_000
"""At which the file is cut to its newest `KEEP` runs: some ten thousand runs of usual size."""
KEEP = 2_000


class HistoryError(Exception):
    """The history cannot be written; the message names the file and the remedy."""


class History:
    """The file. Lines that are no record are passed over and counted in ``garbage``."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        self.path = path
        self.garbage = 0
        self._max_bytes = max_bytes
        self._keep = keep

    def read(self) -> list[RunRecord]:
        """All runs, the oldest first; none where there is no file. Raises HistoryError."""
        self.garbage = 0
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._error("read", error) from error
        records = [record for line in lines if (record := self._record(line)) is not None]
        return sorted(records, key=lambda record: record.started)

    def append(self, record: RunRecord) -> None:
        """Add a run, whole or not at all, also beside other runs. Raises HistoryError."""
        line = json.dumps(record.to_native()).encode() + b"\n"
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self.path.with_name(f"{self.path.name}.lock"), LOCK_SECONDS) as lock:
                self._append(line)
                fcntl.flock(lock, fcntl.LOCK_UN)  # a worker forked just now has it too
        except (OSError, TimeoutError) as error:
            raise self._error("written", error) from error

    def _record(self, line: bytes) -> RunRecord | None:
        if not line.strip():
            return None
        try:
            return RunRecord.from_native(json.loads(line))
        except (ValueError, RecursionError):
            self.garbage += 1
            return None

    def _append(self, line: bytes) -> None:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(self.path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            # A run that was killed, or a disk that was full, left half a line behind.
            whole = size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
            before = b"" if whole else b"\n"
            written = os.write(descriptor, before + line)
            if written < len(before + line):
                os.ftruncate(descriptor, size)
                raise OSError(28, "No space left on device")
        finally:
            os.close(descriptor)
        if size + len(line) > self._max_bytes:
            self._shorten()

    def _shorten(self) -> None:
        """Keep the newest runs, in half the room at most."""
        kept: list[bytes] = []
        room = self._max_bytes // 2
        for line in reversed(self.path.read_bytes().splitlines()):
            room -= len(line) + 1
            if room < 0 or len(kept) >= self._keep:
                break
            if self._record(line) is not None:
                kept.append(line)
        temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(line + b"\n" for line in reversed(kept))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.path)

    def _error(self, verb: str, error: Exception) -> HistoryError:
        reason = getattr(error, "strerror", None) or "another run holds its lock"
        return HistoryError(
            f"the history {self.path} cannot be {verb}: {reason}. Make it writable, or name "
            "another file by the option history"
        )
