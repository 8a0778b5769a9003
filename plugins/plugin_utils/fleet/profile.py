# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the devices' threads spend their processor time, as a file for `pstats`.

The clock is each thread's own: what a thread waits for a device, or for the interpreter lock that
another thread holds, does not count. So the figures answer "what should be made faster", and the
device's share is the rest of its duration.

`cProfile` would be quicker, but from Python 3.12 on it watches one thread at a time: a second one
is refused with "Another profiling tool is already active". The standard library's `profile` has
the same file format, any number of threads, and takes the clock that it is given.
"""

from __future__ import annotations

import functools
import io
import os
import profile
import pstats
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nornir.core.task import Result

TOP = 15
"""Functions that are shown."""


class ThreadProfile:
    """Profiles of many threads, merged as each ends, so that memory does not grow with them.

    ``incomplete``: devices of which a part is missing, because the profiler lost its thread.
    """

    def __init__(self) -> None:
        self.incomplete = 0
        self._lock = threading.Lock()
        self._stats: pstats.Stats | None = None
        self._over = threading.Event()
        self._held = False

    def run(self, work: Callable[[], Result]) -> Result:
        """Call ``work``, watched, in this thread."""
        self._hold()
        watcher = profile.Profile(time.thread_time)
        watcher.set_cmd("a device")  # and not runcall, which writes the arguments down
        sys.setprofile(_from_first_call(watcher, self._lost))
        try:
            return work()
        finally:
            sys.setprofile(None)
            self._add(watcher)

    def _hold(self) -> None:
        """Keep profiling switched on between two devices.

        From Python 3.12 on the first thread that is watched rewrites all code, and the last one
        writes it back. Threads that run meanwhile may miss the event of a call or of a return.
        """
        with self._lock:
            if self._held:
                return
            self._held, ready = True, threading.Event()
            threading.Thread(target=self._stay, args=(ready,), daemon=True).start()
            ready.wait()

    def _stay(self, ready: threading.Event) -> None:
        sys.setprofile(_ignore)
        ready.set()
        self._over.wait()
        sys.setprofile(None)

    def _lost(self) -> None:
        with self._lock:
            self.incomplete += 1

    def _add(self, watcher: profile.Profile) -> None:
        try:
            stats = pstats.Stats(watcher, stream=io.StringIO())
        except Exception:  # noqa: BLE001 - a profile is never worth a device
            self._lost()
            return
        with self._lock:
            if self._stats is None:
                self._stats = stats
            else:
                self._stats.add(stats)

    def write(self, path: Path) -> str:
        """Write the file, whole or not at all, and return the top functions as text.

        Raises OSError for a place that cannot be written.
        """
        self._over.set()
        with self._lock:
            if self._stats is None:
                return "no device was tried, so there is no profile"
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f"{path.name}.{os.getpid()}.tmp")
            try:
                self._stats.dump_stats(partial)
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)
            top = self._top(self._stats)
        return f"{top}\n{self.incomplete} devices are in it in part" if self.incomplete else top

    def _top(self, stats: pstats.Stats) -> str:
        stats.sort_stats("tottime")
        lines = [f"{'seconds':>8} {'with callees':>12} {'calls':>9}  function"]
        for function in stats.fcn_list[:TOP]:  # type: ignore[attr-defined]
            _primitive, calls, own, with_callees, _callers = stats.stats[function]  # type: ignore[attr-defined]
            lines.append(f"{own:8.3f} {with_callees:12.3f} {calls:9}  {_named(function)}")
        return "\n".join(lines)


def _from_first_call(
    watcher: profile.Profile, lost: Callable[[], None]
) -> Callable[[Any, str, Any], None]:
    """What switches the profiler on with the first call, and off when it stumbles.

    Where other threads are watched already, Python 3.12 and later report the end of `setprofile`
    itself, of which the profiler has not seen the beginning. And a collection of garbage that
    begins inside the profiler calls back functions of whose beginning it hears nothing. Its
    exceptions would come out of the device's own work.
    """
    dispatch = watcher.dispatcher  # type: ignore[attr-defined]
    begun = broken = False

    # The function is not replaced from inside itself: Python 3.11 crashes now and then if it is.
    def watch(frame: Any, event: str, argument: Any) -> None:
        nonlocal begun, broken
        begun = begun or event == "call"
        if broken or not begun:
            return
        try:
            dispatch(frame, event, argument)
        except Exception:  # noqa: BLE001 - a profile is never worth a device
            broken = True
            lost()

    return watch


def _ignore(frame: Any, event: str, argument: Any) -> None: ...


def _named(function: tuple[str, int, str]) -> str:
    file, line, name = function
    if not line:
        return name
    return f"{'/'.join(Path(file).parts[-2:])}:{line} {name}"


def profiled(work: Callable[..., Result], profile: ThreadProfile | None) -> Callable[..., Result]:
    """The device's task, watched; ``work`` itself where nobody asked for a profile."""
    if profile is None:
        return work

    @functools.wraps(work)
    def watched(task: object, **params: object) -> Result:
        return profile.run(functools.partial(work, task, **params))

    return watched
