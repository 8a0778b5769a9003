# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lines of the log: what Ansible itself does, beside the events of the fleet, as JSON.

docs/logging.md describes every line, and a test holds that page and these classes together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar

from ..config.redact import MASK, Redactor, redact
from ..events import EVENTS, Event, to_native

TEXT = 2_000
"""Characters of one text in a task's result."""
ROOM = 32_000
"""Characters of a task's whole result: Ansible's own may have megabytes."""
ITEMS = 100
"""Elements of one list or mapping in a task's result."""
DEPTH = 6
"""Nesting of a task's result."""

_LEFT_OUT = frozenset(
    {"ansible_facts", "ansible_stats", "diff", "invocation", "results", "warnings", "deprecations"}
)
"""Keys of a result that are not logged: arguments, facts and texts of files, which may be huge and
may hold anything; the items of a loop have lines of their own."""
_TELLING = re.compile(
    r"pass(?:word|wd|phrase|code)?$|secret|token|credential|community|private_?key|api_?key", re.I
)
"""Names of values that are secrets, whatever they look like."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookStarted(Event):
    """ansible-playbook begins. ``provenance``: who runs it, and the job, as AWX tells it."""

    name: ClassVar[str] = "playbook_started"

    playbook: str
    ansible: str
    check: bool = False
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayStarted(Event):
    """A play begins."""

    name: ClassVar[str] = "play_started"

    play: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult(Event):
    """A task's end on one host. ``status``: ok, changed, failed, unreachable or skipped.

    ``ignored``: it failed, and the play was told to go on. ``seconds`` is None where Ansible does
    not tell. ``attempts`` is None for a task without ``until``. ``result`` is what the module
    returned, without what is too big; ``cut`` tells that something of it is missing.
    """

    name: ClassVar[str] = "task_result"

    play: str
    task: str
    action: str
    host: str
    status: str
    delegated_to: str | None = None
    ignored: bool = False
    seconds: float | None = None
    attempts: int | None = None
    message: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)
    cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemResult(TaskResult):
    """The end of one turn of a loop; ``item`` is its label."""

    name: ClassVar[str] = "item_result"

    item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookFinished(Event):
    """ansible-playbook is over. The numbers are of hosts, as in the recap."""

    name: ClassVar[str] = "playbook_finished"

    hosts: int
    changed: int
    failed: int
    unreachable: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesLost(Event):
    """Lines that could not be written before this one, and why."""

    name: ClassVar[str] = "lines_lost"

    lines: int
    reason: str


LINES: dict[str, type[Event]] = EVENTS | {
    kind.name: kind
    for kind in (
        PlaybookStarted,
        PlayStarted,
        TaskResult,
        ItemResult,
        PlaybookFinished,
        LinesLost,
    )
}
"""Every kind of line by its name."""

_WRONG = frozenset({"device_failed", "breaker_opened", "login_budget_spent", "lines_lost"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the sinks take it; ``wrong``: it tells of something that went wrong."""

    text: bytes
    wrong: bool


def line(event: Event, always: Mapping[str, Any], redactor: Redactor | None = None) -> Line:
    """The event as one line of JSON in ASCII, redacted; ``always`` goes into every line.

    Known values go first: a rule that takes a part of one away would hide the rest of it.
    """
    native = to_native(event)
    moment = datetime.fromtimestamp(native.pop("time"), tz=UTC)
    stamp = f"{moment.isoformat(timespec='milliseconds')[:-6]}Z"
    head = {"time": stamp, "event": native.pop("event"), "schema": native.pop("schema"), **always}
    if redactor:
        native = redactor.value(native)
    content = {**head, **{key: _clean(value) for key, value in native.items()}}
    wrong = head["event"] in _WRONG or native.get("status") in ("failed", "unreachable")
    return Line(_json(content).encode() + b"\n", wrong)


_json = json.JSONEncoder(separators=(",", ":")).encode
_INERT = re.compile(r"[0-9a-f:.-]{0,64}")
"""Hashes, addresses, times: no rule could find a secret in them, and no cache holds them all."""


def _clean(value: Any) -> Any:
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, str):
        return value if _INERT.fullmatch(value) else _redacted(value)
    if isinstance(value, Mapping):
        return {_clean(key): _hidden(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    return value


def _hidden(key: str, value: Any) -> Any:
    return MASK if isinstance(value, str) and value and _TELLING.search(key) else _clean(value)


@lru_cache(maxsize=8_192)
def _redacted(text: str) -> str:
    """Names of hosts and tasks come in every line; the rules are asked once."""
    return redact(text)


def snapshot(result: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """A task's result as plain JSON types of bounded size, and whether something was cut.

    It runs in Ansible's main thread, so it copies what is kept and looks at nothing else.
    """
    copier = _Copier()
    kept = {
        str.__str__(key): copier.copy(value, 1)
        for key, value in result.items()
        if key not in _LEFT_OUT and not key.startswith("_ansible")
    }
    return kept, copier.cut


_STATUSES = frozenset({"", "ok", "changed", "failed", "unreachable", "skipped"})
_PLAIN = frozenset({"attempts", "changed", "failed", "msg", "seconds", "skipped", "status"})


def wordless(event: TaskResult) -> bool:
    """Whether a result says nothing but numbers and statuses, as `host_outcome` does of the well.

    There is no place in it for a secret.
    """
    if event.message or (isinstance(event, ItemResult) and event.item):
        return False
    return all(
        key in _PLAIN and (value in _STATUSES if isinstance(value, str) else _is_number(value))
        for key, value in event.result.items()
    )


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, (bool, int, float))


class _Copier:
    """Copies as long as there is room."""

    def __init__(self) -> None:
        self.cut = False
        self._room = ROOM

    def copy(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)):
            self._room -= 8
            return int(value) if isinstance(value, int) else float(value)
        if isinstance(value, (Mapping, Sequence)) and not isinstance(value, (str, bytes)):
            return self._copy_nested(value, depth)
        return self.text(value.decode(errors="replace") if isinstance(value, bytes) else value)

    def _copy_nested(self, value: Mapping[Any, Any] | Sequence[Any], depth: int) -> Any:
        if depth >= DEPTH or self._room <= 0:
            self.cut = True
            return "…"
        if isinstance(value, Mapping):
            pairs = self._first(value.items(), len(value))
            return {self.text(key): self.copy(item, depth + 1) for key, item in pairs}
        return [self.copy(item, depth + 1) for item in self._first(value, len(value))]

    def _first(self, items: Any, number: int) -> Iterator[Any]:
        for index, item in enumerate(items):
            if index >= ITEMS or self._room <= 0:
                self.cut = True
                return
            yield item

    def text(self, value: Any) -> str:
        """A text of a bounded length, in the base class whatever Ansible's subclass is."""
        text = str.__str__(value) if isinstance(value, str) else str(value)
        most = max(0, min(TEXT, self._room))
        self._room -= min(len(text), most)
        if len(text) <= most:
            return text
        self.cut = True
        return f"{text[:most]}…"
