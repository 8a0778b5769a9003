# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode's throw-away ledger, for the fleet task and the per-host tasks of one playbook run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import constants

from .state import state_dir

CHECK_LEDGER = f"sqlite:///{Path(constants.DEFAULT_LOCAL_TMP) / 'netops-check' / 'netops.db'}"
"""Below Ansible's own temporary directory, which is removed when the playbook ends."""


_SQLITE = "sqlite:///"


def store_url(args: Mapping[str, Any], check: bool) -> str | None:
    """The URL of the store that an action was told to use, None for the one in the state directory.

    Check mode makes no store where none is yet: the throw-away ledger stands in, empty.
    """
    url: str = args.get("store_url") or f"{_SQLITE}{state_dir(args) / 'netops.db'}"
    if check and url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).exists():
        return CHECK_LEDGER
    return args.get("store_url") or None
