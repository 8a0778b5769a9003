# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible ends a worker by `os._exit` on SIGTERM and SIGINT; a fleet task wants to land first."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ORPHAN_SECONDS = 0.5
"""How often to look whether ansible-playbook still lives."""


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, and the death of ansible-playbook itself.

    The signals' handlers from before are put back at the end.
    """
    stop, over = threading.Event(), threading.Event()

    def handle(signum: int, frame: Any) -> None:
        stop.set()

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    threading.Thread(target=_stop_orphan, args=(os.getppid(), stop, over), daemon=True).start()
    try:
        yield stop
    finally:
        over.set()
        for number, handler in before.items():
            signal.signal(number, handler)


def _stop_orphan(parent: int, stop: threading.Event, over: threading.Event) -> None:
    """A worker is in a session of its own, so what kills ansible-playbook does not reach it."""
    while not over.wait(ORPHAN_SECONDS):
        if os.getppid() != parent:
            stop.set()
            return
