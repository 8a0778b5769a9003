# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real processes that hang, die and raise, and what the others notice of it: nothing."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.pool import (
    ForkPool,
    PoolClosed,
    WorkerFailed,
)

from tests.integration.processes import await_end, descendants

ROOT = Path(__file__).parents[5]


def prepare() -> Callable[[Any], Any]:
    """What each process is prepared with."""

    def work(item: Any) -> Any:
        if callable(item):
            return item()
        match item:
            case "hang":
                re.fullmatch(r"(a|a)*b", "a" * 64)  # the interpreter is not asked for years
            case "die":
                os._exit(3)
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "leave":
                sys.exit("bye")
            case "raise":
                raise ValueError("that is no good")
            case "pid":
                return os.getpid()
        return ("done", item)

    return work


def test_work_is_done_in_other_processes_from_any_thread() -> None:
    """A hundred calls from ten threads have their own answers, made by two processes."""
    with ForkPool(prepare, 2, 10) as pool, ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(pool.call, range(100)))
        pids = set(threads.map(pool.call, ["pid"] * 100))
    assert answers == [("done", number) for number in range(100)]
    assert len(pids) == 2
    assert os.getpid() not in pids


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("raise", "ValueError: that is no good"),
        ("leave", "SystemExit: bye"),
        ("die", "its process ended: exit code 3"),
        ("killed", "its process ended: signal 9"),
        ("hang", "it took longer than 2 s"),
    ],
)
def test_bad_work_costs_itself_alone(item: str, told: str) -> None:
    """Its caller is told what happened; the pool goes on with as many processes as before."""
    seconds = 2 if item == "hang" else 60
    with ForkPool(prepare, 2, seconds) as pool, ThreadPoolExecutor(4) as threads:
        bad = [threads.submit(pool.call, item) for _number in range(3)]
        good = list(threads.map(pool.call, range(40)))
        for each in bad:
            with pytest.raises(WorkerFailed, match=re.escape(told)):
                each.result()
        assert good == [("done", number) for number in range(40)]
        assert len(set(threads.map(pool.call, ["pid"] * 50))) == 2


def test_closing_frees_those_who_wait() -> None:
    """A pool that is closed in the middle of things ends its processes and its callers at once."""
    before = descendants(os.getpid())
    with ThreadPoolExecutor(4) as threads:
        pool = ForkPool(prepare, 2, 60)
        workers = descendants(os.getpid()) - before
        waiting = [threads.submit(pool.call, "hang") for _number in range(4)]
        time.sleep(0.2)
        started = time.monotonic()
        pool.close()
        for each in waiting:
            with pytest.raises(PoolClosed):
                each.result()
        assert time.monotonic() - started < 30  # and not the 60 seconds of the work
    assert len(workers) == 2
    await_end(workers, 30)
    with pytest.raises(PoolClosed):
        pool.call(1)


def test_no_process_outlives_a_killed_parent() -> None:
    """What SIGKILL leaves behind ends by itself: the idle at once, the busy at their alarm."""
    program = textwrap.dedent(
        """
        import time
        from ansible_collections.prime.netops.plugins.plugin_utils.jobs.pool import ForkPool
        pool = ForkPool(lambda: time.sleep, 3, 1.0)
        import threading
        threading.Thread(target=pool.call, args=(60,), daemon=True).start()
        time.sleep(0.2)
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        workers = descendants(parent.pid) - {parent.pid}
        parent.kill()
    assert len(workers) == 3
    await_end(workers, 10)


def test_a_pool_leaves_no_file_open() -> None:
    """After many deaths and the close there are as many descriptors and threads as before."""
    held = Path("/proc/self/fd")
    files = len(list(held.iterdir()))
    with ForkPool(prepare, 2, 5) as pool:
        for _number in range(20):
            with pytest.raises(WorkerFailed):
                pool.call("die")
    assert len(list(held.iterdir())) <= files
