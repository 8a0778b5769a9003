# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape of a rule file, as data: the loader reads by it and the JSON Schema is written from it.

``python -m ansible_collections.prime.netops.plugins.plugin_utils.compliance.rules.schema`` prints
the schema; ``rule.schema.json`` beside this file is what it printed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ..results import Relation, Severity


class Kind(Enum):
    """What a value may be."""

    TEXT = "a text"
    TEXTS = "a list of texts"
    NAME = "a name of letters, digits, '.', '_' and '-'"
    PATTERN = "a pattern"
    SECTION = "a pattern, or a list of patterns from the outside in"
    REGEX = "a regular expression"
    REGEXES = "a mapping of fields to regular expressions"
    NUMBER = "a number, or a parameter such as '{limit}'"
    NUMBERS = "a mapping of names to numbers"
    BOOLEAN = "true or false"
    STATE = "one of pass, fail, not_applicable, unknown"
    CHECK = "a check"
    CHECKS = "a list of checks"
    VALUES = "a mapping"
    SEVERITY = f"one of {', '.join(Severity)}"
    RELATION = f"one of {', '.join(Relation)}"
    PROFILES = "a list of profiles, or a mapping of profiles to parameters"
    REFERENCES = "a list of references"
    APPLIES_TO = "a mapping of platforms, roles and groups"
    PLATFORM_CHECKS = "a list of checks with their platforms"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping."""

    kind: Kind
    about: str
    required: bool = False


Keys = Mapping[str, Key]

_IN = Key(Kind.SECTION, "look inside these sections only")
_NONE = Key(Kind.STATE, "the result where there is none at all", required=True)
_MIN = Key(Kind.NUMBER, "the least that is right")
_MAX = Key(Kind.NUMBER, "the most that is right")

COMMON: Keys = {
    "message": Key(Kind.TEXT, "what a reader is told when this check fails; may hold {captures}"),
    "top": Key(Kind.BOOLEAN, "look at the whole configuration, out of the section at hand"),
}
"""Keys that every check may have."""

CHECKS: Mapping[str, Keys] = {
    "require": {
        "require": Key(Kind.PATTERN, "at least one line matches", required=True),
        "in": _IN,
    },
    "forbid": {
        "forbid": Key(Kind.PATTERN, "no line matches", required=True),
        "in": _IN,
    },
    "each_section": {
        "each_section": Key(Kind.SECTION, "the check holds inside each section", required=True),
        "check": Key(Kind.CHECK, "what has to hold in each", required=True),
        "none": _NONE,
    },
    "each_line": {
        "each_line": Key(Kind.PATTERN, "the check holds for each line", required=True),
        "in": _IN,
        "first": Key(Kind.BOOLEAN, "only for the first such line: where the order decides"),
        "check": Key(Kind.CHECK, "what has to hold for each", required=True),
        "none": _NONE,
    },
    "line": {
        "line": Key(Kind.PATTERN, "the line at hand of each_line matches this too", required=True),
    },
    "count": {
        "count": Key(Kind.PATTERN, "so many lines match", required=True),
        "in": _IN,
        "distinct": Key(Kind.TEXT, "count the different values of this group, not the lines"),
        "min": _MIN,
        "max": _MAX,
    },
    "number": {
        "number": Key(Kind.PATTERN, "the number in each matching line is right", required=True),
        "in": _IN,
        "min": _MIN,
        "max": _MAX,
        "unit": Key(Kind.NUMBERS, "group: factor; their products are added up (value: 1)"),
        "words": Key(Kind.NUMBERS, "word: the number that it stands for"),
        "default": Key(Kind.NUMBER, "the device's default, which it does not print"),
        "absent": Key(Kind.STATE, "the result where no line matches, in place of a default"),
    },
    "set": {
        "set": Key(Kind.PATTERN, "the values of the group `value`, as a set", required=True),
        "in": _IN,
        "equals": Key(Kind.TEXT, "the inventory variable that holds the same values"),
        "contains": Key(Kind.TEXT, "the inventory variable whose values are all among them"),
        "within": Key(Kind.TEXT, "the inventory variable that they are all among"),
        "min": _MIN,
        "undefined": Key(Kind.STATE, "the result where the variable is not set (unknown)"),
    },
    "text": {
        "text": Key(Kind.SECTION, "free text, such as a banner, in full", required=True),
        "contains": Key(Kind.REGEX, "found somewhere in it, in any case"),
        "lacks": Key(Kind.REGEX, "found nowhere in it, in any case"),
        "none": Key(Kind.STATE, "the result where there is no such text (fail)"),
    },
    "all": {"all": Key(Kind.CHECKS, "all of them hold", required=True)},
    "any": {"any": Key(Kind.CHECKS, "at least one of them holds", required=True)},
    "not": {"not": Key(Kind.CHECK, "it does not hold", required=True)},
    "function": {
        "function": Key(Kind.TEXT, "a Python function, package.module:name", required=True),
        "args": Key(Kind.VALUES, "what it is called with besides"),
    },
    "state": {
        "state": Key(Kind.TEXT, "a show command; its parsed rows are judged", required=True),
        "where": Key(Kind.REGEXES, "look at the rows whose fields match"),
        "each": Key(Kind.REGEXES, "the fields of each such row match"),
        "min": _MIN,
        "max": _MAX,
        "missing": Key(Kind.STATE, "the result where there is no output to judge (unknown)"),
    },
}
"""Check by its first key; each has exactly one of these."""

RULE: Keys = {
    "id": Key(Kind.NAME, "unique in the rule set; a user's rule replaces a shipped one", True),
    "title": Key(Kind.TEXT, "what the rule asks, in one line", required=True),
    "rationale": Key(Kind.TEXT, "why", required=True),
    "severity": Key(Kind.SEVERITY, "how bad a failure is", required=True),
    "weight": Key(Kind.NUMBER, "share in the score; by severity where it is left out"),
    "references": Key(Kind.REFERENCES, "where frameworks ask for it"),
    "profiles": Key(Kind.PROFILES, "the profiles that it belongs to"),
    "params": Key(Kind.VALUES, "parameters and their defaults"),
    "applies_to": Key(Kind.APPLIES_TO, "the devices that it is for; all where it is left out"),
    "checks": Key(Kind.PLATFORM_CHECKS, "what is checked on which platform", required=True),
}

REFERENCE: Keys = {
    "framework": Key(Kind.TEXT, "CIS, STIG, NIST, PCI DSS, ...", required=True),
    "benchmark": Key(Kind.TEXT, "the document", required=True),
    "version": Key(Kind.TEXT, "its version", required=True),
    "id": Key(Kind.TEXT, "the control's number in it", required=True),
    "relation": Key(Kind.RELATION, "how the rule stands to it", required=True),
    "platforms": Key(Kind.TEXTS, "the platforms that the document is about"),
    "unconfirmed": Key(Kind.BOOLEAN, "the number was not read in the document itself"),
}

APPLIES_TO: Keys = {
    "platforms": Key(Kind.TEXTS, "names of platforms"),
    "roles": Key(Kind.TEXTS, "roles; a device without a role is judged"),
    "groups": Key(Kind.TEXTS, "inventory groups, at least one of them"),
}

PLATFORM_CHECK: Keys = {
    "platforms": Key(Kind.TEXTS, "the platforms that this is for", required=True),
    "check": Key(Kind.CHECK, "what has to hold"),
    "not_applicable": Key(Kind.TEXT, "in place of a check: why there is nothing to check"),
    "when": Key(Kind.CHECK, "the rule applies only where this holds: a feature is in use"),
    "otherwise": Key(Kind.TEXT, "the reason given where it does not"),
    "remediation": Key(Kind.TEXT, "the lines that mend it, a Jinja2 template"),
}

PACK: Keys = {
    "name": Key(Kind.NAME, "the pack's name", required=True),
    "title": Key(Kind.TEXT, "what it is", required=True),
    "version": Key(Kind.TEXT, "its version", required=True),
    "profiles": Key(Kind.VALUES, "profile: what it stands for"),
}
