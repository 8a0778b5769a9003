# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The JSON Schema of rule files, for editors and for other programs; the loader needs none."""

from __future__ import annotations

import json
from typing import Any

from ..results import Relation, Severity
from .shape import (
    APPLIES_TO,
    CHECKS,
    COMMON,
    PLATFORM_CHECK,
    REFERENCE,
    RULE,
    Key,
    Keys,
    Kind,
)

_TEXT = {"type": "string", "minLength": 1}
_NAMES = {"type": "array", "items": _TEXT, "minItems": 1}
_PARAMETER = {"type": "string", "pattern": r"^\{[a-z_][a-z0-9_]*\}$"}

_FRAGMENTS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: _TEXT,
    Kind.TEXTS: _NAMES,
    Kind.NAME: {"type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9._-]*$"},
    Kind.PATTERN: _TEXT,
    Kind.SECTION: {"oneOf": [_TEXT, _NAMES]},
    Kind.REGEX: _TEXT,
    Kind.REGEXES: {"type": "object", "additionalProperties": _TEXT, "minProperties": 1},
    Kind.NUMBER: {"oneOf": [{"type": "number"}, _PARAMETER]},
    Kind.NUMBERS: {"type": "object", "additionalProperties": {"type": "number"}},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.STATE: {"enum": ["pass", "fail", "not_applicable", "unknown"]},
    Kind.CHECK: {"$ref": "#/$defs/check"},
    Kind.CHECKS: {"type": "array", "items": {"$ref": "#/$defs/check"}, "minItems": 1},
    Kind.VALUES: {"type": "object"},
    Kind.SEVERITY: {"enum": list(Severity)},
    Kind.RELATION: {"enum": list(Relation)},
    Kind.PROFILES: {
        "oneOf": [_NAMES, {"type": "object", "additionalProperties": {"type": "object"}}]
    },
    Kind.REFERENCES: {"type": "array", "items": {"$ref": "#/$defs/reference"}},
    Kind.APPLIES_TO: {"$ref": "#/$defs/applies_to"},
    Kind.PLATFORM_CHECKS: {
        "type": "array",
        "items": {"$ref": "#/$defs/platform_check"},
        "minItems": 1,
    },
}


def schema() -> dict[str, Any]:
    """Return the schema of a file that holds one rule, or several under ``rules``."""
    one = {"$ref": "#/$defs/rule"}
    several = {
        "type": "object",
        "properties": {"rules": {"type": "array", "items": one, "minItems": 1}},
        "required": ["rules"],
        "additionalProperties": False,
    }
    platform_check = {
        **_mapping(PLATFORM_CHECK),
        "oneOf": [{"required": ["check"]}, {"required": ["not_applicable"]}],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Compliance rules of prime.netops",
        "oneOf": [one, several],
        "$defs": {
            "rule": _mapping(RULE),
            "reference": _mapping(REFERENCE),
            "applies_to": _mapping(APPLIES_TO),
            "platform_check": platform_check,
            "check": {"oneOf": [_mapping({**keys, **COMMON}) for keys in CHECKS.values()]},
        },
    }


def _mapping(keys: Keys) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _property(key) for name, key in keys.items()},
        "required": [name for name, key in keys.items() if key.required],
        "additionalProperties": False,
    }


def _property(key: Key) -> dict[str, Any]:
    return {"description": key.about, **_FRAGMENTS[key.kind]}


def main() -> None:
    """Print the schema."""
    print(json.dumps(schema(), indent=1))  # noqa: T201 - a program


if __name__ == "__main__":
    main()
