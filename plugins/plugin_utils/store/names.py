# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Statements about many devices: a database takes so many parameters and no more."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, TypeVar

from sqlalchemy import Column, Delete, Select

NAMES_PER_STATEMENT = 1_000

Statement = TypeVar("Statement", Select[Any], Delete)


def by_names(
    statement: Statement, column: Column[Any], names: Collection[str] | None
) -> Iterator[Statement]:
    """Split a statement by device names; without names it is about all of them."""
    if names is None:
        yield statement
        return
    ordered = sorted(names)
    for first in range(0, len(ordered), NAMES_PER_STATEMENT):
        yield statement.where(column.in_(ordered[first : first + NAMES_PER_STATEMENT]))
