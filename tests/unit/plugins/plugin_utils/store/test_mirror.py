# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The git mirror beside people, other gits and kills, looked at with plain git."""

from __future__ import annotations

import contextlib
import fcntl
import multiprocessing
import os
import random
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import MirrorError
from ansible_collections.prime.netops.plugins.plugin_utils.store.mirror import (
    GitMirror,
    MirrorBlocked,
)

from tests.unit.plugins.plugin_utils.store.processes import on_small_disk, private_mounts

PROCESSES = str(Path(__file__).with_name("processes.py"))
FORK = multiprocessing.get_context("fork")
ENVIRONMENT = {
    **os.environ,
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.net",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.net",
}


def git(repository: Path, *arguments: str) -> str:
    """Run git as a user would and return what it prints."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", *arguments],
        cwd=repository,
        env=ENVIRONMENT,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def backup(path: Path, texts: dict[str, str], message: str = "backup") -> str | None:
    """Mirror texts as a run does."""
    with GitMirror.open(path, lock_timeout=0.3) as mirror:
        for name, text in texts.items():
            mirror.stage(name, text)
        return mirror.commit(message)


def assert_clean(repository: Path) -> None:
    """HEAD, index and working tree agree, nothing is left over, and every object is whole."""
    assert git(repository, "status", "--porcelain") == ""
    git(repository, "fsck", "--strict")
    assert not (repository / ".git" / "index.lock").exists()
    assert git(repository, "for-each-ref", "refs/prime.netops") == ""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A mirror with two devices."""
    path = tmp_path / "configs"
    backup(path, {"ber1/r1": "one\n", "ber1/r2": "two\n"}, "first")
    return path


def test_a_run_makes_one_commit_with_its_message(repository: Path) -> None:
    """By prime.netops, on main, with all devices in it."""
    assert git(repository, "log", "--format=%an|%s", "main") == "prime.netops|first"
    assert git(repository, "ls-files").split() == ["ber1/r1", "ber1/r2"]
    assert (repository / "ber1" / "r1").read_text() == "one\n"
    assert_clean(repository)


def test_a_run_without_changes_makes_no_commit(repository: Path) -> None:
    """Nor does one that staged nothing."""
    assert backup(repository, {"ber1/r1": "one\n"}) is None
    assert backup(repository, {}) is None
    assert git(repository, "rev-list", "--count", "HEAD") == "1"


def test_only_what_changed_is_in_the_commit(repository: Path) -> None:
    """The commit's id is returned; devices that the run did not own stay."""
    commit = backup(repository, {"ber1/r1": "ONE\n", "muc1/r3": "three\n"}, "second")
    assert commit == git(repository, "rev-parse", "HEAD")
    assert git(repository, "show", "--format=", "--name-only").split() == ["ber1/r1", "muc1/r3"]
    assert (repository / "ber1" / "r2").read_text() == "two\n"
    assert_clean(repository)


def test_nothing_is_seen_before_the_commit(repository: Path) -> None:
    """Staging alone changes neither files nor history; closing drops it."""
    with GitMirror.open(repository) as mirror:
        assert mirror.stage("ber1/r1", "ONE\n") is True
        assert mirror.stage("ber1/r2", "two\n") is False
        assert (repository / "ber1" / "r1").read_text() == "one\n"
    assert git(repository, "log", "--format=%s") == "first"
    assert_clean(repository)


def test_texts_can_be_compared_and_read(repository: Path) -> None:
    """Against HEAD, without and with their content."""
    with GitMirror.open(repository) as mirror:
        assert not mirror.differs("ber1/r1", "one\n")
        assert mirror.differs("ber1/r1", "two\n")
        assert mirror.differs("new", "")
        assert mirror.read("ber1/r1") == "one\n"
        assert mirror.read("new") is None


def test_any_text_is_kept_byte_for_byte(tmp_path: Path) -> None:
    """CRLF, no end of line, NUL, an empty one, and bytes that are no UTF-8."""
    texts = {
        "crlf": "a\r\nb\r\n",
        "empty": "",
        "bytes": b"caf\xe9\xff\x00".decode("utf-8", "surrogateescape"),
        "open end": "a",
    }
    backup(tmp_path / "m", texts)
    with GitMirror.open(tmp_path / "m") as mirror:
        assert {name: mirror.read(name) for name in texts} == texts
    assert (tmp_path / "m" / "bytes").read_bytes() == b"caf\xe9\xff\x00"


