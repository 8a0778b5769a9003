# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which process a run belongs to, and whether that one still lives.

A process number alone proves nothing: it is used again after a reboot, by another process, and by
every container anew. With the kernel's boot id, the PID namespace and the time at which the
process started it names one process for good.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process as the ledger names it; the last two are empty where there is no /proc.

    `start` is PID namespace and start time, ``inode:ticks`` since boot (proc_pid_stat(5), 22).
    """

    host: str
    pid: int
    boot_id: str
    start: str


def this_process() -> Process:
    """Return the process that asks."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, boot_id(), f"{_namespace()}:{_started(pid)}")


def boot_id() -> str:
    """Return the name of this machine's boot; it is the same in all of its containers."""
    try:
        return (PROC / "sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def lives(process: Process) -> bool | None:
    """Tell whether a process lives; None where that cannot be seen from here.

    It can be seen in the same boot and the same PID namespace only: another container's process 42
    is not ours.
    """
    namespace, _colon, ticks = process.start.partition(":")
    if not ticks or process.boot_id != boot_id() or namespace != _namespace():
        return None
    return _started(process.pid) == ticks


def _namespace() -> str:
    try:
        return str((PROC / "self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, in clock ticks; '' for none, and for one that is a zombie."""
    try:
        text = (PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return ""
    # The name in brackets may hold blanks and brackets; the state is the third field.
    state, *fields = text.rpartition(")")[2].split()
    return "" if state in "ZX" else fields[18]
