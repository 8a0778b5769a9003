# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action behind ``prime.netops.config_compliance``."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, get_args

from ..compliance import NO_WAIVERS, RuleSet, load, load_waivers
from ..compliance.golden import Extras
from ..compliance.golden_rule import GoldenOptions, GoldenRule, Missing
from ..compliance.golden_texts import GoldenTexts
from ..compliance.report import FORMATS
from ..compliance.results import Severity
from ..fleet.run import Fleet
from ..jobs.compliance import ComplianceOptions, ComplianceReport, judge_fleet
from ..jobs.judge import Standard
from ..jobs.options import JobOptions
from .action import FleetAction
from .arguments import FLEET_SPEC, MIRROR_SPEC, RULES_SPEC
from .hosts import DeviceReader
from .places import users_file, users_files
from .state import state_dir


class ConfigCompliance(FleetAction):
    """Documented in plugins/modules/config_compliance.py."""

    SPEC: ClassVar = {
        **FLEET_SPEC,
        **RULES_SPEC,
        "min_score": {"type": "float", "default": 70.0},
        "fail_on": {"type": "str", "choices": [each.value for each in Severity]},
        "fresh": {"type": "bool", "default": False},
        "golden": {"type": "list", "elements": "path", "default": []},
        "golden_extras": {"type": "str", "choices": list(get_args(Extras)), "default": "report"},
        "golden_ordered": {"type": "list", "elements": "str", "default": []},
        "golden_ignore": {"type": "list", "elements": "str", "default": []},
        "golden_missing": {
            "type": "str",
            "choices": list(get_args(Missing)),
            "default": "not_applicable",
        },
        "golden_severity": {
            "type": "str",
            "choices": [each.value for each in Severity],
            "default": "high",
        },
        "processes": {"type": "int"},
        "git_path": MIRROR_SPEC["git_path"],
        "formats": {
            "type": "list",
            "elements": "str",
            "choices": list(FORMATS),
            "default": ["html", "json"],
        },
        "report_dir": {"type": "path"},
        "report_title": {"type": "str", "default": "Network compliance"},
        "stats_key": {"type": "str", "default": "netops_compliance"},
    }

    def job(
        self, args: Mapping[str, Any], fleet: Fleet, options: JobOptions, stop: threading.Event
    ) -> dict[str, Any]:
        """Judge the fleet."""
        standard = standard_of(args, self._loader.get_basedir())
        compliance = compliance_options(args, standard)
        fleet = telling(fleet, standard.rules, compliance.role_variable, login=compliance.fresh)
        report = judge_fleet(fleet, options, compliance, stop)
        return self._result(report, args["stats_key"])

    def _result(self, report: ComplianceReport, stats_key: str) -> dict[str, Any]:
        result = self.told(report.report, stats_key)
        found = {
            "score": report.score,
            "verdicts": report.verdicts,
            "states": report.states,
            "worst_rules": report.worst_rules,
        }
        result["ansible_stats"]["data"][stats_key].update(found)
        # A judgement changes nothing, on no device.
        return {**result, **found, "changed": False, "reports": report.files}


def standard_of(args: Mapping[str, Any], beside: str) -> Standard:
    """What to judge by. Raises `RuleError`, a ValueError, with file and line.

    ``beside``: the playbook's directory, where files of the user's are looked for first.
    """
    places = [users_file(place, beside) for place in args["rules"]]
    rules = load(places, profile=args["profile"] or None, params=args["params"])
    waivers, fail_on = args["waivers"], args.get("fail_on")
    return Standard(
        rules=rules.beside(golden_rule(args, beside)) if args.get("golden") else rules,
        waivers=load_waivers(users_file(waivers, beside)) if waivers else NO_WAIVERS,
        today=datetime.now(UTC).date(),
        min_score=_min_score(args.get("min_score", 0.0)),
        fail_on=Severity(fail_on) if fail_on else None,
    )


def golden_rule(args: Mapping[str, Any], beside: str) -> GoldenRule:
    """The comparison with golden texts from the action's arguments; raises ValueError."""
    return GoldenRule(
        GoldenTexts((place, users_files(place, beside)) for place in args["golden"]),
        GoldenOptions(
            extras=args["golden_extras"],
            ordered=args["golden_ordered"],
            ignore=args["golden_ignore"],
            missing=args["golden_missing"],
            severity=Severity(args["golden_severity"]),
        ),
    )


def compliance_options(args: Mapping[str, Any], standard: Standard) -> ComplianceOptions:
    """The job's options from the action's arguments; raises ValueError."""
    if args["processes"] is not None and args["processes"] < 1:
        raise ValueError(f"processes is {args['processes']}: it must be 1 or more")
    return ComplianceOptions(
        standard=standard,
        profile=args["profile"] or "all",
        fresh=args["fresh"],
        processes=args["processes"],
        path_template=args["git_path"],
        role_variable=args["role_variable"],
        formats=args["formats"],
        report_dir=Path(args["report_dir"] or state_dir(args) / "reports"),
        title=args["report_title"],
    )


def _min_score(value: float) -> float:
    if not 0 <= value <= 100:
        raise ValueError(f"min_score is {value:g}: it must be between 0 and 100")
    return value


def telling(fleet: Fleet, rules: RuleSet, role_variable: str, *, login: bool) -> Fleet:
    """The fleet, each device with the variables that the rules read.

    Where nobody is contacted, what a ``login`` needs is not read at all.
    """
    names = (*sorted(rules.variables), "compliance_params", "group_names", role_variable)
    return reading(fleet, names, login=login)


def reading(fleet: Fleet, names: Iterable[str], *, login: bool) -> Fleet:
    """The fleet, each device with these host variables."""
    reader = fleet.resolve
    if not isinstance(reader, DeviceReader):
        raise TypeError("a fleet action's devices come from a DeviceReader")
    reader.reading(names)
    return Fleet(fleet.names, reader if login else reader.described)
