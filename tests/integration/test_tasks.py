"""People's own Nornir tasks, and show commands, on the whole fleet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import Controller, Play, at_rest, login
from tests.lab.fleet import MARKER, Lab, fleet

OWN_TASKS = '''
"""A user's own tasks, in a file beside the playbook."""

from nornir.core.task import Result, Task
from nornir_netmiko.tasks import netmiko_send_command


def describe(task: Task, greeting: str) -> Result:
    """Use host variables, and nothing of the network."""
    rack = task.host.get("rack")
    return Result(task.host, result=f"{greeting} {task.host.name} of {task.host['site']}, {rack}")


def uptime(task: Task) -> Result:
    """Ask the device over the engine's own connection, and say that something changed."""
    connection = task.host.get_connection("netmiko", task.nornir.config)
    text = connection.send_command("show version")
    found = [line for line in text.splitlines() if "ptime" in line]
    return Result(task.host, result=found, changed=True)


def steps(task: Task) -> Result:
    """A task of tasks, as nornir_utils and others have them."""
    version = task.run(task=netmiko_send_command, command_string="show version")[0].result
    return Result(task.host, result={"length": len(version), "object": task.host})


def fail_on_r2(task: Task) -> Result:
    """A mistake of the user's, on one device."""
    if task.host.name == "r2":
        raise KeyError(f"no such thing on {task.host.name}, {task.host.password}")
    return Result(task.host, result="well")


def quiet(task: Task) -> None:
    """Nornir does not need a result."""


