# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shapes that go into the store and come out of it.

Every `datetime` is aware and in UTC. Every `sha256` is 64 lower-case hexadecimal digits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

DeviceStatus = Literal["ok", "changed", "failed", "unreachable", "skipped"]
RunStatus = Literal["running", "finished", "interrupted"]


@dataclass(frozen=True, slots=True)
class RunStart:
    """What is known of a run when it begins.

    `kind` names the work ('backup'), `devices` counts what it will attempt, `check` tells a dry
    run, `provenance` is JSON: who started it, from where, with which versions. `fleet` names the
    set of hosts (`runs.fleet_id`), by which a run to be resumed is found.
    """

    kind: str
    devices: int
    check: bool = False
    provenance: Mapping[str, Any] = field(default_factory=dict)
    fleet: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """A run as the ledger has it. `counts` is what `finish_run` was given, empty until then.

    `host`, `pid`, `boot_id` and `heartbeat` tell whether the process of a running run still lives.
    """

    id: str
    kind: str
    status: RunStatus
    devices: int
    check: bool
    provenance: Mapping[str, Any]
    counts: Mapping[str, int]
    started: datetime
    finished: datetime | None
    heartbeat: datetime
    host: str
    pid: int
    boot_id: str


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One try on a device; `error_class` is None when it worked."""

    number: int
    started: datetime
    seconds: float
    error_class: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class StoredText:
    """A fetched configuration, proved complete, with the hashes that `config.normalise` made."""

    exact: str
    stable_sha256: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class JudgedRecord:
    """What a compliance run found on a device.

    `body` is the findings as canonical JSON, without secrets: devices and runs with equal findings
    share one copy. `open` has the severity and state of each rule that counts against the device,
    `settled` the rules that were judged and do not. `summary` is what its host is told.
    """

    score: float | None
    verdict: str
    body: bytes
    role: str = ""
    file: str = ""
    reason: str = ""
    config_sha256: str | None = None
    open: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    settled: frozenset[str] = frozenset()
    summary: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JudgedDevice:
    """What a compliance run found on a device, read back.

    `findings` is JSON. `since` tells when a rule began to fail, for those that failed in that run.
    """

    device: str
    site: str
    platform: str
    role: str
    file: str
    score: float | None
    verdict: str
    reason: str
    config_sha256: str | None
    findings: list[dict[str, Any]]
    since: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class ComplianceRun:
    """A compliance run as a whole: by what it judged, and what came out.

    `rules` is JSON and keeps the words the rules had then. `verdicts` counts devices, `states`
    findings.
    """

    run_id: str
    profile: str
    min_score: float
    fail_on: str
    rules: list[dict[str, Any]]
    score: float | None
    verdicts: Mapping[str, int]
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RunScore:
    """A finished compliance run in the history of its profile."""

    run_id: str
    started: datetime
    score: float | None
    devices: int


@dataclass(frozen=True, slots=True)
class SiteScore:
    """A site in a compliance run: the mean of its devices' scores, None where none has one, and on
    how many devices each rule fails, as far as it fails at all.
    """

    site: str
    score: float | None
    failing: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class DeviceRecord:
    """What a run has to tell of one device. Handing in a second one replaces the first.

    `result` is what a task returned for it, of JSON types only.
    """

    device: str
    address: str
    site: str
    platform: str
    status: DeviceStatus
    started: datetime
    finished: datetime
    error_class: str | None = None
    message: str | None = None
    remedy: str | None = None
    changed: bool = False
    attempts: tuple[AttemptRecord, ...] = ()
    config: StoredText | None = None
    previous_sha256: str | None = None
    result: Any = None
    judged: JudgedRecord | None = None


@dataclass(frozen=True, slots=True)
class DeviceOutcome:
    """What a run did with one device, read back. `attempts` is how often it was tried.

    `config_sha256` is the text that stands for this device after the run, `bytes` the size of the
    text fetched, `text_sha256` the hash of its normalised and redacted form (what git has).
    """

    run_id: str
    device: str
    address: str
    site: str
    platform: str
    status: DeviceStatus
    error_class: str | None
    message: str | None
    remedy: str | None
    changed: bool
    started: datetime
    finished: datetime
    config_sha256: str | None
    text_sha256: str | None
    previous_sha256: str | None
    bytes: int | None
    result: Any
    attempts: int

    @property
    def seconds(self) -> float:
        """How long the device took, all attempts and waits counted."""
        return (self.finished - self.started).total_seconds()


@dataclass(frozen=True, slots=True)
class LastGood:
    """The newest good copy of a device: its exact text's hash and size, and what it compares by."""

    config_sha256: str
    stable_sha256: str
    text_sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class BreakerRecord:
    """A breaker that is not closed, or a device that failed in its last runs.

    `scope`, `state` as their enumerations have them; `failures` in a row; `cooldown` in seconds;
    `until` is when it lets one through.
    """

    scope: str
    name: str
    state: str
    failures: int
    cooldown: float
    until: datetime
    reason: str
    run_id: str = ""
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoginKey:
    """Who logs in: an account, and the fingerprint of the secret it was tried with."""

    account: str
    secret: str


@dataclass(frozen=True, slots=True)
class LoginGrant:
    """The answer to a login that wants to be tried.

    Neither granted nor spent means: wait until one that is being tried has its answer. `until` is
    when a spent budget has something left again.
    """

    granted: bool
    refused: int
    until: datetime | None = None

    @property
    def spent(self) -> bool:
        """Whether this credential may not be tried any more for now."""
        return self.until is not None


@dataclass(frozen=True, slots=True)
class GoodCopy:
    """A device's newest good copy, and which run fetched it from where."""

    device: str
    address: str
    site: str
    platform: str
    run_id: str
    fetched: datetime
    config_sha256: str
    text_sha256: str


@dataclass(frozen=True, slots=True)
class CopyAge:
    """How old the last good copy of a device is, in seconds; both are None where there is none."""

    device: str
    fetched: datetime | None
    seconds: float | None
