# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions behind ``prime.netops.nornir_task`` and ``prime.netops.device_command``."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ..fleet.run import Fleet
from ..jobs.dotted import load_callable
from ..jobs.options import JobOptions
from ..jobs.task import TaskReport, run_task
from ..tasks.send_commands import send_commands
from .action import FleetAction
from .arguments import FLEET_SPEC


class NornirTask(FleetAction):
    """Documented in plugins/modules/nornir_task.py."""

    SPEC: ClassVar = {
        **FLEET_SPEC,
        "task": {"type": "str", "required": True},
        "params": {"type": "dict", "default": {}},
        "host_vars": {"type": "list", "elements": "str", "default": []},
        "stats_key": {"type": "str", "default": "netops_task"},
    }
    _supports_check_mode = False

    def job(
        self, args: Mapping[str, Any], fleet: Fleet, options: JobOptions, stop: threading.Event
    ) -> dict[str, Any]:
        """Load the user's task and run it."""
        work = load_callable(args["task"], [Path(self._loader.get_basedir())])
        report = run_task("task", fleet, work, args["params"], options, stop)
        return {**self.told(report.report, args["stats_key"]), **results(report)}


class DeviceCommand(FleetAction):
    """Documented in plugins/modules/device_command.py."""

    SPEC: ClassVar = {
        **FLEET_SPEC,
        "commands": {"type": "list", "elements": "str", "required": True},
        "parse": {"type": "bool", "default": False},
        "stats_key": {"type": "str", "default": "netops_command"},
    }

    def job(
        self, args: Mapping[str, Any], fleet: Fleet, options: JobOptions, stop: threading.Event
    ) -> dict[str, Any]:
        """Send the commands."""
        params = {"commands": args["commands"], "parse": args["parse"]}
        report = run_task("command", fleet, send_commands, params, options, stop)
        return {**self.told(report.report, args["stats_key"]), **results(report)}


def results(report: TaskReport) -> dict[str, Any]:
    """The devices' own results, and how many did not fit."""
    return {"results": report.results, "results_left_out": report.left_out}
