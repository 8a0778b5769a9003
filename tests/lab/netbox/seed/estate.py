"""What the lab's NetBox holds, worked out without NetBox: the seed writes it, the tests expect it.

    machines = estate(200)      # 200 devices and 10 virtual machines, always the same ones

Of every hundred devices a fixed few are what makes an inventory hard: see `TROUBLE`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

DEVICES = 200
"""Enough for every kind of trouble twice, and for ten pages of twenty."""
PER_VM = 20
"""Devices to one virtual machine: 500 beside 10,000."""
PER_SITE = 25

TROUBLE = {
    "no_address": (0, 1, 2),  # 3 %
    "oob_only": (3, 4),  # 2 %
    "ipv6_only": (5,),  # 1 %
    "nameless": (6,),
    "no_platform": (7,),  # its device type tells
    "nothing_known": (8,),  # neither platform, nor device type, nor manufacturer that anyone maps
    "unmapped_platform": (9,),
    "chassis": (10, 11, 12),  # the first is its master and has the address
    "dns_name": (13,),
    "offline": (14,),
    "planned": (15,),
    "dual_stack": (16,),
    "local_context": (17,),
    "hostile": (18,),
}
"""Which of every hundred devices: the last two digits of their numbers."""

PEPPER = "no secret: on loopback, for as long as a test takes"
"""What the digests of tokens are made with; NetBox wants 50 characters or more."""
MARKER = "S3cr3tMarker"
"""Stands in every token, as in every secret of the other labs."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token of NetBox's: version 1 is 40 characters, version 2 has a public key as well."""

    user: str
    version: int
    secret: str
    key: str | None = None
    expired: bool = False
    write: bool = False

    @property
    def text(self) -> str:
        """What a client sends behind `Token` or `Bearer`."""
        return self.secret if self.version == 1 else f"nbt_{self.key}.{self.secret}"


def _token(user: str, version: int, **more: bool) -> Token:
    word = f"{MARKER}{user}v{version}{''.join(more)}"
    return Token(
        user, version, f"{word:x<40}", f"{word[12:]:y<12}"[:12] if version > 1 else None, **more
    )


TOKENS = {
    "admin": _token("admin", 2, write=True),
    "reader": _token("reader", 2),
    "reader_v1": _token("reader", 1),
    "expired": _token("reader", 2, expired=True),
    "nobody": _token("nobody", 2),
}
"""`reader` may view everything and is what an inventory should use; `nobody` may view nothing."""

HOSTILE = "{{ lookup('ansible.builtin.pipe', 'echo EXECUTED') }}"
"""A text that somebody could type into NetBox, and nobody may run."""
NO_MASTER = 10
"""Every tenth virtual chassis has no master, beginning with the second."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A platform with the hardware that it runs on, by NetBox's slugs."""

    platform: str
    platform_name: str
    manufacturer: str
    model: str


KINDS = (
    Kind("cisco-ios", "Cisco IOS", "cisco", "Catalyst 2960X-48"),
    Kind("cisco-ios-xe", "Cisco IOS-XE", "cisco", "Catalyst 9300-48P"),
    Kind("cisco-nx-os", "Cisco NX-OS", "cisco", "Nexus 93180YC-FX"),
    Kind("arista-eos", "Arista EOS", "arista", "DCS-7050SX3-48YC8"),
    Kind("junos", "Juniper Junos", "juniper", "MX204"),
    Kind("sr-os", "Nokia SR OS", "nokia", "7750 SR-1"),
    Kind("fortios", "Fortinet FortiOS", "fortinet", "FortiGate 100F"),
)
ACME = Kind("acme-os", "Acme OS", "acme", "Roadrunner 9000")
"""What no mapping knows."""
VM_PLATFORMS = ("vyos", "frr", "ubuntu-24-04")
"""The last of them is no network operating system."""

