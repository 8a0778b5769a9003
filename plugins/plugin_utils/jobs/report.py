# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet job tells its caller: counts, and failures as far as they fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..fleet.middleware.tally import Tally


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a fleet job; only JSON types, never a configuration, never a secret."""

    run_id: str
    status: str
    counts: dict[str, int]
    classes: dict[str, int]
    failures: list[dict[str, Any]]
    failed_hosts: list[str]
    commit: str | None = None
    problems: list[str] = field(default_factory=list)
    skips: dict[str, int] = field(default_factory=dict)


def count(tally: Tally, total: int) -> dict[str, int]:
    """Devices by status; what had not started when the run ended is ``skipped``."""
    done = {name: tally.statuses[name] for name in ("ok", "changed", "failed", "unreachable")}
    return {"total": total, **done, "skipped": total - sum(done.values())}
