# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/rule-pack.md, written from the rules.

``python -m tests.unit.plugins.plugin_utils.compliance.packs.page`` prints it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    PRIME,
    Reference,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.rules.loader import (
    PlatformSpec,
    RuleSpec,
    read_directory,
    read_pack,
)

PLATFORMS = {
    "cisco_ios": "IOS",
    "cisco_xe": "XE",
    "cisco_nxos": "NX-OS",
    "cisco_xr": "XR",
    "arista_eos": "EOS",
    "juniper_junos": "Junos",
    "nokia_sros": "SR OS",
    "huawei_vrp": "VRP",
    "fortinet": "FortiOS",
    "paloalto_panos": "PAN-OS",
}
"""The platforms of the pack, and what stands above their columns."""

_TOP = """\
# The rule pack

The rules that the collection ships, written from their files in
`plugins/plugin_utils/compliance/packs/prime/`. Print this page anew with
`python -m tests.unit.plugins.plugin_utils.compliance.packs.page > docs/rule-pack.md`. How a rule is
written, and how yours takes the place of one of these: [rules.md](rules.md).

- [Rules and platforms](#rules-and-platforms)
- [Profiles](#profiles)
- [Parameters](#parameters)
- [References](#references)
- [Where a rule does not apply, and why](#where-a-rule-does-not-apply-and-why)
- [What a verdict rests on](#what-a-verdict-rests-on)

## Rules and platforms

- **●** the rule is checked
- **○** it is checked where the feature is in use, and is not applicable elsewhere
- **·** it is not applicable; [why](#where-a-rule-does-not-apply-and-why)

"""

_REFERENCES = """
## References

*equal*: the rule asks what the control asks; *stricter*: it asks that and more; *partial*: it asks
less, or a part. No report calls a control passed that a rule meets in part. *unconfirmed*: the
number was not read in the document itself; confirm it before you show it to an auditor.

Numbers only. The text of the CIS benchmarks may not be passed on, and their numbers move from
version to version: the version stands with each. STIG numbers are those of the requirement, which
its releases keep; no release is pinned here. For SR OS and VRP no CIS benchmark and no STIG was
found.

"""

_BOTTOM = """
## What a verdict rests on

- **The running configuration, and no more.** It does not print defaults. Where a rule knows the
  default of a platform, silence counts as that default, and the message says so. Defaults differ
  between releases: where yours differs, a rule of your own takes the place of the shipped one.
- **The site's servers.** LOG-001 and NTP-001 compare with the inventory variables
  `compliance_syslog` and `compliance_ntp`. A device that has none is asked for two servers,
  whichever they are.
- **The kind of a hash, not that there is one.** Type 5 is MD5 on IOS, and SHA-256 on NX-OS where
  the hash begins with `$5$`.
- **A list that exists.** An access-class or a community whose ACL is not defined fails. So does an
  access-class whose ACL lets everybody in.
- **SNMP users** do not stand in the configuration of IOS and IOS XE. SNM-004 judges them by the
  output of `show snmp user`, which a run with `compliance_fresh: true` asks for. Where stored
  copies are judged, what is wrong with the groups fails; the rule is `unknown` otherwise.
- **RTG-001** looks at BGP alone on FortiOS and PAN-OS.
- **SVC-004** takes a port for one towards strangers by its description, on FortiOS by its role. Set
  the parameter `untrusted` to the words that your descriptions use.
"""


def page() -> str:
    """Return the whole page."""
    rules = sorted(read_directory(PRIME), key=lambda rule: rule.info.id)
    return "".join(
        (
            _TOP,
            _table(["Rule", "Title", "Severity", *PLATFORMS.values()], map(_row, rules)),
            "\n## Profiles\n\n",
            _table(["Profile", "What it stands for", "Rules"], _profiles(rules)),
            "\n## Parameters\n\n",
            _table(["Parameter", "Default", "Rules", "In a profile"], _parameters(rules)),
            _REFERENCES,
            _table(["Rule", "References"], ([r.info.id, _references(r)] for r in rules)),
            "\n## Where a rule does not apply, and why\n\n",
            _table(["Rule", "Platforms", "Why"], _reasons(rules)),
            _BOTTOM,
        )
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _row(rule: RuleSpec) -> list[str]:
    marks = {name: _mark(spec) for spec in rule.checks for name in spec.platforms}
    return [
        f"`{rule.info.id}`",
        rule.info.title,
        str(rule.info.severity),
        *(marks[name] for name in PLATFORMS),
    ]


def _mark(spec: PlatformSpec) -> str:
    if spec.check is None:
        return "·"
    return "○" if spec.when or spec.check.values.get("none") == "not_applicable" else "●"


def _profiles(rules: Sequence[RuleSpec]) -> Iterator[list[str]]:
    for name, about in read_pack(PRIME / "pack.yml")["profiles"].items():
        count = sum(name in rule.profiles for rule in rules)
        yield [f"`{name}`", about, str(count)]


def _parameters(rules: Sequence[RuleSpec]) -> Iterator[list[str]]:
    defaults = {name: value for rule in rules for name, value in rule.parameters.items()}
    for name in sorted(defaults):
        having = [rule for rule in rules if name in rule.parameters]
        set_by = {
            f"`{profile}`: {values[name]}"
            for rule in having
            for profile, values in rule.profiles.items()
            if name in values
        }
        shown = "`{}`".format(str(defaults[name]).replace("|", "\\|")) if defaults[name] else "none"
        yield [
            f"`{name}`",
            shown,
            ", ".join(rule.info.id for rule in having),
            ", ".join(sorted(set_by)),
        ]


def _references(rule: RuleSpec) -> str:
    """The controls, those of one document and relation together."""
    together: dict[tuple[str, str], list[str]] = {}
    for one in rule.info.references:
        together.setdefault((_document(one), _standing(one)), []).append(one.id)
    return "<br>".join(
        f"{document}: {', '.join(ids)} ({standing})"
        for (document, standing), ids in together.items()
    )


def _document(one: Reference) -> str:
    name = one.benchmark if one.framework in one.benchmark else f"{one.framework} {one.benchmark}"
    return name if one.version == "not pinned" else f"{name} {one.version}"


def _standing(one: Reference) -> str:
    return f"{one.relation}, unconfirmed" if one.unconfirmed else str(one.relation)


def _reasons(rules: Sequence[RuleSpec]) -> Iterator[list[str]]:
    for rule in rules:
        together: dict[str, list[str]] = {}
        for spec in rule.checks:
            if reason := spec.not_applicable or spec.otherwise:
                together.setdefault(reason, []).extend(spec.platforms)
        for reason, names in together.items():
            yield [rule.info.id, ", ".join(PLATFORMS[name] for name in names), reason]


if __name__ == "__main__":
    print(page(), end="")
