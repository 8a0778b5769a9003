"""The compliance benchmark compares like with like: other verdicts are an error, not a figure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.benchmarks import frame
from tests.benchmarks.compliance import compliance
from tests.benchmarks.frame import BenchmarkError, Options

TWO = Options(rounds=1, devices=2, only=frozenset())


def test_all_contestants_come_to_the_same_verdicts(tmp_path: Path) -> None:
    """A row for each, and ten times the texts for one; the job as people run it, for ten times the
    devices too, beside what Ansible itself takes; and its page is drawn."""
    said: list[str] = []
    with compliance(TWO, tmp_path) as bench:
        frame.run(bench, TWO, tmp_path / "compliance.json", said.append)
        rows = json.loads((tmp_path / "compliance.json").read_text())["rows"]
        assert bench.conclude is not None
        assert bench.conclude(rows).startswith("Page of 20 devices: ")
    assert [line.split(":")[1].strip() for line in said[1:]] == [
        "judge ours",
        "judge netutils",
        "judge hier_config",
        "judge_many ours",
        "job ours",
        "job_floor ansible",
        "job_many ours",
        "job_many_floor ansible",
    ]


def test_a_contestant_with_other_verdicts_ends_the_benchmark(tmp_path: Path) -> None:
    """What it was to judge has changed between two runs."""
    with compliance(TWO, tmp_path) as bench:
        ours, theirs, *_more = bench.cases
        ours.check('{"texts": 2, "states": {"pass": 3}, "digest": "a"}')
        with pytest.raises(BenchmarkError, match="other verdicts"):
            theirs.check('{"texts": 2, "states": {"pass": 4}, "digest": "b"}')
        with pytest.raises(BenchmarkError, match="2 rules broke"):
            theirs.check('{"texts": 2, "states": {"error": 2}, "digest": "a"}')
