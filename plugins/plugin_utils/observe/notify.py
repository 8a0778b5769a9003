# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells people what a run found: what cannot wait at once, the rest in one message at the end.

RunWatch ── findings ──▶ routes ──▶ Memory (is it news?) ──▶ Jinja2 ──▶ Outbox ──▶ apprise
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from ..config.redact import Redactor
from .notify_config import IMMEDIATE, AlertConfig, Route, Target
from .notify_memory import Memory, News
from .notify_outbox import Outbox, Sending, url_secrets
from .notify_run import RunWatch
from .notify_text import check_templates, compose
from .notify_trouble import Findings, judged, told_to

STATE_FILE = "alerts.json"
JOIN_SECONDS = 5.0
"""What the end of a run waits for messages that are being composed."""


class Alerts:
    """The alerts of one playbook run; ``watch`` is told what happens.

    ``state_dir`` None keeps no memory. ``run`` says who runs it: job, template, controller, user.
    Raises ValueError for a template that does not compile.
    """

    def __init__(
        self,
        config: AlertConfig,
        sending: Sending,
        state_dir: Path | None,
        playbook: str,
        run: Mapping[str, str],
    ) -> None:
        for route in config.routes:
            check_templates(route)
        self.watch = RunWatch(self._soon)
        self._config = config
        self._playbook = playbook
        self.run = run
        self._memory = Memory(
            state_dir / STATE_FILE if state_dir else None, config.after, config.remind_hours
        )
        self._outbox = Outbox(sending, Redactor(url_secrets(config.urls)))
        self._urgent: queue.SimpleQueue[Findings | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._problems: set[str] = set()

    def finish(self, seen: Collection[str], failed: Collection[str]) -> list[str]:
        """The run is over: send what is news, wait for it, and say what did not work.

        ``seen`` are the hosts of the recap, ``failed`` those that it counts as failed or
        unreachable.
        """
        if self._thread:
            self._urgent.put(None)
            self._thread.join(JOIN_SECONDS)
        self._tell(judged(self.watch.findings(seen, failed), self._config), closing=True)
        self._outbox.close()
        problems = {*self._problems, *self._outbox.problems, self._memory.problem}
        return sorted(problems - {""})

    def _soon(self, findings: Findings) -> None:
        """Called in the thread of the events, which may not wait for a lock or a disk."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="netops-urgent", daemon=True)
            self._thread.start()
        self._urgent.put(findings)

    def _work(self) -> None:
        while (findings := self._urgent.get()) is not None:
            try:
                self._tell(findings, closing=False)
            except Exception as error:  # noqa: BLE001 - the next one is told all the same
                self._problems.add(f"an alert could not be composed: {error}")

    def _tell(self, findings: Findings, closing: bool) -> None:
        for target in self._config.targets.values():
            routes, troubles = told_to(target.name, self._config.routes, findings)
            if not routes:
                continue
            if not closing:
                troubles = [one for one in troubles if one.event in IMMEDIATE]
            news = self._memory.claim(target.name, self._playbook, troubles, findings.healthy)
            if news or (closing and any(route.always for route in routes)):
                self._send(target, routes, news, replace(findings, troubles=tuple(troubles)))

    def _send(self, target: Target, routes: list[Route], news: News, findings: Findings) -> None:
        text = compose(routes[0], news, findings, self._playbook, self.run)
        self._problems |= {text.problem} - {""}
        self._outbox.put(
            target,
            text.title,
            text.body,
            text.severity,
            lambda delivered: self._settle(news, delivered),
        )

    def _settle(self, news: News, delivered: bool) -> None:
        """A breaker that closed while its opening was on the way is told as over only now."""
        self._memory.settle(news, delivered)
        if any(key.event in IMMEDIATE for key in news.keys):
            self._tell(self.watch.recovered(), closing=False)
