# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Breakers that several devices turn in the same moment."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.breaker import Policy
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.guard import Guard, GuardOptions
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.keeping import Change
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import BreakerRecord

from tests.unit.plugins.plugin_utils.fleet.engine import LONG, an_ios
from tests.unit.plugins.plugin_utils.fleet.memory import ForgetfulMemory


class SlowMemory(ForgetfulMemory):
    """Keeps what it is given in the order in which it comes to its end; the first takes longest."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.may_end = threading.Event(), threading.Event()
        self.kept: list[str] = []

    def save(self, records: Sequence[BreakerRecord]) -> None:
        """Write it down when the test says so, and what comes later at once."""
        if not self.begun.is_set():
            self.begun.set()
            self.may_end.wait(LONG)
        self.kept += [record.state for record in records]


def test_what_is_kept_and_told_last_is_how_it_is() -> None:
    """While it is written down that the breaker opened, its probe has closed it."""
    memory, told = SlowMemory(), list[Change]()
    policy = Policy(consecutive=1, cooldown=0.0)
    guard = Guard(GuardOptions(group=policy), memory, "run", ("r1", "r2"), 8, told.append)
    first, probe = an_ios("r1", site="s"), an_ios("r2", site="s")
    opens = threading.Thread(target=guard.attempted, args=(first, ErrorClass.UNREACHABLE))
    opens.start()
    assert memory.begun.wait(LONG)
    assert guard.ask(probe) is None
    closes = threading.Thread(target=guard.attempted, args=(probe, None))
    closes.start()
    closes.join(0.1)  # long enough for one that does not wait for the other
    memory.may_end.set()
    for thread in (opens, closes):
        thread.join(LONG)
    assert memory.kept == ["open", "closed"]
    assert [change.opened for change in told] == [True, False]
