# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a URL to an engine: dialects, file permissions, transactions, and readable errors."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    ColumnElement,
    Connection,
    Engine,
    create_engine,
    event,
    func,
    literal,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from ..errors import StoreError, StoreUnavailable
from ..locks import file_lock
from .schema import UtcTime

LOCK_SECONDS = 30
"""How long a writer waits for another one before it gives up."""

SQLITE_SETUP = (
    f"PRAGMA busy_timeout = {LOCK_SECONDS * 1000}",
    "PRAGMA foreign_keys = ON",
    # A committed batch survives the loss of power too: one fsync a batch.
    "PRAGMA synchronous = FULL",
)
POSTGRESQL_CONNECT = {
    "connect_timeout": 10,
    # A server whose machine vanished is noticed within half a minute, not after two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
    "application_name": "prime.netops",
}
REMEDIES = {
    "SQLITE_FULL": "Free space on its file system; what was committed is safe.",
    "SQLITE_IOERR": "Look at the free space, the quota and the health of its file system.",
    "SQLITE_CANTOPEN": "Give this user read and write access to the directory, or set another one.",
    "SQLITE_READONLY": "Give this user write access to the file and its directory.",
    "SQLITE_NOTADB": "It is not an SQLite file, or it is damaged: move it aside and run again.",
    "SQLITE_CORRUPT": "The file is damaged: move it aside with its -wal and -shm files, save what "
    "can be saved by `sqlite3 FILE .recover`, and run again; the git mirror is not affected.",
    "SQLITE_BUSY": f"Another process has been writing for over {LOCK_SECONDS} s: wait for it to "
    "end, or use PostgreSQL when several runs share one store.",
    "SQLITE_LOCKED": "Another process holds it locked: wait for it to end.",
    "08": "Check that the server runs and that host, port and network are right.",
    "42501": "Grant this user the right to create and write tables in the database.",
    "42P07": "Tables of these names exist already: give the store a database of its own.",
    "53100": "The database server's disk is full: free space there; what was committed is safe.",
    "53": "The database server is short of resources; look at its log.",
    "55P03": f"Another process has held the lock for over {LOCK_SECONDS} s: wait for it to end.",
    "57P": "The server is shutting down or starting: run again when it is up.",
}
"""By the longest prefix of SQLite's error name or PostgreSQL's SQLSTATE."""

PASSING = ("08", "40", "57P", "53300")
"""SQLSTATEs of what passes: a lost connection, a deadlock, a restart, too many clients."""

DEFAULT_REMEDY = (
    "Check that the server runs, and host, port, database, user and password in the store's URL."
)
"""Where a server cannot be reached, libpq has words but no SQLSTATE."""


@dataclass(frozen=True, slots=True)
class Database:
    """An engine, the name to call it by in messages, and its file when it is SQLite."""

    engine: Engine
    name: str
    file: Path | None

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Yield a connection for queries; raises StoreError."""
        with self.errors("read"), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that commits at the end; raises StoreError."""
        # SQLite takes its write lock at the beginning. A transaction that reads first and writes
        # later fails at once, without waiting, when another process wrote in between.
        engine = self.engine.execution_options(netops_writes=True)
        with self.errors("written"), engine.begin() as connection:
            yield connection

    @contextmanager
    def errors(self, verb: str) -> Iterator[None]:
        """Turn what a database driver raises into a StoreError with name, reason and remedy."""
        try:
            yield
        except SQLAlchemyError as error:
            reason, code = _reason(error)
            # A server that is gone has no SQLSTATE to say so.
            passing = self.file is None and (
                code.startswith(PASSING) or (not code and isinstance(error, DBAPIError))
            )
            kind = StoreUnavailable if passing else StoreError
            raise kind(
                f"The store {self.name} cannot be {verb}: {reason}. {_remedy(code)}"
            ) from error

    def clock(self) -> ColumnElement[Any]:
        """Return the time as the database has it: the clocks of several controllers differ."""
        if self.file is None:
            return func.clock_timestamp(type_=UtcTime())
        return literal(datetime.now(UTC), UtcTime())


