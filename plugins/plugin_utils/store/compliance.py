# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Findings of compliance runs: written with the device's own row, read back as a stream."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, insert, or_, select, tuple_, update

from ..errors import StoreError
from .codec import Codec, sha256
from .database import Database
from .insert import insert_or_replace
from .records import ComplianceRun, JudgedDevice, JudgedRecord, RunScore, SiteScore
from .schema import (
    compliance_body,
    compliance_device,
    compliance_open,
    compliance_run,
    device_run,
    run,
)

Row = dict[str, Any]
DEVICES_PER_FETCH = 200
"""Devices read at once: with 42 rules each some 2 MB of findings."""


def canonical(data: Any) -> bytes:
    """JSON as it is hashed and kept: equal data gives equal bytes."""
    return json.dumps(data, separators=(",", ":"), sort_keys=True).encode()


# ---- written by the writer, in the transaction of the devices' own rows


def judged_bodies(
    database: Database, codec: Codec, judged: Iterable[JudgedRecord]
) -> dict[str, Row]:
    """The rows of the findings that the store does not have yet, packed; by hash."""
    bodies = {sha256(each.body): each.body for each in judged}
    if not bodies:
        return {}
    query = select(compliance_body.c.sha256).where(compliance_body.c.sha256.in_(bodies))
    with database.reading() as connection:
        known = set(connection.scalars(query))
    return {key: _packed(codec, key, bodies[key]) for key in sorted(bodies.keys() - known)}


def _packed(codec: Codec, key: str, body: bytes) -> Row:
    return {"sha256": key, "codec": codec.name, "body": codec.pack(body)}


def write_judged(
    connection: Connection,
    run_id: str,
    judged: Mapping[str, JudgedRecord],
    bodies: Mapping[str, Row],
    fresh: Mapping[str, str],
    now: datetime,
) -> None:
    """Write what a run found on some devices. ``fresh``: hashes of texts fetched in this run."""
    insert_or_replace(connection, compliance_body, list(bodies.values()))
    rows = [
        _device_row(run_id, device, record, fresh.get(device)) for device, record in judged.items()
    ]
    insert_or_replace(connection, compliance_device, rows)
    _write_open(connection, run_id, judged, now)


def _device_row(run_id: str, device: str, record: JudgedRecord, fresh: str | None) -> Row:
    return {
        "run_id": run_id,
        "device": device,
        "role": record.role,
        "file": record.file,
        "score": record.score,
        "verdict": record.verdict,
        "reason": record.reason,
        "config_sha256": record.config_sha256 or fresh,
        "body_sha256": sha256(record.body),
    }


def _write_open(
    connection: Connection, run_id: str, judged: Mapping[str, JudgedRecord], now: datetime
) -> None:
    """Open what is found for the first time, close what is found no more.

    A rule that this run did not judge, or could not, stays as it is.
    """
    key = (compliance_open.c.device, compliance_open.c.rule)
    open_now = compliance_open.c.closed_run_id.is_(None)
    query = select(*key).where(compliance_open.c.device.in_(judged), open_now)
    known = {tuple(row) for row in connection.execute(query)}
    found = [(device, rule) for device, each in judged.items() for rule in each.open]
    over = [(device, rule) for device, rule in known if rule in judged[device].settled]
    rows = [
        _open_row(run_id, device, rule, judged[device], now)
        for device, rule in found
        if (device, rule) not in known
    ]
    insert_or_replace(connection, compliance_open, rows)
    if over:
        closing = update(compliance_open).where(tuple_(*key).in_(over), open_now)
        connection.execute(closing.values(closed_run_id=run_id, closed=now))


def _open_row(run_id: str, device: str, rule: str, record: JudgedRecord, now: datetime) -> Row:
    severity, state = record.open[rule]
    return {
        "device": device,
        "rule": rule,
        "run_id": run_id,
        "since": now,
        "severity": severity,
        "state": state,
        "closed_run_id": None,
        "closed": None,
    }


def write_run(database: Database, codec: Codec, summary: ComplianceRun) -> None:
    """Enter what a run judged by and what came out. Raises StoreError."""
    rules = canonical(summary.rules)
    key = sha256(rules)
    row = {
        "run_id": summary.run_id,
        "profile": summary.profile,
        "min_score": summary.min_score,
        "fail_on": summary.fail_on,
        "rules_sha256": key,
        "score": summary.score,
        "verdicts": dict(summary.verdicts),
        "states": dict(summary.states),
    }
    body = _packed(codec, key, rules)
    with database.writing() as connection:
        known = connection.scalar(
            select(compliance_body.c.sha256).where(compliance_body.c.sha256 == key)
        )
        if known is None:
            insert_or_replace(connection, compliance_body, [body])
        connection.execute(insert(compliance_run), row)


# ---- read


