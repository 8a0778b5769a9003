# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the store does when killed, starved, refused, damaged, outdated or crowded."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    RunStart,
    Store,
    database,
    patience,
    runs,
)
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import LoginKey
from ansible_collections.prime.netops.plugins.plugin_utils.store.schema import (
    VERSION_TABLE,
    metadata,
)

from tests.lab.postgres import Postgres, StorePlace, postgres, store_place
from tests.unit.plugins.plugin_utils.store.processes import on_small_disk, private_mounts
from tests.unit.plugins.plugin_utils.store.samples import digest, put, record

__all__ = ["postgres", "store_place"]

PROCESSES = Path(__file__).with_name("processes.py")
FORK = multiprocessing.get_context("fork")
NOBODY = 65534


def open_store(place: StorePlace) -> Store:
    """Open the store of a place."""
    return Store.open(place.url, place.state_dir)


@pytest.mark.parametrize("batches", [1, 4, 9])
def test_kill_9_leaves_all_committed_batches_and_no_half_ones(
    store_place: StorePlace, batches: int
) -> None:
    """A process killed while it writes: what it called safe is there, whole, and hashes right."""
    command = [sys.executable, PROCESSES, "write", store_place.url or "", store_place.state_dir]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as victim:
        assert victim.stdout is not None
        run_id = victim.stdout.readline().strip()
        safe = 0
        for _ in range(batches):
            safe = int(victim.stdout.readline())
        victim.send_signal(signal.SIGKILL)
        safe = max([safe, *map(int, victim.stdout.read().split())])
    with open_store(store_place) as store:
        outcomes = list(store.outcomes(run_id))
        assert [each.device for each in outcomes] == [f"r{n:06}" for n in range(len(outcomes))]
        assert len(outcomes) >= safe
        for each in outcomes:
            assert each.attempts == 1
            assert each.config_sha256 is not None
            assert len(store.text(each.config_sha256)) == 20_000
        assert set(store.last_good()) == {each.device for each in outcomes}
        assert store.run(run_id).status == "running"
        put(store, run_id, record("afterwards", "x\n"))
    if store_place.url is None:
        assert_intact(store_place.state_dir / "netops.db")


def assert_intact(file: Path) -> None:
    """Let SQLite check the file and all references in it."""
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


def test_a_full_disk_is_named_and_costs_nothing_that_was_committed(tmp_path: Path) -> None:
    """On a small tmpfs of its own; where that is not allowed, by a limit on file sizes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    fill = [sys.executable, str(PROCESSES), "fill", str(disk / "state")]
    if private_mounts():
        command, environment = on_small_disk(disk, *fill), {**os.environ}
    else:
        print("no private mounts here: RLIMIT_FSIZE stands for the full disk")
        command, environment = fill, {**os.environ, "NETOPS_TEST_FILE_LIMIT": "1"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    committed, found, recovered, message = done.stdout.splitlines()
    assert int(committed) > 0
    assert int(found) >= int(committed)
    assert recovered == "True"
    assert str(disk / "state" / "netops.db") in message
    assert "free space" in message.lower()


def refusal(call: Callable[[Path], object], path: Path) -> str:
    """Return the StoreError's words of a call made without root's rights."""
    if os.geteuid() != 0:
        return words(call, path)
    with ProcessPoolExecutor(1, FORK, os.setuid, (NOBODY,)) as pool:
        return pool.submit(words, call, path).result()


def words(call: Callable[[Path], object], path: Path) -> str:
    """Return what the StoreError of a call says."""
    with pytest.raises(StoreError) as caught:
        call(path)
    return str(caught.value)


def open_in(state_dir: Path) -> None:
    """Open an SQLite store."""
    Store.open(None, state_dir).close()


def begin_in(state_dir: Path) -> None:
    """Open an SQLite store and write to it."""
    with Store.open(None, state_dir) as store:
        store.begin_run(RunStart("backup", 1))


@pytest.fixture
def open_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that every user can get to, for what another user is to be refused."""
    place = tmp_path_factory.mktemp("open")
    for directory in (place, place.parent):
        directory.chmod(0o755)
    return place


def test_a_directory_that_cannot_be_made_is_named(open_place: Path) -> None:
    """With the file, the reason and what to do."""
    open_place.chmod(0o555)
    message = refusal(open_in, open_place / "state")
    assert str(open_place / "state" / "netops.db") in message
    assert "Permission denied" in message
    assert "access" in message


