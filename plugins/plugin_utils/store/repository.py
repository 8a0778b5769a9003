# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store as the rest of the collection sees it."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Row, Select, func, insert, select, update

from ..errors import StoreError
from . import compliance
from .breakers import BreakerStore
from .codec import Codec, fernet_of, sha256, to_text
from .database import Database, connect
from .migrate import ensure_schema
from .records import (
    AttemptRecord,
    ComplianceRun,
    DeviceOutcome,
    DeviceStatus,
    JudgedDevice,
    LastGood,
    Run,
    RunScore,
    RunStart,
    RunStatus,
)
from .schema import attempt, config, device_run, latest, run
from .writer import Writer

NAMES_PER_QUERY = 1_000
ROWS_PER_FETCH = 500
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")

_attempts = (
    select(func.count())
    .where(attempt.c.run_id == device_run.c.run_id, attempt.c.device == device_run.c.device)
    .scalar_subquery()
)
_outcome = select(device_run, _attempts.label("attempts"))


class Store:
    """Runs, what became of each device in them, and every configuration once.

    Not to be carried through a fork: each process opens its own, which takes a few milliseconds.
    """

    def __init__(self, database: Database, codec: Codec) -> None:
        self._database = database
        self._codec = codec

    @classmethod
    def open(cls, url: str | None, state_dir: Path, key: str | Sequence[str] | None = None) -> Self:
        """Open the store, made and migrated as needed.

        `url` is `postgresql://…` or `sqlite:////…`; without one it is the file `netops.db` in
        `state_dir`. `key` encrypts stored texts: one Fernet key or several (the first encrypts, all
        decrypt). Raises StoreError, which names the store without its password, and the remedy.
        """
        codec = Codec(fernet_of(key))
        database = connect(url, state_dir)
        try:
            ensure_schema(database)
        except BaseException:
            database.engine.dispose()
            raise
        return cls(database, codec)

    @property
    def name(self) -> str:
        """The file or the URL without its password, to be shown to people."""
        return self._database.name

    def close(self) -> None:
        """Close the connections."""
        self._database.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def begin_run(self, start: RunStart) -> str:
        """Enter a run as running in this process and return its id, which sorts by time."""
        now = datetime.now(UTC)
        run_id = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        row = {
            "id": run_id,
            "kind": start.kind,
            "status": "running",
            "devices": start.devices,
            "check": start.check,
            "provenance": dict(start.provenance),
            "counts": {},
            "started": now,
            "heartbeat": now,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "boot_id": BOOT_ID.read_text().strip() if BOOT_ID.exists() else "",
        }
        with self._database.writing() as connection:
            connection.execute(insert(run), row)
        return run_id

    def finish_run(self, run_id: str, status: RunStatus, counts: Mapping[str, int]) -> None:
        """Close a run as finished or interrupted, with its counts. Raises StoreError."""
        now = datetime.now(UTC)
        values = {"status": status, "counts": dict(counts), "finished": now, "heartbeat": now}
        with self._database.writing() as connection:
            done = connection.execute(update(run).where(run.c.id == run_id).values(values))
        if done.rowcount == 0:
            raise self._unknown_run(run_id)

    def writer(self, run_id: str, batch: int = 50, interval: float = 0.5) -> Writer:
        """Return the writer of a run: it commits every `batch` records or `interval` seconds."""
        return Writer(self._database, self._codec, run_id, batch, interval)

    def breakers(self) -> BreakerStore:
        """Return what outlives the runs of their breakers."""
        return BreakerStore(self._database)

    def last_good(self, names: Collection[str] | None = None) -> dict[str, LastGood]:
        """Return the newest good copy of each named device that has one, or of all devices."""
        columns = (
            latest.c.device,
            latest.c.config_sha256,
            latest.c.stable_sha256,
            latest.c.text_sha256,
            latest.c.bytes,
        )
        with self._database.reading() as connection:
            return {
                row.device: LastGood(*row[1:])
                for query in _by_names(select(*columns), names)
                for row in connection.execute(query)
            }

    def fetched(self, names: Collection[str]) -> dict[str, datetime]:
        """Return when the newest good copy of each named device that has one was taken."""
        with self._database.reading() as connection:
            return {
                row.device: row.fetched
                for query in _by_names(select(latest.c.device, latest.c.fetched), names)
                for row in connection.execute(query)
            }

    def outcome(self, run_id: str, device: str) -> DeviceOutcome | None:
        """Return what the run did with the device; None when it has no record of it."""
        query = _outcome.where(device_run.c.run_id == run_id, device_run.c.device == device)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else _to_outcome(row)

    def outcomes(
        self, run_id: str, statuses: Collection[DeviceStatus] | None = None
    ) -> Iterator[DeviceOutcome]:
        """Stream the run's devices by name, all or those of some statuses."""
        query = _outcome.where(device_run.c.run_id == run_id).order_by(device_run.c.device)
        if statuses is not None:
            query = query.where(device_run.c.status.in_(statuses))
        with self._database.reading() as connection:
            streaming = connection.execution_options(yield_per=ROWS_PER_FETCH)
            for row in streaming.execute(query):
                yield _to_outcome(row)

    def attempts(self, run_id: str, device: str) -> tuple[AttemptRecord, ...]:
        """Return every try of the run on the device, in order."""
        columns = (
            attempt.c.number,
            attempt.c.started,
            attempt.c.seconds,
            attempt.c.error_class,
            attempt.c.message,
        )
        query = (
            select(*columns)
            .where(attempt.c.run_id == run_id, attempt.c.device == device)
            .order_by(attempt.c.number)
        )
        with self._database.reading() as connection:
            return tuple(AttemptRecord(*row) for row in connection.execute(query))

    def text(self, config_sha256: str) -> str:
        """Return an exact text by its hash.

        Raises StoreError when it is not there, cannot be decrypted or is damaged.
        """
        query = select(config.c.codec, config.c.body).where(config.c.sha256 == config_sha256)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise StoreError(
                f"The store {self.name} has no text {config_sha256}. "
                "Take the hash from one of its runs."
            )
        data = self._codec.unpack(row.codec, row.body)
        if sha256(data) != config_sha256:
            raise StoreError(
                f"The text {config_sha256} in the store {self.name} is damaged: its hash differs. "
                "Restore the store from its backup, or use the device's next backup."
            )
        return to_text(data)

    def run(self, run_id: str) -> Run:
        """Return a run; raises StoreError when there is none of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(run).where(run.c.id == run_id)).one_or_none()
        if row is None:
            raise self._unknown_run(run_id)
        return _to_run(row)

    def runs(self, limit: int = 20) -> list[Run]:
        """Return the newest runs, the newest first."""
        with self._database.reading() as connection:
            rows = connection.execute(select(run).order_by(run.c.id.desc()).limit(limit))
            return [_to_run(row) for row in rows]

    def write_compliance(self, summary: ComplianceRun) -> None:
        """Enter what a compliance run judged by and what came out. Raises StoreError."""
        compliance.write_run(self._database, self._codec, summary)

    def compliance(self, run_id: str) -> ComplianceRun:
        """Return a compliance run; raises StoreError when there is none of this id."""
        return compliance.read_run(self._database, self._codec, run_id)

    def judged(self, run_id: str, device: str | None = None) -> Iterator[JudgedDevice]:
        """Stream what a compliance run found on its devices, by name, or on the one named."""
        return compliance.judged_devices(self._database, self._codec, run_id, device)

    def compliance_history(self, profile: str, until: str, limit: int = 60) -> list[RunScore]:
        """Return the newest finished runs of a profile up to the run `until`, the oldest first."""
        return compliance.history(self._database, profile, until, limit)

    def _unknown_run(self, run_id: str) -> StoreError:
        return StoreError(
            f"The store {self.name} has no run {run_id}. Look its id up among the latest runs, and "
            "make sure that this is the store that the run wrote to."
        )


def _by_names(
    query: Select[tuple[Any, ...]], names: Collection[str] | None
) -> Iterator[Select[tuple[Any, ...]]]:
    """Split a query by device names: a database takes so many parameters and no more."""
    if names is None:
        yield query
        return
    ordered = sorted(names)
    for first in range(0, len(ordered), NAMES_PER_QUERY):
        yield query.where(latest.c.device.in_(ordered[first : first + NAMES_PER_QUERY]))


def _to_outcome(row: Row[Any]) -> DeviceOutcome:
    return DeviceOutcome(**row._mapping)


def _to_run(row: Row[Any]) -> Run:
    return Run(**row._mapping)
