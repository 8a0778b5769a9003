# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where golden texts lie, which one is a device's, and what it says for that device.

A place is a directory or a path with placeholders. Files that end in .j2 are Jinja2 templates, in
a sandbox, with the device's variables as values: what a variable holds is never itself rendered.
"""

from __future__ import annotations

import glob
import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import (
    FileSystemLoader,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    meta,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .results import DeviceFacts
from .sandbox import sandbox

_TEMPLATE = ".j2"
_ENDINGS = (_TEMPLATE, ".cfg", ".txt")
_IN_DIRECTORY = ("{{ host }}", "roles/{{ role }}", "platforms/{{ platform }}")
_PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_KNOWN = ("host", "role", "platform", "site")
_GIVEN = frozenset({"inventory_hostname", "group_names", *_KNOWN})
"""Values of a template that are no variables of the inventory."""
_KEPT = 64
"""Templates that a process keeps compiled: memory does not grow with their number."""


class GoldenError(ValueError):
    """A golden text cannot be found, read or rendered; the message names the file, and the line
    where there is one."""


@dataclass(frozen=True, slots=True)
class Golden:
    """A device's golden text; ``file`` is how a person knows it."""

    file: str
    text: str


class GoldenTexts:
    """The golden texts of a fleet; of several places the first that has a device's wins.

    A directory is looked into for ``HOST``, ``roles/ROLE`` and ``platforms/PLATFORM``, in this
    order; a path may use ``{{ host }}``, ``{{ role }}``, ``{{ platform }}`` and ``{{ site }}``.
    A name may lack its ending, .j2, .cfg or .txt. Templates include others of the same place.
    """

    def __init__(self, places: Iterable[tuple[str, Path]]) -> None:
        """``places`` are as the user named them, and where they are.

        Raises:
            GoldenError: a placeholder is not known, or there is no golden text at all.
        """
        named = [*places]
        self._places = [place for name, path in named for place in _places(name, path)]
        if not any(place.files() for place in self._places):
            names = ", ".join(name for name, _path in named)
            raise GoldenError(f"golden: there is no golden text in {names}")
        self.variables = frozenset(
            name for place in self._places for name in place.variables() if name not in _GIVEN
        )
        """The inventory variables that the templates ask for."""

    def of(self, facts: DeviceFacts) -> Golden | None:
        """The device's golden text, or None where there is none for it.

        Raises:
            GoldenError: it cannot be read, or its template does not render for this device.
        """
        for place in self._places:
            path = place.find(facts)
            if path is not None:
                return Golden(place.shown(path), place.read(path, facts))
        return None


def _places(name: str, path: Path) -> Iterator[_Place]:
    if path.is_dir():
        return (_Place(Path(name), path, f"{path}/{each}") for each in _IN_DIRECTORY)
    unknown = [one for one in _PLACEHOLDER.findall(name) if one not in _KNOWN]
    if unknown or "{{" in _PLACEHOLDER.sub("", name):
        wrong = unknown[0] if unknown else name
        raise GoldenError(f"golden: {wrong!r} is none of {', '.join(_KNOWN)}")
    return iter([_Place(_fixed(name), _fixed(str(path)), str(path))])


def _fixed(path: str) -> Path:
    """The directory down to which there is no placeholder."""
    return Path(_PLACEHOLDER.split(f"{path}_", maxsplit=1)[0] or "_").parent


class _Place:
    """A path with placeholders, below a root that its templates include others from; ``name`` is
    the root as the user named it."""

    def __init__(self, name: Path, root: Path, pattern: str) -> None:
        self._name = name
        self._root = root
        self._pattern = pattern

    @cached_property
    def _environment(self) -> ImmutableSandboxedEnvironment:
        return sandbox(loader=FileSystemLoader(self._root), cache_size=_KEPT)

    def shown(self, path: Path) -> str:
        """A file as a person knows it."""
        return str(self._name / path.relative_to(self._root))

    def files(self) -> list[Path]:
        """All files that may be some device's."""
        below = str(Path(self._pattern).relative_to(self._root))
        parts = _PLACEHOLDER.split(below)[::2]  # every other part is a placeholder's name
        pattern = "*".join(map(glob.escape, parts))
        found = (self._root.glob(f"{pattern}{ending}") for ending in ("", *_ENDINGS))
        return [path for paths in found for path in paths if path.is_file()]

    def find(self, facts: DeviceFacts) -> Path | None:
        """The device's file. A value that is no plain name of a file leads nowhere."""
        values = dict(
            zip(_KNOWN, (facts.name, facts.role, facts.platform, facts.site), strict=True)
        )
        wanted = {values[name] for name in _PLACEHOLDER.findall(self._pattern)}
        if not all(value == Path(value).name and value != ".." for value in wanted):
            return None
        path = _PLACEHOLDER.sub(lambda found: values[found[1]], self._pattern)
        paths = (Path(f"{path}{ending}") for ending in ("", *_ENDINGS))
        return next((one for one in paths if one.is_file()), None)

    def read(self, path: Path, facts: DeviceFacts) -> str:
        """Its text for a device. Raises `GoldenError`."""
        try:
            if path.suffix != _TEMPLATE:
                return path.read_text(encoding="utf-8")
            template = self._environment.get_template(str(path.relative_to(self._root)))
            return template.render(_values(facts))
        except TemplateNotFound as error:  # which is an OSError too
            raise GoldenError(f"{self._where(error, path)}: {error.name!r} not found") from error
        except (OSError, UnicodeError) as error:
            raise GoldenError(f"{self.shown(path)}: cannot be read: {error}") from error
        except Exception as error:  # a template can raise anything
            raise GoldenError(f"{self._where(error, path)}: {_said(error)}") from error

    def variables(self) -> set[str]:
        """What its templates ask for, those that they include too; a broken one is told later."""
        names: set[str] = set()
        seen: set[str] = set()
        left = [str(p.relative_to(self._root)) for p in self.files() if p.suffix == _TEMPLATE]
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                asked, included = self._asked(name)
                names |= asked
                left += included
        return names

    def _asked(self, name: str) -> tuple[set[str], list[str]]:
        try:
            source = (self._root / name).read_text(encoding="utf-8")
            tree = self._environment.parse(source)
        except (OSError, UnicodeError, TemplateError):
            return set(), []
        return meta.find_undeclared_variables(tree), [
            *filter(None, meta.find_referenced_templates(tree))
        ]

    def _where(self, error: Exception, path: Path) -> str:
        """File and line of what went wrong, of an included file if it was there."""
        if isinstance(error, TemplateSyntaxError):
            return f"{self._inside(error.filename) or self.shown(path)}:{error.lineno}"
        frames = traceback.extract_tb(error.__traceback__)
        places = ((self._inside(frame.filename), frame.lineno) for frame in reversed(frames))
        file, line = next((place for place in places if place[0]), (self.shown(path), None))
        return f"{file}:{line}" if line else str(file)

    def _inside(self, file: str | None) -> str | None:
        inside = file is not None and Path(file).is_relative_to(self._root)
        return self.shown(Path(str(file))) if inside else None


def _values(facts: DeviceFacts) -> Mapping[str, Any]:
    """What a template knows of a device."""
    return {
        **facts.variables,
        "inventory_hostname": facts.name,
        "host": facts.name,
        "group_names": list(facts.groups),
        "platform": facts.platform,
        "role": facts.role,
        "site": facts.site,
    }


def _said(error: Exception) -> str:
    return f"{error}" if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"


__all__: Sequence[str] = ["Golden", "GoldenError", "GoldenTexts"]
