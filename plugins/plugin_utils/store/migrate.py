# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing a database to the schema of this code, once, whoever comes first."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, column, func, select, table

from ..errors import StoreError
from ..locks import file_lock
from .database import LOCK_SECONDS, Database
from .schema import REVISION, VERSION_TABLE, metadata

if TYPE_CHECKING:
    from alembic.runtime.migration import MigrationContext, RevisionStep

MIGRATIONS = Path(__file__).with_name("migrations")
ADVISORY_LOCK = 0x6E65746F7073  # 'netops'; any number of our own does


def ensure_schema(database: Database) -> None:
    """Migrate the database when it is not at this code's revision; raises StoreError."""
    with database.reading() as connection:
        revision = _revision(connection)
    if revision == REVISION:
        return
    with _alone(database):
        if revision is None and database.file:
            _use_wal(database)
        with database.writing() as connection:
            _upgrade(database, connection)


def has_schema(database: Database) -> bool:
    """Tell whether the tables are there, whatever their age; nothing is migrated.

    Raises StoreError when a newer version of the collection made them.
    """
    with database.reading() as connection:
        revision = _revision(connection)
    known = {path.name[1:5] for path in MIGRATIONS.glob("r*.py")}
    if revision is not None and revision not in known:
        raise _too_new(database, revision)
    return revision is not None


def require_current(database: Database) -> None:
    """Raise StoreError when the tables are of an older version, which looking does not change."""
    with database.reading() as connection:
        revision = _revision(connection)
    if revision != REVISION:
        raise StoreError(
            f"The store {database.name} has schema {revision}, and this version of prime.netops "
            f"works with {REVISION}. Any run without --check migrates it."
        )


def _too_new(database: Database, revision: str) -> StoreError:
    return StoreError(
        f"The store {database.name} has schema {revision}, which a newer version of "
        f"prime.netops made; this one knows {REVISION}. Upgrade the collection, or use another "
        "store."
    )


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(
        select(column("version_num")).select_from(table(VERSION_TABLE))
    )
    return revision


@contextmanager
def _alone(database: Database) -> Iterator[None]:
    """Let one process at a time in here. PostgreSQL has its own lock, taken in the transaction."""
    if database.file is None:
        yield
        return
    lock = database.file.with_name(f"{database.file.name}.lock")
    try:
        with file_lock(lock, LOCK_SECONDS):
            yield
    except TimeoutError:
        raise StoreError(
            f"The store {database.name} is being migrated by another process for over "
            f"{LOCK_SECONDS} s (lock file {lock}). Wait for it to end and run again."
        ) from None


def _use_wal(database: Database) -> None:
    """Let readers and the writer work side by side; the file remembers it."""
    with database.errors("written"):
        connection = database.engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA journal_mode = WAL")
        finally:
            connection.close()


def _upgrade(database: Database, connection: Connection) -> None:
    # Imported here: it takes as long as everything else together and is needed once in a store's
    # life.
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    revision = _revision(connection)
    known = {script.revision for script in scripts.walk_revisions()}
    if revision is not None and revision not in known:
        raise _too_new(database, revision)

    def steps(current: str, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs("head", current)

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(
            connection=connection, target_metadata=metadata, version_table=VERSION_TABLE
        )
        environment.run_migrations()
