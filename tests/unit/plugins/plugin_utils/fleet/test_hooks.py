# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's own middleware: what it may say, and what its faults cost."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import normalise
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass, Unreachable
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.hooks import Hook
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.outcome import Outcome
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.hooks import load_hooks
from nornir.core.task import Result, Task

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, LONG, Flights, Kept, an_ios, fly


class Diary:
    """A middleware that writes down what it is asked and told."""

    def __init__(self, name: str, diary: list[str], veto: str | None = None) -> None:
        self.name, self.diary, self.veto = name, diary, veto

    def before(self, device: Device) -> str | None:
        """Veto, or not."""
        self.diary.append(f"{self.name} before {device.name}")
        return self.veto

    def after(self, device: Device, outcome: Outcome) -> None:
        """Write it down."""
        self.diary.append(f"{self.name} after {device.name} {outcome.status}")


def fly_hooked(work: Any, *middleware: Any, device: Any = "r1", **options: Any) -> Kept:
    """Run a task on one device, with middleware that are called a, b, ..."""
    letters = "abc"[: len(middleware)]
    named = zip(letters, middleware, strict=True)
    hooks = tuple(Hook(f"my.checks:{letter}", each) for letter, each in named)
    return fly(work, [device], hooks=hooks, **options)


def test_each_is_asked_and_told_once_in_the_order_of_the_list() -> None:
    """However often the device is tried."""
    diary: list[str] = []

    def work(task: Task) -> None:
        diary.append("try")
        raise Unreachable("gone")

    fly_hooked(work, Diary("a", diary), Diary("b", diary), retry=AT_ONCE)
    assert diary == [
        "a before r1",
        "b before r1",
        "try",
        "try",
        "try",
        "a after r1 unreachable",
        "b after r1 unreachable",
    ]


def test_a_veto_leaves_the_device_alone() -> None:
    """Nothing is sent, the reason is kept with the name of who gave it, nobody after is asked."""
    diary: list[str] = []
    kept = fly_hooked(
        lambda task: diary.append("try"), Diary("a", diary, "it is Friday"), Diary("b", diary)
    )
    assert diary == ["a before r1", "a after r1 skipped", "b after r1 skipped"]
    outcome = kept["r1"]
    assert (outcome.status, outcome.failed, outcome.attempts) == ("skipped", False, ())
    assert outcome.message == "it is Friday (my.checks:a)"


class Raises:
    """A middleware with a defect."""

    def __init__(self, method: str, error: BaseException) -> None:
        self.method, self.error = method, error

    def before(self, device: Device) -> None:
        """Fail, or not."""
        if self.method == "before":
            raise self.error

    def after(self, device: Device, outcome: Outcome) -> None:
        """Fail, or not."""
        if self.method == "after":
            raise self.error


@pytest.mark.parametrize("method", ["before", "after"])
@pytest.mark.parametrize("error", [KeyError("site"), SystemExit(3), Unreachable("odd")])
def test_its_exception_is_the_device_s_error(method: str, error: BaseException) -> None:
    """Of the class internal, which is not tried again, with the name of the middleware."""
    diary: list[str] = []
    kept = fly_hooked(lambda task: "x", Raises(method, error), Diary("b", diary), retry=AT_ONCE)
    outcome = kept["r1"]
    assert outcome.error is not None
    assert outcome.error.error_class is ErrorClass.INTERNAL
    assert outcome.status == "failed"
    assert f"middleware my.checks:a: {method}() raised {type(error).__name__}" in outcome.message
    assert diary[-1].startswith("b after r1")


def test_what_was_fetched_outlives_a_fault_in_after() -> None:
    """A good copy is kept, although the device counts as failed."""
    copy = normalise("version 15\nend\n", platforms.load("cisco_ios"))

    def work(task: Any) -> Result:
        return Result(task.host, result=copy, changed=True)

    kept = fly_hooked(work, Raises("after", ValueError("no")), device=an_ios("r1"))
    assert kept["r1"].status == "failed"
    assert kept["r1"].result == copy


def test_those_that_a_veto_leaves_alone_hold_up_nobody() -> None:
    """A group waits for the first answers of its devices, and not for those never asked."""
    names = [f"r{number}" for number in range(60)]
    hooks = (Hook("my.checks:a", Diary("a", [], "not today")),)
    kept = fly(lambda task: "x", names, hooks=hooks)
    assert {(each.status, each.message) for each in kept.outcomes} == {
        ("skipped", "not today (my.checks:a)")
    }
    assert len(kept.outcomes) == 60


def test_the_device_s_own_error_is_not_hidden() -> None:
    """By one of a middleware that stumbled over it."""

    def work(task: Task) -> None:
        raise Unreachable("gone")

    kept = fly_hooked(work, Raises("after", ValueError("no")))
    assert kept["r1"].message == "gone"


@pytest.mark.parametrize("method", ["before", "after"])
def test_one_that_hangs_costs_its_device_and_not_the_run(method: str) -> None:
    """The deadline holds for the user's code too."""
    release, flights = threading.Event(), Flights()

    def hang(device: Device) -> None:
        if device.name == "r1":
            flights.expire("r1")
            release.wait(LONG)

    class Hangs:
        def before(self, device: Device) -> None:
            if method == "before":
                hang(device)

        def after(self, device: Device, outcome: Outcome) -> None:
            if method == "after":
                hang(device)

    try:
        kept = fly(
            lambda task: "x",
            ["r1", "r2"],
            workers=1,
            middleware=[flights],
            hooks=(Hook("my.checks:Hangs", Hangs()),),
        )
    finally:
        release.set()
    assert kept["r1"].error is not None
    assert kept["r1"].error.error_class is ErrorClass.TIMEOUT
    assert kept["r2"].status == "ok"


@pytest.mark.parametrize("answer", [True, False, "", 7, ["no"]])
def test_an_answer_that_means_nothing_is_an_error(answer: Any) -> None:
    """True might mean go on or stop: neither is guessed."""
    diary: list[str] = []
    kept = fly_hooked(lambda task: diary.append("try"), Diary("a", [], answer))
    assert diary == []
    assert kept["r1"].status == "failed"
    assert f"before() returned {answer!r}" in kept["r1"].message


FILE = """
class Good:
    def before(self, device): ...
class OnlyAfter:
    def after(self, device, outcome): ...
class Neither:
    pass
class Greedy:
    def __init__(self, colour): ...
number = 7
"""


@pytest.fixture
def search(tmp_path: Path) -> list[Path]:
    """A directory beside a playbook, with a file of the user's."""
    (tmp_path / "my_hook_checks.py").write_text(FILE)
    return [tmp_path]


def test_middleware_are_found_beside_the_playbook(search: list[Path]) -> None:
    """In the order of their names, one object each."""
    names = ["my_hook_checks:OnlyAfter", "my_hook_checks.Good", "my_hook_checks:Good"]
    hooks = load_hooks(names, search)
    assert [hook.name for hook in hooks] == names
    assert hooks[1].middleware is not hooks[2].middleware


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("my_hook_checks:Neither", "has neither a method before"),
        ("my_hook_checks:Greedy", "it is called without arguments"),
        ("my_hook_checks:number", "is no function"),
        ("my_hook_checks:Missing", "cannot be loaded"),
        ("nowhere", "no dotted path"),
    ],
)
def test_a_wrong_name_is_told_before_any_device_is_tried(
    search: list[Path], name: str, why: str
) -> None:
    """With the name and what is wrong with it."""
    with pytest.raises(ValueError, match=why) as caught:
        load_hooks(["my_hook_checks:Good", name], search)
    assert name in str(caught.value)
