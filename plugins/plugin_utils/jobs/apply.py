# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A change of a fleet: some devices first, a copy before and after, and stop when it does harm."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from ..compliance.results import Severity
from ..config.complete import prove_complete
from ..config.normalise import Normalised, normalise
from ..errors import ErrorClass, MirrorError, NetopsError, StoreError
from ..fleet.guard import NOBODY_KNOCKS
from ..fleet.host import FleetHost
from ..fleet.middleware.base import Middleware
from ..fleet.middleware.record import Mirrored
from ..fleet.middleware.validate import Validate
from ..fleet.outcome import Outcome
from ..fleet.rollout import Rollout
from ..fleet.run import Fleet
from ..platforms import load
from ..store import Store
from ..store.codec import sha256, to_bytes
from ..store.records import DeviceRecord, LastGood, StoredText
from ..store.writer import Writer
from ..tasks.apply_config import ApplyOptions, Planner, apply_config, show_lines
from .backup import MirrorOptions, commit_run, mirror_of
from .compliance import JUDGE_SECONDS, cores
from .judge import Standard
from .ledger import Work, run_in_ledger
from .mend import FailedRules, GivenLines, mend_in_process
from .options import JobOptions, stores
from .pool import ForkPool, closed_at
from .report import Report

ROOM = 200_000
"""Characters of JSON for what is told of the devices in a task's result."""
KIND = "apply"
"""The run's kind in the ledger."""


@dataclass(frozen=True, slots=True)
class Mending:
    """Which of the rules that fail are to be mended. ``only`` some, by id; of some severity on."""

    standard: Standard
    only: frozenset[str] = frozenset()
    severity: Severity | None = None
    role_variable: str = "role"

    @property
    def wanted(self) -> frozenset[str]:
        """The ids of those that may be."""
        return frozenset(
            rule.id
            for rule in self.standard.rules.rules
            if (not self.only or rule.id in self.only)
            and (self.severity is None or rule.severity.rank >= self.severity.rank)
        )


@dataclass(frozen=True, slots=True)
class ChangeOptions:
    """What is to be changed, and how carefully.

    One of ``lines``, ``variable`` (a host variable with lines) and ``mending`` is set.
    """

    lines: Sequence[str] | None = None
    variable: str | None = None
    mending: Mending | None = None
    canary: int = 1
    max_failures: int = 0
    minutes: int = 5
    save: bool = True


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """A report, and what was done to each device as far as it fits."""

    report: Report
    devices: dict[str, Any]
    left_out: int


def change_fleet(
    fleet: Fleet,
    options: JobOptions,
    mirror_options: MirrorOptions | None,
    change: ChangeOptions,
    stop: threading.Event,
) -> ChangeReport:
    """Change every device of the fleet on which there is something to be changed.

    In check mode the lines are told and no device is contacted. Raises `StoreError` or
    `MirrorError` for what is wrong before the first device is contacted.
    """
    # Forked before this process has a connection or a thread of its own to the store.
    with (
        _pool(options, change, stop) as pool,
        stores(options) as (store, ledger),
        mirror_of(mirror_options, options.check) as mirror,
    ):
        last_good = store.last_good(fleet.names)
        planner = _planner(change, pool, dict(last_good))
        copies = KeptCopies(last_good, store)
        told = Told(copies)
        if options.check:
            work = Work(KIND, show_lines, {"planner": planner}, [told], last_good)
            options = replace(options, fleet=replace(options.fleet, guard=NOBODY_KNOCKS))
        else:

            def closing(report: Report) -> Report:
                return _commit(report, mirror, store, fleet, copies) if mirror else report

            work = _entering(change, planner, copies, told, closing)
        report = run_in_ledger(work, fleet, options, stop, ledger)
    return ChangeReport(report, told.devices, told.left_out)


def _entering(
    change: ChangeOptions,
    planner: Planner,
    copies: KeptCopies,
    told: Told,
    closing: Callable[[Report], Report],
) -> Work:
    """Work that enters lines, on some devices first."""
    rollout = Rollout(
        change.canary, change.max_failures, lambda device: bool(planner.plan(device).lines)
    )
    # Names the sessions and checkpoints on devices that want a name for them.
    name = f"netops_{sha256(str(time.time_ns()).encode())[:8]}"
    entry = ApplyOptions(change.minutes, change.save, name)
    return Work(
        KIND,
        apply_config,
        {"planner": planner, "copies": copies, "options": entry},
        before=[told, rollout],
        last_good=copies.last_good,
        closing=closing,
        rollout=rollout,
        begun=copies.begin,
    )


@contextmanager
def _pool(
    options: JobOptions, change: ChangeOptions, stop: threading.Event
) -> Iterator[ForkPool | None]:
    if change.mending is None:
        yield None
        return

    def opened() -> Store:
        return Store.open(options.store_url, options.state_dir, key=options.store_key)

    prepare = mend_in_process(change.mending.standard, change.mending.wanted, opened)
    with ForkPool(prepare, cores(), JUDGE_SECONDS) as pool, closed_at(stop, pool):
        yield pool


