# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several attempts at one device, as one Nornir task around the real one.

Nornir's own hierarchy tells them apart: the device is the task instance, each attempt a subtask
instance, so a processor sees both without any hook of ours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nornir.core.exceptions import NornirSubTaskError
from nornir.core.task import MultiResult, Result, Task
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    sleep_using_event,
    stop_after_attempt,
    stop_before_delay,
    wait_random_exponential,
)

from ..errors import NetopsError
from .classify import classify
from .flight import Attempt, Flight
from .host import FleetHost, fleet_host


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how patiently. ``base`` and ``cap`` in seconds.

    The wait before attempt n+1 is drawn evenly from 0 to min(cap, base * 2^(n-1)): "full jitter",
    which spreads a herd of devices best (Brooker, Exponential Backoff And Jitter, AWS 2015).
    """

    attempts: int = 3
    base: float = 1.0
    cap: float = 30.0

    def wait(self, state: RetryCallState) -> float:
        """Seconds to wait before the next attempt; longer for classes that ask for patience."""
        error = state.outcome.exception() if state.outcome else None
        patience = error.error_class.verdict.patience if isinstance(error, NetopsError) else 1.0
        return wait_random_exponential(multiplier=self.base * patience, max=self.cap)(state)


def with_retry(
    task: Task, work: Callable[..., Any], policy: RetryPolicy, params: Mapping[str, Any]
) -> Result:
    """Run ``work`` until it succeeds, fails for good, or the device's time is up.

    Never raises for a device's sake: a failure is a `Result` whose ``exception`` is a
    `NetopsError`.
    """
    host = fleet_host(task.host)
    flight = host.flight
    retrying = Retrying(
        stop=stop_after_attempt(policy.attempts) | stop_before_delay(flight.remaining()),
        wait=policy.wait,
        retry=retry_if_exception(lambda error: _worth_another(error, host)),
        sleep=sleep_using_event(flight.aborted),
        reraise=True,
    )
    try:
        done: MultiResult = retrying(_attempt, task, work, params, flight)
    except NetopsError as error:
        return Result(task.host, result=flight.salvage, failed=True, exception=error)
    return Result(task.host, result=done[0].result, changed=done[0].changed, diff=done[0].diff)


def _worth_another(error: BaseException, host: FleetHost) -> bool:
    transient = isinstance(error, NetopsError) and error.error_class.verdict.transient
    flight = host.flight
    going_on = transient and not flight.aborted.is_set() and not flight.aftermath
    return going_on and host.links.guard.may_retry(host.device)


def _without_traceback(work: Callable[..., Any]) -> Callable[..., Any]:
    """The task, its exception handed over as a result.

    Nornir formats the traceback of every exception that reaches it, which nobody reads here and
    which takes some 20 ms: with a hundred devices called back at once, seconds.
    """

    def quiet(task: Task, **params: Any) -> Any:
        try:
            return work(task, **params)
        except Exception as error:  # noqa: BLE001 - what kind it is, classify says
            return Result(task.host, failed=True, exception=error)

    return quiet


def _attempt(
    task: Task, work: Callable[..., Any], params: Mapping[str, Any], flight: Flight
) -> MultiResult:
    """One attempt on a fresh connection, which is closed whatever happens."""
    host = fleet_host(task.host)
    flight.check()  # the run may have ended while this attempt was waited for
    host.device.check()  # what is wrong with the inventory is no attempt
    host.links.guard.knocks(host.device)
    started, clock = time.time(), time.perf_counter()
    error: NetopsError | None = None
    try:
        return task.run(task=_without_traceback(work), **{"name": task.name, **params})
    except NornirSubTaskError as failure:
        error = flight.reason or classify(failure.result[0].exception or failure)
    except (NetopsError, SystemExit) as failure:  # a user's task may call sys.exit
        error = classify(failure)
    finally:
        task.host.close_connections()
        flight.landed()
        task.results.clear()  # a failed attempt's text must not pile up behind the last one's
        flight.enter(
            Attempt(
                number=len(flight.attempts) + 1,
                started=started,
                seconds=time.perf_counter() - clock,
                error_class=error.error_class if error else None,
                message=str(error or ""),
            )
        )
        host.links.guard.attempted(host.device, error.error_class if error else None)
    raise error
