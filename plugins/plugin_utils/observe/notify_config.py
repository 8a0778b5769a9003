# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is told of what: targets, and the routes that lead to them.

The shapes of the alert file. Whatever is wrong in it is an error that names the key, since an alert
that was never sent because of a misspelt word is found out about at the worst time.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

EVENTS = frozenset({"failure", "compliance", "breaker_opened", "login_budget"})
"""What there is to tell. A failure is a device's or a host's; the end of any of these is told to
whoever was told of it."""

IMMEDIATE = frozenset({"breaker_opened", "login_budget"})
"""Told as they happen: while the run goes on somebody may still stop it or mend the cause."""


class Severity(IntEnum):
    """How much it matters; a route takes its own severity and what is above it."""

    INFO = 0
    WARNING = 1
    CRITICAL = 2

    @classmethod
    def named(cls, name: str, where: str) -> Severity:
        """The severity of this name; raises ValueError, which says where it stands."""
        try:
            return cls[str(name).upper()]
        except KeyError:
            raise ValueError(f"{where} is {name!r}: it is info, warning or critical") from None


@dataclass(frozen=True, slots=True)
class Target:
    """A name, and the apprise URLs behind it. The URLs are secrets: they hold tokens."""

    name: str
    urls: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """What goes to some targets. ``groups`` are sites or inventory groups; empty means all.

    ``min_hosts`` and ``min_percent``: so many of the run's hosts have to be in trouble before
    failures are told. ``title`` and ``body`` are Jinja2 templates in place of the built-in ones.
    """

    targets: tuple[str, ...]
    severity: Severity = Severity.WARNING
    groups: frozenset[str] = frozenset()
    events: frozenset[str] = EVENTS
    min_hosts: int = 1
    min_percent: float = 0.0
    always: bool = False
    title: str | None = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """The whole file. ``after``: in so many runs in a row something has to fail before it is told.

    ``remind_hours``: after so long it is told again while it lasts; 0 for never.
    ``critical_percent``: where so many of the hosts fail, each failure is critical.
    """

    targets: Mapping[str, Target]
    routes: tuple[Route, ...]
    after: int = 1
    remind_hours: float = 0.0
    critical_percent: float = 50.0

    @property
    def urls(self) -> tuple[str, ...]:
        """All URLs, for whoever has to keep them secret."""
        return tuple(url for target in self.targets.values() for url in target.urls)


def simple_config(urls: Sequence[str]) -> AlertConfig:
    """One target and one route for all warnings, for who wants no file."""
    target = Target("default", tuple(urls))
    return AlertConfig({target.name: target}, (Route((target.name,)),))


def alert_config(
    data: Any, environment: Mapping[str, str], base: Path, where: str = "the alert file"
) -> AlertConfig:
    """The configuration from a file's content, plain Python types.

    A target's URL stands there (``url``, for vaulted files), in an environment variable (``env``)
    or in a file of its own (``file``, relative to ``base``). Raises ValueError with the key at
    fault and never with a URL.
    """
    keys = {"targets", "routes", "after", "remind_hours", "critical_percent"}
    top = _mapping(data, where, keys)
    named = _mapping(top.get("targets") or {}, f"targets of {where}")
    if not named:
        raise ValueError(f"{where} names no targets: add 'targets: {{noc: {{env: ALERT_URL}}}}'")
    targets = {
        str(name): _target(str(name), entry, environment, base) for name, entry in named.items()
    }
    routes = _list(top.get("routes"), "routes") or [{"targets": list(targets)}]
    return AlertConfig(
        targets,
        tuple(_route(entry, number, targets) for number, entry in enumerate(routes, 1)),
        after=int(_number(top, "after", 1, least=1, where=where)),
        remind_hours=_number(top, "remind_hours", 0.0, least=0, where=where),
        critical_percent=_number(top, "critical_percent", 50.0, least=0, where=where),
    )


def _target(name: str, entry: Any, environment: Mapping[str, str], base: Path) -> Target:
    where = f"target {name!r}"
    if isinstance(entry, str | list):
        entry = {"url": entry}
    source = _mapping(entry, where, {"url", "env", "file"})
    if len(source) != 1:
        raise ValueError(f"{where} takes one of url, env and file")
    ((kind, value),) = source.items()
    urls = _urls(kind, value, environment, base, where)
    if not urls:
        raise ValueError(f"{where} has no URL: what {kind} leads to is empty")
    return Target(name, urls)


def _urls(
    kind: str, value: Any, environment: Mapping[str, str], base: Path, where: str
) -> tuple[str, ...]:
    """The URLs that one of the three sources holds: one a line, or a list."""
    if kind == "env":
        if str(value) not in environment:
            raise ValueError(f"{where}: the environment variable {value} is not set")
        text = environment[str(value)]
    elif kind == "file":
        try:
            text = (base / str(value)).expanduser().read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
            raise ValueError(f"{where}: {value} cannot be read: {reason}") from None
    else:
        text = "\n".join(map(str, _list(value, where)))
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _route(entry: Any, number: int, targets: Mapping[str, Target]) -> Route:
    where = f"route {number}"
    keys = {"targets", "severity", "groups", "events", "min_hosts", "min_percent", "always"}
    route = _mapping(entry, where, keys | {"title", "body"})
    return Route(
        targets=tuple(_known(route.get("targets") or list(targets), targets, "target", where)),
        severity=Severity.named(route.get("severity", "warning"), f"severity of {where}"),
        groups=frozenset(map(str, _list(route.get("groups"), where))),
        events=frozenset(_known(route.get("events") or sorted(EVENTS), EVENTS, "event", where)),
        min_hosts=int(_number(route, "min_hosts", 1, least=0, where=where)),
        min_percent=_number(route, "min_percent", 0.0, least=0, where=where),
        always=route.get("always", False) is True,
        title=_text(route, "title"),
        body=_text(route, "body"),
    )


def _known(names: Any, known: Iterable[str], what: str, where: str) -> list[str]:
    """The names, all of them among those known."""
    possible = sorted(known)
    listed = [str(name) for name in _list(names, where)]
    for name in listed:
        if name not in possible:
            raise ValueError(
                f"{where}: there is no {what} {name!r}; there are {', '.join(possible)}"
            )
    return listed


def _mapping(value: Any, where: str, keys: Iterable[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{where} has to be a dictionary, not {type(value).__name__}")
    for name in value if keys is not None else ():
        if name not in set(keys or ()):
            close = difflib.get_close_matches(str(name), sorted(keys or ()), 1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise ValueError(f"{where} has no key {str(name)!r}{hint}")
    return value


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list | tuple):
        raise ValueError(f"{where}: a list is wanted, not {type(value).__name__}")
    return list(value)


def _number(
    entry: Mapping[str, Any], name: str, default: float, *, least: float, where: str
) -> float:
    value = entry.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= least:
        raise ValueError(f"{name} of {where} is {value!r}: a number of {least} or more is wanted")
    return value


def _text(entry: Mapping[str, Any], name: str) -> str | None:
    value = entry.get(name)
    return None if value is None else str(value)
