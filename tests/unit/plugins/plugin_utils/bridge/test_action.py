# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What fleet actions do around their jobs."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.action import (
    report_result,
    scrubbed,
    summary,
)
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.arguments import (
    FLEET_SPEC,
    fleet_options,
)
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.provenance import provenance
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.screen import show_failures
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.signals import stop_on_signal
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.state import state_dir
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.report import Report

ROOT = Path(__file__).parents[5]


def report(**details: Any) -> Report:
    """A report of a run with one failure."""
    known: dict[str, Any] = {
        "run_id": "20261123T083000Z-2026ab",
        "status": "finished",
        "counts": {
            "total": 2026,
            "ok": 0,
            "changed": 2025,
            "failed": 1,
            "unreachable": 0,
            "skipped": 0,
        },
        "classes": {"auth_failed": 1},
        "failures": [
            {
                "host": "cisco-sw-1",
                "class": "auth_failed",
                "message": "cisco said no",
                "remedy": "x",
            }
        ],
        "failed_hosts": ["cisco-sw-1"],
    }
    return Report(**{**known, **details})


def test_the_result_is_what_awx_keeps() -> None:
    """Counts and run under the job's own key, JSON all the way."""
    result = report_result(report(), "netops_backup_slice_2")
    assert result["changed"] is True
    assert result["failed"] is False
    assert result["ansible_stats"]["data"]["netops_backup_slice_2"]["counts"]["total"] == 2026
    assert result["ansible_stats"]["per_host"] is False
    assert json.loads(json.dumps(result)) == result


def test_a_run_that_was_ended_is_a_failed_task() -> None:
    """A device's failure is not."""
    ended = report(status="interrupted")
    assert report_result(ended, "x")["failed"] is True
    assert "interrupted" in summary(ended)
    assert report_result(report(), "x")["failed"] is False


def test_a_summary_is_a_sentence() -> None:
    """Statuses that did not occur are left out."""
    assert summary(report()) == "2026 devices: 2025 changed, 1 failed."
    nothing = dict.fromkeys(("total", "ok", "changed", "failed", "unreachable", "skipped"), 0)
    assert summary(report(counts=nothing)) == "0 devices: nothing done."


@pytest.mark.parametrize("password", ["cisco", "2026", "auth_failed", "1", "ok"])
def test_a_weak_password_spoils_no_result(password: str) -> None:
    """Names, ids and counts stay: the tasks that follow look the hosts up by them."""
    result = report_result(report(), "key")
    clean = scrubbed(result, {password})
    for name in set(result) - {"failures"}:
        assert clean[name] == result[name], name
    assert clean["failures"][0]["host"] == "cisco-sw-1"
    assert clean["failures"][0]["class"] == "auth_failed"


def test_no_device_s_secret_is_in_another_one_s_words() -> None:
    """Messages, results and warnings are searched for the secrets of all devices."""
    secret = "S3cr3tMarker"
    failure = {"host": "r1", "class": "internal", "message": f"saw {secret}", "remedy": "x"}
    result = report_result(report(failures=[failure], problems=[f"git says {secret}"]), "key")
    result["results"] = {"r2": {"show": [f"x {secret} y"]}}
    assert secret not in json.dumps(scrubbed(result, {secret, "other"}))


