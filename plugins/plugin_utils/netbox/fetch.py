# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All that an inventory needs from NetBox, and the proof that it is all.

First the *ids* of what is listed, then their *facts*, by GraphQL in a few threads where the server
has it. Who is listed is decided by REST when there are filters, since those are the ones that
people know; GraphQL's have other names and other meanings. Measured with 10,000 devices: ids 0.3 s
by GraphQL, 1.4 s by REST; facts 2.5 to 4 s by GraphQL and 8 s by REST.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from . import graphql
from .client import Client
from .filters import FilterSet, Proof
from .kinds import DERIVED, KINDS, SEEN_BY, TABLES, Kind
from .paging import Row, batched, count, pages, table
from .problems import BadOption, NotComplete, Rejected
from .records import Record, record

REST_IDS = 150
"""Ids in one address: 150 of them are 1.5 kB, which every proxy passes."""
_TURNS = 3
"""How often a list is read again that does not fit NetBox's count."""
DEVICES_PER_TAG = 20
"""From so many on it is cheaper to ask for each tag's devices than for each device's tags."""


@dataclass(frozen=True, slots=True)
class Query:
    """What an inventory asks for. ``facts`` are those of `kinds`."""

    filters: Mapping[str, Sequence[FilterSet]]
    """The kinds that are listed, and the sets of filters of each; no set lists all."""
    facts: frozenset[str]
    api: str = "auto"
    page_size: int = 1000
    threads: int = 3


@dataclass(slots=True)
class Estate:
    """What NetBox told. Everything in it is plain JSON, as the cache keeps it."""

    version: str
    records: dict[str, list[Record]]
    """By kind, in the order of their ids."""
    masters: dict[str, Record] = field(default_factory=dict)
    """Masters of virtual chassis that the filters leave out, by id."""
    tables: dict[str, dict[str, Row]] = field(default_factory=dict)
    services: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """By kind, then by the id of the host."""
    prefers_ipv4: bool = False
    """NetBox's setting PREFER_IPV4, where a host has both families."""


