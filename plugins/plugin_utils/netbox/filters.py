# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters of NetBox's REST API, and the proof that NetBox knows each of them.

NetBox ignores a filter that it does not know, and a value of a yes-or-no filter that is neither:
the answer is every device there is. So a filter has to prove itself before anything is asked
with it, in the cheapest way that is sound:

1. It leaves something out: NetBox counts fewer objects with it than without it, before and after.
2. Or its contrary does, a value that nothing has or the other one of yes and no; or NetBox refuses
   that value, which it would not look at if it did not know the filter.
3. Else its name and its type are looked up in the server's OpenAPI schema. That is 14 MB and four
   seconds of the server's, which is why it comes last.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from itertools import product
from typing import Any

from .client import Client
from .kinds import Kind
from .paging import count, table
from .problems import BadAnswer, BadOption, Rejected, UnknownFilter

FilterSet = tuple[tuple[str, str], ...]

NO_FILTERS = {
    "brief",
    "exclude",
    "fields",
    "format",
    "limit",
    "offset",
    "omit",
    "ordering",
    "start",
}
"""Parameters that say how to list, not what. `paging` sets them."""
_CUSTOM = "cf_"
_CONTRARY = {"true": "false", "false": "true", "1": "false", "0": "true"}
_NOTHING = "no-such-value-of-prime.netops"


def filter_sets(
    common: Sequence[Mapping[str, Any]], own: Sequence[Mapping[str, Any]]
) -> list[FilterSet]:
    """The sets that a kind is asked with: each of the common ones with each of its own.

    An empty list asks for everything. Raises BadOption.
    """
    combined = [_flat(one) + _flat(other) for one, other in product(common or [{}], own or [{}])]
    return [] if any(not one for one in combined) else list(dict.fromkeys(combined))


def merged(singles: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """nb_inventory's list of single filters as one set: a repeated name has several values."""
    together: dict[str, list[Any]] = {}
    for single in singles:
        for name, value in single.items():
            values = value if isinstance(value, list) else [value]
            together.setdefault(str(name), []).extend(values)
    return [dict(together)] if together else []


def _flat(filters: Mapping[str, Any]) -> FilterSet:
    if not isinstance(filters, Mapping):
        raise BadOption(f"filters: {filters!r} is no mapping of filters to values")
    return tuple(
        (str(name), _text(str(name), value))
        for name, values in filters.items()
        for value in (values if isinstance(values, list) else [values])
    )


def _text(name: str, value: Any) -> str:
    if name in NO_FILTERS:
        raise BadOption(f"filters: {name} is no filter; it says how a list is cut")
    if value is None:
        return "null"
    if value == "":
        raise BadOption(
            f"filters: {name} is empty, and NetBox would ignore it; write null for none"
        )
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, (str, int, float)):
        raise BadOption(f"filters: {name}: {value!r} is neither a text nor a number")
    return str(value)


class Proof:
    """Makes sure that NetBox knows every filter. Keeps what it learned of one server."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._schema: Any = None

    def check(self, kind: Kind, sets: Sequence[FilterSet], total: int) -> None:
        """Check the filters of all sets; ``total`` is how many objects of the kind there are.

        Raises:
            UnknownFilter: NetBox has no such filter; the message names those spelt alike.
            BadOption: a yes-or-no filter has another value.
            Rejected: NetBox knows the filter and not the value.
        """
        wanted = _by_name(sets)
        counted = {name: self._count(kind, name, values) for name, values in wanted.items()}
        least = min(total, count(self._client, kind.path)) if wanted else 0
        for name, values in wanted.items():
            if counted[name] >= least and not self._reacts(kind, name, values, least):
                self._look_up(kind, name, values)

    def _count(self, kind: Kind, name: str, values: Iterable[str]) -> int:
        return count(self._client, kind.path, [(name, value) for value in values])

    def _reacts(self, kind: Kind, name: str, values: Sequence[str], least: int) -> bool:
        """Whether a value that fits nothing changes the answer, or is refused."""
        try:
            return self._count(kind, name, [_CONTRARY.get(values[0].lower(), _NOTHING)]) < least
        except Rejected as refusal:
            return name in str(refusal)

    def _look_up(self, kind: Kind, name: str, values: Sequence[str]) -> None:
        if name.startswith(_CUSTOM):
            _check_custom(self._client, kind, name)
            return
        if self._schema is None:
            self._schema = self._client.get("schema/", [("format", "json")])
        known = parameters(self._schema, f"/api/{kind.path}")
        if name not in known:
            raise _unknown(kind, name, known.keys() - NO_FILTERS)
        wrong = [value for value in values if value.lower() not in _CONTRARY]
        if known[name] == "boolean" and wrong:
            raise BadOption(
                f"filters: {name}: {wrong[0]!r} is neither true nor false, and NetBox would ignore "
                "the filter"
            )


def _by_name(sets: Iterable[FilterSet]) -> dict[str, list[str]]:
    wanted: dict[str, list[str]] = {}
    for one in sets:
        for name, value in one:
            values = wanted.setdefault(name, [])
            if value not in values:
                values.append(value)
    return wanted


def _check_custom(client: Client, kind: Kind, name: str) -> None:
    """Custom fields are in no schema; their filters are ``cf_<field>`` and ``cf_<field>__ic``."""
    fields = {
        str(row["name"])
        for row in table(client, "extras/custom-fields/", ("name", "object_types")).values()
        if kind.model in row.get("object_types", [kind.model])
    }
    if name.removeprefix(_CUSTOM).rpartition("__")[0] not in fields and (
        name.removeprefix(_CUSTOM) not in fields
    ):
        raise _unknown(kind, name, [f"{_CUSTOM}{field}" for field in fields])


def parameters(schema: Any, path: str) -> dict[str, str]:
    """The query parameters of an address in an OpenAPI schema, with their types."""
    try:
        listed = schema["paths"][path]["get"]["parameters"]
        return {
            str(one["name"]): str(one.get("schema", {}).get("type", ""))
            for one in listed
            if one["in"] == "query"
        }
    except (TypeError, LookupError, AttributeError) as error:
        raise BadAnswer(f"NetBox's schema does not describe {path}: {error!r}") from error


def _unknown(kind: Kind, name: str, known: Iterable[str]) -> UnknownFilter:
    near = difflib.get_close_matches(name, sorted(known), n=3)
    hint = f"; near matches: {', '.join(near)}" if near else ""
    return UnknownFilter(
        f"filters: NetBox has no filter {name!r} for {kind.name}, and would list all of them"
        f"{hint}. A filter that only one kind has belongs into device_filters or vm_filters"
    )
