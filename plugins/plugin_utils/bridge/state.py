# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the collection keeps what it keeps, as actions are told it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STORE_SPEC: dict[str, dict[str, Any]] = {
    "state_dir": {"type": "path"},
    "store_url": {"type": "str", "no_log": True},
    "store_key": {"type": "str", "no_log": True},
}


def state_dir(args: Mapping[str, Any]) -> Path:
    """The directory of everything this collection keeps; XDG's place for state by default."""
    if args.get("state_dir"):
        return Path(args["state_dir"])
    base = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(base) / "prime.netops"