def test_hostile_paths_are_refused(repository: Path) -> None:
    """Before git sees them."""
    with GitMirror.open(repository) as mirror:
        for path in ("../r1", "/etc/passwd", ".git/hooks/pre-commit", "a//b", "a\n", "a/../b", ""):
            with pytest.raises(MirrorError, match="no path inside"):
                mirror.stage(path, "x")


def test_unusual_names_are_mirrored(tmp_path: Path) -> None:
    """Quotes, spaces, dashes, colons, letters of all alphabets."""
    texts = {name: f"{name}\n" for name in ('"q"', "a b", "-rf", ":(top)x", "東京/ルータ", "*")}
    backup(tmp_path / "m", texts)
    assert_clean(tmp_path / "m")
    assert (tmp_path / "m" / "東京" / "ルータ").read_text() == "東京/ルータ\n"


def test_only_the_owner_can_read_the_mirror(tmp_path: Path) -> None:
    """Whatever the umask; git's own files too."""
    before = os.umask(0)
    try:
        backup(tmp_path / "new" / "m", {"s/r1": "1\n"})
        backup(tmp_path / "new" / "m", {"s/r1": "2\n", "t/r2": "2\n"})
    finally:
        os.umask(before)
    for path in (tmp_path / "new", *(tmp_path / "new").rglob("*")):
        assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path


def test_a_user_s_commits_on_top_survive(repository: Path) -> None:
    """Other files, and an edit of a device's file that the next backup sets right again."""
    (repository / "README").write_text("ours\n")
    (repository / "ber1" / "r1").write_text("edited\n")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "by Ada")
    assert backup(repository, {"ber1/r1": "one\n", "ber1/r2": "two\n"}, "mended") is not None
    assert git(repository, "log", "--format=%s").splitlines() == ["mended", "by Ada", "first"]
    assert (repository / "README").read_text() == "ours\n"
    assert (repository / "ber1" / "r1").read_text() == "one\n"
    assert_clean(repository)


def test_what_git_lost_comes_back(repository: Path) -> None:
    """A file deleted by hand, one removed from the index, and one removed by a commit."""
    (repository / "ber1" / "r1").unlink()
    git(repository, "rm", "-q", "--cached", "ber1/r2")
    assert backup(repository, {"ber1/r1": "one\n", "ber1/r2": "two\n"}) is None
    assert_clean(repository)
    git(repository, "rm", "-q", "ber1/r1")
    git(repository, "commit", "-qm", "removed")
    assert backup(repository, {"ber1/r1": "one\n"}) is not None
    assert (repository / "ber1" / "r1").read_text() == "one\n"
    assert_clean(repository)


def test_unfinished_work_beside_the_devices_is_left_alone(repository: Path) -> None:
    """Changes, staged and not, to files that are not the run's."""
    (repository / "notes").write_text("staged\n")
    git(repository, "add", "notes")
    (repository / "notes").write_text("and more\n")
    (repository / "ber1" / "r2").write_text("edited\n")
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None
    assert (repository / "notes").read_text() == "and more\n"
    assert git(repository, "show", ":notes") == "staged"
    assert (repository / "ber1" / "r2").read_text() == "edited\n"
    assert git(repository, "show", "--format=", "--name-only") == "ber1/r1"


@pytest.mark.parametrize("staged", [False, True])
def test_a_dirty_file_is_named_and_kept_and_the_others_are_committed(
    repository: Path, staged: bool
) -> None:
    """Whether the edit is in the index or only in the file; committed or dropped, all is well."""
    (repository / "ber1" / "r1").write_text("edited\n")
    if staged:
        git(repository, "add", "ber1/r1")
    with pytest.raises(MirrorBlocked, match=r"dirty.*ber1/r1") as caught:
        backup(repository, {"ber1/r1": "ONE\n", "ber1/r2": "TWO\n"})
    assert str(repository) in str(caught.value)
    assert caught.value.paths == ["ber1/r1"]
    assert caught.value.commit == git(repository, "rev-parse", "HEAD")
    assert (repository / "ber1" / "r1").read_text() == "edited\n"
    assert git(repository, "show", "HEAD:ber1/r2") == "TWO"
    git(repository, "reset", "-q", "--hard")
    assert backup(repository, {"ber1/r1": "ONE\n", "ber1/r2": "TWO\n"}) is not None
    assert_clean(repository)


