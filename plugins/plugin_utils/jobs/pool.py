# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Python on all cores: forked processes that work for the threads of this one.

Made for work that may hang or end its process: a pattern of the user's own that runs for ever, a
check that calls `os._exit`. An alarm ends such a process, its caller is told, and another takes
its place. The standard library's executor calls everything off instead.

Forked and not spawned: in an Ansible worker `spawn` hangs.
"""

from __future__ import annotations

import multiprocessing
import os
import queue
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from ..closing import Closing

POLL_SECONDS = 0.1
"""How often a caller that waits looks whether the pool has been closed."""

_FORK = multiprocessing.get_context("fork")


class PoolClosed(Exception):
    """The pool was closed while this call waited."""


class WorkerFailed(Exception):
    """The work raised, hung, or ended its process; the message says which."""


class _Worker:
    """A process and this end of its pipe."""

    __slots__ = ("pipe", "process")

    def __init__(self, process: BaseProcess, pipe: Connection) -> None:
        self.process = process
        self.pipe = pipe

    def end(self) -> int:
        """Make sure that it is gone, with all that it held here; its exit code."""
        self.process.join(0.5)  # one that hung up is ending by itself, and its code tells why
        self.process.kill()
        self.process.join()
        code = self.process.exitcode or 0
        self.process.close()
        self.pipe.close()
        return code

    def obituary(self, seconds: float) -> str:
        """Why it is no more."""
        code = self.end()
        if code == -signal.SIGALRM:
            return f"it took longer than {seconds:g} s"
        return f"its process ended: {f'signal {-code}' if code < 0 else f'exit code {code}'}"


class ForkPool(Closing):
    """``size`` processes; ``call`` gives an item to one of them, from any thread.

    ``prepare`` runs in each process and returns what works on an item; items and answers are
    pickled. An item that takes longer than ``seconds`` costs its process, and nobody else anything.
    """

    def __init__(
        self, prepare: Callable[[], Callable[[Any], Any]], size: int, seconds: float
    ) -> None:
        self._prepare = prepare
        self._seconds = seconds
        self._forking = threading.Lock()
        self._workers: set[_Worker] = set()
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._closed = threading.Event()
        for _number in range(size):
            self._idle.put(self._fork())

    def call(self, item: Any) -> Any:
        """The answer for an item. Raises `WorkerFailed`, or `PoolClosed`."""
        worker = self._take()
        try:
            worker.pipe.send(item)
            while not worker.pipe.poll(POLL_SECONDS):
                if self._closed.is_set():
                    raise PoolClosed
            done, answer = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker)
            raise WorkerFailed(worker.obituary(self._seconds)) from None
        self._idle.put(worker)
        if not done:
            raise WorkerFailed(answer)
        return answer

    def close(self) -> None:
        """End the processes, whatever they are doing, and those who wait for them."""
        self._closed.set()
        with self._forking:
            workers, self._workers = self._workers, set()
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.end()

    def _take(self) -> _Worker:
        while True:
            if self._closed.is_set():
                raise PoolClosed
            with suppress(queue.Empty):
                return self._idle.get(timeout=POLL_SECONDS)

    def _replace(self, worker: _Worker) -> None:
        with self._forking:
            if worker not in self._workers:  # close() has it in its hands
                raise PoolClosed
            self._workers.remove(worker)
        if not self._closed.is_set():
            self._idle.put(self._fork())

    def _fork(self) -> _Worker:
        # One at a time: a process must close the ends that it inherits of the other pipes, or
        # none of them would notice that this process is gone.
        with self._forking:
            ours, theirs = _FORK.Pipe()
            inherited = [ours, *(worker.pipe for worker in self._workers)]
            arguments = (theirs, inherited, self._prepare, self._seconds)
            process = _FORK.Process(target=_serve, args=arguments, daemon=True)
            process.start()
            theirs.close()
            worker = _Worker(process, ours)
            self._workers.add(worker)
        return worker


@contextmanager
def closed_at(stop: threading.Event, pool: ForkPool) -> Iterator[None]:
    """End the pool when the run is stopped, so that nobody waits for a judgement any more."""
    watch = threading.Thread(target=_close_at, args=(stop, pool), daemon=True)
    watch.start()
    yield


def _close_at(stop: threading.Event, pool: ForkPool) -> None:
    stop.wait()
    pool.close()


def _serve(
    pipe: Connection,
    inherited: list[Connection],
    prepare: Callable[[], Callable[[Any], Any]],
    seconds: float,
) -> None:
    """A process' life: until its parent closes the pipe, or is gone."""
    for end in inherited:
        end.close()
    for number in (signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    work: Callable[[Any], Any] | None = None
    while True:
        try:
            item = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            work = work or prepare()
            answer = (True, work(item))
        except BaseException as error:  # noqa: BLE001 - whatever the work raises, sys.exit too
            answer = (False, f"{type(error).__name__}: {error}")
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            pipe.send(answer)
        except OSError:
            os._exit(0)
