# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every fleet action does around its job: arguments in, job, result out."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..config.redact import MIN_SECRET
from ..errors import MirrorError, StoreError
from ..fleet.heaps import share_heaps
from ..fleet.run import Fleet
from ..jobs.options import JobOptions
from ..jobs.report import Report
from .arguments import job_options
from .check_mode import CHECK_LEDGER
from .fact_cleaning import list_connections_once
from .hosts import DeviceReader
from .metrics import measured
from .native import native
from .provenance import provenance
from .screen import live_line, logging_to, show_failures, show_profile
from .signals import stop_on_signal


class FleetAction(ActionBase):  # type: ignore[misc]
    """One task for all hosts of the play's batch; subclasses name their SPEC and do the job.

    A device's failure never fails the task: that is what ``host_outcome`` is for. The task fails
    for its own faults: a wrong argument, a store that cannot be written, an interruption.
    """

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_async = False
    _supports_check_mode = True
    _supports_diff = True

    SPEC: ClassVar[dict[str, dict[str, Any]]] = {}

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ansible's entrance."""
        super().run(tmp, task_vars)
        _spare_the_collector()
        share_heaps()
        variables = task_vars or {}
        args = native(self.validate_argument_spec(self.SPEC)[1])
        display = Display()
        self._warn_without_run_once(display)
        reader = self._reader(args, variables)
        names = [str(name) for name in variables["ansible_play_batch"]]
        try:
            with stop_on_signal() as stop, logging_to(display):
                options = self._options(args, variables, display)
                result = self.job(args, Fleet(names, reader), options, stop)
                show_profile(options.fleet.profile, args["profile_file"], display)
                result["warnings"] += measured(args, options, result["run_id"])
        except (StoreError, MirrorError, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        return scrubbed(result, reader.secrets)

    def job(
        self, args: Mapping[str, Any], fleet: Fleet, options: JobOptions, stop: threading.Event
    ) -> dict[str, Any]:
        """Do the work; subclasses."""
        raise NotImplementedError

    def told(self, report: Report, stats_key: str) -> dict[str, Any]:
        """Show the failures, and return the task's result."""
        show_failures(report, Display())
        return report_result(report, stats_key)

    def _reader(self, args: Mapping[str, Any], variables: Mapping[str, Any]) -> DeviceReader:
        # A delegated task's connection is localhost's: the first host's variables are not in it.
        first_host = {} if self._task.delegate_to else variables
        command_line = {
            "remote_user": self._task.remote_user,
            "port": self._task.port,
            "password": _asked_for(self._play_context, "password", first_host),
            "become_password": _asked_for(self._play_context, "become_pass", first_host),
        }
        names = args.get("host_vars") or ()
        keys = {
            "site": args["site_variable"],
            "group": args["breaker_variable"] or args["site_variable"],
            "aaa_domain": args["aaa_variable"],
        }
        list_connections_once()
        return DeviceReader(variables["hostvars"], command_line, keys, names)

    def _options(
        self, args: Mapping[str, Any], variables: Mapping[str, Any], display: Display
    ) -> JobOptions:
        check = bool(self._task.check_mode)
        return job_options(
            args,
            check=check,
            ledger=CHECK_LEDGER if check else None,
            provenance=provenance(variables),
            say=display.display,
            live=live_line(display),
            search=[Path(self._loader.get_basedir())],
        )

    def _warn_without_run_once(self, display: Display) -> None:
        if not self._task.run_once:
            display.warning(
                f"{self._task.action} works on all hosts at once: add 'run_once: true' to the "
                "task, or its registered result reaches the first host only."
            )


def _asked_for(play_context: Any, name: str, variables: Mapping[str, Any]) -> str | None:
    """What the user answered to ``-k`` or ``-K``.

    Ansible puts the first host's own password over it, which no other device may ever see.
    """
    if any(alias in variables for alias in constants.MAGIC_VARIABLE_MAPPING[name]):
        return None
    asked: str | None = getattr(play_context, name)
    return asked


def scrubbed(result: Mapping[str, Any], secrets: Iterable[str]) -> dict[str, Any]:
    """The result without any device's secrets in what devices and libraries said.

    Names, ids and counts stay as they are: a host that is called like its password has to be
    found again by the tasks that follow.
    """
    texts = {
        "warnings": result["warnings"],
        "results": result.get("results", {}),
        "failures": [failure["message"] for failure in result["failures"]],
    }
    clean = remove_values(texts, {secret for secret in secrets if len(secret) >= MIN_SECRET})
    pairs = zip(result["failures"], clean["failures"], strict=True)
    clean["failures"] = [{**failure, "message": message} for failure, message in pairs]
    return {**result, **{name: clean[name] for name in texts if name in result}}


def _spare_the_collector() -> None:
    """Keep the garbage collector off what Ansible made before, and let it come less often.

    The worker is a fork of a process that holds the whole inventory. Walking that heap again and
    again, and copying its pages by doing so, took a tenth of a run's time; the process ends with
    the task, so nothing has to be put back.
    """
    gc.freeze()
    gc.set_threshold(5_000, 10, 10)


def report_result(report: Report, stats_key: str) -> dict[str, Any]:
    """A task's result: counts, run id, failures as far as they fit, and AWX's artifact."""
    counts = report.counts
    result = {
        "changed": counts["changed"] > 0,
        "failed": report.status == "interrupted",
        "msg": summary(report),
        "run_id": report.run_id,
        "status": report.status,
        "counts": counts,
        "classes": report.classes,
        "failures": report.failures,
        "failed_hosts": report.failed_hosts,
        "commit": report.commit,
        "warnings": report.problems,
    }
    facts = {name: result[name] for name in ("run_id", "status", "counts", "classes", "commit")}
    result["ansible_stats"] = {"data": {stats_key: facts}, "per_host": False, "aggregate": False}
    return result


def summary(report: Report) -> str:
    """The run in a sentence."""
    counts = report.counts
    words = [f"{counts[name]} {name}" for name in counts if name != "total" and counts[name]]
    ended = "" if report.status == "finished" else f" The run was {report.status}."
    fresh = (
        f" {report.fresh} were skipped, their copies being young enough." if report.fresh else ""
    )
    before = "" if report.resumed is None else f" {report.resumed} of them were done before."
    return f"{counts['total']} devices: {', '.join(words) or 'nothing done'}.{before}{fresh}{ended}"
