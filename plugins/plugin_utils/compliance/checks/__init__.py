# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kinds of checks: one class each, made from a rule's data and run on a device."""

from __future__ import annotations

from collections.abc import Mapping

from . import free_text, function, lines, logic, numbers, sections, state, values
from .base import Check, Maker, Run

KINDS: Mapping[str, type[Check]] = {
    "require": lines.Require,
    "forbid": lines.Forbid,
    "line": lines.SameLine,
    "count": lines.Count,
    "each_section": sections.EachSection,
    "each_line": sections.EachLine,
    "number": numbers.Number,
    "set": values.ValueSet,
    "text": free_text.FreeText,
    "all": logic.All,
    "any": logic.Any_,
    "not": logic.Not,
    "function": function.Function,
    "state": state.State_,
}

__all__ = ["KINDS", "Check", "Maker", "Run"]
