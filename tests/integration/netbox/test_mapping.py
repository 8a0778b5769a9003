"""What becomes of a machine: its name, its address, its platform, its groups."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.integration.netbox.expected import hosts
from tests.integration.netbox.source import Answer, Source
from tests.integration.playbook import Controller
from tests.lab.netbox import NetBox
from tests.lab.netbox.seed.estate import HOSTILE, KINDS, Machine, is_a

NETWORK_OS = {
    "cisco-ios": "cisco.ios.ios",
    "cisco-ios-xe": "cisco.ios.ios",
    "cisco-nx-os": "cisco.nxos.nxos",
    "arista-eos": "arista.eos.eos",
    "junos": "junipernetworks.junos.junos",
    "sr-os": "nokia.sros.classic",
    "fortios": "fortinet.fortios.fortios",
    "vyos": "vyos.vyos.vyos",
    "frr": "frr.frr.frr",
}
"""What each platform of the estate has to become."""
UNMAPPED = {"acme-os", "ubuntu-24-04"}


def without_address(lab: NetBox) -> set[str]:
    """The hosts that have neither a primary nor an out-of-band address."""
    return {n for n, machine in hosts(lab).items() if not (machine.primary or machine.oob)}


def unmapped(lab: NetBox) -> set[str]:
    """The hosts of which nothing tells the operating system."""
    return {name for name, machine in hosts(lab).items() if _os(machine) is None}


def _os(machine: Machine) -> str | None:
    """By the platform; without one by the device type, which runs nothing else."""
    by_model = {kind.model: kind.platform for kind in KINDS}
    return NETWORK_OS.get(machine.platform or by_model.get(machine.model, ""))


def test_a_host_without_an_address_stays(lab: NetBox, listed: Answer) -> None:
    """In a group of its own and with a reason, so that somebody can go and enter one."""
    assert listed.group("netbox_no_address") == without_address(lab)
    for name in without_address(lab):
        variables = listed.hosts[name]
        assert variables["netbox_no_address"]
        assert "ansible_host" not in variables


def test_a_host_without_an_address_is_dropped(lab: NetBox, source: Source) -> None:
    """When asked for, and a warning says how many."""
    answer = source.ask(no_address="drop")
    dropped = without_address(lab)
    assert answer.hosts.keys() == hosts(lab).keys() - dropped
    assert re.search(rf"\b{len(dropped)}\b", answer.told)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (["primary_ip4"], lambda m, _n: m.ipv4),
        (["primary_ip6"], lambda m, _n: m.ipv6),
        (["primary_ip6", "primary_ip4"], lambda m, _n: m.ipv6 or m.ipv4),
        (["oob_ip", "primary_ip"], lambda m, _n: m.oob or m.primary),
        (["dns_name", "primary_ip"], lambda m, _n: m.dns_name or m.primary),
        (["primary_ip", "name"], lambda m, n: m.primary or n),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_the_order_of_addresses(
    lab: NetBox, source: Source, order: list[str], expected: Callable[[Machine, str], str | None]
) -> None:
    """The first of the list that a host has."""
    told = source.ask(addresses=order).addresses
    assert told == {name: expected(machine, name) for name, machine in hosts(lab).items()}


def test_a_nameless_device_keeps_its_name(lab: NetBox, source: Source, listed: Answer) -> None:
    """The same in two runs, and not that of another one."""
    first, second = set(listed.hosts), set(source.ask().hosts)
    assert first == second
    nameless = [m for m in lab.machines if m.name is None and not m.chassis]
    assert sum(name.startswith("device-") for name in first) == len(nameless) > 2


@pytest.mark.parametrize("how", ["master", "name", "members"])
def test_a_virtual_chassis(lab: NetBox, source: Source, how: str) -> None:
    """One host with the master's address, by the master's name or its own; or all its members."""
    answer = source.ask(virtual_chassis=how)
    members = [machine for machine in lab.machines if machine.chassis == "stack-000"]
    master = next(machine for machine in members if machine.master)
    if how == "members":
        named = {machine.name for machine in members if machine.name}
        assert named <= answer.hosts.keys()
        assert len(answer.hosts) == len(lab.machines)
        return
    name = master.name if how == "master" else master.chassis
    assert answer.addresses[str(name)] == master.ipv4
    assert not {machine.name for machine in members} - {name} & answer.hosts.keys()
    assert answer.hosts[str(name)]["netbox_virtual_chassis"] == "stack-000"


def test_a_virtual_chassis_without_a_master(lab: NetBox, listed: Answer) -> None:
    """Its first member stands for it; none is listed twice, and it does not vanish."""
    first = next(machine for machine in lab.machines if machine.chassis == "stack-001")
    assert not first.master
    assert listed.addresses[str(first.name)] == first.ipv4


def test_the_operating_system(lab: NetBox, listed: Answer) -> None:
    """By the platform; where none is entered, by the device type."""
    found = {name: v.get("ansible_network_os") for name, v in listed.hosts.items()}
    assert found == {name: _os(machine) for name, machine in hosts(lab).items()}
    assert any(is_a("no_platform", m.number) and found[n] for n, m in hosts(lab).items())


def test_what_is_not_mapped_is_told(lab: NetBox, listed: Answer) -> None:
    """In a group, and in a warning that counts and names them."""
    assert listed.group("netbox_unmapped") == unmapped(lab)
    assert re.search(rf"\b{len(unmapped(lab))}\b", listed.told)
    assert sorted(unmapped(lab))[0] in listed.told


def test_the_suggested_mapping_maps_what_was_not(
    lab: NetBox, source: Source, tmp_path: Path
) -> None:
    """Filled in and pasted, nothing is unmapped any more."""
    file = tmp_path / "suggested.yml"
    source.ask(suggest_file=str(file))
    text = file.read_text(encoding="utf-8")
    rules = yaml.safe_load(text)["platform_map"]
    patterns = [rule["platform"] for rule in rules if rule.get("platform")]
    assert all(any(re.fullmatch(each, slug) for each in patterns) for slug in UNMAPPED)
    answer = source.ask(
        platform_map=[{**rule, "network_os": "acme.acmeos.acmeos"} for rule in rules]
    )
    assert not answer.group("netbox_unmapped")
    assert {answer.hosts[name]["ansible_network_os"] for name in unmapped(lab)} == {
        "acme.acmeos.acmeos"
    }


def test_a_mapping_of_your_own_comes_first(lab: NetBox, source: Source) -> None:
    """By patterns on slugs; `none` is for what is none of ours."""
    rules = [
        {"platform": "acme-.*", "network_os": "acme.acmeos.acmeos", "netops_platform": "cisco_ios"},
        {"manufacturer": "acme", "role": "wan-.*", "network_os": "acme.wan.wan"},
        {"platform": "ubuntu-.*", "network_os": "none"},
    ]
    answer = source.ask(platform_map=rules)
    systems = Counter(variables.get("ansible_network_os") for variables in answer.hosts.values())
    ours = hosts(lab).values()
    assert systems["acme.acmeos.acmeos"] == sum(m.platform == "acme-os" for m in ours) > 0
    linux = {name for name, machine in hosts(lab).items() if machine.platform == "ubuntu-24-04"}
    assert linux
    assert not linux & answer.group("netbox_unmapped")


def test_groups_nest_as_places_do(lab: NetBox, source: Source) -> None:
    """A region holds its countries, these their sites, and sites their locations."""
    answer = source.ask(group_by=["region", "site", "location", "role"])
    for site in {machine.site for machine in lab.machines}:
        here = {name for name, machine in hosts(lab).items() if machine.site == site}
        assert answer.group(f"site_{site}") == here
        assert here <= answer.group(f"region_{site[:2]}")
    world = answer.group("region_emea") | answer.group("region_amer") | answer.group("region_apac")
    assert world == hosts(lab).keys()
    assert answer.group("role_access_switch") == {
        name for name, machine in hosts(lab).items() if machine.role == "access-switch"
    }


def test_filters_choose_and_sets_add_up(lab: NetBox, source: Source) -> None:
    """Every filter of a set has to match, and one set is enough."""
    answer = source.ask(
        objects=["devices"],
        filters=[{"status": ["offline", "planned"], "site": "nl01"}, {"tag": "eol"}],
    )
    assert set(answer.hosts) == {
        name
        for name, machine in hosts(lab).items()
        if not machine.virtual
        and (
            (machine.status in {"offline", "planned"} and machine.site == "nl01")
            or "eol" in machine.tags
        )
    }


def test_variables_of_a_host(lab: NetBox, listed: Answer) -> None:
    """Slugs, numbers and texts, flat, under one prefix."""
    machine = lab.machines[20]
    variables = listed.hosts[str(machine.name)]
    wanted = {
        "netbox_site": machine.site,
        "netbox_role": machine.role,
        "netbox_serial": machine.serial,
        "netbox_platform": machine.platform,
        "netbox_tenant": machine.tenant,
        "netbox_status": "active",
        "netbox_cf_owner": machine.owner,
        "netbox_cf_ssh_port": 2222,
        "netbox_tags": sorted(machine.tags),
    }
    assert {key: variables.get(key) for key in wanted} == wanted


def test_contexts_and_services(lab: NetBox, source: Source) -> None:
    """On request: what NetBox has rendered of all contexts, a host's own one, its services."""
    options = {"variables": ["local_context_data", "services"], "config_context": True}
    found = source.ask(**options).hosts
    for name, machine in hosts(lab).items():
        context = found[name]["netbox_config_context"]
        assert context["dns_servers"] == [f"192.0.2.{n}" for n in range(53, 57)]
        assert ("maintenance" in context) == bool(machine.local_context)
        services = found[name].get("netbox_services", [])
        assert [each["name"] for each in services] == [name for name, _port in machine.services]


