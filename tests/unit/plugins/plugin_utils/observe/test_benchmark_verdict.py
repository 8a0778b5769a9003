"""Verdicts: what was made slower is found, what is noise is not, and the cause is the right one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark import (
    RunRecord,
    TaskFigures,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_table import report
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_verdict import (
    Limits,
    cause,
    judge,
    noise,
    verdict_of,
)

from .histories import noisy, slowed

HISTORIES = 200


def verdict(records: list[RunRecord], limits: Limits = Limits()) -> str:  # noqa: B008 - frozen
    """The verdict on the last run of a history."""
    return verdict_of(judge(records[-1], records[:-1], limits))


def test_noise_alone_is_flagged_in_at_most_two_of_a_hundred_histories() -> None:
    """Two hundred histories in which the code never changed, with drift and bad nights."""
    flagged = sum(verdict(list(noisy(seed))) == "regression" for seed in range(HISTORIES))
    assert flagged <= 0.02 * HISTORIES


def test_a_slow_down_of_20_percent_is_flagged_within_a_week() -> None:
    """Six slow nights at the end of each of these histories; some night of them says so."""
    found = 0
    for seed in range(HISTORIES):
        records = slowed(list(noisy(seed)), 6, 1.2, cpu=1.2)
        found += any(verdict(records[: len(records) - rest]) == "regression" for rest in range(5))
    assert found >= 0.98 * HISTORIES


@pytest.mark.parametrize("seed", range(5))
def test_a_slow_down_of_20_percent_is_named_twice_and_then_confirmed(seed: int) -> None:
    """On a quiet machine: slower the first night, a regression the second."""
    records = slowed(_quiet(seed), 2, 1.2, cpu=1.2)
    assert verdict(records[:-1]) == "slower"
    assert verdict(records) == "regression"


def test_one_bad_night_is_no_regression() -> None:
    """However bad it was, the night after is judged by itself."""
    records = slowed(_quiet(1), 1, 3.0)
    assert verdict(records) == "slower"
    assert verdict([*records, replace(records[-2], started=records[-1].started + 1)]) == "ok"


def test_with_confirm_1_a_single_night_is_enough() -> None:
    """For who wants it so."""
    assert verdict(slowed(_quiet(1), 1, 1.5), Limits(confirm=1)) == "regression"


def test_less_than_the_percentage_is_none_even_where_there_is_no_noise() -> None:
    """Nobody cares for five per cent."""
    assert verdict(slowed(_quiet(2), 3, 1.05)) == "ok"


def test_a_short_run_is_none_whatever_its_percentage() -> None:
    """0.05 seconds more are none, though they are 50 per cent."""
    tiny = [
        RunRecord(playbook="a.yml", started=float(night), wall_s=0.1, hosts=1) for night in range(9)
    ]
    tiny[-2:] = [replace(record, wall_s=0.15) for record in tiny[-2:]]
    assert verdict(tiny) == "ok"


def test_a_noisy_history_needs_more() -> None:
    """Where nights differ by a third, 25 per cent say nothing."""
    factors = [1.0, 1.4, 0.8, 1.3, 0.7, 1.2, 0.9, 1.5, 0.75, 1.1]
    nights = list(zip(_quiet(3)[:10], factors, strict=True))
    wild = [replace(record, wall_s=record.wall_s * by, fleets=()) for record, by in nights]
    last = replace(wild[-1], wall_s=_quiet(3)[0].wall_s * 1.25, started=wild[-1].started + 1)
    assert verdict([*wild, last, replace(last, started=last.started + 1)]) == "ok"


def test_faster_is_told_and_is_no_harm() -> None:
    """A change that helped."""
    assert verdict(slowed(_quiet(4), 1, 0.6)) == "faster"


def test_too_little_history_is_no_verdict() -> None:
    """Five runs are wanted, of the same playbook, tags and size."""
    records = _quiet(1)
    assert verdict(records[:5]) == "new"
    assert (
        verdict([replace(record, tags=("x",)) for record in records[:-1]] + records[-1:]) == "new"
    )
    assert verdict([replace(record, hosts=50) for record in records[:-1]] + records[-1:]) == "new"
    assert verdict([replace(one, playbook="b.yml") for one in records[:-1]] + records[-1:]) == "new"


@pytest.mark.parametrize(
    ("cpu", "words"), [(1.0, "the devices or the network are slower"), (1.3, "our own code")]
)
def test_a_slower_network_is_told_from_slower_code(cpu: float, words: str) -> None:
    """By the CPU that a device costs us, which a slow line does not change."""
    records = slowed(_quiet(5), 2, 1.3, cpu=cpu)
    judgements = judge(records[-1], records[:-1], Limits())
    assert words in cause(records[-1].fleets[0], judgements)


def test_a_slower_window_is_neither() -> None:
    """The run took longer, the devices did not, nor did we compute more."""
    records = _quiet(6)
    for place in (-2, -1):
        fleet = replace(records[place].fleets[0], wall_s=records[place].fleets[0].wall_s * 1.5)
        records[place] = replace(records[place], fleets=(fleet,))
    text = cause(records[-1].fleets[0], judge(records[-1], records[:-1], Limits()))
    assert text.startswith("neither the devices nor the code")


def test_outliers_do_not_move_the_median_nor_the_noise() -> None:
    """A quarter of the nights at ten times the time."""
    median, sigma = noise([1.0, 1.02, 0.98, 1.01, 0.99, 1.0, 10.0, 10.0])
    assert median == pytest.approx(1.005, abs=0.01)
    assert sigma < 0.06


def test_the_table_says_all_of_it() -> None:
    """Figures, verdict, cause and bound, for a person who reads a job's log."""
    records = slowed(_quiet(7), 2, 1.3)
    task = TaskFigures(name="gather", action="ansible.builtin.setup", wall_s=3.0, hosts=9)
    text = "\n".join(report(replace(records[-1], tasks=(task,)), records[:-1], Limits()))
    assert "gather" in text
    assert "devices, " in text
    assert "a second with 100 workers" in text
    assert "verdict: REGRESSION" in text
    assert "the devices or the network are slower, not the code" in text
    assert "in flight" in text


def _quiet(seed: int) -> list[RunRecord]:
    """A history with hardly any noise: the nights without drift and mishaps."""
    first = next(noisy(seed))
    return [
        replace(
            first,
            started=first.started + night,
            wall_s=first.wall_s * (1 + 0.004 * ((night * 7 + seed) % 5 - 2)),
        )
        for night in range(20)
    ]


def test_a_machine_that_others_use_is_told() -> None:
    """A verdict on such a run is to be read with that in mind."""
    records = _quiet(8)
    alone, busy = (
        "\n".join(report(replace(records[-1], load=load), records[:-1], Limits()))
        for load in (0.9, 4.0)
    )
    assert "others worked on it too" in busy
    assert "others worked on it too" not in alone