def test_an_untracked_file_in_the_way_survives(repository: Path) -> None:
    """So do a directory, and a symbolic link that leads elsewhere."""
    elsewhere = repository.parent / "elsewhere"
    elsewhere.mkdir()
    (repository / "ber1" / "r3").write_text("mine\n")
    (repository / "ber1" / "r4").mkdir()
    (repository / "muc1").symlink_to(elsewhere)
    texts = dict.fromkeys(("ber1/r3", "ber1/r4", "muc1/r5", "ber1/r1/x", "ber1/ok"), "text\n")
    with pytest.raises(MirrorBlocked) as caught:
        backup(repository, texts)
    assert caught.value.paths == ["ber1/r1/x", "ber1/r3", "ber1/r4", "muc1/r5"]
    assert (repository / "ber1" / "r3").read_text() == "mine\n"
    assert list(elsewhere.iterdir()) == []
    assert git(repository, "show", "HEAD:ber1/ok") == "text"


def test_an_untracked_file_of_the_same_text_is_taken_over(repository: Path) -> None:
    """It is what would be written anyway."""
    (repository / "ber1" / "r3").write_text("three\n")
    assert backup(repository, {"ber1/r3": "three\n"}) is not None
    assert_clean(repository)


def test_a_place_that_is_not_a_repository_and_not_empty_is_refused(tmp_path: Path) -> None:
    """Nothing is written there."""
    (tmp_path / "holiday.jpg").write_text("x")
    with pytest.raises(MirrorError, match="not a git repository, and it is not empty"):
        GitMirror.open(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.jpg"]


def test_a_repository_that_was_killed_while_being_made_is_made_again(tmp_path: Path) -> None:
    """`git init` had not come to its end."""
    (tmp_path / "m" / ".git" / "objects").mkdir(parents=True)
    assert backup(tmp_path / "m", {"r1": "x\n"}) is not None
    assert_clean(tmp_path / "m")


def test_a_directory_inside_another_repository_gets_its_own(repository: Path) -> None:
    """The outer one is never written to."""
    backup(repository / "inner", {"r1": "x\n"})
    assert git(repository, "rev-list", "--count", "HEAD") == "1"
    assert git(repository / "inner", "rev-parse", "--show-toplevel") == str(repository / "inner")


def test_a_foreign_index_lock_is_waited_for(repository: Path) -> None:
    """Another git that ends in time is no error."""
    lock = repository / ".git" / "index.lock"
    lock.touch()
    timer = threading.Timer(0.1, lock.unlink)
    timer.start()
    with GitMirror.open(repository, lock_timeout=30) as mirror:
        mirror.stage("ber1/r1", "ONE\n")
        assert mirror.commit("backup") is not None
    timer.join()
    assert_clean(repository)


def test_a_foreign_index_lock_that_stays_is_named_and_left(repository: Path) -> None:
    """Nothing has changed then, and the next run commits."""
    lock = repository / ".git" / "index.lock"
    lock.touch()
    with pytest.raises(MirrorError, match=r"is locked: .*index\.lock exists"):
        backup(repository, {"ber1/r1": "ONE\n"})
    assert lock.exists()
    assert git(repository, "rev-list", "--count", "HEAD") == "1"
    assert (repository / "ber1" / "r1").read_text() == "one\n"
    lock.unlink()
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None
    assert_clean(repository)


def test_another_run_s_lock_is_named(repository: Path) -> None:
    """While that run lives."""
    with (repository / ".git" / "prime.netops" / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(MirrorError, match="being written by another run"):
            backup(repository, {"ber1/r1": "ONE\n"})
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None


def commit_alone(repository: Path, number: int) -> str | None:
    """Mirror ten devices of one's own, with time enough to wait for the others."""
    with GitMirror.open(repository, lock_timeout=30) as mirror:
        for device in range(10):
            mirror.stage(f"site{number}/r{device}", f"{number} {device}\n")
        return mirror.commit(f"slice {number}")


def test_slices_commit_one_after_the_other(tmp_path: Path) -> None:
    """Four at once into a repository that is not there yet: four commits, nothing lost."""
    with ProcessPoolExecutor(4, FORK) as pool:
        waiting = [pool.submit(commit_alone, tmp_path / "m", number) for number in range(4)]
        commits = {each.result(60) for each in waiting}
    assert len(commits) == 4
    assert git(tmp_path / "m", "rev-list", "--count", "HEAD") == "4"
    assert len(git(tmp_path / "m", "ls-files").splitlines()) == 40
    assert_clean(tmp_path / "m")


def mirror_many(repository: Path, version: str) -> None:
    """Mirror 60 devices."""
    backup(repository, many(version), f"version {version}")


def many(version: str) -> dict[str, str]:
    """Return the texts of 60 devices."""
    return {f"s{n % 7}/r{n}": f"{version} {n}\n" * 200 for n in range(60)}


@pytest.mark.parametrize("seed", range(8))
def test_kill_9_at_any_point_is_mended_by_the_next_run(tmp_path: Path, seed: int) -> None:
    """HEAD, index and working tree agree again, old or new, and the run can go on."""
    repository = tmp_path / "m"
    mirror_many(repository, "old")
    (repository / "s1" / "r1").chmod(0o600)
    begun = time.monotonic()
    mirror_many(tmp_path / "probe", "old")
    whole = time.monotonic() - begun
    victim = FORK.Process(target=mirror_many, args=(repository, "new"))
    victim.start()
    victim.join(random.Random(seed).uniform(0.05, 1.0) * whole)
    assert victim.pid is not None
    with contextlib.suppress(ProcessLookupError):
        os.kill(victim.pid, signal.SIGKILL)
    victim.join()
    GitMirror.open(repository, lock_timeout=10).close()
    assert_clean(repository)
    found = {name: (repository / name).read_text() for name in many("old")}
    assert found in (many("old"), many("new"))
    backup(repository, many("new"))
    assert {name: (repository / name).read_text() for name in found} == many("new")
    assert_clean(repository)


SHIM = """#!/bin/sh
# The n-th call of git kills whoever called, before it works or while it does.
calls=$(($(cat "$SHIM_CALLS") + 1))
echo $calls > "$SHIM_CALLS"
[ $calls -eq $SHIM_KILL ] && kill -9 $PPID
[ $calls -eq $SHIM_KILL ] && [ $SHIM_WORKS = no ] && exit 1
PATH=$SHIM_PATH exec git "$@"
"""


@pytest.mark.parametrize("works", ["yes", "no"])
def test_kill_9_at_each_call_of_git_is_mended_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: str
) -> None:
    """One after the other, until a run gets through; git itself may outlive the killed run."""
    shim, calls = tmp_path / "bin" / "git", tmp_path / "calls"
    shim.parent.mkdir()
    shim.write_text(SHIM)
    shim.chmod(0o755)
    for name, text in {
        "SHIM_CALLS": str(calls),
        "SHIM_WORKS": works,
        "SHIM_PATH": os.environ["PATH"],
        "SHIM_KILL": "0",
    }.items():
        monkeypatch.setenv(name, text)
    repository, version, code, step = tmp_path / "m", "0", -9, 0
    backup(repository, {"s/r1": version, "s/r2": version})
    while code != 0:
        step += 1
        calls.write_text("0")
        version = str(step)
        with monkeypatch.context() as armed:
            armed.setenv("SHIM_KILL", str(step))
            armed.setenv("PATH", f"{shim.parent}:{os.environ['PATH']}")
            victim = FORK.Process(target=backup, args=(repository, {"s/r1": version}))
            victim.start()
            victim.join()
        code = victim.exitcode
        GitMirror.open(repository, lock_timeout=10).close()
        assert_clean(repository)
        assert (repository / "s" / "r1").read_text() in (version, str(step - 1))
        assert backup(repository, {"s/r1": version}) is None or code != 0
    assert step > 10
    assert (repository / "s" / "r2").read_text() == "0"


def test_somebody_s_edit_after_a_kill_survives_the_mending(repository: Path) -> None:
    """The journal says that the branch went ahead; what a person wrote since is not overwritten."""
    before = git(repository, "rev-parse", "HEAD")
    commit = backup(repository, {"ber1/r1": "ONE\n", "ber1/r2": "TWO\n"})
    assert commit
    git(repository, "reset", "-q", "--hard", before)
    git(repository, "update-ref", "refs/prime.netops/pending", commit)
    (repository / ".git" / "index.lock").write_bytes(b"prime.netops\n")
    (repository / "ber1" / "r2").write_text("mine\n")
    GitMirror.open(repository, lock_timeout=1).close()
    assert git(repository, "rev-parse", "HEAD") == commit
    assert (repository / "ber1" / "r1").read_text() == "ONE\n"
    assert (repository / "ber1" / "r2").read_text() == "mine\n"
    assert git(repository, "status", "--porcelain") != ""


def test_the_users_git_configuration_does_not_disturb(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Signing, hooks, line ends, attributes, a default branch, and a caller's GIT_DIR."""
    hook = tmp_path / "hooks" / "post-index-change"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/hooked\n")
    hook.chmod(0o755)
    (hook.parent / "reference-transaction").symlink_to(hook)
    home = tmp_path / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "attributes").write_text("* text eol=crlf\n")
    (home / ".gitconfig").write_text(
        "[commit]\ngpgsign = true\n[gpg]\nprogram = false\n[init]\ndefaultBranch = trunk\n"
        f"[core]\nautocrlf = true\nhooksPath = {hook.parent}\n"
    )
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "nowhere"))
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None
    backup(tmp_path / "fresh", {"r1": "x\n"})
    assert (repository / "ber1" / "r1").read_bytes() == b"ONE\n"
    assert (tmp_path / "fresh" / ".git" / "HEAD").read_text() == "ref: refs/heads/main\n"
    assert not (tmp_path / "hooked").exists()


