# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run was slower than its like, or whether it only looks so.

A figure is *slower* when it passes three bars at once: it is more than ``percent`` above the median
of the runs before it (so that somebody would care), by more than an absolute amount (so that a
task of 30 ms does not count), and further away than the noise of the history explains. It is a
*regression* when the run before was slower too: a night with a busy line is not repeated, slower
code is.

Robust statistics, since a history has outliers: median and MAD, the median of the absolute
deviations from the median, break down only when half of the runs are bad (Leys et al., Journal of
Experimental Social Psychology 49(4), 2013, "Detecting outliers: do not use standard deviation
around the mean, use absolute deviation around the median"). 1.4826 times MAD estimates the standard
deviation of normal noise (Rousseeuw and Croux, JASA 88(424), 1993). In small samples it comes out
too small; the factors that mend this are those of Croux and Rousseeuw, COMPSTAT 1992. Everything is
done on logarithms: durations are skewed to the right, and noise is a share of them.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .benchmark import FleetFigures, RunRecord

MAD_TO_SIGMA = 1.4826
SMALL_SAMPLE = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}
"""By number of values (Croux and Rousseeuw 1992); n / (n - 0.8) above nine."""
LEAST_NOISE = 0.01
"""Standard deviation, as a share, that is taken where the history shows less: timers are coarse."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The bars. ``seconds`` for the run as a whole and for a fleet task, ``megabytes`` for memory.

    ``sigmas``: one normal night in 160 passes 2.5 of them, two in a row one in 26,000. Real noise
    has heavier tails, so the tests try it on noise as it is found; there two in a thousand did.
    ``runs`` of the history count, and from ``least_runs`` on there is a verdict; ``confirm``: so
    many runs in a row have to be slower.
    """

    percent: float = 10.0
    seconds: float = 0.5
    megabytes: float = 20.0
    sigmas: float = 2.5
    runs: int = 30
    least_runs: int = 5
    confirm: int = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a run that is compared. ``value`` in ``unit``, the smaller the better.

    ``scale`` times the value is what the absolute bar is held against: per-host figures are held
    against it as what they come to for all hosts.
    """

    name: str
    unit: str
    value: float
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """A figure against its history. ``change`` and ``noise`` (one sigma) are shares, 0.2 is 20 %.

    ``verdict``: new (too little history), ok, faster, slower (once), regression (confirmed).
    """

    figure: Figure
    median: float
    change: float
    noise: float
    runs: int
    verdict: str


def figures(record: RunRecord) -> list[Figure]:
    """The figures of a run that decide. Per host, so that sizes within a class compare."""
    hosts = max(record.hosts, 1)
    found = [
        Figure("run: time per host", "s", record.wall_s / hosts, hosts),
        Figure("run: CPU per host", "s", record.cpu_s / hosts, hosts),
        Figure("run: peak memory", "MB", record.peak_rss_mb),
    ]
    for fleet in record.fleets:
        devices = max(fleet.devices, 1)
        found += [
            Figure(f"{fleet.task}: time per device", "s", fleet.wall_s / devices, devices),
            Figure(f"{fleet.task}: device latency", "s", fleet.latency.p50, 1.0),
            Figure(f"{fleet.task}: own CPU per device", "s", fleet.cpu_s / devices, devices),
        ]
    return [figure for figure in found if figure.value > 0]


def comparable(record: RunRecord, history: Iterable[RunRecord], runs: int) -> list[RunRecord]:
    """The last runs of the same playbook, tags and size of fleet, without the record itself."""
    like = [
        other
        for other in history
        if other.likeness == record.likeness and other.started < record.started
    ]
    return like[-runs:]


def judge(record: RunRecord, history: Sequence[RunRecord], limits: Limits) -> list[Judgement]:
    """Every figure of a run against its like; ``history`` the oldest first, in any mixture."""
    like = comparable(record, history, limits.runs + limits.confirm - 1)
    recent = like[len(like) - limits.confirm + 1 :] if limits.confirm > 1 else []
    base = like[: len(like) - len(recent)]
    past = [{one.name: one for one in figures(other)} for other in base]
    lately = [{one.name: one for one in figures(other)} for other in recent]
    return [
        _judged(
            figure,
            [each[figure.name].value for each in past if figure.name in each],
            [each.get(figure.name) for each in lately],
            limits,
        )
        for figure in figures(record)
    ]


def verdict_of(judgements: Iterable[Judgement]) -> str:
    """The run's verdict: the worst of its figures.

    The latency of devices alone is none: a slower network is not ours, and where it costs time
    the time says so.
    """
    order = ("new", "ok", "faster", "slower", "regression")
    ours = [one.verdict for one in judgements if not one.figure.name.endswith("device latency")]
    if ours and all(verdict == "new" for verdict in ours):
        return "new"
    worst = max((verdict for verdict in ours if verdict != "new"), key=order.index, default="new")
    if worst == "faster" and not any(
        one.verdict == "faster" and one.figure.name == "run: time per host" for one in judgements
    ):
        return "ok"
    return worst


def cause(fleet: FleetFigures, judgements: Iterable[Judgement]) -> str:
    """Why a fleet task was slower, in a sentence; empty where it was not.

    The CPU that a device costs us depends on our code and on what it sends, and not on the line:
    where the time has grown and the CPU has not, the devices or the network have become slower.
    """
    found = {
        one.figure.name.removeprefix(f"{fleet.task}: "): one
        for one in judgements
        if one.figure.name.startswith(f"{fleet.task}: ")
    }
    time, latency, cpu = (
        found.get(name) for name in ("time per device", "device latency", "own CPU per device")
    )
    if time is None or time.verdict not in ("slower", "regression"):
        return ""
    facts = f"device latency {_change(latency)}, own CPU per device {_change(cpu)}"
    grown = {one: (one.change if one else 0.0) for one in (latency, cpu)}
    if grown[cpu] >= time.change / 2:
        return f"our own code or this machine is slower ({facts})"
    if grown[latency] >= time.change / 2:
        return f"the devices or the network are slower, not the code ({facts})"
    return (
        f"neither the devices nor the code, so what lies between: window, ledger or inventory "
        f"({facts})"
    )


def noise(values: Sequence[float]) -> tuple[float, float]:
    """Median, and the noise around it as a share: sigma of the logarithms, by MAD."""
    logs = [math.log(value) for value in values]
    middle = statistics.median(logs)
    mad = statistics.median(abs(one - middle) for one in logs)
    count = len(values)
    factor = SMALL_SAMPLE.get(count, count / (count - 0.8)) if count > 1 else 1.0
    return math.exp(middle), max(LEAST_NOISE, MAD_TO_SIGMA * factor * mad)


def _judged(
    figure: Figure, past: list[float], lately: list[Figure | None], limits: Limits
) -> Judgement:
    if len(past) < limits.least_runs:
        return Judgement(figure, 0.0, 0.0, 0.0, len(past), "new")
    median, sigma = noise(past)
    least = limits.megabytes if figure.unit == "MB" else limits.seconds

    def beyond(one: Figure | None, sign: int) -> bool:
        """Whether a value lies beyond all three bars, above (1) or below (-1)."""
        if one is None:
            return False
        shift = sign * math.log(one.value / median)
        return (
            shift > math.log1p(limits.percent / 100)
            and sign * (one.value - median) * one.scale > least
            and shift > limits.sigmas * sigma
        )

    verdict = "faster" if beyond(figure, -1) else "ok"
    if beyond(figure, 1):
        verdict = "regression" if all(beyond(one, 1) for one in lately) else "slower"
    return Judgement(figure, median, figure.value / median - 1, sigma, len(past), verdict)


def _change(judgement: Judgement | None) -> str:
    return f"{judgement.change:+.0%}" if judgement and judgement.runs else "unknown"
