"""One NetBox on loopback: its configuration, its PostgreSQL, its Redis, its web server.

Nothing of it outlives the process that started it, even when that one is killed.
"""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

from tests.lab.netbox.seed.estate import PEPPER
from tests.lab.postgres import PASSWORD, USER, Postgres, PostgresMissing, running_postgres
from tests.lab.postgres import _bin as postgres_program
from tests.lab.postgres import _die_with_parent as die_with_parent
from tests.lab.postgres import _free_port as free_port

WORKERS = 2
START_SECONDS = 120.0
STOP_SECONDS = 20.0

_DATABASE = "netbox"
_CONFIGURATION = """\
ALLOWED_HOSTS = ["*"]
DATABASES = {{
    "default": {{
        "ENGINE": "django.db.backends.postgresql",
        "NAME": {database!r},
        "USER": {user!r},
        "PASSWORD": {password!r},
        "HOST": "127.0.0.1",
        "PORT": {postgres},
        "CONN_MAX_AGE": 300,
    }}
}}
REDIS = {{
    name: {{"HOST": "127.0.0.1", "PORT": {redis}, "DATABASE": number}}
    for number, name in enumerate(("tasks", "caching"))
}}
SECRET_KEY = {pepper!r}
API_TOKEN_PEPPERS = {{1: {pepper!r}}}
ISOLATED_DEPLOYMENT = True
CENSUS_REPORTING_ENABLED = False
RELEASE_CHECK_URL = None
{more}
"""


class NetBoxError(RuntimeError):
    """NetBox cannot run here, or did not start; the message says what to do."""


@dataclass
class Instance:
    """A NetBox that is configured. `environment` has it installed, `directory` is its root."""

    environment: Path
    directory: Path
    postgres: Postgres
    redis: int

    def configure(self, **settings: object) -> None:
        """Write its configuration anew, with more settings."""
        more = "\n".join(f"{name} = {value!r}" for name, value in settings.items())
        text = _CONFIGURATION.format(
            database=_DATABASE,
            user=USER,
            password=PASSWORD,
            postgres=self.postgres.port,
            redis=self.redis,
            pepper=PEPPER,
            more=more,
        )
        path = self.directory / "conf/configuration.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def manage(self, *words: str) -> str:
        """Run one of NetBox's management commands; what it printed."""
        return self.run(self.environment / "bin/netbox", *words)

    def run(self, *words: str | Path) -> str:
        """Run a program for this instance; NetBoxError with its last words when it fails."""
        done = subprocess.run(
            words,
            env=self.variables,
            cwd=self.directory,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise NetBoxError(
                f"{' '.join(map(str, words))} failed:\n{_end(done.stdout + done.stderr)}"
            )
        return done.stdout

    @property
    def variables(self) -> dict[str, str]:
        """The environment of its programs: nothing of the developer's own."""
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.directory),
            "LANG": "C.UTF-8",
            "NETBOX_ROOT": str(self.directory),
            "DJANGO_SETTINGS_MODULE": "netbox.settings",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def restore(self, dump: Path) -> None:
        """Fill its empty database."""
        words = [postgres_program("pg_restore"), "--no-owner", "--exit-on-error", "--dbname"]
        self.run(*words, self.postgres.url(_DATABASE), dump)
        # A restored database has no statistics, and without them the first queries are slow ones.
        self.postgres.sql(_DATABASE, "ANALYZE")

    def dump(self, path: Path) -> None:
        """Write its database to a file."""
        words = [postgres_program("pg_dump"), "--format=custom", "--no-owner", "--file", path]
        self.run(*words, self.postgres.url(_DATABASE))

    @contextmanager
    def serving(self) -> Iterator[str]:
        """Serve it as long as the block runs; gives its URL."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(64)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            process = self._gunicorn(listener.fileno())
        try:
            self._await(process, url)
            yield url
        finally:
            _stop(process)

    def _gunicorn(self, listener: int) -> subprocess.Popen[bytes]:
        """The web server as NetBox configures it, but with two workers: the socket is ours, so
        that no port is lost to somebody else between choosing and using it."""
        words: list[str | Path] = [
            self.environment / "bin/gunicorn",
            *("--bind", f"fd://{listener}", "--workers", str(WORKERS), "--threads", "3"),
            *("--timeout", "120", "--graceful-timeout", "2", "--no-control-socket"),
            *("--access-logfile", self.access_log, "--access-logformat", "%(m)s %(U)s %(s)s %(B)s"),
            "netbox.wsgi",
        ]
        with (self.directory / "gunicorn.log").open("ab") as log:
            return subprocess.Popen(
                words,
                cwd=self.directory,
                env=self.variables,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[listener],
                preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, no lock
            )

    @property
    def access_log(self) -> Path:
        """A line an answer: method, path, status, bytes of the body."""
        return self.directory / "access.log"

    def _await(self, process: subprocess.Popen[bytes], url: str) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(f"{url}/api/status/"):
            if process.poll() is not None or time.monotonic() > deadline:
                log = (self.directory / "gunicorn.log").read_text(errors="replace")
                raise NetBoxError(f"NetBox does not start:\n{_end(log)}")
            time.sleep(0.1)


@contextmanager
def instance(environment: Path) -> Iterator[Instance]:
    """An instance with an empty database, its servers running; the web server is not.

    Raises:
        NetBoxError: a Debian package is missing, or a server does not start.
    """
    directory = Path(tempfile.mkdtemp(prefix="netops-netbox-"))
    try:
        with running_postgres() as postgres, _running_redis(directory) as redis:
            postgres.sql("postgres", f"CREATE DATABASE {_DATABASE}")
            netbox = Instance(environment, directory, postgres, redis)
            netbox.configure()
            yield netbox
    except PostgresMissing as error:
        raise NetBoxError(str(error)) from error
    finally:
        shutil.rmtree(directory)


@contextmanager
def _running_redis(directory: Path) -> Iterator[int]:
    """A Redis that keeps nothing; gives its port."""
    program = shutil.which("redis-server")
    if program is None:
        raise NetBoxError(
            "redis-server is not on this machine. Install it: apt-get install redis-server"
        )
    port = free_port()
    words = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", directory]
    with (directory / "redis.log").open("wb") as log:
        process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - one system call, no lock
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _listens(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NetBoxError(f"Redis does not start:\n{(directory / 'redis.log').read_text()}")
            time.sleep(0.05)
        yield port
    finally:
        _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a server to end, wait, and insist."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    """Whether the application answers; 403 is an answer."""
    with suppress(OSError):
        try:
            with urllib.request.urlopen(url, timeout=60):
                return True
        except HTTPError as error:
            return error.code == 403
    return False


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end(text: str, lines: int = 25) -> str:
    return "\n".join(text.splitlines()[-lines:])
