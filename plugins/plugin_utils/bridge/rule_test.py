# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.rule_test``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ..compliance import load
from ..compliance.rule_test import CaseResult, coverage, run
from .native import native
from .places import users_file

SHOWN = 50
"""Cases told on the screen; the result has more of them."""
KEPT = 500


class RuleTest(ActionBase):  # type: ignore[misc]
    """Documented in plugins/modules/rule_test.py."""

    SPEC: ClassVar = {
        "rules": {"type": "list", "elements": "path", "default": []},
        "fixtures": {"type": "path", "required": True},
        "shipped": {"type": "bool", "default": False},
        "coverage": {"type": "bool", "default": True},
    }

    BYPASS_HOST_LOOP = True
    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_async = False
    _supports_check_mode = True
    _supports_diff = False

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ansible's entrance."""
        super().run(tmp, task_vars)
        args = native(self.validate_argument_spec(self.SPEC)[1])
        try:
            return _result(*self._work(args))
        except ValueError as error:  # a rule or fixture file, with file and line
            raise AnsibleActionFail(str(error)) from error

    def _work(self, args: Mapping[str, Any]) -> tuple[list[CaseResult], list[str]]:
        beside = self._loader.get_basedir()
        directories = [users_file(place, beside) for place in args["rules"]]
        fixtures = users_file(args["fixtures"], beside)
        rules = load(directories, shipped=args["shipped"])
        results = list(run(rules, fixtures))
        return results, list(coverage(rules, fixtures)) if args["coverage"] else []


def _result(results: list[CaseResult], missing: list[str]) -> dict[str, Any]:
    bad = [
        f"{each.rule} on {each.platform}, {each.name or each.kind}: {each.message}"
        for each in results
        if not each.ok
    ]
    for line in (*bad, *missing)[:SHOWN]:
        Display().display(f"  {line}")
    return {
        "changed": False,
        "failed": bool(bad or missing),
        "msg": f"{len(results)} cases and mutations: {len(bad)} came out otherwise than expected, "
        f"{len(missing)} are missing.",
        "cases": len(results),
        "failures": bad[:KEPT],
        "missing": missing[:KEPT],
    }
