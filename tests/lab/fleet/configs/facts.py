"""What a configuration is made from: everything that one device's number decides."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count

from ..plan import MARKER, SITES, DeviceSpec
from .edit import Edit

BANNER = "Authorised access only. All activity is monitored and recorded. Disconnect now."
DEPARTMENTS = ("sales", "finance", "lab", "voice", "printers", "guests", "cameras", "building")
_BAD_SHARE = {"good": 0, "fair": 25, "bad": 65}


def site_number(site: str) -> int:
    """1 and up; 9 for a site of no list."""
    return SITES.index(site) + 1 if site in SITES else 9


def ntp_servers(site: str) -> tuple[str, str]:
    """The two time servers of a site."""
    return f"10.{site_number(site)}.0.11", f"10.{site_number(site)}.0.12"


def syslog_servers(site: str) -> tuple[str, str]:
    """The two log servers of a site."""
    return f"10.{site_number(site)}.0.21", f"10.{site_number(site)}.0.22"


@dataclass(frozen=True)
class Facts:
    """One device, with the helpers its vendor's generator needs."""

    spec: DeviceSpec
    revision: int
    edits: tuple[Edit, ...] = ()

    @property
    def host(self) -> str:
        """The host name."""
        return self.spec.name

    @property
    def n(self) -> int:
        """The device's number."""
        return self.spec.number

    @property
    def site_number(self) -> int:
        """1 and up; decides the site's servers and networks."""
        return site_number(self.spec.site)

    @property
    def ntp(self) -> tuple[str, str]:
        """The site's two time servers."""
        return ntp_servers(self.spec.site)

    @property
    def syslog(self) -> tuple[str, str]:
        """The site's two log servers."""
        return syslog_servers(self.spec.site)

    @property
    def tacacs(self) -> tuple[str, str]:
        """The site's two AAA servers."""
        return f"10.{self.site_number}.0.31", f"10.{self.site_number}.0.32"

    @property
    def management(self) -> str:
        """The device's management address (in the text only; nothing listens there)."""
        return f"10.{self.site_number}.{self.n // 250}.{self.n % 250 + 1}"

    @property
    def asn(self) -> int:
        """A private AS number."""
        return 64_512 + self.n % 1000

    def secret(self, label: str) -> str:
        """A recognisable secret of this device, letters and digits only."""
        return f"{MARKER}{self.n}{label}"

    def ok(self, topic: str) -> bool:
        """Is this topic configured as it should be? Decided by number, topic and grade."""
        return zlib.crc32(f"{self.n}/{topic}".encode()) % 100 >= _BAD_SHARE[self.spec.grade]

    def when(self, topic: str, good: str | tuple[str, ...], bad: str | tuple[str, ...] = ()) -> str:
        """The line or lines of `good`, or of `bad`, as `ok` has it, each with its newline."""
        lines = good if self.ok(topic) else bad
        return "".join(
            f"{line}\n" for line in ((lines,) if isinstance(lines, str) else lines) if line
        )

    def note(self) -> str:
        """A text that changes with the revision only."""
        return f"owner netops, revision {self.revision}"

    def fill(self, fixed: str, *makers: Callable[[int], str]) -> str:
        """Blocks of the makers by turns, until they and `fixed` reach the device's size; at
        least two of each maker."""
        return "".join(
            _until(self.spec.size_kb * 1024 - len(fixed), _blocks(makers), 2 * len(makers))
        )


def _blocks(makers: Iterable[Callable[[int], str]]) -> Iterator[str]:
    makers = tuple(makers)
    for i in count(1):
        for make in makers:
            yield make(i)


def _until(size: int, blocks: Iterator[str], least: int) -> Iterator[str]:
    for taken in count(1):
        block = next(blocks)
        size -= len(block)
        yield block
        if size <= 0 and taken >= least:
            return
