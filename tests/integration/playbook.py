"""Runs ansible-playbook as people do: a process of its own, a clean environment, a bounded time."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from textwrap import indent
from typing import Any

from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.prime.netops.plugins.plugin_utils.store import Store
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import DeviceOutcome, Run

from tests.integration.processes import until
from tests.lab.fleet import Lab
from tests.lab.fleet.dialects import DIALECTS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
BACKUP = ROOT / "playbooks" / "backup.yml"
SECONDS = 120.0
"""What no play of these tests takes, even on a busy machine."""

_RECAP = re.compile(r"^(\S+) +: (ok=\d+ .*)$", re.MULTILINE)
_COUNT = re.compile(r"(\w+)=(\d+)")
_RESULT = re.compile(r"^(ok|changed|skipping|fatal): \[([^]]+)\]", re.MULTILINE)
_TASK = re.compile(r"^TASK \[([^]]+)\] \**\n(.*?)(?=^(?:TASK|PLAY) )", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Play:
    """A run of ansible-playbook that is over. ``seconds`` is what it took."""

    rc: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def output(self) -> str:
        """All that was printed."""
        return self.stdout + self.stderr

    @cached_property
    def text(self) -> str:
        """All that was printed, in one line: Ansible breaks its messages where it likes."""
        return " ".join(self.output.split())

    @cached_property
    def recap(self) -> dict[str, dict[str, int]]:
        """The recap: host -> ok, changed, unreachable, failed, skipped, rescued, ignored."""
        recap = self.stdout.partition("PLAY RECAP")[2]
        return {
            host: {name: int(number) for name, number in _COUNT.findall(counts)}
            for host, counts in _RECAP.findall(recap)
        }

    def hosts(self, name: str) -> set[str]:
        """The hosts for which the recap counts one of this or more."""
        return {host for host, counts in self.recap.items() if counts[name]}

    def results(self, task: str) -> list[tuple[str, str]]:
        """The results of the tasks whose name contains ``task``: (how it ended, host)."""
        return [
            (how, host.partition(" ->")[0])
            for name, body in _TASK.findall(self.stdout)
            if task in name
            for how, host in _RESULT.findall(body)
        ]


class Controller:
    """A control node: a home directory with nothing in it, and the state that plays leave there."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.state = home / "state" / "prime.netops"
        home.mkdir(parents=True, exist_ok=True)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every program started here: nothing of the developer's own."""
        return {
            "PATH": f"{BIN}:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "XDG_STATE_HOME": str(self.state.parent),
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_FORKS": "4",
            "ANSIBLE_LOCALHOST_WARNING": "0",
            "ANSIBLE_DEPRECATION_WARNINGS": "0",
        }

    def play(
        self,
        playbook: Path,
        inventory: Path | str,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        seconds: float = SECONDS,
        **variables: Any,
    ) -> Play:
        """Run a playbook to its end; ``variables`` are its extra vars."""
        started = time.monotonic()
        process = self.start(playbook, inventory, *arguments, environment=environment, **variables)
        try:
            stdout, stderr = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        return Play(process.returncode, stdout, stderr, time.monotonic() - started)

    def start(
        self,
        playbook: Path,
        inventory: Path | str,
        *arguments: str | Path,
        environment: Mapping[str, str] | None = None,
        **variables: Any,
    ) -> subprocess.Popen[str]:
        """Start a playbook as the leader of a session, as a terminal or AWX would."""
        words: list[str | Path] = [BIN / "ansible-playbook", playbook, "-i", inventory, *arguments]
        if variables:
            words += ["--extra-vars", json.dumps(variables)]
        return subprocess.Popen(
            words,
            cwd=ROOT,
            env={**self.environment, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def write(self, name: str, content: str | Iterable[Any] | Mapping[str, Any]) -> Path:
        """Write a file of this home: text, or data as the JSON that YAML readers take as well."""
        path = self.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content, indent=1)
        path.write_text(text, encoding="utf-8")
        return path

    def inventory(
        self, hosts: Mapping[str, Mapping[str, Any]], name: str = "inventory.yml", **variables: Any
    ) -> Path:
        """Write an inventory of these hosts, with ``variables`` for all of them."""
        everything = {"hosts": hosts, "vars": {**LOCAL, **variables}}
        return self.write(name, {"all": everything})

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store of this node's state directory, opened as any program would."""
        with Store.open(None, self.state) as store:
            yield store

    def last_run(self) -> Run:
        """The newest run in the ledger."""
        with self.store() as store:
            return store.runs(limit=1)[0]

    def outcomes(self) -> dict[str, DeviceOutcome]:
        """What the newest run did with each device."""
        with self.store() as store:
            run = store.runs(limit=1)[0]
            return {outcome.device: outcome for outcome in store.outcomes(run.id)}

    def texts(self) -> dict[str, str]:
        """The newest good copy of each device, exact."""
        with self.store() as store:
            return {
                name: store.text(good.config_sha256) for name, good in store.last_good().items()
            }

    def git(self, *arguments: str) -> str:
        """The output of a git command in the mirror."""
        return subprocess.run(
            ["git", "-C", self.state / "configs", *arguments],
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=True,
        ).stdout

    def mirrored(self) -> set[str]:
        """The files of the mirror's last commit."""
        return set(self.git("ls-tree", "-r", "--name-only", "-z", "HEAD").split("\0")) - {""}

    def commits(self) -> int:
        """How many commits the mirror has."""
        return int(self.git("rev-list", "--count", "HEAD"))


def at_rest(lab: Lab) -> dict[str, Any]:
    """What the devices counted, once they have seen everybody leave, which they may notice later
    than those who left."""
    until(lambda: not any(each["open"] for each in _counted(lab).values()), 30, "sessions to end")
    return _counted(lab)


def _counted(lab: Lab) -> dict[str, Any]:
    devices: dict[str, Any] = lab.counters()["devices"]
    return devices


def login(lab: Lab, name: str) -> dict[str, Any]:
    """The inventory variables of one device of a lab."""
    device = lab.plan.device(name)
    return {
        "ansible_host": device.address,
        "ansible_port": lab.plan.port,
        "ansible_user": lab.plan.user,
        "ansible_password": lab.plan.password,
        "ansible_network_os": DIALECTS[device.platform].network_os,
        "site": device.site,
    }


def vaulted(text: str, password: str) -> str:
    """A text as `ansible-vault encrypt_string` gives it, for a YAML file."""
    secret = VaultSecret(password.encode())
    body = VaultLib([("default", secret)]).encrypt(text, secret).decode()
    return "!vault |\n" + indent(body, "  ")


LOCAL = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
"""Ansible's own, for tasks that run on the control node."""


def fingerprint(directory: Path) -> dict[str, str]:
    """Every file below a directory with its mode and the hash of what is in it.

    Processes that close a SQLite file in the same instant each leave its log to the other, so that
    it stays, mostly empty: it is folded into the file first, as the next to open it would do.
    """
    for database in directory.glob("*.db"):
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA schema_version")
    return {
        str(path.relative_to(directory)): (
            f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"
        )
        for path in sorted(directory.rglob("*"))
        if path.is_file()
    }
