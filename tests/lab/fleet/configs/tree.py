"""One tree, several notations: Junos, PAN-OS and VyOS show the same configuration in each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

Tree: TypeAlias = "dict[str, Tree | None]"
"""Statement -> what is inside it; None for a statement that ends there."""


def braces(tree: Tree, end: str = ";", mark: str = "", depth: int = 0, step: int = 4) -> str:
    """Curly-brace notation; lines that hold `mark` get Junos' `## SECRET-DATA`."""
    return "".join(_brace_lines(tree, end, mark, depth, step))


def _brace_lines(tree: Tree, end: str, mark: str, depth: int, step: int) -> Iterator[str]:
    pad = " " * (depth * step)
    for word, inner in tree.items():
        if inner is None:
            note = " ## SECRET-DATA" if mark and mark in word else ""
            yield f"{pad}{word}{end}{note}\n"
        else:
            yield f"{pad}{word} {{\n"
            yield from _brace_lines(inner, end, mark, depth + 1, step)
            yield f"{pad}}}\n"


def sets(tree: Tree, path: str = "set") -> str:
    """One `set` command a leaf."""
    return "".join(_set_lines(tree, path))


def _set_lines(tree: Tree, path: str) -> Iterator[str]:
    for word, inner in tree.items():
        if inner:
            yield from _set_lines(inner, f"{path} {word}")
        else:
            yield f"{path} {word}\n"
