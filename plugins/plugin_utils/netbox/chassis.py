# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One host for each virtual chassis.

NetBox lists the members as devices, and gives the chassis's address to its master. A member that
an inventory left out because it is not the master would vanish where the filters exclude the
master, and where nobody has said which member that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .records import Record

_ADDRESSES = ("primary_ip4", "primary_ip6", "oob_ip")


@dataclass(frozen=True, slots=True)
class Member:
    """A record that is a host, and the records of its chassis, itself among them."""

    record: Record
    members: tuple[Record, ...] = ()


def unite(records: Sequence[Record], masters: Mapping[str, Record]) -> list[Member]:
    """The devices that are hosts, in their order.

    ``masters``: those that the filters leave out, by id; the address is theirs all the same.
    """
    stacks: dict[int, list[Record]] = {}
    for record in records:
        if "virtual_chassis_id" in record:
            stacks.setdefault(record["virtual_chassis_id"], []).append(record)
    chosen = {number: _stands_for(stack) for number, stack in stacks.items()}
    return [
        _member(record, stacks, masters)
        for record in records
        if chosen.get(record.get("virtual_chassis_id", 0), record) is record
    ]


def _stands_for(stack: Sequence[Record]) -> Record:
    """The master, or the first member where none is named or the filters leave it out."""
    ordered = sorted(stack, key=lambda one: (one.get("vc_position") or 0, one["id"]))
    masters = [one for one in ordered if one["id"] == one.get("virtual_chassis_master")]
    return (masters or ordered)[0]


def _member(
    record: Record, stacks: Mapping[int, Sequence[Record]], masters: Mapping[str, Record]
) -> Member:
    stack = stacks.get(record.get("virtual_chassis_id", 0))
    if stack is None:
        return Member(record)
    master = record.get("virtual_chassis_master")
    if master == record["id"]:
        return Member(record, tuple(stack))
    other = masters.get(str(master)) or next(
        (one for one in (record, *stack) if any(name in one for name in _ADDRESSES)), record
    )
    plain = {key: value for key, value in record.items() if key not in _ADDRESSES}
    addresses = {name: other[name] for name in _ADDRESSES if name in other}
    return Member({**plain, **addresses}, tuple(stack))
