# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger as its callers use it, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    AttemptRecord,
    LastGood,
    RunStart,
    Store,
)
from ansible_collections.prime.netops.plugins.plugin_utils.store.codec import to_bytes, to_text
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from tests.lab.postgres import StorePlace, postgres, store_place
from tests.unit.plugins.plugin_utils.store.samples import NOW, digest, put, record, stored

__all__ = ["postgres", "store_place"]


@pytest.fixture
def store(store_place: StorePlace) -> Iterator[Store]:
    """An empty store."""
    with Store.open(store_place.url, store_place.state_dir) as opened:
        yield opened


def test_a_run_is_kept_from_its_beginning_to_its_end(store: Store) -> None:
    """A run is running in this process until it is finished, with its provenance and counts."""
    provenance = {"user": "Zoë", "n": [1]}
    run_id = store.begin_run(RunStart("backup", 2, check=True, provenance=provenance))
    running = store.run(run_id)
    assert (running.status, running.finished, running.counts) == ("running", None, {})
    assert (running.kind, running.devices, running.check) == ("backup", 2, True)
    assert running.provenance == provenance
    assert running.pid > 0
    store.finish_run(run_id, "finished", {"ok": 2})
    done = store.run(run_id)
    assert (done.status, done.counts) == ("finished", {"ok": 2})
    assert done.finished is not None
    assert timedelta(0) <= done.finished - done.started < timedelta(minutes=1)


def test_runs_are_listed_with_the_newest_first(store: Store) -> None:
    """Only as many as asked for."""
    ids = {store.begin_run(RunStart("backup", number)) for number in range(5)}
    listed = [each.id for each in store.runs(3)]
    assert len(ids) == 5
    assert listed == sorted(ids, reverse=True)[:3]


def test_a_record_comes_back_as_it_was_put(store: Store) -> None:
    """Every column of the device, its attempts and its text."""
    run_id = store.begin_run(RunStart("backup", 1))
    tries = (
        AttemptRecord(1, NOW, 1.5, "timeout", "fell silent"),
        AttemptRecord(2, NOW + timedelta(seconds=2), 0.25),
    )
    given_record = record("r1", "hostname r1\n", attempts=tries, previous_sha256=digest("old"))
    put(store, run_id, given_record)
    outcome = store.outcome(run_id, "r1")
    assert outcome is not None
    for name in ("device", "address", "site", "platform", "status", "changed", "started"):
        assert getattr(outcome, name) == getattr(given_record, name)
    assert outcome.seconds == 3.0
    assert outcome.attempts == 2
    assert outcome.config_sha256 == digest("hostname r1\n")
    assert outcome.previous_sha256 == digest("old")
    assert outcome.bytes == 12
    assert store.attempts(run_id, "r1") == tries
    assert store.text(outcome.config_sha256) == "hostname r1\n"


def test_a_failed_device_keeps_class_message_and_remedy(store: Store) -> None:
    """And has no text."""
    run_id = store.begin_run(RunStart("backup", 1))
    put(
        store,
        run_id,
        record("r1", None, status="failed", error_class="timeout", message="m", remedy="r"),
    )
    outcome = store.outcome(run_id, "r1")
    assert outcome is not None
    assert (outcome.error_class, outcome.message, outcome.remedy) == ("timeout", "m", "r")
    assert outcome.config_sha256 is None
    assert store.last_good() == {}


def test_a_device_without_a_record_has_no_outcome(store: Store) -> None:
    """Neither under a known run nor under one that never was."""
    run_id = store.begin_run(RunStart("backup", 1))
    assert store.outcome(run_id, "r1") is None
    assert store.outcome("nonsense", "r1") is None


def test_a_failure_does_not_replace_the_last_good_copy(store: Store) -> None:
    """The next run that fails leaves what the one before it stored."""
    first = store.begin_run(RunStart("backup", 1))
    put(store, first, record("r1", "good\n"))
    second = store.begin_run(RunStart("backup", 1))
    put(store, second, record("r1", None, status="unreachable", error_class="unreachable"))
    assert store.last_good(["r1"])["r1"].config_sha256 == digest("good\n")


def test_equal_but_for_volatile_lines_points_at_the_copy_that_is_there(store: Store) -> None:
    """No second text is stored when the stable hash is that of the last good copy."""
    runs = []
    for text in ("up 1 day\n", "up 2 days\n"):
        runs.append(store.begin_run(RunStart("backup", 1)))
        put(store, runs[-1], record("r1", text, config=stored(text, stable="s")))
    outcome = store.outcome(runs[-1], "r1")
    assert outcome is not None
    assert outcome.config_sha256 == digest("up 1 day\n")
    with pytest.raises(StoreError, match="has no text"):
        store.text(digest("up 2 days\n"))


def test_a_device_put_twice_counts_once(store: Store) -> None:
    """The later record stands, with its attempts and without the earlier one's."""
    run_id = store.begin_run(RunStart("backup", 1))
    tries = tuple(AttemptRecord(number, NOW, 1.0) for number in (1, 2, 3))
    put(store, run_id, record("r1", None, status="failed", attempts=tries))
    put(store, run_id, record("r1", None, status="failed"), record("r1", "x\n", attempts=tries[:1]))
    assert [each.status for each in store.outcomes(run_id)] == ["changed"]
    assert store.attempts(run_id, "r1") == tries[:1]


