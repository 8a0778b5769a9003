"""VyOS: one tree in braces and as `set` commands."""

from __future__ import annotations

from .facts import BANNER, Facts
from .tree import Tree, braces, sets


def make(f: Facts, form: str) -> str:
    """The text of `show configuration`; form `set` is `show configuration commands`."""
    tree = _tree(f)
    return sets(tree) if form == "set" else braces(tree, end="")


def _tree(f: Facts) -> Tree:
    rules: Tree = {"default-action drop": None}
    size = f.spec.size_kb * 1024 - 3000
    for i in range(1, 5000):
        rules[f"rule {i}"] = _rule(f, i)
        size -= 430  # one rule as set commands, about
        if size <= 0:
            break
    return {
        "firewall": {"name INSIDE-OUT": rules},
        "interfaces": {
            "ethernet eth0": {
                f"address {f.management}/24": None,
                f"description '{f.note()}'": None,
            },
            "loopback lo": {f"address 10.255.{f.n // 250}.{f.n % 250 + 1}/32": None},
            "wireguard wg0": {
                f"private-key '{f.secret('wireguard')}kLz0rTb1QYp='": None,
                "port 51820": None,
            },
        },
        "protocols": {
            "bgp": {
                f"local-as {f.asn}": None,
                f"neighbor 10.0.{f.n % 250}.1": {
                    "remote-as 64500": None,
                    **({f"password '{f.secret('bgp')}'": None} if f.ok("RTG-001") else {}),
                },
            }
        },
        "service": {
            "snmp": {
                f"community {f.secret('ro')}": {
                    "authorization ro": None,
                    **({f"network 10.{f.site_number}.0.0/24": None} if f.ok("SNM-003") else {}),
                }
            },
            "ssh": {
                **({"disable-host-validation": None} if f.ok("SSH-003") else {}),
                "port 22": None,
            },
        },
        "system": {
            f"host-name {f.host}": None,
            "login": {
                **({f"banner pre-login '{BANNER}'": None} if f.ok("BAN-001") else {}),
                "user admin": {
                    "authentication": {
                        f"encrypted-password '$6${f.secret('admin')}$Yw1kLz0rTb'": None
                    }
                },
                f"radius server {f.tacacs[0]}": {f"key '{f.secret('radius')}'": None},
            },
            "ntp": {
                f"server {server}": {"prefer": None}
                for server in f.ntp[: 2 if f.ok("NTP-001") else 1]
            },
            "syslog": {
                f"host {server}": {"facility all": {"level info": None}}
                for server in f.syslog[: 2 if f.ok("LOG-001") else 1]
            },
        },
        "vpn": {
            "ipsec": {
                "site-to-site": {
                    f"peer 203.0.113.{f.n % 250 + 1}": {
                        "authentication": {
                            "mode pre-shared-secret": None,
                            f"pre-shared-secret '{f.secret('ipsec')}'": None,
                        }
                    }
                }
            }
        },
    }


def _rule(f: Facts, i: int) -> Tree:
    return {
        "action accept": None,
        f"description 'zone {i % 20} of {f.host}'": None,
        "destination": {f"address 10.{i % 250}.0.0/16": None, "port 443": None},
        "protocol tcp": None,
        "source": {f"group network-group NET-{i % 50:03d}": None},
        "state": {"new enable": None},
    }
