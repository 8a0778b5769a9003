# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The arguments that fleet actions share, and what they mean to the jobs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..fleet.retry import RetryPolicy
from ..fleet.run import FleetOptions
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
}


def fleet_options(args: Mapping[str, Any], check: bool) -> FleetOptions:
    """The engine's options; raises ValueError with a sentence about the one that is wrong."""
    for name, least in (("workers", 1), ("attempts", 1), ("deadline", 0.001)):
        if args.get(name) is not None and args[name] < least:
            raise ValueError(f"{name} is {args[name]}: it must be {least} or more")
    return FleetOptions(
        workers=args.get("workers"),
        deadline=args["deadline"],
        retry=RetryPolicy(args["attempts"], args["backoff"], args["backoff_cap"]),
        known_hosts=Path(args.get("known_hosts") or state_dir(args) / "known_hosts"),
        learn_host_keys=not check,
    )


def job_options(
    args: Mapping[str, Any],
    check: bool,
    ledger: str | None,
    provenance: Mapping[str, str],
    say: Callable[[str], None],
) -> JobOptions:
    """A job's options from an action's arguments, all of them native values."""
    return JobOptions(
        state_dir=state_dir(args),
        store_url=args.get("store_url") or None,
        store_key=args.get("store_key") or None,
        ledger_url=ledger,
        check=check,
        resume=bool(args.get("resume")),
        fleet=fleet_options(args, check),
        provenance=provenance,
        say=say,
    )
