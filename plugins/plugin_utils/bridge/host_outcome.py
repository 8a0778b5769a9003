# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.host_outcome``: one device's result of a fleet run, per host.

It runs in a process of its own for every host, so it imports nothing but the store and the text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.utils.color import stringc
from ansible.utils.display import Display

from ..config.normalise import normalise
from ..errors import StoreError
from ..platforms import load
from ..store import Store
from ..store.records import DeviceOutcome
from .check_mode import CHECK_LEDGER
from .native import native
from .state import STORE_SPEC, state_dir


class HostOutcome(ActionBase):  # type: ignore[misc]
    """Documented in plugins/modules/host_outcome.py."""

    SPEC: ClassVar = {**STORE_SPEC, "run_id": {"type": "str", "required": True}}

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_async = False
    _supports_check_mode = True
    _supports_diff = True

    def run(
        self, tmp: str | None = None, task_vars: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ansible's entrance."""
        super().run(tmp, task_vars)
        args = native(self.validate_argument_spec(self.SPEC)[1])
        name = str((task_vars or {})["inventory_hostname"])
        try:
            with _stores(args, self._task.check_mode) as (store, ledger):
                outcome = ledger.outcome(args["run_id"], name)
                if outcome is None:
                    ledger.run(args["run_id"])  # raises for a run that never was
                    return _untouched(name, args["run_id"])
                result = _result(outcome)
                if self._task.diff:
                    result.update(_diffs(outcome, store, ledger))
        except StoreError as error:
            raise AnsibleActionFail(str(error)) from error
        return result


@contextmanager
def _stores(args: Mapping[str, Any], check: bool) -> Iterator[tuple[Store, Store]]:
    """The store with the copies from before the run, and the one that the run was written to."""
    url, place, key = args["store_url"] or None, state_dir(args), args["store_key"] or None
    if not check:
        with Store.open(url, place, key=key) as store:
            yield store, store
        return
    with Store.open(CHECK_LEDGER, place, key=key) as ledger:
        existing = Store.open_existing(url, place, key=key)
        if existing is None:
            yield ledger, ledger
            return
        with existing as store:
            yield store, ledger


def _untouched(name: str, run_id: str) -> dict[str, Any]:
    """A device that the run did not come to, which is neither a success nor its failure."""
    return _skipped(name, f"run {run_id} ended before it came to this device")


def _skipped(name: str, why: str) -> dict[str, Any]:
    message = f"{name}: {why}"
    return {
        "skipped": True,
        "skip_reason": message,
        "changed": False,
        "status": "skipped",
        "msg": message,
    }


def _why(outcome: DeviceOutcome) -> str:
    if outcome.error_class:
        return f"{outcome.error_class}: {outcome.message}. {outcome.remedy}"
    return outcome.message or "it was skipped"


def _result(outcome: DeviceOutcome) -> dict[str, Any]:
    """The device's result with the keys that Ansible and every callback understand."""
    if outcome.status == "skipped":
        return _skipped(outcome.device, _why(outcome))
    unreachable = outcome.status == "unreachable"
    result: dict[str, Any] = {
        "changed": outcome.changed,
        "failed": outcome.status == "failed",
        "status": outcome.status,
        "attempts": outcome.attempts,
        "seconds": round(outcome.seconds, 3),
        "msg": outcome.status,
    }
    if outcome.result is not None:
        result["result"] = outcome.result
    if unreachable:
        result["unreachable"] = True
    if outcome.error_class:
        result["error_class"] = outcome.error_class
        result["remedy"] = outcome.remedy
        result["msg"] = (
            f"{outcome.device}: {outcome.error_class}: {outcome.message}. {outcome.remedy}"
        )
    return result


def _diffs(outcome: DeviceOutcome, store: Store, ledger: Store) -> dict[str, Any]:
    """What ``--diff`` shows: the change of a configuration, or what would mend it."""
    if outcome.changed and outcome.config_sha256 is None:
        return _planned(outcome)
    if outcome.changed:
        return {"diff": _diff(outcome, store, ledger)}
    mending = "".join(
        _mending(finding)
        for judged in ledger.judged(outcome.run_id, outcome.device)
        for finding in judged.findings
        if finding["state"] == "fail" and (finding.get("remediation") or finding.get("diff"))
    )
    if not mending:
        return {}
    name = outcome.device
    prepared = f"--- {name} (as it was judged)\n+++ {name} (as the rules want it)\n{mending}"
    # Ansible shows the diff of a task that changed something, and this one is of what did not.
    Display().display("".join(map(_coloured, prepared.splitlines(keepends=True))))
    return {"diff": {"prepared": prepared}}


def _planned(outcome: DeviceOutcome) -> dict[str, Any]:
    """The lines that a change would enter; their secrets have been taken out."""
    facts = outcome.result
    if not isinstance(facts, Mapping) or "by_hand" not in facts:  # of a task of the user's own
        return {}
    lines = "".join(f"+{line}\n" for line in facts["lines"])
    name, rules = outcome.device, ", ".join(facts.get("rules", ()))
    return {
        "diff": {"prepared": f"--- {name}\n+++ {name} (lines to enter)\n@@ {rules} @@\n{lines}"}
    }


def _coloured(line: str) -> str:
    colours = {
        "+": constants.COLOR_DIFF_ADD,
        "-": constants.COLOR_DIFF_REMOVE,
        "@": constants.COLOR_DIFF_LINES,
    }
    coloured: str = stringc(line.rstrip("\n"), colours.get(line[:1], "normal"))
    return f"{coloured}\n"


def _mending(finding: Mapping[str, Any]) -> str:
    """The lines that would mend one finding; its secrets have been taken out."""
    rows = [*(f"+{line}" for line in finding.get("remediation", ())), *finding.get("diff", ())]
    lines = "".join(f"{row}\n" for row in rows)
    return f"@@ {finding['rule']}: {finding.get('message', '')} @@\n{lines}"


def _diff(outcome: DeviceOutcome, store: Store, ledger: Store) -> dict[str, str]:
    """Before and after as people read them: normalised, secrets taken out."""
    return {
        "before": _shown(store, outcome.previous_sha256, outcome.platform),
        "after": _shown(ledger, outcome.config_sha256, outcome.platform),
        "before_header": f"{outcome.device} (last good copy)",
        "after_header": f"{outcome.device} (run {outcome.run_id})",
    }


def _shown(store: Store, sha256: str | None, platform: str) -> str:
    return normalise(store.text(sha256), load(platform)).text if sha256 else ""
