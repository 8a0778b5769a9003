# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Processes that tests start in order to kill them, or to let them run out of disk.

python processes.py write URL_OR_EMPTY STATE_DIR     put records for ever, print what is safe
python processes.py fill STATE_DIR                   write until the disk is full, then look
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.errors import MirrorError, StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    AttemptRecord,
    DeviceRecord,
    RunStart,
    Store,
    StoredText,
)
from ansible_collections.prime.netops.plugins.plugin_utils.store.mirror import GitMirror

LIMIT = 1_500_000


def private_mounts() -> list[str]:
    """Return the command that gives a process mounts of its own, or nothing where none does."""
    for options in (["-m"], ["-rm"]):
        command = ["unshare", *options]
        if (
            shutil.which("unshare")
            and not subprocess.run(
                [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
                capture_output=True,
                check=False,
            ).returncode
        ):
            return command
    return []


def on_small_disk(directory: Path, *command: str) -> list[str]:
    """Return a command that runs another one with a disk of 3 MB in an (existing) directory."""
    script = 'mount -t tmpfs -o size=3m tmpfs "$0" && exec "$@"'
    return [*private_mounts(), "sh", "-c", script, str(directory), *command]


def noise(number: int) -> DeviceRecord:
    """Return a device whose text of 20 KB does not compress well."""
    now = datetime.now(UTC)
    text = os.urandom(10_000).hex()
    return DeviceRecord(
        device=f"r{number:06}",
        address="127.0.1.1",
        site="ber1",
        platform="cisco_ios",
        status="changed",
        changed=True,
        started=now,
        finished=now,
        attempts=(AttemptRecord(1, now, 0.5),),
        config=StoredText(text, f"{number:064}", f"{number:064}"),
    )


def write(url: str | None, state_dir: Path) -> None:
    """Put records until killed; each line that is printed is a count of committed records."""
    store = Store.open(url, state_dir)
    run_id = store.begin_run(RunStart("backup", 1_000_000))
    print(run_id, flush=True)
    writer = store.writer(run_id, batch=7, interval=0.05)
    told = 0
    for number in range(1_000_000):
        writer.put(noise(number))
        if writer.committed > told:
            told = writer.committed
            print(told, flush=True)


def fill(state_dir: Path) -> None:
    """Print how many records were committed, how many are found afterwards, and the error."""
    ballast = state_dir.with_name("ballast")
    if os.environ.get("NETOPS_TEST_FILE_LIMIT"):
        # No file system of our own: let the kernel refuse to let a file grow instead.
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
    else:
        ballast.write_bytes(b"\0" * LIMIT)
    with Store.open(None, state_dir) as store:
        run_id = store.begin_run(RunStart("backup", 1_000_000))
        writer = store.writer(run_id, batch=5)
        message = ""
        try:
            for number in range(1_000):
                writer.put(noise(number))
        except StoreError as error:
            message = str(error)
    ballast.unlink(missing_ok=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with Store.open(None, state_dir) as store:
        found = len(list(store.outcomes(run_id)))
        with store.writer(run_id) as again:
            again.put(noise(999_999))
        recovered = store.outcome(run_id, "r999999") is not None
    print(writer.committed, found, recovered, message, sep="\n", flush=True)


def fill_mirror(repository: Path) -> None:
    """Mirror until the disk is full; print the error, and whether the next run gets through."""
    ballast = repository.with_name("ballast")
    with GitMirror.open(repository) as mirror:
        mirror.stage("s/first", "first\n")
        first = mirror.commit("first")
    ballast.write_bytes(b"\0" * LIMIT)
    message = ""
    try:
        with GitMirror.open(repository) as mirror:
            for number in range(100):
                mirror.stage(f"s/r{number}", os.urandom(20_000).hex())
            mirror.commit("too much")
    except MirrorError as error:
        message = str(error)
    ballast.unlink()
    with GitMirror.open(repository) as mirror:
        mirror.stage("s/first", "second\n")
        second = mirror.commit("second")
    git = ["git", "-C", str(repository)]
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    parent, state = (
        subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
        for command in ([*git, "rev-parse", f"{second}^"], [*git, "status", "--porcelain"])
    )
    print(message, parent.strip() == first, state == "", sep="\n", flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2] or None, Path(sys.argv[3]))
    elif sys.argv[1] == "mirror":
        fill_mirror(Path(sys.argv[2]))
    else:
        fill(Path(sys.argv[2]))
