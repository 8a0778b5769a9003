"""Cisco IOS and IOS XE."""

from __future__ import annotations

from .facts import BANNER, DEPARTMENTS, Facts
from .text import IOS_CLOCK, NUMBER


def make(f: Facts, form: str) -> str:
    """The text of `show running-config`, or of `show snmp user`, which the former leaves out."""
    if form == "snmp users":
        return _snmp_user(f, "nms") + _snmp_user(f, "nms-ro")
    xe = f.spec.platform == "cisco_xe"
    head, tail = _head(f, xe), _management(f) + _tail(f)
    ports = f.fill(head + tail, lambda i: _port(f, i, xe), lambda i: _access_list(f, i))
    body = head + _in_order(ports) + tail
    return f"Building configuration...\n\nCurrent configuration : {len(body)} bytes\n{body}"


def _snmp_user(f: Facts, name: str) -> str:
    good = f.ok("SNM-004 users")
    return f"""\
User name: {name}
Engine ID: 80000009030000{f.n:010X}
storage-type: nonvolatile        active
Authentication Protocol: {"SHA" if good else "MD5"}
Privacy Protocol: {"AES128" if good else "DES"}
Group-name: NETOPS

"""


def _in_order(blocks: str) -> str:
    """Interfaces before access lists, as the device sorts them."""
    interfaces: list[str] = []
    lists: list[str] = []
    for block in blocks.split("!\n"):
        (lists if block.startswith("ip access-list") else interfaces).append(block)
    return "!\n".join(interfaces + lists)


def _head(f: Facts, xe: bool) -> str:
    return f"""\
!
! Last configuration change at {IOS_CLOCK} by admin
! NVRAM config last updated at {IOS_CLOCK} by admin
!
version {"17.9" if xe else "15.2"}
no service pad
{
        f.when(
            "LOG-005",
            "service timestamps log datetime msec localtime show-timezone",
            "service timestamps log uptime",
        )
    }service timestamps debug datetime msec
{f.when("PWD-002", "service password-encryption", "no service password-encryption")}\
{f.when("SVC-003", ("service tcp-keepalives-in", "service tcp-keepalives-out"))}\
!
hostname {f.host}
!
boot-start-marker
boot-end-marker
!
logging buffered {f.when("LOG-003", "64000 informational", "4096").rstrip()}
{
        f.when(
            "PWD-001",
            f"enable secret 9 $9${f.secret('enable')}$kLz0rTb1QYpX7Jq",
            f"enable password {f.secret('enable')}",
        )
    }!
username admin privilege 15 secret 9 $9${f.secret("admin")}$w3Xr8bU1Fz9PqLm
{f.when("AAA-005", "", f"username backup privilege 15 password 7 {f.secret('backup')}")}\
{f.when("AAA-001", _AAA, "no aaa new-model")}\
!
clock timezone UTC 0 0
no ip source-route
{f.when("SVC-002", "no ip bootp server")}no ip domain-lookup
ip domain-name {f.spec.site}.example.net
{f.when("VTY-005", "login block-for 120 attempts 3 within 60")}\
{f.when("LOG-006", ("login on-failure log", "login on-success log"))}\
!
spanning-tree mode {f.when("STP-001", "rapid-pvst", "pvst").rstrip()}
{f.when("STP-001", "spanning-tree portfast bpduguard default")}\
spanning-tree extend system-id
!
{_vlans(f)}\
key chain NETOPS
 key 1
  key-string 7 {f.secret("keychain")}
!
crypto isakmp key {f.secret("isakmp")} address 198.51.100.{f.n % 250 + 1}
!
crypto pki certificate chain TP-self-signed-{1_000_000 + f.n}
 certificate self-signed 01
  30820330 30820218 A0030201 02020101 300D0609 2A864886 F70D0101 05050030
  31312F30 2D060355 04031326 494F532D 53656C66 2D536967 6E65642D 43657274
  69666963 6174652D {f.n:08X} 301E170D 32323033 30313030 30303030 5A170D33
  \tquit
!
interface Loopback0
 description {f.note()}
 ip address 10.255.{f.n // 250}.{f.n % 250 + 1} 255.255.255.255
!
interface Vlan10
 description management
 ip address {f.management} 255.255.255.0
 no ip redirects
 no ip proxy-arp
!
"""


_AAA = """\
aaa new-model
aaa group server tacacs+ NETOPS
 server name tac1
 server name tac2
aaa authentication login default group NETOPS local
aaa authorization exec default group NETOPS local
aaa accounting exec default start-stop group NETOPS
aaa accounting commands 15 default start-stop group NETOPS
aaa session-id common"""


def _vlans(f: Facts) -> str:
    return "".join(f"vlan {10 + i * 10}\n name {name}\n!\n" for i, name in enumerate(DEPARTMENTS))


