# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No filter that NetBox would ignore is ever asked with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.filters import (
    Proof,
    filter_sets,
    merged,
    parameters,
)
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.kinds import DEVICES
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.problems import (
    BadAnswer,
    BadOption,
    Rejected,
    UnknownFilter,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.netbox.server import Reply, Scene, serving, told

NAMES = st.sampled_from(["site", "role", "tag", "status"])
VALUES = st.one_of(st.text("abc", min_size=1), st.integers(0, 9), st.booleans())
SETS = st.lists(st.dictionaries(NAMES, st.one_of(VALUES, st.lists(VALUES, min_size=1))), max_size=3)


@given(SETS, SETS)
def test_a_host_matches_when_it_matches_one_common_and_one_own_set(
    common: list[dict[str, Any]], own: list[dict[str, Any]]
) -> None:
    """Checked against the words of the documentation, for every host that there could be."""
    sets = filter_sets(common, own)

    def matches(one: Any, host: dict[str, str]) -> bool:
        wanted: dict[str, set[str]] = {}
        for name, values in one.items() if isinstance(one, dict) else [(n, [v]) for n, v in one]:
            listed = values if isinstance(values, list) else [values]
            wanted.setdefault(name, set()).update(
                str(v).lower() if isinstance(v, bool) else str(v) for v in listed
            )
        return all(host.get(name) in values for name, values in wanted.items())

    values = {v for one in sets for _n, v in one} | {"other"}
    for value in values:
        host = dict.fromkeys(["site", "role", "tag", "status"], value)
        if any(len({n for n, _v in one}) < len(one) for one in sets):
            continue  # a name in both kinds of sets widens: NetBox takes its values as alternatives
        told_so = all(any(matches(one, host) for one in group) for group in (common, own) if group)
        assert (any(matches(one, host) for one in sets) or not sets) == told_so


def test_values_are_written_as_netbox_reads_them() -> None:
    """True is true, none is null, and a list is a repeated parameter."""
    [one] = filter_sets([{"has_primary_ip": True, "tenant": None, "vc_position": [1, 2]}], [])
    assert one == (
        ("has_primary_ip", "true"),
        ("tenant", "null"),
        ("vc_position", "1"),
        ("vc_position", "2"),
    )


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"site": ""}, "site is empty"),
        ({"limit": 10}, "limit is no filter"),
        ({"site": {"a": 1}}, "neither a text nor a number"),
    ],
)
def test_what_netbox_would_ignore_is_refused(filters: dict[str, object], message: str) -> None:
    """An empty value comes from a template more often than from a person."""
    with pytest.raises(BadOption, match=message):
        filter_sets([filters], [])


def test_nb_inventorys_list_is_one_set() -> None:
    """A repeated name has alternatives."""
    assert merged([{"role": "a"}, {"tag": "x"}, {"tag": ["y", "z"]}]) == [
        {"role": ["a"], "tag": ["x", "y", "z"]}
    ]


def refuses_status(scene: Scene, path: str, words: dict[str, str]) -> Reply | None:
    """A filter with choices: NetBox refuses what is none of them."""
    if words.get("status", "active") != "active":
        return told(400, {"status": ["Select a valid choice."]})
    return None


@pytest.fixture
def scene() -> Iterator[Scene]:
    """Ten active devices at two sites, of one role."""
    rows = [
        {"id": n, "name": f"r{n}", "site": "ab"[n % 2], "role": "core", "status": "active"}
        for n in range(10)
    ]
    fields = [{"id": 1, "name": "owner", "object_types": ["dcim.device"]}]
    known = {"id", "id__gt", "name", "site", "role", "status"}
    lists = {"dcim/devices/": rows, "extras/custom-fields/": fields}
    with serving(Scene(lists, known=known, on_request=refuses_status)) as running:
        yield running


@pytest.mark.parametrize("name", ["site", "role", "status"])
def test_a_filter_proves_itself_without_the_schema(scene: Scene, name: str) -> None:
    """By leaving out some, or by what it says to another value; 14 MB are not asked for."""
    values = {"site": "a", "role": "core", "status": "active"}
    Proof(scene.client()).check(DEVICES, filter_sets([{name: values[name]}], []), 10)
    assert "schema/" not in scene.seen


def test_an_unknown_filter_is_named_with_its_neighbours(scene: Scene) -> None:
    """NetBox itself would answer with every device."""
    with pytest.raises(UnknownFilter, match=r"'stie'.*near matches: site"):
        Proof(scene.client()).check(DEVICES, filter_sets([{"stie": "a"}], []), 10)


def test_an_unknown_custom_field_is_named_with_its_neighbours(scene: Scene) -> None:
    """No schema has them."""
    proof = Proof(scene.client())
    proof.check(DEVICES, filter_sets([{"cf_owner": "x", "cf_owner__ic": "y"}], []), 10)
    with pytest.raises(UnknownFilter, match="near matches: cf_owner"):
        proof.check(DEVICES, filter_sets([{"cf_onwer": "x"}], []), 10)


def test_a_yes_or_no_filter_wants_yes_or_no(scene: Scene) -> None:
    """NetBox takes maybe for no filter."""
    proof = Proof(scene.client())
    with pytest.raises(BadOption, match="'maybe' is neither true nor false"):
        proof.check(DEVICES, filter_sets([{"has_primary_ip": "maybe"}], []), 10)


def test_a_value_that_netbox_does_not_know_is_its_own_error(scene: Scene) -> None:
    """With NetBox's words."""
    with pytest.raises(Rejected, match="Select a valid choice"):
        Proof(scene.client()).check(DEVICES, filter_sets([{"status": "actve"}], []), 10)


@pytest.mark.parametrize("schema", [{}, {"paths": []}, [], None])
def test_a_schema_that_is_none_is_an_error(schema: object) -> None:
    """And no proof."""
    with pytest.raises(BadAnswer):
        parameters(schema, "/api/dcim/devices/")
