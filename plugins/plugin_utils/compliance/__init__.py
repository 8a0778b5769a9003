# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judge configurations by rules that are data."""

from __future__ import annotations

from .answers import Answer, Line
from .checks.function import Context
from .remedy import Remedy
from .results import (
    DeviceFacts,
    DeviceVerdict,
    Evidence,
    Finding,
    ParseWarning,
    Reference,
    Relation,
    RuleInfo,
    Severity,
    State,
    WaiverNote,
    score,
)
from .rules.source import RuleError
from .ruleset import PRIME, RuleSet, load
from .waivers import NO_WAIVERS, Waiver, Waivers, load_waivers

__all__ = [
    "NO_WAIVERS",
    "PRIME",
    "Answer",
    "Context",
    "DeviceFacts",
    "DeviceVerdict",
    "Evidence",
    "Finding",
    "Line",
    "ParseWarning",
    "Reference",
    "Relation",
    "Remedy",
    "RuleError",
    "RuleInfo",
    "RuleSet",
    "Severity",
    "State",
    "Waiver",
    "WaiverNote",
    "Waivers",
    "load",
    "load_waivers",
    "score",
]
