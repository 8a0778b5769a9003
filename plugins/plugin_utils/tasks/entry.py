# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configuration mode of a device: in, line by line, out again, and back.

What is sent may hold secrets: nothing here puts a line, or an answer to one, into a message as it
is.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from enum import Enum

from netmiko import BaseConnection

from ..config.blocks import Unit, units
from ..config.redact import Redactor, redact
from ..errors import CannotConfigure, CommandRejected, DeadlineExceeded, LineRejected
from ..fleet.host import FleetHost
from ..platforms import Apply, Platform, Way

LINE_SECONDS = 60.0
"""What a device may take for one line, or for a commit; a big commit takes half of it."""
COMMIT_SECONDS = 300.0
SHOWN = 160
"""Characters of a line, or of a device's words, that a message shows."""
_TAIL = 200
"""Characters in which the prompt is looked for."""
_MARGIN = 5.0
"""Seconds before the device's timer ends in which nothing is confirmed any more."""


class Stage(Enum):
    """How far a change has come."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    COMMITTED = "committed"
    CONFIRMED = "confirmed"
    BACK = "back"


class Entry:
    """A change that is being entered. The flight's ``aftermath`` always says what the device would
    be left with if everything ended now."""

    def __init__(
        self,
        host: FleetHost,
        connection: BaseConnection,
        lines: Sequence[str],
        shown: Sequence[str],
        minutes: int,
        name: str,
        where: str,
    ) -> None:
        """``shown`` are the lines for people, ``where`` says where the copy from before lies."""
        self._host, self._connection = host, connection
        self._platform: Platform = host.device.os
        self._apply = self.demand(self._platform)
        self._way = self._apply.ways[-1]
        self._shown, self._where = shown, where
        self._units = list(units(lines, self._platform))
        self._total = len(self._units)
        self._entered = 0
        self._perhaps = ""
        self._stage = Stage.OUTSIDE
        self._saved = self._confirming = False
        self._minutes = minutes
        self._since = 0.0
        prompt, asks = self._platform.prompt, self._apply.asks
        self._expected = f"(?:{prompt})|(?:{asks.pattern})" if prompt and asks else prompt
        hours = f"{minutes // 60:02d}:{minutes % 60:02d}:00"
        self._values = {"minutes": str(minutes), "hhmmss": hours, "name": name}

    @staticmethod
    def demand(platform: Platform) -> Apply:
        """How the platform is configured; raises `CannotConfigure` where that is not known."""
        if platform.apply is None:
            raise CannotConfigure(f"{platform.title} cannot be configured by this collection yet")
        return platform.apply

    def begin(self) -> None:
        """Enter configuration mode, by the first way that the device can go.

        Raises `CannotConfigure`.
        """
        self._host.flight.phase = "entering configuration mode"
        words = ""
        for way in self._apply.ways:
            words = self._try(way)
            if self._stage is Stage.INSIDE:
                return
        raise CannotConfigure(f"the device did not let the user into configuration mode: {words!r}")

    def _try(self, way: Way) -> str:
        """Go this way; what the device says if that is none."""
        for command in way.prepare:
            output = self._do(command)
            refused = self._apply.rejected.search(output)
            if refused or (way.unavailable and way.unavailable.search(output)):
                return self._words(output)
        output = ""
        for command in way.enter:
            output = self._do(command)
        if self._apply.inside.search(output[-_TAIL:]):
            self._way, self._since = way, time.monotonic()
            self._reach(Stage.INSIDE)
            return ""
        return self._words(output)

    def enter(self) -> None:
        """Send the lines; raises `LineRejected` for the first that the device refuses."""
        depths: list[int] = []
        for unit in self._units:
            self._climb(depths, unit.indent)
            number = self._entered + 1
            self._host.flight.phase = f"entering line {number} of {self._total}"
            self._perhaps = f", line {number} perhaps"
            self._reach(Stage.INSIDE)
            output = self._send_unit(unit)
            self._perhaps = ""
            self._reach(Stage.INSIDE)
            refused = self._apply.rejected.search(output)
            if refused:
                words = self._words(refused[0], unit)
                raise LineRejected(f"line {number} of {self._total}, {self._name(unit)}: {words!r}")
            self._entered = number
            self._reach(Stage.INSIDE)
            if not self._apply.inside.search(output[-_TAIL:]):
                raise LineRejected(
                    f"line {number} of {self._total}, {self._name(unit)}, left configuration mode"
                )

    def _climb(self, depths: list[int], indent: int) -> None:
        """Leave the blocks that the next line does not stand in."""
        while depths and indent <= depths[-1]:
            left = depths.pop()
            if indent < left and self._apply.up:
                self._send(self._apply.up)
        depths.append(indent)

    def commit(self) -> None:
        """Let the lines take effect; raises `LineRejected` when the device will not."""
        self._host.flight.phase = "committing the change"
        for command in self._way.commit:
            # From here on they may be in force, whatever becomes of the answer.
            self._since = time.monotonic() if self._way.candidate else self._since
            self._reach(Stage.COMMITTED)
            output = self._do(command, COMMIT_SECONDS)
            if refused := self._apply.rejected.search(output):
                self._reach(Stage.INSIDE)
                raise LineRejected(f"the commit was refused: {self._words(refused[0])!r}")

    def confirm(self) -> None:
        """Make the change a lasting one; raises `LineRejected`, or when it is too late."""
        self._host.flight.phase = "confirming the change"
        seconds = time.monotonic() - self._since
        if self._way.expires and seconds > 60 * self._minutes - _MARGIN:
            raise DeadlineExceeded(
                f"it took {seconds:.0f} s, and the device takes a change back after "
                f"{self._minutes} minutes"
            )
        for command in self._way.confirm:
            # From here on it may be a lasting one, whatever becomes of the answer.
            self._asked_to_keep(True)
            output = self._do(command, COMMIT_SECONDS)
            if refused := self._apply.rejected.search(output):
                self._asked_to_keep(False)
                raise LineRejected(f"the confirmation was refused: {self._words(refused[0])!r}")
        self._reach(Stage.CONFIRMED)

    def save(self) -> None:
        """Keep the change over a restart; raises `CommandRejected`."""
        self._host.flight.phase = "saving the configuration"
        for command in self._way.save:
            output = self._do(command, COMMIT_SECONDS)
            refused = self._apply.rejected.search(output)
            refused = refused or self._platform.complete.broken.search(output)
            if refused:
                words = self._words(refused[0])
                raise CommandRejected(f"{command!r} was refused: {words!r}")
        self._saved = True
        self._reach(Stage.CONFIRMED)

    def take_back(self) -> None:
        """Undo what can be undone; afterwards the session is out of configuration mode."""
        self._host.flight.phase = "taking the change back"
        undoing = {Stage.INSIDE: self._way.discard, Stage.COMMITTED: self._way.revert}
        commands = undoing.get(self._stage, ())
        try:
            for command in commands:
                output = self._do(command, COMMIT_SECONDS)
                if self._apply.rejected.search(output):
                    return
            if commands:
                self._reach(Stage.BACK)
            elif self._stage is Stage.INSIDE:
                for command in self._way.commit:
                    self._do(command)
        except Exception:  # noqa: BLE001 - the aftermath says what stands, which is what counts
            return

    def compare(self, same: bool) -> None:
        """Say whether the configuration is what it was before."""
        if self._stage is Stage.BACK:
            told = "is as it was before" if same else "differs from the copy from before"
            self._host.flight.aftermath = f"{self._left_behind()}; the configuration {told}"

    def _asked_to_keep(self, asked: bool) -> None:
        self._confirming = asked
        self._reach(self._stage)

    def _reach(self, stage: Stage) -> None:
        self._stage = stage
        self._host.flight.aftermath = self._left_behind()

    def _left_behind(self) -> str:
        way, entered = self._way, f"{self._entered} of {self._total} lines"
        if self._stage is Stage.BACK:
            return "the change was taken back"
        if self._stage is Stage.CONFIRMED:
            return f"all lines are in force{'' if self._saved or not way.save else ', not saved'}"
        if way.candidate and self._stage is Stage.INSIDE:
            return f"{entered} had been entered, and none took effect"
        force = f"{entered} are in force{self._perhaps}"
        if way.expires:
            told = "since nobody confirms them"
            if self._confirming:
                told = "unless it has taken the confirmation, which was sent"
            return f"{force}, and the device takes them back within {self._minutes} minutes, {told}"
        lacks = f": {way.lacks}" if way.lacks else ""
        saved = ", and were not saved" if way.save else ""
        return f"{force}{saved}; the device has no way to take them back{lacks}. {self._where}"

    def _send_unit(self, unit: Unit) -> str:
        for row in unit.rows[:-1]:
            self._connection.write_channel(row.strip(" ") + "\n")
        # What belongs to free text stays as it is, its blanks too.
        last = unit.rows[-1] if len(unit.rows) > 1 else unit.rows[0].strip()
        return self._send(last)

    def _do(self, command: str, seconds: float = LINE_SECONDS) -> str:
        """Send a command of the platform's own, its values filled in."""
        for name, value in self._values.items():
            command = command.replace(f"{{{name}}}", value)
        return self._send(command, seconds)

    def _send(self, command: str, seconds: float = LINE_SECONDS) -> str:
        """Send a command and return all that came until the next prompt, that included."""
        output = self._ask(command, seconds)
        asks = self._apply.asks
        while asks and asks.search(output[-_TAIL:]):
            output += self._ask(self._apply.answer, seconds)
        return output

    def _ask(self, command: str, seconds: float) -> str:
        output = self._connection.send_command(
            command,
            expect_string=self._expected,
            read_timeout=self._host.flight.patience(seconds),
            strip_prompt=False,
            strip_command=False,
            cmd_verify=False,  # devices scroll and wrap the echo of a long line
        )
        return str(output)

    def _name(self, unit: Unit) -> str:
        """The line for people."""
        return repr(self._shown[unit.first].strip()[:SHOWN])

    def _words(self, output: str, unit: Unit | None = None) -> str:
        """What the device said, without the words of a line that nobody may see."""
        hidden = self._hidden(unit) if unit else set()
        text = redact(Redactor(hidden).text(output), self._platform)
        kept = [line.strip() for line in text.splitlines() if line.strip()]
        told = next((line for line in kept if line[:1] == "%"), kept[0] if kept else "")
        return told[:SHOWN]

    def _hidden(self, unit: Unit) -> set[str]:
        shown = self._shown[unit.first : unit.first + len(unit.rows)]
        words = {word for row in unit.rows for word in row.split()}
        return words - {word for row in shown for word in row.split()}
