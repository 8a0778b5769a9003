# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All rows of a REST list, whatever the server's page limit, stable while rows come and go.

Pages are cut by id and not by offset: a row that is deleted does not shift the others over the
edge of a page. From NetBox 4.6 on that is its own cursor ``start``, before it the filter
``id__gt``. A page that is shorter than asked for is not the last one, since the server's limit
may be lower: only an empty one is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from .client import Client
from .problems import BadAnswer, BadOption

CURSOR_SINCE = (4, 6)
Filters = Sequence[tuple[str, str]]
Row = dict[str, Any]
_Item = TypeVar("_Item")


def count(client: Client, path: str, filters: Filters = ()) -> int:
    """How many objects NetBox counts; also the cheapest proof that they may be seen."""
    answer = client.get(path, [*filters, ("limit", "1"), ("fields", "id")])
    try:
        return int(answer["count"])
    except (TypeError, LookupError, ValueError) as error:
        raise BadAnswer(_no_list(client, path)) from error


def pages(
    client: Client, path: str, fields: Sequence[str], filters: Filters = (), size: int = 1000
) -> Iterator[list[Row]]:
    """The rows that match the filters, page by page, in the order of their ids.

    The client has to know its version: `count` first.
    """
    by_cursor = client.version >= CURSOR_SINCE
    if not by_cursor and any(name.startswith("id__g") for name, _value in filters):
        raise BadOption(f"{path}: NetBox before 4.6 is paged by id__gt, which is a filter here too")
    after = 0
    while True:
        edge = [("start", str(after + 1))] if by_cursor else [("id__gt", str(after)), _BY_ID]
        words = [*filters, *edge, ("limit", str(size)), ("fields", ",".join(fields))]
        rows = _rows(client, path, client.get(path, words))
        if not rows:
            return
        yield rows
        last = max(int(row["id"]) for row in rows)
        if last <= after:
            raise BadAnswer(f"{_no_list(client, path)}: the pages do not advance")
        after = last


_BY_ID = ("ordering", "id")


def table(client: Client, path: str, fields: Sequence[str], size: int = 1000) -> dict[int, Row]:
    """A whole list by id."""
    return {
        int(row["id"]): row
        for page in pages(client, path, ("id", *fields), size=size)
        for row in page
    }


def batched(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    """The items in pieces; `itertools` has it from Python 3.12 on."""
    return (items[start : start + size] for start in range(0, len(items), size))


def _rows(client: Client, path: str, answer: Any) -> list[Row]:
    try:
        rows: list[Row] = answer["results"]
        if not isinstance(rows, list) or not all(int(row["id"]) for row in rows):
            raise TypeError
    except (TypeError, ValueError, LookupError) as error:
        raise BadAnswer(_no_list(client, path)) from error
    return rows


def _no_list(client: Client, path: str) -> str:
    return f"{client.connection.shown}: {path} is no list of NetBox's; check api_endpoint"
