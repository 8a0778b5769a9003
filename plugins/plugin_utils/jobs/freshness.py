# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How old good copies are: who need not be fetched yet, and whose copy has become too old."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..store import Store
from ..store.records import CopyAge, DeviceRecord
from .age import span

SHOWN = 100
"""Devices with too old a copy that a task's result names; the count has all of them."""


def fresh(store: Store, names: Sequence[str], max_age: float | None) -> Iterator[DeviceRecord]:
    """The skipped devices: those whose last good copy is no older than ``max_age`` seconds."""
    if max_age is None:
        return
    ages = {
        age.device: age.seconds
        for age in store.ages(names)
        if age.seconds is not None and age.seconds <= max_age
    }
    now = datetime.now(UTC)
    for copy in store.good_copies(list(ages)):
        yield DeviceRecord(
            device=copy.device,
            address=copy.address,
            site=copy.site,
            platform=copy.platform,
            status="skipped",
            started=now,
            finished=now,
            message=f"its last good copy is {span(ages[copy.device])} old, and max_age is "
            f"{span(max_age)}",
            previous_sha256=copy.config_sha256,
        )


@dataclass(frozen=True, slots=True)
class Staleness:
    """Devices whose last good copy is older than a limit, or that have none (``never``)."""

    max_copy_age: float
    count: int
    never: int
    oldest: list[CopyAge]
    """The first of them: those without a copy, then the oldest."""

    def told(self) -> dict[str, Any]:
        """For a task's result; ages in whole seconds."""
        return {
            "max_copy_age": round(self.max_copy_age),
            "count": self.count,
            "never": self.never,
            "devices": [told(age) for age in self.oldest],
        }


def stale(store: Store, names: Sequence[str] | None, max_copy_age: float) -> Staleness:
    """Who of these devices (of all that have a copy, without names) has too old a copy."""
    found = [age for age in store.ages(names) if age.seconds is None or age.seconds > max_copy_age]
    never = sum(age.seconds is None for age in found)
    return Staleness(max_copy_age, len(found), never, found[:SHOWN])


def told(age: CopyAge) -> dict[str, Any]:
    """A device's age as JSON types."""
    return {
        "device": age.device,
        "fetched": age.fetched.isoformat(timespec="seconds") if age.fetched else None,
        "age": round(age.seconds) if age.seconds is not None else None,
    }
