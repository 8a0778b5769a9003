# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What became of one device, as every middleware sees it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import Any

from nornir.core.task import MultiResult

from ..config.normalise import Normalised
from ..config.redact import Redactor, redact
from ..errors import AccessLost, NetopsError
from ..store.records import DeviceStatus, JudgedRecord
from .classify import classify
from .device import Device
from .flight import Attempt, Flight
from .host import FleetHost


@dataclass(frozen=True, slots=True)
class Skipped:
    """The result of a device that was left alone on somebody's word, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A device's end; times since the epoch.

    ``status``: ok, changed, failed, unreachable, or skipped with the reason as ``message``.

    ``result`` is a `Normalised`, or made of JSON types only. ``judged`` is what a compliance run
    found, ``facts`` what the host is told beside a configuration.
    """

    name: str
    address: str
    site: str
    platform: str
    status: DeviceStatus
    started: float
    finished: float
    attempts: tuple[Attempt, ...]
    error: NetopsError | None = None
    message: str = ""
    result: Any = None
    judged: JudgedRecord | None = None
    facts: Any = None

    @property
    def failed(self) -> bool:
        """Whether the device was tried and not done, reached or not."""
        return self.status in ("failed", "unreachable")

    @property
    def seconds(self) -> float:
        """From the device's first attempt to its end, waits between attempts included."""
        return self.finished - self.started


def settle(host: FleetHost, result: MultiResult) -> Outcome:
    """The outcome of a device from Nornir's result of it.

    Its messages, those of the attempts too, are one line each and carry no secrets.
    """
    device, flight = host.device, host.flight
    redactor = Redactor(device.secrets)
    error = _told_by(classify(result[0].exception), flight) if result[0].exception else None
    skipped = result[0].result if isinstance(result[0].result, Skipped) else None
    told = " - ".join(filter(None, (str(error or ""), flight.aftermath if error else "")))
    return Outcome(
        name=device.name,
        address=device.address,
        site=device.site,
        platform=device.platform_name,
        status="skipped" if skipped else _status(error, result[0].changed),
        started=flight.started,
        finished=time.time(),
        attempts=tuple(
            replace(attempt, message=_fit_to_show(attempt.message, redactor))
            for attempt in flight.attempts
        ),
        error=error,
        message=_fit_to_show(skipped.reason if skipped else told, redactor),
        result=None if skipped else _fit_to_keep(result[0].result, redactor),
        # Redacted by the platform's own rules already, which hide less than everybody's do.
        facts=None if flight.facts is None else redactor.value(_plain(flight.facts)),
    )


def _told_by(error: NetopsError, flight: Flight) -> NetopsError:
    """What an error means: who changes a device and then hears nothing of it has cut it off."""
    silent = not error.error_class.verdict.reached
    return (
        AccessLost(f"{error.error_class.value}: {error}") if flight.aftermath and silent else error
    )


def shown(text: str, device: Device) -> str:
    """What a library or a device said, as a person may see it: see `settle`."""
    return _fit_to_show(text, Redactor(device.secrets))


def _fit_to_keep(result: Any, redactor: Redactor) -> Any:
    """A configuration as it is, for the store; any other result as JSON types without secrets."""
    if result is None or isinstance(result, Normalised):
        return result
    return _redacted(redactor.value(_plain(result)))


def _plain(result: Any) -> Any:
    """JSON types only, before any secret is looked for: an object's text may hold one too."""
    try:
        return json.loads(json.dumps(result, default=_text))
    except (TypeError, ValueError):  # a key that is no text, or a cycle
        return str(result)


def _text(value: Any) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    return value


def _fit_to_show(text: str, redactor: Redactor) -> str:
    """The text without secrets, in one line and without what would control a terminal.

    The known values go first: a rule that takes a part of one away would hide the rest of it.
    """
    if not text:
        return ""
    words = redact(redactor.text(text)).split()
    return "".join(letter for letter in " ".join(words) if letter.isprintable())


def _status(error: NetopsError | None, changed: bool) -> DeviceStatus:
    if error is None:
        return "changed" if changed else "ok"
    if not error.error_class.verdict.tried:
        return "skipped"
    return "failed" if error.error_class.verdict.reached else "unreachable"
