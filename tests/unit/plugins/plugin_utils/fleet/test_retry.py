# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is tried again, how long is waited, and what is written down of each attempt."""

from __future__ import annotations

import functools
import itertools
import random
import threading
import time
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import errors
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass, NetopsError
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.base import Middleware
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.retry import RetryPolicy
from hypothesis import given
from hypothesis import strategies as st
from nornir.core.task import Result, Task
from tenacity import Future, RetryCallState, Retrying

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, LONG, fly

FAILURES = {
    error.error_class: error
    for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, NetopsError)
}


def status_of(error_class: ErrorClass) -> str:
    """How a device counts that ended with this class."""
    if not error_class.verdict.tried:
        return "skipped"
    return "failed" if error_class.verdict.reached else "unreachable"


@pytest.mark.parametrize("error_class", ErrorClass, ids=lambda error_class: error_class.value)
def test_only_transient_failures_are_tried_again(error_class: ErrorClass) -> None:
    """A refused login, above all, is never repeated: that would lock the account."""

    def work(task: Task) -> None:
        raise FAILURES[error_class]("as the test wants it")

    outcome = fly(work, ["r0"], retry=AT_ONCE)["r0"]
    assert len(outcome.attempts) == (3 if error_class.verdict.transient else 1)
    assert {attempt.error_class for attempt in outcome.attempts} == {error_class}
    assert outcome.error is not None
    assert outcome.error.error_class is error_class
    assert outcome.status == status_of(error_class)


def test_an_attempt_that_succeeds_ends_it() -> None:
    """What went before stands in the outcome, with number, class, message and times."""
    failures = iter([errors.ConnectionReset("hung up"), errors.DeadlineExceeded("silent"), None])

    def work(task: Task) -> Result:
        if failure := next(failures):
            raise failure
        return Result(task.host, result="at last", changed=True)

    outcome = fly(work, ["r0"], retry=AT_ONCE)["r0"]
    assert (outcome.status, outcome.result, outcome.error) == ("changed", "at last", None)
    assert [(one.number, one.error_class, one.message) for one in outcome.attempts] == [
        (1, ErrorClass.CONNECTION_RESET, "hung up"),
        (2, ErrorClass.TIMEOUT, "silent"),
        (3, None, ""),
    ]
    for before, after in itertools.pairwise(outcome.attempts):
        assert before.started + before.seconds <= after.started + 0.01


def test_every_attempt_is_told_to_the_middleware() -> None:
    """So that a text which proves incomplete can be fetched again."""

    class Doubts(Middleware):
        def __init__(self) -> None:
            self.seen: list[Any] = []

        def subtask_instance_completed(self, task: Any, host: Any, result: Any) -> None:
            self.seen.append(result[0].result)
            if len(self.seen) < 3:
                result[0].failed = True
                result[0].exception = errors.IncompleteOutput("no end marker")

    doubts, texts = Doubts(), iter(["one", "two", "three"])
    outcome = fly(lambda task: next(texts), ["r0"], retry=AT_ONCE, middleware=[doubts])["r0"]
    assert doubts.seen == ["one", "two", "three"]
    assert outcome.result == "three"
    assert [attempt.error_class for attempt in outcome.attempts] == [
        ErrorClass.INCOMPLETE_OUTPUT,
        ErrorClass.INCOMPLETE_OUTPUT,
        None,
    ]


def test_a_step_of_a_task_fails_for_its_own_reason() -> None:
    """Tasks are made of tasks in Nornir; the class is that of the innermost one."""

    def step(task: Task) -> None:
        raise errors.ConnectionReset("hung up in the second step")

    def steps(task: Task) -> None:
        task.run(lambda task: "fine", name="first")
        task.run(step)

    outcome = fly(lambda task: task.run(steps), ["r0"], retry=AT_ONCE)["r0"]
    assert [one.error_class for one in outcome.attempts] == [ErrorClass.CONNECTION_RESET] * 3
    assert outcome.message == "hung up in the second step"


def test_a_defect_in_a_step_is_named() -> None:
    """The message is that of the exception, not of Nornir's wrapper."""

    def step(task: Task) -> None:
        raise ZeroDivisionError("division by zero")

    outcome = fly(lambda task: task.run(step), ["r0"], retry=AT_ONCE)["r0"]
    assert outcome.message == "ZeroDivisionError: division by zero"
    assert len(outcome.attempts) == 1