class Screen:
    """What a person would see."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def display(self, text: str) -> None:
        """Show it."""
        self.lines.append(text)


def shown(classes: dict[str, list[str]]) -> list[str]:
    """What is shown of these devices, by their error class."""
    failures = [
        {"host": host, "class": name, "message": "silent", "remedy": "wait"}
        for name, hosts in classes.items()
        for host in hosts
    ]
    screen = Screen()
    counts = {name: len(hosts) for name, hosts in classes.items()}
    show_failures(report(failures=failures, classes=counts), screen)  # type: ignore[arg-type]
    return screen.lines


def test_failures_of_different_kinds_are_shown_one_by_one() -> None:
    """Each with its remedy."""
    assert shown({"timeout": ["r1"], "auth_failed": ["r2"]}) == [
        "  r1: timeout: silent",
        "    -> wait",
        "  r2: auth_failed: silent",
        "    -> wait",
    ]


def test_a_few_failures_of_one_kind_share_its_remedy() -> None:
    """Below them, in the table of classes."""
    lines = shown({"timeout": [f"r{n}" for n in range(20)]})
    assert lines[:20] == [f"  r{n}: timeout: silent" for n in range(20)]
    assert lines[21].split(None, 2) == ["timeout", "20", "r0, r1, r2"]
    assert "\n".join(lines).count("->") == 1
    assert f"-> {ErrorClass.TIMEOUT.verdict.remedy}" in lines[-1]


def test_many_failures_are_shown_by_class() -> None:
    """The class with the most devices first, each with its remedy, also one without an example."""
    classes = {"auth_failed": 2, "timeout": 9_000, "session_limit": 40}
    failures = [
        {"host": f"r{n}", "class": name, "message": "", "remedy": ""}
        for name in ("timeout", "auth_failed")
        for n in range(5)
    ]
    screen = Screen()
    show_failures(report(failures=failures, classes=classes), screen)  # type: ignore[arg-type]
    text = "\n".join(screen.lines)
    rows = [line.split(None, 2) for line in screen.lines if line[2:].startswith(tuple(classes))]
    assert rows == [
        ["timeout", "9000", "r0, r1, r2"],
        ["session_limit", "40"],
        ["auth_failed", "2", "r0, r1, r2"],
    ]
    assert all(f"-> {ErrorClass(name).verdict.remedy}" in text for name in classes)
    assert len(text) < 2_000


ARGS = {name: option["default"] for name, option in FLEET_SPEC.items() if "default" in option}


@pytest.mark.parametrize(
    ("name", "value"), [("workers", 0), ("workers", -1), ("attempts", 0), ("deadline", 0.0)]
)
def test_a_senseless_option_is_named(name: str, value: float) -> None:
    """With its value, before any device is contacted."""
    with pytest.raises(ValueError, match=f"{name} is {value}"):
        fleet_options({**ARGS, name: value}, check=False)


def test_check_mode_learns_no_host_keys(tmp_path: Path) -> None:
    """It keeps nothing."""
    args = {**ARGS, "state_dir": str(tmp_path)}
    assert fleet_options(args, check=False).learn_host_keys
    assert not fleet_options(args, check=True).learn_host_keys
    assert fleet_options(args, check=True).known_hosts == tmp_path / "known_hosts"


def test_the_state_lies_where_xdg_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An option goes before it; an empty one, as AWX hands it on, does not."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_dir({}) == state_dir({"state_dir": ""}) == tmp_path / "prime.netops"
    assert state_dir({"state_dir": "/srv/x"}) == Path("/srv/x")
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_dir({}) == tmp_path / ".local/state/prime.netops"


def test_a_run_knows_who_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWX's job variables as far as there are any, the machine and the user always."""
    monkeypatch.setenv("LOGNAME", "operator")
    variables = {"awx_job_id": 42, "awx_user_name": "ann", "awx_schedule_name": "", "other": "x"}
    assert provenance(variables) == {
        "awx_job_id": "42",
        "awx_user_name": "ann",
        "controller": socket.gethostname(),
        "user": "operator",
    }
    assert set(provenance({})) == {"controller", "user"}


def test_a_user_without_a_name_is_unknown() -> None:
    """As in a container that runs under any number."""
    program = (
        "import os; [os.environ.pop(n, 0) for n in ('LOGNAME', 'USER', 'LNAME', 'USERNAME')]\n"
        "os.getuid = lambda: 987654321\n"
        "from ansible_collections.prime.netops.plugins.plugin_utils.bridge.provenance import *\n"
        "print(provenance({})['user'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "unknown", done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_run_and_nothing_else(number: signal.Signals) -> None:
    """The event is set, and afterwards the handlers are what they were."""
    before = signal.getsignal(number)
    with stop_on_signal() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(60)
    assert signal.getsignal(number) is before


def test_signals_may_come_at_any_moment() -> None:
    """In the middle of setting the event too, and in the middle of the answer to another signal."""
    program = """
        import os, signal, threading
        from ansible_collections.prime.netops.plugins.plugin_utils.bridge.signals import (
            stop_on_signal,
        )

        def bombard():
            for _ in range(20_000):
                os.kill(os.getpid(), signal.SIGTERM)
                os.kill(os.getpid(), signal.SIGINT)

        with stop_on_signal() as stop:
            bomber = threading.Thread(target=bombard)
            bomber.start()
            while bomber.is_alive():
                stop.set()
            print(stop.is_set())
    """
    command = [sys.executable, "-c", textwrap.dedent(program)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "True", done.stderr


def test_a_forked_process_that_is_ended_stops_nobody_else() -> None:
    """It has inherited handlers and all."""
    with stop_on_signal() as stop:
        if (child := os.fork()) == 0:
            os.kill(os.getpid(), signal.SIGTERM)
            os._exit(0)
        os.waitpid(child, 0)
        assert not stop.wait(0.2)


WITHOUT_A_FLEET = {"benchmark_report", "rule_test"}
"""Actions that read files and need neither library."""
ACTIONS = sorted({path.stem for path in (ROOT / "plugins/action").glob("*.py")} - WITHOUT_A_FLEET)


@pytest.mark.parametrize("name", ACTIONS)
@pytest.mark.parametrize("missing", ["nornir", "sqlalchemy"])
def test_a_missing_library_is_named_with_the_remedy(
    tmp_path: Path, name: str, missing: str
) -> None:
    """Through ansible-playbook, with Python made to believe that it is not installed."""
    (tmp_path / "sitecustomize.py").write_text(
        textwrap.dedent(
            f"""
            import sys
            class Missing:
                def find_spec(self, name, path=None, target=None):
                    if name == {missing!r}:
                        raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
            sys.meta_path.insert(0, Missing())
            """
        )
    )
    arguments = {
        "nornir_task": {"task": "a.b"},
        "device_command": {"commands": ["show version"]},
        "host_outcome": {"run_id": "x"},
    }
    task = {f"prime.netops.{name}": arguments.get(name, {}), "run_once": True}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [task]}]
    (tmp_path / "play.yml").write_text(json.dumps(play))
    environment = {"PYTHONPATH": os.pathsep.join(filter(None, (str(tmp_path), PYTHONPATH)))}
    done = ansible_playbook(tmp_path, "-i", "localhost,", "-c", "local", **environment)
    if name == "host_outcome" and missing == "nornir":
        assert "Traceback" not in done.stdout  # it needs the store only
        return
    assert done.returncode == 2
    said = " ".join(done.stdout.split())
    assert f"({missing})" in said
    assert "pip install -r meta/ee-requirements.txt" in said
    assert "Traceback" not in said


