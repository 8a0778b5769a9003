# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.config_backup``."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, ClassVar

from ..fleet.run import Fleet
from ..jobs.age import seconds_of
from ..jobs.backup import BackupOptions, back_up
from ..jobs.options import JobOptions
from .action import FleetAction
from .arguments import FLEET_SPEC, MIRROR_SPEC, mirror_dir, mirror_options
from .state import state_dir


class ConfigBackup(FleetAction):
    """Documented in plugins/modules/config_backup.py."""

    SPEC: ClassVar = {
        **FLEET_SPEC,
        **MIRROR_SPEC,
        "accept_smaller": {"type": "bool", "default": False},
        "resume": {"type": "bool", "default": False},
        "max_age": {"type": "str"},
        "max_copy_age": {"type": "str"},
        "stats_key": {"type": "str", "default": "netops_backup"},
    }

    def job(
        self, args: Mapping[str, Any], fleet: Fleet, options: JobOptions, stop: threading.Event
    ) -> dict[str, Any]:
        """Back up the fleet."""
        backup = BackupOptions(
            accept_smaller=args["accept_smaller"],
            max_age=seconds_of("max_age", args["max_age"]),
            max_copy_age=seconds_of("max_copy_age", args["max_copy_age"]),
        )
        report = back_up(fleet, options, mirror_options(args), stop, backup)
        return {
            **self.told(report, args["stats_key"]),
            "resumed": report.resumed,
            "fresh": report.fresh,
            "stale": report.stale,
            "state_dir": str(state_dir(args)),
            "git_dir": str(mirror_dir(args)),
        }
