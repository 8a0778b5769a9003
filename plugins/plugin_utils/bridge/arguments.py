# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments that fleet actions share, and what they mean to the jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..fleet.guard import HOUR, OFF, GuardOptions
from ..fleet.logins import LoginPolicy
from ..fleet.profile import ThreadProfile
from ..fleet.retry import RetryPolicy
from ..fleet.run import FleetOptions
from ..jobs.backup import MirrorOptions
from ..jobs.hooks import load_hooks
from ..jobs.options import JobOptions
from .state import STORE_SPEC, state_dir

FLEET_SPEC: dict[str, dict[str, Any]] = {
    **STORE_SPEC,
    "workers": {"type": "int"},
    "deadline": {"type": "float", "default": 120.0},
    "attempts": {"type": "int", "default": 3},
    "backoff": {"type": "float", "default": 1.0},
    "backoff_cap": {"type": "float", "default": 30.0},
    "known_hosts": {"type": "path"},
    "site_variable": {"type": "str", "default": "site"},
    "breaker_variable": {"type": "str"},
    "breaker_rate": {"type": "float", "default": 80.0},
    "breaker_run_rate": {"type": "float", "default": 90.0},
    "breaker_cooldown": {"type": "float", "default": 30.0},
    "max_bad_logins": {"type": "int", "default": 3},
    "login_window": {"type": "float", "default": 1800.0},
    "aaa_variable": {"type": "str"},
    "quarantine_after": {"type": "int", "default": 3},
    "quarantine_hours": {"type": "float", "default": 20.0},
    "ignore_quarantine": {"type": "bool", "default": False},
    "middleware": {"type": "list", "elements": "str", "default": []},
    "profile_file": {"type": "path"},
    "metrics_file": {"type": "path"},
    "metrics_per_device": {"type": "bool", "default": False},
}

MIRROR_SPEC: dict[str, dict[str, Any]] = {
    "git": {"type": "bool", "default": True},
    "git_dir": {"type": "path"},
    "git_path": {"type": "str", "default": "{{ site }}/{{ host }}"},
}
RULES_SPEC: dict[str, dict[str, Any]] = {
    "profile": {"type": "str", "default": "baseline"},
    "rules": {"type": "list", "elements": "path", "default": []},
    "params": {"type": "dict", "default": {}},
    "waivers": {"type": "path"},
    "role_variable": {"type": "str", "default": "role"},
}


def mirror_dir(args: Mapping[str, Any]) -> Path:
    """Where the git mirror is, whether it is written or not."""
    return Path(args["git_dir"] or state_dir(args) / "configs")


def mirror_options(args: Mapping[str, Any]) -> MirrorOptions | None:
    """The mirror that the job writes, by MIRROR_SPEC's arguments."""
    return MirrorOptions(mirror_dir(args), args["git_path"]) if args["git"] else None


def fleet_options(
    args: Mapping[str, Any], check: bool, search: Sequence[Path] = ()
) -> FleetOptions:
    """The engine's options; raises ValueError with a sentence about the one that is wrong.

    ``search``: where the user's own Python lies, before `sys.path`.
    """
    for name, least in (("workers", 1), ("attempts", 1), ("deadline", 0.001)):
        if args.get(name) is not None and args[name] < least:
            raise ValueError(f"{name} is {args[name]}: it must be {least} or more")
    return FleetOptions(
        workers=args.get("workers"),
        deadline=args["deadline"],
        retry=RetryPolicy(args["attempts"], args["backoff"], args["backoff_cap"]),
        known_hosts=Path(args.get("known_hosts") or state_dir(args) / "known_hosts"),
        learn_host_keys=not check,
        guard=guard_options(args),
        hooks=load_hooks(args["middleware"] or (), search),
        profile=ThreadProfile() if args.get("profile_file") else None,
    )


def guard_options(args: Mapping[str, Any]) -> GuardOptions:
    """The policies of the breakers; what an option sets to 0 is off. Raises ValueError."""
    for name, most in (("breaker_rate", 100), ("breaker_run_rate", 100)):
        if not 0 <= args[name] <= most:
            raise ValueError(f"{name} is {args[name]}: it is a percentage, from 0 (off) to {most}")
    for name in ("breaker_cooldown", "login_window", "quarantine_hours"):
        if args[name] <= 0:
            raise ValueError(f"{name} is {args[name]}: it must be more than 0")
    default, cooldown, hours = GuardOptions(), args["breaker_cooldown"], args["quarantine_hours"]
    return GuardOptions(
        group=replace(default.group, rate=args["breaker_rate"] / 100, cooldown=cooldown),
        credential=replace(default.credential, cooldown=cooldown)
        if args["max_bad_logins"] > 0
        else OFF,
        run=replace(default.run, rate=args["breaker_run_rate"] / 100, cooldown=cooldown),
        device=replace(default.device, consecutive=args["quarantine_after"], cooldown=hours * HOUR),
        logins=LoginPolicy(args["max_bad_logins"], args["login_window"]),
        ignore_quarantine=args["ignore_quarantine"],
    )


def job_options(
    args: Mapping[str, Any],
    check: bool,
    ledger: str | None,
    provenance: Mapping[str, str],
    say: Callable[[str], None],
    live: Callable[[str], None] | None = None,
    search: Sequence[Path] = (),
) -> JobOptions:
    """A job's options from an action's arguments, all of them native values."""
    return JobOptions(
        state_dir=state_dir(args),
        store_url=args.get("store_url") or None,
        store_key=args.get("store_key") or None,
        ledger_url=ledger,
        check=check,
        resume=bool(args.get("resume")),
        fleet=fleet_options(args, check, search),
        provenance=provenance,
        say=say,
        live=live,
    )
