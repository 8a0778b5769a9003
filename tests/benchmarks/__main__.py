"""Runs benchmarks, writes build/bench/NAME.json and prints their tables: `make bench`."""

from __future__ import annotations

import argparse
import shutil
import sys

from tests.benchmarks import frame, summary
from tests.benchmarks.backup import backup
from tests.benchmarks.compliance import compliance
from tests.benchmarks.frame import ROOT, Benchmark, BenchmarkError, Options

OUTPUT = ROOT / "build/bench"
BENCHMARKS: dict[str, Benchmark] = {"backup": backup, "compliance": compliance}


def main() -> int:
    """Run what was asked for; 1 when a run went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    add("--rounds", type=int, default=3, help="how often each contestant runs (default: 3)")
    add("--devices", type=int, default=1000, help="size of the fleet (default: 1000)")
    add("--only", default="", metavar="WHO,WHO", help="these contestants: ours,nornir, say")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    options = Options(asked.rounds, asked.devices, frozenset(filter(None, asked.only.split(","))))
    try:
        for name in asked.names or BENCHMARKS:
            _run(name, options)
    except BenchmarkError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _run(name: str, options: Options) -> None:
    """One benchmark in a directory of its own, which goes when all went well."""
    path, work = OUTPUT / f"{name}.json", OUTPUT / f"{name}.work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    with BENCHMARKS[name](options, work) as bench:
        frame.run(bench, options, path, lambda line: print(line, flush=True))
    shutil.rmtree(work)
    print()
    summary.main(path)
    print(f"\nEvery run: {path}")


if __name__ == "__main__":
    sys.exit(main())
