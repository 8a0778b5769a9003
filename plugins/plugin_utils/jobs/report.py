# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a fleet job tells its caller: counts, and failures as far as they fit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..store.records import RunStatus


@dataclass(frozen=True, slots=True)
class Report:
    """The result of a fleet job; only JSON types, never a configuration, never a secret.

    ``counts`` are those of the run, earlier parts of a resumed one included; ``classes`` and
    ``failures`` are of this part, which came to every device that was not done. ``resumed`` is how
    many devices were done before, None in a new run; ``fresh`` how many were skipped because their
    last good copy is young enough.
    """

    run_id: str
    status: RunStatus
    counts: dict[str, int]
    classes: dict[str, int]
    failures: list[dict[str, Any]]
    failed_hosts: list[str]
    commit: str | None = None
    problems: list[str] = field(default_factory=list)
    skips: dict[str, int] = field(default_factory=dict)
    resumed: int | None = None
    fresh: int = 0
    stale: dict[str, Any] | None = None