def connect(url: str | None, state_dir: Path) -> Database:
    """Return the database of a URL, or of `state_dir` when there is none.

    SQLite's file and directory are made here, readable by nobody else. Raises StoreError.
    """
    parsed = _parse(url, state_dir)
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(Path(parsed.database or ""))
    return _postgresql(parsed)


def connect_existing(url: str | None, state_dir: Path) -> Database | None:
    """Return the database of a URL as `connect` does, but make nothing: None without a file."""
    parsed = _parse(url, state_dir)
    if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
        return None
    return connect(url, state_dir)


def _parse(url: str | None, state_dir: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(state_dir / "netops.db"))
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        # The text itself may hold a password, so it is not shown.
        raise StoreError(
            "The store's URL cannot be read. It looks like postgresql://user:password@host:5432/"
            "database; special characters in the password are written as %40 and the like."
        ) from None
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite") and parsed.database not in (
        None,
        "",
        ":memory:",
    ):
        return parsed.set(drivername="sqlite")
    raise StoreError(
        f"The store's URL begins with {parsed.drivername}://. Use postgresql:// for a server or "
        "sqlite:////absolute/path for a file."
    )


def _sqlite(file: Path) -> Database:
    name = str(file)
    try:
        private_directory(file.parent)
        _private_file(file)
    except (OSError, TimeoutError) as error:
        raise StoreError(
            f"The store {name} cannot be made: {error}. {REMEDIES['SQLITE_CANTOPEN']}"
        ) from error
    engine = create_engine(URL.create("sqlite", database=name))
    event.listen(engine, "connect", _setup_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, name, file)


def _setup_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Transactions begin where we say, not where the driver guesses.
    connection.isolation_level = None
    for pragma in SQLITE_SETUP:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("netops_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Database:
    name = url.set(query={}).render_as_string(hide_password=True).replace("+psycopg", "")
    try:
        engine = create_engine(url, connect_args=POSTGRESQL_CONNECT, pool_pre_ping=True)
    except ImportError:
        raise StoreError(
            f"The store {name} needs psycopg 3, which is not installed here. "
            "Install it by: pip install 'psycopg[binary]'"
        ) from None
    event.listen(engine, "connect", _setup_postgresql)
    return Database(engine, name, None)


def _setup_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    cursor.execute("SET client_encoding = 'UTF8'")
    cursor.close()
    connection.commit()


def private_directory(path: Path) -> None:
    """Make a directory and its missing parents with mode 0700, whatever the umask.

    One that exists keeps its mode: it may be the user's or everybody's, such as /tmp.
    """
    if path.is_dir():
        return
    private_directory(path.parent)
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if not path.is_dir():
            raise
    else:
        path.chmod(0o700)


def _private_file(file: Path) -> None:
    """Make the file before SQLite does, with mode 0600; SQLite gives -wal and -shm the same.

    A file that exists is never opened here: closing it would drop SQLite's own locks on it, all
    that this process holds. The lock keeps the new one from being used before it is closed.
    """
    if not file.exists():
        with file_lock(file.with_name(f"{file.name}.lock"), LOCK_SECONDS):
            _create(file)
    for each in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
        _tighten(each)


def _create(file: Path) -> None:
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        return
    os.fchmod(descriptor, 0o600)
    os.close(descriptor)


def _tighten(file: Path) -> None:
    try:
        status = file.stat()
    except FileNotFoundError:
        return
    if stat.S_IMODE(status.st_mode) & 0o077 and status.st_uid == os.geteuid():
        file.chmod(0o600)


def _reason(error: SQLAlchemyError) -> tuple[str, str]:
    """Return the driver's own words on one line, and its error code."""
    cause: BaseException = error
    if isinstance(error, DBAPIError) and error.orig is not None:
        cause = error.orig
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    return " ".join(str(cause).split()).rstrip("."), code


def _remedy(code: str) -> str:
    fitting = [prefix for prefix in REMEDIES if code.startswith(prefix)]
    return REMEDIES[max(fitting, key=len)] if fitting else DEFAULT_REMEDY
