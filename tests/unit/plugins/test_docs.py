# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation of the plugins says what they do, and its examples work as they stand."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.action import FleetAction
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.benchmark_report import (
    BenchmarkReport,
)
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.config_apply import ConfigApply
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.config_backup import ConfigBackup
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.config_compliance import (
    ConfigCompliance,
)
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.host_outcome import HostOutcome
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.nornir_task import (
    DeviceCommand,
    NornirTask,
)
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.rule_test import RuleTest
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.run_info import RunInfo
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.settings import VARIABLES

from tests.unit.plugins.plugin_utils.fleet.servers import PASSWORD, USER, Loop, SshServer

ROOT = Path(__file__).parents[3]
PLUGINS = ROOT / "plugins"
MODULES = sorted(path.stem for path in (PLUGINS / "modules").glob("*.py"))
ACTIONS = {
    "benchmark_report": BenchmarkReport,
    "config_apply": ConfigApply,
    "config_backup": ConfigBackup,
    "config_compliance": ConfigCompliance,
    "device_command": DeviceCommand,
    "host_outcome": HostOutcome,
    "nornir_task": NornirTask,
    "rule_test": RuleTest,
    "run_info": RunInfo,
}


def ansible(program: str, *words: str, place: Path = ROOT, **environment: str) -> str:
    """What a program of Ansible prints; it must succeed."""
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *words],
        cwd=place,
        env={**os.environ, "ANSIBLE_NOCOLOR": "1", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def documented(kind: str, *names: str) -> dict[str, Any]:
    """What ansible-doc knows, the fragments put in."""
    docs: dict[str, Any] = json.loads(ansible("ansible-doc", "--json", "--type", kind, *names))
    return docs


def document(name: str) -> dict[str, Any]:
    """The documentation of a module."""
    docs: dict[str, Any] = documented("module", *(f"prime.netops.{one}" for one in MODULES))
    return dict(docs[f"prime.netops.{name}"])


def specification(name: str) -> dict[str, dict[str, Any]]:
    """The options that the action takes."""
    spec: dict[str, dict[str, Any]] = ACTIONS[name].SPEC
    return spec


@pytest.mark.parametrize("name", MODULES)
def test_the_options_are_those_of_the_action(name: str) -> None:
    """Each with its type, its default, and whether it must be there."""
    facts = ("type", "elements", "required", "default", "choices")
    missing = {"type": "str", "required": False}
    told = {
        option: {fact: entry.get(fact, missing.get(fact)) for fact in facts}
        for option, entry in document(name)["doc"]["options"].items()
    }
    taken = {
        option: {fact: entry.get(fact, missing.get(fact)) for fact in facts}
        for option, entry in specification(name).items()
    }
    assert told == taken


@pytest.mark.parametrize("name", [name for name in MODULES if name != "benchmark_report"])
def test_secrets_among_the_options_are_kept_from_the_log(name: str) -> None:
    """A database's URL holds a password."""
    for option in ("store_url", "store_key"):
        if option in specification(name) or name != "rule_test":  # which opens no store
            assert specification(name)[option]["no_log"] is True


@pytest.mark.parametrize("name", MODULES)
def test_every_module_is_documented_in_full(name: str) -> None:
    """Description, options in sentences, results, and how it behaves in check mode."""
    page = document(name)
    assert page["doc"]["short_description"]
    assert page["return"]
    assert {"check_mode", "diff_mode"} <= set(page["doc"]["attributes"])
    for option, entry in page["doc"]["options"].items():
        texts = entry["description"]
        assert "".join(texts).strip().endswith("."), option


@pytest.mark.parametrize("name", MODULES)
def test_the_result_has_what_is_promised(name: str) -> None:
    """What is always returned is returned by the code, as far as it names its keys."""
    sources = {inspect.getfile(ACTIONS[name])}
    if issubclass(ACTIONS[name], FleetAction):
        sources.add(inspect.getfile(FleetAction))
    code = "".join(Path(source).read_text(encoding="utf-8") for source in sources)
    for key in document(name)["return"]:
        assert f'"{key}"' in code, key


def test_every_other_plugin_and_role_is_documented() -> None:
    """`ansible-doc` finds what a newcomer would ask for."""
    kinds = {"callback", "filter", "inventory", "lookup", "test"}
    for kind in sorted(kinds & {path.name for path in PLUGINS.iterdir()}):
        for path in sorted((PLUGINS / kind).glob("*.py")):
            name = f"prime.netops.{path.stem}"
            assert documented(kind, name)[name]["doc"]["description"], name
    for role in sorted((ROOT / "roles").iterdir()):
        name = f"prime.netops.{role.name}"
        assert any(
            point["options"] for point in documented("role", name)[name]["entry_points"].values()
        ), name


OF_ANSIBLE = {"cache", "cache_connection", "cache_plugin", "cache_prefix", "cache_timeout"}
"""Options in Ansible's own words, which had no full stop in 2.16."""


def test_every_option_and_variable_of_the_inventory_is_explained() -> None:
    """In sentences, and each variable in the table of its page."""
    options = documented("inventory", "prime.netops.netbox")["prime.netops.netbox"]["doc"][
        "options"
    ]
    for option, entry in options.items():
        if option not in OF_ANSIBLE:
            assert "".join(entry["description"]).strip().endswith("."), option
    assert sorted(options["variables"]["choices"]) == list(VARIABLES)
    rows = (ROOT / "docs/netbox.md").read_text(encoding="utf-8")
    told = {
        word
        for row in re.findall(r"^\| (`[^|]+) \| `netbox_", rows, re.MULTILINE)
        for word in re.findall(r"`(\w+)`", row)
    }
    assert told == set(VARIABLES)


@pytest.fixture(scope="module")
def router() -> Iterator[SshServer]:
    """A router that answers what the examples ask."""
    loop = Loop()
    ports = "".join(f"interface Gi0/{n}\r\n switchport\r\n!\r\n" for n in range(48))
    head = "Building configuration...\r\n\r\nCurrent configuration : 2000 bytes\r\n!\r\n"
    outputs = {
        "show running-config": f"{head}version 15.2\r\n!\r\nhostname r1\r\n!\r\n{ports}end",
        "show version": "Cisco IOS Software, Version 15.2(4)M1",
        "show clock": "12:00:00.000 UTC Mon Nov 23 2026",
    }
    server = SshServer(loop, asyncssh.generate_private_key("ssh-ed25519"), outputs=outputs)
    yield server
    server.close()
    loop.close()


OWN_RULES = {
    "rules/OWN-001.yml": """
id: OWN-001
title: Nobody logs in by Telnet
rationale: It sends passwords in clear.
severity: high
profiles: [cis]
checks:
  - platforms: [cisco_ios]
    check: {forbid: transport input telnet}
  - platforms: [arista_eos]
    not_applicable: a matter of another rule
""",
    "fixtures/OWN-001.yml": """
rule: OWN-001
cases:
  - {platforms: [cisco_ios], expect: pass, config: '', mutate: [{add: transport input telnet}]}
  - {platforms: [cisco_ios], expect: fail, config: transport input telnet}
  - {platforms: [arista_eos], expect: not_applicable, config: ''}
""",
    "golden/r1.j2": "hostname {{ inventory_hostname }}\n",
    "waivers.yml": """
waivers:
  - id: W-1
    rules: [OWN-001]
    devices: [r9]
    justification: It goes in the spring.
    owner: noc@example.net
    expires: 2027-03-31
""",
}
"""What the examples say the user has, below compliance/."""


def playbook(place: Path, name: str, router: SshServer) -> tuple[str, ...]:
    """A play of the module's examples exactly as they are written, and the words to run it."""
    examples = document(name)["examples"]
    head = f"- name: Examples\n  hosts: all\n  gather_facts: false\n  tasks:\n{'':4}"
    for file, text in OWN_RULES.items():
        path = place / "compliance" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (place / "play.yml").write_text(head + textwrap.indent(examples, "    ").strip() + "\n")
    host = {
        "ansible_host": router.address,
        "ansible_port": router.port,
        "ansible_user": USER,
        "ansible_password": PASSWORD,
        "ansible_network_os": "cisco.ios.ios",
        "netops_store_url": f"sqlite:///{place}/other.db",
    }
    (place / "inventory.yml").write_text(json.dumps({"all": {"hosts": {"r1": host}}}))
    return "play.yml", "-i", "inventory.yml"


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_are_well_formed(name: str, tmp_path: Path, router: SshServer) -> None:
    """And every task of a fleet module among them has what it needs to reach all hosts."""
    ansible("ansible-playbook", "--syntax-check", *playbook(tmp_path, name, router), place=tmp_path)
    examples = document(name)["examples"]
    for task in re.split(r"^- ", examples, flags=re.MULTILINE)[1:]:
        assert "ansible_connection: local" in task
        assert "run_once: true" in task or "host_outcome" in task


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_run_in_check_mode(name: str, tmp_path: Path, router: SshServer) -> None:
    """On a router, as they stand; nothing is kept."""
    words = playbook(tmp_path, name, router)
    before = set(tmp_path.iterdir())
    output = ansible(
        "ansible-playbook",
        "--check",
        *words,
        place=tmp_path,
        XDG_STATE_HOME=str(tmp_path / "state"),
    )
    assert re.search(r"r1 +: ok=\d+ .*unreachable=0 +failed=0", output), output
    assert PASSWORD not in output
    assert set(tmp_path.iterdir()) == before
