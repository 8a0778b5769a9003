"""What holds a fleet task back: Little's law in words, for runs whose answer is known."""

from __future__ import annotations

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark import (
    FleetFigures,
    Latency,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_bound import (
    bound,
    scaling,
    wider_window,
)


def fleet(**facts: float) -> FleetFigures:
    """1,000 devices of 2 s each through a window of 100: 20 s, by 10 s of CPU; unless told so."""
    latency = facts.pop("latency", 2.0)
    most = facts.pop("most", 3.0)
    figures = {"devices": 1000, "wall_s": 20.0, "workers": 100, "cpu_s": 10.0, **facts}
    spread = Latency(latency, latency, latency * 1.2, latency * 1.4, most)
    return FleetFigures(task="t", kind="backup", latency=spread, **figures)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("figures", "name", "words"),
    [
        (fleet(), "workers", "the window was full and the CPU was not"),
        (fleet(cpu_s=19.0), "cpu", "a device costs 19.0 ms"),
        (fleet(store_wait_s=1500.0, wall_s=35.0), "ledger", "43% of the time"),
        (fleet(latency=0.2, resolve_s=15.0), "inventory", "took 15.0 s of 20.0 s"),
        (fleet(wall_s=60.0, most=45.0), "tail", "up to 45.0 s"),
        (fleet(devices=80, wall_s=3.0, cpu_s=0.8), "latency", "all 80 were worked on at once"),
    ],
)
def test_the_bound_that_holds_is_named(figures: FleetFigures, name: str, words: str) -> None:
    """With the figures that show it, and what helps."""
    found = bound(figures)
    assert found is not None
    assert found.name == name
    assert words in found.words
    assert "in flight" in found.words


def test_littles_law_is_shown() -> None:
    """50 a second times 2 s are the 100 of the window."""
    found = bound(fleet())
    assert found is not None
    assert "50.0 devices/s x 2.00 s latency = 100 of 100 in flight" in found.words


def test_a_run_without_devices_has_no_bound() -> None:
    """Nothing to say is said."""
    assert bound(fleet(devices=0)) is None
    assert bound(fleet(wall_s=0.0)) is None


def test_the_classic_question_by_size_of_the_fleet() -> None:
    """500 devices at 10 a second, 600 at 10.9: the pace is 19.8 a second, and half of the run is
    there whatever the number, so the bottleneck is the start and the tail."""
    found = scaling([(500, 500 / 10), (600, 600 / 10.9)])
    assert found is not None
    assert 1 / found.each == pytest.approx(19.8, abs=0.1)
    assert found.fixed == pytest.approx(24.8, abs=0.1)
    assert "start and end" in found.words


def test_the_classic_question_by_size_of_the_window() -> None:
    """500 in flight at 10 a second, 600 at 10.9: by Little's law 50 s each and then 55 s, so more
    than half of the added workers only wait for something that is nearly used up."""
    words = wider_window((500, 600), (10.0, 10.9))
    assert "50.0 s each" in words
    assert "55.0 s" in words
    assert "of 20% more workers came 9% more devices/s" in words
    assert "close to the bound" in words


@pytest.mark.parametrize(
    ("rates", "words"),
    [((10.0, 20.0), "the workers are the bound"), ((10.0, 10.1), "All of it went into waiting")],
)
def test_a_wider_window_that_helps_or_does_not(rates: tuple[float, float], words: str) -> None:
    """Twice the workers."""
    assert words in wider_window((100, 200), rates)


def test_an_odd_run_does_not_move_the_slope() -> None:
    """One night of three times the time among nine."""
    points = [(devices, 5 + 0.01 * devices) for devices in range(200, 1000, 100)]
    found = scaling([*points, (450, 30.0)])
    assert found is not None
    assert found.each == pytest.approx(0.01, rel=0.2)
    assert "the pace is what counts" not in found.words or found.fixed < 6


def test_runs_of_one_size_tell_no_slope() -> None:
    """Nor do bigger fleets that were faster."""
    assert scaling([(500, 50.0), (505, 51.0)]) is None
    assert scaling([(500, 50.0), (1000, 40.0)]) is None
    assert scaling([]) is None
