# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read platforms/*.yml into frozen dataclasses, refusing what is misspelt.

The files are the only place that knows vendors. Their regular expressions are compiled here, once,
with MULTILINE, so that ``^`` and ``$`` mean a line; every one of them has to run in linear time,
since they meet whatever a device prints.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from re import Pattern
from typing import Any

import yaml

from ..errors import UnknownPlatform
from ..locks import fork_safe_lock
from .rules import Rules, compile_rules, expand

_DIRECTORY = Path(__file__).parent
_COMMON = "common"
_SYNTAXES = frozenset({"indent", "brace", "set", "config_edit", "xml", "sros"})
# For texts of unknown platform: what any of the macros below takes. A masked value is taken as it
# is, so that masking again changes nothing.
_BARE = r"[^\s;\"'<\\]|\\\n +|\\."
_ANY_VALUE = (
    r'(?:(<redacted>)|"([^"\\\n]*(?:\\[\s\S][^"\\\n]*)*)"?'
    rf"|'([^'\n]*)'?|((?:<|{_BARE})(?:{_BARE})*))"
)
_COMPILING = fork_safe_lock()
"""Held while the rules of all platforms are gathered: a hundred devices that fail at once would
otherwise do it a hundred times, and hold up the end of a run for seconds."""

_MACROS = {
    # A word, whatever it is made of.
    "{value}": r"(\S+)",
    # A quoted string with its quotes, or a word up to a semicolon.
    "{term}": r'("[^"\n]*"?|[^\s;"]+)',
    # A value in double quotes (with backslash escapes), or a bare word.
    "{word}": r'(?:"([^"\\\n]*(?:\\.[^"\\\n]*)*)"?|([^\s"]\S*))',
    # Everything up to the end of the line.
    "{rest}": r"(\S[^\n]*)",
    # What a terminal sends to wipe out the pager's line: one or more of backspace, carriage return
    # and ANSI sequence, with the spaces between them; the return of a line end is none.
    "{erased}": r"(?:\x08|\r(?!\r{0,3}\n)|\x1b\[[0-9;?]*[A-Za-z]| +(?=[\x08\r\x1b]))+",
    # A value in single quotes, or a bare word.
    "{single}": r"(?:'([^'\n]*)'?|([^\s']\S*))",
    # A value in double quotes, or a bare word, that goes on after a backslash at the line's end.
    "{folded}": r'(?:"([^"\\\n]*(?:\\[\s\S][^"\\\n]*)*)"?|((?:[^\s"\\]|\\\n +|\\.)+))',
}
_VALUES = tuple(macro for macro, meaning in _MACROS.items() if re.compile(meaning).groups)
"""The macros that stand for a secret."""


class BadPlatformFile(Exception):
    """A platform file is wrong; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """How the configuration is asked for."""

    commands: tuple[str, ...]
    """Sent in this order; their outputs are joined by a newline."""
    read_timeout: float
    """Seconds that one command may take until the prompt is back."""


@dataclass(frozen=True, slots=True)
class Nesting:
    """What opens and what closes a block; a whole text has as many of the one as of the other."""

    open: Pattern[str]
    close: Pattern[str]


@dataclass(frozen=True, slots=True)
class Quoted:
    """Free text inside a configuration, such as a banner, that may look like anything."""

    open: Pattern[str]
    """Begins with a newline; a group named ``close`` gives the delimiter where it varies."""
    close: str | None
    """The closing delimiter where it is always the same."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that a fetched text is whole, or that it is no configuration at all."""

    start: Pattern[str]
    """Found in the head of every configuration."""
    end: Pattern[str] | None
    """The last thing a configuration prints; None where the format has no such thing, and then
    the prompt after the text is demanded."""
    min_bytes: int
    nesting: tuple[Nesting, ...]
    strings: bool
    """Whether strings in double quotes may span lines; they are taken out before blocks are
    counted."""
    quoted: tuple[Quoted, ...]
    rejected: Pattern[str]
    """The device's words for refusing the command."""
    broken: Pattern[str]
    """The words of a session, or of an output, that broke off."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rules that hold only inside a certain block."""

    block: Pattern[str]
    """The whole block, the newline before it included."""
    secrets: Rules


