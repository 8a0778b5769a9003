# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locks that processes share, and locks that outlive a fork."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLL_SECONDS = 0.05


def fork_safe_lock() -> threading.Lock:
    """A lock between threads that no child inherits in the hands of a thread that it has not.

    Ansible forks its workers while callbacks' threads are at work. A fork waits until the lock is
    free, so hold it for what is short, and never fork under it.
    """
    lock = threading.Lock()
    os.register_at_fork(
        before=lock.acquire, after_in_parent=lock.release, after_in_child=lock.release
    )
    return lock


@contextmanager
def file_lock(path: Path, timeout: float) -> Iterator[int]:
    """Hold an exclusive lock on a file, made with mode 0600, and yield its descriptor.

    The kernel drops the lock when the last process that has the descriptor is gone, so a killed
    holder leaves nothing behind. A child that must not outlive the lock gets the descriptor too.
    Raises TimeoutError after `timeout` seconds, OSError when the file cannot be made.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.fstat(descriptor).st_uid == os.geteuid():
            os.fchmod(descriptor, 0o600)  # an umask may have taken the owner's own rights
        _acquire(descriptor, time.monotonic() + timeout)
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, deadline: float) -> None:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError from None
            time.sleep(POLL_SECONDS)
