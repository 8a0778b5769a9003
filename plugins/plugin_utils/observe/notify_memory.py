# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each target has been told, so that it is told once: a failure, and its end.

The state is a JSON file, replaced as a whole under a lock, so that runs at the same time (the
slices of a job) and a kill at any point leave it whole. A message is *claimed* before it is sent
and *settled* after: two runs do not tell the same, and a run that died in between has told nothing,
as its claim runs out.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from ..locks import file_lock
from .notify_trouble import Trouble

Result = TypeVar("Result")

VERSION = 1
LOCK_SECONDS = 3.0
CLAIM_SECONDS = 900.0
"""A claim older than this was not settled because its run died."""
FORGET_SECONDS = 90 * 86_400.0
"""A failure that nobody has seen again for so long, of a device that was taken away perhaps."""
EVERY_RUN = frozenset({"login_budget"})
"""Told in every run that it happens in: nothing that a run sees would be its end."""
MAX_ENTRIES = 200_000
"""Of which the newest are kept: four targets for a fleet of 50,000 that has failed as a whole."""


class Key(NamedTuple):
    """Which failure, of what, in which work, for whom."""

    target: str
    scope: str
    event: str
    subject: str
    kind: str


@dataclass(slots=True)
class Entry:
    """One failure for one target; times since the epoch. ``runs``: in how many it was seen.

    ``claimed`` is when somebody began to tell it, and less than zero when it is its end.
    """

    first: float
    last: float
    runs: int = 0
    told: float = 0.0
    claimed: float = 0.0

    def is_claimed(self, now: float) -> bool:
        """Whether a run is telling it just now."""
        return bool(self.claimed) and now - abs(self.claimed) < CLAIM_SECONDS

    @property
    def is_ending(self) -> bool:
        """Whether what is told is that it is over."""
        return self.claimed < 0


Entries = dict[Key, Entry]
Healthy = tuple[str, str]


@dataclass(frozen=True, slots=True)
class News:
    """What a target has not heard yet: ``troubles``, and what is ``over`` of those it has heard.

    ``known`` counts what it has heard and what lasts. ``keys`` are those of the troubles.
    """

    troubles: tuple[Trouble, ...] = ()
    over: tuple[Key, ...] = ()
    known: int = 0
    keys: tuple[Key, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.troubles or self.over)


