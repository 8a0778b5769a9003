"""The benchmarks measure what they say, check what they measured, and compare like with like."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.benchmarks import frame, netbox, summary
from tests.benchmarks.backup import Estate, fingerprint, nornir, ours
from tests.benchmarks.frame import Bench, BenchmarkError, Case, Options, Outcome, Row
from tests.benchmarks.tree import Measured, measure
from tests.lab.fleet import fleet
from tests.lab.fleet.configs import make_config

ROOT = Path(__file__).parents[2]
TWO_ROUNDS = Options(rounds=2, devices=3, only=frozenset())

HOLD_AND_LEAVE = """
import os, time
held = bytes(100_000_000).replace(b"\\0", b"x")
def work(seconds):
    while time.process_time() < seconds:
        pass
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:  # nobody in the tree will wait for this one
        work(0.5)
    os._exit(0)
print("started")
work(0.5)
"""


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    """Three simulated devices."""
    work = tmp_path_factory.mktemp("bench")
    with fleet(3, state=work / "lab", profile="bench") as lab:
        served = {d.name: make_config(d).render().decode() for d in lab.plan.devices}
        yield Estate(lab, work, served)


def echo(tmp_path: Path, who: str, *words: str, ok: int = 4) -> Case:
    """A contestant that says something, and of whose items so many go well."""
    return Case(
        case="talk",
        who=who,
        n=4,
        command=["echo", *words],
        environment={},
        directory=tmp_path,
        prepare=lambda: None,
        check=lambda output: Outcome(ok, 4 - ok),
    )


def row(case: str, who: str, turn: int, per_s: float) -> summary.Row:
    """A row of a file."""
    run = Measured(0, 100 / per_s, 0.5, 120.0, 80.0)
    return asdict(Row.of(case, who, turn, 100, run, Outcome(100, 0)))


SAMPLE = [
    row("backup", "ours", 1, 80),
    row("backup for ours", "simulator", 1, 80),
    row("backup", "nornir", 1, 100),
    row("backup", "ours", 2, 30),
    row("backup", "nornir", 2, 40),
    row("backup", "ours", 3, 90),
    row("backup", "nornir", 3, 90),
    row("backup", "network_cli", 3, 1.25),
    row("backup_unchanged", "ours", 3, 99),
]


def test_the_summary_shows_medians_and_ratios_within_a_round() -> None:
    """A slow round slows both, so ratios are taken within it; servers have none."""
    head, *lines = (line.split() for line in summary.table(SAMPLE).splitlines())
    assert head[-4:] == ["x", "nornir", "x", "network_cli"]
    assert lines[0][:6] == ["backup", "ours", "100", "3", "80", "30"]
    assert lines[0][-2:] == ["0.80", "72.00"]
    assert lines[1][-2:] == ["100", "0"]
    assert [line[-1] for line in lines if line[0] == "backup_unchanged"] == ["79.20"]


def test_the_summary_is_a_program_of_its_own(tmp_path: Path) -> None:
    """`summary.py FILE` runs on any Python, without this project's environment."""
    file = tmp_path / "backup.json"
    document = {"machine": frame.machine(), "versions": {"python": "3.13"}, "rows": SAMPLE}
    file.write_text(json.dumps(document))
    program = ROOT / "tests/benchmarks/summary.py"
    command = [sys.executable, "-I", program, file]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert shown.startswith("backup: ")
    assert summary.table(SAMPLE) in shown


def test_a_measurement_counts_what_left_the_tree(tmp_path: Path) -> None:
    """CPU of a daemon that nobody waited for counts, and so does the memory of all processes."""
    log = tmp_path / "log"
    command = [sys.executable, "-c", HOLD_AND_LEAVE]
    measured = measure(command, log, dict(os.environ), tmp_path)
    assert measured.code == 0
    assert log.read_text() == "started\n"
    assert measured.cpu_s >= 1.0
    assert measured.peak_rss_mb >= measured.peak_pss_mb >= 100


def test_a_measurement_ends_what_does_not_end(tmp_path: Path) -> None:
    """A command that hangs is killed, with its children, when its time is over."""
    command = ["sh", "-c", "sleep 600 & sleep 600"]
    measured = measure(command, tmp_path / "log", dict(os.environ), tmp_path, seconds=0.2)
    assert measured.code != 0
    assert measured.wall_s < 60