ROLES = ("access-switch", "core-switch", "wan-router", "provider-edge", "firewall")
TAGS = ("backup", "critical", "legacy", "lab", "pci", "remote", "monitored", "vip", "eol", "edge")
TENANTS = ("acme-retail", "acme-bank", "acme-labs", "umbrella", "initech")
REGIONS = ("emea", "amer", "apac")
COUNTRIES = {"emea": ("nl", "de"), "amer": ("us", "br"), "apac": ("sg", "jp")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A device or virtual machine. Addresses are without a prefix length, everything else is a
    slug or a name of NetBox's. `chassis` is the name of its virtual chassis."""

    number: int
    virtual: bool = False
    name: str | None
    site: str
    role: str
    model: str
    platform: str | None
    status: str = "active"
    ipv4: str | None = None
    ipv6: str | None = None
    oob: str | None = None
    dns_name: str = ""
    chassis: str | None = None
    master: bool = False
    tenant: str
    tags: tuple[str, ...]
    serial: str
    description: str = ""
    owner: str
    ssh_port: int | None = None
    services: tuple[tuple[str, int], ...] = ()
    local_context: dict[str, object] | None = None

    @property
    def primary(self) -> str | None:
        """What NetBox gives as `primary_ip`: it prefers IPv6, as PREFER_IPV4 is off by default."""
        return self.ipv6 or self.ipv4


def is_a(trouble: str, number: int) -> bool:
    """Whether the device of this number is one of those."""
    return number % 100 in TROUBLE[trouble]


def sites(devices: int) -> list[str]:
    """The slugs of all sites."""
    return [_site(number, devices) for number in range(0, devices, PER_SITE)]


def countries() -> list[str]:
    """The slugs of the regions below the three of the world."""
    return [country for region in REGIONS for country in COUNTRIES[region]]


def estate(devices: int = DEVICES) -> list[Machine]:
    """All devices, then all virtual machines."""
    return [*_devices(devices), *_vms(devices)]


def _devices(devices: int) -> Iterator[Machine]:
    for number in range(devices):
        kind, platform = _kind(number)
        chassis, master = _chassis(number)
        role = ROLES[number % len(ROLES)]
        yield Machine(
            number=number,
            name=_name(number, role, devices),
            site=_site(number, devices),
            role=role,
            model=kind.model,
            platform=platform,
            status=_status(number),
            **_addresses(number),
            dns_name=f"d{number}.net.example" if is_a("dns_name", number) else "",
            chassis=chassis,
            master=master,
            tenant=TENANTS[number % len(TENANTS)],
            tags=tuple(dict.fromkeys(TAGS[number * step % len(TAGS)] for step in (1, 3))),
            serial=f"SN{number:08d}",
            description=HOSTILE
            if is_a("hostile", number)
            else f"Device {number} - Büro {number % 7}",
            owner=f"team-{number % 4}",
            ssh_port=2222 if number % 50 == 20 else None,
            services=(("ssh", 22), ("netconf", 830)) if number % 50 == 21 else (),
            local_context=({"maintenance": True} if is_a("local_context", number) else None),
        )


def _vms(devices: int) -> Iterator[Machine]:
    for number in range(devices // PER_VM):
        yield Machine(
            number=number,
            virtual=True,
            name=f"vm-{number:04d}",
            site=_site(number * PER_VM, devices),
            role="virtual-router",
            model="",
            platform=None if number % 10 == 1 else VM_PLATFORMS[number % len(VM_PLATFORMS)],
            ipv4=None if number % 10 == 0 else str(IPv4Address("10.200.0.0") + number),
            tenant=TENANTS[number % len(TENANTS)],
            tags=(TAGS[number % len(TAGS)],),
            serial=f"VM{number:08d}",
            owner=f"team-{number % 4}",
            services=(("https", 443),) if number % 5 == 2 else (),
        )


def _kind(number: int) -> tuple[Kind, str | None]:
    """The hardware, and the platform that is entered for it."""
    if is_a("nothing_known", number):
        return ACME, None
    if is_a("unmapped_platform", number):
        return ACME, ACME.platform
    turn = number // 100 if is_a("chassis", number) else number + number // 100
    kind = KINDS[turn % len(KINDS)]
    return kind, None if is_a("no_platform", number) else kind.platform


def _chassis(number: int) -> tuple[str | None, bool]:
    """The virtual chassis of a device, and whether it is the master."""
    if not is_a("chassis", number):
        return None, False
    hundred = number // 100
    is_first = number % 100 == TROUBLE["chassis"][0]
    return f"stack-{hundred:03d}", is_first and hundred % NO_MASTER != 1


def _name(number: int, role: str, devices: int) -> str | None:
    """Most have one; the last member of a chassis and some that stand alone have none."""
    no_address = is_a("no_address", number) and number % 200 == 100
    if is_a("nameless", number) or number % 100 == TROUBLE["chassis"][-1] or no_address:
        return None
    return f"{_site(number, devices)}-{role.split('-')[0]}-{number:05d}"


def _site(number: int, devices: int) -> str:
    turn = number % devices // PER_SITE
    places = countries()
    return f"{places[turn % len(places)]}{turn // len(places) + 1:02d}"


def _status(number: int) -> str:
    return next((word for word in ("offline", "planned") if is_a(word, number)), "active")


def _addresses(number: int) -> dict[str, str | None]:
    v4, v6, oob = (
        str(IPv4Address("10.0.0.0") + number + 1),
        str(IPv6Address("2001:db8::") + number + 1),
        str(IPv4Address("172.16.0.0") + number + 1),
    )
    if is_a("no_address", number) or number % 100 in TROUBLE["chassis"][1:]:
        return {}
    if is_a("oob_only", number):
        return {"oob": oob}
    if is_a("ipv6_only", number):
        return {"ipv6": v6}
    if is_a("dual_stack", number):
        return {"ipv4": v4, "ipv6": v6, "oob": oob}
    return {"ipv4": v4}


def config_contexts() -> list[dict[str, object]]:
    """Configuration contexts: `name`, `weight`, `data`, and the slugs of what they apply to."""
    everywhere = {
        "name": "everywhere",
        "weight": 100,
        "data": {
            "ntp_servers": [f"192.0.2.{n}" for n in range(1, 5)],
            "dns_servers": [f"192.0.2.{n}" for n in range(53, 57)],
            "syslog": {"servers": ["192.0.2.100", "192.0.2.101"], "severity": "informational"},
            "snmp": {"location": "see site", "contact": "noc@net.example", "traps": True},
            "aaa": {"servers": ["192.0.2.200", "192.0.2.201"], "timeout": 5},
        },
    }
    regions = [
        {
            "name": f"region {region}",
            "weight": 500,
            "data": {"ntp_servers": [f"198.51.100.{n}"], "region_code": region},
            "regions": [region],
        }
        for n, region in enumerate(REGIONS, 1)
    ]
    roles = [
        {
            "name": f"role {role}",
            "weight": 1000,
            "data": {"vlans": [{"id": 10 * n + v, "name": f"vlan-{v}"} for v in range(10)]},
            "roles": [role],
        }
        for n, role in enumerate(ROLES, 1)
    ]
    return [everywhere, *regions, *roles]
