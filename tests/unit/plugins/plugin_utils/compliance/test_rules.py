# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rule file is right, or its error names file, line and remedy; the schema says the same."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    PRIME,
    RuleError,
    load,
    load_waivers,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.rules import shape
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.rules.schema import schema

from .conftest import HEAD

ROOT = Path(__file__).parents[5]
SCHEMA = ROOT / "plugins/plugin_utils/compliance/rules/rule.schema.json"
PAGE = ROOT / "docs/rules.md"
Write = Callable[..., Path]

GOOD = f"{HEAD}checks:\n  - platforms: [cisco_ios]\n    check: {{require: a}}\n"


REFERENCE = """\
references:
  - {framework: CIS, benchmark: b, version: 2.2, id: '1', relation: equal}
"""


def blocks() -> Iterator[Any]:
    """Every YAML block of the page."""
    for text in re.findall(r"^```yaml\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S):
        yield yaml.safe_load(text)


def check_file(line: str) -> str:
    """A rule whose check is this one line, which is line 7 of the file."""
    return f"{HEAD}checks:\n  - platforms: [cisco_ios]\n    check: {line}\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD.replace("severity", "severty"), 4, "no key 'severty' here; did you mean 'severity'?"),
        (GOOD.replace("high", "urgent"), 4, "severity: one of low, medium, high, critical"),
        (GOOD.replace("rationale: Because.\n", ""), 1, "the key 'rationale' is missing"),
        (GOOD.replace("cisco_ios", "cisco_iso"), 6, "near matches: cisco_ios"),
        (GOOD + "weight: -1\n", 1, "weight: a whole number of 0 or more"),
        (GOOD + "id: T-002\n", 1, "the key 'id' stands here twice"),
        (GOOD + "  broken", 9, "not YAML"),
        ("", 1, "the file is empty"),
        ("- a\n", 1, "a mapping is expected"),
        (check_file("{requires: a}"), 7, "a check has one of require, forbid"),
        (check_file("{require: a, forbid: b}"), 7, "here is require and forbid"),
        (check_file("{require: '('}"), 7, "'(' is no pattern"),
        (check_file("{require: 'a '}"), 7, "without a blank"),
        (
            check_file("{require: 'a {b}'}"),
            7,
            "{b} in 'a {b}' is no parameter and captured nowhere",
        ),
        (check_file("{count: a}"), 7, "min or max is needed"),
        (check_file("{count: a, min: '{x}'}"), 7, "min: there is no parameter 'x'"),
        (check_file("{count: a, min: 1, distinct: b}"), 7, "the pattern has no group 'b'"),
        (check_file("{number: 'a (?P<value>.)', max: 1}"), 7, "either default or absent is needed"),
        (check_file("{number: a, max: 1, absent: fail}"), 7, "the pattern has no group value"),
        (check_file("{set: a, equals: b}"), 7, "the pattern has no group `value`"),
        (check_file("{set: 'a (?P<value>.)'}"), 7, "one of equals, contains and within is needed"),
        (check_file("{text: a}"), 7, "contains or lacks is needed"),
        (check_file("{text: a, contains: '['}"), 7, "'[' is no regular expression"),
        (check_file("{state: show version}"), 7, "each, min or max is needed"),
        (check_file("{function: nowhere}"), 7, "not of the form package.module:function"),
        (check_file("{function: 'no_such_module:f'}"), 7, "cannot be loaded: No module named"),
        (check_file("{each_line: a, check: {require: b}}"), 7, "the key 'none' is missing"),
        (check_file("{each_line: a, none: maybe, check: {require: b}}"), 7, "none: one of pass"),
        (check_file("{all: []}").replace("[]", "a"), 7, "a list is expected"),
        (check_file("{require: a}\n    not_applicable: b"), 6, "either check or not_applicable"),
        (GOOD + "profiles: {stig: {limit: 1}}\n", 1, "no parameter 'limit', which stig sets"),
        (check_file("{require: a}\n    remediation: '{% for %}'"), 6, "remediation: "),
        (
            GOOD + REFERENCE,
            9,
            "version: a text is expected, not 2.2",
        ),
        (
            GOOD + "  - platforms: [ios]\n    check: {require: b}\n",
            1,
            "cisco_ios has more than one",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(
    write: Write, text: str, line: int, words: str
) -> None:
    """Before any device is judged, and so that the author finds it at once."""
    path = write(text)
    with pytest.raises(RuleError) as caught:
        load([path.parent], shipped=False)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)


def test_directories_without_rules_and_ids_that_come_twice_are_errors(write: Write) -> None:
    """A set of rules that is not what somebody thinks is worse than an error."""
    path = write(GOOD)
    write(GOOD, "again.yml")
    with pytest.raises(RuleError, match=r"T-001 stands in .*again\.yml:1 too"):
        load([path.parent], shipped=False)
    empty = path.parent / "empty"
    empty.mkdir()
    with pytest.raises(RuleError, match="there is no rule"):
        load([empty], shipped=False)
    write("\0")
    with pytest.raises(RuleError, match=r"rule\.yml:1: not YAML"):
        load([path.parent], shipped=False)


def test_a_users_rule_replaces_a_shipped_one_and_profiles_choose(write: Write) -> None:
    """The id decides; a profile that nobody belongs to is an error that names those there are."""
    shipped = load()
    first = shipped.rules[0].id
    path = write(GOOD.replace("T-001", first))
    mine = load([path.parent])
    assert len(mine.rules) == len(shipped.rules)
    assert next(rule.pack for rule in mine.rules if rule.id == first) == "rules"
    assert 0 < len(load(profile="stig").rules) < len(shipped.rules)
    with pytest.raises(RuleError, match="there are: baseline, cis, stig"):
        load(profile="nobody")


def test_a_parameter_that_no_rule_has_is_an_error(write: Write) -> None:
    """Misspelt it would change nothing; the message has the right name."""
    path = write(GOOD + "params: {limit: 1}\n")
    load([path.parent], shipped=False, params={"limit": 2, "T-001.limit": 3})
    with pytest.raises(RuleError, match="no rule has a parameter 'limt'; did you mean 'limit'"):
        load([path.parent], shipped=False, params={"limt": 2})


def test_merge_keys_and_several_rules_in_a_file(write: Write) -> None:
    """What two platforms share is written once."""
    path = write(
        "rules:\n- id: A\n  title: a\n  rationale: a\n  severity: low\n"
        "  checks:\n  - &one\n    platforms: [cisco_ios]\n    check: {require: a}\n"
        "  - <<: *one\n    platforms: [arista_eos]\n"
        "- {id: B, title: b, rationale: b, severity: low, checks: [\n"
        "    {platforms: [frr], check: {require: b}}]}\n"
    )
    rules = load([path.parent], shipped=False).rules
    assert [(rule.id, rule.platforms) for rule in rules] == [
        ("A", ("cisco_ios", "arista_eos")),
        ("B", ("frr",)),
    ]
    assert rules[1].source == f"{path}:12"


def test_the_published_schema_is_the_one_that_the_loader_reads_by() -> None:
    """`python -m ...compliance.rules.schema` prints it; the file is that print."""
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == schema()
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("path", sorted(PRIME.glob("[A-Z]*.yml")), ids=lambda path: path.stem)
def test_shipped_rules_are_valid_against_the_schema(path: Path) -> None:
    """An editor that knows the schema shows no error in them."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    jsonschema.validate(content, schema())


def test_schema_and_loader_agree_on_what_is_wrong(write: Write) -> None:
    """What the loader refuses for its shape, an editor underlines."""
    for text in (GOOD.replace("high", "urgent"), check_file("{requires: a}"), GOOD + "wieght: 1\n"):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(yaml.safe_load(text), schema())
    jsonschema.validate(yaml.safe_load(GOOD), schema())


def test_every_example_of_the_page_loads(write: Write) -> None:
    """Rules, checks and waivers: an example that does not load teaches nothing."""
    kinds = set()
    for number, block in enumerate(blocks()):
        if "checks" in block:
            load([write(yaml.safe_dump(block), f"{number}.yml").parent], shipped=False)
        elif "waivers" in block:
            load_waivers(write(yaml.safe_dump(block), f"{number}.txt"))
        elif "cases" not in block and "function" not in block:
            kinds |= set(block) & set(shape.CHECKS)
            params = {"phrase": "x"}
            rule = {**yaml.safe_load(GOOD), "id": f"E-{number}", "params": params}
            rule["checks"] = [{"platforms": ["cisco_ios"], "check": block}]
            load([write(yaml.safe_dump(rule), f"{number}.yml").parent], shipped=False)
    assert kinds >= set(shape.CHECKS) - {"line", "not", "any", "function"}
    text = PAGE.read_text(encoding="utf-8")
    assert [
        kind for kind in shape.CHECKS if f"**`{kind}`**" not in text and f"`{kind}`" not in text
    ] == []


WAIVER = """\
waivers:
  - rules: [AAA-005]
    devices: [r1]
    justification: x
    owner: Ann
    expires: 2026-12-31
"""


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (WAIVER.replace("    owner: Ann\n", ""), 2, "the key 'owner' is missing or empty"),
        (WAIVER.replace("Ann", "''"), 2, "the key 'owner' is missing or empty"),
        (WAIVER.replace("    devices: [r1]\n", ""), 2, "a waiver for everything is no waiver"),
        (WAIVER.replace("2026-12-31", "soon"), 6, "a day such as 2026-12-31 is expected"),
        (WAIVER.replace("[AAA-005]", "AAA-005"), 2, "rules: a list of texts is expected"),
        (WAIVER.replace("devices", "device"), 2, "no key 'device' here"),
        ("rules: []\n", 1, "the one key 'waivers'"),
    ],
)
def test_a_wrong_waiver_is_named_with_file_and_line(
    write: Write, text: str, line: int, words: str
) -> None:
    """Somebody answers for it, for a while, and for something: all of it is needed."""
    path = write(text, "waivers.txt")
    with pytest.raises(RuleError) as caught:
        load_waivers(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert words in str(caught.value)
