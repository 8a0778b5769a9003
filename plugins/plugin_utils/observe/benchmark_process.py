# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook run takes of the machine: CPU exactly, memory by looking now and then."""

from __future__ import annotations

import os
import resource
import sys
import threading
import time
from contextlib import suppress

MEGABYTE = 1_000_000
INTERVAL = 0.25
"""Seconds between two looks at the memory."""
SHARE = 0.01
"""Of a core is what looking may take; on a machine with many processes it looks less often."""
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_seconds() -> float:
    """User and system time of this process and of all its children that have ended."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def machine_load() -> float:
    """Processes that want to run, by core, over about the last minute; 1.0 is all that there is."""
    with suppress(OSError):  # a system that cannot tell
        return round(os.getloadavg()[0] / (os.cpu_count() or 1), 2)
    return 0.0


class PeakMemory:
    """The highest resident size of this process and all below it, looked at by a thread.

    Pages that processes share count once for each of them. Where there is no /proc it is that of
    this process alone.
    """

    def __init__(self, interval: float = INTERVAL) -> None:
        self._interval = interval
        self._peak = 0
        self._parents: dict[int, int] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="netops-memory", daemon=True)
        self._thread.start()

    def end(self) -> float:
        """Stop looking; the peak in MB."""
        self._over.set()
        self._thread.join(2.0)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        own *= 1 if sys.platform == "darwin" else 1024
        return round(max(self._peak, own) / MEGABYTE, 1)

    def _work(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            started = time.thread_time()
            with suppress(OSError):
                self._peak = max(self._peak, _tree_bytes(os.getpid(), self._parents))
            pause = max(self._interval, (time.thread_time() - started) / SHARE)


def _tree_bytes(root: int, parents: dict[int, int]) -> int:
    """The resident bytes of a process and its descendants.

    ``parents`` are those of the processes that were there at the last look, and are not asked for
    again: that is nearly all of what a look would cost.
    """
    # A Path for every process would cost more than all the rest of a look.
    there = {int(entry) for entry in os.listdir("/proc") if entry.isdigit()}  # noqa: PTH208
    for pid in parents.keys() - there:
        del parents[pid]
    for pid in there - parents.keys():
        with suppress(OSError, ValueError, IndexError):
            parents[pid] = int(_read(f"/proc/{pid}/stat").rpartition(b")")[2].split()[1])
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found = [root]
    for pid in found:
        found += children.get(pid, ())
    return sum(map(_resident, found))


def _resident(pid: int) -> int:
    try:
        return int(_read(f"/proc/{pid}/statm").split()[1]) * PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _read(path: str) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, 4096)
    finally:
        os.close(descriptor)
