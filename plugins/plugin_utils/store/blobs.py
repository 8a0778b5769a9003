# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading many of git's objects through one process: 0.1 ms each, where a `git` each costs 3."""

from __future__ import annotations

import contextlib
import subprocess
from typing import IO, cast

from ..closing import Closing
from ..errors import MirrorError
from .git import Git


class BlobReader(Closing):
    """A `git cat-file --batch` (its output: git-cat-file(1)), started anew when it has died."""

    def __init__(self, git: Git) -> None:
        self._git = git
        self._process: subprocess.Popen[bytes] | None = None

    def read(self, blob: str) -> bytes:
        """Return an object's bytes; raises MirrorError when it is missing or damaged."""
        process = self._process = self._process or self._git.start(
            "cat-file", "--batch", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        answers = cast(IO[bytes], process.stdout)
        with contextlib.suppress(BrokenPipeError):
            questions = cast(IO[bytes], process.stdin)
            questions.write(f"{blob}\n".encode())
            questions.flush()
        head = answers.readline().split()
        if len(head) != 3:  # 'missing', or git has died of it
            self.close()
            raise MirrorError(
                f"The git mirror {self._git.repository} has no readable object {blob}: it is "
                "missing or damaged. Look by `git fsck`."
            )
        data = answers.read(int(head[2]) + 1)
        return data[:-1]

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(BrokenPipeError):
                process.communicate()
