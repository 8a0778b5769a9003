# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read rule files by their shape, and say what is wrong with file and line."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UnknownPlatform
from ...platforms import own_name
from ..results import Reference, Relation, RuleInfo, Severity
from . import shape
from .shape import Keys, Kind
from .source import CheckSpec, Entry, RuleError, Source

PACK_FILE = "pack.yml"
_STATES = ("pass", "fail", "not_applicable", "unknown")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_PARAMETER = re.compile(r"\{[a-z_][a-z0-9_]*\}")


@dataclass(frozen=True, slots=True)
class PlatformSpec:
    """What a rule checks on some platforms, as it was written."""

    platforms: tuple[str, ...]
    check: CheckSpec | None
    not_applicable: str
    when: CheckSpec | None
    otherwise: str
    remediation: str
    line: int


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule as it was written."""

    info: RuleInfo
    parameters: Mapping[str, Any]
    profiles: Mapping[str, Mapping[str, Any]]
    """Profile: the parameters that it sets."""
    platforms: tuple[str, ...]
    roles: tuple[str, ...]
    groups: tuple[str, ...]
    checks: tuple[PlatformSpec, ...]
    source: Source


def read_directory(directory: Path) -> list[RuleSpec]:
    """Read all rules of a directory, in the order of their files' names.

    Raises:
        RuleError: a file is wrong, an id comes twice, or there is no rule.
    """
    pack = directory / PACK_FILE
    name = read_pack(pack)["name"] if pack.exists() else directory.name
    paths = sorted(p for p in directory.glob("*.y*ml") if p.name != PACK_FILE)
    rules = [rule for path in paths for rule in read_file(path, name)]
    if not rules:
        raise RuleError(f"{directory}: there is no rule (*.yml) in this directory")
    known: dict[str, RuleSpec] = {}
    for rule in rules:
        other = known.setdefault(rule.info.id, rule)
        if other is not rule:
            raise RuleError(f"{rule.info.source}: {rule.info.id} stands in {other.info.source} too")
    return rules


def read_pack(path: Path) -> dict[str, Any]:
    """Read what a pack says of itself."""
    return _read(Source(path).read(), shape.PACK)


def read_file(path: Path, pack: str) -> list[RuleSpec]:
    """Read the rule or the rules of one file.

    Raises:
        RuleError: something in it is wrong; the text names file and line.
    """
    entry = Source(path).read()
    keys = entry.mapping()
    entries = keys["rules"].sequence() if set(keys) == {"rules"} else [entry]
    return [_rule(one, pack) for one in entries]


def _rule(entry: Entry, pack: str) -> RuleSpec:
    values = _read(entry, shape.RULE)
    severity = Severity(values["severity"])
    checks: tuple[PlatformSpec, ...] = values["checks"]
    platforms = [name for check in checks for name in check.platforms]
    if twice := {name for name in platforms if platforms.count(name) > 1}:
        raise entry.error(f"{values['id']}: {', '.join(sorted(twice))} has more than one check")
    weight = values.get("weight", severity.weight)
    if not isinstance(weight, int) or weight < 0:
        raise entry.error(f"{values['id']}: weight: a whole number of 0 or more is expected")
    profiles: Mapping[str, Mapping[str, Any]] = values.get("profiles", {})
    known = values.get("params", {})
    for profile, given in profiles.items():
        if unknown := sorted(set(given) - set(known)):
            problem = f"the rule has no parameter {unknown[0]!r}, which {profile} sets"
            raise entry.error(f"{values['id']}: profiles: {problem}")
    applies = values.get("applies_to", {})
    info = RuleInfo(
        id=values["id"],
        title=" ".join(values["title"].split()),
        rationale=" ".join(values["rationale"].split()),
        severity=severity,
        weight=weight,
        references=values.get("references", ()),
        profiles=tuple(profiles),
        platforms=tuple(name for c in checks if c.check is not None for name in c.platforms),
        pack=pack,
        source=f"{entry.source.path}:{entry.line}",
    )
    return RuleSpec(
        info=info,
        parameters=known,
        profiles=profiles,
        platforms=_platforms(entry, applies.get("platforms", ())),
        roles=tuple(applies.get("roles", ())),
        groups=tuple(applies.get("groups", ())),
        checks=checks,
        source=entry.source,
    )


def _platform_check(entry: Entry) -> PlatformSpec:
    values = _read(entry, shape.PLATFORM_CHECK)
    if ("check" in values) == ("not_applicable" in values):
        raise entry.error("either check or not_applicable is needed")
    return PlatformSpec(
        platforms=_platforms(entry, values["platforms"]),
        check=values.get("check"),
        not_applicable=values.get("not_applicable", ""),
        when=values.get("when"),
        otherwise=values.get("otherwise", ""),
        remediation=values.get("remediation", ""),
        line=entry.line,
    )


def _platforms(entry: Entry, names: Iterable[str]) -> tuple[str, ...]:
    try:
        return tuple(map(own_name, names))
    except UnknownPlatform as error:
        raise entry.error(str(error)) from error


def _reference(entry: Entry) -> Reference:
    values = _read(entry, shape.REFERENCE)
    platforms = _platforms(entry, values.pop("platforms", ()))
    return Reference(
        **{**values, "relation": Relation(values["relation"])},
        platforms=platforms,
    )


def read_check(entry: Entry) -> CheckSpec:
    """Read a check and those in it."""
    keys = entry.mapping()
    kinds = [name for name in shape.CHECKS if name in keys]
    if len(kinds) != 1:
        found = " and ".join(kinds) or ", ".join(keys) or "nothing"
        raise entry.error(f"a check has one of {', '.join(shape.CHECKS)}; here is {found}")
    values = _read(entry, {**shape.CHECKS[kinds[0]], **shape.COMMON})
    return CheckSpec(kinds[0], values, entry.line)


def _read(entry: Entry, keys: Keys) -> dict[str, Any]:
    """Read a mapping by its shape."""
    found = entry.mapping()
    for name, value in found.items():
        if name not in keys:
            near = difflib.get_close_matches(name, keys, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(keys)}"
            raise value.error(f"there is no key {name!r} here; {hint}")
    for name, key in keys.items():
        if key.required and name not in found:
            raise entry.error(f"the key {name!r} is missing")
    return {name: _value(value, name, keys[name].kind) for name, value in found.items()}


def _value(entry: Entry, name: str, kind: Kind) -> Any:
    special = _SPECIAL.get(kind)
    if special is not None:
        return special(entry)
    value = entry.value()
    if not _IS[kind](value):
        raise entry.error(f"{name}: {kind.value} is expected, not {_short(value)}")
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _profiles(entry: Entry) -> dict[str, Mapping[str, Any]]:
    value = entry.value()
    if _texts(value):
        return {name: {} for name in value}
    if not _values(value) or not all(isinstance(v, dict) for v in value.values()):
        raise entry.error(f"profiles: {Kind.PROFILES.value} is expected")
    return dict(value)


def _several(read: Callable[[Entry], Any]) -> Callable[[Entry], tuple[Any, ...]]:
    def all_of(entry: Entry) -> tuple[Any, ...]:
        return tuple(read(one) for one in entry.sequence())

    return all_of


def _text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(map(_text, value))


def _values(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


def _number(value: Any) -> bool:
    if isinstance(value, str):
        return _PARAMETER.fullmatch(value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


_SPECIAL: Mapping[Kind, Callable[[Entry], Any]] = {
    Kind.CHECK: read_check,
    Kind.CHECKS: _several(read_check),
    Kind.REFERENCES: _several(_reference),
    Kind.APPLIES_TO: lambda entry: _read(entry, shape.APPLIES_TO),
    Kind.PLATFORM_CHECKS: _several(_platform_check),
    Kind.PROFILES: _profiles,
}
_IS: Mapping[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: _text,
    Kind.TEXTS: _texts,
    Kind.NAME: lambda value: isinstance(value, str) and bool(_NAME.fullmatch(value)),
    Kind.PATTERN: _text,
    Kind.SECTION: lambda value: _text(value) or _texts(value),
    Kind.REGEX: _text,
    Kind.REGEXES: lambda value: _values(value) and bool(value) and all(map(_text, value.values())),
    Kind.NUMBER: _number,
    Kind.NUMBERS: lambda value: (
        _values(value) and all(_number(one) and not isinstance(one, str) for one in value.values())
    ),
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
    Kind.STATE: lambda value: value in _STATES,
    Kind.VALUES: _values,
    Kind.SEVERITY: lambda value: value in list(Severity),
    Kind.RELATION: lambda value: value in list(Relation),
}
