# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The figures of one playbook run, as they stand in the history: one JSON object a run.

Times are seconds, memory is MB of 1,000,000 bytes.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

SCHEMA = 1
"""Within a version fields are only added; a line of another version is passed over."""


@dataclass(frozen=True, slots=True)
class Latency:
    """How long one host or device took: mean, percentiles, the slowest."""

    mean: float = 0.0
    p50: float = 0.0
    p90: float = 0.0
    p99: float = 0.0
    most: float = 0.0

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Latency:
        """The latency of some durations; zeros where there are none."""
        if not seconds:
            return cls()
        ordered = sorted(seconds)
        p50, p90, p99 = (_percentile(ordered, share) for share in (0.5, 0.9, 0.99))
        figures = (statistics.fmean(ordered), p50, p90, p99, ordered[-1])
        return cls(*(round(figure, 4) for figure in figures))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFigures:
    """An ordinary task over all its hosts. ``retries`` are those of ``until``."""

    name: str
    action: str
    wall_s: float
    hosts: int = 0
    failed: int = 0
    retries: int = 0
    latency: Latency = field(default_factory=Latency)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetFigures:
    """A fleet task. ``latency`` is of the devices, ``cpu_s`` and ``peak_rss_mb`` of the worker.

    ``retries`` are attempts beyond the first. ``resolve_s`` went into reading variables,
    ``store_wait_s`` is what all device threads together waited for the ledger.
    """

    task: str
    kind: str
    devices: int
    wall_s: float
    workers: int
    failed: int = 0
    retries: int = 0
    latency: Latency = field(default_factory=Latency)
    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0
    resolve_s: float = 0.0
    store_wait_s: float = 0.0

    @property
    def per_s(self) -> float:
        """Devices a second."""
        return self.devices / self.wall_s if self.wall_s else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A playbook run. ``hosts`` is the size of the fleet, ``cpu_s`` the CPU of ansible-playbook and
    all its workers, ``peak_rss_mb`` of the process tree; ``load`` is the machine's at the end, by
    its cores, all processes of all people; ``verdict`` as it was at its end.
    """

    playbook: str
    started: float
    wall_s: float
    hosts: int
    tags: tuple[str, ...] = ()
    skip_tags: tuple[str, ...] = ()
    failed: int = 0
    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0
    load: float = 0.0
    verdict: str = ""
    tasks: tuple[TaskFigures, ...] = ()
    fleets: tuple[FleetFigures, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def likeness(self) -> tuple[Any, ...]:
        """What two runs have to share to be compared."""
        return (self.playbook, self.tags, self.skip_tags, size_class(self.hosts))

    def to_native(self) -> dict[str, Any]:
        """JSON types, with the version of the schema."""
        return {"schema": SCHEMA, **dataclasses.asdict(self)}

    @classmethod
    def from_native(cls, native: Any) -> RunRecord:
        """The record that `to_native` was given; raises ValueError for what is none."""
        try:
            if native["schema"] != SCHEMA:
                raise ValueError(f"a record of schema {native['schema']!r}; this is {SCHEMA}")
            values = _known(cls, native)
            values["tasks"] = tuple(_figures(TaskFigures, one) for one in native["tasks"])
            values["fleets"] = tuple(_figures(FleetFigures, one) for one in native["fleets"])
            for name in ("tags", "skip_tags"):
                values[name] = tuple(map(str, native.get(name, ())))
            record = cls(**values)
            numbers = (
                record.wall_s,
                record.started,
                record.cpu_s,
                record.peak_rss_mb,
                record.hosts,
            )
            if not all(map(math.isfinite, numbers)):
                raise ValueError("no record of a run: not all of its figures are numbers")
            repr(record.likeness)  # worked out of fields that may be of another type
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"no record of a run: {error!r}") from error
        return record


def size_class(hosts: int) -> int:
    """The fleet's size to a power of two, rounded up: 65 to 128 hosts are one class."""
    return 1 << max(0, int(hosts) - 1).bit_length()


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Linear between the closest ranks (method 7 of Hyndman and Fan, 1996; numpy's default)."""
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _known(kind: type[Any], native: Mapping[str, Any]) -> dict[str, Any]:
    names = {item.name for item in dataclasses.fields(kind)}
    return {name: value for name, value in native.items() if name in names}


def _figures(kind: type[Any], native: Mapping[str, Any]) -> Any:
    values = _known(kind, native)
    values["latency"] = Latency(**_known(Latency, native.get("latency") or {}))
    figures = kind(**values)
    if not all(map(math.isfinite, (figures.wall_s, figures.latency.p50, figures.latency.mean))):
        raise ValueError("no record of a run: not all of its figures are numbers")
    return figures