@dataclass(frozen=True, slots=True)
class Blob:
    """Text of many lines inside a configuration that is none itself, such as a certificate."""

    open: Pattern[str]
    """Begins with a newline and ends within the blob's first line."""
    close: Pattern[str] | None
    """What ends it; None where the group ``close`` of ``open`` holds it literally."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a configuration text is read as a tree."""

    comments: tuple[str, ...]
    """What a line that says nothing begins with, behind its indentation."""
    separator: str | None
    """The comment line that closes all open blocks, whatever the indentation after it."""
    ends: frozenset[str]
    """Lines that do nothing but close a block."""
    blobs: tuple[Blob, ...]
    strings: bool
    """Whether strings in double quotes may span lines."""
    forms: tuple[tuple[str, Pattern[str]], ...]
    """Other families that the platform prints too, each known by what its text begins with."""
    context: str | None
    """What a line begins with that is the context of those after it ("set" family)."""
    ordered: tuple[str, ...]
    """Expressions for the beginnings of headers, and of lines at the top, below which or among
    which the order of lines matters."""
    drop: Pattern[str] | None
    """Leading words, common to all paths, that are left out of them."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to change a configuration; {minutes}, {hhmmss} and {name} are filled in."""

    prepare: tuple[str, ...]
    """Before configuration mode is entered; one that is refused makes the way not to be had."""
    unavailable: Pattern[str] | None
    """What `prepare` prints where the device cannot go this way."""
    enter: tuple[str, ...]
    commit: tuple[str, ...]
    """In configuration mode, behind the last line."""
    confirm: tuple[str, ...]
    """Makes the change a lasting one, where the session stands after `commit`."""
    save: tuple[str, ...]
    """Keeps it over a restart, where the session stands after `confirm`."""
    discard: tuple[str, ...]
    """Takes the lines back before `commit`; empty where nothing can."""
    revert: tuple[str, ...]
    """Takes them back between `commit` and `confirm`; empty where nothing can."""
    candidate: bool
    """Whether no line takes effect before `commit`."""
    expires: bool
    """Whether the device takes the change back by itself when it is not confirmed in time."""
    lacks: str
    """Why there is no way back, where another way of the platform would have had one."""


@dataclass(frozen=True, slots=True)
class Order:
    """What a change must not do too early. Expressions for the beginnings of lines."""

    define: Pattern[str] | None
    """What others rest on: access lists, AAA servers, users, keys."""
    use: Pattern[str] | None
    """What lets people in by them, and so comes after them."""


@dataclass(frozen=True, slots=True)
class Apply:
    """How lines are entered."""

    inside: Pattern[str]
    """The prompt of configuration mode, at the end of what the session printed."""
    up: str | None
    """Leaves a block for the one around it; None where a line is a whole statement."""
    rejected: Pattern[str]
    """The device's words for refusing a line, or a commit."""
    asks: Pattern[str] | None
    """A question in place of the prompt, at the end of what the session printed."""
    answer: str
    """What says yes to it; whoever gave the line has said so already."""
    adds: str
    """What a line that adds something begins with, where that is a word of its own."""
    removes: tuple[str, ...]
    """What a line that takes something away begins with."""
    order: Order
    ways: tuple[Way, ...]
    """In the order in which they are tried: the first one that the device can go is taken."""


