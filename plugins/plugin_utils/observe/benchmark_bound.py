# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds a fleet task back, in words and with the arithmetic.

Little's law (Little, Operations Research 9(3), 1961; "Little's Law as viewed on its 50th
anniversary", 2011): on average L = X * R devices are in flight, where X of them end in a second and
each takes R seconds. It holds whatever the distributions. So a window of N devices gives N / R
devices a second as long as it is full; and where L is far below N, the window is not what holds.

The other bounds are those of operational analysis (Denning and Buzen, ACM Computing Surveys 10(3),
1978): a resource of which each device takes D seconds gives 1 / D devices a second at the most, and
is busy X * D of the time. For us that is the interpreter lock with D the CPU of a device, the
ledger's writer, and the one thread that reads the devices' variables.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from .benchmark import FleetFigures, RunRecord

BUSY = 0.85
"""Share of its time from which a resource counts as used up: what is left is start and end."""
WAITING = 0.25
"""Share of the devices' time in the window, spent on the ledger, from which that is the bound."""
FIXED = 0.25
"""Share of a run's time that does not depend on the number of devices, from which it is told."""
APART = 0.1
"""How far two fleets have to differ in size, as a share, to tell what a device more costs."""


@dataclass(frozen=True, slots=True)
class Bound:
    """``name``: cpu, ledger, inventory, workers, latency or tail. ``words`` has the figures."""

    name: str
    words: str


def bound(fleet: FleetFigures) -> Bound | None:
    """Which bound held; None for a task that was too short to say."""
    if not fleet.devices or fleet.wall_s <= 0 or fleet.latency.mean <= 0:
        return None
    device_s = fleet.devices * fleet.latency.mean
    in_flight = (device_s + fleet.store_wait_s) / fleet.wall_s
    busy = fleet.cpu_s / fleet.wall_s
    little = (
        f"{fleet.per_s:.1f} devices/s x {fleet.latency.mean:.2f} s latency = {in_flight:.0f} of "
        f"{fleet.workers} in flight, the interpreter {busy:.0%} busy"
    )
    if fleet.store_wait_s > WAITING * (device_s + fleet.store_wait_s):
        return Bound("ledger", _ledger(fleet, device_s, little))
    if busy >= BUSY:
        return Bound("cpu", _cpu(fleet, little))
    if fleet.resolve_s > WAITING * fleet.wall_s and in_flight < BUSY * fleet.workers:
        return Bound("inventory", _inventory(fleet, little))
    if fleet.devices <= fleet.workers:
        return Bound("latency", _latency(fleet, little))
    if in_flight >= BUSY * fleet.workers:
        return Bound("workers", _workers(fleet, little))
    return Bound("tail", _tail(fleet, in_flight, little))


def _ledger(fleet: FleetFigures, device_s: float, little: str) -> str:
    share = fleet.store_wait_s / (device_s + fleet.store_wait_s)
    return (
        f"The store: {share:.0%} of the time of devices in the window was spent waiting for the "
        f"ledger. A faster disk or database helps; workers do not. ({little})"
    )


def _cpu(fleet: FleetFigures, little: str) -> str:
    each = fleet.cpu_s / fleet.devices
    return (
        f"The CPU: a device costs {1000 * each:.1f} ms of this process, whose interpreter lock "
        f"lets one thread compute at a time, so {1 / each:.0f} devices/s are the most. More "
        f"workers only add latency; less work for each device, or slices on other machines, help. "
        f"({little})"
    )


def _inventory(fleet: FleetFigures, little: str) -> str:
    return (
        f"The inventory: reading the devices' variables took {fleet.resolve_s:.1f} s of "
        f"{fleet.wall_s:.1f} s, in one thread. Variables that are no templates help. ({little})"
    )


def _latency(fleet: FleetFigures, little: str) -> str:
    return (
        f"The devices and the network: all {fleet.devices} were worked on at once, and the slowest "
        f"took {fleet.latency.most:.1f} s. Only faster devices or a lower deadline help. ({little})"
    )