def read_run(database: Database, codec: Codec, run_id: str) -> ComplianceRun:
    """Return a compliance run; raises StoreError when there is none of this id."""
    query = (
        select(compliance_run, compliance_body.c.codec, compliance_body.c.body)
        .join(compliance_body, compliance_body.c.sha256 == compliance_run.c.rules_sha256)
        .where(compliance_run.c.run_id == run_id)
    )
    with database.reading() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise StoreError(
            f"The store {database.name} has no compliance run {run_id}. Look its id up among the "
            "latest runs; a run that was killed before its end has none."
        )
    return ComplianceRun(
        run_id=row.run_id,
        profile=row.profile,
        min_score=row.min_score,
        fail_on=row.fail_on,
        rules=json.loads(codec.unpack(row.codec, row.body)),
        score=row.score,
        verdicts=row.verdicts,
        states=row.states,
    )


def history(database: Database, profile: str, until: str, limit: int) -> list[RunScore]:
    """The newest finished runs of a profile up to the run ``until``, the oldest first."""
    last = select(run.c.started).where(run.c.id == until).scalar_subquery()
    query = (
        select(run.c.id, run.c.started, compliance_run.c.score, run.c.devices)
        .join(compliance_run, compliance_run.c.run_id == run.c.id)
        .where(compliance_run.c.profile == profile, run.c.started <= last)
        .where(or_(run.c.status == "finished", run.c.id == until))
        .order_by(run.c.started.desc())
        .limit(limit)
    )
    with database.reading() as connection:
        return [RunScore(*row) for row in connection.execute(query)][::-1]


def open_findings(database: Database) -> Iterator[tuple[str, str]]:
    """Stream the device and rule of every finding that is open in the ledger."""
    query = select(compliance_open.c.device, compliance_open.c.rule).where(
        compliance_open.c.closed_run_id.is_(None)
    )
    with database.reading() as connection:
        yield from map(tuple, connection.execute(query))


def site_scores(database: Database, run_id: str) -> Iterator[SiteScore]:
    """Stream the mean score of each site's devices in a run, and what is open on them now."""
    here = compliance_device.join(
        device_run,
        and_(
            device_run.c.run_id == compliance_device.c.run_id,
            device_run.c.device == compliance_device.c.device,
        ),
    )
    scores = (
        select(device_run.c.site, func.avg(compliance_device.c.score))
        .select_from(here)
        .where(compliance_device.c.run_id == run_id)
        .group_by(device_run.c.site)
    )
    rules = (
        select(device_run.c.site, compliance_open.c.rule, func.count())
        .select_from(
            here.join(compliance_open, compliance_open.c.device == compliance_device.c.device)
        )
        .where(compliance_device.c.run_id == run_id, compliance_open.c.closed_run_id.is_(None))
        .group_by(device_run.c.site, compliance_open.c.rule)
    )
    failing: dict[str, dict[str, int]] = defaultdict(dict)
    with database.reading() as connection:
        for site, rule, count in connection.execute(rules):
            failing[site][rule] = count
        for site, score in connection.execute(scores):
            yield SiteScore(site, score, failing[site])


def judged_devices(
    database: Database, codec: Codec, run_id: str, device: str | None = None
) -> Iterator[JudgedDevice]:
    """Stream what a run found, by the devices' names; of one device only where it is named."""
    query = _judged(run_id)
    if device is not None:
        query = query.where(compliance_device.c.device == device)
    with database.reading() as connection:
        ended = connection.scalar(select(run.c.finished).where(run.c.id == run_id))
        after, until = "", ended or datetime.now(UTC)
        while rows := connection.execute(
            query.where(compliance_device.c.device > after).limit(DEVICES_PER_FETCH)
        ).all():
            since = _since(connection, until, [row.device for row in rows])
            for row in rows:
                yield _judged_device(row._asdict(), codec, since[row.device])
            after = rows[-1].device


def _judged(run_id: str) -> Select[Any]:
    return (
        select(
            *(column for column in compliance_device.c if column.name != "body_sha256"),
            device_run.c.site,
            device_run.c.platform,
            compliance_body.c.codec,
            compliance_body.c.body,
        )
        .join(
            device_run,
            and_(
                device_run.c.run_id == compliance_device.c.run_id,
                device_run.c.device == compliance_device.c.device,
            ),
        )
        .join(compliance_body, compliance_body.c.sha256 == compliance_device.c.body_sha256)
        .where(compliance_device.c.run_id == run_id)
        .order_by(compliance_device.c.device)
    )


def _since(
    connection: Connection, until: datetime, devices: Sequence[str]
) -> dict[str, dict[str, datetime]]:
    """When what was open at that time had been opened."""
    closed = compliance_open.c.closed
    query = select(compliance_open.c.device, compliance_open.c.rule, compliance_open.c.since).where(
        compliance_open.c.device.in_(devices),
        compliance_open.c.since <= until,
        or_(closed.is_(None), closed > until),
    )
    since: dict[str, dict[str, datetime]] = defaultdict(dict)
    for device, rule, opened in connection.execute(query):
        since[device][rule] = opened
    return since


def _judged_device(
    row: Mapping[str, Any], codec: Codec, since: Mapping[str, datetime]
) -> JudgedDevice:
    names = ("device", "site", "platform", "role", "file", "score", "verdict", "reason")
    return JudgedDevice(
        **{name: row[name] for name in names},
        config_sha256=row["config_sha256"],
        findings=json.loads(codec.unpack(row["codec"], row["body"])),
        since=since,
    )
