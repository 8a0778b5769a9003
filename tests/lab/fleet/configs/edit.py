"""What somebody enters in configuration mode, in the configuration that the device then shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .tree import Tree


@dataclass(frozen=True, slots=True)
class Edit:
    """A statement: the headers around it, from the outside in, and its words."""

    path: tuple[str, ...]
    line: str


_ONE_VALUE = (
    "exec-timeout",
    "transport input",
    "hostname",
    "description",
    "ip ssh version",
    "ip ssh time-out",
    "logging trap",
    "logging buffered",
    "access-class",
    "host-name",
    "idle-timeout",
    "connection-limit",
    "type",
)
"""Commands of which a device keeps the last one only."""
_SHOWN_OFF = ("ip http ", "ip redirects", "ip source-route", "ip bootp ", "service pad")
"""What is on unless it is switched off: there `no ...` stays as a line."""


# ---- indented text: IOS and those that resemble it


def edit_text(text: str, edits: Iterable[Edit], step: int) -> str:
    """The text after these edits. ``step``: the spaces by which the device indents a level."""
    lines = text.split("\n")
    for edit in edits:
        _edit_lines(lines, edit, step)
    return "\n".join(lines)


def _edit_lines(lines: list[str], edit: Edit, step: int) -> None:
    depth, start, end = 0, 0, _last(lines)
    for header in edit.path:
        row = " " * depth + header
        if row not in lines[start:end]:
            lines.insert(end, row)
            end += 1
        start = lines.index(row, start, end) + 1
        depth += step
        end = _block_end(lines, start, end, depth)
    first, *more = edit.line.split("\n")
    if first.startswith("no "):
        _remove(lines, start, end, depth, first[3:])
    else:
        _add(lines, start, end, depth, first, more)


def _last(lines: Sequence[str]) -> int:
    """Where a new section goes: before the marker at the end."""
    return max(at for at, line in enumerate(lines) if line == "end")


def _block_end(lines: Sequence[str], start: int, end: int, depth: int) -> int:
    for at in range(start, end):
        if not lines[at].startswith(" " * depth):
            return at
    return end


def _remove(lines: list[str], start: int, end: int, depth: int, words: str) -> None:
    row = " " * depth + words
    at = start
    while at < end:
        if lines[at] == row or lines[at].startswith(row + " "):
            size = _block_end(lines, at + 1, end, depth + 1) - at
            del lines[at : at + size]
            end -= size
        else:
            at += 1
    off = " " * depth + "no " + words
    if words.startswith(_SHOWN_OFF) and off not in lines[start:end]:
        lines.insert(end, off)


def _add(
    lines: list[str], start: int, end: int, depth: int, words: str, more: Sequence[str]
) -> None:
    pad = " " * depth
    off = f"{pad}no {words}"
    if off in lines[start:end]:
        at = lines.index(off, start, end)
        del lines[at]
        end -= 1
    if more:  # a banner: what is there of the same kind goes
        kind = " ".join(words.split()[:2])
        for at in range(start, end):
            if lines[at].startswith(kind):
                stop = lines.index(lines[at].split()[-1], at + 1)
                del lines[at : stop + 1]
                end -= stop + 1 - at
                break
        lines[end:end] = [words, *more]
        return
    one = next((f"{pad}{each} " for each in _ONE_VALUE if words.startswith(each + " ")), None)
    for at in range(start, end):
        if lines[at] == pad + words:
            return
        if one and lines[at].startswith(one):
            lines[at] = pad + words
            return
    lines.insert(end, pad + words)


# ---- a tree: Junos


def edit_tree(tree: Tree, edits: Iterable[Edit]) -> None:
    """Carry out `set` and `delete` statements."""
    for edit in edits:
        verb, *words = edit.line.split(" ")
        if verb == "set":
            _set(tree, words)
        else:
            _delete(tree, words)


def _inner(tree: Tree, words: Sequence[str]) -> tuple[Tree, Sequence[str]] | None:
    """The block that the first of these words name, and the words that are left."""
    for count in range(len(words) - 1, 0, -1):
        inner = tree.get(" ".join(words[:count]))
        if inner is not None:
            return inner, words[count:]
    return None


def _set(tree: Tree, words: Sequence[str]) -> None:
    if found := _inner(tree, words):
        _set(*found)
        return
    leaf = " ".join(words)
    if len(words) > 1 and words[0] in _ONE_VALUE:
        for other in [each for each in tree if each.startswith(f"{words[0]} ")]:
            del tree[other]
    tree.setdefault(leaf, None)


def _delete(tree: Tree, words: Sequence[str]) -> None:
    leaf = " ".join(words)
    if leaf in tree:
        del tree[leaf]
    elif found := _inner(tree, words):
        _delete(*found)
    else:
        for other in [each for each in tree if each.startswith(f"{leaf} ")]:
            del tree[other]
