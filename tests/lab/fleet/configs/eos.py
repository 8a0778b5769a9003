"""Arista EOS."""

from __future__ import annotations

from .facts import BANNER, DEPARTMENTS, Facts


def make(f: Facts, form: str) -> str:
    """The text of `show running-config`."""
    head, tail = _head(f), _tail(f)
    return head + f.fill(head + tail, lambda i: _port(f, i)) + tail


def _head(f: Facts) -> str:
    vlans = "".join(
        f"vlan {10 + i * 10}\n   name {name}\n!\n" for i, name in enumerate(DEPARTMENTS)
    )
    return f"""\
! Command: show running-config
! device: {f.host} (DCS-7050SX3-48YC8, EOS-4.28.3M)
!
! boot system flash:/EOS-4.28.3M.swi
!
no aaa root
!
username admin privilege 15 role network-admin secret sha512 $6${f.secret("admin")}$Yw1.kLz0rTb
{f.when("AAA-005", "", f"username backup privilege 15 secret 5 $1${f.secret('backup')}$x")}!
tacacs-server host {f.tacacs[0]} key 7 {f.secret("tacacs")}
{f.when("AAA-003", f"tacacs-server host {f.tacacs[1]} key 7 {f.secret('tacacs')}")}!
aaa group server tacacs+ NETOPS
   server {f.tacacs[0]}
!
{f.when("AAA-002", "aaa authentication login default group NETOPS local")}\
{f.when("VTY-005", "aaa authentication policy lockout failure 3 window 900 duration 900")}\
{f.when("LOG-006", _LOGINS)}\
{f.when("AAA-004", _ACCOUNTING)}!
transceiver qsfp default-mode 4x10G
!
service routing protocols model multi-agent
!
logging buffered 10000
{f.when("LOG-005", "logging format timestamp high-resolution")}logging host {f.syslog[0]}
{f.when("LOG-001", f"logging host {f.syslog[1]}")}\
{f.when("LOG-004", "logging source-interface Loopback0")}!
hostname {f.host}
dns domain {f.spec.site}.example.net
!
{
        f.when(
            "NTP-002",
            (
                f"ntp authentication-key 1 sha1 7 {f.secret('ntp')}",
                "ntp authenticate",
                "ntp trusted-key 1",
            ),
        )
    }\
ntp server {f.ntp[0]} prefer{_key(f)}
{f.when("NTP-001", f"ntp server {f.ntp[1]}{_key(f)}")}!
snmp-server contact noc@example.net
snmp-server location {f.spec.site} rack {f.n % 40}
snmp-server community {f.secret("ro")} ro{" MGMT" if f.ok("SNM-003") else ""}
{f.when("SNM-002", "", f"snmp-server community {f.secret('rw')} rw")}!
spanning-tree mode {"rapid-pvst" if f.ok("STP-001") else "mstp"}
!
{vlans}interface Loopback0
   description {f.note()}
   ip address 10.255.{f.n // 250}.{f.n % 250 + 1}/32
!
interface Management1
   vrf MGMT
   ip address {f.management}/24
!
"""


_LOGINS = (
    "aaa authentication policy on-success log",
    "aaa authentication policy on-failure log",
)
_ACCOUNTING = (
    "aaa accounting exec default start-stop group NETOPS",
    "aaa accounting commands all default start-stop group NETOPS",
)


def _key(f: Facts) -> str:
    return " key 1" if f.ok("NTP-002") else ""


def _port(f: Facts, i: int) -> str:
    return f"""\
interface Ethernet{i}
   description {DEPARTMENTS[i % len(DEPARTMENTS)]} host {i:03d} port {i % 4}
   mtu 9214
   switchport access vlan {10 + i % 8 * 10}
   switchport trunk allowed vlan 10,20,30-{40 + i % 40}
   spanning-tree portfast
{f.when(f"edge{i % 5}", "   spanning-tree bpduguard enable")}   storm-control broadcast level 5
!
"""


def _tail(f: Facts) -> str:
    telnet = "" if f.ok("SSH-001") else "management telnet\n   no shutdown\n!\n"
    return f"""\
ip access-list standard MGMT
   10 permit 10.{f.site_number}.0.0/24
   20 deny any log
!
{f.when("NET-001", "no ip icmp redirect")}ip routing
!
ip prefix-list LOOPBACKS
   seq 10 permit 10.255.0.0/16 eq 32
!
router bgp {f.asn}
   router-id 10.255.{f.n // 250}.{f.n % 250 + 1}
   neighbor SPINES peer group
   neighbor SPINES remote-as 64500
   {
        f.when(
            "RTG-001",
            f"neighbor SPINES password 7 {f.secret('bgp')}",
            "neighbor SPINES maximum-routes 12000",
        )
    }\
   neighbor 10.0.{f.n % 250}.1 peer group SPINES
   redistribute connected
!
banner login
{BANNER if f.ok("BAN-001") else f"Welcome to {f.host}"}
EOF
!
management api http-commands
   {"shutdown" if f.ok("SVC-001") else "no shutdown"}
!
management console
   idle-timeout {5 if f.ok("VTY-002") else 0}
!
management ssh
   idle-timeout {5 if f.ok("VTY-002") else 0}
   {"ip access-group MGMT in" if f.ok("VTY-001") else "authentication mode keyboard-interactive"}
   connection limit {10 if f.ok("VTY-004") else 50}
!
{telnet}end
"""
