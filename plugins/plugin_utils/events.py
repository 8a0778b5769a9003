# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens in a run, as frozen dataclasses: the one language of log, alert and benchmark.

They stand on the ground floor because every floor has something to tell. Their fields are small
and of plain types; texts have passed the redaction gate before they get in here. docs/logging.md
describes each of them, and a test holds that page and this file together.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

SCHEMA = 1
"""Within a version fields are only added. One that goes or changes its meaning is a new version."""
MAX_TEXT = 4_000
"""Characters of one text; what is longer is cut, so that an event always fits into a datagram."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened. ``time`` in seconds since the epoch.

    ``run_id`` names the run in the ledger. Who emits an event may leave it out: the channel puts
    in that of the run which is going on in this process.
    """

    name: ClassVar[str] = ""

    run_id: str = ""
    time: float = field(default_factory=time.time)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(Event):
    """A fleet task begins. ``kind`` as in the ledger; ``workers`` is the size of the window."""

    name: ClassVar[str] = "run_started"

    kind: str
    devices: int
    workers: int = 0
    check: bool = False
    pid: int = 0
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished(Event):
    """A fleet task is over; ``status``: finished or interrupted.

    ``counts`` are devices by status with their ``total``, ``classes`` failed devices by error
    class. ``cpu_s`` and ``peak_rss_mb`` are of the process that ran it, MB of 1,000,000 bytes;
    ``resolve_s`` is what reading the devices' variables took, ``store_wait_s`` what the devices'
    threads waited for the ledger, all threads together. ``events_lost``: events that nobody took
    in time.
    """

    name: ClassVar[str] = "run_finished"

    kind: str
    status: str
    counts: Mapping[str, int]
    classes: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    workers: int = 0
    check: bool = False
    cpu_s: float = 0.0
    peak_rss_mb: float = 0.0
    resolve_s: float | None = None
    store_wait_s: float | None = None
    events_lost: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceEvent(Event):
    """Something that happened to one device."""

    device: str
    site: str = ""
    platform: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceStarted(DeviceEvent):
    """A device's turn has come."""

    name: ClassVar[str] = "device_started"

    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAttempt(DeviceEvent):
    """An attempt is over; ``error_class`` is None when it worked. ``seconds`` is its duration."""

    name: ClassVar[str] = "device_attempt"

    number: int
    seconds: float
    error_class: str | None = None
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRetry(DeviceEvent):
    """Attempt ``number`` begins, after one that failed with ``error_class``.

    ``waited`` seconds lie between the two.
    """

    name: ClassVar[str] = "device_retry"

    number: int
    waited: float
    error_class: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDone(DeviceEvent):
    """A device's one end, however it ended; ``status`` as in the ledger.

    ``seconds`` from its first attempt to its end, waits included; ``cpu_s`` what its thread
    computed itself, which is our own share of that time.
    """

    status: str
    seconds: float
    attempts: int
    started: float = 0.0
    cpu_s: float | None = None
    error_class: str | None = None
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSucceeded(DeviceDone):
    """A device is done; ``status``: ok or changed."""

    name: ClassVar[str] = "device_succeeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceFailed(DeviceDone):
    """A device is given up; ``status``: failed or unreachable."""

    name: ClassVar[str] = "device_failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSkipped(DeviceDone):
    """A device was left alone; ``message`` says on whose word and why. ``status``: skipped."""

    name: ClassVar[str] = "device_skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigChanged(DeviceEvent):
    """A device's configuration differs from the last good copy.

    The hashes are of the normalised, redacted text, in hexadecimal, as in the ledger; ``previous``
    is None for a device's first copy. ``size`` in bytes of the exact text.
    """

    name: ClassVar[str] = "config_changed"

    text_sha256: str
    previous_sha256: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerOpened(Event):
    """A breaker stops what belongs to it. ``breaker``: device, group, credential or run.

    ``subject`` is what it stands for: the device, the site, a name of the credential that gives
    nothing of it away.
    """

    name: ClassVar[str] = "breaker_opened"

    breaker: str
    subject: str
    reason: str
    error_class: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerClosed(Event):
    """A breaker lets through again what belongs to it."""

    name: ClassVar[str] = "breaker_closed"

    breaker: str
    subject: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginBudgetSpent(Event):
    """A credential was refused as often as it may be; nobody tries it any more in this window.

    ``subject`` names the credential without giving anything of it away; ``window`` in seconds,
    None where the budget is the run's.
    """

    name: ClassVar[str] = "login_budget_spent"

    subject: str
    refused: int
    budget: int
    window: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceJudged(DeviceEvent):
    """A compliance run has judged a device; ``verdict``: compliant, failing or unjudged.

    ``score`` is 0 to 100, None where no rule could be judged. ``open`` has the ids of the rules
    that fail on it, by their severity; also of those that failed before and could not be judged
    this time.
    """

    name: ClassVar[str] = "device_judged"

    score: float | None
    verdict: str
    open: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceFinding(DeviceEvent):
    """A rule fails on a device that it did not fail on before; also one whose waiver has expired.

    ``state``: fail, or error where the rule itself broke.
    """

    name: ClassVar[str] = "compliance_finding"

    rule: str
    severity: str
    state: str = "fail"
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceResolved(DeviceEvent):
    """A rule that failed on a device does not any more; ``state``: pass, waived, not_applicable."""

    name: ClassVar[str] = "compliance_resolved"

    rule: str
    severity: str
    state: str = "pass"
    message: str = ""


