# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queries of NetBox's GraphQL API.

It has had three syntaxes within the releases that this collection reads, for the one filter that
is needed here, that by ids:

=========== ======================================= =====================================
NetBox      filter by ids                           pages
=========== ======================================= =====================================
4.2         made from the REST filters              ``offset``, not stable
4.3, 4.4    ``id: 1``, no more than one             ``offset``, not stable
4.5 to 4.7  ``id: {in_list: [1, 2]}``               ``start``, a cursor
=========== ======================================= =====================================

What cannot be asked for completely is not asked for: before 4.5 the inventory reads REST.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from .client import Client
from .kinds import Kind
from .paging import Row
from .problems import BadAnswer

SINCE = (4, 5)
ALIASES = 10
"""Lists in one query: NetBox's GRAPHQL_MAX_ALIASES, where nobody changed it."""


def page_query(kind: Kind, selection: str, start: int, size: int) -> str:
    """The objects from an id on, in the order of their ids."""
    return f"{{{kind.listing}(pagination:{{start:{start},limit:{size}}}){{{selection}}}}}"


def ids_query(kind: Kind, selection: str, ids: Sequence[int]) -> str:
    """The objects with these ids. The limit is said, since without one it may be 100."""
    listed = ",".join(map(str, ids))
    return (
        f"{{{kind.listing}(filters:{{id:{{in_list:[{listed}]}}}},"
        f"pagination:{{limit:{len(ids)}}}){{{selection}}}}}"
    )


def tags_query(kind: Kind, starts: Mapping[str, int], size: int) -> str:
    """The ids of the objects with each of some tags, given by slug, from an id on."""
    lists = (
        f"t{number}:{kind.listing}(filters:{{tags:{{slug:{{exact:{json.dumps(tag)}}}}}}},"
        f"pagination:{{start:{start},limit:{size}}}){{id}}"
        for number, (tag, start) in enumerate(starts.items())
    )
    return f"{{{' '.join(lists)}}}"


def ask(client: Client, kind: Kind, query: str) -> list[Row]:
    """The rows of a query; raises what `Client.graphql` raises, or BadAnswer."""
    rows = client.graphql(query).get(kind.listing)
    if not isinstance(rows, list):
        raise BadAnswer(f"{client.connection.shown}: GraphQL gave no {kind.listing}")
    return rows


def ask_ids(client: Client, kind: Kind, selection: str, ids: Iterable[int]) -> list[Row]:
    """The rows of these ids, asked for again until no more of them come.

    A server that hands out fewer than it is asked for says nothing about the others. What is left
    out at last has been deleted meanwhile, or may not be seen.
    """
    missing = dict.fromkeys(ids)
    found: list[Row] = []
    while missing:
        rows = ask(client, kind, ids_query(kind, selection, list(missing)))
        new = [row for row in rows if missing.pop(int(row["id"]), 0) is None]
        if not new:
            break
        found += new
    return found


def ids_of_tags(client: Client, kind: Kind, tags: Sequence[str], size: int) -> dict[str, list[int]]:
    """The ids of all objects with each of not more than `ALIASES` tags."""
    found: dict[str, list[int]] = {tag: [] for tag in tags}
    starts = dict.fromkeys(tags, 1)
    while starts:
        lists = client.graphql(tags_query(kind, starts, size))
        pages = {tag: lists.get(f"t{number}") for number, tag in enumerate(starts)}
        for tag, rows in pages.items():
            found[tag] += [int(row["id"]) for row in rows or ()]
        starts = {tag: found[tag][-1] + 1 for tag, rows in pages.items() if rows}
    return found
