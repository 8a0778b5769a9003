# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/store.md tells people to type, and what it says of the tables."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from pathlib import Path

import pytest
import zstandard
from ansible_collections.prime.netops.plugins.plugin_utils.store import RunStart, Store
from ansible_collections.prime.netops.plugins.plugin_utils.store.schema import metadata

from tests.unit.plugins.plugin_utils.store.samples import digest, put, record

PAGE = next(
    parent / "docs" / "store.md"
    for parent in Path(__file__).parents
    if (parent / "docs" / "store.md").exists()
).read_text(encoding="utf-8")
QUERIES = re.findall(r"""sqlite3 (?:-box )?netops\.db (["'])(SELECT.*?)\1$""", PAGE, re.M | re.S)


@pytest.fixture
def ledger(tmp_path: Path) -> sqlite3.Connection:
    """A store with one device, opened as the sqlite3 program opens it."""
    with Store.open(None, tmp_path) as store:
        put(store, store.begin_run(RunStart("backup", 1)), record("r1", "hostname r1\n"))
    return sqlite3.connect(tmp_path / "netops.db")


def test_every_query_works(ledger: sqlite3.Connection) -> None:
    """And the one that fetches a text gets the exact bytes."""
    written: list[bytes] = []
    ledger.create_function("writefile", 2, lambda _path, body: written.append(body))
    assert len(QUERIES) >= 5
    for _quote, query in QUERIES:
        ledger.execute(query).fetchall()
    ledger.close()
    text = zstandard.ZstdDecompressor().decompress(written[0])
    assert hashlib.sha256(text).hexdigest() == digest("hostname r1\n")


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_table_is_explained(table: str) -> None:
    """In the table of tables."""
    assert f"| `{table}` |" in PAGE