@dataclass(frozen=True, slots=True)
class Platform:
    """Everything the collection knows of one network operating system."""

    name: str
    title: str
    aliases: tuple[str, ...]
    """Other values of ``ansible_network_os``, and other tools' names, that mean this platform."""
    netmiko: str
    """netmiko's device_type."""
    templates: str
    """ntc-templates' name of the platform, by which ``show`` outputs are parsed."""
    syntax: str
    """Family of the configuration's syntax: indent, brace, set, config_edit, xml or sros."""
    comment: str
    """What begins a comment line."""
    layout: Layout
    config: Fetch
    prompt: str | None
    """For netmiko's expect_string: from a newline to the end of the text, so that it holds when
    the prompt changes or is long and yet cannot match inside a configuration."""
    privileged: bool
    """Whether enable mode is needed when the device has a become password."""
    session: tuple[str, ...]
    """Commands to send before, where netmiko's driver does not send them."""
    complete: Proof
    noise: Pattern[str] | None
    """What a pager leaves in the text; every match holds a control character."""
    volatile: Pattern[str] | None
    """A line, its leading newline included, that changes without a change of configuration."""
    volatile_rules: tuple[str, ...]
    """The same, one by one, for the documentation."""
    resalted: Pattern[str] | None
    """Secrets encrypted anew at every show; the last group that matched is the ciphertext."""
    secrets: Rules
    """All secrets; the last group that matched is what nobody may see."""
    sections: tuple[Section, ...]
    """Secrets that are known by the block they stand in."""
    apply: Apply | None
    """None where the collection does not know how to change a configuration."""
    ending: Pattern[str] | None
    """The prompt as it stands at the end of a text, from its newline on."""


@dataclass(frozen=True, slots=True)
class Common:
    """Facts that hold for every platform."""

    secrets: tuple[str, ...]
    broken: tuple[str, ...]
    types: tuple[str, ...]
    """Words between a keyword and its secret, for texts of unknown platform."""
    pattern: Rules
    """The secrets, compiled."""


def load(name: str) -> Platform:
    """Return the platform of that name or alias, in any case.

    Raises:
        UnknownPlatform: nothing is called so.
        BadPlatformFile: the platform's file is wrong.
    """
    return _build(own_name(name))


def own_name(name: str) -> str:
    """Return the name of the platform of that name or alias; its file is not looked into further.

    Raises:
        UnknownPlatform: nothing is called so.
    """
    key = str(name).strip().lower()
    try:
        return _index()[key]
    except KeyError:
        raise UnknownPlatform(_unknown(name, key)) from None


@cache
def names() -> tuple[str, ...]:
    """Return the names of all platforms, sorted."""
    return tuple(sorted(p.stem for p in _DIRECTORY.glob("*.yml") if p.stem != _COMMON))


@cache
def load_common() -> Common:
    """Return what holds for every platform."""
    node = _Node(_read(_DIRECTORY / f"{_COMMON}.yml"), _DIRECTORY / f"{_COMMON}.yml")
    common = Common(
        secrets=node.strings("secrets"),
        broken=node.strings("broken"),
        types=node.strings("types"),
        pattern=node.rules("secrets"),
    )
    node.finish()
    return common


def load_all_secrets() -> tuple[Rules, tuple[Section, ...]]:
    """Return the rules of all platforms as one, and all their sections.

    Whatever kind of value a rule expects, one word is hidden, after the words by which any platform
    tells the type of a secret: the text may be prose. Rules that protect a text from others are
    left out: what one platform shows another one must hide. That takes some tens of milliseconds,
    once.
    """
    with _COMPILING:
        return _all_secrets()


@cache
def _all_secrets() -> tuple[Rules, tuple[Section, ...]]:
    sources = [source for name in names() for source in _raw(name).get("secrets", ())]
    hiding = dict.fromkeys(source for source in sources if _hides(source))
    typed = f"(?:(?:{'|'.join(load_common().types)}) )*+"
    rules = compile_rules(hiding, dict.fromkeys(_MACROS, typed + _ANY_VALUE))
    # Sections alone: building whole platforms for them would take longer than all the rest.
    nodes = (_Node(_raw(name), _path(name)).children("sections") for name in names())
    return rules, tuple(_section(child) for children in nodes for child in children)


def _hides(source: str) -> bool:
    """Whether a rule hides something; compiling it tells, and most tell by their macro."""
    return any(macro in source for macro in _VALUES) or re.compile(source).groups > 0


