"""Histories of runs as nights produce them: seeded, with the noise of machines and networks."""

from __future__ import annotations

import random
from collections.abc import Iterator

from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark import (
    FleetFigures,
    Latency,
    RunRecord,
)

DAY = 86_400.0
NORMAL = 0.04
"""One sigma of what is different every night: a share."""
LASTING = 0.03
"""One sigma of what lasts for some nights, such as a busy neighbour."""
MEMORY_OF_IT = 0.6
"""How much of that is left the next night."""
SPIKES = 0.04
"""Share of the nights on which something goes badly: a line is down, a site is rebooted."""


def noisy(seed: int, runs: int = 36, devices: int = 1_000) -> Iterator[RunRecord]:
    """Nights without any change of the code: normal noise, drift, bad nights, a growing fleet."""
    chance = random.Random(seed)
    drift = 0.0
    for night in range(runs):
        drift = MEMORY_OF_IT * drift + chance.gauss(0, LASTING * (1 - MEMORY_OF_IT**2) ** 0.5)
        bad = chance.uniform(1.2, 2.5) if chance.random() < SPIKES else 1.0
        network = math_exp(drift + chance.gauss(0, NORMAL)) * bad
        machine = math_exp(chance.gauss(0, NORMAL))
        yield run(night, devices + chance.randrange(-20, 21), network, machine, chance)


def math_exp(value: float) -> float:
    """Noise is a share of the figure, so it multiplies."""
    return float(2.718281828459045**value)


def run(
    night: int, devices: int, network: float, machine: float, chance: random.Random
) -> RunRecord:
    """One night: ``network`` and ``machine`` are how many times slower than usual they are."""
    latency = 0.9 * network
    cpu = 0.011 * machine * devices
    wall = max(devices * latency / 100, cpu) + 1.5 * machine
    fleet = FleetFigures(
        task="Back up the configurations of the fleet",
        kind="backup",
        devices=devices,
        wall_s=wall,
        workers=100,
        latency=Latency(latency * 1.05, latency, latency * 1.4, latency * 2, latency * 3),
        cpu_s=cpu,
        peak_rss_mb=150 + chance.gauss(0, 4),
    )
    return RunRecord(
        playbook="backup.yml",
        started=1_700_000_000.0 + night * DAY,
        wall_s=wall + 4 * machine,
        hosts=devices,
        cpu_s=cpu + 5 * machine,
        peak_rss_mb=300 + chance.gauss(0, 6),
        fleets=(fleet,),
    )


def slowed(records: list[RunRecord], last: int, factor: float, cpu: float = 1.0) -> list[RunRecord]:
    """The same history with its last runs slower by a factor: their time, and their CPU if told."""
    from dataclasses import replace

    def slower(record: RunRecord) -> RunRecord:
        fleets = tuple(
            replace(
                one,
                wall_s=one.wall_s * factor,
                cpu_s=one.cpu_s * cpu,
                latency=Latency(*(value * factor for value in as_tuple(one.latency))),
            )
            for one in record.fleets
        )
        return replace(
            record, wall_s=record.wall_s * factor, cpu_s=record.cpu_s * cpu, fleets=fleets
        )

    return [*records[:-last], *map(slower, records[-last:])]


def as_tuple(latency: Latency) -> tuple[float, ...]:
    """The figures of a latency, in the order of its fields."""
    return (latency.mean, latency.p50, latency.p90, latency.p99, latency.most)
