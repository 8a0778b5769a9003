# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.run_info``: what the ledger knows."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any, ClassVar

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..errors import MirrorError, Scope, StoreError
from ..fleet.guard import LOGINS
from ..jobs.age import seconds_of
from ..jobs.freshness import SHOWN, stale, told
from ..jobs.reconcile import Verification, verify
from ..store import Store
from ..store.breakers import BreakerStore
from ..store.records import BreakerRecord, DeviceOutcome, Run
from .arguments import MIRROR_SPEC, mirror_options
from .native import native
from .state import STORE_SPEC, state_dir

DEVICES = 500
"""Devices of a run that are told: with 800 characters each they stay below AWX's 700,000."""
STATUSES = ("ok", "changed", "failed", "unreachable", "skipped")


class RunInfo(ActionBase):  # type: ignore[misc]
    """Documented in plugins/modules/run_info.py."""

    SPEC: ClassVar = {
        **STORE_SPEC,
        **MIRROR_SPEC,
        "kind": {"type": "str"},
        "limit": {"type": "int", "default": 20},
        "run_id": {"type": "str"},
        "statuses": {"type": "list", "elements": "str", "choices": list(STATUSES)},
        "hosts": {"type": "list", "elements": "str"},
        "max_copy_age": {"type": "str"},
        "verify": {"type": "bool", "default": False},
        "mend": {"type": "bool", "default": True},
    }

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
        check = bool(self._task.check_mode)
        try:
            max_copy_age = seconds_of("max_copy_age", args["max_copy_age"])
            store = _open(args, check)
            if store is None:
                return _empty(args)
            with store:
                if not check:
                    store.close_dead_runs()
                result = _looked_up(store, args, max_copy_age)
                if args["verify"]:
                    mend = args["mend"] and not check
                    result |= _verified(verify(store, mirror_options(args), mend), args["mend"])
        except (StoreError, MirrorError, ValueError) as error:
            raise AnsibleActionFail(str(error)) from error
        return result


def _open(args: Mapping[str, Any], check: bool) -> Store | None:
    """The store; None where none is yet, for looking makes none."""
    where = (args["store_url"] or None, state_dir(args), args["store_key"] or None)
    existing = Store.open_existing(*where)
    if existing is None:
        return None
    if check:
        existing.require_current()
        return existing
    existing.close()
    return Store.open(*where)  # migrated, if it is of an older version


def _empty(args: Mapping[str, Any]) -> dict[str, Any]:
    place = "the database of store_url" if args["store_url"] else state_dir(args)
    message = f"There is no store in {place} yet: nothing has been backed up."
    return {"changed": False, "failed": False, "runs": [], "msg": message}


def _looked_up(store: Store, args: Mapping[str, Any], max_copy_age: float | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "changed": False,
        "failed": False,
        "runs": [_run(each) for each in store.runs(args["limit"], args["kind"])],
        "freshness": _freshness(store, args["hosts"], max_copy_age),
        **_guarded(store.breakers()),
    }
    if args["run_id"]:
        result["run"] = _run(store.run(args["run_id"]))
        outcomes = store.outcomes(args["run_id"], args["statuses"])
        result["devices"] = [_device(each) for each in islice(outcomes, DEVICES)]
    return result


def _guarded(kept: BreakerStore) -> dict[str, Any]:
    """Breakers that are open, devices in quarantine, and accounts with bad logins."""
    shared: list[BreakerRecord] = []
    alone: list[BreakerRecord] = []
    for record in kept.load([scope.value for scope in Scope]):
        if record.state != "closed":
            (alone if record.scope == Scope.DEVICE.value else shared).append(record)
    return {
        "breakers": [{"scope": each.scope, **_open_breaker(each)} for each in shared],
        "quarantine": {
            "devices": len(alone),
            "first": [_open_breaker(each) for each in alone[:SHOWN]],
        },
        "bad_logins": [
            {"account": account, "logins": logins, "last": at.isoformat(timespec="seconds")}
            for account, logins, at in kept.bad_logins(LOGINS.window)
        ],
    }


def _open_breaker(record: BreakerRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "failures": record.failures,
        "until": record.until.isoformat(timespec="seconds"),
        "reason": record.reason,
    }


def _run(run: Run) -> dict[str, Any]:
    """A run as JSON types."""
    return {
        "run_id": run.id,
        "kind": run.kind,
        "status": run.status,
        "counts": dict(run.counts) or {"total": run.devices},
        "started": run.started.isoformat(timespec="seconds"),
        "finished": run.finished.isoformat(timespec="seconds") if run.finished else None,
        "heartbeat": run.heartbeat.isoformat(timespec="seconds"),
        "host": run.host,
        "provenance": dict(run.provenance),
    }


def _device(outcome: DeviceOutcome) -> dict[str, Any]:
    """A device of a run as JSON types; its configuration by hash only."""
    return {
        "device": outcome.device,
        "site": outcome.site,
        "status": outcome.status,
        "error_class": outcome.error_class,
        "message": (outcome.message or "")[:300],
        "attempts": outcome.attempts,
        "seconds": round(outcome.seconds, 3),
        "config_sha256": outcome.config_sha256,
    }


def _freshness(store: Store, hosts: list[str] | None, max_copy_age: float | None) -> dict[str, Any]:
    """The ages of the good copies, the oldest of them by name."""
    ages = list(store.ages(hosts))
    known = [age.seconds for age in ages if age.seconds is not None]
    told_of: dict[str, Any] = {
        "devices": len(ages),
        "never": len(ages) - len(known),
        "oldest_age": round(max(known)) if known else None,
        "youngest_age": round(min(known)) if known else None,
        "oldest": [told(age) for age in ages[:SHOWN]],
    }
    if max_copy_age is not None:
        told_of["stale"] = stale(store, hosts, max_copy_age).told()
    return told_of


def _verified(found: Verification, mend: bool) -> dict[str, Any]:
    """Changed: what was mended, or in check mode would be. Failed: what no mending puts right."""
    left = found.lasting + len(found.problems)
    words = (
        f"{found.devices} devices and {found.texts} texts compared: "
        f"{sum(found.counts.values())} differ, {found.mended} mended in git, "
        f"{left} need a person."
    )
    return {
        "verification": found.told(),
        "changed": found.mended > 0 or (mend and found.mendable > 0),
        "failed": left > 0,
        "msg": words,
    }
