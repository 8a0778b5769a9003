# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet task says while it runs, through Ansible's Display, which also reaches AWX."""

from __future__ import annotations

import logging
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible.utils.display import Display

from ..errors import ErrorClass
from ..fleet.profile import ThreadProfile
from ..jobs.report import Report

SHOWN = 20
"""Failures shown one by one; more of them are shown by class only."""

_LEVELS = (logging.CRITICAL, logging.INFO, logging.INFO)
"""By Ansible's verbosity: nothing, a line a device from -v on, the driver from -vvv on."""

_ON_TERMINAL = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
_COLUMNS = shutil.get_terminal_size().columns
"""Looked up when this file is imported, which Ansible does in the parent: it asks the action for
``BYPASS_HOST_LOOP``. In the worker, where the action runs, standard output is /dev/null."""
_RECORDED = ("AWX_ISOLATED_DATA_DIR", "RUNNER_OMIT_EVENTS", "JOB_ID", "CI")
"""What AWX, ansible-runner and CI services set: a terminal that keeps all that is drawn on it."""


def live_line(display: Display) -> Callable[[str], None] | None:
    """What draws a line over the one before; None where lines have to follow each other.

    Those are: no terminal, a terminal that a program records, and output that says a line a device.
    """
    recorded = any(name in os.environ for name in _RECORDED)
    if not _ON_TERMINAL or recorded or display.verbosity:
        return None

    def draw(line: str) -> None:
        # A carriage return is also what makes Python's line-buffered standard output write.
        text = f"\r\x1b[K{line[: _COLUMNS - 1]}"
        display.display(text, screen_only=True, newline=False)

    return draw


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


def show_failures(report: Report, display: Display) -> None:
    """After the last line of progress: the failed devices, unless they are many, and what to do.

    Where classes repeat, their remedies stand in a table and not below each device. Before all
    that, how many devices were left alone, and for which reasons.
    """
    for reason, number in report.skips.items():
        display.display(f"  {number} skipped: {reason}")
    failed = sum(report.classes.values())
    each_its_own = failed == len(report.classes)
    if failed <= SHOWN:
        for failure in report.failures:
            display.display(f"  {failure['host']}: {failure['class']}: {failure['message']}")
            if each_its_own:
                display.display(f"    -> {failure['remedy']}")
    if not each_its_own:
        show_classes(report, display)


def show_classes(report: Report, display: Display) -> None:
    """A table of the error classes: how many devices, what they have in common, what to do."""
    width = max(map(len, report.classes))
    display.display(f"  {'error class':{width}}  devices  among them")
    for name, number in sorted(report.classes.items(), key=lambda item: (-item[1], item[0])):
        examples = [failure["host"] for failure in report.failures if failure["class"] == name][:3]
        display.display(f"  {name:{width}}  {number:7}  {', '.join(examples)}")
        verdict = ErrorClass(name).verdict
        display.display(f"    {verdict.cause}\n    -> {verdict.remedy}")
    if sum(report.classes.values()) > SHOWN:
        display.display("  Each device's own message is in the ledger, and in its own result.")


def show_profile(profile: ThreadProfile | None, path: str | None, display: Display) -> None:
    """Write the profile where one was asked for, and show its top; a full disk fails no backup."""
    if profile is None or path is None:
        return
    try:
        top = profile.write(Path(path))
    except OSError as error:
        display.warning(f"profile {path} cannot be written: {error}")
        return
    display.display(f"Processor time of the devices' threads; all of it: python -m pstats {path}")
    display.display(top)
