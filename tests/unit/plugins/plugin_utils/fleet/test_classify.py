# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From exceptions to classes, by tables of what the libraries raise."""

from __future__ import annotations

import errno
import itertools
import os
import socket
from pathlib import Path

import paramiko
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import errors
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.classify import classify
from hypothesis import given
from hypothesis import strategies as st
from netmiko import exceptions as netmiko

NETMIKO_TCP = (
    "TCP connection to device failed.\n\nCommon causes of this problem are:\n1. Incorrect hostname "
    "or IP address.\n2. Wrong TCP port.\n3. Intermediate firewall blocking access.\n"
)


def chained(*links: BaseException) -> BaseException:
    """The first exception, raised while the next one was handled, and so on."""
    for outer, inner in itertools.pairwise(links):
        outer.__context__ = inner
    return links[0]


def os_error(number: int) -> OSError:
    """As the kernel's refusal arrives."""
    return OSError(number, os.strerror(number))


CASES: list[tuple[BaseException, ErrorClass]] = [
    (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), ErrorClass.UNREACHABLE),
    (os_error(errno.EHOSTUNREACH), ErrorClass.UNREACHABLE),
    (os_error(errno.ENETUNREACH), ErrorClass.UNREACHABLE),
    (os_error(errno.ETIMEDOUT), ErrorClass.UNREACHABLE),
    (os_error(errno.EPERM), ErrorClass.UNREACHABLE),
    (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), ErrorClass.UNREACHABLE),
    (ConnectionResetError(errno.ECONNRESET, "reset by peer"), ErrorClass.CONNECTION_RESET),
    (BrokenPipeError(errno.EPIPE, "broken pipe"), ErrorClass.CONNECTION_RESET),
    (EOFError(), ErrorClass.CONNECTION_RESET),
    (OSError("Socket is closed"), ErrorClass.CONNECTION_RESET),
    (os_error(errno.EMFILE), ErrorClass.CONNECTION_RESET),
    (paramiko.SSHException("Channel closed."), ErrorClass.CONNECTION_RESET),
    (paramiko.SSHException("Key-exchange timed out waiting"), ErrorClass.CONNECTION_RESET),
    (netmiko.ReadException("Unable to read from channel"), ErrorClass.CONNECTION_RESET),
    (netmiko.ReadTimeout("Pattern not detected: 'r1#' in output."), ErrorClass.TIMEOUT),
    (TimeoutError("timed out"), ErrorClass.TIMEOUT),
    (netmiko.NetmikoTimeoutException("Timed-out reading channel"), ErrorClass.TIMEOUT),
    (
        chained(paramiko.SSHException("Error reading SSH protocol banner"), TimeoutError()),
        ErrorClass.TIMEOUT,
    ),
    (
        chained(paramiko.SSHException("Error reading SSH protocol banner"), EOFError()),
        ErrorClass.CONNECTION_RESET,
    ),
    # netmiko's wrapper says time-out whatever it was: what it was decides
    (
        chained(netmiko.NetmikoTimeoutException(NETMIKO_TCP), ConnectionRefusedError()),
        ErrorClass.UNREACHABLE,
    ),
    (
        chained(
            netmiko.NetmikoTimeoutException("\nA paramiko SSHException occurred during connection"),
            paramiko.ssh_exception.IncompatiblePeer("Incompatible ssh peer (no acceptable kex)"),
        ),
        ErrorClass.LEGACY_CRYPTO,
    ),
    (
        chained(
            netmiko.NetmikoAuthenticationException("Authentication to device failed."),
            paramiko.AuthenticationException("Authentication failed."),
        ),
        ErrorClass.AUTH_FAILED,
    ),
    (
        chained(
            netmiko.NetmikoTimeoutException("Connection failed"),
            paramiko.SSHException("Too many users logged in"),
            paramiko.AuthenticationException("Authentication failed."),
        ),
        ErrorClass.SESSION_LIMIT,
    ),
    (ValueError("Failed to enter enable mode. Please ensure"), ErrorClass.PRIVILEGE_DENIED),
    (chained(RuntimeError("outer"), errors.CommandRejected("no")), ErrorClass.COMMAND_REJECTED),
    # a task's own troubles are not the network's
    (ZeroDivisionError("division by zero"), ErrorClass.INTERNAL),
    (ValueError("maximum sessions is 5"), ErrorClass.INTERNAL),
    (ValueError("I/O operation on closed file"), ErrorClass.INTERNAL),
    (FileNotFoundError(errno.ENOENT, "No such file", "list.csv"), ErrorClass.INTERNAL),
    (PermissionError(errno.EACCES, "Permission denied", "/srv/x"), ErrorClass.INTERNAL),
]


