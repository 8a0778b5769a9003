# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Calling git so that only the repository itself decides what happens.

The user's and the system's configuration, hooks, a GIT_DIR of the caller and the like must neither
disturb a run nor be disturbed by it, so every call gets an environment of its own.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..errors import MirrorError

PENDING = "refs/prime.netops/pending"
"""The journal of `mirror_update`: a commit that index and working tree have not followed yet."""

PRIVATE_UMASK = 0o077
AUTHOR = "prime.netops"
EMAIL = "prime.netops@localhost"
ALGORITHMS = {40: "sha1", 64: "sha256"}
"""A repository's hash by the digits of its object names."""

SETTINGS = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.attributesFile": os.devnull,
    "core.splitIndex": "false",
    "core.quotePath": "false",
    # Garbage is collected in the foreground: a process in the background is killed with the job.
    "gc.autoDetach": "false",
    "maintenance.autoDetach": "false",
}
ROOM = 1_000_000
"""Bytes below which a file system is taken for full."""
FULL = "Free space on its file system; the exact texts are safe in the store."
ADVICE = {
    "no space left": FULL,
    "out of diskspace": FULL,
    "quota": FULL,
    "permission denied": "Give this user write access to the repository.",
    "read-only file system": "Make the file system writable, or set another directory.",
    "cannot lock ref": "Another git process moved the branch; run again.",
}
DEFAULT_ADVICE = "Look at the repository by `git fsck` and `git status`; nothing in it was lost."


def blob_id(data: bytes, digits: int = 40) -> str:
    """Return the name that git gives to bytes, in a repository whose names have so many digits."""
    digest = hashlib.new(ALGORITHMS[digits], b"blob %d\0" % len(data), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Git:
    """A repository's git commands. `keep_open` are descriptors that every child inherits."""

    repository: Path
    keep_open: tuple[int, ...] = ()

    @property
    def directory(self) -> Path:
        """Where git keeps its own files."""
        return self.repository / ".git"

    @property
    def private(self) -> Path:
        """Our own corner among git's files: the lock, and what is in the making."""
        return self.directory / "prime.netops"

    @property
    def head(self) -> Path:
        """What makes a directory a repository; `git init` writes it towards its end."""
        return self.directory / "HEAD"

    @property
    def index(self) -> Path:
        """The index that the user's git works with."""
        return self.directory / "index"

    @property
    def index_lock(self) -> Path:
        """What keeps other gits from changing index and working tree while it exists."""
        return self.directory / "index.lock"

    def run(
        self, *arguments: str, stdin: bytes = b"", accept: Iterable[int] = (0,), **variables: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end; raises MirrorError for an exit code that is not accepted."""
        try:
            done = subprocess.run(
                self._command(arguments),
                input=stdin,
                capture_output=True,
                env=self._environment(variables),
                cwd=self.repository,
                umask=PRIVATE_UMASK,
                pass_fds=self.keep_open,
                check=False,
            )
        except FileNotFoundError:
            raise self.missing() from None
        if done.returncode not in accept:
            raise self.failure(arguments[0], done.stderr)
        return done

    def start(
        self, *arguments: str, stdout: int = subprocess.DEVNULL, stderr: int = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start a command that reads its standard input until it is closed."""
        try:
            return subprocess.Popen(
                self._command(arguments),
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=stderr,
                env=self._environment({}),
                cwd=self.repository,
                umask=PRIVATE_UMASK,
            )
        except FileNotFoundError:
            raise self.missing() from None

    @contextmanager
    def file_errors(self) -> Iterator[None]:
        """Turn what the file system refuses into a MirrorError."""
        try:
            yield
        except OSError as error:
            raise self._failed(str(error)) from error

    def missing(self) -> MirrorError:
        """Say that there is no git."""
        return MirrorError(
            f"The git mirror {self.repository} needs git, and there is none in PATH. Install the "
            "package 'git', or turn the mirror off."
        )

    def failure(self, command: str, stderr: bytes) -> MirrorError:
        """Say what git said, and what helps."""
        words = " ".join(stderr.decode("utf-8", "replace").split()) or "no message"
        return self._failed(f"git {command}: {words}")

    def _failed(self, words: str) -> MirrorError:
        advice = [text for sign, text in ADVICE.items() if sign in words.lower()]
        if not advice and self._is_full():  # which git does not always say
            advice = [FULL]
        return MirrorError(
            f"The git mirror {self.repository} cannot be used: {words}. "
            f"{advice[0] if advice else DEFAULT_ADVICE}"
        )

    def _is_full(self) -> bool:
        try:
            status = os.statvfs(self.repository)
        except OSError:
            return False
        return status.f_bavail * status.f_frsize < ROOM or status.f_favail == 0

    def _command(self, arguments: Iterable[str]) -> list[str]:
        settings = [word for pair in SETTINGS.items() for word in ("-c", "=".join(pair))]
        return ["git", *settings, *arguments]

    def _environment(self, variables: Mapping[str, str]) -> dict[str, str]:
        inherited = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
        return {
            **inherited,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            # Named outright, the repository is not searched for, and whose it is does not matter
            # (safe.directory): whoever may write to it may mirror into it.
            "GIT_DIR": str(self.directory),
            "GIT_WORK_TREE": str(self.repository),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ATTR_NOSYSTEM": "1",
            "LC_ALL": "C",
            # Git asks who writes even where it only notes a ref's move; the user may have no name.
            "GIT_AUTHOR_NAME": AUTHOR,
            "GIT_AUTHOR_EMAIL": EMAIL,
            "GIT_COMMITTER_NAME": AUTHOR,
            "GIT_COMMITTER_EMAIL": EMAIL,
            **variables,
        }
