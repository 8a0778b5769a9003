# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The jump hosts in ``ansible_ssh_common_args``, as people write them for Ansible's ssh."""

from __future__ import annotations

import re
import shlex

from ..errors import BadInventory
from ..fleet.device import Jump

_HOP = re.compile(
    r"(?:ssh://)?(?:(?P<user>.+)@)?(?P<host>\[[^][@]+\]|[^]:[@]+)(?::(?P<port>[0-9]{1,5}))?"
)
_WITH_VALUE = frozenset("BbcDEeFIiJLlmOopQRSWw")
"""ssh's options that take a value, from its manual page."""


def jump_hosts(arguments: str) -> tuple[Jump, ...]:
    """The hops of ``-J``, ``-o ProxyJump=`` or ``-o ProxyCommand="ssh -W %h:%p ..."``, in order.

    The first one counts, as with ssh. Raises `BadInventory` for what cannot be read, and for a
    proxy command that is something else: running one process a device would cost more than the
    fleet itself.
    """
    for letter, value in _options(_words(arguments))[0]:
        if letter == "J":
            return _hops(value)
        if letter == "o":
            name, _space, setting = value.replace("=", " ", 1).strip().partition(" ")
            if name.lower() == "proxyjump":
                return _hops(setting.strip())
            if name.lower() == "proxycommand":
                return _from_command(setting.strip())
    return ()


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise BadInventory(f"ansible_ssh_common_args cannot be read: {error}") from error


def _options(words: list[str]) -> tuple[list[tuple[str, str]], list[str]]:
    """The options that take a value, as (letter, value), and the words that are no options."""
    options, others = [], []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            others.append(word)
            continue
        flags = word[1:].lstrip("".join(set(word[1:]) - _WITH_VALUE))
        if flags:
            options.append((flags[0], flags[1:] or next(rest, "")))
    return options, others


def _hops(text: str) -> tuple[Jump, ...]:
    return () if text.lower() == "none" else tuple(_hop(part) for part in text.split(","))


def _hop(text: str) -> Jump:
    match = _HOP.fullmatch(text.strip())
    if not match or not is_address(match["host"].strip("[]")):
        raise BadInventory(f"ansible_ssh_common_args names a jump host that is none: {text!r}")
    return Jump(match["host"].strip("[]"), _port(match["port"] or "22"), match["user"])


def is_address(text: str) -> bool:
    """Whether a text can be looked up; sockets do not report well what they cannot encode."""
    try:
        text.encode("idna")
    except UnicodeError:
        return False
    return bool(text) and text.isprintable() and not any(letter.isspace() for letter in text)


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise BadInventory(f"ansible_ssh_common_args names a port that is none: {text!r}")
    return int(text)


def _from_command(command: str) -> tuple[Jump, ...]:
    """``ssh -W %h:%p [-p port] [-l user] [-q] [-o ...] [user@]host`` as the jump host it means."""
    if command.lower() == "none":
        return ()
    words = _words(command) or [""]
    options, others = _options(words[1:])
    settings = dict(reversed(options))
    target = settings.get("W", "").replace("[%h]", "%h")
    if not words[0].endswith("ssh") or target != "%h:%p" or "J" in settings or not others:
        raise BadInventory(
            # the rest of it may hold a password
            f"ansible_ssh_common_args: the proxy command '{words[0]} ...' cannot be followed; "
            "write it as -o ProxyJump=user@host:port"
        )
    hop = _hop(others[0])
    port = hop.port if hop.port != 22 else _port(settings.get("p", "22"))
    return (Jump(hop.address, port, hop.username or settings.get("l")),)
