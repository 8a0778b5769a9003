"""A NetBox that is filled and served, and a hand inside it: its own REST API."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from tests.lab.netbox.install import environment, seeded
from tests.lab.netbox.instance import Instance, NetBoxError, instance
from tests.lab.netbox.seed.estate import DEVICES, TOKENS, Machine, Token, estate


@dataclass(frozen=True)
class Api:
    """The administrator's way to look into NetBox and to change it."""

    url: str

    def get(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All objects of a list that match; NetBox's own limit of 1,000 is not worked around."""
        words = urlencode({**query, "limit": 1000}, doseq=True)
        found: list[dict[str, Any]] = self.call("GET", f"{path}/?{words}")["results"]
        return found

    def one(self, path: str, **query: Any) -> dict[str, Any]:
        """The only object that matches; ValueError when there is none or another."""
        [found] = self.get(path, **query)
        return found

    def create(self, path: str, what: Any) -> Any:
        """Make an object, or several of them from a list."""
        return self.call("POST", f"{path}/", what)

    def change(self, path: str, number: int, **fields: Any) -> None:
        """Set fields of an object."""
        self.call("PATCH", f"{path}/{number}/", fields)

    def delete(self, path: str, number: int) -> None:
        """Remove an object."""
        self.call("DELETE", f"{path}/{number}/")

    def call(self, method: str, path: str, body: Any = None, token: str | None = None) -> Any:
        """One request; NetBoxError with NetBox's words when it refuses."""
        request = urllib.request.Request(
            f"{self.url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {token or TOKENS['admin'].text}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except HTTPError as error:
            raise NetBoxError(f"{method} {path}: {error.code} {error.read().decode()}") from error


@dataclass(frozen=True)
class NetBox:
    """A NetBox that answers at `url` and holds `machines`."""

    url: str
    machines: tuple[Machine, ...]
    instance: Instance

    @property
    def api(self) -> Api:
        """Its REST API, with all rights."""
        return Api(self.url)

    @property
    def tokens(self) -> Mapping[str, Token]:
        """What one may log in with, by a name that says who."""
        return TOKENS

    def traffic(self) -> tuple[int, int]:
        """How many requests it has answered, and the bytes of their bodies."""
        lines = self.instance.access_log.read_text(errors="replace").splitlines()
        return len(lines), sum(int(size) for line in lines if (size := line.split()[-1]).isdigit())

    @contextmanager
    def configured(self, **settings: object) -> Iterator[NetBox]:
        """The same database behind a second web server with other settings."""
        self.instance.configure(**settings)
        try:
            with self.instance.serving() as url:
                yield NetBox(url, self.machines, self.instance)
        finally:
            self.instance.configure()


@contextmanager
def netbox(
    devices: int = DEVICES, say: Callable[[str], None] = lambda _line: None
) -> Iterator[NetBox]:
    """Run a NetBox with the estate of so many devices; it ends with the block, and with this
    process should that be killed.

    Raises:
        NetBoxError: a Debian package is missing, or something does not start.
    """
    dump = seeded(devices, say)
    with instance(environment(say)) as running:
        running.restore(dump)
        with running.serving() as url:
            yield NetBox(url, tuple(estate(devices)), running)
