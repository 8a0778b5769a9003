"""A configuration as bytes ready for the wire, but for the parts that differ at every show."""

from __future__ import annotations

import base64
import os
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

IOS_CLOCK = "\ue000"
"""08:31:02 UTC Mon Nov 23 2026"""
CTIME = "\ue001"
"""Mon Nov 23 08:31:02 2026"""
ISO_CLOCK = "\ue002"
"""2026-11-23 08:31:02"""
NUMBER = "\ue003"
"""A drifting five-digit number, as in `ntp clock-period`."""
SALT = "\ue004"
"""44 characters of base64, as in a FortiOS ENC secret."""
MILLIS = "\ue005"
"""Mon Nov 23 08:31:02.123 UTC"""
UPPER_CTIME = "\ue006"
"""MON NOV 23 08:31:02 2026, as SR OS prints it."""

_NOW: dict[str, Callable[[], str]] = {
    IOS_CLOCK: lambda: time.strftime("%H:%M:%S UTC %a %b %d %Y", time.gmtime()),
    CTIME: lambda: time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime()),
    UPPER_CTIME: lambda: time.strftime("%a %b %d %H:%M:%S %Y", time.gmtime()).upper(),
    ISO_CLOCK: lambda: time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime()),
    NUMBER: lambda: str(random.randrange(10_000, 100_000)),
    SALT: lambda: base64.b64encode(os.urandom(33)).decode(),
    MILLIS: lambda: (
        time.strftime("%a %b %d %H:%M:%S", time.gmtime())
        + f".{time.time_ns() // 1_000_000 % 1000:03d} UTC"
    ),
}
_VOLATILE = re.compile("([\ue000-\ue006])")


@dataclass(frozen=True, slots=True)
class ConfigText:
    """Fixed bytes and, between them, what each show makes anew."""

    parts: tuple[bytes | Callable[[], str], ...]

    @classmethod
    def parse(cls, text: str) -> ConfigText:
        """Cut a text at its volatile marks; line ends become CR LF."""
        pieces = _VOLATILE.split(text.replace("\n", "\r\n"))
        return cls(tuple(_NOW.get(piece) or piece.encode() for piece in pieces))

    def render(self) -> bytes:
        """The text as a show command prints it now."""
        return b"".join(part if isinstance(part, bytes) else part().encode() for part in self.parts)

    @property
    def size(self) -> int:
        """Bytes without the volatile parts."""
        return sum(len(part) for part in self.parts if isinstance(part, bytes))