def _workers(fleet: FleetFigures, little: str) -> str:
    most = fleet.devices / fleet.cpu_s if fleet.cpu_s else float("inf")
    cap = f" up to the {most:.0f} devices/s that the CPU allows" if most < float("inf") else ""
    return (
        f"The workers: the window was full and the CPU was not, so the network's and the devices' "
        f"latency sets the pace. More workers help in proportion,{cap or ' at first'}, as long as "
        f"sites and login servers bear them. ({little})"
    )


def _tail(fleet: FleetFigures, in_flight: float, little: str) -> str:
    return (
        f"The tail: the window of {fleet.workers} was full for part of the time only, "
        f"{in_flight:.0f} on average, because the last devices took up to "
        f"{fleet.latency.most:.1f} s while nothing was left to start. A lower deadline or fewer "
        f"attempts help; workers do not. ({little})"
    )


@dataclass(frozen=True, slots=True)
class Scaling:
    """T = fixed + devices * each, in seconds, from runs of different sizes; ``devices`` typical."""

    fixed: float
    each: float
    devices: float

    @property
    def words(self) -> str:
        """In a sentence, with what follows from it."""
        total = self.fixed + self.each * self.devices
        text = (
            f"Each further device costs {1000 * self.each:.1f} ms ({1 / self.each:.1f} devices/s), "
            f"and {self.fixed:.1f} s are there whatever their number"
        )
        if self.fixed > FIXED * total:
            return (
                f"{text}: {self.fixed / total:.0%} of the run. What holds it back is not the pace "
                "but start and end: the slowest devices, their time-outs and attempts. The rate of "
                "bigger fleets looks better only because they spread it."
            )
        return f"{text}, {self.fixed / total:.0%} of the run: the pace is what counts."


def scaling(points: Iterable[tuple[int, float]]) -> Scaling | None:
    """What runs of (devices, seconds) tell about the price of a device.

    The slope is the median of all pairs' slopes (Sen, JASA 63(324), 1968), which an odd run does
    not move. None where the sizes are too much alike, or bigger fleets were not slower.
    """
    known = [(float(devices), seconds) for devices, seconds in points if devices > 0]
    slopes = [
        (t2 - t1) / (n2 - n1)
        for index, (n1, t1) in enumerate(known)
        for n2, t2 in known[index + 1 :]
        if abs(n2 - n1) >= APART * max(n1, n2)
    ]
    if not slopes or (each := statistics.median(slopes)) <= 0:
        return None
    fixed = statistics.median(seconds - each * devices for devices, seconds in known)
    return Scaling(max(0.0, fixed), each, statistics.median(devices for devices, _rate in known))


def fleet_scaling(task: str, records: Iterable[RunRecord]) -> Scaling | None:
    """`scaling` of the runs of one fleet task."""
    fleets = (fleet for record in records for fleet in record.fleets if fleet.task == task)
    return scaling((fleet.devices, fleet.wall_s) for fleet in fleets)


def wider_window(workers: tuple[int, int], rates: tuple[float, float]) -> str:
    """What two runs with different windows tell: (workers, workers) and their devices a second.

    By Little's law a full window has a latency of workers / rate. What the latency grows by with
    the window is queueing for something that the devices share.
    """
    (n1, n2), (x1, x2) = workers, rates
    r1, r2 = n1 / x1, n2 / x2
    gain = (x2 / x1 - 1) / (n2 / n1 - 1)
    text = (
        f"{n1} in flight at {x1:g}/s are {r1:.1f} s each, {n2} at {x2:g}/s are {r2:.1f} s: of "
        f"{n2 / n1 - 1:.0%} more workers came {x2 / x1 - 1:.0%} more devices/s"
    )
    if gain >= BUSY:
        return f"{text}. The latency stayed, so the workers are the bound: more of them help."
    if gain <= 1 - BUSY:
        return (
            f"{text}. All of it went into waiting: something that the devices share is used up, "
            "the CPU where the interpreter is busy, else the network, a login server or the store."
        )
    return (
        f"{text}. The rest went into waiting: close to the bound of something that the devices "
        "share. Compare the CPU of a device with 1 / rate: if they are near, it is the CPU."
    )
