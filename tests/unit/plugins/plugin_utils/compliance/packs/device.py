# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a device does with lines that are entered, as far as it takes to see what they mend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

# Commands that a device has once: a new line takes the place of the old one. All others add.
_ONCE = (
    "aaa accounting commands",
    "aaa accounting exec",
    "aaa authentication login default",
    "aaa authentication policy lockout",
    "authentication-mode",
    "connection limit",
    "exec-timeout",
    "idle-timeout",
    "info-center timestamp log",
    "ip ssh authentication-retries",
    "ip ssh time-out",
    "local-aaa-user wrong-password",
    "logging buffered",
    "logging console",
    "logging trap",
    "login block-for",
    "login timeout",
    "protocol inbound",
    "service timestamps log",
    "session-limit",
    "spanning-tree mode",
    "ssh server session-limit",
    "system login block-for",
    "transport input",
)
_PATHS_ONCE = ("attempts", "authentication-order", "idle-timeout", "minimum-length", "version")
_NEGATIONS = ("no ", "undo ")


@dataclass
class Line:
    """A line of a configuration that indents, and those below it."""

    text: str
    below: list[Line] = field(default_factory=list)


def enter_indented(config: str, lines: Sequence[str]) -> str:
    """The configuration after the lines were entered, on a device whose configuration indents."""
    top = Line("", _tree(config.split("\n")))
    for line in _tree(lines):
        _enter(top, line)
    return "".join(f"{row}\n" for row in _rows(top.below, 0))


def enter_set(config: str, lines: Iterable[str]) -> str:
    """The same on a device that takes `set` and `delete`; the configuration is `set` commands."""
    rows = config.splitlines()
    for line in lines:
        verb, _, path = line.partition(" ")
        if verb == "delete":
            rows = [row for row in rows if not f"{row} ".startswith(f"set {path} ")]
        else:
            *stem, _value = path.split(" ")
            if _is_one_value(path):
                rows = [row for row in rows if not row.startswith(f"set {' '.join(stem)} ")]
            rows.append(line)
    return "".join(f"{row}\n" for row in rows)


def enter_blocks(config: str, lines: Sequence[str]) -> str:
    """The same on a device that takes `config`, `edit`, `set`, `next` and `end`."""
    rows = [(path, row) for path, row in _in_blocks(config.splitlines()) if row]
    for path, row in _in_blocks(lines):
        verb, _, rest = row.partition(" ")
        key, _, value = rest.partition(" ")
        if verb == "unselect":
            rows = [(at, _without(one, key, value) if at == path else one) for at, one in rows]
        elif verb == "set":
            rows = [
                (at, one) for at, one in rows if at != path or not one.startswith(f"set {key} ")
            ]
            rows.append((path, row))
    return "".join(f"{_block(path, row)}\n" for path, row in rows)


def enter_paths(config: str, lines: Iterable[str]) -> str:
    """The same on a device that takes whole paths, `/configure system ...`."""
    rows = config.splitlines()
    for line in lines:
        words = line.removeprefix("/configure ").split(" ")
        gone = " ".join(words[words.index("no") + 1 :]) if "no" in words else ""
        rows = [row for row in rows if not _replaced(row.strip(), words) and row.strip() != gone]
        rows += ["configure", f"    {' '.join(words)}"]
    return "".join(f"{row}\n" for row in rows)


def _replaced(row: str, words: Sequence[str]) -> bool:
    word = row.partition(" ")[0]
    return word in words and word in _PATHS_ONCE


def _without(row: str, key: str, value: str) -> str:
    return row.replace(f" {value}", "") if row.startswith(f"set {key} ") else row


def _in_blocks(rows: Iterable[str]) -> Iterable[tuple[tuple[str, ...], str]]:
    """Each `set` with the blocks that it stands in. Values of several lines are left out."""
    path: list[str] = []
    for row in rows:
        text = row.strip()
        if text.startswith(("config ", "edit ")):
            path.append(text)
        elif text in ("next", "end"):
            path.pop()
        elif text.startswith(("set ", "unselect ")):
            yield tuple(path), text if text.count('"') % 2 == 0 else ""


def _block(path: Sequence[str], row: str) -> str:
    ends = ["next" if one.startswith("edit ") else "end" for one in reversed(path)]
    return "\n".join([*path, row, *ends])


def _is_one_value(path: str) -> bool:
    value = path.rpartition(" ")[2]
    return value.isdigit() or value in ("yes", "no")


def _tree(rows: Iterable[str]) -> list[Line]:
    top = Line("")
    stack: list[tuple[int, Line]] = [(-1, top)]
    for row in rows:
        text = row.strip()
        if not text or text in ("!", "#"):
            continue
        depth = len(row) - len(row.lstrip())
        while stack[-1][0] >= depth:
            stack.pop()
        line = Line(text)
        stack[-1][1].below.append(line)
        stack.append((depth, line))
    return top.below


def _rows(lines: Iterable[Line], depth: int) -> Iterable[str]:
    for line in lines:
        yield " " * depth + line.text
        yield from _rows(line.below, depth + 1)


def _enter(parent: Line, line: Line) -> None:
    negation = next((word for word in _NEGATIONS if line.text.startswith(word)), "")
    same = [one for one in parent.below if one.text == line.text]
    if line.below:
        target = same[0] if same else Line(line.text)
        parent.below.extend([] if same else [target])
        for one in line.below:
            _enter(target, one)
        return
    gone = line.text[len(negation) :] if negation else _once(line.text)
    parent.below = [
        one
        for one in parent.below
        if not (gone and f"{one.text} ".startswith(f"{gone} "))
        and one.text not in (f"no {line.text}", f"undo {line.text}", line.text)
    ]
    parent.below.append(line)


def _once(text: str) -> str:
    """The words that a command replaces; empty for one that adds."""
    return next((prefix for prefix in _ONCE if text.startswith(prefix)), "")
