# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bringing branch, index and working tree of the mirror from one state to the next.

It is done like a journalled write, so that a kill at any point leaves a state that the next run
can finish, and so that nobody else's work is ever overwritten:

1. hold our own lock (which dies with us) and git's `index.lock` (which keeps other gits out);
2. look at each file that the run owns: only what git has, what the new commit has, or nothing may
   be in its place in index and working tree, else it is somebody's and left out;
3. make the commit and note it in the ref PENDING;
4. move the branch, provided it has not moved meanwhile;
5. put the files in place, each by a rename; replace the index, by a rename;
6. delete PENDING.

Whoever finds PENDING under the lock repeats 4 to 6.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from ..errors import MirrorError
from ..locks import POLL_SECONDS, file_lock
from .database import private_directory
from .git import PENDING, Git, blob_id

PLAIN_FILE = "100644"
MARKER = b"prime.netops\n"
FOREIGN = "foreign"
"""In the place of a blob's name: something that is neither a plain file nor nothing."""
UNFINISHED = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")


@contextmanager
def exclusive(git: Git, timeout: float) -> Iterator[Git]:
    """Hold the mirror's lock and git's own; raises MirrorError after `timeout` seconds.

    The git that is yielded hands the lock to its children, so that one which outlives this
    process still keeps the next run out.
    """
    deadline = time.monotonic() + timeout
    with run_lock(git, timeout) as descriptor:
        locked = replace(git, keep_open=(descriptor,))
        _clear(git)
        _take_index_lock(git, deadline)
        try:
            yield locked
        finally:
            git.index_lock.unlink(missing_ok=True)
            _clear(git)


@contextmanager
def run_lock(git: Git, timeout: float) -> Iterator[int]:
    """Hold the mirror's lock and yield its descriptor; raises MirrorError after the time-out."""
    with ExitStack() as stack:
        try:
            descriptor = stack.enter_context(file_lock(git.private / "lock", timeout))
        except TimeoutError:
            raise MirrorError(
                f"The git mirror {git.repository} is being written by another run for over "
                f"{timeout:g} s. Wait for that run to end; the texts are safe in the store and "
                "come with the next run."
            ) from None
        yield descriptor


def _clear(git: Git) -> None:
    """Remove what a killed holder of the lock left in our own corner of the repository."""
    for leftover in git.private.iterdir():
        if leftover.is_dir() and not leftover.is_symlink():
            shutil.rmtree(leftover)
        elif leftover.name != "lock":
            leftover.unlink()


def _take_index_lock(git: Git, deadline: float) -> None:
    """Lock the index as git does. Our own lock of a killed run is known by its content."""
    marker = git.private / "marker"
    marker.write_bytes(MARKER)
    while True:
        try:
            os.link(marker, git.index_lock)
            return
        except FileExistsError:
            if is_ours(git.index_lock):
                git.index_lock.unlink(missing_ok=True)
            elif time.monotonic() >= deadline:
                raise MirrorError(
                    f"The git mirror {git.repository} is locked: {git.index_lock} exists. Another "
                    "git is at work there, or was killed: if none runs, delete that file, and run "
                    "again."
                ) from None
            else:
                time.sleep(POLL_SECONDS)


def is_ours(index_lock: Path) -> bool:
    """Tell whether an index lock was made by `exclusive`, in this process or another."""
    try:
        return index_lock.read_bytes() == MARKER
    except FileNotFoundError:
        return False


def resolve(git: Git, revision: str) -> str | None:
    """Return the full name of a revision, None when there is no such thing."""
    done = git.run("rev-parse", "--quiet", "--verify", revision, accept=(0, 1))
    return done.stdout.decode().strip() or None


def read_tree(git: Git, commit: str) -> dict[str, str]:
    """Return path and blob of every plain file of a commit; others have the blob FOREIGN."""
    tree = {}
    for entry in _entries(git.run("ls-tree", "-r", "-z", "--full-tree", commit).stdout):
        facts, _tab, path = entry.partition("\t")
        mode, _kind, blob = facts.split()
        tree[path] = blob if mode == PLAIN_FILE else FOREIGN
    return tree


