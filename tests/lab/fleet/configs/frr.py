"""FRRouting's vtysh."""

from __future__ import annotations

from .facts import Facts


def make(f: Facts, form: str) -> str:
    """The text of `show running-config`."""
    head, tail = _head(f), _tail(f)
    return head + f.fill(head + tail, lambda i: _prefixes(f, i)) + tail


def _head(f: Facts) -> str:
    return f"""\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
hostname {f.host}
log syslog informational
service integrated-vtysh-config
!
password 8 {f.secret("vty")}
enable password 8 {f.secret("enable")}
!
key chain NETOPS
 key 1
  key-string {f.secret("keychain")}
 exit
exit
!
interface lo
 description {f.note()}
 ip address 10.255.{f.n // 250}.{f.n % 250 + 1}/32
exit
!
router bgp {f.asn}
 bgp router-id 10.255.{f.n // 250}.{f.n % 250 + 1}
 neighbor 10.0.{f.n % 250}.1 remote-as 64500
{f.when("RTG-001", f" neighbor 10.0.{f.n % 250}.1 password {f.secret('bgp')}")} !
 address-family ipv4 unicast
  neighbor 10.0.{f.n % 250}.1 soft-reconfiguration inbound
 exit-address-family
exit
!
"""


def _prefixes(f: Facts, i: int) -> str:
    return (
        "".join(
            f"ip prefix-list CUSTOMER-{i:04d} seq {j * 5} permit 10.{i % 250}.{j}.0/24\n"
            for j in range(1, 9)
        )
        + "!\n"
    )


def _tail(f: Facts) -> str:
    return "end\n"
