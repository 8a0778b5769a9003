# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reports of a compliance run, one module a format, all written in one pass over the devices."""

from __future__ import annotations

from .model import DeviceReport, RunReport, TrendPoint, Verdict
from .write import FORMATS, ReportError, write_reports

__all__ = [
    "FORMATS",
    "DeviceReport",
    "ReportError",
    "RunReport",
    "TrendPoint",
    "Verdict",
    "write_reports",
]
