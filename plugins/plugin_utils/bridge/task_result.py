# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What callbacks ask of Ansible's objects, whose names changed with ansible-core 2.19."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_NO_GROUPS = frozenset({"all", "ungrouped"})


def host_of(result: Any) -> str:
    """The name of the host that a task's result is of."""
    host = getattr(result, "host", None) or result._host
    return str.__str__(host.get_name())


def task_of(result: Any) -> Any:
    """The task that a result is of."""
    return getattr(result, "task", None) or result._task


def result_of(result: Any) -> Mapping[str, Any]:
    """What a task returned, censored by Ansible where ``no_log`` asks for it."""
    values: Mapping[str, Any] | None = getattr(result, "result", None)
    return dict(result._result) if values is None else values


def failure_message(values: Mapping[str, Any]) -> str:
    """What a failed task says, or its first failed item. It may hold secrets."""
    items = values.get("results")
    if isinstance(items, list):
        for item in items:
            if isinstance(item, Mapping) and (item.get("failed") or item.get("unreachable")):
                return failure_message({**item, "results": None})
    for name in ("msg", "censored", "stderr", "reason"):
        if values.get(name):
            return str(values[name])
    return "it failed without a message"


def host_groups(play: Any) -> Callable[[str], frozenset[str]]:
    """A function from a host's name to its inventory groups, but for ``all``."""
    manager = play.get_variable_manager()
    inventory = getattr(manager, "_inventory", None)

    def groups(name: str) -> frozenset[str]:
        host = inventory.get_host(name) if inventory else None
        names = (group.name for group in host.get_groups()) if host else ()
        return frozenset(str.__str__(group) for group in names) - _NO_GROUPS

    return groups
