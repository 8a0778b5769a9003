"""Backing up simulated cisco_ios devices that take 50 ms a command and print 36 to 60 KB each."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.store import Store

from tests.benchmarks.frame import (
    BIN,
    COLLECTIONS,
    ROOT,
    SITE_PACKAGES,
    Bench,
    BenchmarkError,
    Case,
    Options,
    Outcome,
    bench_environment,
    collections,
    run_unmeasured,
    versions,
)
from tests.lab.fleet import Lab, fleet
from tests.lab.fleet.configs import make_config
from tests.lab.fleet.inventory import write_inventory

LATENCY = 0.05
NETWORK_CLI_DEVICES = 50
"""At about one device a second, more would take longer and show the same."""
NETWORK_CLI_FORKS = 50

_MOVING = re.compile(r"! (?:Last configuration change|NVRAM config) |ntp clock-period ")
_LIBRARIES = ("ansible-core", "nornir", "nornir-netmiko", "netmiko", "paramiko", "cryptography")
_REPORTS = re.compile(r"^\S+ +: ok=", re.MULTILINE)
CALLBACKS = {
    "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log,prime.netops.alert,prime.netops.benchmark",
    "NETOPS_ALERT_URLS": "json://127.0.0.1:9/",  # nobody is there, and there is nothing to tell
}
ALL_REPORT_UP_TO = 500
"""Devices, with `backup_host_outcome: auto`."""


@dataclass(frozen=True, slots=True)
class Estate:
    """The simulated devices and what they print: name -> text."""

    lab: Lab
    work: Path
    served: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        """All devices."""
        return list(self.served)

    def verify(self, texts: Mapping[str, str]) -> None:
        """Raise BenchmarkError unless each text is what its device printed."""
        wrong = [n for n, text in texts.items() if fingerprint(text) != fingerprint(self.served[n])]
        if wrong:
            raise BenchmarkError(f"other texts than the devices served: {', '.join(wrong[:5])}")

    def environment(self, programs: Path, **more: str | Path) -> dict[str, str]:
        """The environment of every contestant: nothing of the developer's own."""
        home = self.work / "home"
        home.mkdir(exist_ok=True)
        path = f"{programs}:/usr/bin:/bin"
        given = {name: str(value) for name, value in more.items()}
        return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", **given}


@contextmanager
def backup(options: Options, work: Path) -> Iterator[Bench]:
    """The benchmark; all that it starts ends with it."""
    with fleet(options.devices, state=work / "lab", profile="bench", latency=LATENCY) as lab:
        served = {d.name: make_config(d).render().decode() for d in lab.plan.devices}
        estate = Estate(lab, work, served)
        rival = nornir(estate)
        shipped = [ours(estate, "auto"), ours(estate, "all"), ours(estate, "none")]
        cases = [*shipped, ours_with_callbacks(estate), rival]
        used = versions(_LIBRARIES, SITE_PACKAGES)
        if not options.only or "network_cli" in options.only:
            bench = bench_environment()
            cases.append(network_cli(estate, bench))
            used |= _versions_of_network_cli(bench)
        cases.append(ours_again(estate))
        # All devices once, so that neither the simulator nor a disk is new to what comes first.
        warm_up = partial(run_unmeasured, rival)
        yield Bench(cases, used, servers={"simulator": lab.pid}, warm_up=warm_up)


def ours(estate: Estate, outcome: str, variant: str = "") -> Case:
    """The playbook as shipped, its state made anew in every round: each device is a new one."""
    state = estate.work / f"state-{outcome}{variant}"
    return _playbook(estate, outcome, state, partial(_put_aside, state))


def _put_aside(state: Path) -> None:
    """Make room without deleting: ext4 passes by the places of files that were deleted just now,
    one by one, for every new file. That took half a second of the run that came next.
    """
    if state.exists():
        state.rename(state.with_name(f"{state.name}-{time.monotonic_ns()}"))


def ours_with_callbacks(estate: Estate) -> Case:
    """The playbook as shipped with all callbacks on; its log has to have every device."""
    case = ours(estate, "auto", "-callbacks")
    log = Path(case.environment["XDG_STATE_HOME"]) / "prime.netops" / "log.jsonl"

    def check(output: str) -> Outcome:
        told = [json.loads(line) for line in log.read_text().splitlines()]
        done = {line["device"] for line in told if line["event"] == "device_succeeded"}
        if done != set(estate.names):
            raise BenchmarkError(
                f"{len(done)} devices in the log, {len(estate.names)} in the fleet"
            )
        return case.check(output)

    return replace(
        case, who="ours:callbacks", environment={**case.environment, **CALLBACKS}, check=check
    )


def ours_again(estate: Estate) -> Case:
    """The playbook on a fleet that was backed up before and has not changed."""
    case = _playbook(estate, "auto", estate.work / "state-again", lambda: None, "ok")

    def prepare() -> None:
        if not (estate.work / "state-again").exists():
            run_unmeasured(case)

    return replace(case, case="backup_unchanged", prepare=prepare)


