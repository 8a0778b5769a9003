"""Huawei VRP."""

from __future__ import annotations

from .facts import BANNER, DEPARTMENTS, Facts
from .text import CTIME, SALT

_NTP_KEY = "ntp authentication-keyid 1 authentication-mode hmac-sha256 cipher "
_NTP_TRUST = "ntp trusted authentication-keyid 1"


def make(f: Facts, form: str) -> str:
    """The text of `display current-configuration`."""
    head, tail = _head(f), _tail(f)
    return head + f.fill(head + tail, lambda i: _port(f, i)) + tail


def _cipher(f: Facts, label: str) -> str:
    """A reversible cipher text; its salt is new at every display."""
    return f"%^%#{f.secret(label)}{SALT}%^%#"


def _keyid(f: Facts) -> str:
    return " authentication-keyid 1" if f.ok("NTP-002") else ""


def _head(f: Facts) -> str:
    vlans = "".join(
        f"vlan {10 + i * 10}\n description {name}\n#\n" for i, name in enumerate(DEPARTMENTS)
    )
    return f"""\
!Software Version V200R019C10SPC500
!Last configuration was updated at {CTIME} by admin
!Last configuration was saved at {CTIME} by admin
#
sysname {f.host}
#
{f.when("BAN-001", (f'header login information "{BANNER}"', "#"))}\
info-center loghost {f.syslog[0]}
{f.when("LOG-001", f"info-center loghost {f.syslog[1]}")}\
{f.when("LOG-004", "info-center loghost source LoopBack0")}#
{f.when("NTP-002", ("ntp authentication enable", _NTP_KEY + _cipher(f, "ntp"), _NTP_TRUST))}\
ntp unicast-server {f.ntp[0]}{_keyid(f)}
{f.when("NTP-001", f"ntp unicast-server {f.ntp[1]}{_keyid(f)}")}#
{vlans}hwtacacs server template NETOPS
 hwtacacs server authentication {f.tacacs[0]}
{f.when("AAA-003", f" hwtacacs server authentication {f.tacacs[1]} secondary")}\
 hwtacacs server shared-key cipher {_cipher(f, "tacacs")}
#
acl number 2000
 rule 5 permit source 10.{f.site_number}.0.0 0.0.0.255
 rule 10 deny
#
aaa
 local-user admin password irreversible-cipher $1c${f.secret("admin")}$kLz0rTb1QYpX7Jq$
 local-user admin privilege level 3
 local-user admin service-type ssh
 authentication-scheme default
  authentication-mode {"hwtacacs local" if f.ok("AAA-002") else "local"}
#
interface LoopBack0
 description {f.note()}
 ip address 10.255.{f.n // 250}.{f.n % 250 + 1} 255.255.255.255
#
interface MEth0/0/0
 ip address {f.management} 255.255.255.0
#
"""


def _port(f: Facts, i: int) -> str:
    return f"""\
interface 10GE1/0/{i}
 description {DEPARTMENTS[i % len(DEPARTMENTS)]} server {i:03d}
 port link-type trunk
 undo port trunk allow-pass vlan 1
 port trunk allow-pass vlan 10 20 30 to {40 + i % 40}
 stp edged-port enable
{f.when(f"edge{i % 5}", " stp bpdu-protection")} storm suppression broadcast 5
#
"""


def _tail(f: Facts) -> str:
    return f"""\
bgp {f.asn}
 router-id 10.255.{f.n // 250}.{f.n % 250 + 1}
 peer 10.0.{f.n % 250}.1 as-number 64500
{f.when("RTG-001", f" peer 10.0.{f.n % 250}.1 password cipher {_cipher(f, 'bgp')}")} #
 ipv4-family unicast
  network 10.255.{f.n // 250}.{f.n % 250 + 1} 255.255.255.255
  peer 10.0.{f.n % 250}.1 enable
#
snmp-agent
snmp-agent community read cipher {_cipher(f, "ro")}{" acl 2000" if f.ok("SNM-003") else ""}
{f.when("SNM-002", "", f"snmp-agent community write cipher {_cipher(f, 'rw')}")}\
snmp-agent sys-info location {f.spec.site} rack {f.n % 40}
snmp-agent sys-info version v3
#
stelnet server enable
{f.when("SSH-001", "undo telnet server enable", "telnet server enable")}\
ssh user admin
ssh user admin authentication-type password
#
user-interface con 0
 idle-timeout {5 if f.ok("VTY-002") else 0} 0
user-interface vty 0 4
{f.when("VTY-001", " acl 2000 inbound")} authentication-mode aaa
 idle-timeout {5 if f.ok("VTY-002") else 0} 0
 protocol inbound {"ssh" if f.ok("SSH-001") else "all"}
#
return
"""
