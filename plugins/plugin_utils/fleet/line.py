# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The order in which devices get their turn, and those who wait before an open breaker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator

from nornir.core.inventory import Host

from .keeping import Key


class Line:
    """Hosts in their order; those who were told to wait come back when their breaker is due.

    Only hosts are kept here and none of their variables, so ten thousand that wait weigh nothing.
    """

    def __init__(self, hosts: Iterable[Host], due: Callable[[Key], bool]) -> None:
        self._coming = iter(hosts)
        self._due = due
        self._waiting: dict[Key, deque[Host]] = {}

    def next(self) -> Host | None:
        """Whose turn it is; None when nobody may go for now, or nobody is left."""
        for key, hosts in self._waiting.items():
            if hosts and self._due(key):
                return hosts.popleft()
        return next(self._coming, None)

    def wait(self, host: Host, key: Key) -> None:
        """Let the host wait until the breaker is due."""
        self._waiting.setdefault(key, deque()).append(host)

    def left(self) -> Iterator[tuple[Host, Key]]:
        """Those who have waited in vain."""
        for key, hosts in self._waiting.items():
            while hosts:
                yield hosts.popleft(), key
