# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet that never was, for the reports: of any size, and as hostile as names can be."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from ansible_collections.prime.netops.plugins.plugin_utils.compliance.report.model import (
    DeviceReport,
    RunReport,
    TrendPoint,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.results import (
    Evidence,
    Finding,
    Reference,
    Relation,
    RuleInfo,
    Severity,
    State,
    WaiverNote,
    score,
)

RUN_ID = "20261124T030000Z-ab12cd"
NOW = datetime(2026, 11, 24, 3, tzinfo=UTC)
PLATFORMS = ("cisco_ios", "cisco_nxos", "arista_eos", "juniper_junos", "fortinet")
FAMILIES = ("AAA", "PWD", "SSH", "VTY", "BAN", "LOG", "NTP", "SNM", "SVC", "RTG")

HOSTILE = (
    "</script><script>window.hacked=1</script>",
    "<img src=x onerror=window.hacked=1>",
    '=HYPERLINK("http://evil.example/","click")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3",
    "\t=1+1",
    "]]><!--<![CDATA[",
    "'\"&<>`|\\",
    "| a | [b](javascript:window.hacked=1) ![c](x)",
    "a\u2028b\u0000\u001b[31mc\ufffe",
    "\udce4\udcf6",
    "Zoë 設備 🙂",
    "x" * 5_000,
)
"""What a device, its banner or a person may be called, and what somebody hopes for by it."""


def rules(count: int = 42) -> tuple[RuleInfo, ...]:
    """Rules of every severity."""
    return tuple(_rule(number) for number in range(count))


def _rule(number: int) -> RuleInfo:
    severity = list(Severity)[number % 4]
    cis = Reference("CIS", "Cisco IOS XE 17.x", "2.2.1", f"1.{number}", Relation.EQUAL)
    nist = Reference("NIST", "SP 800-53", "5", "AC-4", Relation.PARTIAL, platforms=("cisco_ios",))
    return RuleInfo(
        id=f"{FAMILIES[number % len(FAMILIES)]}-{number // len(FAMILIES) + 1:03d}",
        title=f"Something that matters, number {number}",
        rationale="Without it, somebody may do something.",
        severity=severity,
        weight=severity.weight,
        references=(cis, nist),
        profiles=("baseline",),
        platforms=PLATFORMS,
        pack="prime",
        source="somewhere.yml:1",
    )


def fleet(
    count: int, of: tuple[RuleInfo, ...], sites: int = 20, seed: int = 1
) -> Iterator[DeviceReport]:
    """Devices with all kinds of results, one after the other."""
    chance = random.Random(seed)
    bad = [chance.uniform(0.3, 1.6) for _site in range(sites)]
    fails = [chance.choice((0.02, 0.05, 0.1, 0.3, 0.6)) for _rule in of]
    for number in range(count):
        site = number // len(PLATFORMS) % sites
        platform = PLATFORMS[number % len(PLATFORMS)]
        name = f"site{site:03d}-{platform[-4:]}-{number:05d}"
        if number % 97 == 50:
            findings = [Finding(rule.id, State.UNKNOWN, "no configuration") for rule in of]
        else:
            findings = [
                _finding(rule, chance.random() < fails[index] * bad[site], chance, number + index)
                for index, rule in enumerate(of)
            ]
        yield device(name, f"site{site:03d}", platform, of, findings)


def device(
    name: str,
    site: str,
    platform: str,
    of: tuple[RuleInfo, ...],
    findings: list[Finding],
) -> DeviceReport:
    """A device with these findings."""
    result = score((rule.weight, each.state) for rule, each in zip(of, findings, strict=True))
    failing = result is not None and result < 70
    return DeviceReport(
        name=name,
        site=site,
        platform=platform,
        role="access",
        score=result,
        verdict="unjudged" if result is None else "failing" if failing else "compliant",
        findings=tuple(findings),
        reason="the store has no configuration of it" if result is None else "",
        file=f"{site}/{name}",
        since={each.rule: NOW.isoformat() for each in findings if each.state is State.FAIL},
    )


def _finding(rule: RuleInfo, fails: bool, chance: random.Random, line: int) -> Finding:
    evidence = (Evidence(line + 1, "transport input telnet ssh", f"line vty {line % 16} 15"),)
    if not fails:
        state = State.NOT_APPLICABLE if line % 7 == 0 else State.PASS
        return Finding(rule.id, state, "as it should be", evidence)
    state = chance.choices((State.FAIL, State.WAIVED, State.ERROR), (90, 8, 2))[0]
    waiver = WaiverNote("W-1", "Goes in the spring", "noc@example.net", "2027-03-31")
    return Finding(
        rule=rule.id,
        state=state,
        message="it is not as it should be",
        evidence=evidence,
        remediation=("line vty 0 15", " transport input ssh"),
        waiver=waiver if state is State.WAIVED else None,
        diff=("  line vty 0 15", "-  transport input telnet", "+  transport input ssh"),
        warning="The waiver W-0 expired on 2026-10-01." if line % 50 == 0 else "",
    )


def hostile_fleet(of: tuple[RuleInfo, ...]) -> Iterator[DeviceReport]:
    """A device for each hostile text, which stands wherever a text can stand."""
    for text in HOSTILE:
        waiver = WaiverNote(text, text, text, "2027-03-31")
        findings = [
            Finding(
                rule.id,
                state,
                text,
                (Evidence(3, text, text),),
                (text, f" {text}"),
                waiver if state is State.WAIVED else None,
                text,
                (text, f"+ {text}"),
            )
            for rule, state in zip(of, [*State] * len(of), strict=False)
        ]
        made = device(text, text, text, of, findings)
        yield DeviceReport(
            name=made.name,
            site=text,
            platform=text,
            role=text,
            score=made.score,
            verdict=made.verdict,
            findings=made.findings,
            reason=text,
            file=text,
            since=made.since,
        )


def run(
    devices: list[DeviceReport], of: tuple[RuleInfo, ...], runs: int = 29, title: str = "The fleet"
) -> RunReport:
    """The run that found all this, after others."""
    scores = [each.score for each in devices if each.score is not None]
    mean = round(sum(scores) / len(scores), 1) if scores else None
    earlier = [
        TrendPoint(
            f"r{day}",
            (NOW - timedelta(days=runs - day)).isoformat(),
            round(60 + day * 0.5 + day % 3, 1),
            len(devices),
        )
        for day in range(runs)
    ]
    return RunReport(
        run_id=RUN_ID,
        started=NOW.isoformat(),
        profile="cis",
        min_score=70,
        rules=of,
        devices=len(devices),
        score=mean,
        verdicts={
            verdict: sum(each.verdict == verdict for each in devices)
            for verdict in ("compliant", "failing", "unjudged")
        },
        states={
            state.value: sum(found.state is state for each in devices for found in each.findings)
            for state in State
        },
        trend=(*earlier, TrendPoint(RUN_ID, NOW.isoformat(), mean, len(devices))),
        title=title,
        generator="prime.netops 0.1.0",
    )
