# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's clean-up of facts, without a look at the disk for every host."""

from __future__ import annotations

from typing import Any

from ansible.vars import clean


class _ListedOnce:
    """Ansible's loader of connection plugins; the files that it finds are listed once."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader
        self._paths = tuple(loader.all(path_only=True))

    def all(self, *args: Any, **options: Any) -> Any:
        if args or options != {"path_only": True}:
            return self._loader.all(*args, **options)
        return iter(self._paths)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)


def list_connections_once() -> None:
    """Let the rest of this process list the connection plugins no more; harmless when repeated.

    With a host's variables Ansible cleans its facts, has it any or not, of what connections are
    told by. For their names it reads four directories, and each of these calls gives the
    interpreter lock away: 4 ms a host where a hundred devices' threads want it, and the next
    device starts no sooner.
    """
    loader = getattr(clean, "connection_loader", None)
    if loader is not None and not isinstance(loader, _ListedOnce):
        clean.connection_loader = _ListedOnce(loader)
