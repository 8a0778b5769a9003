# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lines to a syslog server, by the standard library's handler."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Sequence
from logging.handlers import SysLogHandler

from .log_record import Line

PORT = 514


class Syslog:
    """Sends each line as a message: ``notice`` as priority, ``warning`` for what went wrong.

    ``address`` is a socket's path, or ``[tcp://|udp://]host[:port]``, UDP by default. Raises
    ValueError for a facility or an address that there is none of.
    """

    def __init__(self, address: str, facility: str = "user") -> None:
        self.name = f"syslog {address}"
        if facility not in SysLogHandler.facility_names:
            known = ", ".join(SysLogHandler.facility_names)
            raise ValueError(f"syslog_facility is {facility!r}: it must be one of {known}")
        self._facility = facility
        self._place, self._kind = _parse(address)
        self._handler: _Handler | None = None

    def write(self, lines: Sequence[Line]) -> None:
        """Send lines; raises OSError, and connects anew with the next ones then.

        Of lines that are sent once more some may have arrived: syslog does not tell.
        """
        for line in lines:
            self._send(line)

    def _send(self, line: Line) -> None:
        if self._handler is None:
            self._handler = _Handler(self._place, self._facility, self._kind)
            self._handler.ident = "prime.netops: "
            self._handler.append_nul = False
        framing = "\n" if self._kind == socket.SOCK_STREAM else ""
        level = logging.WARNING if line.wrong else logging.INFO
        text = line.text.decode("ascii").rstrip("\n") + framing
        try:
            self._handler.emit(
                logging.makeLogRecord(
                    {"msg": text, "levelno": level, "levelname": logging.getLevelName(level)}
                )
            )
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection."""
        if self._handler:
            self._handler.close()
        self._handler = None


class _Handler(SysLogHandler):
    """Lets errors out: the standard handler prints them on standard error."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        error = sys.exception()
        raise error if error else OSError("syslog")


def _parse(address: str) -> tuple[str | tuple[str, int], socket.SocketKind | None]:
    if address.startswith("/"):
        return address, None
    scheme, _separator, rest = address.rpartition("://")
    kinds = {"": socket.SOCK_DGRAM, "udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}
    host, colon, port = rest.rpartition(":") if ":" in rest.rpartition("]")[2] else (rest, "", "")
    if scheme not in kinds or not host or (colon and not port.isdigit()):
        raise ValueError(
            f"syslog is {address!r}: it must be the path of a socket such as /dev/log, or "
            "udp://host:port or tcp://host:port"
        )
    return (host.strip("[]"), int(port) if port else PORT), kinds[scheme]
