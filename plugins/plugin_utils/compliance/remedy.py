# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines that mend a failed rule, from its template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jinja2 import Template, TemplateError

from .answers import Item
from .sandbox import sandbox

_SANDBOX = sandbox()


@dataclass(frozen=True, slots=True)
class Remedy:
    """Lines to enter for one rule, parents before their indented children. They may hold
    secrets: they are for the device, and never for a report."""

    rule: str
    lines: tuple[str, ...]


class RemedyError(Exception):
    """A template did not render; the text says why."""


def check_template(source: str) -> str | None:
    """What is wrong with a template's syntax, or None."""
    if _is_plain(source):
        return None
    try:
        _SANDBOX.compile(source, raw=True)  # to Python, which only those that are used become
    except TemplateError as error:
        return str(error)
    return None


def lines(source: str, items: Iterable[Item], values: Mapping[str, Any]) -> tuple[str, ...]:
    """Render a template; a text without any markup is taken as it is.

    Raises:
        RemedyError: it asks for what is not there, or for what the sandbox refuses.
    """
    if _is_plain(source):
        return _cleaned(source)
    failed = [{**item.captures, "section": item.section, "line": item.line} for item in items]
    try:
        text = _template(source).render({**values, "failed": failed})
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise RemedyError(str(error)) from error
    return _cleaned(text)


def _is_plain(source: str) -> bool:
    return "{{" not in source and "{%" not in source


@lru_cache(maxsize=1024)
def _template(source: str) -> Template:
    return _SANDBOX.from_string(source)


def _cleaned(text: str) -> tuple[str, ...]:
    """Without blank lines; a block, which is a line with all that is indented below it, that comes
    again word for word comes once."""
    blocks: list[list[str]] = []
    for row in filter(None, map(str.rstrip, text.split("\n"))):
        if row.startswith(" ") and blocks:
            blocks[-1].append(row)
        else:
            blocks.append([row])
    once = dict.fromkeys(map(tuple, blocks))
    return tuple(row for block in once for row in block)


__all__ = ["Remedy", "RemedyError", "check_template", "lines"]