def test_outcomes_stream_by_name_and_status(store: Store) -> None:
    """All of them, or only those of the statuses asked for."""
    run_id = store.begin_run(RunStart("backup", 30))
    statuses = ("ok", "failed", "skipped")
    put(store, run_id, *(record(f"r{n:02}", None, status=statuses[n % 3]) for n in range(30)))
    assert [each.device for each in store.outcomes(run_id)] == [f"r{n:02}" for n in range(30)]
    failed = [each.device for each in store.outcomes(run_id, ["failed"])]
    assert failed == [f"r{n:02}" for n in range(1, 30, 3)]
    assert list(store.outcomes(run_id, [])) == []


def test_last_good_of_more_names_than_a_query_takes(store: Store) -> None:
    """2,500 names, of which some are known."""
    run_id = store.begin_run(RunStart("backup", 2))
    put(store, run_id, record("r7", "seven\n"), record("r2400", "many\n"), record("other", "o\n"))
    found = store.last_good([f"r{number}" for number in range(2_500)])
    assert sorted(found) == ["r2400", "r7"]
    assert found["r7"] == LastGood(digest("seven\n"), digest("seven\n"), digest("seven\n"), 6)
    assert len(store.last_good()) == 3


def test_text_that_a_database_refuses_does_not_cost_the_batch(store: Store) -> None:
    """NUL and lone surrogates in a device's words are escaped; the record is found by its name."""
    run_id = store.begin_run(RunStart("backup", 2))
    put(
        store,
        run_id,
        record("bad\x00\udc80", None, status="failed", message="a\x00b\ud800"),
        record("good", "fine\n"),
    )
    bad = store.outcome(run_id, "bad\x00\udc80")
    assert bad is not None
    assert bad.message == "a\\x00b\\ud800"
    assert store.outcome(run_id, "good") is not None


@pytest.mark.parametrize(
    "text",
    ["", "é€𝄞\r\n", "nul \x00 inside", b"latin \xe9\xff".decode("utf-8", "surrogateescape")],
)
def test_any_text_comes_back_byte_for_byte(store: Store, text: str) -> None:
    """Also an empty one, and one whose bytes were no UTF-8."""
    run_id = store.begin_run(RunStart("backup", 1))
    put(store, run_id, record("r1", text))
    assert store.text(digest(text)) == text


@given(st.binary())
def test_bytes_survive_the_way_through_text(data: bytes) -> None:
    """Reading as text and writing again changes no byte."""
    assert to_bytes(to_text(data)) == data


@given(st.text(st.characters(codec=None, categories=None)))
def test_no_text_is_refused(text: str) -> None:
    """Lone surrogates of any origin become bytes, and these are stable from then on."""
    data = to_bytes(text)
    assert to_bytes(to_text(data)) == data


def test_times_come_back_in_utc(store: Store) -> None:
    """Whatever zone they were given in."""
    run_id = store.begin_run(RunStart("backup", 1))
    tokyo = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=9)))
    put(store, run_id, replace(record("r1", None), started=tokyo))
    outcome = store.outcome(run_id, "r1")
    assert outcome is not None
    assert outcome.started == tokyo
    assert outcome.started.utcoffset() == timedelta(0)


def test_an_encrypted_text_needs_its_key(store_place: StorePlace) -> None:
    """A second key in front turns the keys over: it encrypts, both decrypt."""
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    where = (store_place.url, store_place.state_dir)
    with Store.open(*where, key=old) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        put(store, run_id, record("r1", "enable secret\n"))
        assert store.text(digest("enable secret\n")) == "enable secret\n"
    with Store.open(*where, key=f"{new}, {old}") as store:
        put(store, run_id, record("r2", "second\n"))
        assert store.text(digest("enable secret\n")) == "enable secret\n"
    with Store.open(*where, key=[new]) as store:
        assert store.text(digest("second\n")) == "second\n"
        with pytest.raises(StoreError, match="Add the key"):
            store.text(digest("enable secret\n"))
    with Store.open(*where) as store, pytest.raises(StoreError, match="no key is given"):
        store.text(digest("second\n"))


def test_a_bad_key_is_refused_and_not_shown(store_place: StorePlace) -> None:
    """The message tells how to make one."""
    with pytest.raises(StoreError, match="not a Fernet key") as caught:
        Store.open(store_place.url, store_place.state_dir, key="hunter2")
    assert "hunter2" not in str(caught.value)


def test_an_unknown_run_is_named(store: Store) -> None:
    """With the store that was asked."""
    unknown = "20260101T000000Z-000000"
    with pytest.raises(StoreError, match=f"no run {unknown}") as caught:
        store.run(unknown)
    assert store.name in str(caught.value)
    with pytest.raises(StoreError, match=f"no run {unknown}"):
        store.finish_run(unknown, "finished", {})