def recover(git: Git) -> None:
    """Finish what a killed run began; to be called under the lock."""
    pending = resolve(git, PENDING)
    if pending is None:
        return
    head, parent = resolve(git, "HEAD"), resolve(git, f"{PENDING}^")
    if head in (pending, parent):
        before = read_tree(git, parent) if parent else {}
        after = read_tree(git, pending)
        changed = {path: blob for path, blob in after.items() if before.get(path) != blob}
        update = Update(git, parent, before, changed)
        update.move_branch(pending, head)
        update.bring_along()
    else:
        # Somebody moved the branch meanwhile; what they have there is not to be overruled.
        git.run("update-ref", "-d", PENDING)


class Update:
    """The way of some files from commit `head` (with its `tree`) to the blobs in `wanted`.

    `blocked` lists the files that were left out because somebody's changes stand in their place.
    """

    def __init__(
        self, git: Git, head: str | None, tree: Mapping[str, str], wanted: Mapping[str, str]
    ) -> None:
        _refuse_unfinished(git)
        self._git = git
        self._head = head
        self._tree = tree
        self._index = str(git.private / "index")
        if git.index.exists():
            shutil.copyfile(git.index, self._index)
            Path(self._index).chmod(0o600)
        states = self._look(wanted)
        self.blocked = sorted(
            path
            for path, state in states.items()
            if not {state.index, state.file} <= {None, tree.get(path), wanted[path]}
        )
        self._wanted = {path: wanted[path] for path in wanted.keys() - set(self.blocked)}
        self._states = {path: states.get(path) for path in self._wanted}

    def commit(self, message: str, author: str) -> str | None:
        """Make the commit and move the branch to it; None when HEAD has it all already."""
        changed = {
            path: blob for path, blob in self._wanted.items() if self._tree.get(path) != blob
        }
        if not changed:
            return None
        commit = self._make_commit(changed, message, author)
        self._git.run("update-ref", PENDING, commit)
        self.move_branch(commit, self._head)
        return commit

    def move_branch(self, commit: str, before: str | None) -> None:
        """Let the branch that is checked out point to `commit`, if it still points to `before`."""
        if commit != before:
            old = before or "0" * len(commit)
            self._git.run("update-ref", "-m", "prime.netops mirror", "HEAD", commit, old)

    def bring_along(self) -> None:
        """Put index and working tree where the branch is, as far as `wanted` goes."""
        moved = [path for path in self._wanted if self._place(path).index != self._wanted[path]]
        missing = [path for path in self._wanted if self._place(path).file != self._wanted[path]]
        if moved or missing:
            self._add_to(self._index, {path: self._wanted[path] for path in moved})
            self._put_files(missing)
            self._refresh()
            Path(self._index).replace(self._git.index)
        self._git.run("update-ref", "-d", PENDING)

    def _place(self, path: str) -> _Place:
        """Return what index and working tree have; where nothing is noted they are as in HEAD."""
        state = self._states[path]
        return state or _Place(self._tree.get(path), self._tree.get(path))

    def _look(self, wanted: Mapping[str, str]) -> dict[str, _Place]:
        """Return index and working tree of those paths where one of them may differ from HEAD."""
        self._refresh()
        base = self._head or self._empty_tree()
        index = _differences(self._indexed("diff-index", "--cached", "-z", base))
        files = _differences(self._indexed("diff-files", "-z"))
        places = {}
        for path in wanted:
            if path in index or path in files or path not in self._tree:
                blob = index.get(path, self._tree.get(path))
                places[path] = _Place(blob, self._file(path, len(wanted[path])))
        return places

    def _file(self, path: str, digits: int) -> str | None:
        """Return the blob that a file of the working tree is, None when nothing is there."""
        place = self._git.repository / path
        try:
            mode = place.lstat().st_mode
        except FileNotFoundError:
            return FOREIGN if self._leads_away(place.parent) else None
        except NotADirectoryError:
            return FOREIGN
        if not stat.S_ISREG(mode) or self._leads_away(place.parent):
            return FOREIGN
        return blob_id(place.read_bytes(), digits)

    def _leads_away(self, directory: Path) -> bool:
        """Tell whether a symbolic link is on the way: its target is not the mirror's to write."""
        while directory != self._git.repository:
            if directory.is_symlink():
                return True
            directory = directory.parent
        return False

    def _empty_tree(self) -> str:
        return self._git.run("hash-object", "-t", "tree", "--stdin").stdout.decode().strip()

    def _make_commit(self, changed: Mapping[str, str], message: str, author: str) -> str:
        tree_index = str(self._git.private / "tree-index")
        start = [self._head] if self._head else ["--empty"]
        self._git.run("read-tree", *start, GIT_INDEX_FILE=tree_index)
        self._add_to(tree_index, changed)
        tree = self._git.run("write-tree", GIT_INDEX_FILE=tree_index).stdout.decode().strip()
        parents = ["-p", self._head] if self._head else []
        commit = self._git.run(
            "commit-tree",
            tree,
            *parents,
            stdin=message.replace("\0", "").encode("utf-8", "backslashreplace"),
            GIT_AUTHOR_NAME=author,
            GIT_COMMITTER_NAME=author,
        )
        return commit.stdout.decode().strip()

    def _add_to(self, index: str, blobs: Mapping[str, str]) -> None:
        lines = (f"{PLAIN_FILE} {blob}\t{path}\0" for path, blob in sorted(blobs.items()))
        if blobs:
            stdin = os.fsencode("".join(lines))
            self._git.run("update-index", "-z", "--index-info", stdin=stdin, GIT_INDEX_FILE=index)

    def _put_files(self, paths: list[str]) -> None:
        """Write files beside the working tree, then rename each into its place."""
        if not paths:
            return
        staging = self._git.private / "files"
        self._indexed(
            "checkout-index",
            "-z",
            "--stdin",
            f"--prefix={staging}/",
            stdin=os.fsencode("\0".join(paths) + "\0"),
        )
        for parent in sorted({str(PurePosixPath(path).parent) for path in paths}):
            private_directory(self._git.repository / parent)
        for path in paths:
            (staging / path).replace(self._git.repository / path)

    def _refresh(self) -> None:
        self._indexed("update-index", "-q", "--unmerged", "--refresh", accept=(0, 1))

    def _indexed(self, *arguments: str, stdin: bytes = b"", accept: Iterable[int] = (0,)) -> bytes:
        """Run git with our copy of the index and return what it prints."""
        done = self._git.run(*arguments, stdin=stdin, accept=accept, GIT_INDEX_FILE=self._index)
        return done.stdout


