# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for a database server that restarts, for a while and no longer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import tenacity

from ..errors import StoreUnavailable

T = TypeVar("T")

PATIENCE = 60.0
"""Seconds: a restart or a failover of PostgreSQL takes 5 to 30."""
LONGEST_WAIT = 3.0


def never() -> bool:
    """Say that there is no hurry."""
    return False


def at_once() -> bool:
    """Say that nothing is waited for."""
    return True


def patiently(work: Callable[[], T], hurried: Callable[[], bool] = never) -> T:
    """Do it again while the store is unavailable, up to `PATIENCE` seconds or until in a hurry.

    ``work`` is a transaction as a whole, for which twice is as good as once. Raises what it raised
    last.
    """
    pause = threading.Event()
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(StoreUnavailable),
        stop=lambda state: tenacity.stop_after_delay(PATIENCE)(state) or hurried(),
        wait=tenacity.wait_random_exponential(multiplier=0.25, max=LONGEST_WAIT),
        sleep=lambda seconds: _sleep(pause, seconds, hurried),
        reraise=True,
    )
    return retrying(work)


def _sleep(pause: threading.Event, seconds: float, hurried: Callable[[], bool]) -> None:
    """Sleep in short steps, so that a run which is told to end does not wait for the next try."""
    while seconds > 0 and not hurried():
        pause.wait(min(0.1, seconds))
        seconds -= 0.1
