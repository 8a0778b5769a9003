# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices that fail run after run, and are tried at growing intervals only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Protocol

from ..errors import ErrorClass, Quarantined, Scope, StoreError
from ..store.records import BreakerRecord
from .breaker import Breaker, Memory, Policy, State
from .device import Device
from .keeping import Change, memory_of, record_of

BATCH = 200
"""Devices whose state is written at once: one transaction each would hold up a dead fleet."""


class QuarantineMemory(Protocol):
    """Where it is kept: `BreakerStore`."""

    def load_devices(self, names: Sequence[str]) -> dict[str, BreakerRecord]:
        """What is kept of these devices."""

    def save(self, records: Sequence[BreakerRecord]) -> None:
        """Keep these breakers."""


class Quarantine:
    """The devices' own breakers, which count runs. ``ignore`` tries everybody all the same."""

    def __init__(
        self,
        policy: Policy,
        memory: QuarantineMemory,
        run_id: str,
        names: Sequence[str],
        tell: Callable[[Change], None],
        ignore: bool = False,
    ) -> None:
        self._policy = policy
        self._memory = memory
        self._run_id = run_id
        self._tell = tell
        self._ignore = ignore
        self._known = {} if policy.off else memory.load_devices(names)
        self._lock = threading.Lock()
        self._ended: list[BreakerRecord] = []

    def check(self, device: Device) -> None:
        """Raise `Quarantined` for a device whose time has not come."""
        record = self._known.get(device.name)
        if record is None or record.state == State.CLOSED.value or self._ignore:
            return
        if record.until > datetime.now(UTC):
            raise Quarantined(
                f"in quarantine after {record.failures} failed runs, next try after "
                f"{record.until.astimezone():%Y-%m-%d %H:%M}: {record.reason}"
            )

    def done(self, device: Device, error_class: ErrorClass | None, message: str) -> None:
        """Take a device's end."""
        known = self._known.get(device.name)
        if self._policy.off:
            return
        if error_class is None:
            if known:
                self._released(device, known)
        elif Scope.DEVICE in error_class.verdict.speaks_for:
            self._failed_again(device, known, error_class, message)

    def close(self) -> None:
        """Keep what has not been written yet."""
        with self._lock:
            records, self._ended = self._ended, []
        with suppress(StoreError):  # the ledger's writer tells of it
            self._memory.save(records)

    def _released(self, device: Device, known: BreakerRecord) -> None:
        self._remember(device, Memory(), "")
        if known.state != State.CLOSED.value:
            self._tell(Change(Scope.DEVICE, device.name, False, "it works again"))

    def _failed_again(
        self, device: Device, known: BreakerRecord | None, error_class: ErrorClass, message: str
    ) -> None:
        breaker = Breaker(self._policy, memory=memory_of(known) if known else None)
        was_closed = breaker.closed
        if not breaker.ask(device.name):
            return  # tried ahead of its time
        breaker.failure(device.name)
        reason = f"{error_class.value}: {message}"
        self._remember(device, breaker.memory, reason)
        if was_closed and not breaker.closed:
            self._tell(Change(Scope.DEVICE, device.name, True, reason, error_class))

    def _remember(self, device: Device, memory: Memory, reason: str) -> None:
        with self._lock:
            record = record_of((Scope.DEVICE, device.name), memory, reason, self._run_id)
            self._ended.append(record)
            full = len(self._ended) >= BATCH
        if full:
            self.close()
