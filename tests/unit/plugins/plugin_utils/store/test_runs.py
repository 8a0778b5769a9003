# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a run is: begun, lost, closed, resumed, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import RunLost, StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    RunStart,
    Store,
    patience,
    runs,
    writer,
)
from ansible_collections.prime.netops.plugins.plugin_utils.store.process import lives, this_process
from ansible_collections.prime.netops.plugins.plugin_utils.store.schema import run
from sqlalchemy import update

from tests.lab.postgres import Postgres, StorePlace, postgres, store_place
from tests.unit.plugins.plugin_utils.store.samples import digest, put, record

__all__ = ["postgres", "store_place"]

FORK = multiprocessing.get_context("fork")
NAMES = ("r1", "r2", "r3", "r4")
START = RunStart("backup", len(NAMES), fleet=runs.fleet_id(NAMES))


def open_store(place: StorePlace) -> Store:
    """Open the store of a place."""
    return Store.open(place.url, place.state_dir)


@contextmanager
def at_work(place: StorePlace, start: RunStart = START) -> Iterator[tuple[str, Callable[[], None]]]:
    """A run of another process, which waits; its id, and what kills it."""
    ours, theirs = FORK.Pipe()

    def work() -> None:
        with open_store(place) as store:
            run_id = store.begin_run(start)
            put(store, run_id, record("r1", "one\n"), record("r2", None, status="failed"))
            theirs.send(run_id)
            signal.pause()

    process = FORK.Process(target=work)
    process.start()

    def kill() -> None:
        process.kill()
        process.join()

    try:
        assert ours.poll(60)
        yield ours.recv(), kill
    finally:
        kill()


def interrupted(place: StorePlace, start: RunStart = START) -> str:
    """Leave a run behind that was killed; its id."""
    with at_work(place, start) as (run_id, kill):
        kill()
    return run_id


def test_a_run_whose_process_is_gone_is_closed_by_the_next(store_place: StorePlace) -> None:
    """With the counts that the ledger has, and when it was last heard of."""
    run_id = interrupted(store_place)
    with open_store(store_place) as store:
        assert store.run(run_id).status == "running"
        store.begin_run(RunStart("task", 1))
        closed = store.run(run_id)
        assert closed.status == "interrupted"
        assert closed.counts == {
            "total": 4,
            "ok": 0,
            "changed": 1,
            "failed": 1,
            "unreachable": 0,
            "skipped": 2,
        }
        assert closed.finished == closed.heartbeat
        assert store.close_dead_runs() == []


def test_a_run_that_lives_is_left_alone(store_place: StorePlace) -> None:
    """By whoever looks."""
    with at_work(store_place) as (run_id, kill), open_store(store_place) as store:
        assert store.close_dead_runs() == []
        assert store.run(run_id).status == "running"
        kill()
        assert store.close_dead_runs() == [run_id]


def test_sqlite_serves_one_run_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names file, run, process and the way out; a run that has ended is in no one's
    way."""
    monkeypatch.setattr(runs, "BUSY_SECONDS", 0.0)
    place = StorePlace(None, tmp_path)
    with at_work(place) as (run_id, kill), open_store(place) as store:
        with pytest.raises(StoreError, match=r"one run at a time.*postgresql://") as caught:
            store.begin_run(START)
        assert str(tmp_path / "netops.db") in str(caught.value)
        assert run_id in str(caught.value)
        kill()
        assert store.begin_run(START)


def test_a_run_that_ends_meanwhile_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts anew at once after a kill need not fail."""
    monkeypatch.setattr(runs, "BUSY_SECONDS", 60.0)
    place = StorePlace(None, tmp_path)
    with at_work(place) as (_run_id, kill), open_store(place) as store:
        threading.Timer(0.5, kill).start()
        assert store.begin_run(START)


def pretend(store: Store, run_id: str, **columns: Any) -> None:
    """Write into a run's row what another machine would have."""
    with store._database.writing() as connection:
        connection.execute(update(run).where(run.c.id == run_id).values(columns))


@pytest.mark.parametrize(("silent", "status"), [(60, "running"), (180, "interrupted")])
def test_a_run_on_another_machine_is_known_by_its_heartbeat(
    postgres: Postgres, tmp_path: Path, silent: int, status: str
) -> None:
    """It is taken for dead after two minutes of silence and not before."""
    with Store.open(postgres.new_database(), tmp_path) as store:
        run_id = store.begin_run(START)
        heard = datetime.now(UTC) - timedelta(seconds=silent)
        pretend(store, run_id, host="elsewhere", boot_id="another", heartbeat=heard)
        store.close_dead_runs()
        assert store.run(run_id).status == status


