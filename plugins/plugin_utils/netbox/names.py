# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of hosts: stable from run to run, and no two the same."""

from __future__ import annotations

from collections.abc import Sequence

from .kinds import Kind
from .problems import BadOption, DuplicateName
from .records import Record

_SHOWN = 5


def own_name(record: Record, kind: Kind, field: str | None = None) -> str:
    """The name that NetBox has for a host, else ``device-`` or ``vm-`` and its id.

    ``field``: a custom field that comes first. White space at either end does not count.
    """
    given = (record.get("custom_fields") or {}).get(field) if field else None
    if given is not None and not isinstance(given, (str, int)):
        raise BadOption(f"hostname_field: {field} of {kind.singular} {record['id']} is no text")
    name = str(given if given is not None else "").strip() or str(record.get("name", "")).strip()
    return name or f"{kind.short}-{record['id']}"


def unique(named: Sequence[tuple[str, Kind, Record]], duplicates: str) -> list[str]:
    """The names, each once.

    ``duplicates``: ``error`` raises DuplicateName; ``id`` appends the ids of all that share one.
    """
    by_name: dict[str, list[tuple[Kind, Record]]] = {}
    for name, kind, record in named:
        by_name.setdefault(name, []).append((kind, record))
    shared = {name: owners for name, owners in by_name.items() if len(owners) > 1}
    if not shared:
        return [name for name, _kind, _record in named]
    if duplicates != "id":
        raise DuplicateName(_told(shared))
    names = [
        f"{name}-{kind.short}-{record['id']}" if name in shared else name
        for name, kind, record in named
    ]
    # What was appended may be another one's name.
    still = (
        {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else {}
    )
    if still:
        raise DuplicateName(f"{min(still)!r} is the name of two hosts, with its id appended too")
    return names


def _told(shared: dict[str, list[tuple[Kind, Record]]]) -> str:
    lines = [f"{name!r} ({_owners(owners)})" for name, owners in sorted(shared.items())[:_SHOWN]]
    more = f" and {len(shared) - _SHOWN} more" if len(shared) > _SHOWN else ""
    return (
        f"several hosts have one name in NetBox: {'; '.join(lines)}{more}. Rename them, narrow the "
        "filters, take another name by hostname_field, or set duplicates to id"
    )


def _owners(owners: Sequence[tuple[Kind, Record]]) -> str:
    return ", ".join(f"{kind.singular} {one['id']}" for kind, one in owners)
