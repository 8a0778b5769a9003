# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real PostgreSQL of our own on loopback, and the fixture that runs a test on each database.

    from tests.lab.postgres import postgres, store_place

The server is Debian's package `postgresql`, run as an ordinary user from a directory of its own.
It ends with the process that started it, even when that one is killed.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.integration.processes import await_end, descendants

USER = "netops"
PASSWORD = "S3cr3tMarker-postgres"
START_SECONDS = 30
STOP_SECONDS = 20
PR_SET_PDEATHSIG = 1


class PostgresMissing(Exception):
    """There is no PostgreSQL server on this machine; the message names the package."""


@dataclass
class Postgres:
    """A cluster in `directory`, running while `process` is set."""

    directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def url(self, database: str, password: str = PASSWORD) -> str:
        """Return the address of a database, the password in it."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Create an empty database and return its URL."""
        name = f"netops{next(self._numbers)}"
        self.sql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def sql(self, database: str, statement: str) -> str:
        """Run a statement by psql and return what it prints, without decoration."""
        done = subprocess.run(
            [_bin("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)],
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def start(self) -> None:
        """Start the server and return when it answers."""
        command = [_bin("postgres"), "-D", str(self.directory / "data"), "-p", str(self.port)]
        with (self.directory / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=log,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one system call, no lock
                **_ordinary_user(),
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL does not start:\n{self.log()}")
            time.sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End the server: SIGINT is its fast and clean way, SIGQUIT that of a crash."""
        process, self.process = self.process, None
        if process is None:
            return
        children = descendants(process.pid)
        process.send_signal(how)
        try:
            process.wait(STOP_SECONDS)
            await_end(children, STOP_SECONDS)  # or the next one finds its memory in use
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait()

    def log(self) -> str:
        """Return what the server said."""
        return (self.directory / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        probe = [_bin("pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(probe, check=False).returncode == 0


@contextlib.contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Make a cluster, run it, and remove it at the end; raises PostgresMissing."""
    _bin("postgres")
    directory = Path(tempfile.mkdtemp(prefix="netops-postgres-"))
    server = Postgres(directory, _free_port())
    try:
        _make_cluster(directory)
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(directory)


def _make_cluster(directory: Path) -> None:
    password = directory / "password"
    password.write_text(PASSWORD)
    user = _ordinary_user()
    if user:
        for path in (directory, password):
            os.chown(path, user["user"], user["group"])
    subprocess.run(
        [
            _bin("initdb"),
            *("-D", str(directory / "data"), "-U", USER, "--pwfile", str(password)),
            *("-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        cwd=directory,
        **user,
    )
    with (directory / "data" / "postgresql.conf").open("a") as settings:
        settings.write(
            f"listen_addresses = '127.0.0.1'\nunix_socket_directories = '{directory}'\n"
            "fsync = off\nshared_buffers = 32MB\nmax_connections = 80\n"
        )


def _bin(name: str) -> str:
    """Return the path of one of PostgreSQL's programs; Debian keeps them out of PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda each: each.parent.name)
    path = os.pathsep.join([*map(str, reversed(versions)), os.environ.get("PATH", "")])
    found = shutil.which(name, path=path)
    if found is None:
        raise PostgresMissing(
            f"PostgreSQL's {name!r} is not on this machine. Install it: apt-get install postgresql"
        )
    return found


def _ordinary_user() -> dict[str, int]:
    """Return whom to run as: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    account = pwd.getpwnam("postgres")
    return {"user": account.pw_uid, "group": account.pw_gid}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


@dataclass(frozen=True)
class StorePlace:
    """Where a test's store is; what `Store.open` takes."""

    url: str | None
    state_dir: Path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Run one server for the whole session."""
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_place(request: pytest.FixtureRequest, tmp_path: Path) -> StorePlace:
    """Give a test an empty store of each kind in turn."""
    state_dir = tmp_path / "state"
    if request.param == "sqlite":
        return StorePlace(None, state_dir)
    server: Postgres = request.getfixturevalue("postgres")
    return StorePlace(server.new_database(), state_dir)


def main() -> None:
    """Run a server until Enter or the end of the input, and print the URL of a new database."""
    with running_postgres() as server:
        print(server.new_database(), flush=True)
        sys.stdin.readline()


if __name__ == "__main__":
    main()