EVENTS: dict[str, type[Event]] = {
    kind.name: kind
    for kind in (
        RunStarted,
        RunFinished,
        DeviceStarted,
        DeviceAttempt,
        DeviceRetry,
        DeviceSucceeded,
        DeviceFailed,
        DeviceSkipped,
        ConfigChanged,
        BreakerOpened,
        BreakerClosed,
        LoginBudgetSpent,
        DeviceJudged,
        ComplianceFinding,
        ComplianceResolved,
    )
}
"""Every event by its name."""


_SMALL = frozenset({bool, int, float})
_FIELDS: dict[type[Event], tuple[str, ...]] = {}


def fields_of(kind: type[Event]) -> tuple[str, ...]:
    """The names of an event's fields, in their order."""
    if kind not in _FIELDS:
        _FIELDS[kind] = tuple(item.name for item in dataclasses.fields(kind))
    return _FIELDS[kind]


def to_native(event: Event) -> dict[str, Any]:
    """The event as a flat dict of JSON types, with its name and the version of the schema."""
    native: dict[str, Any] = {"schema": SCHEMA, "event": event.name}
    for name in fields_of(type(event)):
        native[name] = _fit(getattr(event, name))
    return native


def from_native(native: Mapping[str, Any]) -> Event:
    """The event that `to_native` was given. Fields that this version does not know are ignored.

    Raises ValueError for another version of the schema, an unknown name and a missing field.
    """
    if native.get("schema") != SCHEMA:
        raise ValueError(f"an event of schema {native.get('schema')!r}; this is {SCHEMA}")
    kind = EVENTS.get(str(native.get("event")))
    if kind is None:
        raise ValueError(f"no event is called {native.get('event')!r}")
    known = {name: native[name] for name in fields_of(kind) if name in native}
    try:
        return kind(**known)
    except TypeError as error:
        raise ValueError(f"{kind.name}: {error}") from error


def _fit(value: Any) -> Any:
    if value is None or type(value) in _SMALL:
        return value
    if isinstance(value, str):
        return value if len(value) <= MAX_TEXT else f"{value[: MAX_TEXT - 1]}…"
    if isinstance(value, Mapping):
        return {str(key)[:MAX_TEXT]: _fit(item) for key, item in value.items()}
    return value
