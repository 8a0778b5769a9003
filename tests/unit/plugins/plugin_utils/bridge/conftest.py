# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's own inventory, vault and host variables, as a playbook run has them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible import context
from ansible.inventory.manager import InventoryManager
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing import vault
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible.plugins.loader import init_plugin_loader
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

VAULT_PASSWORD = b"the vault's own"


def vaulted(text: str, password: bytes = VAULT_PASSWORD) -> str:
    """A value of an inventory, encrypted: to be written behind a key."""
    sealed = VaultLib([("default", VaultSecret(password))]).encrypt(text).decode()
    return "!vault |\n" + textwrap.indent(sealed, " " * 20)


@pytest.fixture(scope="session", autouse=True)
def _plugins() -> None:
    """Ansible's plugin loader and vault, as its command line programs start them."""
    if not AnsibleCollectionConfig.collection_finder:
        init_plugin_loader([])
    if hasattr(vault, "VaultSecretsContext"):  # from ansible-core 2.19 on
        secrets = vault.VaultSecretsContext(secrets=[("default", VaultSecret(VAULT_PASSWORD))])
        vault.VaultSecretsContext.initialize(secrets)


@pytest.fixture(autouse=True)
def _command_line() -> Iterator[None]:
    """A command line without options."""
    before = context.CLIARGS
    context.CLIARGS = ImmutableDict()
    yield
    context.CLIARGS = before


Load = Callable[..., Mapping[str, Any]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Loads an inventory in YAML; the result is what a task finds in `hostvars`."""

    def load(inventory: str, extra_vars: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        source = tmp_path / "inventory.yml"
        source.write_text(textwrap.dedent(inventory), encoding="utf-8")
        loader = DataLoader()
        loader.set_vault_secrets([("default", VaultSecret(VAULT_PASSWORD))])
        manager = InventoryManager(loader=loader, sources=[str(source)])
        variables = VariableManager(loader=loader, inventory=manager)
        if extra_vars:
            variables._extra_vars = dict(extra_vars)
        hostvars: Mapping[str, Any] = HostVars(manager, variables, loader)
        variables._hostvars = hostvars
        return hostvars

    return load
