# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules of tests: written as a user writes them, loaded from a file."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    DeviceFacts,
    Finding,
    RuleSet,
    load,
)

Ask = Callable[..., Finding]

HEAD = """\
id: T-001
title: A test's rule
rationale: Because.
severity: high
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a rule file, or another one, and return its path."""

    def write(text: str, name: str = "rule.yml") -> Path:
        path = tmp_path / "rules" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    return write


@pytest.fixture
def rules(write: Callable[..., Path]) -> Callable[..., RuleSet]:
    """A rule set of one rule, whose check is given as YAML."""

    def rules(check: str, platform: str = "cisco_ios", more: str = "", head: str = "") -> RuleSet:
        body = textwrap.indent(textwrap.dedent(check).strip(), " " * 6)
        entry = f"checks:\n  - platforms: [{platform}]\n    check:\n{body}\n"
        entry += textwrap.indent(textwrap.dedent(more), " " * 4)
        path = write(f"{HEAD}{textwrap.dedent(head)}{entry}")
        return load([path.parent], shipped=False)

    return rules


@pytest.fixture
def ask(rules: Callable[..., RuleSet]) -> Ask:
    """Judge one text by one check, and return the finding."""

    def ask(
        check: str,
        text: str,
        platform: str = "cisco_ios",
        variables: Mapping[str, Any] | None = None,
        state: Mapping[str, str] | None = None,
        **parts: str,
    ) -> Finding:
        facts = DeviceFacts("r1", platform, variables=variables or {}, state=state or {})
        text = textwrap.dedent(text)
        return rules(check, platform, **parts).judge(text, facts).findings[0]

    return ask