def test_a_store_of_another_user_is_named(open_place: Path) -> None:
    """Its file is theirs alone."""
    open_in(open_place / "state")
    message = refusal(begin_in, open_place / "state")
    assert str(open_place / "state" / "netops.db") in message
    assert "access" in message


def test_a_file_in_the_place_of_the_directory_is_named(tmp_path: Path) -> None:
    """Also for root."""
    (tmp_path / "state").write_text("a file")
    assert str(tmp_path / "state") in words(open_in, tmp_path / "state")


def test_a_file_that_is_no_database_is_named_and_kept(tmp_path: Path) -> None:
    """It is not overwritten."""
    file = tmp_path / "netops.db"
    file.write_bytes(b"my notes " * 1_000)
    message = words(open_in, tmp_path)
    assert str(file) in message
    assert "move it aside" in message
    assert file.read_bytes() == b"my notes " * 1_000


def read_all(state_dir: Path, run_id: str) -> None:
    """Read a whole run."""
    with Store.open(None, state_dir) as store:
        list(store.outcomes(run_id))


def test_a_damaged_page_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    """Never wrong data."""
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 300))
        put(store, run_id, *(record(f"r{n:03}", None, message="m" * 200) for n in range(300)))
    file = tmp_path / "netops.db"
    size = file.stat().st_size
    with file.open("r+b") as damaged:
        damaged.seek(size // 3 // 4096 * 4096)
        damaged.write(b"\xa5" * (size // 2))
    with pytest.raises(StoreError, match="move it aside") as caught:
        read_all(tmp_path, run_id)
    assert str(file) in str(caught.value)


def test_a_damaged_text_is_never_handed_out(tmp_path: Path) -> None:
    """A body whose hash is not its address is an error that names it."""
    with Store.open(None, tmp_path) as store:
        put(store, store.begin_run(RunStart("backup", 2)), record("a", "a\n"), record("b", "b\n"))
        with sqlite3.connect(tmp_path / "netops.db") as other:
            swap = "UPDATE config SET body = (SELECT body FROM config WHERE sha256 = ?)"
            other.execute(swap, (digest("b\n"),))
        assert store.text(digest("b\n")) == "b\n"
        with pytest.raises(StoreError, match=f"{digest('a' + chr(10))}.*is damaged"):
            store.text(digest("a\n"))


def test_a_store_of_a_newer_version_is_left_alone(store_place: StorePlace) -> None:
    """The message names both versions and the way out."""
    with open_store(store_place) as store, store._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"schema 9999, which a newer version.*Upgrade"):
        open_store(store_place)


def test_the_migrations_make_what_the_code_expects(store_place: StorePlace) -> None:
    """Alembic finds no difference between the tables and their description."""
    with open_store(store_place) as store, store._database.reading() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


LATER_TABLES = (
    *("compliance_open", "compliance_device", "compliance_run", "compliance_body"),
    *("mirrored", "proven_login", "login", "breaker"),
)
"""In an order in which no other one refers to them any more."""


def as_of_0001(store: Store) -> None:
    """Take away what later migrations added."""
    with store._database.writing() as connection:
        for table in LATER_TABLES:
            connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql("DROP INDEX run_history")
        for column in ("process", "owner", "fleet"):
            connection.exec_driver_sql(f"ALTER TABLE run DROP COLUMN {column}")
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0001'")


def test_an_older_store_is_migrated_with_all_it_holds(store_place: StorePlace) -> None:
    """Looking at it changes nothing; a run migrates it."""
    with open_store(store_place) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        put(store, run_id, record("r1", "one\n"))
        store.finish_run(run_id, "finished", {"changed": 1})
        as_of_0001(store)
    existing = Store.open_existing(store_place.url, store_place.state_dir)
    assert existing is not None
    with existing:
        assert set(existing.last_good()) == {"r1"}
        with pytest.raises(StoreError, match=r"has schema 0001.*without --check"):
            existing.require_current()
    with open_store(store_place) as store:
        store.require_current()
        assert set(store.last_good()) == {"r1"}
        assert store.run(run_id).counts == {"changed": 1}
        assert store.begin_run(RunStart("backup", 1))
        assert [copy.device for copy in store.owed_to_mirror(["r1"])] == ["r1"]


def test_bad_logins_survive_an_upgrade(store_place: StorePlace) -> None:
    """A password that was refused before it is not tried three times more after it."""
    key = LoginKey("admin", "aaaaaa")
    with open_store(store_place) as store, store._database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE login DROP COLUMN forgiven")
        connection.exec_driver_sql(
            "INSERT INTO login (account, secret, run_id, device, at, refused)"
            " VALUES ('admin', 'aaaaaa', 'before', 'r1', CURRENT_TIMESTAMP, TRUE)"
        )
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '0004'")
    with open_store(store_place) as store:
        assert store.breakers().claim_login(key, "after", "r2", 1, 600.0).spent


def open_at_once(place: StorePlace, barrier: object) -> str:
    """Open the store at the same moment as the others, and make a short run; return its id."""
    barrier.wait()  # type: ignore[attr-defined]
    with open_store(place) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        store.finish_run(run_id, "finished", {})
        return run_id


def test_processes_that_come_first_together_migrate_once(
    store_place: StorePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six open a store that is not there yet; all work with it then."""
    monkeypatch.setattr(runs, "BUSY_SECONDS", 60.0)  # SQLite lets one of them run after the other
    with FORK.Manager() as manager, ProcessPoolExecutor(6, FORK) as pool:
        barrier = manager.Barrier(6)
        waiting = [pool.submit(open_at_once, store_place, barrier) for _ in range(6)]
        ids = {each.result(60) for each in waiting}
    with open_store(store_place) as store:
        assert {each.id for each in store.runs()} == ids


def write_many(place: StorePlace, prefix: str, barrier: Any = None) -> str:
    """Write 120 devices in small batches, when the others come to the barrier."""
    if barrier:
        barrier.wait()
    with open_store(place) as store:
        run_id = store.begin_run(RunStart("backup", 120))
        with store.writer(run_id, batch=4) as writer:
            for number in range(120):
                writer.put(record(f"{prefix}{number}", f"{prefix}{number}\n"))
        return run_id


def test_two_runs_write_into_one_store(store_place: StorePlace) -> None:
    """On PostgreSQL neither fails for the other's lock, and nothing is missing; on SQLite one of
    them is refused with the way out, and the other one is not disturbed."""
    open_store(store_place).close()
    with FORK.Manager() as manager, ProcessPoolExecutor(2, FORK) as pool:
        both = manager.Barrier(2)
        waiting = [pool.submit(write_many, store_place, prefix, both) for prefix in ("a", "b")]
        errors = [each.exception(60) for each in waiting]
        written = [each.result() for each in waiting if not each.exception()]
    refused = [str(each) for each in errors if each]
    assert len(refused) == (1 if store_place.url is None else 0)
    assert all("one run at a time" in each and "postgresql://" in each for each in refused)
    with open_store(store_place) as store:
        assert {len(list(store.outcomes(each))) for each in written} == {120}
        assert len(store.last_good()) == 120 * len(written)


def read_one(place: StorePlace, run_id: str, device: str) -> str | None:
    """Read a device's outcome in a process of its own."""
    with open_store(place) as store:
        outcome = store.outcome(run_id, device)
        return outcome.config_sha256 if outcome else None


def test_fifty_processes_read_while_one_writes(store_place: StorePlace) -> None:
    """As host_outcome does in Ansible's forks."""
    with open_store(store_place) as store:
        run_id = store.begin_run(RunStart("backup", 50))
        put(store, run_id, *(record(f"r{n}", f"{n}\n") for n in range(50)))
        store.finish_run(run_id, "finished", {})
    with ProcessPoolExecutor(50, FORK) as pool:
        writing = pool.submit(write_many, store_place, "w")
        reading = [pool.submit(read_one, store_place, run_id, f"r{n}") for n in range(50)]
        assert [each.result(60) for each in reading] == [digest(f"{n}\n") for n in range(50)]
        writing.result(60)


def test_a_lock_that_does_not_end_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program that holds SQLite's write lock; the wait is cut short here."""
    monkeypatch.setattr(database, "SQLITE_SETUP", ("PRAGMA busy_timeout = 50",))
    with Store.open(None, tmp_path) as store:
        other = sqlite3.connect(tmp_path / "netops.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"netops\.db.*locked.*Another process"):
            store.begin_run(RunStart("backup", 1))
        other.execute("COMMIT")
        other.close()
        store.begin_run(RunStart("backup", 1))


@pytest.mark.parametrize("umask", [0o000, 0o077, 0o277, 0o777])
def test_nobody_else_can_read_the_store_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """Directories 0700, files 0600, SQLite's own beside them too."""
    before = os.umask(umask)
    try:
        with Store.open(None, tmp_path / "new" / "state") as store:
            store.begin_run(RunStart("backup", 1))
            modes = {path.name: mode(path) for path in (tmp_path / "new").rglob("*")}
    finally:
        os.umask(before)
    assert modes == {
        "state": 0o700,
        "netops.db": 0o600,
        "netops.db-wal": 0o600,
        "netops.db-shm": 0o600,
        "netops.db.lock": 0o600,
    }
    assert mode(tmp_path / "new") == 0o700


def mode(path: Path) -> int:
    """Return the permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_a_store_that_was_opened_up_is_closed_again(tmp_path: Path) -> None:
    """A file of mode 0644 becomes 0600; the directory is its owner's to decide."""
    open_in(tmp_path)
    (tmp_path / "netops.db").chmod(0o644)
    tmp_path.chmod(0o755)
    open_in(tmp_path)
    assert mode(tmp_path / "netops.db") == 0o600
    assert mode(tmp_path) == 0o755


def test_a_lost_server_is_named_without_its_password(
    postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer says so when its patience is at an end, and what was committed is there
    afterwards."""
    monkeypatch.setattr(patience, "PATIENCE", 0.2)
    url = postgres.new_database()
    with Store.open(url, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 2))
        put(store, run_id, record("safe", "safe\n"))
        postgres.stop(signal.SIGQUIT)
        try:
            with pytest.raises(StoreError) as caught:
                put(store, run_id, record("lost", "lost\n"))
        finally:
            postgres.start()
        assert url.rpartition("@")[2] in str(caught.value)
        assert "S3cr3tMarker" not in str(caught.value)
        put(store, run_id, record("later", "later\n"))
        assert [each.device for each in store.outcomes(run_id)] == ["later", "safe"]


def test_a_wrong_password_is_not_shown(postgres: Postgres, tmp_path: Path) -> None:
    """Neither in the message nor in the store's name."""
    with pytest.raises(StoreError, match="password") as caught:
        Store.open(postgres.url("postgres", "hunter2"), tmp_path)
    assert "hunter2" not in str(caught.value)
    with Store.open(postgres.new_database(), tmp_path) as store:
        assert "***" in store.name
        assert "S3cr3tMarker" not in store.name


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hunter2@[::1/x",
        "postgresql://u:hunter2@h:port/x",
        "hunter2",
        "mysql://u:hunter2@h/x",
        "sqlite://",
    ],
)
def test_a_url_that_is_of_no_use_is_not_repeated(url: str, tmp_path: Path) -> None:
    """It may hold a password; the message shows the right form instead."""
    with pytest.raises(StoreError, match="postgresql://") as caught:
        Store.open(url, tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_missing_database_is_named(postgres: Postgres, tmp_path: Path) -> None:
    """With the remedy that belongs to it."""
    with pytest.raises(StoreError, match=r"/nonesuch .*does not exist.*Check .*database"):
        Store.open(postgres.url("nonesuch"), tmp_path)


def test_missing_psycopg_is_said_plainly(tmp_path: Path) -> None:
    """A fresh interpreter in which it cannot be imported."""
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path\n"
        "from ansible_collections.prime.netops.plugins.plugin_utils.store import Store\n"
        "Store.open('postgresql://u:hunter2@127.0.0.1/x', Path('.'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "pip install 'psycopg[binary]'" in done.stderr
    assert "hunter2" not in done.stderr.splitlines()[-1]


def test_a_url_for_a_file_opens_that_file(tmp_path: Path) -> None:
    """With the same care for permissions."""
    with Store.open(f"sqlite:///{tmp_path}/elsewhere/my.db", tmp_path / "unused") as store:
        assert store.name == f"{tmp_path}/elsewhere/my.db"
    assert mode(tmp_path / "elsewhere" / "my.db") == 0o600
    assert not (tmp_path / "unused").exists()


def test_opening_does_not_import_alembic_when_nothing_is_to_migrate(tmp_path: Path) -> None:
    """Every fork of host_outcome would pay for it."""
    open_in(tmp_path)
    script = (
        "import sys; from pathlib import Path\n"
        "from ansible_collections.prime.netops.plugins.plugin_utils.store import Store\n"
        "Store.open(None, Path('.')).close(); sys.exit('alembic' in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)
