# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback behind ``prime.netops.benchmark``: Ansible's events in, a table out."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as ansible_version

from ..observe.benchmark import RunRecord
from ..observe.benchmark_history import History, HistoryError
from ..observe.benchmark_run import RunMeter
from ..observe.benchmark_table import report
from ..observe.benchmark_verdict import Limits, judge, verdict_of
from ..observe.channel import DRAIN, Subscription, subscribe
from .host_secrets import HostSecrets
from .native import native
from .state import state_dir
from .task_result import host_of

HISTORY = "benchmark.jsonl"
REGRESSION = 2
"""The exit code of a run that was slower, as Ansible's own for a failed host."""


class Benchmark(CallbackBase):  # type: ignore[misc]
    """Documented in plugins/callback/benchmark.py."""

    def __init__(self) -> None:
        super().__init__()
        self._meter: RunMeter | None = None
        self._subscription: Subscription | None = None
        self._secrets: HostSecrets | None = None
        self._playbook = self._unnamed = ""

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Start the clocks."""
        if context.CLIARGS.get("check"):
            return
        self._meter = RunMeter()
        self._subscription = subscribe(self._meter.event)
        self._playbook = str(native(self.get_option("scope")) or Path(playbook._file_name).name)

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """A task begins."""
        self._task(task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """A handler begins."""
        self._task(task)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Learn whom to ask for what must not be kept."""
        self._secrets = HostSecrets(play)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """A task begins on a host. The first one's variables are those in the task's name."""
        if self._meter is None:
            return
        name = str.__str__(host.get_name())
        if self._unnamed and self._secrets:
            self._meter.task_named(self._secrets.redactor(name).text(self._unnamed))
            self._unnamed = ""
        self._meter.host_started(name)

    def v2_runner_on_ok(self, result: Any) -> None:
        """A task is over on a host."""
        self._host_done(result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        """A task has nothing to do on a host."""
        self._host_done(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed on a host."""
        self._host_done(result, failed=True)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host was not reached."""
        self._host_done(result, failed=True)

    def v2_runner_retry(self, result: Any) -> None:
        """A host's task is tried again."""
        if self._meter:
            self._meter.retried()

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run is over: compare it, keep it, and fail for it if told to."""
        if self._meter is None:
            return
        if self._subscription:
            self._subscription.close(DRAIN)
        troubled = {name for name in stats.processed if stats.failures.get(name)}
        troubled |= {name for name in stats.processed if stats.dark.get(name)}
        record = self._record(self._meter, len(stats.processed), len(troubled))
        self._meter = self._subscription = None
        verdict = self._judged(record)
        if verdict == "regression" and self.get_option("fail_on_regression") and not troubled:
            self._display.error("prime.netops.benchmark: a regression, see the table")
            # The one way for a callback: Ansible catches what is an Exception, and this is none.
            raise SystemExit(REGRESSION)

    def _task(self, task: Any) -> None:
        if self._meter:
            # without the role's name: within a playbook a task is told by its own
            self._unnamed = str(native(task.name) or task.action)
            self._meter.task_started(str(task.action))

    def _host_done(self, result: Any, failed: bool = False) -> None:
        if self._meter:
            self._meter.host_done(host_of(result), failed)

    def _record(self, meter: RunMeter, hosts: int, failed: int) -> RunRecord:
        flags = context.CLIARGS
        return meter.finish(
            self._playbook,
            hosts,
            failed,
            tags=[str(tag) for tag in flags.get("tags") or () if tag != "all"],
            skip_tags=[str(tag) for tag in flags.get("skip_tags") or ()],
            versions={"ansible-core": ansible_version, "python": platform.python_version()},
        )

    def _judged(self, record: RunRecord) -> str:
        """Show the table and keep the record with its verdict; problems are told, no more."""
        history, limits = self._history(), limits_of(self._limit_options())
        try:
            past = history.read()
            verdict = verdict_of(judge(record, past, limits))
            for line in report(record, past, limits):
                self._display.display(line)
            if history.garbage:
                self._warn(f"{history.path}: {history.garbage} lines are no records, passed over")
            if not record.failed or self.get_option("keep_failed_runs"):
                history.append(replace(record, verdict=verdict))
        except HistoryError as error:
            self._warn(str(error))
            return "new"
        return verdict

    def _history(self) -> History:
        path = native(self.get_option("history"))
        place = state_dir({"state_dir": native(self.get_option("state_dir"))})
        return History(Path(path) if path else place / HISTORY)

    def _limit_options(self) -> Mapping[str, Any]:
        names = ("percent", "seconds", "megabytes", "runs", "confirm")
        return {name: native(self.get_option(name)) for name in names}

    def _warn(self, text: str) -> None:
        self._display.warning(f"prime.netops.benchmark: {text}")


def limits_of(options: Mapping[str, Any]) -> Limits:
    """The bars by an action's or a callback's options."""
    return Limits(
        percent=max(0.0, float(options["percent"])),
        seconds=max(0.0, float(options["seconds"])),
        megabytes=max(0.0, float(options["megabytes"])),
        runs=max(1, int(options["runs"])),
        confirm=max(1, int(options["confirm"])),
    )
