# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From any exception to a class of the taxonomy, by its cause and not by its outermost wrapper.

netmiko raises nearly every SSH failure as a time-out, so the chain of causes is walked from the
outside in, and the most telling link decides.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Callable, Iterator

import paramiko
from netmiko import exceptions as netmiko
from nornir.core.exceptions import NornirSubTaskError

from ..errors import (
    AuthFailed,
    ConnectionReset,
    DeadlineExceeded,
    HostKeyChanged,
    LegacyCrypto,
    NetopsError,
    PrivilegeDenied,
    SessionLimit,
    Unreachable,
)

SESSION_LIMIT = re.compile(
    r"too many (?:[a-z]+ ){0,2}(?:users|sessions|connections|logins)"
    r"|max(?:imum)?[^\n]{0,40}(?:sessions|connections|users)"
    r"|(?:sessions|connections|users)[^\n]{0,20}reached[^\n]{0,10}(?:max|limit)"
    r"|session limit|(?:vty|tty|lines?)[^\n]{0,30}(?:busy|in use)"
    r"|no (?:free|available) (?:vty|tty|line)",
    re.IGNORECASE,
)
"""What devices print when every management line is taken, seen across vendors."""

_UNREACHABLE = {
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ECONNREFUSED,
    errno.EHOSTDOWN,
    errno.ETIMEDOUT,
    errno.EADDRNOTAVAIL,
    errno.EACCES,  # a firewall of this machine
    errno.EPERM,
}


def classify(error: BaseException) -> NetopsError:
    """The error as one of ours, with a message fit for people; ``__cause__`` keeps the original.

    An exception of no known kind becomes a plain `NetopsError`, whose class is ``internal``.
    """
    chain = tuple(_chain(error))
    for judge in _JUDGES:
        for link in chain:
            if verdict := judge(link):
                return verdict if verdict is link else _caused(verdict, error)
    told = next((link for link in chain if not isinstance(link, NornirSubTaskError)), error)
    return _caused(NetopsError(f"{type(told).__name__}: {_first_line(told)}"), error)


def _caused(verdict: NetopsError, error: BaseException) -> NetopsError:
    verdict.__cause__ = error
    return verdict


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """The exception and what it came from, outermost first; cycles end it.

    Nornir does not chain the failure of a step to that of the task around it: its result has it.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, NornirSubTaskError) and error.result.exception:
            error = error.result.exception
        else:
            error = error.__cause__ or error.__context__


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")


def _ours(error: BaseException) -> NetopsError | None:
    return error if isinstance(error, NetopsError) else None


def _session_limit(error: BaseException) -> NetopsError | None:
    if _is_ssh(error) and SESSION_LIMIT.search(str(error)):
        return SessionLimit(f"the device refuses another session: {_first_line(error)}")
    return None


def _ssh(error: BaseException) -> NetopsError | None:
    """SSH's own failures that speak for themselves."""
    if isinstance(error, paramiko.BadHostKeyException):
        return HostKeyChanged("the device showed another SSH host key, not the known one")
    if isinstance(error, paramiko.AuthenticationException):
        return _login(str(error))
    if isinstance(error, paramiko.SSHException) and "No authentication methods" in str(error):
        return AuthFailed("the inventory has no credentials for it")
    if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
        return LegacyCrypto(f"no SSH algorithm in common: {_first_line(error)}")
    return None


def _login(text: str) -> NetopsError:
    """paramiko calls everything that goes wrong during a login an authentication failure.

    Only a refusal is one: the other two say nothing of the password, and an account must neither
    be given up nor suspected because of them.
    """
    if "timeout" in text.lower():
        return DeadlineExceeded("the device did not answer the login in time")
    if "EOF" in text or "closed" in text:
        return ConnectionReset("the device closed the connection during the login")
    return AuthFailed("the device refused the login")


def _network(error: BaseException) -> NetopsError | None:
    if isinstance(error, socket.gaierror):
        return Unreachable(f"the name does not resolve: {error.strerror}")
    if isinstance(error, ConnectionRefusedError):
        return Unreachable("the connection was refused: nothing listens on the port")
    if _is_ssh(error) and getattr(error, "errno", None) in _UNREACHABLE:
        return Unreachable(f"no connection: {_first_line(error)}")
    if isinstance(error, (ConnectionError, EOFError)):
        return ConnectionReset("the device closed the connection")
    return None


def _driver(error: BaseException) -> NetopsError | None:
    text = str(error)
    if isinstance(error, netmiko.ReadTimeout):
        return DeadlineExceeded("the device stopped answering before its prompt was seen")
    if isinstance(error, netmiko.ReadException) or ("closed" in text and _is_ssh(error)):
        return ConnectionReset("the device closed the session")
    if isinstance(error, ValueError) and "enable mode" in text:
        return PrivilegeDenied("enable mode was refused")
    if "banner" in text and _is_ssh(error):
        return DeadlineExceeded("the device accepted the connection and sent no SSH banner")
    return None


def _timeout(error: BaseException) -> NetopsError | None:
    if isinstance(error, (TimeoutError, netmiko.NetmikoTimeoutException)):
        return DeadlineExceeded(f"no answer in time: {_first_line(error)}")
    if _is_ssh(error):
        return ConnectionReset(f"the SSH session failed: {_first_line(error)}")
    return None


def _is_ssh(error: BaseException) -> bool:
    """Whether it comes from the session; an OSError that names a file does not."""
    if isinstance(error, OSError):
        return error.filename is None
    return isinstance(error, (paramiko.SSHException, netmiko.NetmikoBaseException))


_JUDGES: tuple[Callable[[BaseException], NetopsError | None], ...] = (
    _ours,
    _session_limit,
    _ssh,
    _network,
    _driver,
    _timeout,
)
