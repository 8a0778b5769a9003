# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of checks: one class each, made from a rule's data and run on a device."""

from __future__ import annotations

from collections.abc import Mapping

from .base import Check, Maker, Run
from .free_text import FreeText
from .function import Function
from .lines import Count, Forbid, Require, SameLine
from .logic import All, Any_, Not
from .numbers import Number
from .sections import EachLine, EachSection
from .state import State_
from .values import ValueSet

KINDS: Mapping[str, type[Check]] = {
    "require": Require,
    "forbid": Forbid,
    "line": SameLine,
    "count": Count,
    "each_section": EachSection,
    "each_line": EachLine,
    "number": Number,
    "set": ValueSet,
    "text": FreeText,
    "all": All,
    "any": Any_,
    "not": Not,
    "function": Function,
    "state": State_,
}

__all__ = ["KINDS", "Check", "Maker", "Run"]
