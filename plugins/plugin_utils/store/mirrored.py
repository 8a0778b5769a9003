# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of the good copies is in the git mirror, as far as the ledger knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, or_, select

from .database import Database
from .insert import insert_or_replace
from .schema import device_run, latest, mirrored

ROWS_PER_STATEMENT = 1_000


def good_copies() -> Select[Any]:
    """Return the query for the newest good copies, with the site and platform they came from."""
    return (
        select(
            latest.c.device,
            device_run.c.address,
            device_run.c.site,
            device_run.c.platform,
            latest.c.run_id,
            latest.c.fetched,
            latest.c.config_sha256,
            latest.c.text_sha256,
        )
        .join_from(
            latest,
            device_run,
            (device_run.c.run_id == latest.c.run_id) & (device_run.c.device == latest.c.device),
        )
        .order_by(latest.c.device)
    )


def owed_to_mirror() -> Select[Any]:
    """Return the query for those of them that no commit is known to hold."""
    return (
        good_copies()
        .outerjoin(mirrored, mirrored.c.device == latest.c.device)
        .where(
            or_(mirrored.c.device.is_(None), mirrored.c.text_sha256 != latest.c.text_sha256),
        )
    )


def mark_mirrored(database: Database, texts: Mapping[str, str]) -> None:
    """Note the text of each device that is committed, by its hash; raises StoreError."""
    rows = [{"device": device, "text_sha256": texts[device]} for device in sorted(texts)]
    with database.writing() as connection:
        for first in range(0, len(rows), ROWS_PER_STATEMENT):
            insert_or_replace(connection, mirrored, rows[first : first + ROWS_PER_STATEMENT])
