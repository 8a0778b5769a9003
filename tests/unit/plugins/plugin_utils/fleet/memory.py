# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What outlives a run of its breakers, for an engine without a store: nothing does."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from ansible_collections.prime.netops.plugins.plugin_utils.store.records import (
    BreakerRecord,
    LoginGrant,
    LoginKey,
)


class ForgetfulLogins:
    """For an engine without a store: bad logins are counted for this run only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._trying: dict[LoginKey, set[str]] = {}
        self._bad: dict[LoginKey, set[str]] = {}

    def claim_login(
        self, key: LoginKey, run_id: str, device: str, budget: int, window: float
    ) -> LoginGrant:
        """Ask to try a login."""
        with self._lock:
            trying, bad = self._trying.setdefault(key, set()), self._bad.setdefault(key, set())
            if len(bad) >= budget:
                until = datetime.fromtimestamp(time.time() + window).astimezone()
                return LoginGrant(False, len(bad), until)
            if len(trying) + len(bad) >= budget:
                return LoginGrant(False, len(bad))
            trying.add(device)
            return LoginGrant(True, len(bad))

    def refused(self, key: LoginKey, run_id: str, device: str) -> None:
        """Remember a refused login."""
        with self._lock:
            self._trying.setdefault(key, set()).discard(device)
            self._bad.setdefault(key, set()).add(device)

    def unanswered(self, key: LoginKey, run_id: str, device: str) -> None:
        """Give the place back."""
        with self._lock:
            self._trying.setdefault(key, set()).discard(device)

    def accepted(self, key: LoginKey) -> None:
        """Forget what was refused before it worked."""
        with self._lock:
            self._trying.pop(key, None)
            self._bad.pop(key, None)


class ForgetfulMemory(ForgetfulLogins):
    """For an engine without a store: what happens in this run stays in it."""

    def load(self, scopes: Sequence[str]) -> list[BreakerRecord]:
        """Nothing."""
        return []

    def load_devices(self, names: Sequence[str]) -> dict[str, BreakerRecord]:
        """Nothing."""
        return {}

    def save(self, records: Sequence[BreakerRecord]) -> None:
        """Keep nothing."""

    def claim_probe(self, scope: str, name: str, until: datetime) -> bool:
        """Nobody else is there."""
        return True

    def proven(self) -> dict[str, str]:
        """Nothing."""
        return {}

    def prove(self, found: Mapping[str, str | None]) -> None:
        """Keep nothing."""
