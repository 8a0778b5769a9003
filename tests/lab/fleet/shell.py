"""The command line of one session: echo, prompt, pager, modes, and the faults in the output."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import asyncssh

from .change import CHANGES, IosChange, JunosChange, Question
from .configs.text import IOS_CLOCK, MILLIS, ConfigText
from .dialects import (
    Action,
    Bye,
    Configure,
    Dialect,
    Enable,
    Enter,
    Pending,
    Say,
    Set,
    Show,
    Tell,
)
from .faults import HALFWAY

if TYPE_CHECKING:
    from .device import Device

_LINE_END = re.compile(rb"\r\n|\r|\n")
_SERIAL = re.compile(r"\{n:0(\d)d\}")
_FILTERS: dict[str, Callable[[str, str], bool]] = {
    "include": lambda line, what: re.search(what, line) is not None,
    "grep": lambda line, what: re.search(what, line) is not None,
    "match": lambda line, what: re.search(what, line) is not None,
    "exclude": lambda line, what: re.search(what, line) is None,
    "except": lambda line, what: re.search(what, line) is None,
}


class Shell(asyncssh.SSHServerSession[bytes]):
    """One session. Input is a queue: a line is read, and echoed, once the last is answered."""

    _chan: asyncssh.SSHServerChannel[bytes]

    def __init__(self, device: Device, user: str, fault: str | None) -> None:
        self._device = device
        self._fault = fault
        self._dialect: Dialect = device.dialect
        self._user = user
        self._mode = "exec"
        if device.spec.unprivileged and self._dialect.unprivileged:
            self._mode = self._dialect.unprivileged
        self._settings: dict[str, bool | int | str] = {
            "paging": True,
            "length": self._dialect.length,
            "width": 80,
            "form": "native",
        }
        self._input = b""
        self._echoed = 0
        self._skip_newline = False
        self._busy = False
        self._asking = False
        self._change: IosChange | JunosChange | None = None
        self._lines = 0
        self._pages: list[bytes] = []

    # -- what asyncssh calls ------------------------------------------------------------------

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """The channel is there."""
        self._chan = chan

    def pty_requested(
        self, term_type: str, term_size: tuple[int, int, int, int], term_modes: Mapping[int, int]
    ) -> bool:
        """Any terminal will do; devices page at their own length whatever the client says."""
        return True

    def shell_requested(self) -> bool:
        """A shell is all there is."""
        return True

    def session_started(self) -> None:
        """Greet."""
        if self._fault == "session_limit":
            self._write(self._fill(self._dialect.limit) + "\n")
            self._chan.exit(1)
            return
        self._write(self._fill(self._dialect.greeting))
        self._prompt()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Queue what was typed."""
        self._input += data
        self._advance()

    def eof_received(self) -> bool:
        """The client has nothing more to say: close."""
        return False

    # -- input --------------------------------------------------------------------------------

    def _advance(self) -> None:
        while self._input and not self._busy and not self._chan.is_closing():
            if self._pages:
                key, self._input = self._input[:1], self._input[1:]
                self._page(key)
            elif not self._read_line():
                return

    def _read_line(self) -> bool:
        if self._skip_newline and self._input.startswith(b"\n"):
            self._input = self._input[1:]
        self._skip_newline = False
        end = _LINE_END.search(self._input)
        if end is None:
            self._echo_typing()
            return False
        raw, self._input = self._input[: end.start()], self._input[end.end() :]
        # CR LF may arrive in two packets; the LF must not count as an empty line then
        self._skip_newline = end.group() == b"\r" and not self._input
        line = _edited(raw)
        self._echo(raw[self._echoed :], line)
        self._echoed = 0
        self._busy = True
        latency = self._device.latency
        if latency:
            asyncio.get_running_loop().call_later(latency, self._answer, line)
        else:
            self._answer(line)
        return True

    def _echo_typing(self) -> None:
        if not self._asking and self._input.isascii() and self._input.decode().isprintable():
            self._chan.write(self._input[self._echoed :])
            self._echoed = len(self._input)

    def _echo(self, typed: bytes, line: str) -> None:
        if self._asking:
            self._write("\n")
            return
        prompt, width = self._prompt_text(), int(self._settings["width"])
        if self._dialect.repaints and line:
            self._chan.write(typed + f"\r\x1b[K{prompt}{line}\r\n".encode())
        elif self._dialect.scrolls and len(prompt) + len(line) >= width > 0:
            # IOS scrolls a line that is too long: it repaints the end of it behind a dollar sign
            tail = line[-(width - len(prompt) - 2) :]
            self._chan.write(typed + b"\b" * len(line) + f"${tail}\r\n".encode())
        else:
            self._chan.write(typed + b"\r\n")

    # -- commands -----------------------------------------------------------------------------

    def _answer(self, line: str) -> None:
        if self._chan.is_closing():
            return
        self._busy = False
        if self._asking:
            self._enable(line)
        elif self._change:
            self._configure(line)
        elif line:
            self._device.count.commands += 1
            self._run(line)
        else:
            self._prompt()
        self._advance()

    def _run(self, line: str) -> None:
        command, *pipes = (part.strip() for part in line.split("|"))
        found = _find(command, self._dialect.commands[self._mode], self._dialect.abbreviates)
        if found is None:
            self._finish(self._complaint(line))
            return
        action, argument = found
        match action:
            case Bye():
                self._chan.exit(0)
            case Enable():
                self._asking = True
                self._write("Password: ")
            case Enter(mode, says):
                self._mode = mode
                self._finish(says)
            case Set():
                self._set(action, argument)
                self._finish(self._fill(action.says, argument))
            case Configure() | Pending():
                self._towards_a_change(action, argument)
            case Say(text):
                self._finish(self._filtered(self._fill(self._dialect.before + text), pipes), pipes)
            case Tell(form):
                text = self._device.config(form).render().decode().replace("\r\n", "\n")
                self._finish(self._filtered(text, pipes), pipes)
            case Show(form):
                self._show(line, form, pipes)

    def _towards_a_change(self, action: Configure | Pending, argument: str) -> None:
        if isinstance(action, Pending):
            self._settle(action.verb, action.says)
        else:
            self._enter_change(action.kind, action.says, int(argument) if action.timed else 0)

    def _enter_change(self, kind: str, says: str, minutes: int) -> None:
        fault = self._device.change_fault
        if fault == "no_configure" or (minutes and fault == "no_archive"):
            self._finish("% Authorization failed.\n" if kind == "ios" else "unknown command.\n")
            return
        if minutes:
            self._device.expire(self._device.running, minutes)
        self._change, self._lines = CHANGES[kind](self._device), 0
        self._finish(says)

    def _configure(self, line: str) -> None:
        """A line in configuration mode, with what may be wrong there."""
        assert self._change
        self._device.count.lines += 1
        self._lines += 1
        second = self._lines == 2
        match self._device.change_fault if second else None:
            case "reject_line":
                self._finish(self._complaint(line))
                return
            case "hang_line":
                self._busy = True
                return
            case "drop_line":
                self._chan.get_connection().abort()
                return
        says = self._change.line(line) if line or self._change.asked else ""
        if isinstance(says, Question):
            self._write(says)
        elif says is not None:
            if self._change.left:
                self._change = None
            self._finish(says.replace("{caret}", " " * len(self._prompt_text())))

    def _settle(self, verb: str, says: str) -> None:
        if verb == "archive":
            enabled = self._device.change_fault != "no_archive"
            says = says if enabled else "Archive feature not enabled\n"
        elif verb == "save":
            self._device.saved = self._device.running
        elif not (self._device.settle() if verb == "confirm" else self._device.go_back()):
            says = "%No Rollback Confirmed Change pending\n"
        if verb == "confirm" and self._device.change_fault == "hang_confirm":
            self._busy = True
            return
        self._finish(says)

    def _enable(self, password: str) -> None:
        self._asking = False
        if self._device.enables(password, self._fault):
            self._mode = "exec"
            self._prompt()
        else:
            self._finish("% Access denied\n")

    def _set(self, action: Set, argument: str) -> None:
        value = int(argument) if action.value is None else action.value
        settings = self._device.settings if self._dialect.console == "device" else self._settings
        settings[action.name] = value

    def _show(self, line: str, form: str, pipes: list[str]) -> None:
        fault = self._fault
        if fault == "invalid_input":
            self._finish(self._complaint(line))
            return
        if "display set" in pipes:
            form = "set"
        if form == "native":
            form = str(self._settings["form"])
        text = b"" if fault == "empty" else self._device.config(form).render()
        self._device.count.configs += 1
        text = self._fill(self._dialect.before).replace("\n", "\r\n").encode() + text
        if any(pipe.split()[0] in _FILTERS for pipe in pipes if pipe):
            self._finish(self._filtered(text.decode().replace("\r\n", "\n"), pipes), pipes)
        elif fault is not None and fault in HALFWAY:
            self._break(fault, text)
        else:
            self._print(text, pipes)

    def _filtered(self, text: str, pipes: Iterable[str]) -> str:
        for pipe in pipes:
            word, _, what = pipe.partition(" ")
            keep = _FILTERS.get(word)
            if keep:
                text = "\n".join(line for line in text.split("\n") if keep(line, what.strip('"')))
        return text

    def _complaint(self, line: str) -> str:
        return (
            self._fill(self._dialect.error)
            .replace("{caret}", " " * len(self._prompt_text()))
            .replace("{command}", line.split()[0])
            .replace("{line}", line)
        )

    def _fill(self, template: str, argument: str = "") -> str:
        if "{" not in template:
            return template
        number = self._device.spec.number
        template = _SERIAL.sub(lambda digits: f"{number:0{digits[1]}d}", template)
        return (
            template.replace("{host}", self._device.spec.name)
            .replace("{user}", self._user)
            .replace("{clock}", _text(IOS_CLOCK))
            .replace("{stamp}", _text(MILLIS))
            .replace("{output}", "more" if self._paging() else "standard")
            .replace("{n}", argument or str(number))
        )

    # -- output -------------------------------------------------------------------------------

    def _write(self, text: str) -> None:
        self._chan.write(text.replace("\n", "\r\n").encode())

    def _prompt_text(self) -> str:
        if self._change:
            return self._fill(self._change.prompt).replace("\n", "\r\n")
        return self._fill(self._dialect.prompts[self._mode])

    def _prompt(self) -> None:
        self._chan.write(self._prompt_text().encode())

    def _paging(self) -> bool:
        settings = {**self._settings, **self._device.settings}
        return bool(settings["paging"]) and int(settings["length"]) > 0

    def _finish(self, text: str, pipes: Iterable[str] = ()) -> None:
        """Print the answer to a command, then the prompt."""
        if text and not text.endswith("\n"):
            text += "\n"
        self._print(text.replace("\n", "\r\n").encode(), pipes)

    def _print(self, text: bytes, pipes: Iterable[str] = ()) -> None:
        text += self._dialect.after.replace("\n", "\r\n").encode() if text else b""
        if self._paging() and "no-more" not in pipes:
            lines = text.splitlines(keepends=True)
            if len(lines) >= int(self._settings["length"]):
                self._pages = lines
                self._more(int(self._settings["length"]) - 1)
                return
        self._chan.write(text + self._prompt_text().encode())

    def _more(self, lines: int) -> None:
        shown, self._pages = self._pages[:lines], self._pages[lines:]
        self._chan.write(b"".join(shown))
        if self._pages:
            self._chan.write(self._dialect.more.encode())
        else:
            self._prompt()

    def _page(self, key: bytes) -> None:
        lines = {b" ": int(self._settings["length"]) - 1, b"\r": 1, b"\n": 1}.get(key)
        if lines:
            self._chan.write(self._dialect.erase.encode())
            self._more(lines)
        elif key in b"qQ\x03":
            self._pages = []
            self._chan.write(self._dialect.erase.encode())
            self._prompt()

    def _break(self, fault: str, text: bytes) -> None:
        """Stop, or stumble, half-way through the configuration as the fault wants it."""
        at = int(len(text) * self._device.cut)
        line_end = text.rfind(b"\n", 0, at) + 1
        prompt = self._prompt_text().encode()
        later = asyncio.get_running_loop().call_later
        match fault:
            case "truncated":
                self._print(text[:at] + b"\r\n")
            case "syslog":
                stamp = time.strftime("%b %d %H:%M:%S.000", time.gmtime())
                noise = f"\r\n*{stamp}: {self._dialect.syslog}\r\n".encode()
                self._print(text[:line_end] + noise + text[line_end:])
            case "prompt_in_text":
                # the pause is what makes a client believe that this is the end
                self._busy = True
                self._chan.write(text[:line_end] + prompt)
                later(0.5, self._resume, b"\r\n" + text[line_end:])
            case "hang":
                self._busy = True
                self._chan.write(text[:at])
            case "drop":
                self._busy = True
                self._chan.write(text[:at])
                later(0.05, self._chan.get_connection().abort)

    def _resume(self, text: bytes) -> None:
        if not self._chan.is_closing():
            self._busy = False
            self._print(text)
            self._advance()


def _text(volatile: str) -> str:
    return ConfigText.parse(volatile).render().decode()


def _edited(raw: bytes) -> str:
    """A typed line after its backspaces, Ctrl-U and Ctrl-C."""
    line = ""
    for char in raw.decode(errors="replace"):
        if char in "\b\x7f":
            line = line[:-1]
        elif char in "\x03\x15\x1a":
            line = ""
        elif char.isprintable():
            line += char
    return line.strip()


def _find(
    command: str, table: Mapping[str, Action], abbreviates: bool
) -> tuple[Action, str] | None:
    """The action for a typed command and its argument; the first that fits wins."""
    if command in table:
        return table[command], ""
    words = command.split()
    for pattern, action in table.items():
        argument = _fits(words, pattern.split(), abbreviates)
        if argument is not None:
            return action, argument
    return None


def _fits(words: list[str], pattern: list[str], abbreviates: bool) -> str | None:
    if len(words) != len(pattern):
        return None
    argument = ""
    for word, wanted in zip(words, pattern, strict=True):
        if wanted in ("{n}", "{w}"):  # a number, or any word
            argument = word
        elif not (word == wanted or (abbreviates and wanted.startswith(word))):
            return None
    return argument if argument.isdigit() or "{n}" not in pattern else None
