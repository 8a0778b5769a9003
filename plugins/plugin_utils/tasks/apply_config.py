# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nornir task: enter lines, and let them stay only if the device can still be entered.

In this order: a copy from before; the lines, up to the first that is refused; a new login beside
the session that has entered them; a copy from after, judged; and only then the confirmation. What
goes wrong on the way is taken back where the platform can.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from netmiko import BaseConnection
from nornir.core.task import Result, Task

from ..config.normalise import Normalised
from ..errors import AccessLost, CannotConfigure, NetopsError
from ..fleet.classify import classify
from ..fleet.device import Device
from ..fleet.host import FleetHost, fleet_host
from .entry import Entry
from .fetch_config import config_text
from .session import another_session, session

LOOKS = 2
"""How often a copy is asked for after the change: nothing may be repeated but this."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done on a device.

    ``lines`` may hold secrets and are for the device alone; ``shown`` are the same for people.
    ``rules`` are those that the lines are to mend, ``by_hand`` what fails and has no lines, with
    the reason; ``passing`` are the rules that passed before.
    """

    lines: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    by_hand: Mapping[str, str] = field(default_factory=dict)
    passing: frozenset[str] = frozenset()

    def told(self) -> dict[str, Any]:
        """For the device's host and for reports."""
        return {
            "lines": list(self.shown),
            "rules": list(self.rules),
            "by_hand": dict(self.by_hand),
        }


class Planner(Protocol):
    """Where the lines come from, and what judges what has become of them."""

    def plan(self, device: Device) -> Plan:
        """What is to be done as far as the store tells; raises `NetopsError`."""

    def again(self, device: Device, copy: Normalised) -> Plan:
        """What is to be done by what the device has now."""

    def judge(self, device: Device, plan: Plan, copy: Normalised) -> None:
        """Raise `NotMended` for a change that did not do what it was made for."""


class Copies(Protocol):
    """Where copies go, and what proves them complete."""

    def prove(self, host: FleetHost, text: str, before: Normalised | None) -> Normalised:
        """The text, proved complete; raises `NetopsError`."""

    def keep_before(self, host: FleetHost, copy: Normalised) -> str:
        """Keep the copy from before, and return when it is safe; a sentence that says where."""


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """``minutes`` until a device takes back what nobody confirms; ``name`` is that of the change,
    for devices that want one."""

    minutes: int = 5
    save: bool = True
    name: str = "netops"


def show_lines(task: Task, planner: Planner) -> Result:
    """What check mode does: tell the lines, contact nobody."""
    host = fleet_host(task.host)
    plan = planner.plan(host.device)
    facts = plan.told()
    if plan.lines:
        try:
            Entry.demand(host.device.os)
        except CannotConfigure as error:  # the lines are worth showing all the same
            facts["cannot"] = str(error)
    host.flight.facts = facts
    return Result(host, changed=bool(plan.lines))


def apply_config(task: Task, planner: Planner, copies: Copies, options: ApplyOptions) -> Result:
    """Change the device; ``result`` is the copy from after, `Normalised`.

    A device on which nothing is to be done is not contacted. Raises what `classify` understands;
    the flight's ``aftermath`` then says what the device is left with.
    """
    host = fleet_host(task.host)
    plan = planner.plan(host.device)
    host.flight.facts = plan.told()
    if not plan.lines:
        return Result(host)
    Entry.demand(host.device.os)
    connection = session(task)
    before = copies.prove(host, config_text(host, connection), None)
    plan = planner.again(host.device, before)
    host.flight.facts = plan.told()
    if not plan.lines:  # somebody has mended it since the stored copy
        return Result(host, result=before)
    where = copies.keep_before(host, before)
    entry = Entry(host, connection, plan.lines, plan.shown, options.minutes, options.name, where)
    change = _Change(host, connection, planner, copies, plan, before, entry)
    after = change.make(options.save)
    host.flight.facts = {**host.flight.facts, "mended": list(plan.rules)}
    return Result(host, result=after, changed=after.text_sha256 != before.text_sha256)


@dataclass(slots=True)
class _Change:
    """One device's change, from its first line to its end."""

    host: FleetHost
    connection: BaseConnection
    planner: Planner
    copies: Copies
    plan: Plan
    before: Normalised
    entry: Entry

    def make(self, save: bool) -> Normalised:
        """Enter the lines, look, and confirm or take back."""
        self.entry.begin()
        try:
            self.entry.enter()
            self.entry.commit()
            after = self._look()
            self.planner.judge(self.host.device, self.plan, after)
            self.entry.confirm()
        except Exception as error:
            # Whoever ended the flight has the last word, and a connection that is closed already.
            if not self.host.flight.aborted.is_set():
                self._undo()
            raise classify(error) from error
        self.host.flight.salvage = after
        if save:
            self.entry.save()
        return after

    def _look(self) -> Normalised:
        """The copy from after, by a session that did not exist before the change."""
        self.host.flight.phase = "logging in once more after the change"
        try:
            with another_session(self.host) as fresh:
                return self._copy(fresh)
        except _NoCopy as failure:
            raise failure.error from failure
        except Exception as error:
            self.host.flight.check()
            told = classify(error)
            raise AccessLost(
                f"after the change a new login failed: {told.error_class.value}: {told}"
            ) from error

    def _copy(self, connection: BaseConnection) -> Normalised:
        error: NetopsError | None = None
        for _look in range(LOOKS):
            try:
                return self.copies.prove(self.host, config_text(self.host, connection), self.before)
            except NetopsError as failure:
                error = failure
        raise _NoCopy(error or NetopsError("no copy"))

    def _undo(self) -> None:
        """Take back what can be, and take a copy of what there is then."""
        self.entry.take_back()
        with suppress(Exception):
            copy = self._copy(self.connection)
            self.host.flight.salvage = copy
            self.entry.compare(copy.stable_sha256 == self.before.stable_sha256)


class _NoCopy(Exception):
    """The session works, but what it printed is no whole configuration."""

    def __init__(self, error: NetopsError) -> None:
        super().__init__(str(error))
        self.error = error
