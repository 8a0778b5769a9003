# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet task says while it runs, through Ansible's Display, which also reaches AWX."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from ansible.utils.display import Display

_LEVELS = (logging.CRITICAL, logging.INFO, logging.INFO)
"""By Ansible's verbosity: nothing, a line a device from -v on, the driver from -vvv on."""


class _ToDisplay(logging.Handler):
    """Python's logging to Display. The engine's lines have passed the redaction gate already."""

    def __init__(self, display: Display) -> None:
        super().__init__()
        self._display = display

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()
        if record.levelno >= logging.INFO:
            self._display.v(text)
        else:
            self._display.vvv(text)


@contextmanager
def logging_to(display: Display) -> Iterator[None]:
    """Send the engine's log to Display, and keep the libraries' own logs off stderr.

    Nornir logs tracebacks, netmiko and paramiko whole sessions: they hold secrets and stay off.
    """
    handler = _ToDisplay(display)
    ours = logging.getLogger("prime.netops")
    before = ours.level
    ours.setLevel(_LEVELS[display.verbosity] if display.verbosity < 3 else logging.DEBUG)
    ours.addHandler(handler)
    for library in ("nornir", "netmiko", "paramiko"):
        logger = logging.getLogger(library)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
    try:
        yield
    finally:
        ours.removeHandler(handler)
        ours.setLevel(before)