def test_a_repository_of_another_owner_is_no_obstacle(repository: Path) -> None:
    """Git's safe.directory is about where git searches; the mirror is named outright."""
    if os.geteuid() == 0:
        for path in (repository, repository / ".git"):
            os.chown(path, 65534, 65534)
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None


def test_a_detached_head_is_refused(repository: Path) -> None:
    """A commit there would be lost; the message tells the way back."""
    git(repository, "checkout", "-q", "--detach")
    with pytest.raises(MirrorError, match=r"detached.*switch main"):
        backup(repository, {"ber1/r1": "ONE\n"})
    git(repository, "switch", "-q", "main")
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None


def test_somebodys_unfinished_merge_is_refused(repository: Path) -> None:
    """The run does not commit into it."""
    git(repository, "checkout", "-qb", "other")
    backup(repository, {"ber1/r2": "2\n"})
    git(repository, "switch", "-q", "main")
    backup(repository, {"ber1/r1": "1\n"})
    git(repository, "merge", "--no-commit", "--no-ff", "-q", "other")
    with pytest.raises(MirrorError, match="not finished a merge"):
        backup(repository, {"ber1/r1": "ONE\n"})
    git(repository, "commit", "-qm", "merged")
    assert backup(repository, {"ber1/r1": "ONE\n"}) is not None
    assert_clean(repository)


