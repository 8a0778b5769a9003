# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compliance: what each run found on each device, and what has been open since when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    _create_bodies()
    _create_runs()
    _create_devices()
    _create_open()


def _create_bodies() -> None:
    op.create_table(
        "compliance_body",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("codec", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _create_runs() -> None:
    op.create_table(
        "compliance_run",
        sa.Column("run_id", sa.Text, sa.ForeignKey("run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("profile", sa.Text, nullable=False),
        sa.Column("min_score", sa.Float, nullable=False),
        sa.Column("fail_on", sa.Text, nullable=False),
        sa.Column("rules_sha256", sa.Text, sa.ForeignKey("compliance_body.sha256"), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("verdicts", sa.JSON, nullable=False),
        sa.Column("states", sa.JSON, nullable=False),
        sa.Index("compliance_run_profile", "profile", "run_id"),
        sqlite_with_rowid=False,
    )


def _create_devices() -> None:
    op.create_table(
        "compliance_device",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("config_sha256", sa.Text),
        sa.Column("body_sha256", sa.Text, sa.ForeignKey("compliance_body.sha256"), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id", "device"], ["device_run.run_id", "device_run.device"], ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )


def _create_open() -> None:
    op.create_table(
        "compliance_open",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("rule", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("since", UTC_TIME, nullable=False),
        sa.Column("severity", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("closed_run_id", sa.Text),
        sa.Column("closed", UTC_TIME),
        sqlite_with_rowid=False,
    )
