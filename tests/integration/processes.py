"""Looks at processes through /proc: who descends from whom, what they hold, when they are gone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
POLL = 0.02


def descendants(pid: int) -> set[int]:
    """The process and all that it started, directly or not; without those that ended."""
    parents = {int(path.name): _parent(path) for path in PROC.iterdir() if path.name.isdigit()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def alive(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    return _stat(PROC / str(pid))[0] not in "ZX"


def stopped(pid: int) -> bool:
    """Whether the process was told to stop, and has."""
    return _stat(PROC / str(pid))[0] == "T"


def await_end(pids: Iterable[int], seconds: float) -> float:
    """Wait until all of these processes are gone; how many seconds that took."""
    waiting = set(pids)
    return until(lambda: not any(alive(pid) for pid in waiting), seconds, f"{waiting} to end")


def until(happened: Callable[[], bool], seconds: float, what: str) -> float:
    """Wait until something has happened; how many seconds that took. Raises TimeoutError."""
    started = time.monotonic()
    while not happened():
        if time.monotonic() - started > seconds:
            raise TimeoutError(f"waited {seconds} s in vain for {what}")
        time.sleep(POLL)
    return time.monotonic() - started


def overload() -> float:
    """How many times slower than alone a process may run now: runnable processes by processor,
    in the last minute or at this moment."""
    average, _, _, now, _ = (PROC / "loadavg").read_text().split()
    running = max(float(average), float(now.partition("/")[0]))
    return max(1.0, running / (os.cpu_count() or 1))


def kill(pids: Collection[int]) -> None:
    """End processes the hard way, as the kernel does when memory is short, and none of them sees
    another one go."""
    for number in (signal.SIGSTOP, signal.SIGKILL):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process holds. ``peak_mb`` is its largest resident size so far."""

    threads: int
    files: int
    peak_mb: float


def usage(pid: int) -> Usage | None:
    """What a process holds now; None when it is gone."""
    try:
        lines = (PROC / str(pid) / "status").read_text().splitlines()
        files = sum(1 for _ in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return None
    status = dict(line.split(":", 1) for line in lines)
    if "VmHWM" not in status:
        return None
    peak = int(status["VmHWM"].split()[0]) / 1024
    return Usage(int(status["Threads"]), files, peak)


def _parent(process: Path) -> int:
    return int(_stat(process)[1])


def _stat(process: Path) -> tuple[str, str]:
    """State and parent: what stands behind the name, which may hold blanks and brackets."""
    try:
        text = (process / "stat").read_text()
    except OSError:
        return "X", "0"
    state, parent = text.rpartition(")")[2].split()[:2]
    return state, parent
