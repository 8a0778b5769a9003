"""The callbacks on a playbook that is none of ours, on whatever ansible-core this is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.integration.playbook import Controller

CALLBACKS = {
    "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log,prime.netops.alert,prime.netops.benchmark",
    "NETOPS_ALERT_URLS": "json://127.0.0.1:9/",  # nobody is there
    "NETOPS_ALERT_FLUSH_SECONDS": "1",
    "NETOPS_ALERT_ATTEMPTS": "1",
}
SECRET = "S3cr3tMarker"


def task(name: str, module: str, arguments: Any, **keywords: Any) -> dict[str, Any]:
    """A task as a playbook has it."""
    return {"name": name, f"ansible.builtin.{module}": arguments, **keywords}


TASKS = [
    task("Works", "command", "echo the login {{ ansible_become_password }} is fine"),
    task("Is ignored", "command", "false", ignore_errors=True),
    task("Is skipped", "debug", {"msg": "no"}, when=False),
    task("Loops", "command", "echo {{ item }}", loop=["a", "b"]),
    task("Is secret", "command", f"echo {SECRET} none of your business", no_log=True),
    task("Loops in secret", "command", "echo {{ item }}", loop=[f"{SECRET} 1"], no_log=True),
    task("Is delegated", "command", "true", delegate_to="h2", when="inventory_hostname == 'h1'"),
    task("Is tried again", "command", "true", register="r", until="r.attempts > 1", delay=0),
    task("Fails", "fail", {"msg": f"password: {SECRET}"}, when="inventory_hostname == 'h1'"),
    task(
        "Is unreachable",
        "ping",
        {},
        vars={"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 9},
    ),
]


def lines(path: Path) -> list[dict[str, Any]]:
    """The lines of a log, all of them whole."""
    text = path.read_text(encoding="ascii")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def test_an_ordinary_playbook_is_logged_as_it_ran(controller: Controller) -> None:
    """Ansible's own result is what it is without the callbacks, every task's end on every host is
    a line, items have lines of their own, and no secret is in any file."""
    playbook = controller.write(
        "site.yml", [{"name": "Ordinary", "hosts": "all", "gather_facts": False, "tasks": TASKS}]
    )
    inventory = controller.inventory(
        {"h1": {}, "h2": {}},
        ansible_connection="local",
        ansible_become_password="{{ somewhere_else }}",
        somewhere_else=f"{SECRET}-value",
    )
    without = controller.play(playbook, inventory)
    play = controller.play(playbook, inventory, environment=CALLBACKS, awx_job_id="4711")
    assert (play.rc, play.recap) == (without.rc, without.recap)
    assert "Traceback" not in play.output
    assert "prime.netops.log" not in play.output

    records = lines(controller.state / "log.jsonl")
    assert records[0]["event"] == "playbook_started"
    assert records[0]["provenance"]["awx_job_id"] == "4711"
    assert {record["awx_job_id"] for record in records} == {"4711"}
    assert len({record["playbook_id"] for record in records}) == 1
    assert records[-1]["event"] == "playbook_finished"
    assert (records[-1]["hosts"], records[-1]["failed"], records[-1]["unreachable"]) == (2, 1, 1)
    ends = {
        (record["task"], record["host"]): record
        for record in records
        if record["event"] == "task_result"
    }
    how = {name: ends[name, "h2"]["status"] for name, host in ends if host == "h2"}
    assert how == {
        "Works": "changed",
        "Is ignored": "failed",
        "Is skipped": "skipped",
        "Loops": "changed",
        "Is secret": "changed",
        "Loops in secret": "changed",
        "Is delegated": "skipped",
        "Is tried again": "changed",
        "Fails": "skipped",
        "Is unreachable": "unreachable",
    }
    assert ends["Is ignored", "h2"]["ignored"] is True
    assert ends["Fails", "h1"]["ignored"] is False
    assert ends["Fails", "h1"]["message"] == "password: <redacted>"
    assert ends["Is delegated", "h1"]["delegated_to"] == "h2"
    assert ends["Is tried again", "h2"]["attempts"] == 2
    assert ends["Works", "h1"]["result"]["stdout"] == "the login <redacted> is fine"
    assert ends["Works", "h1"]["seconds"] > 0
    assert "none of your business" not in json.dumps(records)
    items = [record for record in records if record["event"] == "item_result"]
    assert sorted((item["task"], item["host"], item["item"]) for item in items) == [
        *(("Loops", host, item) for host in ("h1", "h2") for item in ("a", "b")),
        *(("Loops in secret", host, "") for host in ("h1", "h2")),
    ]
    planted = {playbook, inventory}
    assert not [
        path
        for path in controller.home.rglob("*")
        if path.is_file() and path not in planted and SECRET.encode() in path.read_bytes()
    ]


def test_a_log_that_cannot_be_written_fails_no_play(controller: Controller) -> None:
    """It is a warning at the end, with the reason and how many lines are missing."""
    playbook = controller.write(
        "site.yml", [{"hosts": "all", "gather_facts": False, "tasks": TASKS[:1]}]
    )
    inventory = controller.inventory(
        {"h1": {}}, ansible_connection="local", ansible_become_password="x"
    )
    environment = {"ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log", "NETOPS_LOG_PATH": "/dev/full"}
    play = controller.play(playbook, inventory, environment=environment)
    assert play.rc == 0, play.output
    assert "4 lines are missing in /dev/full: No space left on device" in play.text
    environment["NETOPS_LOG_SYSLOG"] = "nowhere:"
    play = controller.play(playbook, inventory, environment=environment)
    assert play.rc == 0, play.output
    assert "syslog is 'nowhere:'" in play.text


def test_a_pipe_that_nobody_reads_holds_up_no_play(controller: Controller) -> None:
    """As a file server that hangs: the play ends in time, with the flush deadline on top."""
    playbook = controller.write(
        "site.yml", [{"hosts": "all", "gather_facts": False, "tasks": TASKS[:1]}]
    )
    inventory = controller.inventory(
        {"h1": {}}, ansible_connection="local", ansible_become_password="x"
    )
    pipe = controller.home / "pipe"
    os.mkfifo(pipe)
    environment = {
        "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log",
        "NETOPS_LOG_PATH": str(pipe),
        "NETOPS_LOG_FLUSH_SECONDS": "1",
    }
    play = controller.play(playbook, inventory, environment=environment)
    assert play.rc == 0, play.output
    assert "4 lines are missing" in play.text
    assert "did not take them within 1 s" in play.text