answer = 42
'''


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three devices: IOS, EOS, IOS."""
    state = tmp_path_factory.mktemp("three")
    platforms = ("cisco_ios", "arista_eos", "cisco_ios")
    with fleet(3, state=state, platforms=platforms, size_kb=5) as running:
        yield running


@pytest.fixture
def lab(three: Lab) -> Lab:
    """The three devices, all of them well."""
    three.restore()
    return three


@dataclass(frozen=True)
class Done:
    """A fleet task's result, and the play that it ran in."""

    play: Play
    result: dict[str, Any]


def run(
    controller: Controller,
    lab: Lab,
    module: str,
    options: dict[str, Any],
    *arguments: str,
    **task: Any,
) -> Done:
    """Run one fleet task in a play of its own, give each host its result, and read the task's."""
    out = controller.home / "result.json"
    controller.write("own_tasks.py", OWN_TASKS)
    hosts = {name: {**login(lab, name), "rack": f"rack of {name}"} for name in lab.plan.names}
    once = {"run_once": True, "delegate_to": "localhost"}
    tasks = [
        {f"prime.netops.{module}": options, "name": "Fleet", "register": "fleet", **once, **task},
        {
            "ansible.builtin.copy": {
                "content": "{{ fleet | to_json }}",
                "dest": str(out),
                "mode": "0600",
            },
            "check_mode": False,
            **once,
        },
        {
            "prime.netops.host_outcome": {"run_id": "{{ fleet.run_id }}"},
            "name": "Outcome",
            "when": "fleet.run_id is defined",
            "ignore_errors": True,
            "ignore_unreachable": True,
            "delegate_to": "localhost",
        },
    ]
    playbook = controller.write(
        "own.yml", [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    )
    play = controller.play(playbook, controller.inventory(hosts), *arguments)
    result = json.loads(out.read_text(encoding="utf-8")) if out.exists() else {}
    return Done(play, result)


def test_a_task_beside_the_playbook(lab: Lab, controller: Controller) -> None:
    """A function of one's own sees its parameters, the chosen host variables and the site; the
    devices are not contacted when it does not ask for them."""
    before = at_rest(lab)
    options = {
        "task": "own_tasks.describe",
        "params": {"greeting": "This is"},
        "host_vars": ["rack"],
    }
    done = run(controller, lab, "nornir_task", options)
    assert done.play.rc == 0, done.play.output
    assert done.result["results"] == {
        "r1": "This is r1 of ams, rack of r1",
        "r2": "This is r2 of fra, rack of r2",
        "r3": "This is r3 of nyc, rack of r3",
    }
    assert done.result["counts"]["ok"] == 3
    assert done.result["changed"] is False
    assert at_rest(lab) == before


def test_a_task_that_talks_to_the_device(lab: Lab, controller: Controller) -> None:
    """It gets a session by Nornir's own means, and its ``changed`` is the host's."""
    done = run(controller, lab, "nornir_task", {"task": "own_tasks:uptime"})
    assert done.play.rc == 0, done.play.output
    assert set(done.result["results"]) == {"r1", "r2", "r3"}
    assert any("uptime is" in line for line in done.result["results"]["r1"])
    assert sorted(done.play.results("Outcome")) == [("changed", f"r{n}") for n in (1, 2, 3)]
    assert controller.last_run().kind == "task"
    at_rest(lab)


def test_nornir_netmikos_own_tasks_run_unchanged(lab: Lab, controller: Controller) -> None:
    """nornir_netmiko's task by its dotted path, over this collection's connection."""
    options = {
        "task": "nornir_netmiko.tasks.netmiko_send_command",
        "params": {"command_string": "show version"},
    }
    done = run(controller, lab, "nornir_task", options)
    assert done.play.rc == 0, done.play.output
    assert "Cisco IOS Software" in done.result["results"]["r1"]
    assert "Arista" in done.result["results"]["r2"]


def test_a_task_of_tasks_and_what_is_no_json(lab: Lab, controller: Controller) -> None:
    """Subtasks work, and an object in a result arrives as its text."""
    done = run(controller, lab, "nornir_task", {"task": "own_tasks.steps"})
    assert done.play.rc == 0, done.play.output
    result = done.result["results"]["r1"]
    assert result["length"] > 200
    assert "r1" in result["object"]


def test_a_task_without_a_result(lab: Lab, controller: Controller) -> None:
    """A function that returns nothing is a success."""
    done = run(controller, lab, "nornir_task", {"task": "own_tasks.quiet"})
    assert done.play.rc == 0, done.play.output
    assert done.result["counts"]["ok"] == 3


def test_a_mistake_in_a_task_is_that_devices_failure(lab: Lab, controller: Controller) -> None:
    """An exception of the user's code is ``internal`` on the device where it was raised, says what
    it was without the password in it, and is not tried again; the others are done."""
    done = run(controller, lab, "nornir_task", {"task": "own_tasks.fail_on_r2"}, "-vvv")
    assert done.play.rc == 0
    assert done.result["results"] == {"r1": "well", "r3": "well"}
    [failure] = done.result["failures"]
    assert (failure["host"], failure["class"]) == ("r2", "internal")
    assert "KeyError" in failure["message"]
    assert "no such thing on r2" in failure["message"]
    assert MARKER not in done.play.output
    assert done.play.hosts("ignored") == {"r2"}
    outcome = controller.outcomes()["r2"]
    assert outcome.attempts == 1


def test_a_device_that_comes_back_is_tried_again(lab: Lab, controller: Controller) -> None:
    """A user's task has the engine's retry: a session lost at first is no failure."""
    lab.override("r2", fault="reset:1")
    options = {"task": "own_tasks.uptime", "backoff": 0.1}
    done = run(controller, lab, "nornir_task", options)
    assert done.play.rc == 0, done.play.output
    assert done.result["counts"]["changed"] == 3
    assert controller.outcomes()["r2"].attempts == 2


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ("own_tasks.nothing", "has no attribute 'nothing'"),
        ("no_such_file.function", "No module named 'no_such_file'"),
        ("function", "no dotted path"),
        ("own_tasks.answer", "is no function: it is of type int"),
    ],
)
def test_a_task_that_is_not_there(lab: Lab, controller: Controller, task: str, words: str) -> None:
    """The error names the path, what is wrong with it, and where it was looked for."""
    done = run(controller, lab, "nornir_task", {"task": task})
    assert done.play.rc == 2
    assert words in done.play.text
    assert task in done.play.text
    assert "Traceback" not in done.play.output
    if "dotted" not in words and "type" not in words:
        assert str(controller.home) in done.play.text


def test_nobody_knows_what_a_task_changes(lab: Lab, controller: Controller) -> None:
    """In check mode an own task is skipped: no device is contacted, nothing is written."""
    before = at_rest(lab)
    done = run(controller, lab, "nornir_task", {"task": "own_tasks.uptime"}, "--check")
    assert done.play.rc == 0, done.play.output
    assert done.result["skipped"] is True
    assert at_rest(lab) == before
    assert not controller.state.exists()


def test_raw_outputs_by_command(lab: Lab, controller: Controller) -> None:
    """device_command returns each command's text, without echo and prompt."""
    commands = ["show version", "show ip interface brief"]
    done = run(controller, lab, "device_command", {"commands": commands})
    assert done.play.rc == 0, done.play.output
    assert set(done.result["results"]["r1"]) == set(commands)
    version = done.result["results"]["r1"]["show version"]
    assert version.startswith("Cisco IOS Software")
    assert not version.rstrip().endswith("#")
    assert "show version" not in version
    assert done.result["changed"] is False


def test_parsed_outputs(lab: Lab, controller: Controller) -> None:
    """With ``parse`` the rows of ntc-templates, by the platform of each device."""
    options = {"commands": ["show version"], "parse": True}
    done = run(controller, lab, "device_command", options)
    assert done.play.rc == 0, done.play.output
    results = {name: result["show version"][0] for name, result in done.result["results"].items()}
    assert results["r1"]["version"] == "15.2(7)E8"
    assert results["r1"]["hostname"] == "r1"
    assert results["r3"]["serial"] == ["FCW1932A0003"]
    assert results["r2"]["model"]


def test_a_rejected_command_fails_on_its_devices(lab: Lab, controller: Controller) -> None:
    """A command that one platform does not know fails there, with the command and the device's
    words, and is not sent again; the other platform's answer stands."""
    done = run(controller, lab, "device_command", {"commands": ["show vlan brief nonsense"]})
    assert done.play.rc == 0, done.play.output
    failures = {failure["host"]: failure for failure in done.result["failures"]}
    assert set(failures) == {"r1", "r2", "r3"}
    assert {failure["class"] for failure in failures.values()} == {"command_rejected"}
    assert "'show vlan brief nonsense'" in failures["r1"]["message"]
    assert "Invalid input" in failures["r1"]["message"]
    assert {outcome.attempts for outcome in controller.outcomes().values()} == {1}


def test_an_output_that_no_template_parses(lab: Lab, controller: Controller) -> None:
    """No template for a command is the device's failure and names command and platform."""
    options = {"commands": ["show running-config"], "parse": True}
    done = run(controller, lab, "device_command", options)
    failures = {failure["host"]: failure["message"] for failure in done.result["failures"]}
    assert "no ntc-template parses 'show running-config' of cisco_ios" in failures["r1"]


def test_commands_are_sent_in_check_mode_and_leave_no_trace(
    lab: Lab, controller: Controller
) -> None:
    """Show commands change nothing, so check mode sends them, and keeps no ledger of it."""
    done = run(controller, lab, "device_command", {"commands": ["show version"]}, "--check")
    assert done.play.rc == 0, done.play.output
    assert len(done.result["results"]) == 3
    assert [how for how, _ in done.play.results("Outcome")] == ["ok"] * 3
    assert not controller.state.exists()


def test_a_fleet_task_without_run_once_warns(lab: Lab, controller: Controller) -> None:
    """Forgotten, it would register for the first host only: the warning says what to add."""
    done = run(controller, lab, "device_command", {"commands": ["show version"]}, run_once=False)
    assert "add 'run_once: true'" in done.play.text


def test_results_that_do_not_fit_are_counted(controller: Controller, tmp_path: Path) -> None:
    """More text than a result may hold: what fits is whole, the rest is counted, nothing is cut."""
    with fleet(9, state=tmp_path / "lab", platforms=("cisco_ios",), size_kb=60) as lab:
        done = run(controller, lab, "device_command", {"commands": ["show running-config"]})
    assert done.play.rc == 0, done.play.output
    kept, left_out = done.result["results"], done.result["results_left_out"]
    assert len(kept) + left_out == 9
    assert left_out > 0
    assert all(text["show running-config"].rstrip().endswith("end") for text in kept.values())
    assert len(json.dumps(done.result)) < 350_000