@pytest.mark.parametrize(("error", "error_class"), CASES, ids=lambda value: repr(value)[:60])
def test_the_cause_decides(error: BaseException, error_class: ErrorClass) -> None:
    """The most telling link of the chain, however it is wrapped; the message is one line."""
    verdict = classify(error)
    assert verdict.error_class is error_class
    assert str(verdict)
    assert "\n" not in str(verdict)


@pytest.mark.parametrize(("error", "error_class"), CASES, ids=lambda value: repr(value)[:60])
def test_a_wrapper_that_says_nothing_changes_nothing(
    error: BaseException, error_class: ErrorClass
) -> None:
    """As when a user's task catches something and raises something else in its place."""
    if error_class is not ErrorClass.INTERNAL:
        assert classify(chained(RuntimeError("my task"), error)).error_class is error_class


@pytest.mark.parametrize(("error", "error_class"), CASES, ids=lambda value: repr(value)[:60])
def test_the_original_is_kept_as_the_cause(error: BaseException, error_class: ErrorClass) -> None:
    """For the traceback that is asked for in a bug report."""
    assert classify(error).__cause__ in (error, None)


def test_one_of_ours_stays_what_it_is_with_the_cause_it_has() -> None:
    """Judging twice changes nothing, and makes no circle of causes."""
    ours = errors.SessionLimit("full")
    ours.__cause__ = cause = OSError("Socket is closed")
    assert classify(ours) is ours
    assert classify(chained(RuntimeError("outer"), ours)) is ours
    assert ours.__cause__ is cause


def test_a_circle_of_causes_ends() -> None:
    """Some libraries raise an exception from one that it caused itself."""
    first, second = RuntimeError("first"), RuntimeError("second")
    first.__cause__, second.__cause__ = second, first
    assert classify(first).error_class is ErrorClass.INTERNAL


def test_an_unknown_exception_names_itself() -> None:
    """Type and first line; an exception without a text says so."""
    assert str(classify(KeyError("hostname"))) == "KeyError: 'hostname'"
    assert str(classify(RuntimeError())) == "RuntimeError: no message"


def test_a_real_missing_file_of_a_task_is_internal(tmp_path: Path) -> None:
    """And so neither tried again nor counted as an unreachable device."""
    with pytest.raises(FileNotFoundError) as caught:
        (tmp_path / "nothing").read_text()
    assert classify(caught.value).error_class is ErrorClass.INTERNAL


def test_a_name_that_does_not_resolve_is_unreachable() -> None:
    """As any other device that is not there."""
    with pytest.raises(OSError, match=r".") as caught:
        socket.create_connection(("no.such.device.invalid", 22), timeout=5)
    assert classify(caught.value).error_class is ErrorClass.UNREACHABLE


@given(st.text(), st.sampled_from([ValueError, OSError, RuntimeError, paramiko.SSHException]))
def test_any_text_is_classified(text: str, kind: type[Exception]) -> None:
    """With a message of one line that is not empty."""
    message = str(classify(kind(text)))
    assert message.strip()
    assert len(message.splitlines()) == 1
