# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that every fleet job shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..fleet.run import FleetOptions
from ..store import Store


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


@contextmanager
def stores(options: JobOptions) -> Iterator[tuple[Store, Store]]:
    """The store with the good copies, and the one to write the run to: the same but for check
    mode, in which a store that is not there yet is not made.
    """
    place, key = options.state_dir, options.store_key
    if not options.check:
        with Store.open(options.store_url, place, key=key) as store:
            yield store, store
        return
    with Store.open(options.ledger_url, place, key=key) as ledger:
        existing = Store.open_existing(options.store_url, place, key=key)
        if existing is None:
            yield ledger, ledger
            return
        with existing as store:
            yield store, ledger