def _planner(change: ChangeOptions, pool: ForkPool | None, copies: dict[str, LastGood]) -> Planner:
    if change.mending is None or pool is None:
        return GivenLines(change.lines, change.variable)
    return FailedRules(pool, copies, change.mending.role_variable)


@dataclass(slots=True)
class KeptCopies:
    """Copies into the ledger, the ones from before as soon as they are there.

    ``last_good`` is what the run's records compare with: the copy from before takes the place of
    the one that the store had. ``drifted`` are the devices on which the two differ.
    """

    last_good: dict[str, LastGood]
    store: Store
    drifted: dict[str, str] = field(default_factory=dict)
    _run_id: str = ""
    _writer: Writer | None = None

    def begin(self, run_id: str, writer: Writer) -> None:
        """Take the run's writer."""
        self._run_id, self._writer = run_id, writer

    def prove(self, host: FleetHost, text: str, before: Normalised | None) -> Normalised:
        """The text, proved complete. From before it is held against the last good copy, from
        after it against the one from before."""
        platform = host.device.os
        if before is None:
            return Validate(self.last_good, read=self.store.text).prove(
                text, platform, self.last_good.get(host.name)
            )
        prove_complete(text, platform, len(to_bytes(before.exact)))
        return normalise(text, platform)

    def keep_before(self, host: FleetHost, copy: Normalised) -> str:
        """Write it, as what is left of a device whose run ends here; return when it is safe."""
        host.flight.check()  # one that was given up has its row, which this would take the place of
        last = self.last_good.get(host.name)
        if self._writer is None:
            raise NetopsError("the run has not begun")
        self._writer.put(_begun(host, copy, last))
        self._writer.flush()
        address = self.address(host.name, copy)
        if last is None or last.text_sha256 != copy.text_sha256:
            self.drifted[host.name] = address
        size = len(to_bytes(copy.exact))
        self.last_good[host.name] = LastGood(address, copy.stable_sha256, copy.text_sha256, size)
        host.flight.facts = {**(host.flight.facts or {}), "before": address}
        return f"The copy from before is in the store as {address} (run {self._run_id})"

    def address(self, name: str, copy: Normalised) -> str:
        """By which hash the store has a copy: one that differs in volatile lines only is not
        stored again."""
        last = self.last_good.get(name)
        same = last is not None and last.stable_sha256 == copy.stable_sha256
        return last.config_sha256 if last and same else sha256(to_bytes(copy.exact))


def _begun(host: FleetHost, copy: Normalised, last: LastGood | None) -> DeviceRecord:
    """A device's row until it has ended: what a kill leaves behind."""
    device, now = host.device, datetime.now(UTC)
    error = ErrorClass.INTERRUPTED
    return DeviceRecord(
        device=device.name,
        address=device.address,
        site=device.site,
        platform=device.platform_name,
        status="failed",
        error_class=error.value,
        message="the run was ended while lines were being entered: see what the device has now",
        remedy=error.verdict.remedy,
        started=datetime.fromtimestamp(host.flight.started, UTC),
        finished=now,
        config=StoredText(copy.exact, copy.stable_sha256, copy.text_sha256),
        previous_sha256=last.config_sha256 if last else None,
    )


class Told(Middleware):
    """What was done to each device, until the room is used up; the ledger has it all."""

    def __init__(self, copies: KeptCopies) -> None:
        self._copies = copies
        self._lock = threading.Lock()
        self._room = ROOM
        self.devices: dict[str, Any] = {}
        self.left_out = 0

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Keep what is told of a device, with the address of its copy from after."""
        facts = dict(outcome.facts or {})
        if isinstance(outcome.result, Normalised) and "before" in facts:
            facts["after"] = self._copies.address(outcome.name, outcome.result)
            host.flight.outcome = replace(outcome, facts=facts)
        if not facts and not outcome.failed:
            return
        told = {**facts, "status": outcome.status}
        size = len(json.dumps(told)) + len(outcome.name)
        with self._lock:
            if size > self._room:
                self.left_out += 1
                return
            self._room -= size
            self.devices[outcome.name] = told


def _commit(
    report: Report, mirrored: Mirrored, store: Store, fleet: Fleet, copies: KeptCopies
) -> Report:
    """What somebody else had changed, in a commit of its own; and then the change."""
    try:
        drifted = [copy for copy in store.good_copies(fleet.names) if copy.device in copies.drifted]
        for copy in drifted:
            found = normalise(store.text(copies.drifted[copy.device]), load(copy.platform))
            mirrored.stage(copy.device, copy.site, copy.platform, found.text, found.text_sha256)
        if drifted:
            mirrored.mirror.commit(f"{KIND} {report.run_id}: {len(drifted)} as found before")
    except (MirrorError, StoreError, NetopsError) as error:
        mirrored.problem(str(error))
    mirrored.staged.clear()
    return commit_run(KIND, report, mirrored, store, fleet)
