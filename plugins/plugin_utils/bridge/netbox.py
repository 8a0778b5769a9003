# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin behind ``prime.netops.netbox``: options in, hosts out."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.inventory.group import to_safe_group_name
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.utils.unsafe_proxy import wrap_var

from ..netbox.cache import Cache, cache_key
from ..netbox.client import Client
from ..netbox.fetch import Estate, Fetch, Query
from ..netbox.hosts import Host, Inventory, build
from ..netbox.mapping import names_in_line, suggestion
from ..netbox.problems import NetBoxProblem, OutOfReach
from ..netbox.settings import Settings
from . import netbox_options as options
from .native import TAGS, native

_NAMED = 10
"""Hosts that a warning names."""


class NetBoxInventory(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """Documented in plugins/inventory/netbox.py."""

    NAME = "prime.netops.netbox"

    def verify_file(self, path: str) -> bool:
        """Whether the file's name says that it is ours."""
        return path.endswith(("netbox.yml", "netbox.yaml")) and bool(super().verify_file(path))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Ansible's entrance. Raises AnsibleParserError for whatever is in the way."""
        super().parse(inventory, loader, path)
        self.templar.available_variables = self._vars
        written = self._read_config_data(path)
        try:
            options.check_keys(written, self._known())
            chosen = options.settings(self._option, written)
            query = options.query(self._option, chosen)
            with _calm():
                estate = self._estate(query, written, cache)
                found = build(estate, chosen)
                self._suggest(found)
                self._tell(found)
                self._add(found, chosen)
        except NetBoxProblem as problem:
            raise AnsibleParserError(f"{path}: {problem}") from problem

    def _known(self) -> Mapping[str, Any]:
        """The options that there are; `_original_path` and the like are Ansible's."""
        known: Mapping[str, Any] = {**self._options, "plugin": None, "keyed_groups": None}
        return known

    def _option(self, name: str) -> Any:
        """An option's value: templates filled in, tags taken off."""
        value = self.get_option(name)
        if isinstance(value, (str, list, dict)) and value:
            try:
                value = self.templar.template(value)
            except AnsibleError as error:
                raise AnsibleParserError(f"option {name}: {error}") from error
        return native(value)

    def _estate(self, query: Query, written: Mapping[str, Any], may_read: bool) -> Estate:
        """What NetBox tells, or told not too long ago."""
        connection = options.connection(self._option)
        source = options.token_source(self._option, written)
        token = source.read() if source else None
        client = Client(connection, source, token)
        if not self._option("cache"):
            return _fetch(client, query)
        kept = Cache(
            options.cache_directory(self._option),
            self._option("cache_prefix") or "",
            cache_key(connection.shown, query, token.identity if token else ""),
        )
        age = kept.age()
        fresh = age is not None and age <= self._option("cache_timeout")
        estate = kept.read() if may_read and fresh else None
        return estate or self._refresh(kept, client, query)

    def _refresh(self, kept: Cache, client: Client, query: Query) -> Estate:
        try:
            estate = _fetch(client, query)
        except OutOfReach as problem:
            old, age = kept.read(), kept.age()
            if old is None or not self._option("cache_on_error"):
                raise
            self.display.warning(
                f"{problem}. Taking what it told {_age(age or 0)} ago, {kept.path}"
            )
            return old
        kept.write(estate)
        return estate

    def _suggest(self, found: Inventory) -> None:
        if path := self._option("suggest_file"):
            _write(Path(str(path)).expanduser(), suggestion(found.unmapped))

    def _tell(self, found: Inventory) -> None:
        """Warnings that count and name what is not as it should be."""
        unmapped = [name for names in found.unmapped.values() for name in names]
        if unmapped:
            self.display.warning(
                f"{len(unmapped)} hosts have no ansible_network_os, since no rule maps them: "
                f"{names_in_line(unmapped, _NAMED)}. They are in the group netbox_unmapped; set "
                "suggest_file to have a platform_map for them written"
            )
        if found.without_address and self._option("no_address") == "drop":
            self.display.warning(
                f"{len(found.without_address)} hosts are left out, since NetBox has none of the "
                f"addresses for them: {names_in_line(found.without_address, _NAMED)}"
            )

    def _add(self, found: Inventory, chosen: Settings) -> None:
        name_of = _GroupNames(self.inventory, enforced=chosen.compat is None)
        for group in found.groups:
            name_of(group)
        for host in found.hosts:
            self._add_host(host, name_of)
        for outer, inner in found.children:
            self.inventory.add_child(name_of(outer), name_of(inner))
        if self._constructs():
            for host in found.hosts:
                self._construct(host)

    def _add_host(self, host: Host, name_of: _GroupNames) -> None:
        name = self.inventory.add_host(host.name)
        # InventoryData.set_variable looks the host up and checks its name, for each variable.
        self.inventory.hosts[name].vars.update(_inert(host.variables))
        for group in host.groups:
            self.inventory.add_child(name_of(group), name)

    def _constructs(self) -> bool:
        return any(self.get_option(name) for name in ("compose", "groups", "keyed_groups"))

    def _construct(self, host: Host) -> None:
        strict = self.get_option("strict")
        variables = self.inventory.get_host(host.name).get_vars()
        self._set_composite_vars(self.get_option("compose"), variables, host.name, strict)
        variables = self.inventory.get_host(host.name).get_vars()
        for add, option in (
            (self._add_host_to_composed_groups, "groups"),
            (self._add_host_to_keyed_groups, "keyed_groups"),
        ):
            add(self.get_option(option), variables, host.name, strict, fetch_hostvars=False)


class _GroupNames:
    """Makes a group the first time it is named, and gives its name as Ansible has it."""

    def __init__(self, inventory: Any, enforced: bool) -> None:
        self._inventory, self._enforced = inventory, enforced
        self._names: dict[str, str] = {}

    def __call__(self, name: str) -> str:
        if name not in self._names:
            safe = to_safe_group_name(name, force=True, silent=True) if self._enforced else name
            self._names[name] = self._inventory.add_group(safe)
        return self._names[name]


def _fetch(client: Client, query: Query) -> Estate:
    try:
        return Fetch(client, query).run()
    finally:
        client.close()


@contextmanager
def _calm() -> Iterator[None]:
    """No collection of garbage while tens of thousands of objects come that all stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _inert(variables: dict[str, Any]) -> dict[str, Any]:
    """Variables whose texts are never templates.

    From ansible-core 2.19 on a text is one only if it is marked as trusted, and NetBox's are not.
    Before, every text is one that is not marked as unsafe.
    """
    if TAGS:
        return variables
    return {name: _unsafe(value) for name, value in variables.items()}


def _unsafe(value: Any) -> Any:
    text = value if isinstance(value, str) else repr(value) if value else ""
    return wrap_var(value) if "{" in text else value


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, and say so where that fails."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except OSError as error:
        raise AnsibleParserError(f"suggest_file: {path}: {error.strerror}") from error


def _age(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
