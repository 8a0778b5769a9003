# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables, as the newest migration leaves them. A test holds the two together."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    false,
)
from sqlalchemy.types import TypeDecorator

REVISION = "0005"
"""The migration this code is written for."""

VERSION_TABLE = "netops_version"
"""Not alembic's default name, so that a shared PostgreSQL database may hold other tools' too."""


class UtcTime(TypeDecorator[datetime]):
    """An aware `datetime` in UTC; SQLite itself would keep it naive."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware time into UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give SQLite's naive times their zone back."""
        if value is None:
            return None
        if value.tzinfo is None:
            return value.replace(tzinfo=UTC)
        return value.astimezone(UTC)


class SafeText(TypeDecorator[str]):
    r"""Text from devices and people; what no database takes (NUL, lone surrogates) as `\x00`.

    One message with a stray byte must not cost the batch that it is written in.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Escape what the database would refuse."""
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


class SafeJson(TypeDecorator[Any]):
    """JSON as ASCII text: PostgreSQL's own type refuses a NUL, which a device may well print."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """Write it; nothing stays nothing."""
        return None if value is None else json.dumps(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        """Read it."""
        return None if value is None else json.loads(value)


metadata = MetaData()

run = Table(
    "run",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("devices", Integer, nullable=False),
    Column("check", Boolean, nullable=False),
    Column("provenance", JSON, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("finished", UtcTime),
    Column("heartbeat", UtcTime, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("boot_id", Text, nullable=False),
    Column("process", Text),
    Column("owner", Text),
    Column("fleet", Text),
    Index("run_history", "kind", "fleet", "started"),
)

config = Table(
    "config",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("bytes", Integer, nullable=False),
    Column("codec", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("stored", UtcTime, nullable=False),
)

device_run = Table(
    "device_run",
    metadata,
    Column("run_id", Text, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("device", SafeText, primary_key=True),
    Column("address", SafeText, nullable=False),
    Column("site", SafeText, nullable=False),
    Column("platform", SafeText, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_class", Text),
    Column("message", SafeText),
    Column("remedy", SafeText),
    Column("changed", Boolean, nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("finished", UtcTime, nullable=False),
    Column("config_sha256", Text, ForeignKey("config.sha256")),
    Column("text_sha256", Text),
    Column("previous_sha256", Text),
    Column("bytes", Integer),
    Column("result", SafeJson),
    Index("device_run_history", "device", "started"),
    sqlite_with_rowid=False,
)

attempt = Table(
    "attempt",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("device", SafeText, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started", UtcTime, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("error_class", Text),
    Column("message", SafeText),
    ForeignKeyConstraint(
        ["run_id", "device"], ["device_run.run_id", "device_run.device"], ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
)

# The last good copy of each device. It could be searched in device_run, but not fast enough for
# 10,000 devices after 1,000 runs; the writer keeps both in one transaction.
latest = Table(
    "latest",
    metadata,
    Column("device", SafeText, primary_key=True),
    Column("run_id", Text, nullable=False),
    Column("fetched", UtcTime, nullable=False),
    Column("config_sha256", Text, ForeignKey("config.sha256"), nullable=False),
    Column("stable_sha256", Text, nullable=False),
    Column("text_sha256", Text, nullable=False),
    Column("bytes", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# What is not closed, and devices that failed in their last runs; a closed breaker has no row.
breaker = Table(
    "breaker",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("name", SafeText, primary_key=True),
    Column("state", Text, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("cooldown", Float, nullable=False),
    Column("until", UtcTime, nullable=False),
    Column("reason", SafeText, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("updated", UtcTime, nullable=False),
    sqlite_with_rowid=False,
)

# Logins that were refused, and those of unproven credentials that are being tried. Forgiven ones
# count against their own secret only: another one of the account has worked since.
login = Table(
    "login",
    metadata,
    Column("account", SafeText, primary_key=True),
    Column("secret", Text, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("device", SafeText, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("refused", Boolean, nullable=False),
    Column("forgiven", Boolean, nullable=False, server_default=false()),
    sqlite_with_rowid=False,
)

# Devices that took a fallback credential, by its name.
proven_login = Table(
    "proven_login",
    metadata,
    Column("device", SafeText, primary_key=True),
    Column("credential", SafeText, nullable=False),
    sqlite_with_rowid=False,
)

# What compliance runs found. Findings are content-addressed: a night in which nothing changed costs
# a row a device and no copy.
compliance_body = Table(
    "compliance_body",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("codec", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

compliance_run = Table(
    "compliance_run",
    metadata,
    Column("run_id", Text, ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
    Column("profile", SafeText, nullable=False),
    Column("min_score", Float, nullable=False),
    Column("fail_on", Text, nullable=False),
    Column("rules_sha256", Text, ForeignKey("compliance_body.sha256"), nullable=False),
    Column("score", Float),
    Column("verdicts", JSON, nullable=False),
    Column("states", JSON, nullable=False),
    Index("compliance_run_profile", "profile", "run_id"),
    sqlite_with_rowid=False,
)

compliance_device = Table(
    "compliance_device",
    metadata,
    Column("run_id", Text, primary_key=True),
    Column("device", SafeText, primary_key=True),
    Column("role", SafeText, nullable=False),
    Column("file", SafeText, nullable=False),
    Column("score", Float),
    Column("verdict", Text, nullable=False),
    Column("reason", SafeText, nullable=False),
    # No foreign key: check mode judges the store's texts into a ledger of its own.
    Column("config_sha256", Text),
    Column("body_sha256", Text, ForeignKey("compliance_body.sha256"), nullable=False),
    ForeignKeyConstraint(
        ["run_id", "device"], ["device_run.run_id", "device_run.device"], ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
)

# What counts against a device, from the run that found it to the run that did not any more: one
# row a change, where a row a result would be 420,000 a night for 10,000 devices and 42 rules.
compliance_open = Table(
    "compliance_open",
    metadata,
    Column("device", SafeText, primary_key=True),
    Column("rule", SafeText, primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("since", UtcTime, nullable=False),
    Column("severity", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("closed_run_id", Text),
    Column("closed", UtcTime),
    sqlite_with_rowid=False,
)

# What of `latest` has been committed to the git mirror: what differs is owed to it. In a table of
# its own, since the writer replaces rows of `latest` as a whole.
mirrored = Table(
    "mirrored",
    metadata,
    Column("device", SafeText, primary_key=True),
    Column("text_sha256", Text, nullable=False),
    sqlite_with_rowid=False,
)
