# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages on their way: handed over at once, sent by a program of its own, waited for once."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

from ..config.redact import Redactor, redact
from .notify_config import Severity, Target

SENDER = Path(__file__).with_name("notify_sender.py")
BACKLOG = 200
"""Messages that wait for the sender; a run with more has said enough."""
TYPES = {Severity.INFO: "info", Severity.WARNING: "warning", Severity.CRITICAL: "failure"}
"""apprise's words, which decide the colour in a chat."""
SHORT = 8
"""Parts of a URL's path below so many characters are words such as "hooks", and no tokens."""

SETTLE_SECONDS = 4.0
"""What it may take to remember that a message was delivered: another run may hold the memory."""

Done = Callable[[bool], None]


@dataclass(frozen=True, slots=True)
class Sending:
    """How patient. Seconds: ``timeout`` of a connection, ``flush`` for all that is left at the
    end; ``backoff`` is the longest wait before the second attempt, and doubles.
    """

    timeout: float = 10.0
    attempts: int = 3
    backoff: float = 1.0
    flush: float = 15.0


class Outbox:
    """Sends messages without ever holding up whoever has one.

    ``problems`` tells, by the target's name, what was not delivered and why, without any URL.
    """

    def __init__(self, sending: Sending, secrets: Redactor) -> None:
        self._sending = sending
        self._secrets = secrets
        self._lock = threading.Condition()
        self._waiting: dict[int, tuple[str, Done]] = {}
        self._settling: set[int] = set()
        self._last = 0
        self._jobs: queue.Queue[bytes | None] = queue.Queue(BACKLOG)
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self.problems: list[str] = []

    def put(self, target: Target, title: str, body: str, severity: Severity, done: Done) -> None:
        """Hand a message over; ``done`` hears whether it was delivered, in another thread."""
        with self._lock:
            self._last += 1
            number = self._last
            self._waiting[number] = (target.name, done)
        job = {
            "id": number,
            "target": target.name,
            "urls": target.urls,
            "title": self._secrets.text(title),
            "body": self._secrets.text(body),
            "type": TYPES[severity],
            "timeout": self._sending.timeout,
            "attempts": self._sending.attempts,
            "backoff": self._sending.backoff,
        }
        try:
            self._start()
            self._jobs.put_nowait(json.dumps(job).encode() + b"\n")
        except (OSError, queue.Full) as error:
            reason = "too many messages wait already"
            self._settle(number, reason if isinstance(error, queue.Full) else str(error))

    def close(self) -> None:
        """Wait until all is sent, or the flush deadline has passed; then the sender is ended.

        What ``done`` puts for a message that was delivered meanwhile is waited for too.
        """
        with self._lock:
            if self._process is None or self._closed:
                return
            self._closed = True
            self._lock.wait_for(lambda: not self._waiting, self._sending.flush)
            late = list(self._waiting)
        with suppress(queue.Full):
            self._jobs.put_nowait(None)
        self._process.kill()
        for number in late:
            self._settle(number, f"not done within the {self._sending.flush:g} s of flush_seconds")
        with self._lock:  # for what the reader is settling just now
            self._lock.wait_for(lambda: not self._waiting, SETTLE_SECONDS)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)

    def _start(self) -> None:
        with self._lock:
            if self._process is not None:
                return
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(SENDER)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Control-C is ansible-playbook's to deal with
            )
        for work, pipe in ((self._write, self._process.stdin), (self._read, self._process.stdout)):
            threading.Thread(target=work, args=(pipe,), name="netops-alert", daemon=True).start()

    def _write(self, pipe: IO[bytes]) -> None:
        """A thread: messages into the sender, which may be slow to take them."""
        with suppress(OSError):  # it has ended, which the reader tells
            while (job := self._jobs.get()) is not None:
                pipe.write(job)
                pipe.flush()

    def _read(self, pipe: IO[bytes]) -> None:
        """A thread: what became of each message."""
        for line in pipe:
            answer = json.loads(line)
            self._settle(answer["id"], "" if answer["ok"] else answer["reason"])
        with self._lock:
            left = list(self._waiting)
        for number in left:
            self._settle(number, "the program that sends has ended")

    def _settle(self, number: int, reason: str) -> None:
        """Hand on what became of a message, once; only then does `close` stop waiting for it."""
        with self._lock:
            if number not in self._waiting or number in self._settling:
                return
            self._settling.add(number)
            target, done = self._waiting[number]
        if reason:
            text = " ".join(redact(self._secrets.text(reason)).split())[:300]
            self.problems.append(
                f"the alert to {target!r} was not delivered: {text.rstrip('.')}. Try its URL "
                "by 'apprise -b test URL'; what it has not heard, the next run tells it."
            )
        with suppress(Exception):  # what cannot be noted as told is told again
            done(not reason)
        with self._lock:
            del self._waiting[number]
            self._lock.notify_all()


def url_secrets(urls: Iterable[str]) -> set[str]:
    """All that must not be seen of the targets' URLs: they as wholes, logins, tokens, queries."""
    found: set[str] = set()
    for url in urls:
        parts = urlsplit(url)
        login, _at, host = parts.netloc.rpartition("@")
        user, _colon, password = login.partition(":")
        words = [*parts.path.split("/"), *(one.partition("=")[2] for one in parts.query.split("&"))]
        words += [] if password else [user]  # a key where other URLs have a login
        words += [] if set(".:") & set(host) or host == "localhost" else [host]
        tokens = [password, *(word for word in words if len(word) >= SHORT)]
        found |= {url, *tokens, *map(unquote, tokens)} - {""}
    return found
