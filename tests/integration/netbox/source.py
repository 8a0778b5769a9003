"""Asks a NetBox for an inventory as people do: `ansible-inventory` on a file, in a process."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.integration.playbook import BIN, Controller
from tests.lab.netbox.rival import plain

SECONDS = 120.0


@dataclass(frozen=True)
class Answer:
    """What ansible-inventory said. `told` is its standard error, in one line."""

    rc: int
    stdout: str
    stderr: str

    @property
    def told(self) -> str:
        """Ansible breaks its messages where it likes."""
        return " ".join(self.stderr.split())

    @cached_property
    def content(self) -> dict[str, Any]:
        """The inventory as JSON."""
        assert self.rc == 0, self.stderr
        content: dict[str, Any] = plain(json.loads(self.stdout))
        return content

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        """The variables of each host, also of one that has none."""
        variables = self.content["_meta"]["hostvars"]
        return {host: variables.get(host, {}) for host in self._names()}

    @property
    def addresses(self) -> dict[str, str | None]:
        """`ansible_host` of each host."""
        return {name: variables.get("ansible_host") for name, variables in self.hosts.items()}

    def group(self, name: str) -> set[str]:
        """The hosts of a group and of the groups in it; empty when there is no such group."""
        found = self.content.get(name, {})
        hosts = set(found.get("hosts", ()))
        return hosts.union(*(self.group(child) for child in found.get("children", ())))

    @property
    def groups(self) -> set[str]:
        """The names of all groups that hold a host, but for Ansible's own."""
        own = {"_meta", "all", "ungrouped"}
        return {name for name in self.content if name not in own and self.group(name)}

    def _names(self) -> set[str]:
        return self.group("all") | set(self.content["_meta"]["hostvars"])


@dataclass(frozen=True)
class Source:
    """A control node that takes its inventory from NetBox."""

    controller: Controller
    url: str
    token: str

    def file(self, name: str = "netbox.yml", **options: Any) -> Path:
        """Write an inventory file; an option that is None is left out."""
        given = {
            "plugin": "prime.netops.netbox",
            "api_endpoint": self.url,
            "token": self.token,
            **options,
        }
        return self.controller.write(name, {k: v for k, v in given.items() if v is not None})

    def ask(
        self,
        *words: str,
        environment: Mapping[str, str] | None = None,
        programs: Path = BIN,
        **options: Any,
    ) -> Answer:
        """Run `ansible-inventory --list` with these options of the plugin."""
        return self.run(self.file(**options), *words, environment=environment, programs=programs)

    def run(
        self,
        file: Path,
        *words: str,
        environment: Mapping[str, str] | None = None,
        programs: Path = BIN,
    ) -> Answer:
        """Run `ansible-inventory --list` on a file."""
        done = subprocess.run(
            [programs / "ansible-inventory", "-i", file, "--list", *words],
            env={
                **self.controller.environment,
                # As the plugin's documentation says: without it an error is a warning to Ansible
                "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
                **(environment or {}),
            },
            cwd=self.controller.home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)