def test_texts_of_netbox_are_not_run(lab: NetBox, source: Source, controller: Controller) -> None:
    """What looks like a template stays a text, in a variable and in what is composed of it."""
    name = next(n for n, machine in hosts(lab).items() if machine.description == HOSTILE)
    file = source.file(variables=["description"], compose={"copy": "netbox_description"})
    playbook = controller.write(
        "play.yml",
        [
            {
                "hosts": name,
                "gather_facts": False,
                "tasks": [
                    {"ansible.builtin.debug": {"msg": "<{{ netbox_description }}> <{{ copy }}>"}}
                ],
            }
        ],
    )
    play = controller.play(playbook, file)
    assert play.rc == 0, play.output
    assert "lookup('ansible.builtin.pipe'" in play.text
    assert not re.search(r"(?<!echo )EXECUTED", play.output)


def test_constructed_groups_and_variables(lab: NetBox, source: Source) -> None:
    """compose, groups and keyed_groups, as with any inventory plugin."""
    answer = source.ask(
        compose={"ansible_port": "netbox_cf_ssh_port | default(22)"},
        groups={"eol": "'eol' in netbox_tags"},
        keyed_groups=[{"key": "netbox_cf_owner", "prefix": "owner"}],
        strict=True,
    )
    ours = hosts(lab)
    assert {name: v["ansible_port"] for name, v in answer.hosts.items()} == {
        name: machine.ssh_port or 22 for name, machine in ours.items()
    }
    assert answer.group("eol") == {n for n, m in ours.items() if "eol" in m.tags}
    assert answer.group("owner_team_1") == {n for n, m in ours.items() if m.owner == "team-1"}