PYTHONPATH = os.environ.get("PYTHONPATH", "")


def ansible_playbook(
    place: Path, *words: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run play.yml in this directory."""
    return subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "play.yml", *words],
        cwd=place,
        env={
            **os.environ,
            "ANSIBLE_NOCOLOR": "1",
            "XDG_STATE_HOME": str(place / "state"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            **environment,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


TELL = """
def tell(task):
    device = task.host.device
    return [device.username, device.port, (device.password or "none")[::-1],
            (device.enable_password or "none")[::-1]]
"""
"""A task that tells what it was given; passwords backwards, or they would not be shown."""

INVENTORY = """
all:
  vars: {ansible_network_os: ios}
  hosts:
    r1: {ansible_password: first-own, ansible_become_password: first-enable, ansible_user: one}
    r2: {ansible_user: two}
    r3:
"""


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., dict[str, list[Any]]]:
    """What each device of a play was given, through ansible-playbook."""

    def tell(*words: str, inventory: str = INVENTORY, **keywords: Any) -> dict[str, list[Any]]:
        (tmp_path / "inventory.yml").write_text(inventory)
        (tmp_path / "tell.py").write_text(TELL)
        task = {
            "prime.netops.nornir_task": {"task": "tell.tell"},
            "run_once": True,
            "register": "told",
            "vars": {"ansible_connection": "local"},
        }
        show = {
            "ansible.builtin.copy": {
                "content": "{{ told.results | to_json }}",
                "dest": str(tmp_path / "told.json"),
            },
            "run_once": True,
            "delegate_to": "localhost",
            "vars": {
                "ansible_connection": "local",
                "ansible_python_interpreter": sys.executable,
            },
        }
        play = {"hosts": "all", "gather_facts": False, "tasks": [task, show], **keywords}
        (tmp_path / "play.yml").write_text(json.dumps([play]))
        done = ansible_playbook(tmp_path, "-i", "inventory.yml", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        answers: dict[str, list[Any]] = json.loads((tmp_path / "told.json").read_text())
        return answers

    return tell


def test_no_device_is_shown_another_one_s_password(told: Callable[..., Any]) -> None:
    """Ansible itself puts the first host's passwords into the task's connection."""
    answers = told()
    assert answers["r1"] == ["one", 22, "nwo-tsrif", "elbane-tsrif"]
    assert answers["r2"] == ["two", 22, "enon", "enon"]
    assert answers["r3"][2:] == ["enon", "enon"]


def test_the_play_s_own_user_and_port_are_heeded(told: Callable[..., Any]) -> None:
    """The keywords go before the command line, a host's variables before both."""
    answers = told("-u", "typed", remote_user="play", port=2200)
    assert [answers[name][:2] for name in ("r1", "r2", "r3")] == [
        ["one", 2200],
        ["two", 2200],
        ["play", 2200],
    ]
    assert told("-u", "typed")["r3"][:2] == ["typed", 22]


def test_passwords_that_were_asked_for_reach_every_device(
    told: Callable[..., Any], tmp_path: Path
) -> None:
    """From a file here, as nobody sits at the terminal."""
    (tmp_path / "asked").write_text("typed-in\n")
    (tmp_path / "asked-too").write_text("typed-enable\n")
    answers = told(
        "--connection-password-file",
        "asked",
        "--become-password-file",
        "asked-too",
        inventory="all: {hosts: {r1: {}, r2: {ansible_password: p}}, vars: {netops_platform: frr}}",
    )
    assert answers["r1"][2:] == ["ni-depyt", "elbane-depyt"]
    assert answers["r2"][2:] == ["p", "elbane-depyt"]
