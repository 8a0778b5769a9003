"""A contestant of the compliance benchmark: judges all configurations of a directory.

    judge.py TREE DIRECTORY TIMES

TREE says whose parser reads the texts: `ours`, `netutils` or `hier_config`. The rules are the
shipped ones for all, and so is what judges by them; what a parser built is turned into our
tree, which is part of what it costs. Each text is read, judged and forgotten, TIMES times over. The
last line is what came out: how many texts, how many verdicts in each state, and a hash of them all.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    DeviceFacts,
    load,
    ruleset,
)
from ansible_collections.prime.netops.plugins.plugin_utils.config.tree import Tree, parse
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import (
    Platform,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import (
    load as platform,
)

PLATFORM = "cisco_ios"
VARIABLES = {
    "compliance_ntp": ["10.1.0.11", "10.1.0.12"],
    "compliance_syslog": ["10.1.0.21", "10.1.0.22"],
}
Parse = Callable[[str, Platform], Tree]


def by_netutils() -> Parse:
    """netutils' IOS parser; it keeps a banner's lines as a child of the banner."""
    from netutils.config.parser import IOSConfigParser

    def read(text: str, _platform: Platform) -> Tree:
        tree = Tree(lines=[], levels=True)
        known: dict[tuple[str, ...], int] = {}
        for line in IOSConfigParser(text).build_config_relationship():
            parent = known[line.parents] if line.parents else -1
            if parent >= 0 and line.parents[0].startswith("banner "):
                tree.bodies[parent] = line.config_line
                continue
            words = " ".join(line.config_line.split())
            known[(*line.parents, line.config_line)] = tree.add(words, 1, parent)
        tree.lines = tree.texts
        return tree

    return read


def by_hier_config() -> Parse:
    """hier_config, which takes its time for what it offers besides."""
    from hier_config import Platform as Vendor
    from hier_config import get_hconfig

    def read(text: str, _platform: Platform) -> Tree:
        tree = Tree(lines=[], levels=True)
        known: dict[int, int] = {}
        for child in get_hconfig(Vendor.CISCO_IOS, text).all_children():
            parent = known.get(id(child.parent), -1)
            first, newline, _rest = child.text.partition("\n")
            known[id(child)] = node = tree.add(" ".join(first.split()), 1, parent)
            if newline:
                tree.bodies[node] = child.text
        tree.lines = tree.texts
        return tree

    return read


TREES: dict[str, Callable[[], Parse]] = {
    "ours": lambda: parse,
    "netutils": by_netutils,
    "hier_config": by_hier_config,
}


def main(tree: str, directory: Path, times: int) -> None:
    """Judge, and print what came out."""
    ruleset.parse = TREES[tree]()  # type: ignore[attr-defined]
    rules, vendor = load(), platform(PLATFORM)
    states: Counter[str] = Counter()
    digest = hashlib.sha256()
    paths = sorted(directory.glob("*.cfg")) * times
    for path in paths:
        facts = DeviceFacts(path.stem, vendor.name, role="access", variables=VARIABLES)
        verdict = rules.judge(path.read_text(encoding="utf-8"), facts)
        states.update(finding.state.value for finding in verdict.findings)
        digest.update(repr([finding.state.value for finding in verdict.findings]).encode())
    print(json.dumps({"texts": len(paths), "states": states, "digest": digest.hexdigest()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