def _playbook(
    estate: Estate,
    outcome: str,
    state: Path,
    prepare: Callable[[], None],
    status: str = "changed",
) -> Case:
    """`status` is what becomes of every device."""
    devices = len(estate.names)
    all_report = outcome == "all" or (outcome == "auto" and devices <= ALL_REPORT_UP_TO)

    def check(output: str) -> Outcome:
        reports = len(_REPORTS.findall(output))
        if reports != (devices if all_report else 1):
            raise BenchmarkError(f"{reports} hosts in the recap")
        with Store.open(None, state / "prime.netops") as store:
            good = store.last_good()
            estate.verify({name: store.text(copy.config_sha256) for name, copy in good.items()})
            counts = store.runs(limit=1)[0].counts
        return Outcome(counts[status], len(good) - counts[status])

    playbook, inventory = ROOT / "playbooks/backup.yml", estate.lab.inventory
    command: list[str | Path] = [BIN / "ansible-playbook", playbook, "-i", inventory]
    if outcome != "auto":
        command += ["-e", f"backup_host_outcome={outcome}"]
    return Case(
        case="backup",
        who="ours" if outcome == "auto" else f"ours:{outcome}",
        n=devices,
        command=command,
        environment=estate.environment(
            BIN, XDG_STATE_HOME=state, ANSIBLE_COLLECTIONS_PATH=COLLECTIONS
        ),
        directory=estate.work,
        prepare=prepare,
        check=check,
    )


def nornir(estate: Estate, keep: Path | None = None) -> Case:
    """The plain script, which keeps the texts only when it is told where."""
    inventory = estate.work / "nornir"
    inventory.mkdir()
    plan = estate.lab.plan
    hosts = {device.name: {"hostname": device.address} for device in plan.devices}
    login = {"username": plan.user, "password": plan.password, "port": plan.port}
    # JSON is YAML
    (inventory / "hosts.yaml").write_text(json.dumps(hosts))
    (inventory / "defaults.yaml").write_text(json.dumps({**login, "platform": "cisco_ios"}))

    def check(output: str) -> Outcome:
        told = json.loads(output.splitlines()[-1])
        expected = sum(len(text.replace("\r", "")) for text in estate.served.values())
        if abs(told["characters"] / expected - 1) > 0.01:
            raise BenchmarkError(f"{told['characters']} characters instead of {expected}")
        return Outcome(told["ok"], told["failed"])

    script = Path(__file__).with_name("nornir_plain.py")
    return Case(
        case="backup",
        who="nornir",
        n=len(estate.names),
        command=[sys.executable, script, inventory, *([keep] if keep else [])],
        environment=estate.environment(BIN),
        directory=estate.work,
        prepare=lambda: None,
        check=check,
    )


def network_cli(estate: Estate, bench: Path) -> Case:
    """cisco.ios.ios_config on some of the devices, from an environment of its own."""
    work = estate.work / "network_cli"
    work.mkdir()
    texts = work / "texts"
    some = estate.lab.plan.devices[:NETWORK_CLI_DEVICES]
    write_inventory(replace(estate.lab.plan, devices=some), work / "inventory.yml", {})
    (work / "backup.yml").write_text(json.dumps([_network_cli_play(texts)]))

    def check(output: str) -> Outcome:
        found = {path.stem: path.read_text() for path in texts.glob("*.cfg")}
        estate.verify(found)
        return Outcome(len(found), len(some) - len(found))

    def prepare() -> None:
        """Its forks all make the directory where it is missing, and sometimes one of them fails."""
        shutil.rmtree(texts, ignore_errors=True)
        texts.mkdir()

    return Case(
        case="backup",
        who="network_cli",
        n=len(some),
        command=[bench / "bin/ansible-playbook", work / "backup.yml", "-i", work / "inventory.yml"],
        environment=estate.environment(
            bench / "bin",
            ANSIBLE_FORKS=str(NETWORK_CLI_FORKS),
            ANSIBLE_HOST_KEY_CHECKING="False",
            # 50 forks on few cores may take longer to connect than the default of 30 s
            ANSIBLE_PERSISTENT_CONNECT_TIMEOUT="300",
            ANSIBLE_PERSISTENT_COMMAND_TIMEOUT="300",
        ),
        directory=work,
        prepare=prepare,
        check=check,
    )


def _network_cli_play(texts: Path) -> dict[str, object]:
    options = {"dir_path": str(texts), "filename": "{{ inventory_hostname }}.cfg"}
    task = {
        "name": "Back up the configuration",
        "cisco.ios.ios_config": {"backup": True, "backup_options": options},
    }
    return {
        "name": "Back up the fleet",
        "hosts": "all",
        "gather_facts": False,
        "connection": "ansible.netcommon.network_cli",
        "tasks": [task],
    }


def fingerprint(text: str) -> str:
    """The hash of a configuration's lines, but for those that differ at every show."""
    lines = (line.rstrip() for line in text.strip().splitlines())
    kept = "\n".join(line for line in lines if not _MOVING.match(line))
    return hashlib.sha256(kept.encode()).hexdigest()


def _versions_of_network_cli(bench: Path) -> dict[str, str]:
    site_packages = next(bench.glob("lib/python3.*/site-packages"))
    found = versions(("ansible", "ansible-pylibssh"), site_packages)
    return found | dict(collections(site_packages, ("cisco.ios", "ansible.netcommon")))
