# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the middleware tells: progress, counts, results, log lines, and no secret in any of them."""

from __future__ import annotations

import itertools
import json
import logging
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    AuthFailed,
    ErrorClass,
    Unreachable,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.collect import (
    ROOM,
    Collect,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.log import Log
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.progress import (
    INTERVAL,
    Progress,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.tally import Tally
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.outcome import Outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from nornir.core.task import Task

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, fly

AWX_LIMIT = 700_000
PASSWORD = 'S3cr3tMarker \'n "q" \\ü/%20'
"""With all that makes repr, JSON and URLs write it in another way."""


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


def test_progress_is_said_now_and_then_and_at_the_end() -> None:
    """With devices of a second each there is a line in five, and a last one."""
    clock, lines = Clock(), []

    def work(task: Task) -> None:
        clock.now += 1
        if task.host.name == "r3":
            raise Unreachable("gone")

    fly(
        work,
        [f"r{n}" for n in range(12)],
        workers=1,
        middleware=[Progress(12, lines.append, clock=clock)],
    )
    assert lines == [
        "5/12 devices, 1 failed, 1.0 devices/s, ETA 7 s",
        "10/12 devices, 1 failed, 1.0 devices/s, ETA 2 s",
        "12/12 devices, 1 failed, 1.0 devices/s in 12.0 s",
    ]


def test_the_last_line_of_a_run_that_was_ended_promises_nothing() -> None:
    """Whoever looks at it later must not wait for the rest."""
    clock, lines = Clock(), []
    progress = Progress(10, lines.append, clock=clock)
    clock.now += 2
    fly(lambda task: None, ["r0", "r1"], middleware=[progress])
    assert lines == ["2/10 devices, 0 failed, 1.0 devices/s in 2.0 s"]


def test_on_a_terminal_the_line_is_drawn_in_place() -> None:
    """A few times a second and not once a device; it is wiped before the last one is said."""
    clock, drawn, said = Clock(), [], []
    progress = Progress(100, said.append, drawn.append, clock)

    def work(task: Task) -> None:
        clock.now += 0.1

    fly(work, [f"r{n}" for n in range(100)], workers=1, middleware=[progress])
    assert 40 < len(drawn) <= 51
    assert drawn[0].startswith("2/100 devices, 0 failed")
    assert drawn[-1] == ""
    assert said == ["100/100 devices, 0 failed, 10.0 devices/s in 10.0 s"]


@given(st.lists(st.floats(0, 60), max_size=60))
def test_progress_never_says_more_than_a_line_in_the_interval(steps: list[float]) -> None:
    """AWX keeps every line for ever."""
    clock, said = Clock(), []
    progress = Progress(len(steps) + 1, lambda line: said.append(clock.now), clock=clock)
    for step in steps:
        clock.now += step
        progress.device_done(None, outcome("r0"))
    assert all(after - before >= INTERVAL for before, after in itertools.pairwise(said))


def outcome(name: str, error: Any = None, result: Any = None, message: str = "") -> Outcome:
    """An outcome as the engine settles it."""
    status = "ok" if error is None else "unreachable"
    return Outcome(name, "", "", "", status, 0, 2.5, (), error, message, result)


@pytest.mark.parametrize(
    "name", ["r{}", "a-rather-long-name-of-a-router-{}.site.example.net", "ü" * 200 + "{}"]
)
def test_ten_thousand_failures_fit_into_a_result(name: str) -> None:
    """Counts are whole, the first failures are told in full, names as far as they fit."""
    tally = Tally()
    for number in range(10_000):
        tally.device_done(
            None, outcome(name.format(number), Unreachable("x"), message="no answer ü " * 50)
        )
    assert tally.failed == tally.statuses["unreachable"] == 10_000
    assert tally.classes == {"unreachable": 10_000}
    assert len(tally.failures) == 100
    assert tally.failures[0]["host"] == tally.failed_names[0] == name.format(0)
    assert tally.failures[0]["remedy"] == ErrorClass.UNREACHABLE.verdict.remedy
    assert len(tally.failed_names) > 150
    assert len(json.dumps([tally.failures, tally.failed_names])) < AWX_LIMIT - ROOM


def test_all_of_a_thousand_failed_devices_are_named() -> None:
    """The per-host results are made from these names: none may be missing in an ordinary fleet."""
    tally = Tally()
    for number in range(5000):
        tally.device_done(None, outcome(f"access-switch-{number}.example.net", Unreachable("x")))
    assert len(tally.failed_names) == 5000


def test_results_are_kept_as_far_as_they_fit() -> None:
    """And it is said how many did not."""
    collect = Collect()
    fly(lambda task: "ü" * 10_000, [f"r{n}" for n in range(20)], middleware=[collect])
    assert len(collect.results) + collect.left_out == 20
    assert 0 < len(collect.results) < 20
    assert len(json.dumps(collect.results)) < AWX_LIMIT / 2


@dataclass
class Reading:
    """What a user's own task may return."""

    text: str


RESULTS = {
    "text": f"login {PASSWORD} ok",
    "nested": {"a": [{"b": (f"x {PASSWORD}",)}]},
    "key": {PASSWORD: 1},
    "object": Reading(f"login {PASSWORD}"),
    "object within": [Reading(PASSWORD)],
    "odd key": {("a", 1): PASSWORD},
    "bytes": PASSWORD.encode(),
    "by rule": {"show run": "username x password 7 08S3cr3tMarker2455D0A16"},
    "by rule in a tuple": ("username x password 7 08S3cr3tMarker2455D0A16",),
    "by rule in an object": Reading("username x password 7 08S3cr3tMarker2455D0A16"),
}


@pytest.mark.parametrize("case", RESULTS)
def test_results_hold_no_secrets(case: str) -> None:
    """Neither the device's own password, nor what the platforms' rules know, whatever the type."""
    collect = Collect()
    fly(lambda task: RESULTS[case], [Device("r0", password=PASSWORD)], middleware=[collect])
    assert "r0" in collect.results
    assert "S3cr3tMarker" not in json.dumps(collect.results)


def test_a_result_that_is_no_json_ends_no_run() -> None:
    """It is kept as its text."""
    loop: list[Any] = []
    loop.append(loop)
    works = {"cycle": loop, "set": {1}, "key": {(1, 2): 3}, "none": None, "float": 1.5}
    collect = Collect()
    fly(lambda task: works[task.host.name], works, middleware=[collect])
    json.dumps(collect.results)
    assert collect.results["cycle"] == "[[...]]"
    assert collect.results["set"] == "{1}"
    assert collect.results["key"] == "{(1, 2): 3}"
    assert collect.results["none"] is None
    assert collect.results["float"] == 1.5


def test_results_of_failed_devices_are_not_kept() -> None:
    """Their place is among the failures."""
    collect = Collect()

    def work(task: Task) -> None:
        raise AuthFailed("no")

    fly(work, ["r0"], middleware=[collect])
    assert (collect.results, collect.left_out) == ({}, 0)


def test_a_device_is_a_line_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """Name and status; for a failure the class, what happened, how often, and the remedy."""

    def work(task: Task) -> None:
        if task.host.name == "bad":
            raise Unreachable("no route\nto host")

    with caplog.at_level(logging.INFO, logger="prime.netops"):
        fly(work, ["good", "bad"], workers=1, retry=AT_ONCE, middleware=[Log()])
    good, bad = (record for record in caplog.records if record.name.startswith("prime.netops"))
    assert good.levelno == logging.INFO
    assert re.fullmatch(r"good: ok in \d+\.\d s.*", good.getMessage())
    assert bad.levelno == logging.WARNING
    assert bad.getMessage() == (
        "bad: unreachable: no route to host (3 attempts). " + ErrorClass.UNREACHABLE.verdict.remedy
    )


SPELLINGS = {
    "as it is": PASSWORD,
    "repr": repr(PASSWORD),
    "json": json.dumps(PASSWORD),
    "url": f"ssh://x:{quote(PASSWORD, safe='')}@r1/",
    "path": quote(PASSWORD),
    "after a keyword": f"password {PASSWORD} refused",
    "in parts": f"key {PASSWORD}; secret {PASSWORD}",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", ["password", "enable_password", "option"])
def test_messages_hold_no_secrets(spelling: str, secret: str) -> None:
    """Not the one of the outcome and not those of the attempts, however a library spells them."""
    details: dict[str, Any] = (
        {"driver_options": {"passphrase": PASSWORD}} if secret == "option" else {secret: PASSWORD}
    )

    def work(task: Task) -> None:
        raise Unreachable(f"cannot log in with {SPELLINGS[spelling]} at all")

    device = Device("r0", **details)
    done = fly(work, [device], retry=AT_ONCE)["r0"]
    texts = [done.message, *(attempt.message for attempt in done.attempts)]
    assert len(texts) == 4
    for text in texts:
        assert "cannot log in with" in text
        for part in ("S3cr3tMarker", "'n", "%20", "%2520", '"q'):
            assert part not in text


@settings(deadline=None)
@given(st.text(min_size=4, max_size=30).filter(str.strip), st.text(max_size=10))
def test_no_password_is_found_in_a_message(password: str, around: str) -> None:
    """Whatever its letters, and whatever stands around it; messages are one printable line."""

    def work(task: Task) -> None:
        raise Unreachable(f"before{around} {password} {around}after")

    message = fly(work, [Device("r0", password=password)], workers=1)["r0"].message
    if password not in f"before{around}  {around}after <redacted>":
        assert password not in message
    assert not message or message.isprintable()


def test_what_a_device_says_cannot_control_the_terminal() -> None:
    """Escape sequences and line ends of a device's last words stay out of the log."""

    def work(task: Task) -> None:
        raise Unreachable("\x1b[2J\x1b[31mowned\r\nPLAY RECAP\x07")

    message = fly(work, ["r0"])["r0"].message
    assert message == "[2J[31mowned PLAY RECAP"
