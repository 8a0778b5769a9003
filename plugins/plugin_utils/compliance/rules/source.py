# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML that remembers on which line everything stands, and refuses what is said twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


class RuleError(ValueError):
    """A rule, waiver, fixture or pack is wrong; the text is ``file:line: what``."""


@dataclass(frozen=True, slots=True)
class CheckSpec:
    """A check as it was written: its kind, its keys with the checks in them, its line."""

    kind: str
    values: Mapping[str, Any]
    line: int


class Source:
    """One file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def error(self, line: int, problem: str) -> RuleError:
        """An error at a line of this file."""
        return RuleError(f"{self.path}:{line}: {problem}")

    def read(self) -> Entry:
        """The file's content.

        Raises:
            RuleError: it cannot be read, is not YAML, or is empty.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise RuleError(f"{self.path}: cannot be read: {error}") from error
        return self.parse(text)

    def parse(self, text: str) -> Entry:
        """Read a text as this file's.

        Raises:
            RuleError: as above.
        """
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            node = loader.get_single_node()
            if node is None:
                raise self.error(1, "the file is empty")
            return Entry(self, node, loader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            problem = getattr(error, "problem", None) or "not YAML"
            raise self.error(mark.line + 1 if mark else 1, f"not YAML: {problem}") from error
        finally:
            loader.dispose()


class Entry:
    """A value of a file, with its line."""

    __slots__ = ("_loader", "line", "node", "source")

    def __init__(self, source: Source, node: yaml.Node, loader: Any) -> None:
        self.source = source
        self.node = node
        self.line: int = node.start_mark.line + 1
        self._loader = loader

    def error(self, problem: str) -> RuleError:
        """An error at this value."""
        return self.source.error(self.line, problem)

    def mapping(self) -> dict[str, Entry]:
        """Its keys and values; merge keys (``<<``) are resolved.

        Raises:
            RuleError: it is no mapping, or a key comes twice.
        """
        node = self.node
        if not isinstance(node, yaml.MappingNode):
            raise self.error("a mapping is expected")
        own = [key.value for key, _value in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for name in own:
            if own.count(name) > 1:
                raise self.error(f"the key {name!r} stands here twice")
        try:
            self._loader.flatten_mapping(node)
        except yaml.YAMLError as error:
            raise self.error(f"a merge that cannot be: {error}") from error
        return {
            str(key.value): Entry(self.source, value, self._loader) for key, value in node.value
        }

    def sequence(self) -> list[Entry]:
        """Its items.

        Raises:
            RuleError: it is no list.
        """
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error("a list is expected")
        return [Entry(self.source, node, self._loader) for node in self.node.value]

    def value(self) -> Any:
        """It as plain Python.

        Raises:
            RuleError: it cannot be made so.
        """
        try:
            return self._loader.construct_object(self.node, deep=True)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise self.error(f"not a value: {error}") from error