def test_another_container_s_process_number_proves_nothing(
    postgres: Postgres, tmp_path: Path
) -> None:
    """In another PID namespace, even with the same host name and boot, the heartbeat decides."""
    with Store.open(postgres.new_database(), tmp_path) as store:
        run_id = store.begin_run(START)
        pretend(store, run_id, process="1:1", pid=999_999)
        assert store.close_dead_runs() == []


def test_a_number_that_was_used_again_is_another_process() -> None:
    """The time of its start tells them apart."""
    mine = this_process()
    assert lives(mine) is True
    namespace = mine.start.partition(":")[0]
    assert lives(type(mine)(mine.host, mine.pid, mine.boot_id, f"{namespace}:1")) is False


def test_after_a_reboot_a_file_s_runs_are_closed_at_once(tmp_path: Path) -> None:
    """An SQLite file belongs to one machine, so its last boot's processes are gone."""
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(START)
        pretend(store, run_id, boot_id="the boot before")
        assert store.close_dead_runs() == [run_id]


def test_the_writer_s_heart_beats_without_devices(
    store_place: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a run whose devices are all slow is not taken for dead."""
    monkeypatch.setattr(writer, "HEARTBEAT_SECONDS", 0.02)
    with open_store(store_place) as store:
        run_id = store.begin_run(START)
        first = store.run(run_id).heartbeat
        with store.writer(run_id):
            waited = threading.Event()
            for _ in range(500):
                if store.run(run_id).heartbeat > first:
                    break
                waited.wait(0.01)
        assert store.run(run_id).heartbeat > first


def test_resume_goes_on_under_the_same_id(store_place: StorePlace) -> None:
    """In this process now; what is done is left out, what failed is not."""
    run_id = interrupted(store_place)
    with open_store(store_place) as store:
        assert store.resume_run(START) == run_id
        assert store.done(run_id) == {"r1"}
        resumed = store.run(run_id)
        assert (resumed.status, resumed.finished, resumed.pid) == ("running", None, os.getpid())
        put(store, run_id, *(record(name, "now\n") for name in NAMES[1:]))
        store.finish_run(run_id, "finished", store.counts(run_id, 4))
        assert store.run(run_id).counts["changed"] == 4
        assert len(list(store.outcomes(run_id))) == 4


@pytest.mark.parametrize(
    ("start", "words"),
    [
        (RunStart("task", 4, fleet=START.fleet), "kind 'task'.*none was interrupted at all"),
        (RunStart("backup", 2, fleet=runs.fleet_id(NAMES[:2])), "was on other hosts.*--limit"),
    ],
)
def test_a_run_of_another_kind_or_fleet_is_not_resumed(
    store_place: StorePlace, start: RunStart, words: str
) -> None:
    """The message says what there is instead."""
    interrupted(store_place)
    with open_store(store_place) as store, pytest.raises(StoreError, match=words):
        store.resume_run(start)


def test_a_finished_run_is_not_resumed(store_place: StorePlace) -> None:
    """Even if an older one was interrupted: the newer one came to all of its devices."""
    interrupted(store_place)
    with open_store(store_place) as store:
        newer = store.begin_run(START)
        store.finish_run(newer, "finished", {})
        with pytest.raises(StoreError, match=f"{newer}, has finished. Run without resume"):
            store.resume_run(START)


def test_a_run_that_is_at_work_is_not_resumed(postgres: Postgres, tmp_path: Path) -> None:
    """The message tells where it runs."""
    place = StorePlace(postgres.new_database(), tmp_path)
    with (
        at_work(place) as (run_id, _kill),
        open_store(place) as store,
        pytest.raises(StoreError, match=f"{run_id} is still at work in process"),
    ):
        store.resume_run(START)


def test_hosts_are_the_same_in_any_order() -> None:
    """And no two sets are."""
    assert runs.fleet_id(["b", "a"]) == runs.fleet_id(["a", "b"])
    assert runs.fleet_id(["ab"]) != runs.fleet_id(["a", "b"])


def test_who_was_taken_for_dead_and_comes_back_does_no_harm(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Neither its records nor its end reach the run that another process has resumed."""
    url = postgres.new_database()
    with Store.open(url, tmp_path) as asleep, Store.open(url, tmp_path) as other:
        run_id = asleep.begin_run(START)
        late = asleep.writer(run_id)
        pretend(other, run_id, boot_id="another", heartbeat=datetime.now(UTC) - timedelta(hours=1))
        assert other.resume_run(START) == run_id
        put(other, run_id, record("r1", "by the other\n"))
        late.put(record("r1", "too late\n"))
        with pytest.raises(RunLost, match="closed or resumed by another process"):
            late.close()
        with pytest.raises(RunLost):
            asleep.finish_run(run_id, "interrupted", {})
        assert other.last_good()["r1"].config_sha256 == digest("by the other\n")
        other.finish_run(run_id, "finished", {"ok": 1})
        assert other.run(run_id).counts == {"ok": 1}


def test_a_restart_of_the_server_costs_nothing(postgres: Postgres, tmp_path: Path) -> None:
    """What is handed in meanwhile is written when it is back, and the run closes as it would."""
    with Store.open(postgres.new_database(), tmp_path) as store:
        run_id = store.begin_run(START)
        with store.writer(run_id, batch=2, interval=0.05) as writing:
            writing.put(record("r1", "1\n"))
            writing.flush()
            postgres.stop(signal.SIGQUIT)
            try:
                for name in NAMES[1:]:
                    writing.put(record(name, f"{name}\n"))
                threading.Event().wait(1.0)
            finally:
                postgres.start()
        store.finish_run(run_id, "finished", {"changed": 4})
        assert {each.device for each in store.outcomes(run_id)} == set(NAMES)


def test_a_server_that_is_away_at_the_very_end_is_waited_for(
    postgres: Postgres, tmp_path: Path
) -> None:
    """Every device is written; only what a run says of itself is still to come."""
    with Store.open(postgres.new_database(), tmp_path) as store:
        run_id = store.begin_run(START)
        with store.writer(run_id) as writing:
            writing.put(record("r1", "1\n"))
        postgres.stop(signal.SIGQUIT)
        with ThreadPoolExecutor(1) as pool:
            counting = pool.submit(store.counts, run_id, 1)
            try:
                wait([counting], 0.5)
            finally:
                postgres.start()
            counts = counting.result()
        assert counts["changed"] == 1
        store.finish_run(run_id, "finished", counts)


def test_a_run_that_is_to_end_does_not_wait_for_the_server(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much patience there would be."""
    monkeypatch.setattr(patience, "PATIENCE", 3_600.0)
    hurry = threading.Event()
    with Store.open(postgres.new_database(), tmp_path) as store:
        run_id = store.begin_run(START)
        writing = store.writer(run_id, batch=1, hurried=hurry.is_set)
        postgres.stop(signal.SIGQUIT)
        try:
            writing.put(record("r1", "1\n"))
            hurry.set()
            with pytest.raises(StoreError, match="Check that the server runs"):
                writing.close()
        finally:
            postgres.start()


def test_ages_begin_with_those_that_have_no_copy(store_place: StorePlace) -> None:
    """Then the oldest; without names, of every device that has a copy."""
    with open_store(store_place) as store:
        run_id = store.begin_run(START)
        now = datetime.now(UTC)
        for name, hours in (("r1", 1), ("r2", 30)):
            put(store, run_id, record(name, "x\n", finished=now - timedelta(hours=hours)))
        ages = list(store.ages(["r1", "r2", "r3"]))
        assert [age.device for age in ages] == ["r3", "r2", "r1"]
        assert (ages[0].fetched, ages[0].seconds) == (None, None)
        assert ages[1].seconds == pytest.approx(30 * 3600, abs=60)
        assert [age.device for age in store.ages()] == ["r2", "r1"]


def test_what_git_has_not_got_is_owed_to_it(store_place: StorePlace) -> None:
    """Until it is noted, and again when the text changes; other devices are not asked for."""
    with open_store(store_place) as store:
        run_id = store.begin_run(START)
        put(store, run_id, *(record(name, f"{name}\n") for name in NAMES))
        owed = {copy.device: copy.text_sha256 for copy in store.owed_to_mirror(NAMES[:2])}
        assert owed == {"r1": digest("r1\n"), "r2": digest("r2\n")}
        store.mark_mirrored(owed)
        assert [copy.device for copy in store.owed_to_mirror(NAMES)] == ["r3", "r4"]
        put(store, run_id, record("r1", "new\n"))
        assert [copy.device for copy in store.owed_to_mirror(NAMES[:2])] == ["r1"]


def test_looking_at_a_store_makes_none(store_place: StorePlace) -> None:
    """Neither a file nor a table; what is there can be read."""
    assert Store.open_existing(store_place.url, store_place.state_dir) is None
    assert not store_place.state_dir.exists()
    with open_store(store_place) as store:
        put(store, store.begin_run(START), record("r1", "1\n"))
    existing = Store.open_existing(store_place.url, store_place.state_dir)
    assert existing is not None
    with existing:
        assert set(existing.last_good()) == {"r1"}


def test_looking_at_an_empty_database_creates_no_table(postgres: Postgres, tmp_path: Path) -> None:
    """As check mode does on a new PostgreSQL."""
    url = postgres.new_database()
    assert Store.open_existing(url, tmp_path) is None
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert postgres.sql(url.rpartition("/")[2], tables) == "0"
