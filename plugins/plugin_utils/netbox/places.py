# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is found by way of a site, location, cluster or tenant, up to the root of its tree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .fetch import Estate
from .kinds import DERIVED
from .paging import Row
from .records import Record

_COLUMNS = {"region": "region", "site_group": "group", "tenant_group": "group"}
_COLUMNS |= {"cluster_type": "type", "cluster_group": "group"}


class Places:
    """Looks facts up in the tables of an estate."""

    def __init__(self, estate: Estate) -> None:
        self._tables = estate.tables
        self._paths: dict[tuple[str, int], tuple[int, ...]] = {}

    def derived(self, record: Record, fact: str) -> Any:
        """A fact of `DERIVED`: a slug, a text, a list of slugs up to the root, or None."""
        through, table, parents = DERIVED[fact]
        row = self.row(table, record.get(f"{through}_id"))
        value = row.get(_COLUMNS.get(fact, fact))
        if parents:
            return self.slugs(parents, value["id"] if value else None)
        return value["slug"] if isinstance(value, Mapping) else value or None

    def locations(self, record: Record) -> list[str]:
        """The location and those around it, the innermost first."""
        return self.slugs("locations", record.get("location_id"))

    def slugs(self, table: str, number: int | None) -> list[str]:
        """The slugs from an object up to the root of its tree."""
        return [self.row(table, one)["slug"] for one in self.path(table, number)]

    def path(self, table: str, number: int | None) -> tuple[int, ...]:
        """The ids from an object up to the root. One that the token may not see ends it."""
        if number is None or not self.row(table, number):
            return ()
        if (table, number) not in self._paths:
            self._paths[table, number] = (number,)  # a circle would end here
            parent = (self.row(table, number).get("parent") or {}).get("id")
            self._paths[table, number] = (number, *self.path(table, parent))
        return self._paths[table, number]

    def row(self, table: str, number: int | None) -> Row:
        """One row of a table, or an empty one."""
        return self._tables.get(table, {}).get(str(number), {})

    def table(self, table: str) -> Mapping[str, Row]:
        """All rows of a table by id."""
        return self._tables.get(table, {})
