# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ledger: runs, devices, attempts, texts and the last good copy of each device."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_runs()
    _create_configs()
    _create_devices()
    _create_attempts()
    _create_latest()


def _create_runs() -> None:
    op.create_table(
        "run",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("devices", sa.Integer, nullable=False),
        sa.Column("check", sa.Boolean, nullable=False),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Column("counts", sa.JSON, nullable=False),
        sa.Column("started", UTC_TIME, nullable=False),
        sa.Column("finished", UTC_TIME),
        sa.Column("heartbeat", UTC_TIME, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("boot_id", sa.Text, nullable=False),
    )


def _create_configs() -> None:
    op.create_table(
        "config",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("bytes", sa.Integer, nullable=False),
        sa.Column("codec", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("stored", UTC_TIME, nullable=False),
    )


def _create_devices() -> None:
    op.create_table(
        "device_run",
        sa.Column("run_id", sa.Text, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("error_class", sa.Text),
        sa.Column("message", sa.Text),
        sa.Column("remedy", sa.Text),
        sa.Column("changed", sa.Boolean, nullable=False),
        sa.Column("started", UTC_TIME, nullable=False),
        sa.Column("finished", UTC_TIME, nullable=False),
        sa.Column("config_sha256", sa.Text, sa.ForeignKey("config.sha256")),
        sa.Column("text_sha256", sa.Text),
        sa.Column("previous_sha256", sa.Text),
        sa.Column("bytes", sa.Integer),
        sa.Column("result", sa.Text),
        sa.Index("device_run_history", "device", "started"),
        sqlite_with_rowid=False,
    )


def _create_attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started", UTC_TIME, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("error_class", sa.Text),
        sa.Column("message", sa.Text),
        sa.ForeignKeyConstraint(
            ["run_id", "device"], ["device_run.run_id", "device_run.device"], ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _create_latest() -> None:
    op.create_table(
        "latest",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("fetched", UTC_TIME, nullable=False),
        sa.Column("config_sha256", sa.Text, sa.ForeignKey("config.sha256"), nullable=False),
        sa.Column("stable_sha256", sa.Text, nullable=False),
        sa.Column("text_sha256", sa.Text, nullable=False),
        sa.Column("bytes", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
