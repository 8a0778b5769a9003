# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What outlives a run of its breakers, and is shared by runs side by side on one database."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, delete, func, select, update

from .database import Database
from .insert import insert_or_replace
from .names import by_names
from .records import BreakerRecord, LoginGrant, LoginKey
from .schema import breaker, login, proven_login

ANSWER_SECONDS = 60.0
"""A login that has not been answered by then counts as refused: who tried it may have been killed
right after the device had said no."""


class BreakerStore:
    """Breakers, bad logins and proven logins, each operation a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(self, scopes: Collection[str]) -> list[BreakerRecord]:
        """Return what is kept of these scopes."""
        query = select(breaker).where(breaker.c.scope.in_(scopes))
        with self._database.reading() as connection:
            return [BreakerRecord(**row._mapping) for row in connection.execute(query)]

    def load_devices(self, names: Sequence[str]) -> dict[str, BreakerRecord]:
        """Return what is kept of these devices, by name."""
        devices = select(breaker).where(breaker.c.scope == "device")
        with self._database.reading() as connection:
            return {
                row.name: BreakerRecord(**row._mapping)
                for query in by_names(devices, breaker.c.name, names)
                for row in connection.execute(query)
            }

    def save(self, records: Iterable[BreakerRecord]) -> None:
        """Keep these breakers; of a closed one without failures nothing is kept."""
        now = datetime.now(UTC)
        rows, gone = [], []
        for record in records:
            if record.state == "closed" and not record.failures:
                gone.append((record.scope, record.name))
            else:
                rows.append({**_fields(record), "updated": now})
        if not rows and not gone:
            return
        with self._database.writing() as connection:
            for scope, name in sorted(gone):
                mine = (breaker.c.scope == scope, breaker.c.name == name)
                connection.execute(delete(breaker).where(*mine))
            insert_or_replace(
                connection,
                breaker,
                sorted(rows, key=lambda row: (row["scope"], row["name"])),
            )

    def claim_probe(self, scope: str, name: str, until: datetime) -> bool:
        """Take the one probe of an open breaker whose time has come; False when another has it.

        Nobody else gets one before ``until``.
        """
        now = datetime.now(UTC)
        mine = (breaker.c.scope == scope, breaker.c.name == name, breaker.c.until <= now)
        values = {"state": "half_open", "until": until, "updated": now}
        with self._database.writing() as connection:
            done = connection.execute(update(breaker).where(*mine).values(values))
            known = connection.scalar(
                select(func.count()).where(breaker.c.scope == scope, breaker.c.name == name)
            )
        return done.rowcount == 1 or not known

    def claim_login(
        self, key: LoginKey, run_id: str, device: str, budget: int, window: float
    ) -> LoginGrant:
        """Ask to try a login; while it is being tried, it takes a place in the budget.

        ``budget`` refusals are allowed within ``window`` seconds for this account and secret. An
        account that another secret was refused for, and none accepted since, has one place for a
        new secret: whoever has mended the password may try it, whoever guesses is stopped.
        """
        now = datetime.now(UTC)
        with self._database.writing() as connection:
            _alone(connection, key.account)
            rows = _recent(connection, key.account, now - timedelta(seconds=window))
            again = (run_id, device)
            rows = [row for row in rows if row.refused or (row.run_id, row.device) != again]
            mine = [row for row in rows if row.secret == key.secret]
            limit = 1 if _guessing(rows, key.secret) else budget
            refused = [row for row in mine if row.refused or _unanswered(row, now)]
            if len(refused) >= limit:
                until = min(row.at for row in refused) + timedelta(seconds=window)
                return LoginGrant(False, len(refused), until)
            if len(mine) >= limit:
                return LoginGrant(False, len(refused))
            _set_aside(connection, _login(key, run_id, device), now)
            row = {**_login(key, run_id, device), "at": now, "refused": False}
            insert_or_replace(connection, login, [row])
        return LoginGrant(True, len(refused))

    def refused(self, key: LoginKey, run_id: str, device: str) -> None:
        """Remember a refused login."""
        row = {**_login(key, run_id, device), "at": datetime.now(UTC), "refused": True}
        with self._database.writing() as connection:
            insert_or_replace(connection, login, [row])

    def unanswered(self, key: LoginKey, run_id: str, device: str) -> None:
        """Give the place back: the device was not reached, or said neither yes nor no."""
        values = _login(key, run_id, device)
        mine = [login.c[name] == value for name, value in values.items()]
        with self._database.writing() as connection:
            connection.execute(delete(login).where(*mine))

    def accepted(self, key: LoginKey) -> None:
        """Forget this secret's refusals, and hold those of others against nobody but themselves.

        A login that works sets the server's counter back, and makes no wrong password right: one
        whose fallback worked would otherwise be tried a budget more.
        """
        mine = (login.c.account == key.account, login.c.secret == key.secret)
        with self._database.writing() as connection:
            _alone(connection, key.account)  # or two secrets that both work wait for each other
            connection.execute(delete(login).where(*mine))
            others = update(login).where(login.c.account == key.account)
            connection.execute(others.values(forgiven=True))

    def bad_logins(self, window: float) -> list[tuple[str, int, datetime]]:
        """Return accounts with refused logins in the window: name, how many, the last one."""
        query = (
            select(login.c.account, func.count(), func.max(login.c.at))
            .where(login.c.at > datetime.now(UTC) - timedelta(seconds=window))
            .group_by(login.c.account)
            .order_by(login.c.account)
        )
        with self._database.reading() as connection:
            return [(row[0], row[1], _utc(row[2])) for row in connection.execute(query)]

    def proven(self) -> dict[str, str]:
        """Return the fallback credential that each device took last, where it took one."""
        with self._database.reading() as connection:
            return {row.device: row.credential for row in connection.execute(select(proven_login))}

    def prove(self, found: Mapping[str, str | None]) -> None:
        """Remember which fallback credential a device took; None for its first one."""
        gone = [device for device, credential in found.items() if credential is None]
        rows = [
            {"device": device, "credential": credential}
            for device, credential in sorted(found.items())
            if credential is not None
        ]
        with self._database.writing() as connection:
            for statement in by_names(delete(proven_login), proven_login.c.device, gone):
                connection.execute(statement)
            insert_or_replace(connection, proven_login, rows)


def _fields(record: BreakerRecord) -> dict[str, object]:
    return {column.name: getattr(record, column.name) for column in breaker.columns}


def _login(key: LoginKey, run_id: str, device: str) -> dict[str, str]:
    return {"account": key.account, "secret": key.secret, "run_id": run_id, "device": device}


def _set_aside(connection: Connection, mine: Mapping[str, str], now: datetime) -> None:
    """Keep what a device refused before its run was resumed: it is asked once more, and counts."""
    refused = (login.c.refused, *(login.c[name] == value for name, value in mine.items()))
    values = {"device": f"{mine['device']} before {now.isoformat()}"}
    connection.execute(update(login).where(*refused).values(values))


def _recent(connection: Connection, account: str, since: datetime) -> list[Row[tuple[object, ...]]]:
    """The account's logins of the window; those from before go."""
    connection.execute(delete(login).where(login.c.account == account, login.c.at <= since))
    return list(connection.execute(select(login).where(login.c.account == account)))


def _guessing(rows: Sequence[Row[tuple[object, ...]]], secret: str) -> bool:
    """Whether an account has other secrets under trial that none has outdone."""
    forgiven = {row.secret for row in rows if row.forgiven}
    return bool({row.secret for row in rows} - forgiven - {secret})


def _unanswered(row: Row[tuple[object, ...]], now: datetime) -> bool:
    return bool(now - row.at > timedelta(seconds=ANSWER_SECONDS))


def _alone(connection: Connection, account: str) -> None:
    """Let one transaction at a time judge an account. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        number = int.from_bytes(hashlib.sha256(account.encode()).digest()[:8], "big", signed=True)
        connection.execute(select(func.pg_advisory_xact_lock(number)))


def _utc(value: datetime | str) -> datetime:
    """SQLite gives an aggregate of times back as text."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