def _unknown(name: str, key: str) -> str:
    if not key:
        return "ansible_network_os is not set, so the platform is not known"
    near = difflib.get_close_matches(key, _index(), n=3)
    hint = f"; near matches: {', '.join(near)}" if near else ""
    return (
        f"ansible_network_os {str(name)!r} names no platform of this collection{hint}. "
        f"Set ansible_network_os to one of {', '.join(names())}, or to an alias of it"
    )


@cache
def _index() -> Mapping[str, str]:
    """Map every name and alias, in lower case, to the platform's name."""
    index: dict[str, str] = {}
    for name in names():
        for alias in (name, *_Node(_raw(name), _path(name)).strings("aliases")):
            if index.setdefault(alias.lower(), name) != name:
                raise BadPlatformFile(
                    f"{_path(name)}: aliases: {alias!r} belongs to {index[alias.lower()]} already"
                )
    return index


def _path(name: str) -> Path:
    return _DIRECTORY / f"{name}.yml"


def _read(path: Path) -> dict[str, Any]:
    """Parse one file with libyaml where PyYAML has it, which is ten times as fast."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)  # noqa: S506
    except yaml.YAMLError as error:
        raise BadPlatformFile(f"{path}: not YAML: {error}") from error
    if not isinstance(data, dict):
        raise BadPlatformFile(f"{path}: a mapping is expected at the top")
    return data


@cache
def _raw(name: str) -> Mapping[str, Any]:
    """Return the file's content over that of the platform it extends."""
    data = _read(_path(name))
    base = data.pop("extends", None)
    if base is None:
        return data
    if base not in names():
        raise BadPlatformFile(f"{_path(name)}: extends: {base!r} is no platform")
    return {**_raw(base), **data}


@cache
def _build(name: str) -> Platform:
    return parse(_raw(name), _path(name))


def parse(data: Mapping[str, Any], path: Path) -> Platform:
    """Turn the content of a platform file into a Platform.

    Raises:
        BadPlatformFile: a key is unknown, missing or of the wrong type, or a regular expression
            does not compile; the message names the file and the key.
    """
    node = _Node(data, path)
    prompt = node.optional("prompt")
    proof = _proof(node.child("complete"))
    platform = Platform(
        name=node.string("name"),
        title=node.string("title"),
        aliases=node.strings("aliases"),
        netmiko=node.string("netmiko"),
        templates=node.optional("templates") or node.string("netmiko"),
        syntax=node.choice("syntax", _SYNTAXES),
        comment=node.string("comment"),
        layout=_layout(node, proof),
        config=_fetch(node.child("config")),
        prompt=prompt,
        privileged=node.boolean("privileged"),
        session=node.strings("session"),
        complete=proof,
        noise=node.patterns("noise"),
        volatile=node.patterns("volatile", "\\n(?:", ")[^\\n]*"),
        volatile_rules=node.strings("volatile"),
        resalted=node.patterns("resalted"),
        secrets=node.rules("secrets", load_common().secrets),
        sections=tuple(_section(child) for child in node.children("sections")),
        apply=_apply(node.child("apply")) if "apply" in node else None,
        ending=node.compile("prompt", [prompt], flags=0) if prompt else None,
    )
    if platform.name != path.stem:
        raise BadPlatformFile(f"{path}: name: {platform.name!r} is not the file's name")
    node.finish()
    return platform


def _fetch(node: _Node) -> Fetch:
    commands = node.strings("commands")
    if not commands:
        raise node.error("commands", "is empty")
    fetch = Fetch(
        commands=commands,
        read_timeout=float(node.take("read_timeout", (int, float))),
    )
    node.finish()
    return fetch


def _section(node: _Node) -> Section:
    section = Section(
        block=node.compile("block", [node.string("block")]),
        secrets=node.rules("secrets"),
    )
    node.finish()
    return section


