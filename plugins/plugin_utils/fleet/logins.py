# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login budget: a wrong password is tried a few times in all, whatever the size of the fleet.

AAA servers lock an account after three to ten bad logins. So a credential that has not worked in
this run is tried by a few devices only, as many as the budget still has; the others wait for
their answer. When it works everybody goes; when the budget is spent nobody does.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import paramiko

from ..errors import ErrorClass, SkippedByBreaker, StoreError
from ..store.records import LoginGrant, LoginKey
from .classify import classify
from .device import Credential, Device
from .flight import Flight

POLL = 0.1
"""Seconds between two looks at a budget of which others hold the last places."""
FINGERPRINT = 3
"""Bytes: enough to tell one wrong password from the next, too few to find one by."""


@dataclass(frozen=True, slots=True)
class LoginPolicy:
    """``budget`` bad logins of a credential in ``window`` seconds; 0 switches the budget off."""

    budget: int = 3
    window: float = 1800.0


class LoginMemory(Protocol):
    """Where bad logins are kept, across runs and slices: `BreakerStore`."""

    def claim_login(
        self, key: LoginKey, run_id: str, device: str, budget: int, window: float
    ) -> LoginGrant:
        """Ask to try a login."""

    def refused(self, key: LoginKey, run_id: str, device: str) -> None:
        """Remember a refused login."""

    def unanswered(self, key: LoginKey, run_id: str, device: str) -> None:
        """Give the place back."""

    def accepted(self, key: LoginKey) -> None:
        """Forget what was refused before it worked."""


@dataclass(slots=True)
class _Standing:
    """What this run knows of one credential."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    proven: bool = False
    refused_since: list[str] = field(default_factory=list)
    """Devices that refused it since it last worked."""
    spent_until: float = 0.0
    refused: int = 0


class LoginBudget:
    """Asked in the devices' threads, at the moment when a password is about to be sent."""

    def __init__(
        self,
        policy: LoginPolicy,
        memory: LoginMemory,
        run_id: str,
        spent: Callable[[str, int, int, float], None],
    ) -> None:
        """``spent`` is told once for each credential: its name, refusals, budget, window."""
        self._policy = policy
        self._memory = memory
        self._run_id = run_id
        self._spent = spent
        self._lock = threading.Lock()
        self._standings: dict[LoginKey, _Standing] = {}

    def check(self, device: Device, credential: Credential) -> None:
        """Raise `SkippedByBreaker` when the budget is known to be spent: nobody is dialled then."""
        standing = self._standing(login_key(device, credential))
        if standing.spent_until > time.time():
            raise self._refusal(credential, standing)

    @contextmanager
    def trying(self, device: Device, credential: Credential, flight: Flight) -> Iterator[None]:
        """Around the login itself. Raises `SkippedByBreaker` in place of one too many."""
        key = login_key(device, credential)
        if self._policy.budget <= 0:
            yield
            return
        self._await_place(key, device, credential, flight)
        try:
            yield
        except paramiko.AuthenticationException as error:
            if is_refusal(error):
                self._refused(key, device)
            else:
                self._unanswered(key, device)
            raise
        except BaseException:
            self._unanswered(key, device)
            raise
        self._accepted(key)

    def _standing(self, key: LoginKey) -> _Standing:
        with self._lock:
            return self._standings.setdefault(key, _Standing())

    def _await_place(
        self, key: LoginKey, device: Device, credential: Credential, flight: Flight
    ) -> None:
        standing = self._standing(key)
        while not standing.proven:
            with standing.lock:  # one at a time asks the store for all that wait
                if standing.proven or self._claim(key, device, credential, standing):
                    return
            flight.check()
            flight.aborted.wait(POLL)
            flight.check()

    def _claim(
        self, key: LoginKey, device: Device, credential: Credential, standing: _Standing
    ) -> bool:
        if standing.spent_until > time.time():
            raise self._refusal(credential, standing)
        policy = self._policy
        try:
            grant = self._memory.claim_login(
                key, self._run_id, device.name, policy.budget, policy.window
            )
        except StoreError as error:  # rather a device too few than a login too many
            raise SkippedByBreaker(f"the login budget cannot be asked: {error}") from error
        if grant.spent:
            self._spend(credential, standing, grant.refused, grant.until)
            raise self._refusal(credential, standing)
        return grant.granted

    def _spend(
        self, credential: Credential, standing: _Standing, refused: int, until: datetime | None
    ) -> None:
        first = not standing.spent_until
        standing.refused = refused
        standing.spent_until = until.timestamp() if until else time.time() + self._policy.window
        if first:
            self._spent(credential.label, refused, self._policy.budget, self._policy.window)

    def _refusal(self, credential: Credential, standing: _Standing) -> SkippedByBreaker:
        until = time.strftime("%H:%M:%S", time.localtime(standing.spent_until))
        return SkippedByBreaker(
            f"the login of {credential.label} was refused {standing.refused} times, so it is not "
            f"tried again before {until}: correct the password, or raise max_bad_logins"
        )

    def _refused(self, key: LoginKey, device: Device) -> None:
        """A login that worked before and is refused here is this device's own affair.

        Unless it is refused again and again with no success between: then it has to prove itself
        anew, and what was refused counts.
        """
        standing = self._standing(key)
        with standing.lock:
            standing.refused_since.append(device.name)
            if standing.proven and len(standing.refused_since) < self._policy.budget:
                return
            standing.proven = False
            names, standing.refused_since = standing.refused_since, []
            try:
                for name in names:
                    self._memory.refused(key, self._run_id, name)
            except StoreError:  # what cannot be counted must not go on
                standing.refused += len(names)
                standing.spent_until = time.time() + self._policy.window

    def _unanswered(self, key: LoginKey, device: Device) -> None:
        if not self._standing(key).proven:
            self._memory.unanswered(key, self._run_id, device.name)

    def _accepted(self, key: LoginKey) -> None:
        standing = self._standing(key)
        if standing.proven and not standing.refused_since:
            return
        with standing.lock:
            standing.refused_since.clear()
            if not standing.proven:
                self._memory.accepted(key)
                standing.proven, standing.spent_until = True, 0.0


def login_key(device: Device, credential: Credential) -> LoginKey:
    """The account in its AAA domain, and a fingerprint of what is tried."""
    account = f"{credential.username or ''}@{device.aaa_domain}".removesuffix("@")
    secret = f"{credential.password or ''}\0{credential.key_file or ''}"
    digest = hashlib.blake2s(
        secret.encode("utf-8", "surrogatepass"),
        key=hashlib.sha256(account.encode("utf-8", "surrogatepass")).digest(),
        digest_size=FINGERPRINT,
    )
    return LoginKey(account, digest.hexdigest())


def is_refusal(error: Exception) -> bool:
    """Whether the other side judged the login and said no; a time-out says nothing about it.

    A device that takes no passwords has not judged one. One that asks by keyboard-interactive has:
    paramiko answers it with the password, and when that is refused it says nothing but this.
    """
    if isinstance(error, paramiko.BadAuthenticationType):
        return "keyboard-interactive" in error.allowed_types
    return classify(error).error_class is ErrorClass.AUTH_FAILED
