"""A NetBox for a person: `make netbox`, `make netbox-down`."""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.netbox.install import ROOT
from tests.lab.netbox.instance import NetBoxError
from tests.lab.netbox.seed.estate import DEVICES
from tests.lab.netbox.server import netbox

STOP_SECONDS = 30.0
EXAMPLE = """\
# Made by `make netbox`. The token may read everything and write nothing.
plugin: prime.netops.netbox
api_endpoint: {url}
token: {token}
"""
TOLD = """
NetBox     {url}/api/   (a REST and GraphQL API with {machines} machines; no web pages)
Inventory  {inventory}

Try:  .venv/bin/ansible-inventory -i {inventory} --graph
      curl -H 'Authorization: Bearer {token}' {url}/api/dcim/devices/?limit=1
End:  make netbox-down"""


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the exit code is 1 with the reason on standard error when it fails."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.netbox", description=__doc__)
    parser.add_argument("command", choices=["up", "down", "run"])
    parser.add_argument("--state", type=Path, required=True, help="where the example is written")
    parser.add_argument("--devices", type=int, default=DEVICES, help="200 (default), or 10000, say")
    options = parser.parse_args(arguments)
    command = {"up": up, "down": down, "run": run}[options.command]
    try:
        command(options.state.resolve(), options.devices)
    except NetBoxError as error:
        print(f"netbox: {error}", file=sys.stderr)
        return 1
    return 0


def up(state: Path, devices: int) -> None:
    """Start a NetBox in the background, or find it running, and say how to reach it."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _locked(state):
        if _running(state) is None:
            _spawn(state, devices)
    print((state / "told").read_text())


def down(state: Path, _devices: int = 0) -> None:
    """End the NetBox of a state directory."""
    pid = _running(state)
    if pid is None:
        print("no NetBox was running")
        return
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while _running(state) is not None:
        if time.monotonic() > deadline:
            raise NetBoxError(f"process {pid} does not end; kill -9 {pid}")
        time.sleep(0.05)
    print("stopped")


def run(state: Path, devices: int) -> None:
    """Serve until a signal comes; a line on standard output when it answers."""
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(0))
    ready = state / "ready.json"
    try:
        with netbox(devices, lambda line: print(line, file=sys.stderr, flush=True)) as lab:
            token = lab.tokens["reader"].text
            inventory = state / "netbox.yml"
            _write(inventory, EXAMPLE.format(url=lab.url, token=token))
            told = {"url": lab.url, "token": token, "machines": len(lab.machines)}
            _write(state / "told", TOLD.format(**told, inventory=inventory))
            _write(ready, json.dumps({"pid": os.getpid()}))
            print("ready", flush=True)
            signal.pause()
    finally:
        ready.unlink(missing_ok=True)


def _spawn(state: Path, devices: int) -> None:
    """Start the server, show what it says while it takes its time, and wait until it answers."""
    words = [sys.executable, "-m", "tests.lab.netbox", "run", "--state", state]
    with (state / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*words, "--devices", str(devices)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            start_new_session=True,
        )
    print("NetBox starts; the first time ever it takes some minutes.", flush=True)
    assert process.stdout is not None
    with process.stdout as output:
        if not output.readline():
            process.wait(STOP_SECONDS)
            log_text = (state / "server.log").read_text(errors="replace").strip()
            raise NetBoxError(f"it did not start:\n{log_text}")


def _running(state: Path) -> int | None:
    """The process that serves this directory."""
    try:
        pid = int(json.loads((state / "ready.json").read_text())["pid"])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return None
    return pid if str(state).encode() in command else None


def _write(path: Path, text: str) -> None:
    """Write a file that holds a token."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


@contextmanager
def _locked(state: Path) -> Iterator[None]:
    with (state / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
