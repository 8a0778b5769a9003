"""Palo Alto PAN-OS: one tree in braces, as `set` commands and as XML."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape

from .facts import BANNER, Facts
from .text import ISO_CLOCK
from .tree import Tree, braces, sets

_ENTRY = "entry "
"""Starts the names of list entries: the name alone in two notations, an element in XML."""

_HEAD = """\
<response status="success">
  <result>
    <config version="10.2.0" urldb="paloaltonetworks" detail-version="10.2.8">
"""
_TAIL = """\
    </config>
  </result>
</response>
"""


def make(f: Facts, form: str) -> str:
    """The text of `show config running` in the output format the session has set."""
    tree: Tree = {"config": _tree(f)}
    if form == "xml":
        return _HEAD + "".join(_xml(_tree(f), 3)) + _TAIL
    if form == "set":
        return sets(_tree(f)).replace(_ENTRY, "")
    return braces(tree, step=2).replace(_ENTRY, "")


def _xml(tree: Tree, depth: int) -> Iterator[str]:
    pad = "  " * depth
    for word, inner in tree.items():
        if inner is None:
            key, _, value = word.partition(" ")
            yield f"{pad}<{key}>{_value(value)}</{key}>\n"
            continue
        entry = word.startswith(_ENTRY)
        name = "entry" if entry else word
        yield f'{pad}<entry name="{word[len(_ENTRY) :]}">\n' if entry else f"{pad}<{name}>\n"
        yield from _xml(inner, depth + 1)
        yield f"{pad}</{name}>\n"


def _value(text: str) -> str:
    if text.startswith("["):
        return "".join(f"<member>{escape(member)}</member>" for member in text[1:-1].split())
    return escape(text.strip('"'))


def _tree(f: Facts) -> Tree:
    rules: Tree = {}
    size = f.spec.size_kb * 1024 - 4000
    for i in range(1, 5000):
        rules[f"entry rule-{i:04d}"] = _rule(f, i)
        size -= 420  # one rule in braces, about
        if size <= 0:
            break
    return {
        "mgt-config": {
            "users": {
                "entry admin": {
                    f"phash $5${f.secret('admin')}$kLz0rTb": None,
                    "permissions": {"role-based": {"superuser yes": None}},
                }
            },
            "password-complexity": {
                f"enabled {'yes' if f.ok('PWD-004') else 'no'}": None,
                "minimum-length 15": None,
            },
        },
        "shared": {
            "authentication-profile": {
                "entry NETOPS": {"method": {"tacplus": {"server-profile NETOPS": None}}}
            },
            "server-profile": {
                "tacplus": {
                    "entry NETOPS": {
                        "server": {
                            f"entry tac{i}": {
                                f"address {server}": None,
                                f"secret -AQ=={f.secret('tacacs')}kLz0rTb1QYpX7Jq=": None,
                            }
                            for i, server in enumerate(f.tacacs, 1)
                        }
                    }
                }
            },
            "log-settings": {
                "syslog": {
                    "entry NETOPS": {
                        "server": {
                            f"entry log{i}": {f"server {server}": None}
                            for i, server in enumerate(f.syslog[: 2 if f.ok("LOG-001") else 1], 1)
                        }
                    }
                }
            },
        },
        "devices": {
            "entry localhost.localdomain": {
                "deviceconfig": {
                    "system": _system(f),
                    "setting": {
                        "management": {f"idle-timeout {5 if f.ok('VTY-002') else 0}": None}
                    },
                },
                "vsys": {"entry vsys1": {"rulebase": {"security": {"rules": rules}}}},
            }
        },
    }


def _system(f: Facts) -> Tree:
    community = f.secret("ro") if f.ok("SNM-001") else "public"
    return {
        f"hostname {f.host}": None,
        f'login-banner "{BANNER if f.ok("BAN-001") else f.host}"': None,
        **({"authentication-profile NETOPS": None} if f.ok("AAA-002") else {}),
        f"ip-address {f.management}": None,
        "netmask 255.255.255.0": None,
        f'location "{f.note()}"': None,
        f"config-time {ISO_CLOCK}": None,
        **({"permitted-ip": {f"entry 10.{f.site_number}.0.0/24": {}}} if f.ok("VTY-001") else {}),
        "service": {
            f"disable-telnet {'yes' if f.ok('SSH-001') else 'no'}": None,
            "disable-http yes": None,
        },
        "snmp-setting": {
            "access-setting": {
                "version": {
                    "v2c": {
                        f"snmp-community-string {community}": None,
                    }
                }
            }
        },
        "ntp-servers": {
            "primary-ntp-server": {f"ntp-server-address {f.ntp[0]}": None},
            **(
                {"secondary-ntp-server": {f"ntp-server-address {f.ntp[1]}": None}}
                if f.ok("NTP-001")
                else {}
            ),
        },
    }


def _rule(f: Facts, i: int) -> Tree:
    return {
        "to [ untrust ]": None,
        "from [ trust ]": None,
        f"source [ net-{i % 50:03d} ]": None,
        "destination [ any ]": None,
        "application [ ssl web-browsing ]": None,
        "service [ application-default ]": None,
        "action allow": None,
        f'description "zone {i % 20} of {f.host}"': None,
    }
