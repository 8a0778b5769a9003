"""Mounts that nobody else sees and that are gone with the process that made them."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

CLONE_NEWNS = 0x00020000
CLONE_NEWUSER = 0x10000000


def own_mounts() -> None:
    """Give this process mounts of its own; who is not root becomes it, for these only."""
    user, group = os.geteuid(), os.getegid()
    wanted = CLONE_NEWNS if user == 0 else CLONE_NEWNS | CLONE_NEWUSER
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(wanted) != 0:
        raise OSError(ctypes.get_errno(), "no mounts of our own (unshare)")
    if user != 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)


def small_disk(directory: Path, megabytes: int) -> None:
    """Mount a file system of so many megabytes on a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "tmpfs", directory], check=True)


def free_bytes(directory: Path) -> int:
    """What may still be written there."""
    status = os.statvfs(directory)
    return status.f_bavail * status.f_frsize
