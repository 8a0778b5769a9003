# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What outlives a run of its breakers, in both databases and from several runs at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import Store, breakers
from ansible_collections.prime.netops.plugins.plugin_utils.store.breakers import BreakerStore
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import (
    BreakerRecord,
    LoginKey,
)

from tests.lab.postgres import StorePlace, postgres, store_place

# Fixtures: pytest finds them by their names here.
__all__ = ["postgres", "store_place"]

KEY = LoginKey("admin", "aaaaaa")
OTHER = LoginKey("admin", "bbbbbb")
WINDOW = 600.0


@pytest.fixture
def store(store_place: StorePlace) -> Iterator[BreakerStore]:
    """An empty store, SQLite and PostgreSQL in turn."""
    with Store.open(store_place.url, store_place.state_dir) as opened:
        yield opened.breakers()


def claim(store: BreakerStore, device: str, key: LoginKey = KEY, run: str = "run") -> str:
    """Ask to try a login: granted, wait or spent."""
    grant = store.claim_login(key, run, device, 3, WINDOW)
    return "spent" if grant.spent else "granted" if grant.granted else "wait"


def test_no_more_logins_are_under_way_than_the_budget_has_left(store: BreakerStore) -> None:
    """Forty threads ask at once, as two slices; those that are left wait for an answer."""
    start, answers = threading.Barrier(40), []

    def ask(number: int) -> None:
        start.wait()
        answers.append(claim(store, f"r{number}", run=f"slice{number % 2}"))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["granted"] * 3 + ["wait"] * 37


def test_a_spent_budget_says_until_when(store: BreakerStore) -> None:
    """The oldest refusal's window has to pass."""
    for device in ("r1", "r2", "r3"):
        assert claim(store, device) == "granted"
        store.refused(KEY, "run", device)
    grant = store.claim_login(KEY, "later run", "r4", 3, WINDOW)
    assert grant.spent
    assert grant.refused == 3
    assert grant.until is not None
    left = grant.until - datetime.now(UTC)
    assert timedelta(seconds=WINDOW - 60) < left <= timedelta(seconds=WINDOW)
    assert [(name, count) for name, count, _at in store.bad_logins(WINDOW)] == [("admin", 3)]


def test_refusals_are_forgotten_after_the_window(store: BreakerStore) -> None:
    """And the login may be tried again."""
    store.refused(KEY, "run", "r1")
    time.sleep(0.2)
    grant = store.claim_login(KEY, "run", "r2", 1, 0.1)
    assert grant.granted


def test_a_mended_password_is_tried_once_although_the_old_one_is_spent(
    store: BreakerStore,
) -> None:
    """One device at a time: the account may be near its lock."""
    for device in ("r1", "r2", "r3"):
        store.refused(KEY, "run", device)
    assert claim(store, "r4") == "spent"
    assert claim(store, "r4", OTHER) == "granted"
    assert claim(store, "r5", OTHER) == "wait"
    store.refused(OTHER, "run", "r4")
    assert claim(store, "r5", OTHER) == "spent"


def test_a_login_that_works_gives_the_account_its_budget_back(store: BreakerStore) -> None:
    """As it does on the AAA server."""
    store.refused(KEY, "run", "r1")
    store.accepted(OTHER)
    third = LoginKey("admin", "cccccc")
    assert [claim(store, name, third) for name in ("r2", "r3", "r4", "r5")] == [
        *("granted",) * 3,
        "wait",
    ]


def test_a_password_that_works_does_not_make_another_one_right(store: BreakerStore) -> None:
    """The fallback of one device lets it in, while the first password is on its way to two."""
    for device in ("r1", "r2", "r3"):
        assert claim(store, device) == "granted"
    store.refused(KEY, "run", "r1")
    assert claim(store, "r1", OTHER) == "granted"
    store.accepted(OTHER)
    assert claim(store, "r4") == "wait"
    for device in ("r2", "r3"):
        store.refused(KEY, "run", device)
    assert claim(store, "r4") == "spent"
    # The next run has the whole budget for the one that works.
    assert [claim(store, name, OTHER, "next") for name in ("r1", "r2", "r3")] == ["granted"] * 3


