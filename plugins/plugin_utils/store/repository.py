# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store as the rest of the collection sees it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Row, func, select, update
from zstandard import ZstdError

from ..closing import Closing
from ..errors import RunLost, StoreError
from . import compliance, runs
from .breakers import BreakerStore
from .codec import Codec, fernet_of, sha256, to_text
from .database import Database, connect, connect_existing
from .migrate import ensure_schema, has_schema, require_current
from .mirrored import good_copies, mark_mirrored, owed_to_mirror
from .names import by_names
from .patience import never, patiently
from .records import (
    AttemptRecord,
    ComplianceRun,
    CopyAge,
    DeviceOutcome,
    DeviceStatus,
    GoodCopy,
    JudgedDevice,
    LastGood,
    Run,
    RunScore,
    RunStart,
    RunStatus,
    SiteScore,
)
from .schema import attempt, config, device_run, latest, run
from .writer import Writer

ROWS_PER_FETCH = 500
TEXTS_PER_FETCH = 20

_attempts = (
    select(func.count())
    .where(attempt.c.run_id == device_run.c.run_id, attempt.c.device == device_run.c.device)
    .scalar_subquery()
)
_outcome = select(device_run, _attempts.label("attempts"))


class Store(Closing):
    """Runs, what became of each device in them, and every configuration once.

    Not to be carried through a fork: each process opens its own, which takes a few milliseconds.
    """

    def __init__(self, database: Database, codec: Codec) -> None:
        self._database = database
        self._codec = codec
        self._owners: dict[str, str] = {}

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

    @classmethod
    def open_existing(
        cls, url: str | None, state_dir: Path, key: str | Sequence[str] | None = None
    ) -> Self | None:
        """Open a store to look at it: nothing is made and nothing migrated; None if there is none.

        What has been there since the first version can be read: good copies and texts.
        """
        codec = Codec(fernet_of(key))
        database = connect_existing(url, state_dir)
        if database is None:
            return None
        if has_schema(database):
            return cls(database, codec)
        database.engine.dispose()
        return None

    def require_current(self) -> None:
        """Raise StoreError when a store that was opened to look at it was not migrated yet."""
        require_current(self._database)

    @property
    def name(self) -> str:
        """The file or the URL without its password, to be shown to people."""
        return self._database.name

    def close(self) -> None:
        """Close the connections."""
        self._database.engine.dispose()

    def begin_run(self, start: RunStart) -> str:
        """Enter a run as running in this process and return its id, which sorts by time.

        Runs whose process is gone are closed first. Raises StoreError when another process is at
        work on the same SQLite file.
        """
        run_id, owner = runs.begin(self._database, start)
        self._owners[run_id] = owner
        return run_id

    def resume_run(self, start: RunStart) -> str:
        """Go on, in this process, with the newest run of the same kind and fleet; return its id.

        Raises StoreError, with what is the case instead, when that run was not interrupted.
        """
        run_id, owner = runs.resume(self._database, start)
        self._owners[run_id] = owner
        return run_id

    def close_dead_runs(self) -> list[str]:
        """Close as interrupted the running runs whose process is gone; return their ids."""
        return runs.close_dead(self._database)

    def finish_run(
        self,
        run_id: str,
        status: RunStatus,
        counts: Mapping[str, int],
        hurried: Callable[[], bool] = never,
    ) -> None:
        """Close a run as finished or interrupted, with its counts.

        Raises StoreError, or RunLost when another process has the run by now.
        """
        owner = self._owners.get(run_id)
        closed = patiently(
            lambda: runs.finish(self._database, run_id, owner, status, counts), hurried
        )
        if not closed:
            self.run(run_id)  # raises where there is none
            raise RunLost(
                f"The run {run_id} in the store {self.name} was closed or resumed by another "
                "process. What this one had written before is kept."
            )

    def writer(
        self,
        run_id: str,
        batch: int = 50,
        interval: float = 0.5,
        hurried: Callable[[], bool] = never,
    ) -> Writer:
        """Return the writer of a run: it commits every `batch` records or `interval` seconds.

        While the server is away it waits, as long as it is not `hurried`.
        """
        owner = self._owners.get(run_id) or self._owner(run_id)
        return Writer(self._database, self._codec, run_id, owner, batch, interval, hurried)

    def counts(
        self, run_id: str, total: int, hurried: Callable[[], bool] = never
    ) -> dict[str, int]:
        """Count a run's devices by status, as the ledger has them; the rest is skipped.

        While the server is away it waits, as long as it is not `hurried`.
        """

        def count() -> dict[str, int]:
            with self._database.reading() as connection:
                return runs.ledger_counts(connection, run_id, total)

        return patiently(count, hurried)

    def done(self, run_id: str) -> set[str]:
        """Return the names of the devices that a run has done, which a resumed one leaves out."""
        query = select(device_run.c.device).where(
            device_run.c.run_id == run_id, device_run.c.status.in_(runs.DONE)
        )
        with self._database.reading() as connection:
            return set(connection.scalars(query))

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
                for query in by_names(select(*columns), latest.c.device, names)
                for row in connection.execute(query)
            }

    def fetched(self, names: Collection[str]) -> dict[str, datetime]:
        """Return when the newest good copy of each named device that has one was taken."""
        with self._database.reading() as connection:
            return {
                row.device: row.fetched
                for query in by_names(
                    select(latest.c.device, latest.c.fetched), latest.c.device, names
                )
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
        return to_text(self._unpacked(config_sha256, row.codec, row.body))

    def check_older_texts(self) -> Iterator[tuple[str, str | None]]:
        """Read every text that is no device's last good copy; yield its hash, and what is wrong."""
        good = select(latest.c.config_sha256)
        query = select(config.c.sha256, config.c.codec, config.c.body)
        query = query.where(config.c.sha256.not_in(good)).order_by(config.c.sha256)
        with self._database.reading() as connection:
            streaming = connection.execution_options(yield_per=TEXTS_PER_FETCH)
            for row in streaming.execute(query):
                try:
                    self._unpacked(row.sha256, row.codec, row.body)
                except StoreError as error:
                    yield row.sha256, str(error)
                else:
                    yield row.sha256, None

    def damage(self) -> list[str]:
        """Let SQLite look at every page of its file; what it complains of, nothing if all is well.

        PostgreSQL has no such question to be asked.
        """
        if self._database.file is None:
            return []
        with self._database.reading() as connection:
            words = connection.exec_driver_sql("PRAGMA integrity_check(10)").scalars().all()
        return [] if words == ["ok"] else [f"The store {self.name}: {each}" for each in words]

    def distrust(self, config_sha256: str) -> None:
        """Let the next backup store the text anew, although the device may print the same."""
        damaged = update(latest).where(latest.c.config_sha256 == config_sha256)
        with self._database.writing() as connection:
            connection.execute(damaged.values(stable_sha256=""))

    def _unpacked(self, config_sha256: str, codec: str, body: bytes) -> bytes:
        try:
            data = self._codec.unpack(codec, body)
        except ZstdError as error:
            raise self._damaged(config_sha256, str(error)) from error
        if sha256(data) != config_sha256:
            raise self._damaged(config_sha256, "its hash differs")
        return data

    def _damaged(self, config_sha256: str, why: str) -> StoreError:
        return StoreError(
            f"The text {config_sha256} in the store {self.name} is damaged: {why}. Run run_info "
            "with verify, which lets the device's next backup store it anew, or restore the store "
            "from its backup."
        )

    def run(self, run_id: str) -> Run:
        """Return a run; raises StoreError when there is none of this id."""
        with self._database.reading() as connection:
            row = connection.execute(select(run).where(run.c.id == run_id)).one_or_none()
        if row is None:
            raise self._unknown_run(run_id)
        return runs.to_run(row)

    def runs(self, limit: int = 20, kind: str | None = None) -> list[Run]:
        """Return the newest runs, of one kind or of all, the newest first."""
        query = select(run).order_by(run.c.id.desc()).limit(limit)
        if kind is not None:
            query = query.where(run.c.kind == kind)
        with self._database.reading() as connection:
            return [runs.to_run(row) for row in connection.execute(query)]

    def ages(self, names: Collection[str] | None = None) -> Iterator[CopyAge]:
        """Tell how old each device's last good copy is, the oldest first.

        With names, of these only, and those that have none come before all others; without, of
        every device that has one. The age is by the database's clock.
        """
        found: list[tuple[str, datetime]] = []
        with self._database.reading() as connection:
            now: datetime = connection.execute(select(self._database.clock())).scalar_one()
            query = select(latest.c.device, latest.c.fetched)
            for each in by_names(query, latest.c.device, names):
                found += [(row.device, row.fetched) for row in connection.execute(each)]
        known = {device for device, _fetched in found}
        for name in sorted(set(names or ()) - known):
            yield CopyAge(name, None, None)
        for device, fetched in sorted(found, key=lambda pair: (pair[1], pair[0])):
            yield CopyAge(device, fetched, max(0.0, (now - fetched).total_seconds()))

    def good_copies(self, names: Collection[str] | None = None) -> Iterator[GoodCopy]:
        """Stream the newest good copy of each device that has one, by name; or of those named."""
        with self._database.reading() as connection:
            streaming = connection.execution_options(yield_per=ROWS_PER_FETCH)
            for query in by_names(good_copies(), latest.c.device, names):
                for row in streaming.execute(query):
                    yield GoodCopy(**row._mapping)

    def owed_to_mirror(self, names: Collection[str]) -> Iterator[GoodCopy]:
        """Yield the good copies of these devices that no commit of the mirror is known to hold."""
        with self._database.reading() as connection:
            for query in by_names(owed_to_mirror(), latest.c.device, names):
                for row in connection.execute(query).all():
                    yield GoodCopy(**row._mapping)

    def mark_mirrored(self, texts: Mapping[str, str]) -> None:
        """Note which text of each device, by its `text_sha256`, is in the mirror's last commit."""
        patiently(lambda: mark_mirrored(self._database, texts))

    def _owner(self, run_id: str) -> str | None:
        with self._database.reading() as connection:
            row = connection.execute(select(run.c.owner).where(run.c.id == run_id)).one_or_none()
        if row is None:
            raise self._unknown_run(run_id)
        owner: str | None = row.owner
        return owner

    def write_compliance(self, summary: ComplianceRun) -> None:
        """Enter what a compliance run judged by and what came out. Raises StoreError."""
        compliance.write_run(self._database, self._codec, summary)

    def compliance(self, run_id: str) -> ComplianceRun:
        """Return a compliance run; raises StoreError when there is none of this id."""
        return compliance.read_run(self._database, self._codec, run_id)

    def judged(self, run_id: str, device: str | None = None) -> Iterator[JudgedDevice]:
        """Stream what a compliance run found on its devices, by name, or on the one named."""
        return compliance.judged_devices(self._database, self._codec, run_id, device)

    def open_findings(self) -> Iterator[tuple[str, str]]:
        """Stream the device and rule of every finding that no run has seen the end of."""
        return compliance.open_findings(self._database)

    def site_scores(self, run_id: str) -> Iterator[SiteScore]:
        """Stream what a compliance run comes to at each site, while it is the newest one."""
        return compliance.site_scores(self._database, run_id)

    def compliance_history(self, profile: str, until: str, limit: int = 60) -> list[RunScore]:
        """Return the newest finished runs of a profile up to the run `until`, the oldest first."""
        return compliance.history(self._database, profile, until, limit)

    def _unknown_run(self, run_id: str) -> StoreError:
        return StoreError(
            f"The store {self.name} has no run {run_id}. Look its id up among the latest runs, and "
            "make sure that this is the store that the run wrote to."
        )


def _to_outcome(row: Row[Any]) -> DeviceOutcome:
    return DeviceOutcome(**row._mapping)