def _apply(node: _Node) -> Apply:
    rejected = node.strings("rejected")
    order = node.child("order") if "order" in node else node.empty("order")
    apply = Apply(
        inside=node.compile("inside", [node.string("inside")], flags=0),
        up=node.optional("up"),
        rejected=node.compile("rejected", rejected),
        asks=node.compile("asks", node.strings("asks"), flags=0) if "asks" in node else None,
        answer=node.optional("answer") or "",
        adds=node.optional("adds") or "",
        removes=node.strings("removes"),
        order=Order(order.patterns("define"), order.patterns("use")),
        ways=tuple(_way(child) for child in node.children("ways")),
    )
    for key, values in (("rejected", rejected), ("removes", apply.removes), ("ways", apply.ways)):
        if not values:
            raise node.error(key, "is empty")
    order.finish()
    node.finish()
    return apply


def _way(node: _Node) -> Way:
    way = Way(
        prepare=node.strings("prepare"),
        unavailable=node.patterns("unavailable"),
        enter=node.strings("enter"),
        commit=node.strings("commit"),
        confirm=node.strings("confirm"),
        save=node.strings("save"),
        discard=node.strings("discard"),
        revert=node.strings("revert"),
        candidate=node.boolean("candidate") if "candidate" in node else False,
        expires=node.boolean("expires") if "expires" in node else False,
        lacks=node.optional("lacks") or "",
    )
    if not way.enter or not way.commit:
        raise node.error("", "enter and commit are needed")
    node.finish()
    return way


def _proof(node: _Node) -> Proof:
    end = node.optional("end")
    proof = Proof(
        start=node.compile("start", [node.string("start")]),
        # Whatever follows the end marker is white space.
        end=node.compile("end", [end], "(?:", r")\s*\Z") if end else None,
        min_bytes=int(node.take("min_bytes", (int,))),
        nesting=tuple(_nesting(child) for child in node.children("nesting")),
        strings=node.boolean("strings") if "strings" in node else False,
        quoted=tuple(_quoted(child) for child in node.children("quoted")),
        rejected=node.compile("rejected", node.strings("rejected")),
        broken=node.compile("broken", (*node.strings("broken"), *load_common().broken)),
    )
    node.finish()
    return proof


def _layout(node: _Node, proof: Proof) -> Layout:
    """What quotes and strings are to the proof of completeness they are to the tree."""
    tree = node.child("tree") if "tree" in node else node.empty("tree")
    drop = tree.optional("drop")
    quoted = (
        Blob(q.open, re.compile(re.escape(q.close)) if q.close else None) for q in proof.quoted
    )
    layout = Layout(
        comments=(node.string("comment"), *tree.strings("comments")),
        separator=tree.optional("separator"),
        ends=frozenset(tree.strings("ends")),
        blobs=(*quoted, *(_blob(child) for child in tree.children("blobs"))),
        strings=proof.strings or ("strings" in tree and tree.boolean("strings")),
        forms=tuple(_form(child) for child in tree.children("forms")),
        context=tree.optional("context"),
        ordered=_ordered(tree),
        drop=tree.compile("drop", [drop], "(?:", ")(?: |$)") if drop else None,
    )
    tree.finish()
    return layout


def _ordered(tree: _Node) -> tuple[str, ...]:
    tree.compile("ordered", tree.strings("ordered"))
    return tree.strings("ordered")


def _blob(node: _Node) -> Blob:
    close = node.optional("close")
    blob = Blob(
        open=node.compile("open", [node.string("open")]),
        close=node.compile("close", [close]) if close else None,
    )
    if close is None and "close" not in blob.open.groupindex:
        raise node.error("close", "is missing, and open has no group named close")
    node.finish()
    return blob


def _form(node: _Node) -> tuple[str, Pattern[str]]:
    form = (node.choice("syntax", _SYNTAXES), node.compile("start", [node.string("start")]))
    node.finish()
    return form


def _nesting(node: _Node) -> Nesting:
    nesting = Nesting(
        open=node.compile("open", [node.string("open")]),
        close=node.compile("close", [node.string("close")]),
    )
    node.finish()
    return nesting


