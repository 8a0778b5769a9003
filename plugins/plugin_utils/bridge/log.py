# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback behind ``prime.netops.log``: Ansible's events and the fleet's in, lines out."""

from __future__ import annotations

import atexit
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__
from ansible.utils.vars import load_extra_vars

from ..config.redact import Redactor
from ..events import Event
from ..observe.channel import Subscription, subscribe
from ..observe.log_file import LogFile
from ..observe.log_queue import Entry, LineQueue, Sink
from ..observe.log_record import (
    ItemResult,
    Line,
    PlaybookFinished,
    PlaybookStarted,
    PlayStarted,
    TaskResult,
    line,
    snapshot,
    wordless,
)
from ..observe.log_syslog import Syslog
from .host_secrets import HostSecrets
from .native import native
from .provenance import provenance
from .state import state_dir
from .task_result import failure_message, host_of, result_of, task_of

ABORTED_SECONDS = 1.0
"""What the lines get when ansible-playbook ends without coming to its recap."""


class Log(CallbackBase):  # type: ignore[misc]
    """Documented in plugins/callback/log.py. Ansible's main thread only copies and hands on."""

    def __init__(self) -> None:
        super().__init__()
        self._queues: list[LineQueue] = []
        self._always: dict[str, str] = {}
        self._subscription: Subscription | None = None
        self._secrets: HostSecrets | None = None
        self._begun = time.monotonic()
        self._started: dict[tuple[str, str], float] = {}
        self._play = ""
        self._clean_names: set[str] = set()

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Open the sinks and the channel, and write the first line."""
        self._always = {"playbook_id": str(uuid.uuid4())}
        who = provenance(load_extra_vars(playbook._loader))
        if "awx_job_id" in who:
            self._always["awx_job_id"] = who["awx_job_id"]
        try:
            sinks = self._sinks()
        except ValueError as error:
            self._display.warning(f"prime.netops.log: {error}; nothing is logged")
            return
        self._queues = [LineQueue(sink, self._line) for sink in sinks]
        atexit.register(self._end, ABORTED_SECONDS)
        self._put(
            PlaybookStarted(
                playbook=Path(native(playbook._file_name)).name,
                ansible=__version__,
                check=bool(context.CLIARGS.get("check")),
                provenance=who,
            )
        )
        self._subscription = subscribe(self._put)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """A play, and whose secrets to look for from now on."""
        self._play = native(play.get_name())
        self._clean_names.clear()
        self._secrets = HostSecrets(play)
        self._put(PlayStarted(play=self._play))

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task is handed to a worker: from here on its time counts."""
        self._started[native(host.get_name()), native(task._uuid)] = time.monotonic()

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task is done."""
        self._task(result, "changed" if result_of(result).get("changed") else "ok")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed."""
        self._task(result, "failed", ignored=bool(ignore_errors))

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task was not for this host."""
        self._task(result, "skipped")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """The host was not reached."""
        ignored = bool(getattr(task_of(result), "ignore_unreachable", False))
        self._task(result, "unreachable", ignored=ignored)

    def v2_runner_item_on_ok(self, result: Any) -> None:
        """A turn of a loop is done."""
        self._item(result, "changed" if result_of(result).get("changed") else "ok")

    def v2_runner_item_on_failed(self, result: Any) -> None:
        """A turn of a loop failed."""
        self._item(result, "failed")

    def v2_runner_item_on_skipped(self, result: Any) -> None:
        """A turn of a loop was left out."""
        self._item(result, "skipped")

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The last line; then wait for the sinks, as long as the user allows."""
        if not self._queues:
            return
        deadline = time.monotonic() + self.get_option("flush_seconds")
        if self._subscription:
            self._subscription.close(max(0.1, deadline - time.monotonic()))
        self._put(
            PlaybookFinished(
                hosts=len(stats.processed),
                changed=len(stats.changed),
                failed=len(stats.failures),
                unreachable=len(stats.dark),
                seconds=time.monotonic() - self._begun,
            )
        )
        self._end(max(0.1, deadline - time.monotonic()))

    def _sinks(self) -> list[Sink]:
        place = state_dir({"state_dir": self.get_option("state_dir")})
        sinks: list[Sink] = [LogFile(Path(self.get_option("path") or place / "log.jsonl"))]
        if address := self.get_option("syslog"):
            sinks.append(Syslog(address, self.get_option("syslog_facility")))
        return sinks

    def _end(self, seconds: float) -> None:
        """Close the sinks, and say what did not get into them. The second time there are none."""
        queues, self._queues = self._queues, []
        deadline = time.monotonic() + seconds
        for queue in queues:
            queue.close(max(0.1, deadline - time.monotonic()))
            if queue.lost:
                self._display.warning(
                    f"prime.netops.log: {queue.lost} lines are missing in {queue.name}: "
                    f"{queue.problem}. Look at its disk or server; the run itself is in the ledger."
                )

    def _task(self, result: Any, status: str, ignored: bool = False) -> None:
        task = task_of(result)
        began = self._started.pop((host_of(result), native(task._uuid)), None)
        seconds = None if began is None else round(time.monotonic() - began, 3)
        self._result(TaskResult, result, status, ignored=ignored, seconds=seconds)

    def _item(self, result: Any, status: str) -> None:
        values = result_of(result)
        label = values.get("_ansible_item_label", values.get("item", ""))
        kept, _cut = snapshot({"item": "" if values.get("censored") else label})
        text = kept["item"] if isinstance(kept["item"], str) else str(kept["item"])
        self._result(ItemResult, result, status, item=text)

    def _result(self, kind: type[TaskResult], result: Any, status: str, **details: Any) -> None:
        """Copy what is kept of a result, in the main thread; the rest is the queues' work."""
        if not self._queues:
            return
        task, values, host = task_of(result), result_of(result), host_of(result)
        kept, cut = snapshot(values)
        delegated = _delegated(values)
        wrong = status in ("failed", "unreachable")
        event = kind(
            run_id=kept["run_id"] if isinstance(kept.get("run_id"), str) else "",
            play=self._play,
            task=native(task.get_name()),
            action=native(task.action),
            host=host,
            status=status,
            delegated_to=delegated,
            attempts=kept["attempts"] if isinstance(kept.get("attempts"), int) else None,
            message=failure_message(values) if wrong else "",
            result=kept,
            cut=cut,
            **details,
        )
        names = (host, delegated) if delegated else (host,)
        self._put(event, self._redactor(event, names), len(str(kept)))

    def _redactor(self, event: TaskResult, names: tuple[str, ...]) -> Redactor | None:
        """What takes the hosts' secrets out of a result; None where it has no text to hide one in.

        Working out a host's variables takes milliseconds of the play's own time.
        """
        if self._secrets is None or (event.task in self._clean_names and wordless(event)):
            return None
        redactor = self._secrets.redactor(*names)
        names_of_it = f"{event.play}\n{event.task}"  # templates, both of them
        if redactor.text(names_of_it) == names_of_it:
            self._clean_names.add(event.task)
        return redactor

    def _put(self, event: Event, redactor: Redactor | None = None, size: int = 0) -> None:
        for queue in self._queues:
            queue.put(Entry(event, redactor, size))

    def _line(self, entry: Entry) -> Line:
        return line(entry.event, self._always, entry.redactor)


def _delegated(values: Mapping[str, Any]) -> str | None:
    """The name of the host that did the work in another one's place."""
    found = values.get("_ansible_delegated_vars") or {}
    name = found.get("ansible_delegated_host") or found.get("ansible_host")
    return str(native(name)) if name else None
