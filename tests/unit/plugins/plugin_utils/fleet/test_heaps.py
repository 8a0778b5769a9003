# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Heaps of a process with many threads, as the C library itself counts them."""

from __future__ import annotations

import subprocess
import sys

from ansible_collections.prime.netops.plugins.plugin_utils.fleet.heaps import HEAPS

PROGRAM = """
import ctypes, sys, threading
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.heaps import share_heaps
if sys.argv[1] == "shared":
    share_heaps()
meet = threading.Barrier(8)
def hold():
    text = bytes(50_000)
    meet.wait(30)
threads = [threading.Thread(target=hold) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
ctypes.CDLL(None).malloc_stats()
"""


def heaps(how: str) -> int:
    """How many heaps eight threads have left behind."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=True
    )
    return done.stderr.count("Arena ")


def test_threads_share_heaps() -> None:
    """Each thread of its own would leave its half-empty heap behind."""
    assert heaps("shared") <= HEAPS < heaps("alone")
