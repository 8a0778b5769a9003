# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the API token comes from, and how it is sent.

NetBox has two kinds: version 1, forty characters sent as ``Token``, and version 2 (from 4.5 on),
``nbt_<key>.<secret>`` sent as ``Bearer``.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .problems import BadOption

V2_PREFIX = "nbt_"
COMMAND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Token:
    """A token and the word that goes before it in the header ``Authorization``."""

    secret: str = field(repr=False)
    scheme: str = ""

    @property
    def header(self) -> str:
        """The value of ``Authorization``."""
        scheme = self.scheme or ("Bearer" if self.secret.startswith(V2_PREFIX) else "Token")
        return f"{scheme} {self.secret}"

    @property
    def identity(self) -> str:
        """What tells this token from others without telling it: 16 digits of a hash."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Gives the token, and again where it may have been rotated in the meantime."""

    origin: str
    """For messages: ``token_file /run/token``."""
    read: Callable[[], Token]
    rotates: bool
    """Whether reading it again may give another one."""


def fixed(token: Token, origin: str) -> TokenSource:
    """A token that is known from the start."""
    return TokenSource(origin, lambda: token, rotates=False)


def from_file(path: Path) -> TokenSource:
    """The token in a file; white space around it does not count."""

    def read() -> Token:
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise BadOption(f"token_file {path}: {error}; make it a readable file") from error
        return _checked(text, f"token_file {path}")

    return TokenSource(f"token_file {path}", read, rotates=True)


def from_command(command: Sequence[str]) -> TokenSource:
    """The token that a program prints. Its output never reaches a message."""
    origin = f"token_command {command[0]}"

    def read() -> Token:
        try:
            done = subprocess.run(
                list(command),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                check=False,
            )
        except (OSError, UnicodeDecodeError, subprocess.TimeoutExpired) as error:
            raise BadOption(f"{origin}: {_without_arguments(error)}") from error
        if done.returncode:
            raise BadOption(
                f"{origin} ended with {done.returncode} and no token; run it by hand to see why"
            )
        return _checked(done.stdout, origin)

    return TokenSource(origin, read, rotates=True)


def _without_arguments(error: Exception) -> str:
    """The error without the command line, whose arguments may be secrets."""
    if isinstance(error, subprocess.TimeoutExpired):
        return f"gave no token within {COMMAND_SECONDS:.0f} s"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    return "printed what is no text"


def _checked(text: str, origin: str) -> Token:
    words = text.split()
    if len(words) != 1:
        found = "is empty" if not words else f"holds {len(words)} words"
        raise BadOption(f"{origin} {found}; it has to give the token and nothing else")
    return Token(words[0])