@dataclass(frozen=True, slots=True)
class _Place:
    """The blobs that index and working tree have for a path; None where there is nothing."""

    index: str | None
    file: str | None


def _refuse_unfinished(git: Git) -> None:
    """Refuse to commit into the middle of somebody's merge, or where no branch would keep it."""
    begun = [name for name in UNFINISHED if (git.directory / name).exists()]
    if begun:
        raise MirrorError(
            f"Somebody has not finished a merge or rebase in the git mirror {git.repository} "
            f"({begun[0]} exists). Finish or abort it there, and run again."
        )
    if git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1)).returncode:
        raise MirrorError(
            f"The git mirror {git.repository} has no branch checked out (HEAD is detached), so a "
            f"commit would be lost. Run `git -C {git.repository} switch main`, and run again."
        )


def _entries(output: bytes) -> list[str]:
    """Split what git prints with -z; a path may hold any byte but NUL."""
    return [os.fsdecode(entry) for entry in output.split(b"\0") if entry]


def _differences(output: bytes) -> dict[str, str | None]:
    """Return path and new blob of a raw diff; None for a deleted path, FOREIGN for no plain file.

    The form is `:mode mode blob blob status NUL path NUL` (git-diff-index(1), raw output format).
    """
    entries = _entries(output)
    found: dict[str, str | None] = {}
    for facts, path in zip(entries[::2], entries[1::2], strict=True):
        _old_mode, mode, _old_blob, blob, status = facts.split()
        if status == "D":
            found[path] = None
        else:
            found[path] = blob if mode == PLAIN_FILE and status != "U" else FOREIGN
    return found