class Fetch:
    """One reading of NetBox."""

    def __init__(self, client: Client, query: Query) -> None:
        self._client = client
        self._query = query
        self._kinds = [KINDS[name] for name in query.filters]
        self._pool = ThreadPoolExecutor(max(1, query.threads), "netbox")
        self._graphql = False

    def run(self) -> Estate:
        """Read all of it.

        Raises:
            NetBoxProblem: anything that is in the way of a complete inventory.
        """
        try:
            return self._run()
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> Estate:
        totals = {kind: count(self._client, kind.path) for kind in self._kinds}
        proof = Proof(self._client)
        for kind in self._kinds:
            proof.check(kind, self._sets(kind), totals[kind])
        self._graphql = self._choose()
        beside, tables = self._beside(), self._tables()
        records = {kind.name: self._records(kind, totals[kind]) for kind in self._kinds}
        for future in beside:
            future.result()
        estate = Estate(".".join(map(str, self._client.version)), records)
        self._add_masters(estate)
        estate.tables = {name: part.result() for name, part in sorted(tables.items())}
        if "services" in self._query.facts:
            estate.services = _services(self._client, self._query.page_size)
        estate.prefers_ipv4 = self._prefers_ipv4(estate)
        return estate

    def _sets(self, kind: Kind) -> Sequence[FilterSet]:
        return self._query.filters[kind.name]

    def _choose(self) -> bool:
        """Whether GraphQL is taken."""
        if self._query.api == "rest":
            return False
        fits = self._client.version >= graphql.SINCE
        if fits and self._offered():
            return True
        if self._query.api == "graphql":
            version = ".".join(map(str, self._client.version))
            raise BadOption(
                f"api: graphql: NetBox {version} at {self._client.connection.shown} does not "
                "offer what is needed of it (4.5 and GRAPHQL_ENABLED); use auto or rest"
            )
        return False

    def _offered(self) -> bool:
        """Whether GraphQL is switched on and takes our queries."""
        try:
            kind = self._kinds[0]
            graphql.ask(self._client, kind, graphql.ids_query(kind, "id", [0]))
        except Rejected:
            return False
        return True

    def _beside(self) -> list[Future[int]]:
        """Checks that need not be waited for: that nothing is hidden from the token."""
        if not self._graphql:
            return []
        paths = sorted(path for fact, path in SEEN_BY.items() if fact in self._query.facts)
        return [self._pool.submit(count, self._client, path) for path in paths]

    def _records(self, kind: Kind, total: int) -> list[Record]:
        found = self._by_either(kind, total) if self._graphql else self._by_rest(kind)
        return [found[number] for number in sorted(found)]

    def _by_either(self, kind: Kind, total: int) -> dict[int, Record]:
        """By GraphQL, and by REST where the server limits queries below what ours need."""
        try:
            return self._by_graphql(kind, total)
        except Rejected:
            if self._query.api == "graphql":
                raise
            return self._by_rest(kind)

    def _by_rest(self, kind: Kind) -> dict[int, Record]:
        facts = self._query.facts
        return {
            one["id"]: one
            for page in self._pages(kind, kind.fields(facts))
            for one in map(record, page)
        }

    def _by_graphql(self, kind: Kind, total: int) -> dict[int, Record]:
        tags = self._tags(kind, total)
        selection = kind.select(self._query.facts | self._families())
        if tags is None and "tags" in self._query.facts:
            selection += " tags{slug}"
        contexts = self._contexts(kind)
        parts: list[Future[list[Record]]] = []
        listed: dict[int, None] = {}
        for ids in self._ids(kind):
            new = [number for number in ids if number not in listed]
            listed.update(dict.fromkeys(new))
            # Two pieces a page keep all threads busy to the end.
            pieces = batched(new, max(1, -(-self._query.page_size // 2)))
            parts += [self._pool.submit(self._facts, kind, selection, piece) for piece in pieces]
        found = {one["id"]: one for part in parts for one in part.result()}
        self._without_deleted(kind, listed.keys() - found.keys())
        _add_tags(found, tags)
        if contexts:
            self._add_contexts(kind, found, contexts.result())
        self._check_addresses(kind, found)
        return found

    def _facts(self, kind: Kind, selection: str, ids: Sequence[int]) -> list[Record]:
        return [record(row) for row in graphql.ask_ids(self._client, kind, selection, ids)]

    def _ids(self, kind: Kind) -> Iterator[list[int]]:
        """The ids of what is listed, page by page; those of several sets may repeat."""
        if self._sets(kind):
            for page in self._pages(kind, ("id",)):
                yield [int(row["id"]) for row in page]
            return
        seen: set[int] = set()
        start, size = 1, self._query.page_size
        while rows := graphql.ask(self._client, kind, graphql.page_query(kind, "id", start, size)):
            yield [int(row["id"]) for row in rows]
            seen.update(int(row["id"]) for row in rows)
            start = int(rows[-1]["id"]) + 1
        for page in self._late(kind, ("id",), (), seen):
            yield [int(row["id"]) for row in page]

    def _pages(self, kind: Kind, fields: Sequence[str]) -> Iterator[list[Row]]:
        size = self._query.page_size
        for filters in self._sets(kind) or [()]:
            seen: set[int] = set()
            for page in pages(self._client, kind.path, fields, filters, size):
                seen.update(int(row["id"]) for row in page)
                yield page
            yield from self._late(kind, fields, filters, seen)

    def _late(
        self, kind: Kind, fields: Sequence[str], filters: FilterSet, seen: set[int]
    ) -> Iterator[list[Row]]:
        """The rows that are there and have not come, where NetBox counts others than came.

        Others may add and delete meanwhile, so what is there is listed again, between two counts
        that it has to fit. Raises NotComplete when it does not.
        """
        path, listed, before = kind.path, seen, count(self._client, kind.path, filters)
        for _turn in range(_TURNS):
            if len(listed) == before:
                break
            listed = {
                int(row["id"])
                for page in pages(self._client, path, ("id",), filters, self._query.page_size)
                for row in page
            }
            start, before = before, count(self._client, path, filters)
            if min(start, before) <= len(listed) <= max(start, before):
                break
        else:
            raise NotComplete(
                f"{self._client.connection.shown}: NetBox counts {before} {kind.name}, and "
                f"{len(listed)} came; run it again when they do not change by the hundred"
            )
        if rows := list(self._by_id(kind, sorted(listed - seen), fields)):
            yield rows

    def _without_deleted(self, kind: Kind, missing: Iterable[int]) -> None:
        """Raise NotComplete when something that was listed did not come, and is there still."""
        lost = [row["id"] for row in self._by_id(kind, sorted(missing), ("id",))]
        if lost:
            raise NotComplete(
                f"{self._client.connection.shown}: GraphQL left out {len(lost)} {kind.name} that "
                f"REST lists, the first has the id {lost[0]}; set api to rest"
            )

    def _by_id(
        self, kind: Kind, ids: Sequence[int], fields: Sequence[str], *more: tuple[str, str]
    ) -> Iterator[Row]:
        """Rows by REST, of those that are there still."""
        for some in batched(ids, REST_IDS):
            filters = [*(("id", str(number)) for number in some), *more]
            yield from chain.from_iterable(
                pages(self._client, kind.path, fields, filters, self._query.page_size)
            )

    def _tags(self, kind: Kind, total: int) -> dict[str, list[int]] | None:
        """The ids of each tag's objects, or None where each object is asked for its tags."""
        if "tags" not in self._query.facts:
            return None
        rows = table(self._client, "extras/tags/", ("slug",)).values()
        if len(rows) * DEVICES_PER_TAG > total:
            return None
        size = self._query.page_size
        slugs = sorted(str(row["slug"]) for row in rows)
        parts = [
            self._pool.submit(graphql.ids_of_tags, self._client, kind, some, size)
            for some in batched(slugs, graphql.ALIASES)
        ]
        return {slug: ids for part in parts for slug, ids in part.result().items()}

    def _contexts(self, kind: Kind) -> Future[dict[int, Any]] | None:
        """The config contexts by id. REST hands out the rendered ones twice as fast."""
        if "config_context" not in self._query.facts:
            return None
        return self._pool.submit(self._read_contexts, kind)

    def _read_contexts(self, kind: Kind) -> dict[int, Any]:
        rows = chain.from_iterable(self._pages(kind, _CONTEXT))
        return {int(row["id"]): row.get("config_context") for row in rows}

    def _add_contexts(self, kind: Kind, found: dict[int, Record], contexts: dict[int, Any]) -> None:
        late = sorted(found.keys() - contexts.keys())
        rows = self._by_id(kind, late, _CONTEXT)
        contexts |= {int(row["id"]): row.get("config_context") for row in rows}
        for number, one in found.items():
            if context := contexts.get(number):
                one["config_context"] = context

    def _families(self) -> frozenset[str]:
        """Both primary addresses where one is wanted: NetBox tells only whether there is any."""
        return _ADDRESSES if _ADDRESSES & self._query.facts else frozenset()

    def _check_addresses(self, kind: Kind, found: dict[int, Record]) -> None:
        """Raise NotComplete when addresses are hidden that NetBox says are there.

        GraphQL leaves an address empty that the token may not see, and the host would be without
        one.
        """
        if not self._families():
            return
        bare = sorted(n for n, one in found.items() if not _ADDRESSES & one.keys())
        sets = self._sets(kind)
        if len(sets) < 2:  # NetBox cannot count the union of several
            having = (*(sets[0] if sets else ()), _HAS_ADDRESS)
            if count(self._client, kind.path, having) <= len(found) - len(bare):
                return
        hidden = [row["id"] for row in self._by_id(kind, bare, ("id",), _HAS_ADDRESS)]
        if hidden:
            raise NotComplete(
                f"{self._client.connection.shown}: {len(hidden)} {kind.name} have primary "
                f"addresses that did not come, the first has the id {min(hidden)}; the token's "
                "owner needs the permission to view all IP addresses"
            )

    def _add_masters(self, estate: Estate) -> None:
        """The masters that the filters leave out: their addresses are those of the chassis."""
        devices = estate.records.get("devices", [])
        known = {one["id"] for one in devices}
        wanted = {one.get("virtual_chassis_master") for one in devices} - known - {None}
        if not wanted or "virtual_chassis" not in self._query.facts:
            return
        kind = KINDS["devices"]
        fields = kind.fields({"primary_ip4", "primary_ip6", "oob_ip"})
        rows = self._by_id(kind, sorted(filter(None, wanted)), fields)
        estate.masters = {str(row["id"]): record(row) for row in rows}

    def _tables(self) -> dict[str, Future[dict[str, Row]]]:
        facts = self._query.facts
        wanted = {name for fact in facts & DERIVED.keys() for name in DERIVED[fact][1:] if name}
        if "location" in facts:
            wanted.add("locations")
        return {name: self._pool.submit(_table, self._client, name) for name in wanted}

    def _prefers_ipv4(self, estate: Estate) -> bool:
        """NetBox's own preference, seen at a host that has both families."""
        for kind in self._kinds:
            for one in estate.records[kind.name]:
                if "primary_ip4" in one and "primary_ip6" in one:
                    rows = self._by_id(kind, [one["id"]], ("id", "primary_ip"))
                    chosen = next((row.get("primary_ip") or {} for row in rows), {})
                    return ":" not in str(chosen.get("address", ":"))
        return False


_CONTEXT = ("id", "config_context")
_ADDRESSES = frozenset({"primary_ip4", "primary_ip6"})
_HAS_ADDRESS = ("has_primary_ip", "true")


def _table(client: Client, name: str) -> dict[str, Row]:
    return {str(number): row for number, row in table(client, *TABLES[name]).items()}


def _add_tags(found: dict[int, Record], tags: Mapping[str, Iterable[int]] | None) -> None:
    if tags is None:
        return
    for one in found.values():
        one["tags"] = []
    for slug, ids in tags.items():
        for number in ids:
            if number in found:
                found[number]["tags"].append(slug)


def _services(client: Client, size: int) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """All services by kind and host. Before 4.3 a service named its device or its machine."""
    fields = ("name", "protocol", "ports", "parent_object_type", "parent_object_id")
    rows = table(client, "ipam/services/", (*fields, "device", "virtual_machine"), size)
    found: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in KINDS}
    for row in rows.values():
        kind, number = _parent(row)
        if kind:
            protocol = row.get("protocol") or {}
            service = {
                "name": row["name"],
                "protocol": protocol.get("value"),
                "ports": row.get("ports") or [],
            }
            found[kind].setdefault(str(number), []).append(service)
    return found


def _parent(row: Row) -> tuple[str, int]:
    for name, kind in KINDS.items():
        if row.get("parent_object_type") == kind.model:
            return name, int(row["parent_object_id"])
    for name, word in (("devices", "device"), ("virtual_machines", "virtual_machine")):
        if row.get(word):
            return name, int(row[word]["id"])
    return "", 0
