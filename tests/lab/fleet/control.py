"""Start, steer, watch and stop a fleet that runs in a process of its own.

A lab is its state directory:

| file | what |
|---|---|
| `plan.json` | the request and the devices made for it; passwords, so 0600 |
| `host.seed` | what all host keys derive from; restarts keep it |
| `inventory.yml` | the Ansible inventory |
| `overrides.json` | what has been changed since, by device; read again while the lab runs |
| `counters.json` | what the devices have seen; written anew after each change of the overrides |
| `ready.json` | the server's process; there only while it serves |
| `server.log` | the server's complaints |
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .faults import OVERRIDES, Fault
from .inventory import write_inventory
from .plan import Plan, Request, make_plan

_ROOT = Path(__file__).resolve().parents[3]
_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


class LabError(RuntimeError):
    """The lab could not be started, steered or stopped; the message says why and what to do."""


@dataclass(frozen=True)
class Lab:
    """A lab that runs."""

    state: Path
    plan: Plan

    @property
    def inventory(self) -> Path:
        """The Ansible inventory file."""
        return self.state / "inventory.yml"

    @property
    def pid(self) -> int:
        """The server's process."""
        return int(json.loads((self.state / "ready.json").read_text())["pid"])

    def override(self, device: str, **changes: Any) -> None:
        """Change a device while it runs, and wait until it is so: `fault` (name, or name:times;
        None for a well device), `revision`, `latency`, `auth`, `password`, `cut`."""
        self.override_many({device: changes})

    def override_many(self, changes: Mapping[str, Mapping[str, Any]]) -> None:
        """`override` for several devices at one moment: a site that goes dark, say."""
        for device, change in changes.items():
            self.plan.device(device)
            Fault.parse(change.get("fault"))
            unknown = set(change) - OVERRIDES
            if unknown:
                raise LabError(
                    f"{device}: no override {', '.join(sorted(unknown))}; "
                    f"there are: {', '.join(sorted(OVERRIDES))}"
                )
        self._exchange(changes)

    def restore(self) -> None:
        """Take back all overrides."""
        self._exchange(None)

    def counters(self) -> dict[str, Any]:
        """What the devices have seen up to this moment: `devices` -> name -> connections, logins,
        failed (by user), open, max_open, commands, configs; and for all of them max_open, failed,
        cpu_seconds."""
        return self._exchange({})

    def _exchange(self, changes: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
        """Write a new generation of overrides; the counters that answer it are up to date."""
        with _locked(self.state):
            path = self.state / "overrides.json"
            known: dict[str, Any] = {"generation": 0, "devices": {}}
            if path.exists():
                known = json.loads(path.read_text())
            devices = {} if changes is None else known["devices"]
            for name, change in (changes or {}).items():
                devices[name] = {**devices.get(name, {}), **change}
            generation = known["generation"] + 1
            temporary = path.with_suffix(".new")
            temporary.write_text(json.dumps({"generation": generation, "devices": devices}))
            temporary.replace(path)
            return self._await_generation(generation)

    def _await_generation(self, generation: int) -> dict[str, Any]:
        deadline = time.monotonic() + _STOP_SECONDS
        while time.monotonic() < deadline:
            counters: dict[str, Any] = json.loads((self.state / "counters.json").read_text())
            if counters["generation"] == generation:
                return counters
            if not is_running(self.state):
                raise LabError(f"the lab of {self.state} has died:\n{_last_words(self.state)}")
            time.sleep(0.01)
        raise LabError(f"the lab of {self.state} did not answer within {_STOP_SECONDS:.0f} s")


@contextmanager
def fleet(devices: int = 3, *, state: Path | None = None, **request: Any) -> Iterator[Lab]:
    """Run a lab for a test: see `Request` for what can be asked. It ends with the block, and
    with this process should that be killed."""
    with tempfile.TemporaryDirectory(prefix="fleet-") as temporary:
        directory = state or Path(temporary)
        plan = prepare(Request(devices=devices, **request), directory)
        process = _spawn(directory, subprocess.PIPE)
        try:
            yield Lab(directory, plan)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            assert process.stdin is not None
            process.stdin.close()


def prepare(request: Request, state: Path) -> Plan:
    """Make the state directory ready to serve a request. A plan already there is kept if it was
    made for the same request, so that addresses stay."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = state / "plan.json"
    plan = _load(path)
    if plan is None or plan.request != request:
        plan = make_plan(request, state)
        plan.save(path)
        for stale in ("overrides.json", "counters.json"):
            (state / stale).unlink(missing_ok=True)
    write_inventory(plan, state / "inventory.yml", _variables(request, state))
    return plan


def up(request: Request, state: Path) -> Lab:
    """Start a lab in the background, or find it running already.

    Raises:
        LabError: it runs with another request, or does not start.
    """
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(state):
        if is_running(state):
            running = _load(state / "plan.json")
            if running is None or running.request != request:
                raise LabError(
                    f"another lab runs in {state}: stop it first, "
                    f"python -m tests.lab.fleet down --state {state}"
                )
            return Lab(state, running)
        plan = prepare(request, state)
        _spawn(state, subprocess.DEVNULL)
        return Lab(state, plan)


def down(state: Path) -> bool:
    """Stop the lab of a state directory; False when none runs."""
    if not is_running(state):
        return False
    pid = _pid(state)
    assert pid is not None
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _STOP_SECONDS
    while is_running(state):
        if time.monotonic() > deadline:
            raise LabError(f"process {pid} of the lab in {state} does not end; kill -9 {pid}")
        time.sleep(0.02)
    return True


def find(state: Path) -> Lab:
    """The lab that runs in a state directory; LabError when none does."""
    plan = _load(state / "plan.json")
    if plan is None or not is_running(state):
        raise LabError(
            f"no lab runs in {state}: start it with python -m tests.lab.fleet up --state {state}"
        )
    return Lab(state, plan)


def is_running(state: Path) -> bool:
    """Does the process that the state directory names serve this directory?"""
    pid = _pid(state)
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return str(state.resolve()).encode() in command


def _pid(state: Path) -> int | None:
    try:
        return int(json.loads((state / "ready.json").read_text())["pid"])
    except FileNotFoundError:
        return None


def _load(path: Path) -> Plan | None:
    try:
        return Plan.load(path)
    except (FileNotFoundError, TypeError, KeyError):
        return None  # none yet, or one of another version of this program


def _variables(request: Request, state: Path) -> dict[str, Any]:
    """Variables that make the embedded lab show its failures without failing the job."""
    if request.profile != "embedded":
        return {}
    return {
        "backup_fail_job": "threshold",
        "backup_max_fail_percentage": 10,
        "netops_state_dir": str(state.resolve() / "netops"),
    }


def _spawn(state: Path, stdin: int) -> subprocess.Popen[bytes]:
    """Start the server and wait until every device listens: it says so on its standard output."""
    command = [sys.executable, "-m", "tests.lab.fleet", "run", str(state.resolve())]
    if stdin == subprocess.PIPE:
        command.append("--until-eof")
    with (state / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=_ROOT,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    assert process.stdout is not None
    with process.stdout as output:
        if output.readline():
            return process
    process.wait(_STOP_SECONDS)
    raise LabError(f"the lab in {state} did not start:\n{_last_words(state)}")


def _last_words(state: Path) -> str:
    return "\n".join((state / "server.log").read_text(errors="replace").splitlines()[-12:])


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
