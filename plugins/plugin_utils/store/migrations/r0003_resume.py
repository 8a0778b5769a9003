# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose a run is, on which hosts it works, and what of the good copies is in the git mirror."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add to the runs, and create `mirrored`. Runs from before have no owner and no fleet."""
    for name in ("process", "owner", "fleet"):
        op.add_column("run", sa.Column(name, sa.Text))
    op.create_index("run_history", "run", ["kind", "fleet", "started"])
    op.create_table(
        "mirrored",
        sa.Column("device", sa.Text, primary_key=True),
        sa.Column("text_sha256", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
