# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What outlives a run of its breakers: their state, the logins that were refused, proven logins."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

UTC_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "breaker",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("cooldown", sa.Float, nullable=False),
        sa.Column("until", UTC_TIME, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("updated", UTC_TIME, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "login",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("secret", sa.Text, primary_key=True),
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("at", UTC_TIME, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "proven_login",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("credential", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