def _port(f: Facts, i: int, xe: bool) -> str:
    name = DEPARTMENTS[i % len(DEPARTMENTS)]
    port = f"{(i - 1) // 48 + 1}/0/{(i - 1) % 48 + 1}"
    if xe and i % 3 == 0:
        return f"""\
interface GigabitEthernet{port}
 description uplink to {f.spec.site}-core port {i}
 ip address 10.{i % 200 + 1}.{f.n % 250}.1 255.255.255.252
 no ip redirects
 no ip proxy-arp
 ip ospf authentication message-digest
 ip ospf message-digest-key 1 md5 7 {f.secret("ospf")}
 negotiation auto
!
"""
    return f"""\
interface GigabitEthernet{port}
 description {name} room {100 + i} socket {i % 4 + 1}
 switchport access vlan {10 + i % 8 * 10}
 switchport mode access
 switchport port-security maximum 3
 storm-control broadcast level 5.00
 spanning-tree portfast edge
{f.when(f"edge{i % 7}", " spanning-tree bpduguard enable")}!
"""


def _access_list(f: Facts, i: int) -> str:
    rules = "".join(
        f" permit tcp 10.{i % 250}.{j}.0 0.0.0.255 host 10.{f.site_number}.10.{j + 1} eq 443\n"
        for j in range(6)
    )
    return f"""\
ip access-list extended ACL-{i:04d}
 remark {f.host} zone {i}
{rules} deny   ip any any log
!
"""


def _management(f: Facts) -> str:
    one, two = f.tacacs
    return f"""\
router bgp {f.asn}
 bgp log-neighbor-changes
 neighbor 10.0.{f.n % 250}.1 remote-as 64500
{
        f.when(
            "RTG-001",
            f" neighbor 10.0.{f.n % 250}.1 password 7 {f.secret('bgp')}",
            f" neighbor 10.0.{f.n % 250}.1 description no password yet",
        )
    }\
 neighbor 10.0.{f.n % 250}.1 update-source Loopback0
!
ip default-gateway 10.{f.site_number}.0.1
{
        f.when(
            "SVC-001",
            ("no ip http server", "no ip http secure-server"),
            ("ip http server", "ip http secure-server"),
        )
    }\
ip ssh time-out 60
{f.when("SSH-002", "ip ssh version 2")}\
ip access-list standard MGMT
 permit 10.{f.site_number}.0.0 0.0.0.255
 deny   any log
logging trap informational
{f.when("LOG-007", "logging console critical")}\
{f.when("LOG-004", "logging source-interface Loopback0")}logging host {f.syslog[0]}
{f.when("LOG-001", f"logging host {f.syslog[1]}")}\
snmp-server group NETOPS v3 priv
snmp-server community {f.secret("ro")} RO{" MGMT" if f.ok("SNM-003") else ""}
{f.when("SNM-001", "", "snmp-server community public RO")}\
{f.when("SNM-002", "", f"snmp-server community {f.secret('rw')} RW")}\
snmp-server location {f.spec.site} rack {f.n % 40}
snmp-server contact noc@example.net
snmp-server host {f.syslog[0]} version 3 priv {f.secret("trap")}
tacacs server tac1
 address ipv4 {one}
 key 7 {f.secret("tacacs")}
tacacs server tac2
 address ipv4 {two}
 key 7 {f.secret("tacacs")}
"""


def _tail(f: Facts) -> str:
    access = " access-class MGMT in vrf-also\n" if f.ok("VTY-001") else ""
    return f"""\
!
banner login ^C
{BANNER if f.ok("BAN-001") else f"Welcome to {f.host}"}
^C
!
line con 0
 exec-timeout {5 if f.ok("VTY-002") else 0} 0
 logging synchronous
line aux 0
 no exec
line vty 0 4
{access} exec-timeout {5 if f.ok("VTY-002") else 0} 0
 transport input {"ssh" if f.ok("SSH-001") else "telnet ssh"}
line vty 5 15
{access} exec-timeout {5 if f.ok("VTY-002") else 0} 0
 password 7 {f.secret("vty")}
 transport input {"ssh" if f.ok("SSH-001") else "all"}
!
ntp clock-period 171{NUMBER}
{
        f.when(
            "NTP-002",
            (
                f"ntp authentication-key 1 md5 {f.secret('ntp')} 7",
                "ntp authenticate",
                "ntp trusted-key 1",
            ),
        )
    }\
{f.when("NTP-003", "ntp source Loopback0")}\
ntp server {f.ntp[0]}{" key 1" if f.ok("NTP-002") else ""}
{f.when("NTP-001", f"ntp server {f.ntp[1]}" + (" key 1" if f.ok("NTP-002") else ""))}\
end

"""