def test_the_script_and_the_collection_get_the_same_texts(estate: Estate, tmp_path: Path) -> None:
    """The rival does the work, and the frame leaves a file of the shape that all benchmarks have.
    Each round begins with another contestant."""
    texts = tmp_path / "texts"
    texts.mkdir()
    cases = [ours(estate, "none"), nornir(estate, texts)]
    file = tmp_path / "small.json"
    said: list[str] = []
    bench = Bench(cases, {"nornir": "3"}, servers={"simulator": estate.lab.pid})
    frame.run(bench, TWO_ROUNDS, file, said.append)

    saved = {path.name: fingerprint(path.read_text()) for path in texts.iterdir()}
    assert saved == {name: fingerprint(text) for name, text in estate.served.items()}
    document = json.loads(file.read_text())
    assert set(document) == {"machine", "versions", "rows"}
    runs = [(r["round"], r["who"]) for r in document["rows"] if r["who"] != "simulator"]
    assert runs == [(1, "ours:none"), (1, "nornir"), (2, "nornir"), (2, "ours:none")]
    assert len(document["rows"]) == 8
    for one in document["rows"]:
        assert (one["n"], one["ok"], one["failed"]) == (3, 3, 0)
        assert one["per_s"] == pytest.approx(3 / one["wall_s"], rel=0.01)
        assert one["peak_rss_mb"] >= one["peak_pss_mb"] > 0


def test_a_wrong_text_is_an_error(estate: Estate) -> None:
    """Figures of a run that fetched something else would mean nothing."""
    name, text = next(iter(estate.served.items()))
    estate.verify({name: text.replace("\r", "")})
    with pytest.raises(BenchmarkError, match=f"other texts than the devices served: {name}"):
        estate.verify({name: text.replace("hostname", "hostnam", 1)})


def test_a_failure_is_an_error_and_keeps_what_was_measured(tmp_path: Path) -> None:
    """The message names the contestant and shows the end of its output."""
    file = tmp_path / "talk.json"
    bench = Bench([echo(tmp_path, "ours"), echo(tmp_path, "rival", "no", "luck", ok=3)], {})
    with pytest.raises(BenchmarkError, match=r"(?s)rival: .*ok=3, failed=1.*no luck"):
        frame.run(bench, TWO_ROUNDS, file, lambda line: None)
    assert [one["who"] for one in json.loads(file.read_text())["rows"]] == ["ours"]


def test_an_exit_code_is_a_failure(tmp_path: Path) -> None:
    """Whatever the results look like."""
    case = replace(echo(tmp_path, "ours"), command=["false"])
    with pytest.raises(BenchmarkError, match="ours: exit code 1"):
        frame.run(Bench([case], {}), TWO_ROUNDS, tmp_path / "talk.json", lambda line: None)


def test_only_the_chosen_run(tmp_path: Path) -> None:
    """A name that nobody has is an error that tells the names there are."""
    bench = Bench([echo(tmp_path, "ours"), echo(tmp_path, "rival")], {})
    file = tmp_path / "talk.json"
    frame.run(bench, replace(TWO_ROUNDS, only=frozenset({"rival"})), file, lambda line: None)
    assert {one["who"] for one in json.loads(file.read_text())["rows"]} == {"rival"}
    with pytest.raises(BenchmarkError, match="none of theirs takes part; these do: ours, rival"):
        frame.run(bench, replace(TWO_ROUNDS, only=frozenset({"theirs"})), file, lambda line: None)


def test_bytes_are_a_runs_own_and_a_slow_contestant_runs_less_often(tmp_path: Path) -> None:
    """What was transferred before a run is none of its bytes; a row without a count has no key."""
    transferred = iter([1000, 1500, 1500, 1800, 2000])
    counted = replace(echo(tmp_path, "ours"), traffic=lambda: next(transferred))
    rare = replace(echo(tmp_path, "rival"), rounds=1)
    file = tmp_path / "talk.json"
    frame.run(Bench([counted, rare], {}), TWO_ROUNDS, file, lambda line: None)
    rows = json.loads(file.read_text())["rows"]
    assert [(r["who"], r["round"], r.get("bytes")) for r in rows] == [
        ("ours", 1, 500),
        ("rival", 1, None),
        ("ours", 2, 300),
    ]
    assert "bytes" not in rows[1]
    million = [{**one, "bytes": one.get("bytes", 0) * 1000} for one in rows]
    head, first, *_others = summary.table(million).splitlines()
    assert "mb_transferred" in head.split()
    assert "0.4" in first.split()


def test_what_ansible_costs_is_taken_off_both() -> None:
    """Eleven seconds and three, of which one is Ansible's: five times, and not 3.7 times. A case
    without all of them has no ratio."""
    runs = [("nb_inventory", 11.0), ("ours", 3.0), ("ours:compat", 6.0), ("floor", 1.0)]
    rows = [row("list", who, turn, 100 / s) for turn in (1, 2) for who, s in runs]
    _head, first, second, *others = netbox.conclude(rows).splitlines()
    assert first.split()[:3] == ["list", "ours", "5.0"]
    assert second.split()[:3] == ["list", "ours:compat", "2.0"]
    assert all(line.split()[2] == "nan" for line in others)
