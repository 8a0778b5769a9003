# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one thread that writes a run's records, in batches."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

from sqlalchemy import Connection, delete, select

from ..errors import RunLost, StoreError
from .codec import Codec, sha256, to_bytes
from .compliance import judged_bodies, write_judged
from .database import Database
from .insert import insert_or_replace
from .patience import patiently
from .records import DeviceRecord, StoredText
from .runs import HEARTBEAT_SECONDS, beat
from .schema import attempt, config, device_run, latest

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Copy:
    """The text that stands for a device after this run, and its body when it has to be stored."""

    last_good: Row
    new: Row | None


class Writer:
    """Takes records from any thread and commits them by `batch`, or `interval` seconds after.

    A batch is one transaction: texts, devices, attempts and last good copies come together or not
    at all. While a server is away it is tried again, unless `hurried` says that the run is to end.
    Even when no device ends, the run's heartbeat goes on. Made by `Store.writer`, used as a context
    manager.
    """

    def __init__(
        self,
        database: Database,
        codec: Codec,
        run_id: str,
        owner: str | None,
        batch: int,
        interval: float,
        hurried: Callable[[], bool],
    ) -> None:
        self._database = database
        self._codec = codec
        self._run_id = run_id
        self._owner = owner
        self._batch = batch
        self._interval = interval
        self._hurried = hurried
        self._queue: queue.Queue[DeviceRecord | threading.Event | None] = queue.Queue(2 * batch)
        self._error: StoreError | None = None
        self._committed = 0
        self._thread = threading.Thread(target=self._work, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def committed(self) -> int:
        """How many records are safe in the database."""
        return self._committed

    def put(self, record: DeviceRecord) -> None:
        """Hand in a record; waits while the database is behind.

        Raises StoreError once a batch could not be written; nothing is taken any more then.
        """
        self._check()
        self._queue.put(record)
        self._check()

    def flush(self) -> None:
        """Wait until what was handed in is committed; raises StoreError when that failed."""
        self._check()
        reached = threading.Event()
        self._queue.put(reached)
        reached.wait()
        self._check()

    def close(self) -> None:
        """Commit what was handed in and end the thread; raises StoreError when that failed."""
        if self._thread.is_alive():
            self._queue.put(None)
            self._thread.join()
        self._check()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except StoreError as failure:
            if error is None:
                raise
            error.add_note(str(failure))

    def _check(self) -> None:
        if self._error is not None:
            raise type(self._error)(str(self._error)) from self._error

    def _work(self) -> None:
        order: DeviceRecord | threading.Event | None = threading.Event()
        while order is not None:
            records, order = self._next_batch()
            # After a failure the queue is still emptied, so that no put() waits for ever.
            if self._error is None:
                self._commit(records)
            if isinstance(order, threading.Event):
                order.set()

    def _next_batch(self) -> tuple[list[DeviceRecord], threading.Event | None]:
        """Return the next records, and what is to be told when they are safe; None is the end."""
        records: list[DeviceRecord] = []
        deadline = time.monotonic() + HEARTBEAT_SECONDS
        while len(records) < self._batch:
            try:
                record = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if not isinstance(record, DeviceRecord):
                return records, record
            if not records:
                deadline = time.monotonic() + self._interval
            records.append(record)
        return records, threading.Event()

    def _commit(self, records: Sequence[DeviceRecord]) -> None:
        try:
            self._write(records)
        except StoreError as error:
            self._error = error
        except Exception as error:  # noqa: BLE001 - whatever it is, those who put() must hear of it
            self._error = StoreError(
                f"The store {self._database.name} was given a record that it cannot write: "
                f"{error!r}. This is a defect: please report it."
            )
            self._error.__cause__ = error
        else:
            self._committed += len(records)

    def _write(self, records: Sequence[DeviceRecord]) -> None:
        if records:
            patiently(
                lambda: write_batch(
                    self._database, self._codec, self._run_id, self._owner, records
                ),
                self._hurried,
            )
            return
        try:
            with self._database.writing() as connection:
                beat(self._database, connection, self._run_id, self._owner)
        except RunLost:
            raise
        except StoreError:
            return  # a sign of life that fails is no failure: the next batch will tell


def write_batch(
    database: Database,
    codec: Codec,
    run_id: str,
    owner: str | None,
    records: Sequence[DeviceRecord],
) -> None:
    """Commit records in one transaction; raises StoreError, RunLost when another has the run.

    Rows go in sorted by key, so that two runs on one PostgreSQL wait for each other instead of
    ending each other in a deadlock.
    """
    by_device = {record.device: record for record in records}
    ordered = [by_device[device] for device in sorted(by_device)]
    known = _last_good(database, ordered)
    now = datetime.now(UTC)
    # Hashing and compressing come before the transaction: it holds the only write lock.
    copies = {
        record.device: _copy(codec, record, record.config, known.get(record.device), run_id, now)
        for record in ordered
        if record.config is not None
    }
    texts = {copy.new["sha256"]: copy.new for copy in copies.values() if copy.new}
    judged = {record.device: record.judged for record in ordered if record.judged}
    bodies = judged_bodies(database, codec, judged.values())
    with database.writing() as connection:
        beat(database, connection, run_id, owner)
        # Replaced, not left as it is: should the body that lies there be damaged, it is mended.
        insert_or_replace(connection, config, [texts[key] for key in sorted(texts)])
        rows = [_device_row(run_id, record, copies.get(record.device)) for record in ordered]
        insert_or_replace(connection, device_run, rows)
        _replace_attempts(connection, run_id, ordered)
        insert_or_replace(connection, latest, [copy.last_good for copy in copies.values()])
        if judged:
            fresh = {name: copy.last_good["config_sha256"] for name, copy in copies.items()}
            write_judged(connection, run_id, judged, bodies, fresh, now)


def _last_good(database: Database, records: Sequence[DeviceRecord]) -> dict[str, Row]:
    devices = [record.device for record in records if record.config]
    if not devices:
        return {}
    with database.reading() as connection:
        rows = connection.execute(select(latest).where(latest.c.device.in_(devices))).mappings()
        return {row["device"]: dict(row) for row in rows}


def _copy(
    codec: Codec,
    record: DeviceRecord,
    stored: StoredText,
    known: Row | None,
    run_id: str,
    now: datetime,
) -> _Copy:
    row: Row = {
        "device": record.device,
        "run_id": run_id,
        "fetched": record.finished,
        "stable_sha256": stored.stable_sha256,
        "text_sha256": stored.text_sha256,
    }
    data = to_bytes(stored.exact)
    if known and known["stable_sha256"] == stored.stable_sha256:
        # Nothing but volatile lines differs: the copy that is there stands for this text too.
        return _Copy({**row, "config_sha256": known["config_sha256"], "bytes": len(data)}, None)
    address = sha256(data)
    text = {
        "sha256": address,
        "bytes": len(data),
        "codec": codec.name,
        "body": codec.pack(data),
        "stored": now,
    }
    return _Copy({**row, "config_sha256": address, "bytes": len(data)}, text)


def _device_row(run_id: str, record: DeviceRecord, copy: _Copy | None) -> Row:
    return {
        "run_id": run_id,
        "device": record.device,
        "address": record.address,
        "site": record.site,
        "platform": record.platform,
        "status": record.status,
        "error_class": record.error_class,
        "message": record.message,
        "remedy": record.remedy,
        "changed": record.changed,
        "started": record.started,
        "finished": record.finished,
        "config_sha256": copy.last_good["config_sha256"] if copy else None,
        "text_sha256": copy.last_good["text_sha256"] if copy else None,
        "previous_sha256": record.previous_sha256,
        "bytes": copy.last_good["bytes"] if copy else None,
        "result": record.result,
    }


def _replace_attempts(connection: Connection, run_id: str, records: Sequence[DeviceRecord]) -> None:
    devices = [record.device for record in records]
    connection.execute(
        delete(attempt).where(attempt.c.run_id == run_id, attempt.c.device.in_(devices))
    )
    rows = [
        {
            "run_id": run_id,
            "device": record.device,
            "number": each.number,
            "started": each.started,
            "seconds": each.seconds,
            "error_class": each.error_class,
            "message": each.message,
        }
        for record in records
        for each in record.attempts
    ]
    if rows:
        connection.execute(attempt.insert(), rows)
