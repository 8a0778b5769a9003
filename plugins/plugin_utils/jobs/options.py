# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that every fleet job shares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..fleet.run import FleetOptions


@dataclass(frozen=True, slots=True)
class JobOptions:
    """Where a job leaves its traces. ``ledger_url`` differs from ``store_url`` in check mode only.

    ``provenance``: who started the run, as AWX tells it; plain strings. ``say`` prints a line;
    ``live``, on a terminal, draws one over the one before. ``resume``: go on with the newest run of
    the same kind on the same hosts, which was interrupted.
    """

    state_dir: Path
    store_url: str | None = None
    store_key: str | None = field(default=None, repr=False)
    ledger_url: str | None = None
    check: bool = False
    resume: bool = False
    fleet: FleetOptions = field(default_factory=FleetOptions)
    provenance: Mapping[str, str] = field(default_factory=dict)
    say: Callable[[str], None] = print
    live: Callable[[str], None] | None = None
