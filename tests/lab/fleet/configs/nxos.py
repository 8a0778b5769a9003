"""Cisco NX-OS."""

from __future__ import annotations

from .facts import BANNER, DEPARTMENTS, Facts
from .text import CTIME


def make(f: Facts, form: str) -> str:
    """The text of `show running-config`; it has no end marker."""
    head, tail = _head(f), _tail(f)
    return head + f.fill(head + tail, lambda i: _port(f, i)) + tail


def _head(f: Facts) -> str:
    vlans = "".join(f"vlan {10 + i * 10}\n  name {name}\n" for i, name in enumerate(DEPARTMENTS))
    return f"""\

!Command: show running-config
!Running configuration last done at: {CTIME}
!Time: {CTIME}

version 9.3(10) Bios:version 08.40
hostname {f.host}
vdc {f.host} id 1
  limit-resource vlan minimum 16 maximum 4094
  limit-resource vrf minimum 2 maximum 4096

feature tacacs+
{f.when("SSH-001", "", "feature telnet")}feature bgp
feature interface-vlan
feature lacp

no password strength-check
username admin password 5 $5${f.secret("admin")}$Ue0r1ZwQmB  role network-admin
{
        f.when(
            "AAA-005",
            "",
            f"username backup password 5 $5${f.secret('backup')}$x  role network-admin",
        )
    }\
banner motd ^
{BANNER if f.ok("BAN-001") else f"Welcome to {f.host}"}
^
{f.when("VTY-005", "system login block-for 120 attempts 3 within 60")}\
{f.when("LOG-006", ("login on-failure log", "login on-success log"))}\
{f.when("NET-001", "no ip source-route")}no ip domain-lookup
ip domain-name {f.spec.site}.example.net
tacacs-server key 7 "{f.secret("tacacs")}"
tacacs-server host {f.tacacs[0]}
{f.when("AAA-003", f"tacacs-server host {f.tacacs[1]}")}aaa group server tacacs+ NETOPS
    server {f.tacacs[0]}
    source-interface loopback0
ip access-list MGMT
  10 permit ip 10.{f.site_number}.0.0/24 any
  20 deny ip any any log
snmp-server location {f.spec.site} rack {f.n % 40}
snmp-server user admin network-admin auth sha {f.secret("auth")} \
priv aes-128 {f.secret("priv")} localizedkey
snmp-server community {f.secret("ro")} group network-operator
{f.when("SNM-003", f"snmp-server community {f.secret('ro')} use-ipv4acl MGMT")}\
{f.when("SNM-001", "", "snmp-server community public group network-operator")}\
ntp server {f.ntp[0]} use-vrf management{" key 1" if f.ok("NTP-002") else ""}
{
        f.when(
            "NTP-001",
            f"ntp server {f.ntp[1]} use-vrf management" + (" key 1" if f.ok("NTP-002") else ""),
        )
    }\
{
        f.when(
            "NTP-002",
            (
                "ntp authenticate",
                f"ntp authentication-key 1 md5 {f.secret('ntp')} 7",
                "ntp trusted-key 1",
            ),
        )
    }\
{f.when("AAA-002", "aaa authentication login default group NETOPS local")}\
{f.when("AAA-004", "aaa accounting default group NETOPS")}\

{vlans}
vrf context management
  ip route 0.0.0.0/0 10.{f.site_number}.0.1

"""


def _port(f: Facts, i: int) -> str:
    return f"""\
interface Ethernet{(i - 1) // 48 + 1}/{(i - 1) % 48 + 1}
  description {DEPARTMENTS[i % len(DEPARTMENTS)]} server {i:03d} nic {i % 2}
  switchport mode trunk
  switchport trunk native vlan 999
  switchport trunk allowed vlan 10,20,30-{40 + i % 40}
  spanning-tree port type edge trunk
{f.when(f"edge{i % 5}", "  spanning-tree bpduguard enable")}  mtu 9216
  storm-control broadcast level 5.00
  no shutdown

"""


def _tail(f: Facts) -> str:
    return f"""\
interface mgmt0
  vrf member management
  ip address {f.management}/24

interface loopback0
  description {f.note()}
  ip address 10.255.{f.n // 250}.{f.n % 250 + 1}/32
cli alias name wr copy running-config startup-config
line console
  exec-timeout {5 if f.ok("VTY-002") else 0}
line vty
  session-limit {5 if f.ok("VTY-004") else 32}
  exec-timeout {5 if f.ok("VTY-002") else 0}
{f.when("VTY-001", "  access-class MGMT in")}boot nxos bootflash:/nxos.9.3.10.bin
router bgp {f.asn}
  router-id 10.255.{f.n // 250}.{f.n % 250 + 1}
  address-family ipv4 unicast
    network 10.255.{f.n // 250}.{f.n % 250 + 1}/32
  neighbor 10.0.{f.n % 250}.1
    remote-as 64500
{f.when("RTG-001", f"    password 3 {f.secret('bgp')}")}    address-family ipv4 unicast
logging server {f.syslog[0]} 6 use-vrf management
{f.when("LOG-001", f"logging server {f.syslog[1]} 6 use-vrf management")}\
{f.when("LOG-005", "logging timestamp milliseconds")}
"""
