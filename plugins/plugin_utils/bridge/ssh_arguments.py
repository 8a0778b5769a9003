# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jump hosts in ``ansible_ssh_common_args``, as people write them for Ansible's ssh."""

from __future__ import annotations

import re
import shlex

from ..errors import BadInventory
from ..fleet.device import Jump

_HOP = re.compile(r"(?:ssh://)?(?:(?P<user>[^@]+)@)?(?P<host>\[[^]]+\]|[^:]+)(?::(?P<port>\d+))?")


def jump_hosts(arguments: str) -> tuple[Jump, ...]:
    """The hops of ``-J``, ``-o ProxyJump=`` or ``-o ProxyCommand="ssh -W %h:%p ..."``, in order.

    Raises `BadInventory` for a proxy command that is something else: running one process a device
    would cost more than the fleet itself.
    """
    try:
        words = shlex.split(arguments)
    except ValueError as error:
        raise BadInventory(f"ansible_ssh_common_args cannot be read: {error}") from error
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word == "-J":
            return _hops(following)
        option = following if word == "-o" else word[2:] if word.startswith("-o") else ""
        name, _, value = option.replace("=", " ", 1).partition(" ")
        if name.lower() == "proxyjump":
            return _hops(value.strip())
        if name.lower() == "proxycommand":
            return (_from_command(value.strip()),)
    return ()


def _hops(text: str) -> tuple[Jump, ...]:
    return tuple(_hop(part) for part in text.split(",") if part and part != "none")


def _hop(text: str) -> Jump:
    match = _HOP.fullmatch(text.strip())
    if not match:
        raise BadInventory(f"ansible_ssh_common_args names a jump host that is none: {text!r}")
    return Jump(match["host"].strip("[]"), int(match["port"] or 22), match["user"])


def _from_command(command: str) -> Jump:
    """``ssh -W %h:%p [-p port] [-q] [-o ...] [user@]host`` as the jump host it means."""
    words = shlex.split(command)
    if not words or not words[0].endswith("ssh") or "%h:%p" not in command:
        raise BadInventory(
            f"ansible_ssh_common_args: the proxy command {command!r} cannot be followed; "
            "write it as -o ProxyJump=user@host:port"
        )
    port, user, target = 22, None, ""
    rest = iter(words[1:])
    for word in rest:
        if word in ("-W", "-o", "-i", "-F"):
            next(rest, None)
        elif word == "-p":
            port = int(next(rest, "22"))
        elif word == "-l":
            user = next(rest, None)
        elif not word.startswith("-"):
            target = word
    hop = _hop(target)
    return Jump(hop.address, hop.port if hop.port != 22 else port, hop.username or user)
