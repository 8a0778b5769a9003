"""Configuration mode of one session, as IOS and Junos have it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .configs.edit import Edit

if TYPE_CHECKING:
    from .device import Device

_OPENS = (
    ("line ", "config-line"),
    ("interface ", "config-if"),
    ("router ", "config-router"),
    ("address-family ", "config-router-af"),
    ("ip access-list standard ", "config-std-nacl"),
    ("ip access-list extended ", "config-ext-nacl"),
    ("tacacs server ", "config-server-tacacs"),
    ("radius server ", "config-radius-server"),
    ("aaa group server ", "config-sg-tacacs+"),
    ("aaa common-criteria policy ", "config-cc-policy"),
    ("key chain ", "config-keychain"),
    ("archive", "config-archive"),
)
"""IOS lines that lead into a mode of their own, and what its prompt says."""
_BANNER = re.compile(r"banner (?:login|motd|exec) (\^C|\S)(.*)$")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_IOS_WORDS = _words(
    "aaa access-list archive banner clock enable hostname interface ip ipv6 key line logging login "
    "no ntp radius router service snmp-server spanning-tree tacacs username vlan"
)
_IOS_INNER = _words(
    "access-class address bgp deny description exec-timeout ip ipv6 key logging login min-length "
    "neighbor network no password path permit remark server session-limit session-timeout shutdown "
    "transport"
)
_JUNOS_TOP = _words(
    "chassis firewall interfaces policy-options protocols routing-options snmp system"
)

INVALID = "{caret}^\n% Invalid input detected at '^' marker.\n"


class Question(str):
    """What is printed without a prompt behind it; the next line is the answer, an empty one too."""


class IosChange:
    """Every line takes effect at once. `line` returns what is printed, None for nothing at all,
    not even a prompt; `left` is set when the session is back in exec mode."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._path: list[str] = []
        self._modes: list[str] = ["config"]
        self._banner: list[str] = []
        self._delimiter = ""
        self.asked = ""
        self.left = False

    @property
    def prompt(self) -> str:
        """As IOS prints it."""
        return f"{{host}}({self._modes[-1]})#"

    def line(self, line: str) -> str | None:
        """Take a line."""
        if self.asked:
            line, self.asked = self.asked, ""
            self._edit(Edit((), line))
            return ""
        if self._banner:
            return self._banner_line(line)
        if line in ("end", "exit"):
            return self._out(line)
        opened = _BANNER.match(line)
        if opened:
            self._banner, self._delimiter = [line], opened[1]
            return None
        return self._statement(line)

    def _out(self, word: str) -> str:
        if word == "end" or not self._path:
            self.left = True
        else:
            self._path.pop()
            self._modes.pop()
        return ""

    def _banner_line(self, line: str) -> str | None:
        self._banner.append(line)
        if not line.startswith(self._delimiter):
            return None
        self._edit(Edit((), "\n".join(self._banner)))
        self._banner = []
        return ""

    def _statement(self, line: str) -> str:
        if line.startswith("no username "):
            self.asked = line
            return Question(
                "This operation will remove all username related configurations with same name.\n"
                "Do you want to continue? [confirm]"
            )
        first = line.split()[0]
        if self._path and first not in _IOS_INNER:
            if first not in _IOS_WORDS:
                return INVALID
            self._path, self._modes = [], ["config"]  # IOS looks in the mode around as well
        if not self._path and first not in _IOS_WORDS:
            return INVALID
        mode = next((mode for word, mode in _OPENS if line.startswith(word)), None)
        if mode and not (self._path and mode != "config-router-af"):
            self._edit(Edit(tuple(self._path), line))
            self._path.append(line)
            self._modes.append(mode)
            return ""
        self._edit(Edit(tuple(self._path), line))
        return ""

    def _edit(self, edit: Edit) -> None:
        self._device.edit(edit)


class EosChange(IosChange):
    """A session: the lines of IOS, collected until `commit timer` lets them take effect."""

    def __init__(self, device: Device) -> None:
        super().__init__(device)
        self._candidate: tuple[Edit, ...] = ()

    @property
    def prompt(self) -> str:
        """With the beginning of the session's name."""
        return "{host}(config-s-netops)#" if not self._path else "{host}(config-s-netops-mode)#"

    def line(self, line: str) -> str | None:
        """Take a line."""
        if line == "abort":
            self.left = True
            return ""
        if line.startswith("commit timer "):
            hours, minutes, _seconds = map(int, line.split()[2].split(":"))
            self._device.expire(self._device.running, 60 * hours + minutes)
            self._device.running = (*self._device.running, *self._candidate)
            self.left = True
            return ""
        return super().line(line)

    def _statement(self, line: str) -> str:
        if line.split()[0] == "nonsense":
            return "% Invalid input\n"
        words = ("management ", "interface ", "router ", "ip access-list ")
        if not self._path and line.startswith(words):
            self._path.append(line)
            self._modes.append("")
            return ""
        self._edit(Edit(tuple(self._path), line))
        return ""

    def _edit(self, edit: Edit) -> None:
        self._candidate = (*self._candidate, edit)


class JunosChange:
    """A candidate of the session's own, which takes effect by a commit."""

    prompt = "[edit]\n{user}@{host}# "

    def __init__(self, device: Device) -> None:
        self._device = device
        self._candidate = device.running
        self.asked = ""
        self.left = False

    def line(self, line: str) -> str | None:
        """Take a line."""
        verb, _, rest = line.partition(" ")
        match verb:
            case "set" | "delete":
                if rest.split(" ")[0] not in _JUNOS_TOP:
                    return "{caret}^\nsyntax error.\n\n"
                self._candidate = (*self._candidate, Edit((), line))
                return "\n"
            case "commit":
                return self._commit(rest)
            case "rollback":
                self._candidate = self._device.running if rest == "0" else self._device.previous
                return "load complete\n\n"
            case "exit":
                self.left = True
                return "Exiting configuration mode\n\n"
        return "{caret}^\nunknown command.\n\n"

    def _commit(self, words: str) -> str:
        self._device.settle()
        before = self._device.running
        self._device.running = self._candidate
        self._device.previous = before
        if words.startswith("confirmed"):
            minutes = int(words.split()[1])
            self._device.expire(before, minutes)
            return (
                f"commit confirmed will be automatically rolled back in {minutes} minutes unless "
                f"confirmed\ncommit complete\n\n"
                f"# commit confirmed will be rolled back in {minutes} minutes\n"
            )
        return "commit complete\n\n"


CHANGES = {"ios": IosChange, "eos": EosChange, "junos": JunosChange}
