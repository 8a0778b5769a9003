# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every device's outcome into the ledger, every good configuration into store and mirror."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ...config.normalise import Normalised
from ...errors import MirrorError
from ...store.mirror import GitMirror, MirrorPaths
from ...store.records import AttemptRecord, DeviceRecord, LastGood, StoredText
from ...store.writer import Writer
from ..flight import Attempt
from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware

PROBLEMS = 10
"""Problems of the mirror that are told; a wrong template has one for every device."""


class Record(Middleware):
    """Hands each outcome to the ledger's single writer.

    ``waited``: seconds that the devices' threads waited for it, all of them together.
    """

    def __init__(self, writer: Writer, last_good: Mapping[str, LastGood]) -> None:
        self._writer = writer
        self._last_good = last_good
        self._lock = threading.Lock()
        self.waited = 0.0

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Write the outcome; waits when the writer is behind."""
        record = device_record(outcome, self._last_good.get(outcome.name))
        before = time.perf_counter()
        self._writer.put(record)
        with self._lock:
            self.waited += time.perf_counter() - before


class Staged(NamedTuple):
    """A device's text in the coming commit."""

    path: str
    text_sha256: str


class Mirrored(Middleware):
    """Stages the normalised text of each good copy for the run's one commit.

    A text that cannot be staged costs neither the device its good copy in the store nor the other
    devices anything: ``problems`` tells of it, up to `PROBLEMS` times.
    """

    def __init__(self, mirror: GitMirror, paths: MirrorPaths) -> None:
        self.mirror = mirror
        self._paths = paths
        self._lock = threading.Lock()
        self.problems: list[str] = []
        self.staged: dict[str, Staged] = {}

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Stage the text, changed or not, so that what git lost comes back."""
        if isinstance(outcome.result, Normalised):
            config = outcome.result
            self.stage(
                outcome.name, outcome.site, outcome.platform, config.text, config.text_sha256
            )

    def stage(self, device: str, site: str, platform: str, text: str, text_sha256: str) -> bool:
        """Stage a device's text; False, with a problem, when that does not work.

        ``text_sha256`` is by which the ledger knows the text: of an old copy it may be another
        than that of the text by today's rules.
        """
        with self._lock:
            try:
                path = self.path(device, site, platform)
                self.mirror.stage(path, text)
            except MirrorError as error:
                self.problem(str(error))
                self._forget_what_git_lost()
                return False
            self.staged[device] = Staged(path, text_sha256)
            return True

    def unstage(self, device: str) -> None:
        """Leave a device out of the commit."""
        self.mirror.unstage(self.staged.pop(device).path)

    def _forget_what_git_lost(self) -> None:
        """All that was staged, if git has ended, on a full disk say."""
        kept = self.mirror.staged
        self.staged = {name: each for name, each in self.staged.items() if each.path in kept}

    def path(self, device: str, site: str, platform: str) -> str:
        """The device's path in the mirror; raises `MirrorError` when it has none of its own."""
        return self._paths.path(device, site, platform)

    def problem(self, words: str) -> None:
        """Keep what went wrong, as far as it is told."""
        if len(self.problems) < PROBLEMS:
            self.problems.append(words)


def device_record(outcome: Outcome, last: LastGood | None) -> DeviceRecord:
    """The ledger's row of a device."""
    return DeviceRecord(
        device=outcome.name,
        address=outcome.address,
        site=outcome.site,
        platform=outcome.platform,
        status=outcome.status,
        error_class=outcome.error.error_class.value if outcome.error else None,
        message=outcome.message,
        remedy=outcome.error.error_class.verdict.remedy if outcome.error else "",
        changed=outcome.status == "changed",
        started=_utc(outcome.started),
        finished=_utc(outcome.finished),
        attempts=tuple(_attempt_record(attempt) for attempt in outcome.attempts),
        config=_stored_text(outcome.result),
        result=_result(outcome),
        previous_sha256=last.config_sha256 if last else None,
        judged=outcome.judged,
    )


def _result(outcome: Outcome) -> Any:
    if outcome.judged:
        return dict(outcome.judged.summary)
    if outcome.facts is not None:
        return outcome.facts
    return None if isinstance(outcome.result, Normalised) else outcome.result


def _attempt_record(attempt: Attempt) -> AttemptRecord:
    return AttemptRecord(
        number=attempt.number,
        started=_utc(attempt.started),
        seconds=attempt.seconds,
        error_class=attempt.error_class.value if attempt.error_class else None,
        message=attempt.message,
    )


def _stored_text(result: Any) -> StoredText | None:
    if not isinstance(result, Normalised):
        return None
    return StoredText(
        exact=result.exact,
        stable_sha256=result.stable_sha256,
        text_sha256=result.text_sha256,
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)
