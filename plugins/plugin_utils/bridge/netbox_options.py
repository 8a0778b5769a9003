# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin's options, native and checked, as the library wants them."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..netbox.client import Connection
from ..netbox.compat import not_offered
from ..netbox.fetch import Query
from ..netbox.filters import filter_sets, merged
from ..netbox.problems import BadOption
from ..netbox.settings import VARIABLES, Compat, Settings
from ..netbox.tokens import Token, TokenSource, fixed, from_command, from_file

Option = Callable[[str], Any]
"""Gives an option by name: native, templates filled in."""

_COMPAT_ONLY = (
    "query_filters",
    "device_query_filters",
    "vm_query_filters",
)
_NOT_IN_COMPAT = {
    "comments",
    "config_context",
    "description",
    "dns_name",
    "id",
    "name",
    "object_type",
    "services",
    "tenant_group",
    "virtual_chassis",
    "virtual_chassis_members",
}
_COMPAT_FACTS = frozenset(VARIABLES) - _NOT_IN_COMPAT
_OWN_FILTERS = {"devices": "device", "virtual_machines": "vm"}


def check_keys(written: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    """Raise BadOption for a key of the file that is no option: Ansible would pass it over."""
    for key in map(str, written):
        if key in known:
            continue
        if reason := not_offered(key):
            if written[key]:
                raise BadOption(f"{key}: not offered: {reason}; remove it")
            continue
        near = difflib.get_close_matches(key, known, n=3)
        hint = f"; near matches: {', '.join(near)}" if near else ""
        raise BadOption(f"{key} is no option of prime.netops.netbox{hint}")


def connection(option: Option) -> Connection:
    """How NetBox is reached. Raises BadOption."""
    return Connection(
        endpoint=str(option("api_endpoint")).strip(),
        validate_certs=option("validate_certs"),
        ca_path=_file(option, "ca_path"),
        cert=_file(option, "cert"),
        key=_file(option, "key"),
        proxy=option("proxy") or None,
        headers=_headers(option("headers")),
        timeout=_positive(option, "timeout"),
    )


def token_source(option: Option, written: Mapping[str, Any]) -> TokenSource | None:
    """Where the token comes from, or None where there is none. Raises BadOption.

    ``written``: the keys of the inventory file, which come before the environment.
    """
    ways = {"token": _token, "token_file": _token_file, "token_command": _token_command}
    for name in (*(name for name in ways if name in written), *ways):
        if value := option(name):
            return ways[name](value)
    return None


def _token(value: Any) -> TokenSource:
    if isinstance(value, Mapping):
        kind, value = str(value.get("type") or ""), value.get("value")
    else:
        kind = ""
    if not isinstance(value, str) or len(value.split()) != 1:
        raise BadOption("token: one word is expected, or a mapping with type and value")
    # Tokens go out in the word of the user; NetBox's two words are not to be mistyped.
    return fixed(Token(value.strip(), kind.capitalize()), "option token or NETBOX_TOKEN")


def _token_file(value: Any) -> TokenSource:
    return from_file(Path(str(value)).expanduser())


def _token_command(value: Any) -> TokenSource:
    return from_command([str(word) for word in value])


def _headers(value: Any) -> dict[str, str]:
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError as error:
            raise BadOption(f"headers: a mapping or its JSON is expected: {error}") from error
    if value and not isinstance(value, Mapping):
        raise BadOption("headers: a mapping is expected")
    return {str(name): str(text) for name, text in (value or {}).items()}


def _file(option: Option, name: str) -> Path | None:
    value = option(name)
    if not value:
        return None
    path = Path(str(value)).expanduser()
    if not path.exists():
        raise BadOption(f"{name}: {path} is not there")
    return path


def _positive(option: Option, name: str) -> Any:
    value = option(name)
    if value <= 0:
        raise BadOption(f"{name} is {value}: it must be more than 0")
    return value


def settings(option: Option, written: Mapping[str, Any]) -> Settings:
    """How records become hosts. Raises BadOption."""
    compat = _compat(option)
    flat = option("flatten_custom_fields")
    return Settings(
        variables=_variables(option, compat),
        prefix=option("variable_prefix") or "",
        flatten_custom_fields=(compat is None) if flat is None else flat,
        flatten_config_context=option("flatten_config_context"),
        flatten_local_context_data=option("flatten_local_context_data"),
        addresses=_addresses(option, compat, written),
        keep_without_address=option("no_address") == "keep",
        virtual_chassis="name" if _names_chassis(option, compat) else option("virtual_chassis"),
        hostname_field=option("hostname_field") or None,
        duplicates=option("duplicates"),
        platform_map=_list(option("platform_map")),
        group_by=_list(option("group_by")),
        group_names_raw=option("group_names_raw"),
        compat=compat,
    )


def _compat(option: Option) -> Compat | None:
    if not option("nb_inventory_compat"):
        for name in _COMPAT_ONLY:
            if option(name):
                raise BadOption(
                    f"{name} counts with nb_inventory_compat only; use {name.replace('query_', '')}"
                )
        return None
    services = option("services")
    return Compat(
        plurals=option("plurals"),
        racks=option("racks"),
        services=services is None or services,
        dns_name=option("dns_name"),
        ansible_host_dns_name=option("ansible_host_dns_name"),
        oob_ip_as_primary_ip=option("oob_ip_as_primary_ip"),
        config_context=option("config_context"),
    )


def _variables(option: Option, compat: Compat | None) -> frozenset[str]:
    names = _COMPAT_FACTS if compat else frozenset(_list(option("variables")))
    if unknown := sorted(names - set(VARIABLES)):
        raise BadOption(f"variables: {unknown[0]!r} is none of {', '.join(VARIABLES)}")
    more = {"config_context"} if option("config_context") else set()
    if compat.services if compat else option("services"):
        more.add("services")
    return names | more


def _addresses(option: Option, compat: Compat | None, written: Mapping[str, Any]) -> list[str]:
    if compat is None or "addresses" in written:
        return _list(option("addresses"))
    return [
        *(["oob_ip"] if compat.oob_ip_as_primary_ip else []),
        *(["dns_name"] if compat.ansible_host_dns_name else []),
        "primary_ip",
    ]


def _names_chassis(option: Option, compat: Compat | None) -> bool:
    return compat is not None and bool(option("virtual_chassis_name"))


def query(option: Option, chosen: Settings) -> Query:
    """What NetBox is asked for. Raises BadOption."""
    kinds = _list(option("objects"))
    unknown = [kind for kind in kinds if kind not in _OWN_FILTERS]
    if unknown or not kinds:
        raise BadOption(f"objects: {unknown or 'empty'}; choose from {', '.join(_OWN_FILTERS)}")
    return Query(
        filters={kind: tuple(_filters(option, _OWN_FILTERS[kind])) for kind in kinds},
        facts=chosen.facts(),
        api=option("api"),
        page_size=_positive(option, "page_size"),
        threads=_positive(option, "threads"),
    )


def _filters(option: Option, kind: str) -> list[tuple[tuple[str, str], ...]]:
    common = [*_list(option("filters")), *merged(_list(option("query_filters")))]
    own = [*_list(option(f"{kind}_filters")), *merged(_list(option(f"{kind}_query_filters")))]
    return filter_sets(common, own)


def cache_directory(option: Option) -> Path:
    """Where the cache lies: ``cache_connection``, else below the user's own cache."""
    if chosen := option("cache_connection"):
        return Path(str(chosen)).expanduser()
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "prime.netops"


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, (list, tuple)) else [value]
