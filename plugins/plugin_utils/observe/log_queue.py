# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between the play, which must not wait, and a sink, which may be slow, full or gone."""

from __future__ import annotations

import contextlib
import math
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..config.redact import Redactor
from ..events import Event
from .log_record import Line, LinesLost

BATCH = 100
"""Entries that are taken out of the queue at once."""
GATHER = 0.1
"""Seconds that the first of few entries waits for others, which are written with it."""
GROUP = 64_000
"""Bytes of whole lines that a sink is handed at once."""
PAUSE = 1.0
"""Seconds until a sink that refused is tried again."""


class Sink(Protocol):
    """Where lines go. ``name`` says so to a person."""

    name: str

    def write(self, lines: Sequence[Line]) -> None:
        """Write all of them, whole, or raise OSError and leave none."""

    def close(self) -> None:
        """Give everything back."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait for a sink: ``lines``, and the ``characters`` of tasks' results in them."""

    lines: int = 10_000
    characters: int = 32_000_000


@dataclass(slots=True)
class Entry:
    """An event on its way into the log; ``size`` in characters of what is long in it."""

    event: Event
    redactor: Redactor | None = None
    size: int = 0
    line: Line | None = None


class LineQueue:
    """One thread that makes lines of events and writes them.

    What the sink refuses is tried again; beyond the limits events are dropped and counted. As soon
    as it takes lines again, one of them says how many are missing before it.
    """

    def __init__(
        self, sink: Sink, encode: Callable[[Entry], Line], limits: Limits | None = None
    ) -> None:
        self.lost = 0
        self.problem = ""
        self.name = sink.name
        self._sink = sink
        self._encode = encode
        self._limits = limits or Limits()
        self._waiting: deque[Entry] = deque()
        self._size = self._told = self._writing = 0
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._work, name="netops-log", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Hand an event over, at once."""
        with self._news:
            full = len(self._waiting) >= self._limits.lines
            if full or self._size + entry.size > self._limits.characters:
                self.lost += 1
                self.problem = self.problem or "it does not take lines as fast as they come"
                return
            self._waiting.append(entry)
            self._size += entry.size
            self._news.notify()

    def close(self, seconds: float) -> None:
        """Wait for what is waiting, for ``seconds`` at most; what is left then counts as lost."""
        self._closing.set()
        with self._news:
            self._news.notify()
        self._thread.join(seconds)
        if self._thread.is_alive():
            with self._news:
                self.lost += len(self._waiting) + self._writing
                self._waiting.clear()
            self.problem = self.problem or f"it did not take them within {math.ceil(seconds)} s"

    def _work(self) -> None:
        while batch := self._next():
            rest = self._write(batch)
            if rest and self._closing.wait(PAUSE):
                self._give_up(rest)
                break
            self._put_back(rest)
        with contextlib.suppress(Exception):  # a sink that fails may fail at this line too
            self._tell_losses()
        with contextlib.suppress(OSError):
            self._sink.close()

    def _next(self) -> list[Entry]:
        """The next entries; none when all is written and nothing more comes."""
        with self._news:
            while not self._waiting and not self._closing.is_set():
                self._news.wait()
            few = len(self._waiting) < BATCH
        if few:
            self._closing.wait(GATHER)
        with self._news:
            batch = [self._waiting.popleft() for _number in range(min(BATCH, len(self._waiting)))]
            self._size -= sum(entry.size for entry in batch)
            self._writing = len(batch)
            return batch

    def _put_back(self, batch: list[Entry]) -> None:
        """Before those that came since."""
        with self._news:
            self._waiting.extendleft(reversed(batch))
            self._size += sum(entry.size for entry in batch)

    def _give_up(self, batch: list[Entry]) -> None:
        """The run is over and the sink still refuses."""
        with self._news:
            self.lost += len(batch) + len(self._waiting)
            self._waiting.clear()
            self._writing = 0

    def _write(self, batch: list[Entry]) -> list[Entry]:
        """Write a batch; what is left of it when the sink refuses, which may pass."""
        try:
            self._tell_losses()
            while batch:
                number = self._fitting(batch)
                made = [line for entry in batch[:number] if (line := self._made(entry)).text]
                self._sink.write(made)
                batch = batch[number:]
                self._writing = len(batch)
        except OSError as error:
            self.problem = error.strerror or str(error)
        return batch

    def _fitting(self, batch: list[Entry]) -> int:
        """How many of the first entries make `GROUP` bytes of lines; one at the least."""
        size = 0
        for number, entry in enumerate(batch):
            size += len(self._made(entry).text)
            if size > GROUP:
                return max(1, number)
        return len(batch)

    def _tell_losses(self) -> None:
        missing = self.lost - self._told
        if missing:
            entry = Entry(LinesLost(lines=missing, reason=self.problem))
            self._sink.write([self._made(entry)])
            self._told += missing

    def _made(self, entry: Entry) -> Line:
        """The line of an event; an event that makes none costs itself and no other."""
        if entry.line is None:
            try:
                entry.line = self._encode(entry)
            except Exception as error:  # noqa: BLE001 - whatever a module returned that we did not foresee
                self.problem = f"{entry.event.name}: {type(error).__name__}: {error}"
                self.lost += 1
                entry.line = Line(b"", wrong=False)
        return entry.line
