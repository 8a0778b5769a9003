"""Runs a command and measures its whole process tree.

The measuring is done by a process of its own: all that the command starts and does not wait for,
such as the connections of network_cli or a `git gc`, falls to that process, which so accounts for
every one of them and leaves none behind.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

INTERVAL = 0.1
"""Seconds between two samples of the memory."""
SHARE = 0.05
"""Of a core is what sampling may take: a hundred processes are looked at less often than one."""
GRACE = 20.0
"""Seconds that processes may live on after the command has ended."""
MEGABYTE = 1_000_000

_ROOT = Path(__file__).parents[2]
_SET_PARENT_DEATH_SIGNAL = 1  # <sys/prctl.h>
_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Memory:
    """Megabytes: `rss` counts a page once for each process that shares it, `pss` only once."""

    rss: float
    pss: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A command that is over. `cpu_s` is user and system time of the whole tree, exactly, the
    memory is the highest seen in it, `wall_s` ends with the command itself."""

    code: int
    wall_s: float
    cpu_s: float
    peak_rss_mb: float
    peak_pss_mb: float


def measure(
    command: Sequence[str | Path],
    log: Path,
    environment: Mapping[str, str],
    directory: Path,
    seconds: float = 1800.0,
) -> Measured:
    """Run a command to its end, its output in `log`; it is killed after `seconds`."""
    words = [sys.executable, "-m", __name__, log, str(seconds), directory, *command]
    supervisor = subprocess.run(
        words,
        cwd=_ROOT,
        check=True,
        input=json.dumps(dict(environment)),
        stdout=subprocess.PIPE,
        text=True,
    )
    return Measured(**json.loads(supervisor.stdout))


def memory(pids: Iterable[int]) -> Memory:
    """What these processes hold together; one that has gone holds nothing."""
    rss = pss = 0
    for pid in pids:
        with suppress(OSError):
            # 'Rss: 1732 kB' and 'Pss: 243 kB' stand in the second and third lines
            lines = Path(f"/proc/{pid}/smaps_rollup").read_bytes().split(b"\n", 3)
            if len(lines) > 3:
                rss += int(lines[1].split()[1])
                pss += int(lines[2].split()[1])
    return Memory(rss * 1024 / MEGABYTE, pss * 1024 / MEGABYTE)


def cpu_seconds(pid: int) -> float:
    """User and system time of a running process and of its children that have ended."""
    fields = _status(pid)
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def descendants(root: int) -> list[int]:
    """The living processes below this one."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208 - ten times a second, and a Path is dear
        if entry.isdigit():
            with suppress(OSError):
                state, parent, *_ = _status(int(entry))
                if state != b"Z":
                    children.setdefault(int(parent), []).append(int(entry))
    found = [root]
    for pid in found:
        found += children.get(pid, ())
    return found[1:]


def _status(pid: int) -> list[bytes]:
    """The fields of /proc/PID/stat behind the name: state, parent, ... (proc(5))."""
    with open(f"/proc/{pid}/stat", "rb") as stat:  # noqa: PTH123 - as above
        return stat.read().rpartition(b")")[2].split()


class _Sampler(threading.Thread):
    """Watches the memory of all processes below this one."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak = Memory(0.0, 0.0)
        self._over = threading.Event()

    def run(self) -> None:
        """Look, and then rest in proportion to what the look has cost."""
        pause = 0.0
        while not self._over.wait(pause):
            started = time.thread_time()
            now = memory(descendants(os.getpid()))
            self.peak = Memory(max(self.peak.rss, now.rss), max(self.peak.pss, now.pss))
            pause = max(INTERVAL, (time.thread_time() - started) / SHARE)

    def end(self) -> Memory:
        """Stop, and tell the highest that was seen."""
        self._over.set()
        self.join()
        return self.peak


def _supervise(log: Path, seconds: float, directory: Path, command: list[str]) -> Measured:
    """Run the command below this process, whose other children must be none."""
    environment = json.load(sys.stdin)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM, 0, 0, 0)
    if libc.prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "this system has no sub-reapers, so no exact CPU time")
    with log.open("wb") as output:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    sampler = _Sampler()
    sampler.start()
    try:
        code, ended, cpu = _reap(process.pid, seconds)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        _kill_all()
    peak = sampler.end()
    return Measured(code, ended - started, cpu, peak.rss, peak.pss)


def _reap(main: int, seconds: float) -> tuple[int, float, float]:
    """Wait for every process of the tree: the main one's exit code and end, the CPU of all."""
    code, ended, cpu = 0, 0.0, 0.0
    alarm = _alarm(seconds)
    while True:
        try:
            pid, status, usage = os.wait4(-1, 0)
        except ChildProcessError:
            alarm.cancel()
            return code, ended, cpu
        cpu += usage.ru_utime + usage.ru_stime
        if pid == main:
            code, ended = os.waitstatus_to_exitcode(status), time.monotonic()
            alarm.cancel()
            alarm = _alarm(GRACE)


def _alarm(seconds: float) -> threading.Timer:
    """Have all that still runs below this process killed after some seconds."""
    timer = threading.Timer(seconds, _kill_all)
    timer.daemon = True
    timer.start()
    return timer


def _kill_all() -> None:
    while pids := descendants(os.getpid()):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    place, limit, work, *words = sys.argv[1:]
    json.dump(asdict(_supervise(Path(place), float(limit), Path(work), words)), sys.stdout)
