# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a refused login still counts against other secrets of its account."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add to the logins; those from before count against all."""
    column = sa.Column("forgiven", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("login", column)
