# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ledger, store and git mirror held against each other, hash by hash; git mended from the store.

One device at a time: memory does not grow with the fleet but for the names of git's files. What is
compared, for each device's last good copy:

- its exact text is in the store, opens with the key, and has the hash that the ledger names;
- the file in the mirror's last commit is, byte for byte, what that text looks like normalised and
  redacted; or has the hash that the ledger has of it, made by the rules of an older version;
- the file in the working tree is that of the last commit.

Then every older text that the store keeps, against its own hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..config.normalise import normalise
from ..errors import MirrorError, NetopsError, StoreError
from ..fleet.middleware.record import Mirrored
from ..platforms import load
from ..store import Store
from ..store.codec import sha256, to_bytes
from ..store.mirror import GitMirror, MirrorBlocked, MirrorPaths
from ..store.records import GoodCopy
from .backup import MirrorOptions, give_way

SHOWN = 100
"""Differences that are told one by one; the counts have all of them."""

KINDS = {
    "store_damaged": "Back up the device again: its text is stored anew. What was changed since is "
    "in the git mirror, redacted.",
    "text_damaged": "An older text: restore it from a backup of the store if it is needed.",
    "git_missing": "Mended from the store.",
    "git_differs": "Mended from the store by a commit on top.",
    "git_damaged": "Git cannot read the object: look by `git fsck`; a new mirror in another "
    "directory is filled from the store.",
    "file_missing": "Mended from the commit.",
    "file_differs": "Somebody's change: commit it or `git restore` the file.",
    "not_compared": "Mend what the detail names, and verify again.",
}
"""What can differ, and what helps."""
MENDABLE = frozenset({"git_missing", "git_differs", "file_missing"})


@dataclass(slots=True)
class Verification:
    """What was compared and what differs. ``mended`` counts what git has been given back."""

    devices: int = 0
    texts: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    differences: list[dict[str, str]] = field(default_factory=list)
    mended: int = 0
    commit: str | None = None
    problems: list[str] = field(default_factory=list)

    def differ(self, kind: str, device: str, detail: str) -> None:
        """Note a difference."""
        self.counts[kind] += 1
        if len(self.differences) < SHOWN:
            self.differences.append(
                {"kind": kind, "device": device, "detail": detail, "remedy": KINDS[kind]}
            )

    @property
    def mendable(self) -> int:
        """Differences that the store can put right in git."""
        return sum(self.counts[kind] for kind in MENDABLE)

    @property
    def lasting(self) -> int:
        """Differences that are there whatever is mended."""
        return sum(self.counts.values()) - self.mendable

    def told(self) -> dict[str, Any]:
        """For a task's result."""
        return {
            "devices": self.devices,
            "texts": self.texts,
            "counts": dict(self.counts),
            "differences": self.differences,
            "mended": self.mended,
            "lasting": self.lasting,
            "commit": self.commit,
            "problems": self.problems,
        }


def verify(store: Store, options: MirrorOptions | None, mend: bool) -> Verification:
    """Compare everything; with ``mend`` give git what it lacks, in one commit.

    Nothing is written otherwise, and no mirror is made where none is. Raises `StoreError` when the
    database itself cannot be read, `MirrorError` when the mirror cannot.
    """
    found = Verification()
    for damage in store.damage():
        found.problems.append(damage)
    if options is None:
        _compare(found, store, None, mend)
    elif not mend and not (options.path / ".git").exists():
        found.problems.append(f"There is no git mirror at {options.path}.")
        _compare(found, store, None, mend)
    else:
        with GitMirror.open(options.path, options.lock_seconds) as mirror, mirror.reader() as read:
            git = _Git(Mirrored(mirror, MirrorPaths(options.template)), read)
            _compare(found, store, git, mend)
            if mend:
                _commit(found, git.mirrored, store)
    _check_older(found, store)
    return found


class _Git:
    """The mirror as the comparison sees it: what is committed, and what lies in its place."""

    def __init__(self, mirrored: Mirrored, read: Callable[[str], bytes | None]) -> None:
        self.mirrored = mirrored
        self._read = read
        self._changed = mirrored.mirror.changed_files()

    def difference(self, path: str, text: str, text_sha256: str) -> str | None:
        """What is wrong with a file, if anything; its very bytes are read and hashed."""
        try:
            data = self._read(path)
        except MirrorError:
            return "git_damaged"
        if data is None:
            return "git_missing"
        if data != to_bytes(text) and sha256(data) != text_sha256:
            return "git_differs"
        return self._changed.get(path)


def _compare(found: Verification, store: Store, git: _Git | None, mend: bool) -> None:
    for copy in store.good_copies():
        found.devices += 1
        found.texts += 1
        difference = _difference(store, git, copy)
        if difference is None:
            continue
        kind, detail, text = difference
        found.differ(kind, copy.device, detail)
        if mend and git and kind in MENDABLE:
            git.mirrored.stage(copy.device, copy.site, copy.platform, text, copy.text_sha256)
        if mend and kind == "store_damaged":
            store.distrust(copy.config_sha256)


def _difference(store: Store, git: _Git | None, copy: GoodCopy) -> tuple[str, str, str] | None:
    """The kind of a device's difference, its detail, and the text that git should have."""
    try:
        exact = store.text(copy.config_sha256)
    except StoreError as error:
        return "store_damaged", str(error), ""
    if git is None:
        return None
    try:
        text = normalise(exact, load(copy.platform)).text
        path = git.mirrored.path(copy.device, copy.site, copy.platform)
    except (NetopsError, MirrorError) as error:
        return "not_compared", str(error), ""
    kind = git.difference(path, text, copy.text_sha256)
    return (kind, path, text) if kind else None


def _commit(found: Verification, mirrored: Mirrored, store: Store) -> None:
    """Give git what was staged, in one commit."""
    before, blocked = found.mendable, 0
    try:
        found.commit = mirrored.mirror.commit(
            f"verify: {before} files mended from the store",
            last_look=lambda: give_way(mirrored, store),
        )
    except MirrorBlocked as error:
        found.commit, blocked = error.commit, len(error.paths)
        found.problems.append(str(error))
    found.mended = len(mirrored.staged) - blocked
    found.problems += mirrored.problems


def _check_older(found: Verification, store: Store) -> None:
    """Every text that is no device's last good copy, against its hash."""
    for sha, problem in store.check_older_texts():
        found.texts += 1
        if problem:
            found.differ("text_damaged", sha, problem)
