"""Juniper Junos: the same tree in braces and as `set` commands."""

from __future__ import annotations

import copy

from ..plan import MARKER
from .edit import edit_tree
from .facts import BANNER, DEPARTMENTS, Facts
from .text import ISO_CLOCK
from .tree import Tree, braces, sets


def make(f: Facts, form: str) -> str:
    """The text of `show configuration`; form `set` is `| display set`."""
    tree = _tree(f)
    interfaces = tree["interfaces"]
    assert interfaces is not None
    size = len(braces(tree))
    for i in range(1, 5000):
        if size > f.spec.size_kb * 1024 and i > 4:
            break
        port = _port(f, i)
        size += len(braces(port, depth=1))
        interfaces.update(port)
    if f.edits:
        tree = copy.deepcopy(tree)
        edit_tree(tree, f.edits)
    if form == "set":
        return f"set version 21.4R3-S5.4\n{sets(tree)}"
    head = f"## Last commit: {ISO_CLOCK} UTC by admin\nversion 21.4R3-S5.4;\n"
    return head + braces(tree, mark=MARKER)


def _tree(f: Facts) -> Tree:
    return {
        "system": _system(f),
        "chassis": {"aggregated-devices": {"ethernet": {"device-count 8": None}}},
        "interfaces": {
            "lo0": {
                f'description "{f.note()}"': None,
                "unit 0": {
                    "family inet": {
                        **({"filter": {"input protect-re": None}} if f.ok("VTY-001") else {}),
                        f"address 10.255.{f.n // 250}.{f.n % 250 + 1}/32": None,
                    }
                },
            },
            "fxp0": {"unit 0": {"family inet": {f"address {f.management}/24": None}}},
        },
        "snmp": {
            f'location "{f.spec.site} rack {f.n % 40}"': None,
            f"community {f.secret('ro')}": {
                "authorization read-only": None,
                **({f"clients 10.{f.site_number}.0.0/24": None} if f.ok("SNM-003") else {}),
            },
            **(
                {}
                if f.ok("SNM-002")
                else {f"community {f.secret('rw')}": {"authorization read-write": None}}
            ),
        },
        "policy-options": {"prefix-list MGMT": {f"10.{f.site_number}.0.0/24": None}},
        "firewall": {
            "family inet": {
                "filter protect-re": {
                    "term ssh": {
                        "from": {
                            "source-prefix-list": {"MGMT": None},
                            "protocol tcp": None,
                            "destination-port ssh": None,
                        },
                        "then accept": None,
                    },
                    "term rest": {"then": {"syslog": None, "discard": None}},
                }
            }
        },
        "protocols": {
            "bgp": {
                "group SPINES": {
                    "type external": None,
                    **(
                        {f'authentication-key "$9${f.secret("bgp")}"': None}
                        if f.ok("RTG-001")
                        else {}
                    ),
                    "peer-as 64500": None,
                    f"neighbor 10.0.{f.n % 250}.1": None,
                }
            },
            "lldp": {"interface all": None},
        },
    }


_ACCOUNTING: Tree = {
    "events [ login change-log interactive-commands ]": None,
    "destination": {"tacplus": None},
}
_RETRIES: Tree = {"tries-before-disconnect 3": None, "lockout-period 15": None}


def _system(f: Facts) -> Tree:
    key = " key 1" if f.ok("NTP-002") else ""
    return {
        f"host-name {f.host}": None,
        **({"no-redirects": None} if f.ok("NET-001") else {}),
        "root-authentication": {f'encrypted-password "$6${f.secret("root")}$Yw1kLz0"': None},
        **({"authentication-order [ tacplus password ]": None} if f.ok("AAA-002") else {}),
        "tacplus-server": {
            server: {f'secret "$9${f.secret("tacplus")}"': None} for server in f.tacacs
        },
        **({"accounting": _ACCOUNTING} if f.ok("AAA-004") else {}),
        "login": {
            **({f'message "{BANNER}"': None} if f.ok("BAN-001") else {}),
            **({"retry-options": _RETRIES} if f.ok("VTY-005") else {}),
            "class NETOPS": {"idle-timeout 5": None, "permissions all": None},
            "user admin": {
                "uid 2000": None,
                "class NETOPS": None,
                "authentication": {f'encrypted-password "$6${f.secret("admin")}$k3Lm"': None},
            },
        },
        "services": {
            "ssh": {
                **({"root-login deny": None} if f.ok("SSH-005") else {}),
                "protocol-version v2": None,
                **({"connection-limit 10": None} if f.ok("VTY-004") else {}),
            },
            **({} if f.ok("SSH-001") else {"telnet": None}),
            "netconf": {"ssh": None},
        },
        "syslog": {
            f"host {f.syslog[0]}": {"any info": None},
            **({f"host {f.syslog[1]}": {"any info": None}} if f.ok("LOG-001") else {}),
            "file messages": {"any notice": None, "authorization info": None},
        },
        "ntp": {
            f'authentication-key 1 type md5 value "$9${f.secret("ntp")}"': None,
            f"server {f.ntp[0]}{key}": None,
            **({f"server {f.ntp[1]}{key}": None} if f.ok("NTP-001") else {}),
            **({"trusted-key 1": None} if key else {}),
        },
    }


def _port(f: Facts, i: int) -> Tree:
    return {
        f"ge-0/{i // 48}/{i % 48}": {
            f'description "{DEPARTMENTS[i % len(DEPARTMENTS)]} circuit {f.n:04d}-{i:04d}"': None,
            "mtu 9192": None,
            "unit 0": {
                "family inet": {
                    "rpf-check": None,
                    f"address 10.{i % 200 + 20}.{f.n % 250}.1/30": None,
                },
                "family mpls": None,
            },
        }
    }
