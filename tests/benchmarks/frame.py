"""The frame of every benchmark: cases measured by turns, one JSON row a run, one shape for all."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

from ansible_collections.prime import netops

from tests.benchmarks.tree import MEGABYTE, Measured, cpu_seconds, measure, memory

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))
COLLECTIONS = Path(netops.__path__[0]).parents[2]
"""Where programs started here find this checkout, and no installed copy."""


class BenchmarkError(RuntimeError):
    """A run that did not do what it was to do; figures of such a run would mean nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did with its items."""

    ok: int
    failed: int


@dataclass(frozen=True, slots=True)
class Case:
    """One contestant. `case` says what is done and `who` does it, `n` items a run.

    `prepare` makes the ground even before a run. `check` reads the results after it from the
    run's output, and raises `BenchmarkError` where they are wrong. Neither is measured.
    `traffic` counts the bytes that have been transferred up to now. `rounds` is for a contestant
    that takes so long that more would tell nothing; 0 is as many as were asked for.
    """

    case: str
    who: str
    n: int
    command: Sequence[str | Path]
    environment: Mapping[str, str]
    directory: Path
    prepare: Callable[[], None]
    check: Callable[[str], Outcome]
    traffic: Callable[[], int] | None = None
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Bench:
    """A benchmark that is ready to run. `servers` is what the cases talk to, name -> process;
    `warm_up` is run once, unmeasured."""

    cases: Sequence[Case]
    versions: Mapping[str, str]
    servers: Mapping[str, int] = field(default_factory=dict)
    warm_up: Callable[[], object] = lambda: None
    conclude: Callable[[Sequence[Mapping[str, Any]]], str] | None = None
    """What else is to be said about the rows."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a person asked for. `only` names contestants, and `cases` what they do; empty means
    all of them."""

    rounds: int
    devices: int
    only: frozenset[str]
    cases: frozenset[str] = frozenset()

    def want(self, case: Case) -> bool:
        """Whether a case was asked for."""
        return (not self.only or case.who in self.only) and (
            not self.cases or case.case in self.cases
        )


Benchmark = Callable[[Options, Path], AbstractContextManager[Bench]]
"""Takes the options and an empty directory to work in."""


@dataclass(frozen=True, slots=True)
class Row:
    """One run of one contestant, or what a server spent on it; MB are 1,000,000 bytes."""

    case: str
    who: str
    round: int
    n: int
    wall_s: float
    per_s: float
    cpu_ms_per_item: float
    peak_rss_mb: float
    peak_pss_mb: float
    ok: int
    failed: int
    bytes: int | None = None
    """What was transferred, where that was counted; else the file has no such key."""

    @classmethod
    def of(cls, case: str, who: str, turn: int, n: int, run: Measured, outcome: Outcome) -> Row:
        """The row of a run of `n` items."""
        return cls(
            case=case,
            who=who,
            round=turn,
            n=n,
            wall_s=round(run.wall_s, 3),
            per_s=round(n / run.wall_s, 3),
            cpu_ms_per_item=round(1000 * run.cpu_s / n, 3),
            peak_rss_mb=round(run.peak_rss_mb, 1),
            peak_pss_mb=round(run.peak_pss_mb, 1),
            ok=outcome.ok,
            failed=outcome.failed,
        )

    def content(self) -> dict[str, Any]:
        """The row in the file."""
        return {key: value for key, value in asdict(self).items() if value is not None}


def run(bench: Bench, options: Options, path: Path, say: Callable[[str], None]) -> None:
    """Measure all cases of a benchmark, round by round, into a JSON file; logs lie beside it.

    The file is written anew after every run, so that an hour's work does not hang on its last
    minute. Raises BenchmarkError at the first run with a failure.
    """
    rows: list[Row] = []
    own = {"prime.netops": revision(), "python": platform.python_version()}
    document = {"machine": machine(), "versions": {**own, **bench.versions}}
    cases = [case for case in bench.cases if options.want(case)]
    if not cases:
        raise BenchmarkError(
            f"{path.stem}: none of {', '.join(sorted(options.only | options.cases))} takes part; "
            f"these do: {', '.join(sorted({case.who for case in bench.cases}))}"
        )
    say(f"{path.stem}: warming up")
    bench.warm_up()
    for turn, case in _turns(cases, options.rounds):
        log = path.parent / f"{case.case}-{case.who.replace(':', '-')}.log"
        new = _run(case, turn, log, bench.servers)
        rows += new
        content = {**document, "rows": [row.content() for row in rows]}
        path.write_text(json.dumps(content, indent=1) + "\n")
        say(f"round {turn}: {_words(new[0])}")


def _turns(cases: Sequence[Case], rounds: int) -> Iterator[tuple[int, Case]]:
    """Every case once a round; each round begins with another, so none is always the first."""
    for turn in range(1, rounds + 1):
        first = (turn - 1) % len(cases)
        for case in (*cases[first:], *cases[:first]):
            if turn <= (case.rounds or rounds):
                yield turn, case


def _run(case: Case, turn: int, log: Path, servers: Mapping[str, int]) -> list[Row]:
    """One run: the contestant's row, then one for each server."""
    case.prepare()
    before = {name: cpu_seconds(pid) for name, pid in servers.items()}
    transferred = case.traffic() if case.traffic else 0
    measured = measure(case.command, log, case.environment, case.directory)
    after = {name: cpu_seconds(pid) for name, pid in servers.items()}
    outcome = _judge(case, measured, log)
    row = Row.of(case.case, case.who, turn, case.n, measured, outcome)
    rows = [replace(row, bytes=case.traffic() - transferred) if case.traffic else row]
    for name, pid in servers.items():
        held = memory([pid])
        share = Measured(0, measured.wall_s, after[name] - before[name], held.rss, held.pss)
        rows.append(Row.of(f"{case.case} for {case.who}", name, turn, case.n, share, outcome))
    return rows


