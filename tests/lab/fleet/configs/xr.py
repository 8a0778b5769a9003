"""Cisco IOS XR."""

from __future__ import annotations

from .facts import BANNER, DEPARTMENTS, Facts
from .text import CTIME


def make(f: Facts, form: str) -> str:
    """The text of `show running-config`, without the time that stands before every answer."""
    head, tail = _head(f), _tail(f)
    ports = f.fill(head + tail, lambda i: _port(f, i), lambda i: _policy(f, i)).split("\f")
    policies = "".join(ports[1::2])
    return f"{head}{''.join(ports[::2])}{policies}{tail}"


def _head(f: Facts) -> str:
    return f"""\
Building configuration...
!! IOS XR Configuration 7.5.2
!! Last configuration change at {CTIME} by admin
!
hostname {f.host}
{f.when("BAN-001", ("banner login ^C", BANNER, "^C"), f"banner login ^CWelcome to {f.host}^C")}\
{f.when("LOG-005", "service timestamps log datetime localtime msec show-timezone")}\
logging trap informational
logging {f.syslog[0]} vrf default severity info
{f.when("LOG-001", f"logging {f.syslog[1]} vrf default severity info")}\
{f.when("LOG-004", "logging source-interface Loopback0")}\
domain name {f.spec.site}.example.net
{f.when("SSH-001", "", "telnet vrf default ipv4 server max-servers 5")}\
tacacs-server host {f.tacacs[0]} port 49
 key 7 {f.secret("tacacs")}
!
{
        f.when(
            "AAA-003",
            (f"tacacs-server host {f.tacacs[1]} port 49", f" key 7 {f.secret('tacacs')}", "!"),
        )
    }\
username admin
 group root-lr
 secret 10 $6${f.secret("admin")}$Yw1kLz0rTb
!
{f.when("AAA-002", "aaa authentication login default group tacacs+ local")}\
{f.when("AAA-004", _ACCOUNTING)}\
{f.when("VTY-005", _PASSWORD_POLICY)}\
line console
 exec-timeout {5 if f.ok("VTY-002") else 0} 0
!
line default
{f.when("VTY-001", " access-class ingress MGMT")} exec-timeout {5 if f.ok("VTY-002") else 0} 0
 transport input ssh
!
snmp-server community {f.secret("ro")} RO{" IPv4 MGMT" if f.ok("SNM-003") else ""}
{f.when("SNM-001", "", "snmp-server community public RO")}\
snmp-server location {f.spec.site} rack {f.n % 40}
ntp
{
        f.when(
            "NTP-002",
            (
                f" authentication-key 1 md5 encrypted {f.secret('ntp')}",
                " authenticate",
                " trusted-key 1",
            ),
        )
    }\
 server {f.ntp[0]}{_key(f)}
{f.when("NTP-001", f" server {f.ntp[1]}{_key(f)}")}!
ipv4 access-list MGMT
 10 permit ipv4 10.{f.site_number}.0.0 0.0.0.255 any
 20 deny ipv4 any any log
!
key chain CORE
 key 1
  key-string password {f.secret("keychain")}
 !
!
interface Loopback0
 description {f.note()}
 ipv4 address 10.255.{f.n // 250}.{f.n % 250 + 1} 255.255.255.255
!
interface MgmtEth0/RP0/CPU0/0
 ipv4 address {f.management} 255.255.255.0
!
"""


_ACCOUNTING = (
    "aaa accounting exec default start-stop group tacacs+",
    "aaa accounting commands default start-stop group tacacs+",
)
_PASSWORD_POLICY = (
    "aaa password-policy NETOPS",
    " lockout-time minutes 15",
    " authen-max-attempts 3",
    " min-length 15",
    "!",
)


def _key(f: Facts) -> str:
    return " key 1" if f.ok("NTP-002") else ""


def _port(f: Facts, i: int) -> str:
    return f"""\
interface TenGigE0/0/{(i - 1) // 36}/{(i - 1) % 36}
 description {DEPARTMENTS[i % len(DEPARTMENTS)]} circuit {f.n:04d}-{i:04d}
 mtu 9192
 ipv4 address 10.{i % 200 + 20}.{f.n % 250}.1 255.255.255.252
 ipv4 unreachables disable
 load-interval 30
!
\f"""


def _policy(f: Facts, i: int) -> str:
    return f"""\
route-policy CUSTOMER-{i:04d}
  if destination in (10.{i % 250}.0.0/16 le 24) then
    set local-preference {100 + i % 50}
    pass
  else
    drop
  endif
end-policy
!
\f"""


def _tail(f: Facts) -> str:
    return f"""\
router static
 address-family ipv4 unicast
  0.0.0.0/0 10.{f.site_number}.0.1
 !
!
router isis CORE
 net 49.0001.0102.5500.{f.n % 10000:04d}.00
{f.when("RTG-001", f" lsp-password hmac-md5 encrypted {f.secret('isis')}")} interface Loopback0
  passive
 !
!
router bgp {f.asn}
 bgp router-id 10.255.{f.n // 250}.{f.n % 250 + 1}
 address-family ipv4 unicast
 !
 neighbor 10.0.{f.n % 250}.1
  remote-as 64500
{f.when("RTG-001", f"  password encrypted {f.secret('bgp')}")}  address-family ipv4 unicast
   route-policy CUSTOMER-0001 in
  !
 !
!
{f.when("LOG-006", "ssh server logging")}\
{f.when("SSH-004", "ssh server disable hmac hmac-sha1")}ssh server v2
end

"""
