# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PAN-OS' XML, read into the paths that its ``set`` and brace forms have.

An ``entry`` is its name, a ``member`` is its text. Entities and document types are refused: a
configuration has none, and they are how a small text makes a large one.
"""

from __future__ import annotations

from xml.parsers import expat

from ...platforms import Platform
from .model import DEEPEST, Tree

_VALUE_ONLY = "member"
_NAMED = "entry"


class _Refused(Exception):
    """The text declares a document type."""


def parse(text: str, platform: Platform) -> Tree:
    """Return the tree of an XML text; what comes before a fault in it is kept."""
    tree = Tree(lines=text.split("\n"), levels=False)
    reader = _Reader(tree)
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: reader.start(
        name, attributes, parser.CurrentLineNumber
    )
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.data
    parser.StartDoctypeDeclHandler = reader.refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        tree.warn(min(error.lineno, len(tree.lines)), f"no XML from here on: {error}", lost=True)
    except _Refused:
        tree.warn(parser.CurrentLineNumber, "a document type is declared", lost=True)
    reader.close()
    return tree.finish_paths(platform.layout.drop)


class _Reader:
    """Keeps the open elements: node, and the text that stands in it."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._open: list[tuple[int, list[str]]] = []
        self._parents: set[int] = set()

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        parent = self._open[-1][0] if self._open else -1
        self._parents.add(parent)
        if len(self._open) >= DEEPEST:
            self._open.append((parent, []))
            return
        words = _quoted(attributes["name"]) if name == _NAMED and "name" in attributes else name
        self._open.append((self._tree.add(words, line, parent), []))

    def data(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)

    def end(self, name: str) -> None:
        node, parts = self._open.pop()
        if node in self._parents:
            return
        tree, value = self._tree, "".join(parts).strip()
        first, newline, _rest = value.partition("\n")
        before = "" if name == _VALUE_ONLY else tree.texts[node]
        tree.texts[node] = f"{before} {_quoted(first)}".strip() if first else before or name
        if newline:
            tree.bodies[node] = f"{before} {value}"

    def refuse(self, *_declaration: object) -> None:
        raise _Refused

    def close(self) -> None:
        """End what a fault left open."""
        while self._open:
            self._open.pop()


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value or "\t" in value else value