class Callable:
    """A task that is no function."""

    def __call__(self, task: Task, word: str = "called") -> str:
        """Be called."""
        return word


@pytest.mark.parametrize("work", [Callable(), functools.partial(Callable(), word="called")])
def test_any_callable_is_a_task(work: Any) -> None:
    """Objects and partial functions have no name, which Nornir asks for."""
    assert fly(work, ["r0"])["r0"].result == "called"


def test_a_task_gets_its_parameters() -> None:
    """As keyword arguments."""

    def work(task: Task, word: str, number: int) -> str:
        return word * number

    assert fly(work, ["r0"], params={"word": "ho", "number": 3})["r0"].result == "hohoho"


def state(attempt: int, failure: Exception) -> RetryCallState:
    """tenacity's state after a failed attempt."""
    call = RetryCallState(Retrying(), None, (), {})
    call.attempt_number, call.outcome = attempt, Future(attempt)
    call.outcome.set_exception(failure)
    return call


@given(
    attempt=st.integers(1, 200),
    base=st.floats(0, 1e3),
    cap=st.floats(0, 1e3),
    error_class=st.sampled_from(tuple(FAILURES)),
)
def test_waits_have_full_jitter_and_a_cap(
    attempt: int, base: float, cap: float, error_class: ErrorClass
) -> None:
    """Between nothing and what the number of the attempt allows, and never over the cap."""
    wait = RetryPolicy(9, base, cap).wait(state(attempt, FAILURES[error_class]("")))
    bound = base * error_class.verdict.patience * 2.0 ** (attempt - 1)
    assert 0 <= wait <= min(cap, bound)


def test_waits_are_spread_over_the_whole_range() -> None:
    """A herd of devices that failed together must not come back together."""
    draw = random.Random(1)
    random.seed(draw.random())
    waits = [RetryPolicy(9, 8.0, 100).wait(state(1, OSError())) for _ in range(200)]
    assert min(waits) < 1 < 7 < max(waits)
    assert len(set(waits)) > 190


def test_a_full_device_is_given_more_time() -> None:
    """Lines become free when people log out: the same draw waits several times as long."""
    policy = RetryPolicy(9, 1.0, 1000)
    random.seed(7)
    usual = policy.wait(state(3, errors.Unreachable("")))
    random.seed(7)
    patient = policy.wait(state(3, errors.SessionLimit("")))
    assert patient == pytest.approx(usual * ErrorClass.SESSION_LIMIT.verdict.patience)
    assert patient > usual


def test_an_abort_interrupts_the_wait() -> None:
    """A run that is ended does not wait for a wait, and counts no attempt that was not made."""
    stop = threading.Event()

    class StopAfterOne(Middleware):
        def subtask_instance_completed(self, task: Any, host: Any, result: Any) -> None:
            stop.set()

    def work(task: Task) -> None:
        raise errors.Unreachable("nobody there")

    began, hours = time.monotonic(), RetryPolicy(attempts=9, base=10_000, cap=10_000)
    kept = fly(work, ["r0"], retry=hours, deadline=100_000, middleware=[StopAfterOne()], stop=stop)
    assert time.monotonic() - began < LONG / 2
    assert kept["r0"].error is not None
    assert kept["r0"].error.error_class is ErrorClass.INTERRUPTED
    assert [one.error_class for one in kept["r0"].attempts] == [ErrorClass.UNREACHABLE]


def test_a_wait_that_would_outlast_the_deadline_is_not_begun() -> None:
    """The slot is free at once, and the outcome names what went wrong and not the deadline."""

    def work(task: Task) -> None:
        raise errors.Unreachable("nobody there")

    random.seed(3)
    began = time.monotonic()
    patient = RetryPolicy(attempts=9, base=100_000, cap=100_000)
    outcome = fly(work, ["r0"], retry=patient, deadline=LONG)["r0"]
    assert time.monotonic() - began < LONG / 2
    assert outcome.error is not None
    assert outcome.error.error_class is ErrorClass.UNREACHABLE
    assert len(outcome.attempts) == 1
