# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.benchmark_report``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..observe.benchmark import RunRecord
from ..observe.benchmark_history import History, HistoryError
from ..observe.benchmark_page import page
from ..observe.benchmark_table import report
from ..observe.benchmark_verdict import Limits, judge, verdict_of
from .benchmark import HISTORY, limits_of
from .native import native
from .state import state_dir


class BenchmarkReport(ActionBase):  # type: ignore[misc]
    """Documented in plugins/modules/benchmark_report.py."""

    SPEC: ClassVar = {
        "state_dir": {"type": "path"},
        "history": {"type": "path"},
        "playbook": {"type": "str"},
        "dest": {"type": "path"},
        "title": {"type": "str", "default": "Benchmark history"},
        "fail_on_regression": {"type": "bool", "default": False},
        "percent": {"type": "float", "default": 10.0},
        "seconds": {"type": "float", "default": 0.5},
        "megabytes": {"type": "float", "default": 20.0},
        "runs": {"type": "int", "default": 30},
        "confirm": {"type": "int", "default": 2},
    }

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_async = False
    _supports_check_mode = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ansible's entrance."""
        super().run(tmp, task_vars)
        args = native(self.validate_argument_spec(self.SPEC)[1])
        limits = limits_of(args)
        history = History(Path(args["history"] or state_dir(args) / HISTORY))
        try:
            records = _chosen(history.read(), args["playbook"])
            changed = bool(args["dest"]) and self._drawn(records, limits, args)
        except (HistoryError, OSError) as error:
            raise AnsibleActionFail(str(error)) from error
        newest = _newest(records)
        verdicts = {
            name: verdict_of(judge(record, records, limits)) for name, record in newest.items()
        }
        worse = [name for name, verdict in verdicts.items() if verdict == "regression"]
        lines = [line for one in newest.values() for line in ("", *report(one, records, limits))]
        return {
            "changed": changed,
            "failed": bool(args["fail_on_regression"] and worse),
            "msg": _summary(records, worse),
            "verdicts": verdicts,
            "runs": len(records),
            "garbage": history.garbage,
            "report": "\n".join(lines).strip(),
            "history": str(history.path),
            "dest": args["dest"] or "",
        }

    def _drawn(self, records: list[RunRecord], limits: Limits, args: Mapping[str, Any]) -> bool:
        """Write the page where it differs; in check mode only say so."""
        path, text = Path(args["dest"]), page(records, limits, args["title"])
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return False
        if not self._task.check_mode:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.{os.getpid()}")
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(path)
        return True


def _chosen(records: list[RunRecord], playbook: str | None) -> list[RunRecord]:
    return [record for record in records if not playbook or record.playbook == playbook]


def _newest(records: list[RunRecord]) -> dict[str, RunRecord]:
    """The newest run of each playbook."""
    return {record.playbook: record for record in records}


def _summary(records: list[RunRecord], worse: list[str]) -> str:
    if not records:
        return "No run has been measured yet: switch the callback prime.netops.benchmark on."
    if worse:
        return f"A regression in {', '.join(worse)}. The figures are in the result's 'report'."
    return f"{len(records)} runs, no regression in the newest ones."
