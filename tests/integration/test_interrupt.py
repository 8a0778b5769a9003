"""A backup ended in mid-run, gently or not: what was finished is kept, nothing is half-done."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.playbook import BACKUP, Controller, at_rest
from tests.integration.processes import await_end, descendants, kill, overload, until
from tests.lab.fleet import Lab, fleet
from tests.lab.fleet.configs import make_config

DEVICES = 300
WORKERS = 15
ENOUGH = 45
"""Devices that are done when the run is ended."""
LATENCY = 0.15
"""Seconds a command: the whole fleet would take a quarter of a minute."""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """300 devices which take their time."""
    state = tmp_path_factory.mktemp("slow")
    with fleet(
        DEVICES, state=state, platforms=("arista_eos",), size_kb=2, latency=LATENCY
    ) as running:
        yield running


@contextmanager
def running_play(controller: Controller, lab: Lab) -> Iterator[subprocess.Popen[str]]:
    """A backup that has come to the middle of the fleet; its processes are gone at the end."""
    before = configs(lab)
    process = controller.start(BACKUP, lab.inventory, backup_workers=WORKERS)
    try:
        until(lambda: configs(lab) - before >= ENOUGH, 60, "the middle of the run")
        yield process
    finally:
        kill(descendants(process.pid))
        process.communicate()


def configs(lab: Lab) -> int:
    """How many configurations the devices have shown."""
    return sum(device["configs"] for device in lab.counters()["devices"].values())


def finished(lab: Lab) -> set[str]:
    """The devices that have shown their configuration and see nobody any more."""
    devices = lab.counters()["devices"]
    return {name for name, seen in devices.items() if seen["configs"] and not seen["open"]}


def check_kept(
    controller: Controller, lab: Lab, at_least: set[str], *, in_git: bool = True
) -> None:
    """What the interrupted run finished is in the store, byte for byte, and in git; no more."""
    with sqlite3.connect(controller.state / "netops.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    texts = controller.texts()
    assert at_least <= set(texts)
    assert len(texts) < DEVICES
    for name, text in texts.items():
        served = make_config(lab.plan.device(name)).render().decode().replace("\r\n", "\n")
        assert text.splitlines()[1:] == served.splitlines()[1:], name
    assert controller.git("status", "--porcelain") == ""
    if in_git:
        assert {file.partition("/")[2] for file in controller.mirrored()} == set(texts)


def check_interrupted(controller: Controller) -> None:
    """The ledger says that the run was ended early, with counts that add up."""
    run = controller.last_run()
    assert run.status == "interrupted"
    assert run.counts["total"] == DEVICES
    assert sum(run.counts.values()) == 2 * DEVICES
    assert 0 < run.counts["changed"] < DEVICES
    assert run.counts["skipped"] > 0
    assert run.counts["failed"] <= WORKERS


def check_completes(controller: Controller, lab: Lab) -> None:
    """The next run does the rest."""
    lab.override_many({name: {"latency": 0} for name in lab.plan.names})
    play = controller.play(BACKUP, lab.inventory, backup_host_outcome="none")
    lab.restore()
    assert play.rc == 0, play.output
    assert len(controller.texts()) == DEVICES
    assert len(controller.mirrored()) == DEVICES
    assert controller.last_run().status == "finished"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_play_within_two_seconds(
    slow: Lab, controller: Controller, number: signal.Signals
) -> None:
    """SIGTERM, as systemd and AWX send it, or Ctrl-C: no process is left after 2 s, and what was
    finished by then is in the store and in git."""
    with running_play(controller, slow) as process:
        processes, done = descendants(process.pid), finished(slow)
        assert len(processes) > 1
        time.sleep(0.5)  # for the worker to notice as well who is done
        os.kill(process.pid, number)
        assert await_end(processes, 20) < 2 * overload()
        _, complaints = process.communicate(timeout=20)
        assert process.returncode not in (0, None)
        assert "Traceback" not in complaints
    at_rest(slow)
    check_kept(controller, slow, done)
    check_interrupted(controller)


def test_a_killed_ansible_takes_its_worker_along(slow: Lab, controller: Controller) -> None:
    """kill -9 of ansible-playbook alone: the worker notices, ends, and has kept what was done,
    instead of going on where nobody sees it."""
    with running_play(controller, slow) as process:
        processes, done = descendants(process.pid), finished(slow)
        kill([process.pid])
        await_end(processes, 30)
    check_kept(controller, slow, done)
    check_interrupted(controller)


def test_a_task_timeout_keeps_what_was_done(slow: Lab, controller: Controller) -> None:
    """Ansible's own ``timeout`` ends the task in time, the play goes on to its rescue, and the
    run is marked in the ledger."""
    backup = {
        "prime.netops.config_backup": {"workers": WORKERS},
        "run_once": True,
        "delegate_to": "localhost",
        "timeout": 20,
    }
    rescue = {"ansible.builtin.debug": {"msg": "{{ ansible_failed_result.msg }}"}, "run_once": True}
    tasks = [{"block": [backup], "rescue": [rescue]}]
    own = controller.write("own.yml", [{"hosts": "all", "gather_facts": False, "tasks": tasks}])
    slow.override_many({name: {"latency": 3 * LATENCY} for name in slow.plan.names})
    play = controller.play(own, slow.inventory)
    slow.restore()
    assert play.hosts("rescued") == {"r1"}, play.output
    assert '"msg": "Task failed: Timed out after 20 second(s)."' in play.text
    assert play.seconds < 20 + 20
    check_kept(controller, slow, set(), in_git=False)
    check_interrupted(controller)


def test_kill_leaves_nothing_half_written(slow: Lab, controller: Controller) -> None:
    """kill -9 of every process at once: store and repository open, hold whole texts only, and the
    next run completes the fleet."""
    with running_play(controller, slow) as process:
        kill(descendants(process.pid))
    check_kept(controller, slow, set(), in_git=False)
    assert controller.last_run().status == "running"
    check_completes(controller, slow)
