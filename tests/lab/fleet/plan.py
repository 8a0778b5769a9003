"""Which devices a lab has: names, addresses, platforms, sites, faults.

A plan is made once, kept in the state directory and read again at every restart, so that a
device keeps its address, its host key and its configuration.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .dialects import DIALECTS
from .faults import Fault

MARKER = "S3cr3tMarker"
"""Stands in every secret of every configuration and in the lab's own passwords."""

SITES = ("ams", "fra", "nyc", "sin")
ROLES = {
    "cisco_ios": "acc",
    "cisco_xe": "wan",
    "cisco_nxos": "core",
    "cisco_xr": "pe",
    "arista_eos": "leaf",
    "juniper_junos": "edge",
    "nokia_sros": "agg",
    "huawei_vrp": "dist",
    "fortinet": "fw",
    "paloalto_panos": "ngfw",
    "mikrotik_routeros": "cpe",
    "vyos": "vpn",
    "frr": "rr",
}


@dataclass(frozen=True, slots=True)
class DeviceSpec:
    """One simulated device. `size_kb` is about the size of its configuration in KB;
    `grade` says how well it is configured (`good`, `fair`, `bad`);
    `unprivileged` devices let a login in below enable mode."""

    name: str
    number: int
    address: str
    platform: str
    site: str
    role: str
    size_kb: int
    grade: str
    unprivileged: bool = False
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for; a running lab is only reused by an equal request.

    `latency` and `aaa_latency` are seconds per command line and per login; `lockout` is the number
    of failed logins after which an account is refused everywhere (0: never); `size_kb` 0 spreads
    sizes over 5 to 60 KB."""

    devices: int = 3
    profile: str = "plain"
    platforms: tuple[str, ...] = ()
    sites: tuple[str, ...] = SITES[:3]
    faults: Mapping[str, str] = field(default_factory=dict)
    latency: float = 0.0
    aaa_latency: float = 0.0
    lockout: int = 0
    size_kb: int = 0
    auth: tuple[str, ...] = ("password", "keyboard-interactive")
    unprivileged: bool | None = None
    connection: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """A lab that can be served: the request, and the devices that came of it."""

    request: Request
    port: int
    user: str
    password: str
    enable_password: str
    devices: tuple[DeviceSpec, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The inventory names, in order."""
        return tuple(device.name for device in self.devices)

    def device(self, name: str) -> DeviceSpec:
        """The device of that name; KeyError when there is none."""
        for device in self.devices:
            if device.name == name:
                return device
        raise KeyError(f"the lab has no device {name!r}")

    def save(self, path: Path) -> None:
        """Write the plan; it holds the lab's passwords, hence the mode."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def load(cls, path: Path) -> Plan:
        """Read a plan that `save` wrote."""
        raw = json.loads(path.read_text())
        wanted: Any = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in raw.pop("request").items()
        }
        request = Request(**wanted)
        devices = tuple(DeviceSpec(**device) for device in raw.pop("devices"))
        return cls(request=request, devices=devices, **raw)


def make_plan(request: Request, state: Path) -> Plan:
    """Lay out the devices of a request on a part of 127.0.0.0/8 that is free now."""
    _check(request)
    network, port = _free_network(state)
    devices = (
        _embedded(request, network) if request.profile == "embedded" else _plain(request, network)
    )
    return Plan(request, port, "admin", f"{MARKER}-login", f"{MARKER}-enable", devices)


def _check(request: Request) -> None:
    unknown = set(request.platforms) - set(DIALECTS)
    if unknown:
        raise ValueError(
            f"no dialect for {', '.join(sorted(unknown))}; there are: {', '.join(DIALECTS)}"
        )
    for text in request.faults.values():
        Fault.parse(text)


def _plain(request: Request, network: int) -> tuple[DeviceSpec, ...]:
    platforms = request.platforms or _PROFILE_PLATFORMS[request.profile]
    return tuple(
        _device(
            request,
            network,
            n,
            f"r{n}",
            platforms[(n - 1) % len(platforms)],
            request.sites[(n - 1) % len(request.sites)],
        )
        for n in range(1, request.devices + 1)
    )


def _embedded(request: Request, network: int) -> tuple[DeviceSpec, ...]:
    """A small estate with names as people give them; one device is dead, one has another
    password, so that a first run shows what failures look like."""
    platforms = request.platforms or _PROFILE_PLATFORMS["embedded"]
    devices = []
    for n in range(1, request.devices + 1):
        platform = platforms[(n - 1) % len(platforms)]
        turn = (n - 1) // len(platforms)
        site = request.sites[turn % len(request.sites)]
        name = f"{site}-{ROLES[platform]}-{turn // len(request.sites) + 1:02d}"
        devices.append(
            _device(request, network, n, name, platform, site, fault=_EMBEDDED_FAULTS.get(n))
        )
    return tuple(devices)


_PROFILE_PLATFORMS: dict[str, tuple[str, ...]] = {
    "plain": tuple(DIALECTS),
    "bench": ("cisco_ios",),
    "embedded": ("cisco_ios", "arista_eos", "juniper_junos", "cisco_nxos", "fortinet"),
}
PROFILES = tuple(_PROFILE_PLATFORMS)
_EMBEDDED_FAULTS = {14: "dead", 22: "wrong_password"}
_GRADES = ("good", "fair", "good", "bad")


def _device(
    request: Request,
    network: int,
    n: int,
    name: str,
    platform: str,
    site: str,
    fault: str | None = None,
) -> DeviceSpec:
    enable = DIALECTS[platform].unprivileged is not None and (
        request.profile == "embedded" if request.unprivileged is None else request.unprivileged
    )
    return DeviceSpec(
        name=name,
        number=n,
        # .0 and .255 stay unused: they are legal in 127.0.0.0/8, but not every tool agrees
        address=f"127.{network}.{n // 250}.{n % 250 + 1}",
        platform=platform,
        site=site,
        role=ROLES[platform],
        size_kb=request.size_kb or _size(request.profile, n),
        grade=_GRADES[n % len(_GRADES)],
        unprivileged=enable,
        fault=request.faults.get(name, fault),
    )


def _size(profile: str, n: int) -> int:
    """5 to 60 KB, 36 to 60 in a benchmark (what the figures of other tools were taken with)."""
    low, high = {"embedded": (5, 25), "bench": (36, 60)}.get(profile, (5, 60))
    return low + n * 7 % (high - low + 1)


def _free_network(state: Path) -> tuple[int, int]:
    """A second octet and a port for this state directory; other labs get other ones."""
    start = int.from_bytes(hashlib.sha256(str(state.resolve()).encode()).digest()[:4], "big")
    for turn in range(64):
        network, port = 16 + (start + turn) % 200, 20_000 + (start // 256 + turn * 97) % 10_000
        if _can_listen(f"127.{network}.0.2", port):
            return network, port
    raise RuntimeError("no free port between 20000 and 30000 on 127.0.0.0/8")


def _can_listen(address: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return False
    return True


def sequence(text: str) -> Sequence[str]:
    """The parts of a comma-separated command-line argument."""
    return tuple(part.strip() for part in text.split(",") if part.strip())
