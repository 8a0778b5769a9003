# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All reports of a run in one pass: a device is read once, whatever the formats are."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol, TextIO

from .csv_file import CsvReport
from .html_page import HtmlReport
from .json_file import JsonReport
from .junit import JunitReport
from .markdown import MarkdownReport
from .model import DeviceReport, RunReport
from .sarif import SarifReport


class ReportError(ValueError):
    """A report cannot be written; the message names the file and the remedy."""


class Report(Protocol):
    """A format: made with its stream and the run, then given the devices."""

    name: str
    """Of the file."""

    def __init__(self, stream: TextIO, run: RunReport) -> None: ...

    def add(self, device: DeviceReport) -> None:
        """Take a device."""

    def finish(self) -> None:
        """Write what comes after the last device."""


FORMATS: dict[str, type[Report]] = {
    "html": HtmlReport,
    "json": JsonReport,
    "csv": CsvReport,
    "junit": JunitReport,
    "sarif": SarifReport,
    "markdown": MarkdownReport,
}


def write_reports(
    directory: Path, formats: Sequence[str], run: RunReport, devices: Iterable[DeviceReport]
) -> dict[str, Path]:
    """Write the reports and return their files by format.

    A file appears whole or not at all: a reader of the old one keeps it until then. Raises
    `ReportError` when the directory or a file cannot be written.
    """
    files = {name: directory / FORMATS[name].name for name in dict.fromkeys(formats)}
    drafts = {name: path.with_name(f".{path.name}.{os.getpid()}") for name, path in files.items()}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _write(drafts, run, devices)
        for name, path in files.items():
            drafts[name].replace(path)
    except OSError as error:
        raise ReportError(
            f"The reports cannot be written to {directory}: {error}. Give this user write access "
            "to the directory and room on its file system, or name another one."
        ) from error
    finally:
        for draft in drafts.values():
            with suppress(OSError):
                draft.unlink()
    return files


def _write(drafts: dict[str, Path], run: RunReport, devices: Iterable[DeviceReport]) -> None:
    with ExitStack() as stack:
        reports: list[Report] = []
        for name, path in drafts.items():
            # What no UTF-8 can hold has been escaped by the formats; this keeps the rest going.
            stream = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            reports.append(FORMATS[name](stack.enter_context(stream), run))
        for device in devices:
            for report in reports:
                report.add(device)
        for report in reports:
            report.finish()
