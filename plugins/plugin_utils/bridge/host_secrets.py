# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The literal secrets of the hosts whose results a callback sees, for the redaction gate."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from ansible.template import Templar

from ..config.redact import MIN_SECRET, Redactor
from .native import native

_TELLING = re.compile(
    r"pass(?:word|wd|phrase)?$|secret|token|community|private_?key|api_?key|^netops_store_", re.I
)
"""Names of variables that hold a secret. Vaulted values are secrets by whatever name."""
NESTED = 4
"""How deep mappings and lists of variables are searched."""


class HostSecrets:
    """Finds a host's secrets once, when its first result comes.

    It looks at what Ansible knows of a host when a play begins: inventory, vaulted values, play
    variables, prompts and extra variables. What a task makes up later is left to the rules.
    """

    def __init__(self, play: Any) -> None:
        self._play = play
        self._manager = play.get_variable_manager()
        self._inventory = getattr(self._manager, "_inventory", None)
        self._loader = play.get_loader()
        self._redactors: dict[str, Redactor] = {}
        self._found: dict[str, frozenset[str]] = {}
        self._vaulted: dict[str, str] = {}

    def redactor(self, *names: str) -> Redactor:
        """The redactor for what concerns these hosts; never raises."""
        key = "\0".join(names)
        if key not in self._redactors:
            self._redactors[key] = _redactor(frozenset().union(*map(self._secrets, names)))
        return self._redactors[key]

    def _secrets(self, name: str) -> frozenset[str]:
        """A host's secrets; those of localhost are asked for with every delegated result."""
        if name not in self._found:
            self._found[name] = frozenset(self._of(name))
        return self._found[name]

    def _of(self, name: str) -> Iterator[str]:
        host = self._inventory.get_host(name) if self._inventory else None
        if host is None:
            return
        try:
            variables = self._manager.get_vars(play=self._play, host=host, include_hostvars=False)
        except Exception:  # noqa: BLE001 - an inventory that is broken is told by Ansible itself
            return
        templar = Templar(loader=self._loader, variables=variables)
        for value in _suspects(variables, NESTED):
            text = self._plain(value, templar)
            if len(text) >= MIN_SECRET:
                yield text

    def _plain(self, value: Any, templar: Templar) -> str:
        """The value as a task would see it; nothing where it cannot be worked out."""
        ciphertext = _ciphertext(value)
        if ciphertext in self._vaulted:
            return self._vaulted[ciphertext]
        try:
            text = native(value if ciphertext else templar.template(value))
        except Exception:  # noqa: BLE001 - a task that needs it fails with Ansible's own message
            text = ""
        text = text if isinstance(text, str) else ""
        if ciphertext:
            self._vaulted[ciphertext] = text
        return text


def _suspects(variables: Mapping[Any, Any], depth: int) -> Iterator[Any]:
    """Values that are secrets by their names, or by being vaulted."""
    for name in variables:
        if str(name) in ("hostvars", "vars", "groups", "ansible_facts"):
            continue
        value = variables[name]
        if _ciphertext(value) or (isinstance(value, str) and _TELLING.search(str(name))):
            yield value
        elif depth and isinstance(value, Mapping):
            yield from _suspects(value, depth - 1)
        elif depth and isinstance(value, (list, tuple)):
            yield from _suspects(_numbered(value), depth - 1)


def _numbered(values: Iterable[Any]) -> dict[str, Any]:
    return {str(number): value for number, value in enumerate(values)}


def _ciphertext(value: Any) -> str:
    """What is unique of a vaulted value; the empty string for any other."""
    return str(getattr(value, "_ciphertext", "") or "")


@lru_cache(maxsize=256)
def _redactor(secrets: frozenset[str]) -> Redactor:
    """Hosts that share their credentials share the work."""
    return Redactor(secrets)
