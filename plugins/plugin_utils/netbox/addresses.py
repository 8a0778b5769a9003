# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a host is reached: the first of an ordered list of places that has an address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .problems import BadOption
from .records import Record

NEEDS = {
    "primary_ip": ("primary_ip4", "primary_ip6"),
    "primary_ip4": ("primary_ip4",),
    "primary_ip6": ("primary_ip6",),
    "oob_ip": ("oob_ip",),
    "dns_name": ("primary_ip4", "primary_ip6", "oob_ip"),
    "name": (),
}
"""The places of the option ``addresses``, and the facts that each of them looks at."""

_Finder = Callable[[Record, str], str]


def finder(places: Sequence[str], prefers_ipv4: bool) -> _Finder:
    """What gives a record's address, or the empty string, with its name in the inventory."""
    order = ("primary_ip4", "primary_ip6") if prefers_ipv4 else ("primary_ip6", "primary_ip4")
    looks: Mapping[str, _Finder] = {
        "primary_ip": lambda record, _name: _first(record, order, 0),
        "dns_name": lambda record, _name: _first(record, (*order, "oob_ip"), 1),
        "name": lambda _record, name: name,
    }
    unknown = [place for place in places if place not in NEEDS]
    if unknown or not places:
        raise BadOption(f"addresses: {unknown or 'empty'}; choose from {', '.join(NEEDS)}")
    chosen = [looks.get(place) or _one(place) for place in places]
    return lambda record, name: next(filter(None, (look(record, name) for look in chosen)), "")


def _one(place: str) -> _Finder:
    return lambda record, _name: _first(record, (place,), 0)


def _first(record: Record, places: Sequence[str], part: int) -> str:
    """The address (part 0) or the DNS name (part 1) of the first place that has one."""
    found: list[Any] = [record[place] for place in places if place in record]
    return next((one[part] for one in found if one[part]), "")
