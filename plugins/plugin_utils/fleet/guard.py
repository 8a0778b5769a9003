# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may be tried now: all breakers of a run, and its login budget, behind one face.

The runner asks before a device starts, the retry before another attempt, the connection before a
login; each attempt's end and each login's answer are told here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Protocol

import paramiko

from ..errors import (
    ErrorClass,
    NetopsError,
    RolloutStopped,
    Scope,
    SkippedByBreaker,
    StoreError,
)
from ..store.records import BreakerRecord
from .breaker import Breaker, Memory, Policy
from .device import Credential, Device
from .flight import Flight
from .keeping import Change, Key, called_by_people, memory_of, record_of
from .logins import LoginBudget, LoginMemory, LoginPolicy, is_refusal
from .quarantine import Quarantine, QuarantineMemory

REFRESH = 1.0
"""Seconds between two looks at what other slices of the run have found out."""
HOUR = 3600.0
_SHARED = (Scope.GROUP, Scope.CREDENTIAL)
"""Scopes that other runs share; the run's own breaker ends with it."""


class GuardMemory(LoginMemory, QuarantineMemory, Protocol):
    """Where breakers are kept: `BreakerStore`."""

    def load(self, scopes: Sequence[str]) -> list[BreakerRecord]:
        """What is kept of these scopes."""

    def claim_probe(self, scope: str, name: str, until: datetime) -> bool:
        """Take the one probe of an open breaker."""

    def proven(self) -> dict[str, str]:
        """The fallback credential that each device took last."""

    def prove(self, found: Mapping[str, str | None]) -> None:
        """Remember which credential each device took."""


class Turns(Protocol):
    """Who goes first, where not all may start at once: `Rollout`."""

    def ask(self, device: Device) -> Key | None:
        """What the device has to wait for, None when it may start."""

    def due(self, key: Key) -> bool:
        """Whether somebody who waits for this may ask again."""


GROUP = Policy(rate=0.8)
"""A site of whose last 20 devices 16 did not answer."""
CREDENTIAL = Policy(rate=0.5, cooldown=60.0)
"""An AAA domain that refuses half of the last 20 logins, which it had taken before."""
RUN = Policy(rate=0.9, window=100, minimum=100)
"""A run in which ten of the last hundred devices answer: our own way out, most likely."""
DEVICE = Policy(consecutive=3, cooldown=20 * HOUR, longest=168 * HOUR)
"""A device that failed in three runs. Probed after 20 hours, so that a nightly run which is a
little earlier than yesterday's does not miss it, and after a week at the latest."""
LOGINS = LoginPolicy()


@dataclass(frozen=True, slots=True)
class GuardOptions:
    """The policies by scope, and the login budget. A policy that is off costs nothing."""

    group: Policy = GROUP
    credential: Policy = CREDENTIAL
    run: Policy = RUN
    device: Policy = DEVICE
    logins: LoginPolicy = LOGINS
    ignore_quarantine: bool = False

    def policy(self, scope: Scope) -> Policy:
        """The policy of a scope."""
        policy: Policy = getattr(self, scope.value)
        return policy


OFF = Policy()
NOBODY_KNOCKS = GuardOptions(OFF, OFF, OFF, OFF, LoginPolicy(budget=0))
"""For a run that contacts no device: what it finds says nothing of whether one answers."""


