# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store: what every run did with every device, and the exact text it fetched."""

from __future__ import annotations

from .records import (
    AttemptRecord,
    ComplianceRun,
    DeviceOutcome,
    DeviceRecord,
    DeviceStatus,
    JudgedDevice,
    JudgedRecord,
    LastGood,
    Run,
    RunScore,
    RunStart,
    RunStatus,
    SiteScore,
    StoredText,
)
from .repository import Store
from .writer import Writer

__all__ = [
    "AttemptRecord",
    "ComplianceRun",
    "DeviceOutcome",
    "DeviceRecord",
    "DeviceStatus",
    "JudgedDevice",
    "JudgedRecord",
    "LastGood",
    "Run",
    "RunScore",
    "RunStart",
    "RunStatus",
    "SiteScore",
    "Store",
    "StoredText",
    "Writer",
]
