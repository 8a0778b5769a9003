# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.config_apply``."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

from ..compliance.results import Severity
from ..fleet.run import Fleet
from ..jobs.apply import ChangeOptions, ChangeReport, Mending, change_fleet
from ..jobs.options import JobOptions
from ..jobs.report import Report
from .action import FleetAction
from .arguments import FLEET_SPEC, MIRROR_SPEC, RULES_SPEC, mirror_dir, mirror_options
from .config_compliance import reading, standard_of, telling

SUMMARISED = 100
"""Devices that the summary has a line for; the result has more, and the ledger all."""
HASH = 12
"""Characters of a copy's hash that the summary shows, as git does."""


class ConfigApply(FleetAction):
    """Documented in plugins/modules/config_apply.py."""

    SPEC: ClassVar = {
        **FLEET_SPEC,
        **MIRROR_SPEC,
        **RULES_SPEC,
        "deadline": {"type": "float", "default": 600.0},
        "lines": {"type": "list", "elements": "str", "no_log": True},
        "lines_variable": {"type": "str"},
        "remediate": {"type": "bool", "default": False},
        "only": {"type": "list", "elements": "str", "default": []},
        "min_severity": {"type": "str", "choices": [each.value for each in Severity]},
        "canary": {"type": "int", "default": 1},
        "max_failures": {"type": "int", "default": 0},
        "confirm_minutes": {"type": "int", "default": 5},
        "save": {"type": "bool", "default": True},
        "stats_key": {"type": "str", "default": "netops_apply"},
    }

    def job(
        self, args: Mapping[str, Any], fleet: Fleet, options: JobOptions, stop: threading.Event
    ) -> dict[str, Any]:
        """Change the fleet."""
        change = _change(args, self._loader.get_basedir())
        login = not options.check
        if change.mending:
            rules = change.mending.standard.rules
            fleet = telling(fleet, rules, args["role_variable"], login=login)
        else:
            fleet = reading(fleet, [change.variable] if change.variable else [], login=login)
        report = change_fleet(fleet, options, mirror_options(args), change, stop)
        return {
            **self.told(report.report, args["stats_key"]),
            "devices": report.devices,
            "left_out": report.left_out,
            "summary": list(_summary(report, options.check)),
            "spokesman": _standing(fleet.names, report.report),
            "git_dir": str(mirror_dir(args)),
        }


def _standing(names: Sequence[str], report: Report) -> str:
    """A host that later plays still have: one that has not failed, if there is any."""
    gone = {*report.failed_hosts}
    return next((name for name in names if name not in gone), names[0])


def _change(args: Mapping[str, Any], beside: str) -> ChangeOptions:
    """The job's options from the action's arguments; raises ValueError."""
    given = [name for name in ("lines", "lines_variable", "remediate") if args[name]]
    if len(given) != 1:
        raise ValueError(
            "give one of lines, lines_variable and remediate, "
            + (f"not {' and '.join(given)}" if given else "to say what is to be entered")
        )
    for name, least in (("canary", 0), ("max_failures", 0), ("confirm_minutes", 1)):
        if args[name] < least:
            raise ValueError(f"{name} is {args[name]}: it must be {least} or more")
    if args["confirm_minutes"] * 60 > 3600:
        raise ValueError("confirm_minutes is more than 60: no platform waits that long for sure")
    return ChangeOptions(
        lines=args["lines"],
        variable=args["lines_variable"],
        mending=_mending(args, beside) if args["remediate"] else None,
        canary=args["canary"],
        max_failures=args["max_failures"],
        minutes=args["confirm_minutes"],
        save=args["save"],
    )


def _mending(args: Mapping[str, Any], beside: str) -> Mending:
    standard = standard_of(args, beside)
    unknown = sorted(set(args["only"]) - {rule.id for rule in standard.rules.rules})
    if unknown:
        profile = args["profile"] or "all"
        raise ValueError(f"only: the profile {profile} has no rule {', '.join(unknown)}")
    severity = args["min_severity"]
    return Mending(
        standard,
        frozenset(args["only"]),
        Severity(severity) if severity else None,
        args["role_variable"],
    )


def _summary(report: ChangeReport, check: bool) -> Iterator[str]:
    """A line for each device on which there was something to be done."""
    names = sorted(report.devices)
    for name in names[:SUMMARISED]:
        told = report.devices[name]
        if parts := list(_parts(told, check)):
            yield f"{name}: {'; '.join(parts)}"
    if len(names) > SUMMARISED:
        yield f"and {len(names) - SUMMARISED} more devices"


def _parts(told: Mapping[str, Any], check: bool) -> Iterator[str]:
    rules, number = ", ".join(told.get("rules", ())), len(told.get("lines", ()))
    lines = "1 line" if number == 1 else f"{number} lines"
    if number and check:
        how = (
            f"to be entered by hand ({told['cannot']})" if "cannot" in told else "would be entered"
        )
        yield f"{lines} {how}" + (f", to mend {rules}" if rules else "")
    elif told["status"] in ("failed", "unreachable", "skipped"):
        yield told["status"] + (f", not mended: {rules}" if rules else "")
    elif "mended" in told:
        yield f"mended {rules}" if rules else f"{lines} entered"
    if told.get("by_hand"):
        yield f"by hand: {', '.join(told['by_hand'])}"
    if "before" in told:
        after = f", after {told['after'][:HASH]}" if "after" in told else ""
        yield f"copies: before {told['before'][:HASH]}{after}"