def test_a_machine_without_git_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the package's name."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MirrorError, match="Install the package 'git'"):
        GitMirror.open(tmp_path / "m")


def test_a_mirror_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file stands where the directory should be made; root cannot either."""
    (tmp_path / "file").write_text("")
    with pytest.raises(MirrorError, match=r"cannot be written.*access"):
        GitMirror.open(tmp_path / "file" / "m")


def test_a_lost_object_store_is_an_error_with_git_s_words(repository: Path) -> None:
    """What git cannot write is told when the run ends at the latest."""
    objects = repository / ".git" / "objects"
    objects.rename(repository / ".git" / "moved")
    with pytest.raises(MirrorError, match=str(repository)):
        backup(repository, {"ber1/r1": "ONE\n"})


def test_a_full_disk_is_named_and_leaves_the_mirror_as_it_was(tmp_path: Path) -> None:
    """On a small tmpfs of its own: a limit on file sizes would kill git without a word."""
    if not private_mounts():
        pytest.skip("needs root or user namespaces for a file system of its own")
    command = on_small_disk(tmp_path, sys.executable, PROCESSES, "mirror", str(tmp_path / "m"))
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    message, on_top, clean = done.stdout.splitlines()
    assert str(tmp_path / "m") in message
    assert "Free space" in message
    assert (on_top, clean) == ("True", "True")


def test_tidying_leaves_the_mirror_as_it_is(repository: Path) -> None:
    """Git may pack, in the foreground; nothing is lost."""
    git(repository, "config", "gc.auto", "1")
    for number in range(5):
        backup(repository, {"ber1/r1": f"{number}\n"})
    with GitMirror.open(repository) as mirror:
        mirror.tidy()
    assert not (repository / ".git" / "gc.pid").exists()
    assert git(repository, "rev-list", "--count", "HEAD") == "6"
    assert_clean(repository)


def test_a_repository_with_sha256_names_works(tmp_path: Path) -> None:
    """As `git init --object-format=sha256` makes it."""
    (tmp_path / "m").mkdir()
    git(tmp_path / "m", "init", "-q", "-b", "main", "--object-format=sha256")
    assert backup(tmp_path / "m", {"r1": "x\n"}) is not None
    assert backup(tmp_path / "m", {"r1": "x\n"}) is None
    assert_clean(tmp_path / "m")
