# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The memory that a hundred threads leave half used."""

from __future__ import annotations

import ctypes

HEAPS = 2
_M_ARENA_MAX = -8
"""The option's number in glibc's malloc.h."""


def share_heaps() -> None:
    """Let this process's threads allocate from two heaps, before there are any threads.

    glibc gives them up to eight a processor, and each heap keeps the pages of the biggest text that
    was ever in it. 1,000 devices with 100 threads: 231 MB with 16 heaps, 204 MB with two, and no
    slower, since the interpreter lock lets one thread allocate at a time. Other C libraries have
    no such option, and do not need one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, HEAPS)
