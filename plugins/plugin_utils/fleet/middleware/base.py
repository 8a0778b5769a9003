# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nornir processors that care for some events only."""

from __future__ import annotations

from nornir.core.inventory import Host
from nornir.core.task import AggregatedResult, MultiResult, Task

from ..host import FleetHost, fleet_host
from ..outcome import Outcome, settle


class Middleware:
    """A Nornir processor with nothing to do; subclasses override what they care for.

    The device is Nornir's task instance, each attempt at it a subtask instance. The methods run
    in the device's thread, several at a time. A device's failure is told by its result, never by
    an exception here: what the events of a device raise ends the run, what those of an attempt
    raise is a defect that costs this one device its result.
    """

    def task_started(self, task: Task) -> None:
        """The run starts."""

    def task_completed(self, task: Task, result: AggregatedResult) -> None:
        """The run is over; the result is empty."""

    def task_instance_started(self, task: Task, host: Host) -> None:
        """A device's turn has come."""

    def task_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """A device is done."""
        device = fleet_host(host)
        outcome = device.flight.outcome or settle(device, result)
        device.flight.outcome = outcome
        self.device_done(device, outcome)

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """A device is done: the same event with the outcome worked out."""

    def subtask_instance_started(self, task: Task, host: Host) -> None:
        """An attempt starts, or a step within it."""

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """An attempt is over, or a step within it."""
