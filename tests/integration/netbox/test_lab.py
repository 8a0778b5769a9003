"""The lab's NetBox is what it says: its estate, its one start, its end."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from tests.integration.playbook import ROOT
from tests.integration.processes import await_end, descendants, kill
from tests.lab.netbox import NetBox
from tests.lab.netbox.install import made_once
from tests.lab.netbox.seed.estate import estate

UP = (sys.executable, "-m", "tests.lab.netbox")


def test_the_estate_is_as_bad_as_it_should_be() -> None:
    """Of 10,000 devices 3 % without an address, beside members of chassis; 2 % with an out-of-band
    one only; 1 % with IPv6 only; 500 virtual machines; no name twice."""
    machines = estate(10_000)
    devices = [machine for machine in machines if not machine.virtual]
    alone = [machine for machine in devices if not machine.chassis]
    bare = [machine for machine in alone if not machine.primary]
    assert len(devices) == 10_000
    assert len(machines) == 10_500
    assert sum(not machine.oob for machine in bare) == 300
    assert sum(bool(machine.oob) for machine in bare) == 200
    assert sum(bool(m.ipv6) and not m.ipv4 for m in devices) == 100
    assert sum(machine.platform is None for machine in devices) == 200
    names = [machine.name for machine in machines if machine.name]
    assert len(names) == len(set(names))
    assert len({machine.serial for machine in machines}) == len(machines)


def test_netbox_holds_the_estate(lab: NetBox) -> None:
    """What the seed wrote past NetBox's own checks is what its API gives."""
    version = lab.api.call("GET", "status/")["netbox-version"]
    assert version.startswith("4.7.")
    found = {device["serial"]: device for device in lab.api.get("dcim/devices")}
    for machine in lab.machines:
        if machine.virtual:
            continue
        device = found[machine.serial]
        assert device["name"] == machine.name
        assert device["site"]["slug"] == machine.site
        primary, oob = (device[word] for word in ("primary_ip", "oob_ip"))
        assert (primary and primary["address"].partition("/")[0]) == machine.primary
        assert (oob and oob["address"].partition("/")[0]) == machine.oob
        assert {tag["slug"] for tag in device["tags"]} == set(machine.tags)


def test_all_that_it_started_ends_with_it(tmp_path: Path) -> None:
    """Up once, up again finds it, down leaves no process; kill -9 of a lab leaves none either."""
    words = [*UP, "up", "--state", str(tmp_path)]
    first, second = (
        subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    )
    assert "netbox.yml" in first
    assert first.endswith(second)
    pids = descendants(_server(tmp_path))
    assert len(pids) > 5
    subprocess.run([*UP, "down", "--state", str(tmp_path)], cwd=ROOT, check=True)
    await_end(pids, 20)
    assert not (tmp_path / "ready.json").exists()

    subprocess.run(words, cwd=ROOT, capture_output=True, check=True)
    pids = descendants(_server(tmp_path))
    left = set().union(*map(_directories, pids))
    assert len(left) == 2
    kill([_server(tmp_path)])
    await_end(pids, 20)
    for directory in left:  # who is killed cannot tidy up
        shutil.rmtree(directory)


def _server(state: Path) -> int:
    """The process that everything else of a lab descends from."""
    return int(json.loads((state / "ready.json").read_text())["pid"])


def _directories(pid: int) -> set[str]:
    """The lab's temporary directories that a process was started with."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    return set(re.findall(rf"{tempfile.gettempdir()}/netops-\w+-\w+", words.decode()))


def test_what_takes_minutes_is_made_once(tmp_path: Path) -> None:
    """Who comes second waits and takes it; a half-made one is none, and is made again."""
    made: list[float] = []

    def make(path: Path) -> None:
        path.write_text("half")
        time.sleep(0.2)
        made.append(time.monotonic())
        path.write_text("whole")

    path = tmp_path / "deep" / "migrated.dump"
    threads = [threading.Thread(target=made_once, args=(path, make)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert path.read_text() == "whole"
    path.unlink()
    path.with_suffix(".new").write_text("half")
    assert made_once(path, make).read_text() == "whole"