class Memory:
    """The file. Without a path, or where it cannot be written, every failure is news.

    Safe for threads and processes. ``problem`` says why the file is of no use, if it is not.
    """

    def __init__(
        self,
        path: Path | None,
        after: int = 1,
        remind_hours: float = 0.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._after = after
        self._remind = remind_hours * 3600
        self._clock = clock
        self.problem = ""

    def claim(
        self, target: str, scope: str, troubles: Iterable[Trouble], healthy: Collection[Healthy]
    ) -> News:
        """Take what is news for a target out of what a run found.

        ``scope`` names the work, such as the playbook: what failed in one is not made good by
        another. ``healthy`` are pairs of an event and a subject: what was seen to be well.
        """
        found = {Key(target, scope, one.event, one.subject, one.kind): one for one in troubles}
        now = self._clock()

        def work(entries: Entries) -> News:
            news = {key: one for key, one in found.items() if self._is_news(entries, key, now)}
            over = _over(entries, (target, scope), found.keys(), healthy, now)
            for key in news:
                entries[key].claimed = now
            for key in over:
                entries[key].claimed = -now
            return News(tuple(news.values()), tuple(over), len(found) - len(news), tuple(news))

        news = self._change(work)
        return News(tuple(found.values())) if news is None else news

    def settle(self, news: News, delivered: bool) -> None:
        """Remember that the news was told, or that it was not and is to be told next time.

        What began anew while its end was on the way stays.
        """
        now = self._clock()

        def work(entries: Entries) -> bool:
            over = [key for key in news.over if key in entries and entries[key].is_ending]
            for key in (*news.keys, *over):
                if (entry := entries.get(key)) is not None:
                    entry.claimed = 0.0
                    entry.told = now if delivered else entry.told
            for key in (*over, *_replaced(entries, news.keys)) if delivered else ():
                entries.pop(key, None)
            return True

        if news:
            self._change(work)

    def _is_news(self, entries: Entries, key: Key, now: float) -> bool:
        entry = entries.setdefault(key, Entry(now, now))
        entry.last, entry.runs = now, entry.runs + 1
        if entry.is_claimed(now):
            return entry.is_ending  # it begins anew while its end is being told
        if entry.told and key.event in EVERY_RUN:
            return now - entry.told >= CLAIM_SECONDS
        if entry.told:
            return bool(self._remind) and now - entry.told >= self._remind
        return entry.runs >= self._after

    def _change(self, work: Callable[[Entries], Result]) -> Result | None:
        """Read, work and replace under the lock; None where the file is of no use."""
        if self._path is None:
            return None
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with file_lock(self._path.with_name(f"{self._path.name}.lock"), LOCK_SECONDS) as lock:
                entries = self._read(self._path)
                result = work(entries)
                _replace(self._path, _pruned(entries, self._clock()))
                # A worker that Ansible forks just now has the lock's descriptor too.
                fcntl.flock(lock, fcntl.LOCK_UN)
                return result
        except (OSError, TimeoutError) as error:
            reason = getattr(error, "strerror", None) or "another run holds its lock"
            self.problem = (
                f"{self._path} cannot be kept ({reason}), so failures will be told again; make "
                "its directory writable, or give another one by the option state_dir"
            )
            return None

    def _read(self, path: Path) -> Entries:
        try:
            return _entries(json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return {}
        except (ValueError, TypeError, KeyError):
            with suppress(OSError):
                path.replace(path.with_name(f"{path.name}.damaged"))
            self.problem = f"{path} was damaged and is begun anew: failures are told once more"
            return {}


def _replaced(entries: Entries, told: Iterable[Key]) -> list[Key]:
    """The other ways in which hosts failed of whose new way a target has just been told."""
    new = {(key.target, key.scope, key.subject): key for key in told if key.event == "failure"}
    return [
        key
        for key in entries
        if key.event == "failure" and new.get((key.target, key.scope, key.subject), key) != key
    ]


def _over(
    entries: Entries,
    place: tuple[str, str],
    failing: Collection[Key],
    healthy: Collection[Healthy],
    now: float,
) -> list[Key]:
    """What has ended and was told of; what has ended untold is dropped.

    A host that fails in another way now has not recovered. The old way, if it was told, stays until
    the new one is: should that message be lost, the host's recovery is still owed.
    """
    over = []
    suffering = {key.subject for key in failing if key.event == "failure"}
    for key, entry in list(entries.items()):
        if (key.target, key.scope) != place or key in failing or entry.is_claimed(now):
            continue
        if key.event == "failure" and key.subject in suffering:
            if not entry.told:
                del entries[key]
        elif (key.event, key.subject) in healthy and entry.told:
            over.append(key)
        elif (key.event, key.subject) in healthy:
            del entries[key]
    return over


def _entries(data: Any) -> Entries:
    """The rows of the file; raises ValueError, TypeError or KeyError for what is none."""
    if data["version"] != VERSION:
        raise ValueError("of another version")
    entries = {}
    for *names, first, last, runs, told, claimed in data["entries"]:
        if not all(isinstance(name, str) for name in names):
            raise ValueError("no key")
        entries[Key(*names)] = Entry(
            float(first), float(last), int(runs), float(told), float(claimed)
        )
    return entries


def _pruned(entries: Entries, now: float) -> Entries:
    kept = [pair for pair in entries.items() if pair[1].last >= now - FORGET_SECONDS]
    kept.sort(key=lambda pair: pair[1].last, reverse=True)
    return dict(kept[:MAX_ENTRIES])


def _replace(path: Path, entries: Entries) -> None:
    """Write the file whole or not at all, for its owner alone."""
    rows = [
        [*key, entry.first, entry.last, entry.runs, entry.told, entry.claimed]
        for key, entry in entries.items()
    ]
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"version": VERSION, "entries": rows}, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
