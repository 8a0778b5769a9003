# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A run's row: begun, taken up again, closed, and found when its process is gone.

`owner` is a word that whoever begins or resumes a run writes into its row. Every later write to the
run asks for that word, so a process that was taken for dead and comes back can do no harm: it finds
another word there, and ends.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Update, func, insert, select, update

from ..errors import RunLost, StoreError
from .database import Database
from .process import Process, lives, this_process
from .records import Run, RunStart, RunStatus
from .schema import device_run, run

HEARTBEAT_SECONDS = 10.0
"""How often a run says that it lives, whatever its devices do."""
SILENT_SECONDS = 120.0
"""A run on another machine that says nothing for so long is taken for dead: twelve heartbeats."""
BUSY_SECONDS = 3.0
"""How long a run waits for another one on the same SQLite file: one that was told to end needs a
second, and whoever starts anew at once, as systemd does, need not fail."""

DONE = ("ok", "changed")
"""The statuses of a device that a resumed run need not come to again."""


def fleet_id(names: Iterable[str]) -> str:
    """Return what tells one set of hosts from another, whatever their order."""
    listed = "\0".join(sorted(names)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(listed).hexdigest()


def begin(database: Database, start: RunStart) -> tuple[str, str]:
    """Enter a run of this process; return its id and owner. Raises StoreError."""
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
        "fleet": start.fleet,
    }
    ours = _ours(database)
    _when_free(database, lambda connection: connection.execute(insert(run).values(row | ours)))
    return run_id, ours["owner"]


def resume(database: Database, start: RunStart) -> tuple[str, str]:
    """Take up the newest run of this kind on these hosts; return its id and owner.

    Raises StoreError when that run was not interrupted, or when there is none.
    """
    ours = _ours(database)
    found: list[str] = []

    def take(connection: Connection) -> None:
        last = _newest(connection, start)
        if last is None or last.status != "interrupted":
            raise StoreError(_nothing_to_resume(database, connection, start, last))
        values = ours | {"status": "running", "finished": None}
        done = connection.execute(_of(last, update(run)).values(values))
        if done.rowcount == 0:  # another process was faster, which PostgreSQL lets happen
            raise StoreError(
                f"The run {last.id} has just been resumed by another process. Wait for that one."
            )
        found.append(last.id)

    _when_free(database, take)
    return found[0], ours["owner"]


def finish(
    database: Database, run_id: str, owner: str | None, status: RunStatus, counts: Mapping[str, int]
) -> bool:
    """Close a run; False when there is none of this id (and owner, where one is given)."""
    query = update(run).where(run.c.id == run_id)
    if owner is not None:
        query = query.where(run.c.owner == owner)
    values = {"status": status, "counts": dict(counts)}
    with database.writing() as connection:
        clock = {"finished": database.clock(), "heartbeat": database.clock()}
        return connection.execute(query.values(values | clock)).rowcount > 0


def beat(database: Database, connection: Connection, run_id: str, owner: str | None) -> None:
    """Say that the run lives; raises RunLost when it is not this process's any more."""
    query = update(run).where(run.c.id == run_id, run.c.owner.is_not_distinct_from(owner))
    if connection.execute(query.values(heartbeat=database.clock())).rowcount == 0:
        raise RunLost(
            f"The run {run_id} in the store {database.name} was closed or resumed by another "
            f"process, since this one gave no sign of life for over {SILENT_SECONDS:g} s. What it "
            "had written by then is kept; look at the other run."
        )


def close_dead(database: Database) -> list[str]:
    """Close as interrupted every running run whose process is gone; return their ids."""
    with database.reading() as connection:
        if not _dead(database, connection):
            return []
    with database.writing() as connection:
        return _close_dead(database, connection)


def _when_free(database: Database, work: Any) -> None:
    """Do the work in a transaction, after the dead are closed; on SQLite when nobody else runs."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        with database.writing() as connection:
            _close_dead(database, connection)
            other = _other(database, connection)
            if other is None:
                work(connection)
                return
        if time.monotonic() > deadline:
            raise StoreError(
                f"The store {database.name} is in use: the run {other.id} ({other.kind}, "
                f"{other.devices} devices) is at work in process {other.pid} on {other.host}. "
                "SQLite serves one run at a time. Wait for that one to end, or give both a store "
                "in PostgreSQL (netops_store_url: postgresql://...)."
            )
        time.sleep(0.2)


def _other(database: Database, connection: Connection) -> Row[Any] | None:
    """Return the run of another process that lives, where one is one too many: on SQLite."""
    if database.file is None:
        return None
    mine = this_process()
    rows = connection.execute(select(run).where(run.c.status == "running")).all()
    return next((row for row in rows if _process(row) != mine), None)


def _ours(database: Database) -> dict[str, Any]:
    """Return the columns that make a run this process's own."""
    mine = asdict(this_process())
    mine["process"] = mine.pop("start")
    return {**mine, "owner": secrets.token_hex(8), "heartbeat": database.clock()}


