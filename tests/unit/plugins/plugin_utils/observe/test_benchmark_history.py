"""The file of the history: appended whole, bounded, and read whatever stands in it."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark import (
    Latency,
    RunRecord,
    size_class,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_history import (
    History,
    HistoryError,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_page import page
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_verdict import Limits
from hypothesis import given, settings
from hypothesis import strategies as st

from .histories import noisy, run


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a directory that is not there yet."""
    return tmp_path / "state" / "benchmark.jsonl"


def test_a_record_comes_back_as_it_was(path: Path) -> None:
    """With its tasks, fleets and latencies; the file is its owner's alone."""
    records = list(noisy(1, runs=3))
    for record in records:
        History(path).append(record)
    assert History(path).read() == records
    assert path.stat().st_mode & 0o777 == 0o600


def test_there_need_be_no_file(path: Path) -> None:
    """A first run has no history."""
    assert History(path).read() == []


def test_garbage_is_passed_over_and_counted(path: Path) -> None:
    """Half a line of a run that was killed, other people's lines, another version's."""
    record = next(noisy(1))
    history = History(path)
    history.append(record)
    good = path.read_bytes()
    other = json.dumps({**record.to_native(), "schema": 99}).encode()
    nested = b"[" * 100_000
    path.write_bytes(b"\n\x00\xff\n[]\n{}\n" + nested + b"\n" + other + b"\n" + good + good[:40])
    assert history.read() == [record]
    assert history.garbage == 6
    history.append(record)
    assert len(history.read()) == 2


def _append(path: Path, number: int) -> None:
    for night in range(25):
        History(path).append(run(night, 1000 + number, 1.0, 1.0, random.Random(1)))


def test_runs_that_end_at_the_same_time_each_leave_a_whole_line(path: Path) -> None:
    """Six processes, 150 records."""
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=_append, args=(path, number)) for number in range(6)]
    for one in processes:
        one.start()
    for one in processes:
        one.join(60)
        assert one.exitcode == 0
    history = History(path)
    assert len(history.read()) == 150
    assert history.garbage == 0


def test_the_file_is_bounded_and_keeps_the_newest(path: Path) -> None:
    """It is cut to half of its room; garbage goes first."""
    history = History(path, max_bytes=20_000, keep=1000)
    path.parent.mkdir()
    path.write_bytes(b"garbage\n" * 100)
    for record in noisy(1, runs=60):
        history.append(record)
        assert path.stat().st_size <= 21_000
    records = history.read()
    assert history.garbage == 0
    assert records == list(noisy(1, runs=60))[-len(records) :]
    assert len(records) > 5


@pytest.mark.skipif(os.geteuid() != 0 and not Path("/dev/full").exists(), reason="Linux only")
def test_a_history_that_cannot_be_written_says_what_to_do(tmp_path: Path) -> None:
    """Its directory is a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="Make it writable, or name another file"):
        History(tmp_path / "file" / "h.jsonl").append(next(noisy(1)))


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["schema", "playbook", "started", "wall_s", "hosts", "tasks"])
                | st.text(max_size=3),
                inner,
                max_size=8,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_record_or_is_refused(value: object) -> None:
    """Never another exception, at which the history would be lost."""
    try:
        record = RunRecord.from_native(value)
    except ValueError:
        return
    assert record.likeness


@pytest.mark.parametrize(
    ("hosts", "expected"), [(0, 1), (1, 1), (2, 2), (3, 4), (64, 64), (65, 128), (1000, 1024)]
)
def test_sizes_are_classed_by_powers_of_two(hosts: int, expected: int) -> None:
    """65 to 128 are one class."""
    assert size_class(hosts) == expected


def test_percentiles_are_those_of_everybody_else() -> None:
    """Interpolated between ranks; nothing of nothing."""
    latency = Latency.of([4.0, 1.0, 3.0, 2.0])
    assert (latency.p50, latency.most, latency.mean) == (2.5, 4.0, 2.5)
    assert latency.p90 == pytest.approx(3.7)
    assert Latency.of([]) == Latency()
    assert Latency.of([7.0]).p99 == 7.0


def test_the_page_shows_every_group_and_escapes_every_name() -> None:
    """A playbook with a name that would be HTML; one run, many runs, none."""
    hostile = "<script>alert(1)</script>.yml"
    records = [*noisy(1), replace(next(noisy(2)), playbook=hostile, started=2e9)]
    text = page(records, Limits())
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert text.count("<svg") == 12
    assert text.count("<circle") == 36 * 6 + 6
    assert "http" not in text.replace("http-equiv", "")
    assert "No run has been measured yet" in page([], Limits())