def _judge(case: Case, measured: Measured, log: Path) -> Outcome:
    """The outcome of a run in which everything went well; BenchmarkError for any other."""
    output = log.read_text(errors="replace")
    try:
        if measured.code:
            raise BenchmarkError(f"exit code {measured.code}")
        outcome = case.check(output)
        if outcome != Outcome(case.n, 0):
            raise BenchmarkError(f"{outcome} instead of {case.n} that are ok")
    except BenchmarkError as error:
        tail = "\n".join(output.splitlines()[-15:])
        raise BenchmarkError(f"{case.who}: {error}; the end of {log}:\n{tail}") from error
    return outcome


def _words(row: Row) -> str:
    return (
        f"{row.case} {row.who}: {row.n} in {row.wall_s:.1f} s, {row.per_s:.1f}/s, "
        f"{row.cpu_ms_per_item:.1f} ms CPU each, {row.peak_pss_mb:.0f} MB"
    )


def machine() -> dict[str, Any]:
    """What the figures were taken on; `load` is that of the last 1, 5 and 15 minutes before."""
    facts = dict(
        line.split(":", 1) for line in Path("/proc/cpuinfo").read_text().splitlines() if ":" in line
    )
    model = next((facts[key] for key in facts if key.strip() == "model name"), platform.machine())
    return {
        "cpu": model.strip(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / MEGABYTE),
        "kernel": platform.release(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def run_unmeasured(case: Case) -> str:
    """Run a contestant and return what it printed; BenchmarkError when it fails."""
    run = subprocess.run(
        [str(word) for word in case.command],
        env=dict(case.environment),
        cwd=case.directory,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        raise BenchmarkError(f"{case.who} failed while warming up:\n{run.stdout[-2000:]}")
    return run.stdout


def bench_environment() -> Path:
    """The environment that tests/requirements/bench.txt makes."""
    given = os.environ.get("BENCH", "")
    if not (Path(given) / "bin/ansible-playbook").exists():
        raise BenchmarkError(
            f"BENCH={given} is no environment made from tests/requirements/bench.txt; "
            "`make bench` makes one and names it. Without rivals none is needed: --only ours"
        )
    return Path(given)


def versions(names: Iterable[str], site_packages: Path) -> dict[str, str]:
    """The versions of these distributions in an environment, which need not be this one."""
    places = [str(site_packages)]
    installed = {dist.name.lower(): dist.version for dist in distributions(path=places)}
    return {name: installed[name] for name in names if name in installed}


def collections(site_packages: Path, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The versions of Ansible collections in an environment."""
    for name in names:
        manifest = site_packages / "ansible_collections" / name.replace(".", "/") / "MANIFEST.json"
        yield name, json.loads(manifest.read_text())["collection_info"]["version"]


def revision() -> str:
    """The checkout's commit, with a plus sign when files differ from it."""
    git = ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+"]
    described = subprocess.run(git, capture_output=True, text=True, check=False)
    return described.stdout.strip() or "unknown"
