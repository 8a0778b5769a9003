# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The queries fit NetBox's GraphQL from 4.5 on, and before it there is a reason not to ask.

`schemas/4.7.graphql` is recorded; the head of each file says where it is from.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.netbox import graphql
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.kinds import DEVICES, KINDS, Kind
from graphql import GraphQLError, build_schema, parse, validate

SCHEMAS = Path(__file__).parent / "schemas"


def errors(version: str, query: str) -> list[GraphQLError]:
    """What the schema of a version has against a query."""
    return validate(build_schema((SCHEMAS / f"{version}.graphql").read_text()), parse(query))


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_query_fits_the_recorded_schema(kind: Kind) -> None:
    """With every fact that can be asked for."""
    selection = f"{kind.select(kind.selections)} tags{{slug}}"
    for query in (
        graphql.page_query(kind, "id", 1, 1000),
        graphql.ids_query(kind, selection, [1, 2, 3]),
        graphql.tags_query(kind, {"a": 1, 'b"': 7}, 1000),
    ):
        assert errors("4.7", query) == []


@pytest.mark.parametrize("version", ["4.2", "4.4"])
def test_older_versions_cannot_be_asked_for_ids_or_from_an_id_on(version: str) -> None:
    """Which is why they are read by REST; `graphql.SINCE` draws the line."""
    assert errors(version, graphql.ids_query(DEVICES, "id", [1, 2]))
    assert errors(version, graphql.page_query(DEVICES, "id", 1, 1000))
    assert tuple(map(int, version.split("."))) < graphql.SINCE


def test_a_tags_slug_cannot_end_its_text() -> None:
    """A query is made of text, so what comes from NetBox is quoted."""
    query = graphql.tags_query(DEVICES, {'x"}}){id} evil:device_list{': 1}, 10)
    assert len(parse(query).definitions[0].selection_set.selections) == 1  # type: ignore[attr-defined]
