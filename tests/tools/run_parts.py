"""Runs the parts of `make test` side by side and says how each went and how long it took.

    run_parts.py STAGE...       a STAGE is a comma-separated list of make targets

A stage starts when the one before it is through; within a stage as many parts run at once as the
machine has cores. Each part is a make target, so whatever fails here is run again by `make PART`.
What a part says is kept in build/test/PART.log and shown when it fails.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

LOGS = Path("build/test")
SHOWN_OF_A_FAILURE = 120  # lines
PYTEST_SUMMARY = re.compile(
    r"^=+ (.*\d+ (?:passed|failed|error|skipped).*) in [\d.:]+s.* =+$", re.M
)
SKIPPED = re.compile(r"^SKIPPED.*$", re.M)


@dataclass(frozen=True, slots=True)
class Result:
    """How one part went: seconds of wall time, and its tests (itself where it has none)."""

    name: str
    passed: bool
    seconds: float
    tests: Counter[str]
    skips: tuple[str, ...]

    def row(self) -> str:
        """The part's line in the table."""
        tests = ", ".join(f"{count} {word}" for word, count in sorted(self.tests.items()))
        return (
            f"{self.name:<14} {'ok' if self.passed else 'FAILED':<7} {self.seconds:7.1f} s  {tests}"
        )


def count_tests(output: str, passed: bool) -> Counter[str]:
    """What pytest's closing lines add up to; a part without pytest is one test."""
    tests: Counter[str] = Counter()
    for summary in PYTEST_SUMMARY.findall(output):
        for count, word in re.findall(r"(\d+) (passed|failed|error|skipped)", summary):
            tests["failed" if word == "error" else word] += int(count)
    if not tests or (not passed and not tests["failed"]):
        tests["passed" if passed else "failed"] += 1
    return tests


def run_part(name: str) -> Result:
    """Run one make target to its end and tell at once how it went."""
    log = LOGS / f"{name}.log"
    started = time.monotonic()
    with log.open("wb") as file:
        code = subprocess.run(
            ["make", "--no-print-directory", name],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    output = log.read_text(encoding="utf-8", errors="replace")
    result = Result(
        name,
        code == 0,
        time.monotonic() - started,
        count_tests(output, code == 0),
        tuple(dict.fromkeys(SKIPPED.findall(output))),
    )
    print(result.row(), flush=True)
    return result


def run_stages(stages: Iterable[list[str]]) -> list[Result]:
    """Run the stages in order; a failed one keeps the later ones from starting."""
    results: list[Result] = []
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for stage in stages:
            results += pool.map(run_part, stage)
            if not all(result.passed for result in results):
                break
    return results


def report(results: list[Result], seconds: float) -> int:
    """Print what failed, what was skipped and the table; the exit code."""
    failed = [result for result in results if not result.passed]
    for result in failed:
        log = LOGS / f"{result.name}.log"
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-SHOWN_OF_A_FAILURE:]
        print(f"\n----- {result.name}: the end of {log}", *tail, sep="\n")
    print(f"\n{'part':<14} {'':<7} {'time':>9}")
    for result in sorted(results, key=lambda result: -result.seconds):
        print(result.row())
    print(f"{'all':<14} {'FAILED' if failed else 'ok':<7} {seconds:7.1f} s")
    for result in results:
        for skip in result.skips:
            print(f"{result.name}: {skip}")
    tests = sum((result.tests for result in results), Counter())
    print(f"\n{tests['passed']} passed, {tests['failed']} failed, {tests['skipped']} skipped")
    return 1 if failed else 0


def main(*stages: str) -> int:
    """Run all stages; 0 when every part passed."""
    LOGS.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    results = run_stages(stage.split(",") for stage in stages)
    return report(results, time.monotonic() - started)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