def _close_dead(database: Database, connection: Connection) -> list[str]:
    closed = []
    for row in _dead(database, connection):
        values = {
            "status": "interrupted",
            "counts": ledger_counts(connection, row.id, row.devices),
            "finished": row.heartbeat,
            "owner": None,
        }
        if connection.execute(_of(row, update(run)).values(values)).rowcount:
            closed.append(row.id)
    return closed


def _dead(database: Database, connection: Connection) -> list[Row[Any]]:
    """Return the running runs whose process is gone, in the order in which all close them."""
    query = select(run).where(run.c.status == "running").order_by(run.c.id)
    rows = connection.execute(query).all()
    if not rows:
        return []
    now: datetime = connection.execute(select(database.clock())).scalar_one()
    return [row for row in rows if _is_dead(database, row, now)]


def _is_dead(database: Database, row: Row[Any], now: datetime) -> bool:
    mine, theirs = this_process(), _process(row)
    alive = lives(theirs)
    if alive is not None:
        return not alive
    if database.file is not None and theirs.boot_id and theirs.boot_id != mine.boot_id:
        return True  # a file is used by one machine, and that has been started anew
    silent: timedelta = now - row.heartbeat
    return silent > timedelta(seconds=SILENT_SECONDS)


def _of(row: Row[Any], query: Update) -> Update:
    """Only if the run is still as it was read: on PostgreSQL others read it at the same time."""
    return query.where(
        run.c.id == row.id,
        run.c.status == row.status,
        run.c.owner.is_not_distinct_from(row.owner),
    )


def _process(row: Row[Any]) -> Process:
    return Process(row.host, row.pid, row.boot_id, row.process or "")


def ledger_counts(connection: Connection, run_id: str, total: int) -> dict[str, int]:
    """Count a run's devices by status, as the ledger has them; who has no row was skipped."""
    query = (
        select(device_run.c.status, func.count())
        .where(device_run.c.run_id == run_id)
        .group_by(device_run.c.status)
    )
    found = {row[0]: int(row[1]) for row in connection.execute(query)}
    done = {name: found.get(name, 0) for name in ("ok", "changed", "failed", "unreachable")}
    return {"total": total, **done, "skipped": total - sum(done.values())}


def _newest(connection: Connection, start: RunStart) -> Row[Any] | None:
    query = (
        select(run)
        .where(run.c.kind == start.kind, run.c.fleet == start.fleet)
        .order_by(run.c.started.desc())
        .limit(1)
    )
    return connection.execute(query).one_or_none()


def _nothing_to_resume(
    database: Database, connection: Connection, start: RunStart, last: Row[Any] | None
) -> str:
    """Say why there is nothing to resume, and what would be."""
    what = f"no interrupted run of kind {start.kind!r} on these {start.devices} hosts"
    if last is not None and last.status == "running":
        why = (
            f"the run {last.id} is still at work in process {last.pid} on {last.host}. Wait for it"
        )
    elif last is not None:
        why = f"the newest one, {last.id}, has {last.status}. Run without resume"
    else:
        query = select(run).where(run.c.kind == start.kind, run.c.status == "interrupted")
        other = connection.execute(query.order_by(run.c.started.desc()).limit(1)).one_or_none()
        why = "none was interrupted at all. Run without resume"
        if other is not None:
            why = (
                f"the newest interrupted one, {other.id}, was on other hosts ({other.devices} "
                "devices). Give the same inventory, pattern and --limit as then, or run without "
                "resume"
            )
    return f"The store {database.name} has {what}: {why}."


def to_run(row: Row[Any]) -> Run:
    """Return a row as the rest of the collection sees it."""
    values = dict(row._mapping)
    return Run(**{name: values[name] for name in Run.__dataclass_fields__})
