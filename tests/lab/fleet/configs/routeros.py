"""MikroTik RouterOS."""

from __future__ import annotations

from .facts import BANNER, DEPARTMENTS, Facts
from .text import ISO_CLOCK


def make(f: Facts, form: str) -> str:
    """The text of `/export`; form `terse` puts the path on every line."""
    text = _head(f)
    text += "/ip firewall filter\n" + f.fill(text, lambda i: _rule(f, i)) + _tail(f)
    return _terse(text) if form == "terse" else text


def _terse(text: str) -> str:
    lines, path = [], ""
    for line in text.splitlines():
        if line.startswith("/"):
            path = line
        else:
            lines.append(line if line.startswith("#") else f"{path} {line}")
    return "\n".join(lines) + "\n"


def _head(f: Facts) -> str:
    vlans = "".join(
        f"add interface=bridge1 name=vlan{10 + i * 10}-{name} vlan-id={10 + i * 10}\n"
        for i, name in enumerate(DEPARTMENTS)
    )
    return f"""\
# {ISO_CLOCK} by RouterOS 7.14.2
# software id = ABCD-{f.n:04d}
#
# model = RB5009UG+S+
# serial number = HE208{f.n:06d}
/interface bridge
add name=bridge1 protocol-mode={"rstp" if f.ok("STP-001") else "none"}
/interface vlan
{vlans}/interface wireguard
add listen-port=13231 mtu=1420 name=wg-hq private-key="{f.secret("wireguard")}kLz0rTb1QYpX7Jq="
/interface wireless security-profiles
add authentication-types=wpa2-psk mode=dynamic-keys name=staff \\
    wpa2-pre-shared-key={f.secret("wifi")}
/ip ipsec identity
add peer=hq secret={f.secret("ipsec")}
/ppp secret
add name=vpn-{f.n} password={f.secret("ppp")} profile=default-encryption service=l2tp
/snmp community
set [ find default=yes ] addresses=10.{f.site_number}.0.0/24 name={f.secret("ro")}
/radius
add address={f.tacacs[0]} secret={f.secret("radius")} service=login
/ip address
add address={f.management}/24 comment="{f.note()}" interface=ether1
"""


def _rule(f: Facts, i: int) -> str:
    return (
        f'add action=accept chain=forward comment="zone {i % 20} of {f.host} rule {i}" '
        f"dst-address=10.{i % 250}.0.0/16 \\\n    dst-port=443 in-interface=bridge1 "
        f"protocol=tcp src-address-list=net-{i % 50:03d}\n"
    )


def _tail(f: Facts) -> str:
    return f"""\
add action=drop chain=input comment="drop the rest" in-interface-list=WAN
/ip service
set telnet disabled={"yes" if f.ok("SSH-001") else "no"}
set ftp disabled=yes
set www disabled={"yes" if f.ok("SVC-001") else "no"}
set ssh address={f"10.{f.site_number}.0.0/24" if f.ok("VTY-001") else '""'}
/ip ssh
set strong-crypto={"yes" if f.ok("SSH-004") else "no"}
/routing bgp connection
add as={f.asn} name=hq remote.address=10.0.{f.n % 250}.1 remote.as=64500 \\
    tcp-md5-key={f.secret("bgp")}
/snmp
set enabled=yes location="{f.spec.site} rack {f.n % 40}"
/system identity
set name={f.host}
/system logging action
set 3 remote={f.syslog[0]}
/system note
set note="{BANNER}" show-at-login={"yes" if f.ok("BAN-001") else "no"}
/system ntp client
set enabled=yes
/system ntp client servers
add address={f.ntp[0]}
{f.when("NTP-001", f"add address={f.ntp[1]}")}\
"""
