# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The socket under an SSH session: how long it waits, and who wakes it."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Iterator

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.read_ahead import ReadAhead
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.fleet.engine import LONG

Ends = tuple[ReadAhead, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    """Ours and the device's end of a connection; what takes over 0.05 s is given up."""
    ours, theirs = socket.socketpair()
    ahead = ReadAhead(ours)
    ahead.settimeout(0.05)
    yield ahead, theirs
    ahead.close()
    theirs.close()


def test_who_says_nothing_is_not_waited_for(ends: Ends) -> None:
    """The time-out is over, the connection is not."""
    ours, theirs = ends
    with pytest.raises(TimeoutError):
        ours.recv(1)
    theirs.sendall(b"at last")
    assert ours.recv(100) == b"at last"


def test_who_reads_nothing_is_not_waited_for(ends: Ends) -> None:
    """The error is the one at which paramiko tries again."""
    ours, _theirs = ends
    with pytest.raises(BlockingIOError) as caught:
        sum(iter(lambda: ours.send(b"x" * 65536), 0))
    assert caught.value.errno == errno.EAGAIN


def test_closing_wakes_who_reads() -> None:
    """Paramiko closes the socket in one thread while another one reads from it."""
    ours, theirs = socket.socketpair()
    ahead, same = ReadAhead(ours), ReadAhead(ours.dup())  # as the kernel has it during a call
    same.settimeout(4 * LONG)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(same.recv(1)), daemon=True)
    reader.start()
    ahead.close()
    reader.join(LONG)
    assert got == [b""]
    same.close()
    theirs.close()
    ahead.close()  # twice is nothing


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20), st.integers(1, 400))
def test_nothing_is_lost_on_the_way(sent: list[bytes], size: int) -> None:
    """Whatever the pieces it came in and the pieces it is asked for."""
    ours, theirs = socket.socketpair()
    with theirs:
        for piece in sent:
            theirs.sendall(piece)
    ahead = ReadAhead(ours)
    ahead.settimeout(LONG)
    pieces = list(iter(lambda: ahead.recv(size), b""))
    ahead.close()
    assert b"".join(pieces) == b"".join(sent)
    assert all(len(piece) <= size for piece in pieces)
