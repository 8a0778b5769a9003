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

from collections.abc import Iterable, Sequence

from .client import Client
from .kinds import Kind
from .paging import Row
from .problems import BadAnswer

SINCE = (4, 5)


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


def tag_query(kind: Kind, tag: str, start: int, size: int) -> str:
    """The ids of the objects with a tag, given by its slug."""
    return (
        f'{{{kind.listing}(filters:{{tags:{{slug:{{exact:"{tag}"}}}}}},'
        f"pagination:{{start:{start},limit:{size}}}){{id}}}}"
    )


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


def ids_of_tag(client: Client, kind: Kind, tag: str, size: int) -> list[int]:
    """The ids of all objects with a tag."""
    found: list[int] = []
    start = 1
    while rows := ask(client, kind, tag_query(kind, tag, start, size)):
        found += [int(row["id"]) for row in rows]
        start = found[-1] + 1
    return found
