"""What costs minutes and is done once: NetBox installed, its database migrated and filled.

All of it lies in the cache that every checkout shares, keyed by what it was made from. Who comes
second waits for who came first; what is half-made has another name.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.lab.netbox.instance import Instance, NetBoxError, instance

ROOT = Path(__file__).parents[3]
LOCK_FILE = ROOT / "tests/requirements/netbox.txt"
PYTHONS = ("3.13", "3.12")
"""NetBox 4.7 wants Python 3.12 or newer."""
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prime.netops"
SEED = Path(__file__).with_name("seed")


def version() -> str:
    """The release of NetBox that is locked."""
    found = re.search(r"^netbox==(\S+)", LOCK_FILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def environment(say: Callable[[str], None] = lambda _line: None) -> Path:
    """The virtual environment with NetBox in it, made when it is not there."""
    return cached_environment("netbox", PYTHONS, say)


def cached_environment(
    name: str, pythons: Sequence[str], say: Callable[[str], None] = lambda _line: None
) -> Path:
    """The environment of a lock file, shared by all checkouts; `cached` in the Makefile names it
    alike."""
    lock = ROOT / f"tests/requirements/{name}.txt"
    directory = CACHE / "venvs" / f"{name}-{_digest(lock)}-{pythons[0]}"
    if not (directory / ".key").exists():
        say(f"setting up the environment of {name}.txt: a minute or two, once")
    words = [ROOT / "tests/tools/venv.sh", directory, lock, *pythons]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NetBoxError(f"{lock} could not be installed:\n{done.stdout}{done.stderr}")
    return directory


def migrated(say: Callable[[str], None] = lambda _line: None) -> Path:
    """A dump of an empty NetBox: 300 migrations are four minutes of work, this is two seconds."""

    def make(path: Path) -> None:
        say(f"migrating the database of NetBox {version()}: about five minutes, once")
        with instance(environment(say)) as netbox:
            netbox.manage("migrate", "--no-input")
            netbox.dump(path)

    return made_once(_dumps() / "migrated.dump", make)


def seeded(devices: int, say: Callable[[str], None] = lambda _line: None) -> Path:
    """A dump of a NetBox with the estate of that many devices."""

    def make(path: Path) -> None:
        with instance(environment(say)) as netbox:
            netbox.restore(migrated(say))
            say(f"filling NetBox with {devices} devices, once")
            _seed(netbox, devices)
            netbox.dump(path)

    return made_once(
        _dumps() / f"estate-{devices}-{_digest(*sorted(SEED.glob('*.py')))}.dump", make
    )


def _seed(netbox: Instance, devices: int) -> None:
    netbox.run(netbox.environment / "bin/python", SEED, str(devices))


def _dumps() -> Path:
    return CACHE / "netbox" / f"{version()}-{_digest(LOCK_FILE)}"


def _digest(*paths: Path) -> str:
    """Twelve digits of the content's hash, as the Makefile takes them."""
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:12]


def made_once(path: Path, make: Callable[[Path], None]) -> Path:
    """A file that is there, or made now, whole or not at all, by one of all who want it."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            new = path.with_suffix(".new")
            make(new)
            new.replace(path)
    return path


if __name__ == "__main__":
    print(seeded(int(sys.argv[1]), lambda line: print(line, file=sys.stderr)))
