# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible ends a worker by `os._exit` on SIGTERM and SIGINT; a fleet task wants to land first."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

ORPHAN_SECONDS = 0.5
"""How often to look whether ansible-playbook still lives."""
_OVER, _STOP = b".", b"!"


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, and the death of ansible-playbook itself.

    The signals' handlers from before are put back at the end. A handler only writes to a pipe: it
    may run in the middle of anything that its thread does, of setting this very event too, whose
    lock it would then wait for for ever. On Ctrl-C two signals come at almost the same time.
    """
    stop, owner = threading.Event(), os.getpid()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    def handle(signum: int, frame: Any) -> None:
        if os.getpid() == owner:  # and not a process that it has forked
            with suppress(BlockingIOError):  # it has been told thousands of times
                os.write(writing, _STOP)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    watcher = threading.Thread(target=_watch, args=(os.getppid(), reading, stop), daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        os.set_blocking(writing, True)
        os.write(writing, _OVER)
        watcher.join()
        os.close(writing)
        os.close(reading)


def _watch(parent: int, reading: int, stop: threading.Event) -> None:
    """Until it is over, stop when told to, or when orphaned.

    A worker is in a session of its own, so what kills ansible-playbook does not reach it.
    """
    told = select.poll()
    told.register(reading, select.POLLIN)
    while True:
        if not told.poll(ORPHAN_SECONDS * 1000):
            if os.getppid() != parent:
                stop.set()
        elif _OVER in (words := os.read(reading, 4096)):
            return
        elif words:
            stop.set()
