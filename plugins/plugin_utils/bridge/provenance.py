# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who started the run: AWX tells it in variables, a shell in the environment."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping
from typing import Any

from .native import native

_AWX = (
    "awx_job_id",
    "awx_workflow_job_id",
    "awx_job_template_name",
    "awx_schedule_name",
    "awx_user_name",
    "awx_execution_node",
)


def provenance(variables: Mapping[str, Any]) -> dict[str, str]:
    """Plain strings for the run's row; only what is known."""
    known = {name: str(native(variables[name])) for name in _AWX if variables.get(name)}
    return {**known, "controller": socket.gethostname(), "user": _user()}


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return "unknown"
