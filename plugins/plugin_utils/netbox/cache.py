# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What NetBox told, kept in one compact file for the next run.

The file's name is a hash of endpoint, query and token, so that another filter, another NetBox or
another token never meets it. It holds no token. It is written beside and moved into place, mode
0600, so that a reader sees a whole file, and two writers leave one of theirs.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from .fetch import Estate, Query
from .problems import BadOption

_FORMAT = 1
"""Counts up when records change their shape: an older file is then none."""


class Cache:
    """One file of one inventory source."""

    def __init__(self, directory: Path, prefix: str, key: str) -> None:
        self.path = directory / f"{prefix}{key}.json"

    def age(self) -> float | None:
        """Seconds since the file was written, or None if there is none that is ours to trust."""
        try:
            told = self.path.stat()
        except OSError:
            return None
        return max(0.0, time.time() - told.st_mtime) if told.st_uid == os.geteuid() else None

    def read(self) -> Estate | None:
        """The estate in the file, or None where there is none or it cannot be read."""
        if self.age() is None:
            return None
        try:
            content = json.loads(self.path.read_bytes())
            if content.pop("format") != _FORMAT or content.keys() != _NAMES:
                return None
            return Estate(**content)
        except (OSError, ValueError, TypeError, LookupError, AttributeError):
            return None

    def write(self, estate: Estate) -> None:
        """Replace the file. Raises BadOption when that fails."""
        content = {"format": _FORMAT, **{name: getattr(estate, name) for name in _NAMES}}
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._replace(json.dumps(content, separators=(",", ":")).encode())
        except OSError as error:
            raise BadOption(
                f"cache: {self.path} cannot be written: {error.strerror}; set cache_connection to "
                "a directory of yours, or cache to false"
            ) from error

    def _replace(self, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=".netbox-")  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(name).replace(self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


_NAMES = {field.name for field in fields(Estate)}


def cache_key(endpoint: str, query: Query, identity: str) -> str:
    """The key of what is asked of whom; ``identity`` is the token's, see `Token.identity`."""
    asked: dict[str, Any] = {**asdict(query), "facts": sorted(query.facts)}
    # How it is read makes no difference to what comes.
    for name in ("page_size", "threads"):
        asked.pop(name)
    told = json.dumps([endpoint, asked, identity], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()[:32]
