# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Between the play, which must not wait, and a sink, which may be slow, full or gone."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..config.redact import Redactor
from ..events import Event
from .log_record import Line, LinesLost

PAUSE = 1.0
"""Seconds until a sink that refused is tried again."""


class Sink(Protocol):
    """Where lines go. ``name`` says so to a person."""

    name: str

    def write(self, line: Line) -> None:
        """Write a line whole or not at all; raises OSError."""

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
        self._size = self._told = 0
        self._writing = False
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
            self.problem = self.problem or f"it did not take them within {seconds:g} s"

    def _work(self) -> None:
        while entry := self._next():
            if self._write(entry):
                continue
            if self._closing.wait(PAUSE):
                self._give_up(entry)
                break
            self._put_back(entry)
        with contextlib.suppress(Exception):
            self._tell_losses()
        with contextlib.suppress(OSError):
            self._sink.close()

    def _next(self) -> Entry | None:
        """The next entry; None when all is written and nothing more comes."""
        with self._news:
            while not self._waiting and not self._closing.is_set():
                self._news.wait()
            self._writing = bool(self._waiting)
            if not self._waiting:
                return None
            entry = self._waiting.popleft()
            self._size -= entry.size
            return entry

    def _put_back(self, entry: Entry) -> None:
        with self._news:
            self._waiting.appendleft(entry)
            self._size += entry.size

    def _give_up(self, entry: Entry) -> None:
        """The run is over and the sink still refuses."""
        with self._news:
            self.lost += 1 + len(self._waiting)
            self._waiting.clear()
            self._writing = False

    def _write(self, entry: Entry) -> bool:
        """Write an entry; False when the sink refuses, which may pass."""
        try:
            self._tell_losses()
            self._sink.write(self._encode(entry))
        except OSError as error:
            self.problem = error.strerror or str(error)
            return False
        except Exception as error:  # noqa: BLE001 - an event that makes no line costs that line
            self.problem = f"{entry.event.name}: {type(error).__name__}: {error}"
            self.lost += 1
        return True

    def _tell_losses(self) -> None:
        missing = self.lost - self._told
        if missing:
            lost = LinesLost(time=time.time(), lines=missing, reason=self.problem)
            self._sink.write(self._encode(Entry(lost)))
            self._told += missing
