"""Planted secrets are looked for everywhere they must not be, and in the one place they belong."""

from __future__ import annotations

import contextlib
import json
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.integration.playbook import BACKUP, Controller, login, vaulted
from tests.integration.runner import run_job
from tests.lab.fleet import MARKER, Lab, fleet
from tests.lab.fleet.dialects import DIALECTS
from tests.lab.postgres import Postgres, postgres
from tests.lab.receivers import WebHook

__all__ = ["postgres"]

VAULT = "vault password"
BROKEN = {"r2": "wrong_password", "r3": "truncated", "r4": "invalid_input", "r5": "wrong_enable"}
CALLBACKS = {
    "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log,prime.netops.alert,prime.netops.benchmark",
    "NETOPS_ALERT_URLS": "json://127.0.0.1:9/",
    "NETOPS_ALERT_FLUSH_SECONDS": "1",
}
COMMANDS = {"cisco_ios": "show running-config", "arista_eos": "show running-config"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A device of every platform, behind enable where it has that; each full of secrets."""
    state = tmp_path_factory.mktemp("lab")
    platforms = (
        "cisco_ios",
        "cisco_ios",
        "arista_eos",
        "arista_eos",
        "cisco_ios",
        *(name for name in DIALECTS if name not in ("cisco_ios", "arista_eos", "nokia_sros")),
    )
    with fleet(
        len(platforms), state=state, platforms=platforms, size_kb=5, unprivileged=True
    ) as running:
        yield running


@dataclass(frozen=True)
class Estate:
    """A control node with an inventory whose passwords are templates of vaulted values."""

    controller: Controller
    inventory: Path
    vault: str


@pytest.fixture
def estate(lab: Lab, controller: Controller) -> Estate:
    """The lab's devices as an estate with a vault."""
    lab.restore()
    hosts: dict[str, dict[str, Any]] = {}
    for device in lab.plan.devices:
        hosts[device.name] = {
            **login(lab, device.name),
            "ansible_password": "{{ vaulted_login }}",
            "ansible_become": device.unprivileged,
            "ansible_become_method": "enable",
            "ansible_become_password": "{{ vaulted_enable }}",
        }
    inventory = controller.inventory(hosts, "estate/inventory.yml")
    secrets = {"vaulted_login": lab.plan.password, "vaulted_enable": lab.plan.enable_password}
    text = "\n".join(f"{name}: {vaulted(secret, VAULT)}" for name, secret in secrets.items())
    controller.write("estate/group_vars/all.yml", text)
    return Estate(controller, inventory, str(controller.write("vault.txt", VAULT)))


def leaks(place: Path, *secrets: str) -> list[str]:
    """The files below a directory in which a secret stands in clear."""
    needles = [secret.encode() for secret in (MARKER, *secrets)]
    return [
        f"{path}: {line[:200]!r}"
        for path in sorted(place.rglob("*"))
        if path.is_file()
        for line in path.read_bytes().splitlines()
        if any(needle in line for needle in needles)
    ]


def git_objects(controller: Controller) -> str:
    """Everything that the mirror's repository holds, reachable or not, in clear."""
    return controller.git("cat-file", "--batch-all-objects", "--batch", "--buffer")


@pytest.mark.parametrize("verbosity", ["-vvv", "-vvvvv"])
def test_no_secret_is_printed_logged_or_committed(lab: Lab, estate: Estate, verbosity: str) -> None:
    """Good devices, changed ones with --diff, and ones that fail in every way that has a message:
    neither the screen nor Ansible's log nor any object in git nor any other file holds a secret.
    The store's exact texts hold those of the configurations, which a restore needs."""
    controller = estate.controller
    log = controller.home / "ansible.log"
    options = {
        "environment": {
            **CALLBACKS,
            "ANSIBLE_LOG_PATH": str(log),
            "ANSIBLE_DISPLAY_TRACEBACK": "always",
        },
        "backup_profile_file": str(controller.home / "profile"),
        "backup_fail_job": "never",
        "backup_attempts": 1,
    }
    arguments = (verbosity, "--diff", "--vault-password-file", estate.vault)
    first = controller.play(BACKUP, estate.inventory, *arguments, **options)
    assert first.hosts("changed") == set(lab.plan.names), first.output
    lab.override_many(
        {name: {"revision": 2} for name in lab.plan.names}
        | {name: {"fault": fault, "revision": 2} for name, fault in BROKEN.items()}
    )
    second = controller.play(BACKUP, estate.inventory, *arguments, **options)
    assert second.hosts("ignored") == set(BROKEN)
    assert second.hosts("changed") == set(lab.plan.names) - set(BROKEN)
    for play in (first, second):
        assert [line for line in play.output.splitlines() if MARKER in line] == []
    assert "--- before: r1" in second.output
    assert len(log.read_text(encoding="utf-8")) > 10_000
    assert [line for line in git_objects(controller).splitlines() if MARKER in line] == []
    told = (controller.state / "log.jsonl").read_text(encoding="utf-8")
    assert told.count('"event":"device_failed"') == len(BROKEN)
    assert leaks(controller.home) == []
    assert [name for name, text in controller.texts().items() if MARKER not in text] == []


def test_no_secret_is_in_what_awx_stores(lab: Lab, estate: Estate, postgres: Postgres) -> None:
    """No event, artifact or output of the runner holds a device's secret, the password in the
    store's URL or the store's key; the texts in the database are encrypted by that key."""
    controller, key = estate.controller, Fernet.generate_key().decode()
    lab.override_many({name: {"fault": fault} for name, fault in BROKEN.items()})
    job = run_job(
        controller,
        BACKUP,
        estate.inventory,
        verbosity=5,
        arguments=f"--diff --vault-password-file {estate.vault}",
        environment=CALLBACKS,
        backup_fail_job="never",
        backup_attempts=1,
        netops_store_url=postgres.new_database(),
        netops_store_key=key,
    )
    assert job.rc == 0, job.stdout
    assert len(job.summaries["changed"]) == len(lab.plan.names) - len(BROKEN)
    written = [path for path in job.artifacts.rglob("*") if path.is_file()]
    assert len(written) > len(lab.plan.names)
    assert leaks(job.artifacts, key) == []
    assert leaks(controller.state, key) == []


def test_a_key_leaves_nothing_in_clear(lab: Lab, estate: Estate) -> None:
    """With a store key no column of the database shows a secret, and every text needs the key."""
    controller, key = estate.controller, Fernet.generate_key().decode()
    lab.override_many({name: {"fault": fault} for name, fault in BROKEN.items()})
    options = {"backup_fail_job": "never", "backup_attempts": 1, "netops_store_key": key}
    play = controller.play(
        BACKUP, estate.inventory, "--vault-password-file", estate.vault, **options
    )
    assert play.rc == 0, play.output
    with sqlite3.connect(controller.state / "netops.db") as database:
        rows = database.execute("SELECT codec, body FROM config").fetchall()
        dump = "\n".join(database.iterdump())
    assert len(rows) == len(lab.plan.names) - len(BROKEN)
    assert {codec for codec, _ in rows} == {"zstd+fernet"}
    assert all(Fernet(key).decrypt(body) for _, body in rows)
    assert MARKER not in dump
    assert MARKER.encode().hex().upper() not in dump
    assert key not in dump


def test_a_broken_store_url_keeps_its_password(lab: Lab, estate: Estate) -> None:
    """The error about a server that is not there names server and remedy, never the password."""
    url = f"postgresql://netops:{MARKER}-url@127.0.0.1:9/netops"
    variables = {"all": {"vars": {"netops_store_url": url}}}
    inventory = estate.controller.write("estate/more.yml", variables)
    play = estate.controller.play(
        BACKUP,
        estate.inventory,
        "-i",
        inventory,
        "-vvvvv",
        "--vault-password-file",
        estate.vault,
    )
    assert play.rc == 2
    assert "postgresql://netops:***@127.0.0.1:9/netops cannot be" in play.text
    assert "Check that the server runs" in play.text
    assert [line for line in play.output.splitlines() if MARKER in line] == []


def test_a_password_belongs_to_its_device(lab: Lab, controller: Controller) -> None:
    """A device without a password does not get that of the play's first host."""
    lab.restore()
    hosts = {"r1": login(lab, "r1"), "r2": login(lab, "r2")}
    del hosts["r2"]["ansible_password"]
    before = lab.counters()["devices"]["r2"]
    own = controller.write(
        "own.yml",
        [
            {
                "hosts": "all",
                "gather_facts": False,
                "tasks": [
                    {"prime.netops.config_backup": {"attempts": 1}, "run_once": True},
                ],
            }
        ],
    )
    play = controller.play(own, controller.inventory(hosts))
    assert play.rc == 0, play.output
    outcome = controller.outcomes()["r2"]
    assert (outcome.status, outcome.error_class) == ("failed", "auth_failed")
    after = lab.counters()["devices"]["r2"]
    assert (after["logins"], after["failed"]) == (before["logins"], before["failed"])


def test_results_of_commands_are_clean(lab: Lab, estate: Estate) -> None:
    """A configuration fetched as a command's output reaches the play's variables redacted, and the
    parts of it that are no secret whole."""
    controller = estate.controller
    out = controller.home / "results.json"
    command = {"commands": ["show running-config"], "attempts": 1}
    fleet_task = {
        "prime.netops.device_command": command,
        "run_once": True,
        "delegate_to": "localhost",
        "register": "shown",
    }
    copy = {
        "ansible.builtin.copy": {
            "content": "{{ shown.results | to_json }}",
            "dest": str(out),
            "mode": "0600",
        },
        "run_once": True,
        "delegate_to": "localhost",
    }
    play = {"hosts": "r1:r3", "gather_facts": False, "tasks": [fleet_task, copy]}
    done = controller.play(
        controller.write("own.yml", [play]),
        estate.inventory,
        "-vvvvv",
        "--vault-password-file",
        estate.vault,
    )
    assert done.rc == 0, done.output
    assert MARKER not in done.output
    text = out.read_text(encoding="utf-8")
    assert "hostname r1" in text
    assert "<redacted>" in text
    assert leaks(controller.home) == []


LEAKY = """
class Leaky:
    def before(self, device):
        return f"it says {device.password}" if device.name == "r1" else None

    def after(self, device, outcome):
        if device.name != "r1":
            raise ValueError(f"cannot digest {device!r} {device.password} {device.enable_password}")
"""


def test_what_callbacks_and_middleware_are_told_is_clean(lab: Lab, estate: Estate) -> None:
    """Tasks of the user's own that print every password, and a middleware that does, in its
    veto and in its errors: none gets into the log, syslog, an alert, the ledger or a result."""
    controller = estate.controller
    lab.restore()
    controller.write("leaky.py", LEAKY)
    words = "{{ ansible_password }} {{ vaulted_enable }} {{ ansible_become_password }}"
    shout = {"ansible.builtin.fail": {"msg": f"it is {words}"}, "ignore_errors": True}
    fleet_task = {
        "prime.netops.config_backup": {"attempts": 1, "middleware": ["leaky:Leaky"]},
        "run_once": True,
        "delegate_to": "localhost",
        "register": "run",
    }
    outcome = {
        "prime.netops.host_outcome": {"run_id": "{{ run.run_id }}"},
        "ignore_errors": True,
        "vars": {"ansible_connection": "local", "ansible_become": False},
    }
    local = {"ansible_connection": "local", "ansible_become": False}
    play = {
        "hosts": "r1:r3",
        "gather_facts": False,
        "tasks": [
            {**fleet_task, "vars": local},
            outcome,
            {**shout, "vars": local},
            {**shout, "vars": local, "loop": [words], "name": f"Shout {words}"},
        ],
    }
    hook, syslog = WebHook(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with syslog:
        syslog.bind(("127.0.0.1", 0))
        syslog.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        environment = CALLBACKS | {
            "NETOPS_ALERT_URLS": hook.url(),
            "NETOPS_ALERT_FLUSH_SECONDS": "20",
            "NETOPS_LOG_SYSLOG": f"udp://127.0.0.1:{syslog.getsockname()[1]}",
        }
        done = controller.play(
            controller.write("own.yml", [play]),
            estate.inventory,
            "--vault-password-file",
            estate.vault,
            environment=environment,
        )
        messages = list(waiting(syslog))
    hook.close()
    assert done.rc == 0, done.output
    records = [json.loads(line) for line in (controller.state / "log.jsonl").open()]
    skipped = next(record for record in records if record["event"] == "device_skipped")
    assert skipped["message"] == "it says <redacted> (leaky:Leaky)"
    faults = [record for record in records if record["event"] == "device_failed"]
    assert all("cannot digest" in record["message"] for record in faults)
    assert [r["message"] for r in records if r.get("action") == "ansible.builtin.fail"]
    assert len(messages) == len(records)
    assert hook.requests
    for sink in (
        messages,
        hook.requests,
        [outcome.message for outcome in controller.outcomes().values()],
    ):
        assert MARKER not in repr(sink)
    assert leaks(controller.state) == []


def waiting(server: socket.socket) -> Iterator[bytes]:
    """The datagrams that a socket has received."""
    server.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            yield server.recv(65_536)