class Guard:
    """One for each run; every method may be called from any thread, `ask` from the runner's."""

    def __init__(
        self,
        options: GuardOptions,
        memory: GuardMemory,
        run_id: str,
        names: Sequence[str],
        window: int,
        tell: Callable[[Change], None] = lambda change: None,
        rollout: Turns | None = None,
    ) -> None:
        """``window``: devices in flight; half of them may wait for one group's first answer."""
        self._rollout = rollout
        self._options = options
        self._memory = memory
        self._run_id = run_id
        self._tell = tell
        self._lock = threading.Lock()
        self._turning = threading.Lock()
        self._breakers: dict[Key, Breaker] = {}
        self._reasons: dict[Key, str] = {}
        self._proven = memory.proven()
        self._found: dict[str, str | None] = {}
        self._failed: set[str] = set()
        self._unanswered: dict[str, set[str]] = {}
        self._crowd = max(options.group.window, window // 2)
        self._refreshed = 0.0
        self._elsewhere: set[Key] = set()
        self._stamps: dict[Key, datetime | None] = {}
        self.logins = LoginBudget(options.logins, memory, run_id, self._budget_spent)
        self.quarantine = Quarantine(
            options.device, memory, run_id, names, tell, options.ignore_quarantine
        )
        self.refresh()
        self._unprobed = set(self._breakers)
        for breaker in self._breakers.values():  # whoever starts a run wants to know now
            breaker.adopt(replace(breaker.memory, until=0.0))

    # Before a device starts -----------------------------------------------------------------

    def ask(self, device: Device) -> Key | None:
        """None when the device may start, or the breaker that it has to wait for.

        Raises `Quarantined`, or what the rollout raises.
        """
        self.quarantine.check(device)
        if self._rollout and (key := self._rollout.ask(device)):
            return key
        self.refresh()
        keys = tuple(self._keys(device))
        for key in keys:  # before anybody asks: a probe that another breaker stops is a probe lost
            if not self._open_to_more(key):
                return key
        for key in keys:
            if not self._breaker(key).ask(device.name) or not self._claim_probe(key):
                return key
        self.knocks(device)
        return None

    def due(self, key: Key) -> bool:
        """Whether the breaker, or the rollout, would let somebody through now."""
        if key[0] is Scope.ROLLOUT:
            return self._rollout is None or self._rollout.due(key)
        self.refresh()
        return self._open_to_more(key)

    def _open_to_more(self, key: Key) -> bool:
        """A dark site may not fill the window with devices that nobody has answered yet."""
        scope, name = key
        crowded = scope is Scope.GROUP and len(self._unanswered.get(name, ())) >= self._crowd
        return self._breaker(key).due and not crowded

    def knocks(self, device: Device) -> None:
        """An attempt begins."""
        with self._lock:
            self._unanswered.setdefault(_group(device), set()).add(device.name)

    def answers(self, device: Device) -> None:
        """The device is there, or the attempt is over."""
        with self._lock:
            self._unanswered.setdefault(_group(device), set()).discard(device.name)

    def refusal(self, key: Key) -> NetopsError:
        """The error of a device that waited in vain."""
        if key[0] is Scope.ROLLOUT:
            return RolloutStopped("the devices that were to go first were not done")
        reason = self._reasons.get(key, "it was open when the run began")
        until = time.strftime("%H:%M:%S", time.localtime(self._breaker(key).memory.until))
        called = called_by_people(key)
        return SkippedByBreaker(f"the breaker for {called} is open until {until}: {reason}")

    def may_retry(self, device: Device) -> bool:
        """Whether another attempt would not knock at a door that has just been closed."""
        return all(
            breaker.closed for key in self._keys(device) if (breaker := self._breakers.get(key))
        )

    def _keys(self, device: Device) -> Iterator[Key]:
        for scope, name in (
            (Scope.RUN, ""),
            (Scope.GROUP, _group(device)),
            (Scope.CREDENTIAL, device.aaa_domain),
        ):
            if not self._options.policy(scope).off:
                yield scope, name

    def _breaker(self, key: Key) -> Breaker:
        breaker = self._breakers.get(key)
        if breaker is None:
            with self._lock:
                new = Breaker(self._options.policy(key[0]))
                breaker = self._breakers.setdefault(key, new)
        return breaker

    def _claim_probe(self, key: Key) -> bool:
        """Of all slices that see the time come, one sends a probe."""
        breaker = self._breaker(key)
        if breaker.closed:
            return True
        if key in self._unprobed:
            self._unprobed.discard(key)
            self._keep(key, breaker, self._reasons[key])
            return True
        scope, name = key
        if scope not in _SHARED:
            return True
        until = datetime.fromtimestamp(breaker.memory.until, UTC)
        try:
            return self._memory.claim_probe(scope.value, name, until)
        except StoreError:
            return True  # a probe too many does no harm

    def refresh(self) -> None:
        """Look now and then at what others have found out."""
        now = time.monotonic()
        if self._refreshed and now - self._refreshed < REFRESH:
            return
        self._refreshed = now
        with suppress(StoreError):  # the ledger's writer tells of it
            kept = self._memory.load([scope.value for scope in _SHARED])
            self._adopt({(Scope(record.scope), record.name): record for record in kept})

    def _adopt(self, kept: Mapping[Key, BreakerRecord]) -> None:
        for key, record in kept.items():
            mine = record.run_id == self._run_id or self._options.policy(key[0]).off
            if not mine and self._stamps.get(key) != record.updated:
                self._breaker(key).adopt(memory_of(record))
                self._reasons[key] = record.reason
            self._stamps[key] = record.updated
        for key in self._elsewhere - kept.keys():  # closed by whom it let through
            self._breaker(key).adopt(Memory())
        self._elsewhere = set(kept)

    # Logins ---------------------------------------------------------------------------------

    def credentials(self, device: Device) -> list[Credential]:
        """What to try, in order: the one that worked last time first."""
        last = self._proven.get(device.name, "")
        return sorted((device.credential, *device.fallbacks), key=lambda each: each.name != last)

    @contextmanager
    def login(self, device: Device, credential: Credential, flight: Flight) -> Iterator[None]:
        """Around one login: its place in the budget before, its answer after."""
        try:
            with self.logins.trying(device, credential, flight):
                yield
        except paramiko.AuthenticationException as error:
            if is_refusal(error):
                self._login_answered(device, accepted=False)
            raise
        self._login_answered(device, accepted=True)

    def storm(self, device: Device) -> bool:
        """Whether the AAA domain refuses what it took before, so that nothing more is tried."""
        breaker = self._breakers.get((Scope.CREDENTIAL, device.aaa_domain))
        return breaker is not None and not breaker.closed

    def _login_answered(self, device: Device, accepted: bool) -> None:
        key = (Scope.CREDENTIAL, device.aaa_domain)
        if not self._options.policy(key[0]).off:
            self._count(key, device.name, accepted, ErrorClass.AUTH_FAILED)

    def took(self, device: Device, credential: Credential) -> None:
        """Remember what a device with several credentials was entered by."""
        if device.fallbacks and self._proven.get(device.name, "") != credential.name:
            self._found[device.name] = credential.name or None

    def _budget_spent(self, label: str, refused: int, budget: int, window: float) -> None:
        reason = (
            f"{refused} of {budget} bad logins within {window / 60:.0f} minutes are used up; "
            "nobody tries it any more"
        )
        self._tell(Change(Scope.CREDENTIAL, label, True, reason, ErrorClass.AUTH_FAILED, refused))

    # What became of it ----------------------------------------------------------------------

    def attempted(self, device: Device, error_class: ErrorClass | None) -> None:
        """Take the end of an attempt: a site's breaker should not wait for the last ones."""
        self.answers(device)
        speaks_for = error_class.verdict.speaks_for if error_class else ()
        if error_class and not speaks_for:
            return
        silent = Scope.GROUP in speaks_for
        if not silent and error_class and not error_class.verdict.reached:
            return  # it answered, only to say that it is busy
        first = not silent or self._first_failure(device)
        for key in self._keys(device):
            # A device that is tried three times is one device still; a probe's failure counts.
            if key[0] is not Scope.CREDENTIAL and (first or not self._breaker(key).closed):
                self._count(key, device.name, not silent, error_class)

    def _first_failure(self, device: Device) -> bool:
        with self._lock:
            first = device.name not in self._failed
            self._failed.add(device.name)
        return first

    def close(self) -> None:
        """Keep what the devices' ends and logins have taught."""
        self.quarantine.close()
        if self._found:
            with suppress(StoreError):
                self._memory.prove(self._found)

    def _count(self, key: Key, who: str, success: bool, error_class: ErrorClass | None) -> None:
        breaker = self._breaker(key)
        if success and breaker.success(who):
            self._turned(key, breaker, f"{who} answers again", None)
        elif not success and breaker.failure(who):
            told = error_class.value if error_class else "failed"
            self._turned(key, breaker, f"{who} is one of too many: {told}", error_class)

    def _turned(
        self, key: Key, breaker: Breaker, reason: str, error_class: ErrorClass | None
    ) -> None:
        """Keep and tell what a breaker came to, unless it has turned again already.

        One at a time: of two devices that turn it in the same moment, the first could else write
        down last what is no longer so, and other slices would take it from there.
        """
        opened = error_class is not None
        with self._turning:
            if opened is breaker.closed:
                return
            self._reasons[key] = reason
            self._keep(key, breaker, reason)
            self._tell(Change(*key, opened, reason, error_class))

    def _keep(self, key: Key, breaker: Breaker, reason: str) -> None:
        if key[0] not in _SHARED:
            return
        with suppress(StoreError):  # the ledger's writer tells of it
            self._memory.save([record_of(key, breaker.memory, reason, self._run_id)])


def _group(device: Device) -> str:
    return device.group or device.site
