"""Runs benchmarks, writes build/bench/NAME.json and prints their tables: `make bench`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys

from tests.benchmarks import frame, summary
from tests.benchmarks.backup import backup
from tests.benchmarks.compliance import compliance
from tests.benchmarks.frame import ROOT, Benchmark, BenchmarkError, Options
from tests.benchmarks.netbox import netbox

OUTPUT = ROOT / "build/bench"
BENCHMARKS: dict[str, Benchmark] = {"backup": backup, "compliance": compliance, "netbox": netbox}
DEVICES = {"netbox": 10_000}
"""Where another number than 1,000 is usual."""


def main() -> int:
    """Run what was asked for; 1 when a run went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all by default")
    add("--rounds", type=int, default=3, help="how often each contestant runs (default: 3)")
    add("--devices", type=int, help="size of the fleet (default: 1000; netbox: 10000)")
    add("--only", default="", metavar="WHO,WHO", help="these contestants: ours,nornir, say")
    add("--cases", default="", metavar="CASE,CASE", help="only these: list,host, say")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(BENCHMARKS):
        parser.error(f"no benchmark {', '.join(unknown)}; there are: {', '.join(BENCHMARKS)}")
    only, cases = (frozenset(filter(None, words.split(","))) for words in (asked.only, asked.cases))
    try:
        for name in asked.names or BENCHMARKS:
            devices = asked.devices or DEVICES.get(name, 1000)
            _run(name, Options(asked.rounds, devices, only, cases))
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
    print()
    summary.main(path)
    if bench.conclude:
        print(f"\n{bench.conclude(json.loads(path.read_text())['rows'])}")
    shutil.rmtree(work)
    print(f"\nEvery run: {path}")


if __name__ == "__main__":
    sys.exit(main())
