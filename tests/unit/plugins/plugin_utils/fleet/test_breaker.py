# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The breaker against a model of it, written another way: as the list of all that has happened."""

from __future__ import annotations

import threading
from dataclasses import replace

from ansible_collections.prime.netops.plugins.plugin_utils.fleet.breaker import (
    Breaker,
    Memory,
    Policy,
    State,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

WHO = st.sampled_from(["r1", "r2", "r3"])


class BreakerMachine(RuleBasedStateMachine):
    """Devices ask, succeed and fail in any order while time goes by."""

    @initialize(
        consecutive=st.integers(0, 4),
        rate=st.sampled_from([0.0, 0.5, 0.8, 1.0]),
        window=st.integers(1, 8),
        minimum=st.integers(1, 8),
    )
    def begin(self, consecutive: int, rate: float, window: int, minimum: int) -> None:
        """Start closed, at noon."""
        self.now = 1_000.0
        self.policy = Policy(
            consecutive, rate, window, minimum, cooldown=10.0, growth=2.0, longest=35.0
        )
        self.breaker = Breaker(self.policy, clock=lambda: self.now)
        self.results: list[bool] = []  # since it was last closed
        self.until: float | None = None  # None: closed
        self.cooldown = 0.0
        self.probe: str | None = None

    @rule(seconds=st.sampled_from([0.0, 1.0, 9.0, 10.0, 30.0]))
    def time_passes(self, seconds: float) -> None:
        """The clock goes on."""
        self.now += seconds

    @rule(who=WHO)
    def asks(self, who: str) -> None:
        """Closed: everybody. Open: nobody until its time, then one, and another only much later."""
        may = self.until is None or self.now >= self.until
        assert self.breaker.ask(who) is may
        if may and self.until is not None:
            self.probe, self.until = who, self.now + self.cooldown

    @rule(who=WHO)
    def succeeds(self, who: str) -> None:
        """Only the probe's success closes it."""
        closes = self.until is not None and who == self.probe
        assert self.breaker.success(who) is closes
        if closes:
            self.until, self.probe, self.results = None, None, []
        elif self.until is None:
            self.results.append(True)

    @rule(who=WHO)
    def fails(self, who: str) -> None:
        """Too many open it; the probe's failure opens it for longer."""
        if self.until is not None:
            again = who == self.probe
            assert self.breaker.failure(who) is again
            if again:
                self.cooldown = min(self.cooldown * 2, 35.0)
                self.until, self.probe = self.now + self.cooldown, None
            return
        self.results.append(False)
        opens = self._in_a_row() or self._rate()
        assert self.breaker.failure(who) is opens
        if opens:
            self.cooldown, self.until = 10.0, self.now + 10.0

    def _in_a_row(self) -> bool:
        tail = self.results[::-1]
        failures = tail.index(True) if True in tail else len(tail)
        return 0 < self.policy.consecutive <= failures

    def _rate(self) -> bool:
        last = self.results[-self.policy.window :]
        enough = len(last) >= self.policy.minimum
        return enough and 0 < self.policy.rate <= last.count(False) / len(last)

    @rule()
    def process_is_replaced(self) -> None:
        """What outlives the process: whether it is open, until when, and for how long the next
        time. The window and the probe do not."""
        if self.until is not None:
            self.breaker = Breaker(self.policy, lambda: self.now, self.breaker.memory)
            self.probe, self.results = None, []

    @invariant()
    def it_knows_whether_it_is_open(self) -> None:
        """And until when, wherever a person may read it."""
        if not hasattr(self, "breaker"):
            return
        memory = self.breaker.memory
        assert (memory.state is State.CLOSED) is (self.until is None)
        if self.until is not None:
            assert memory.until == self.until
            assert memory.cooldown <= self.policy.longest


TestBreaker = BreakerMachine.TestCase
TestBreaker.settings = settings(max_examples=300, stateful_step_count=40, deadline=None)


def test_of_a_hundred_threads_one_is_the_probe() -> None:
    """However many ask at the moment when its time has come."""
    breaker = Breaker(Policy(consecutive=1, cooldown=60.0))
    breaker.failure("r0")
    breaker.adopt(replace(breaker.memory, until=0.0))
    start, probes = threading.Barrier(100), []

    def ask(number: int) -> None:
        start.wait()
        if breaker.ask(f"r{number}"):
            probes.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(probes) == 1


def test_what_another_process_found_out_is_taken_over() -> None:
    """It opens and closes a breaker whose own results say otherwise."""
    breaker = Breaker(Policy(consecutive=3), clock=lambda: 100.0)
    breaker.adopt(Memory(State.OPEN, failures=3, cooldown=30.0, until=130.0))
    assert not breaker.ask("r1")
    breaker.adopt(Memory())
    assert breaker.ask("r1")
