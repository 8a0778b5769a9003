# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same verdicts over another program's tree: netutils parses, and our rules judge both.

Wherever netutils keeps the text, the verdicts have to be equal. Texts that it loses are named below
with the reason; one that it does not lose any more fails too. That it reads certificates as
commands, and on NX-OS writes another delimiter around a banner, changes no verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    DeviceFacts,
    RuleSet,
    load,
    rule_test,
)
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import clean
from ansible_collections.prime.netops.plugins.plugin_utils.config.tree import Tree, parse
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load as load_platform
from netutils.config import parser as netutils

from tests.unit.fixtures.configs.samples import samples
from tests.unit.plugins.plugin_utils.config.test_tree import made

FIXTURES = Path(__file__).parents[3] / "fixtures/compliance"
PARSERS = {
    "cisco_ios": netutils.IOSConfigParser,
    "cisco_xe": netutils.IOSConfigParser,
    "cisco_nxos": netutils.NXOSConfigParser,
    "cisco_xr": netutils.IOSXRConfigParser,
    "arista_eos": netutils.EOSConfigParser,
}

LOST = {
    "sample cisco_xr": "raises: the delimiter of the banner stands alone on its line",
    "BAN-001 cisco_xr fail": "raises: one line holds the whole banner",
    "BAN-002 cisco_xr fail": "raises: one line holds the whole banner",
}
"""Texts that netutils loses as a whole."""


@dataclass(frozen=True)
class Case:
    """One configuration, and what is known of its device."""

    name: str
    text: str
    facts: DeviceFacts


@cache
def rules() -> RuleSet:
    """The shipped rules."""
    return load()


def cases() -> Iterator[Case]:
    """What the lab prints, the samples, and every fixture of every rule."""
    for platform in PARSERS:
        for grade in ("good", "fair", "bad"):
            facts = DeviceFacts("r7", platform)
            yield Case(f"lab {grade} {platform}", made(platform, grade=grade, size=8), facts)
    for sample in samples():
        name = sample.platform.name
        if name in PARSERS:
            text = clean(sample.raw, sample.platform).text
            yield Case(f"sample {name}", text, DeviceFacts("r7", name))
    for case in rule_test.read(FIXTURES):
        if case.platform in PARSERS:
            name = f"{case.rule} {case.platform} {case.expect}"
            yield Case(name, case.config, case.facts)


def theirs(text: str, platform: str) -> Tree:
    """netutils' tree in our form: a banner's lines, which it keeps as a child, are its body."""
    tree = Tree(lines=text.split("\n"), levels=True)
    known: dict[tuple[str, ...], int] = {}
    for line in PARSERS[platform](text).build_config_relationship():
        words = " ".join(line.config_line.split())
        parent = known[line.parents] if line.parents else -1
        if line.parents and line.parents[0].startswith("banner "):
            tree.bodies[parent] = f"{line.parents[0]}\n{line.config_line}"
            continue
        if words in load_platform(platform).layout.ends:
            continue
        known[(*line.parents, line.config_line)] = tree.add(words, 1, parent)
    return tree


def verdicts(tree: Tree, case: Case) -> dict[str, str]:
    """State by rule."""
    platform = load_platform(case.facts.platform)
    judged = rules()._judged(tree, platform, case.facts)
    return {one.info.id: one.answer.state.value for one in judged}


def test_verdicts_are_the_same_over_netutils_tree() -> None:
    """On every text that netutils keeps, for every rule."""
    lost, different, compared = set(), {}, 0
    for case in cases():
        platform = case.facts.platform
        try:
            other = theirs(case.text, platform)
        except ValueError:
            lost.add(case.name)
            continue
        compared += 1
        own = verdicts(parse(case.text, load_platform(platform)), case)
        for rule, state in verdicts(other, case).items():
            if state != own[rule]:
                different[f"{case.name}: {rule}"] = f"{own[rule]} here, {state} there"
    assert compared > 500
    assert lost == set(LOST)
    assert different == {}


@pytest.mark.parametrize("platform", sorted(PARSERS))
def test_both_trees_hold_the_same_lines_and_sections(platform: str) -> None:
    """Where a text has neither banner nor certificate, the trees are equal node by node."""
    text = made(platform, size=8)
    for blob in (r"\ncrypto pki [\s\S]*?quit\n", r"\nbanner \w+ ?(\S?)[\s\S]*?\n(?:\1|EOF)\S*\n"):
        text = re.sub(blob, "\n", text)
    ours, other = parse(text, load_platform(platform)), theirs(text, platform)

    def rows(tree: Tree) -> list[tuple[str, ...]]:
        chain = (tuple(tree.texts[a] for a in (*tree.ancestors(i), i)) for i in range(len(tree)))
        return [row for row in chain if not row[-1].startswith("Building configuration")]

    assert rows(ours) == rows(other)
    assert len(rows(ours)) > 100