def test_a_login_that_works_gives_its_own_password_its_budget_back(store: BreakerStore) -> None:
    """Whatever a few devices with another one said of it."""
    for device in ("r1", "r2", "r3"):
        store.refused(KEY, "run", device)
    store.accepted(KEY)
    assert claim(store, "r4") == "granted"


def test_a_login_that_was_not_answered_gives_its_place_back(store: BreakerStore) -> None:
    """A device that hangs up during the login has refused nothing."""
    for device in ("r1", "r2", "r3"):
        assert claim(store, device) == "granted"
    assert claim(store, "r4") == "wait"
    store.unanswered(KEY, "run", "r2")
    assert claim(store, "r4") == "granted"


def test_a_login_whose_process_was_killed_counts_as_refused(
    store: BreakerStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been: rather one place too few than one too many."""
    for device in ("r1", "r2", "r3"):
        assert claim(store, device) == "granted"
    monkeypatch.setattr(breakers, "ANSWER_SECONDS", 0.05)
    time.sleep(0.1)
    assert claim(store, "r4", run="next run") == "spent"


def test_a_device_that_is_tried_again_takes_no_second_place(store: BreakerStore) -> None:
    """Its second attempt is the same login."""
    assert claim(store, "r1") == "granted"
    assert [claim(store, name) for name in ("r1", "r2", "r3", "r4")] == [
        "granted",
        "granted",
        "granted",
        "wait",
    ]


def test_what_a_device_refused_counts_when_its_run_goes_on(store: BreakerStore) -> None:
    """A resumed run has the name of the interrupted one, and sends the password once more."""
    for _resumed in range(3):
        assert claim(store, "r1") == "granted"
        store.refused(KEY, "run", "r1")
    assert claim(store, "r1") == claim(store, "r2") == "spent"


def test_two_passwords_that_work_at_once_do_not_wait_for_each_other(store: BreakerStore) -> None:
    """Each forgets its own refusals and touches the other's."""
    failures: list[Exception] = []

    def accept(key: LoginKey, start: threading.Barrier) -> None:
        start.wait()
        try:
            store.accepted(key)
        except StoreError as error:
            failures.append(error)

    for _round in range(20):
        start = threading.Barrier(2)
        for key in (KEY, OTHER):
            store.refused(key, "run", "r1")
        threads = [threading.Thread(target=accept, args=(key, start)) for key in (KEY, OTHER)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []


def record(name: str, state: str = "open", failures: int = 3, seconds: float = -1) -> BreakerRecord:
    """A breaker whose time comes in so many seconds."""
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    return BreakerRecord("group", name, state, failures, 30.0, until, "why", "run")


def test_breakers_are_found_again_and_closed_ones_are_gone(store: BreakerStore) -> None:
    """With all that makes them again."""
    store.save([record("ams"), record("fra\0\n é")])
    store.save([record("ams", "closed", 0)])
    (found,) = store.load(["group", "run"])
    assert (found.name, found.state, found.failures) == ("fra\\x00\n é", "open", 3)
    assert (found.cooldown, found.reason, found.run_id) == (30.0, "why", "run")
    assert store.load(["device"]) == []


def test_of_several_slices_one_sends_the_probe(store: BreakerStore) -> None:
    """When the time has come, and nobody before."""
    store.save([record("ams"), record("fra", seconds=60)])
    until = datetime.now(UTC) + timedelta(seconds=30)
    start, claims = threading.Barrier(8), []

    def ask() -> None:
        start.wait()
        claims.append(store.claim_probe("group", "ams", until))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert claims.count(True) == 1
    assert not store.claim_probe("group", "fra", until)


def test_ten_thousand_devices_are_looked_up_at_once(store: BreakerStore) -> None:
    """A database takes so many parameters and no more."""
    names = [f"r{number}" for number in range(10_000)]
    until = datetime.now(UTC)
    store.save(BreakerRecord("device", name, "open", 3, 1.0, until, "") for name in names[::5])
    assert store.load_devices(names).keys() == set(names[::5])


def test_a_proven_login_is_remembered_until_the_first_one_works_again(store: BreakerStore) -> None:
    """By device and the credential's name."""
    store.prove({"r1": "local", "r2": "local", "r3": "rescue"})
    store.prove({"r1": None, "r3": "local"})
    assert store.proven() == {"r2": "local", "r3": "local"}