def _quoted(node: _Node) -> Quoted:
    quoted = Quoted(open=node.compile("open", [node.string("open")]), close=node.optional("close"))
    if quoted.close is None and "close" not in quoted.open.groupindex:
        raise node.error("close", "is missing, and open has no group named close")
    node.finish()
    return quoted


class _Node:
    """One mapping of a platform file: gives values by type and remembers which it gave."""

    __slots__ = ("_data", "_path", "_taken", "_where")

    def __init__(self, data: Any, path: Path, where: str = "") -> None:
        self._path, self._where = path, where
        if not isinstance(data, Mapping):
            raise self.error("", "a mapping is expected")
        self._data: Mapping[str, Any] = data
        self._taken: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._data

    def error(self, key: str, problem: str) -> BadPlatformFile:
        return BadPlatformFile(f"{self._path}: {self._where}{key}: {problem}")

    def take(self, key: str, types: tuple[type, ...]) -> Any:
        self._taken.add(key)
        if key not in self._data:
            raise self.error(key, "is missing")
        value = self._data[key]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            wanted = " or ".join(t.__name__ for t in types)
            raise self.error(key, f"{wanted} is expected, not {type(value).__name__}")
        return value

    def string(self, key: str) -> str:
        return str(self.take(key, (str,)))

    def optional(self, key: str) -> str | None:
        self._taken.add(key)
        return None if self._data.get(key) is None else self.string(key)

    def boolean(self, key: str) -> bool:
        return bool(self.take(key, (bool,)))

    def choice(self, key: str, allowed: Iterable[str]) -> str:
        value = self.string(key)
        if value not in allowed:
            raise self.error(key, f"{value!r} is none of {', '.join(sorted(allowed))}")
        return value

    def strings(self, key: str) -> tuple[str, ...]:
        self._taken.add(key)
        values = self._data.get(key) or []
        if not isinstance(values, list) or not all(isinstance(v, str) for v in values):
            raise self.error(key, "a list of strings is expected")
        return tuple(values)

    def empty(self, key: str) -> _Node:
        return _Node({}, self._path, f"{self._where}{key}.")

    def child(self, key: str) -> _Node:
        return _Node(self.take(key, (dict,)), self._path, f"{self._where}{key}.")

    def children(self, key: str) -> list[_Node]:
        self._taken.add(key)
        values = self._data.get(key) or []
        if not isinstance(values, list):
            raise self.error(key, "a list of mappings is expected")
        return [
            _Node(value, self._path, f"{self._where}{key}[{number}].")
            for number, value in enumerate(values)
        ]

    def patterns(self, key: str, before: str = "", after: str = "") -> Pattern[str] | None:
        values = self.strings(key)
        return self.compile(key, values, before, after) if values else None

    def compile(
        self,
        key: str,
        parts: Iterable[str],
        before: str = "",
        after: str = "",
        flags: int = re.MULTILINE,
    ) -> Pattern[str]:
        """Join the parts into one alternation, so that a text is searched once for all of them."""
        return re.compile(before + "|".join(self.check(key, parts, flags)) + after, flags)

    def check(self, key: str, parts: Iterable[str], flags: int = re.MULTILINE) -> list[str]:
        """The parts with their macros expanded; each has to be a regular expression."""
        sources = [expand(part, _MACROS) for part in parts]
        for source in sources:
            try:
                re.compile(source, flags)
            except re.error as error:
                raise self.error(key, f"{source!r} is no regular expression: {error}") from error
        return sources

    def rules(self, key: str, more: Iterable[str] = ()) -> Rules:
        """Compile rules for secrets; each has to begin with a literal character."""
        sources = (*self.strings(key), *more)
        self.check(key, sources)
        try:
            return compile_rules(sources, _MACROS)
        except ValueError as error:
            raise self.error(key, str(error)) from error

    def finish(self) -> None:
        """Refuse keys that nobody asked for: a misspelt rule must not go unnoticed."""
        unknown = sorted(set(map(str, self._data)) - self._taken)
        if unknown:
            raise self.error(unknown[0], "is not a key that a platform file has")
