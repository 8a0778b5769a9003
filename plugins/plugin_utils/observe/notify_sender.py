# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The program that sends alerts: messages come in on stdin, what became of them goes out.

A program of its own, because of what a thread in ansible-playbook could not do: end at the deadline
although a server hangs, hold no lock while Ansible forks its workers, and leave the 47 MB of
apprise's services out of a process that is forked for every host. It imports nothing of ours, so
that it can be started by its path. Its log would name the targets' URLs and is caught here.

In: a JSON object a line, with id, target, urls, title, body, type, timeout, attempts and backoff;
seconds, the URLs one service each. Out: ``{"id", "ok", "reason"}``, a line each. stdin's end means
that nothing more comes; then it ends as soon as all is sent.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import random
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

BACKOFF_CAP = 10.0
"""Seconds that a wait between two attempts is at most."""

ORPHAN_SECONDS = 10.0
"""What is left for messages on their way, when ansible-playbook was killed."""

Job = dict[str, Any]


class _Caught(logging.Handler):
    """What apprise says went wrong, by thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._local = threading.local()

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())

    @property
    def said(self) -> list[str]:
        said: list[str] = self._local.__dict__.setdefault("said", [])
        return said

    def taken(self) -> str:
        """All that this thread has said since the last time; what each attempt said, once."""
        text = "; ".join(dict.fromkeys(self.said))
        self.said.clear()
        return text


class _Targets:
    """A thread for each target, so that a dead one holds up none of the others."""

    def __init__(self, caught: _Caught) -> None:
        self._caught = caught
        self._queues: dict[str, queue.SimpleQueue[Job | None]] = {}
        self._threads: list[threading.Thread] = []
        self._writing = threading.Lock()

    def take(self, job: Job) -> None:
        """Put a message into its target's queue."""
        waiting = self._queues.get(job["target"])
        if waiting is None:
            waiting = self._queues[job["target"]] = queue.SimpleQueue()
            thread = threading.Thread(target=self._work, args=(waiting,), daemon=True)
            self._threads.append(thread)
            thread.start()
        waiting.put(job)

    def finish(self) -> None:
        """Wait until every message has been sent or given up."""
        for waiting in self._queues.values():
            waiting.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self, waiting: queue.SimpleQueue[Job | None]) -> None:
        while (job := waiting.get()) is not None:
            try:
                reason = "; ".join(_deliver(job, self._caught))
            except Exception as error:  # noqa: BLE001 - a service's plugin may raise anything
                reason = f"{type(error).__name__}: {error}"
            line = json.dumps({"id": job["id"], "ok": not reason, "reason": reason})
            with self._writing:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()


def _deliver(job: Job, caught: _Caught) -> Iterator[str]:
    """Send a message to every service of its target; a reason for each that did not take it."""
    for number, url in enumerate(job["urls"], 1):
        service = _service(url, job["timeout"])
        if service is None:
            yield f"URL {number} is none that apprise knows ({caught.taken() or 'no such service'})"
        elif not _patiently(service, job):
            yield caught.taken() or "it was refused without a word"
        caught.taken()


def _service(url: str, timeout: float) -> Any:
    """The service behind a URL; its own time-outs where the URL says none."""
    import apprise

    service = apprise.Apprise.instantiate(url, asset=apprise.AppriseAsset(app_id="prime.netops"))
    if service is not None and "cto=" not in url:
        service.socket_connect_timeout = timeout
    if service is not None and "rto=" not in url:
        service.socket_read_timeout = timeout
    return service


def _patiently(service: Any, job: Job) -> bool:
    """Send, and again after a wait that doubles, with full jitter."""
    for attempt in range(int(job["attempts"])):
        if attempt:
            longest = min(BACKOFF_CAP, job["backoff"] * 2 ** (attempt - 1))
            time.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - no secret
        if service.notify(title=job["title"], body=job["body"], notify_type=job["type"]):
            return True
    return False


def _end_with(parent: int) -> None:
    """A worker of Ansible may keep stdin open after ansible-playbook was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    time.sleep(ORPHAN_SECONDS)
    os._exit(1)


def main() -> int:
    """Serve until stdin ends."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    caught = _Caught()
    logger = logging.getLogger("apprise")
    logger.addHandler(caught)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    targets = _Targets(caught)
    for line in sys.stdin:
        targets.take(json.loads(line))
    targets.finish()
    return 0


if __name__ == "__main__":
    sys.exit(main())
