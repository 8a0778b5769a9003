# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's own middleware: asked before a device is contacted, and told when it is done."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nornir.core.task import MultiResult, Result, Task

from ...errors import NetopsError
from ..device import Device
from ..host import fleet_host
from ..outcome import Outcome, Skipped, settle


class DeviceMiddleware(Protocol):
    """What a class of the user's may have; either method can be left out.

    One object serves the whole run, from many threads at a time.
    """

    def before(self, device: Device) -> str | None:
        """Asked once, before anything is sent: a text leaves the device alone, for that reason."""

    def after(self, device: Device, outcome: Outcome) -> None:
        """Told once, when the device is done, however it ended."""


@dataclass(frozen=True, slots=True)
class Hook:
    """A middleware by the name that the user gave for it."""

    name: str
    middleware: Any

    def ask(self, device: Device) -> Skipped | None:
        """The veto; raises `HookFailed` for whatever the method raises."""
        reason = self._call("before", device)
        if reason is None:
            return None
        if not isinstance(reason, str) or not reason.strip():
            raise HookFailed(
                f"middleware {self.name}: before() returned {reason!r}; it has to return None, or "
                "the reason for which the device is left alone"
            )
        return Skipped(f"{reason} ({self.name})")

    def tell(self, device: Device, outcome: Outcome) -> None:
        """Hand on the outcome; raises `HookFailed` for whatever the method raises."""
        self._call("after", device, outcome)

    def _call(self, method: str, *arguments: Any) -> Any:
        function = getattr(self.middleware, method, None)
        if function is None:
            return None
        try:
            return function(*arguments)
        except (Exception, SystemExit) as error:
            raise HookFailed(
                f"middleware {self.name}: {method}() raised {type(error).__name__}: {error}"
            ) from error


class HookFailed(NetopsError):
    """A middleware of the user's raised, or returned what means nothing."""


def hooked(work: Callable[..., Result], hooks: Sequence[Hook]) -> Callable[..., Result]:
    """The device's task with the hooks around it; ``work`` itself where there are none.

    They run in the device's own thread, within its deadline: one that hangs costs its device and
    not the run. That is why they are no Nornir processors, which the runner itself has to call.
    """
    if not hooks:
        return work

    @functools.wraps(work)
    def with_hooks(task: Task, **params: Any) -> Result:
        device = fleet_host(task.host).device
        result = _asked(task, hooks) or work(task, **params)
        outcome = settle(fleet_host(task.host), _alone(task, result))
        fault: NetopsError | None = None
        for hook in hooks:  # all of them, or one's fault would hide the device from the others
            try:
                hook.tell(device, outcome)
            except HookFailed as failed:
                fault = fault or failed
        if fault is None or result.exception:
            return result
        kept = None if isinstance(result.result, Skipped) else result.result
        return Result(task.host, result=kept, failed=True, exception=fault)

    return with_hooks


def _asked(task: Task, hooks: Sequence[Hook]) -> Result | None:
    """The end of a device that is not tried: the first veto, or the first fault."""
    try:
        for hook in hooks:
            if veto := hook.ask(fleet_host(task.host).device):
                return Result(task.host, result=veto)
    except HookFailed as fault:
        return Result(task.host, failed=True, exception=fault)
    return None


def _alone(task: Task, result: Result) -> MultiResult:
    """The result in the shape in which Nornir hands it to processors."""
    results = MultiResult(task.name)
    results.append(result)
    return results
