# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Platforms are found by every name people use, and a wrong file is told apart from a right one."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.prime.netops.plugins.plugin_utils.errors import UnknownPlatform
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import (
    BadPlatformFile,
    load,
    loader,
    names,
)
from netmiko.ssh_dispatcher import CLASS_MAPPER

from tests.unit.fixtures.configs.samples import Sample, samples
from tests.unit.plugins.plugin_utils.platforms.page import page, ways

ROOT = Path(__file__).parents[5]
ALL = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.platform.name)


def test_the_thirteen_platforms_are_there() -> None:
    """The issue's platforms can all be loaded."""
    wanted = """arista_eos cisco_ios cisco_nxos cisco_xe cisco_xr fortinet frr huawei_vrp
    juniper_junos mikrotik_routeros nokia_sros paloalto_panos vyos"""
    assert set(wanted.split()) <= set(names())


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("cisco.ios.ios", "cisco_ios"),
        ("ios", "cisco_ios"),
        ("cisco_ios", "cisco_ios"),
        ("CISCO.IOS.IOS", "cisco_ios"),
        (" ios ", "cisco_ios"),
        ("cisco_xe", "cisco_xe"),
        ("cisco.iosxr.iosxr", "cisco_xr"),
        ("iosxr", "cisco_xr"),
        ("iosxr_netconf", "cisco_xr"),
        ("cisco.nxos.nxos", "cisco_nxos"),
        ("nxos", "cisco_nxos"),
        ("nxos_ssh", "cisco_nxos"),
        ("arista.eos.eos", "arista_eos"),
        ("eos", "arista_eos"),
        ("junipernetworks.junos.junos", "juniper_junos"),
        ("junos", "juniper_junos"),
        ("juniper", "juniper_junos"),
        ("nokia.sros.classic", "nokia_sros"),
        ("sros", "nokia_sros"),
        ("alcatel_sros", "nokia_sros"),
        ("ce", "huawei_vrp"),
        ("community.network.ce", "huawei_vrp"),
        ("huawei", "huawei_vrp"),
        ("vrp", "huawei_vrp"),
        ("fortinet.fortios.fortios", "fortinet"),
        ("fortios", "fortinet"),
        ("paloaltonetworks.panos.panos", "paloalto_panos"),
        ("panos", "paloalto_panos"),
        ("community.routeros.routeros", "mikrotik_routeros"),
        ("routeros", "mikrotik_routeros"),
        ("ros", "mikrotik_routeros"),
        ("vyos.vyos.vyos", "vyos"),
        ("vyos", "vyos"),
        ("frr.frr.frr", "frr"),
        ("frr", "frr"),
    ],
)
def test_names_of_ansible_netmiko_and_napalm_are_understood(value: str, name: str) -> None:
    """An inventory made for another tool works as it is."""
    assert load(value).name == name


def test_a_platform_is_loaded_once() -> None:
    """Ten thousand devices share thirteen objects."""
    assert load("ios") is load("cisco.ios.ios")


@pytest.mark.parametrize("value", ["cisco.ios.iso", "aruba", "ios\n../x", "common", "0"])
def test_an_unknown_platform_is_named_with_the_remedy(value: str) -> None:
    """The message says which value is wrong, what is near, and what to set."""
    with pytest.raises(UnknownPlatform) as caught:
        load(value)
    assert repr(value) in str(caught.value)
    assert "Set ansible_network_os to one of arista_eos, cisco_ios" in str(caught.value)


def test_a_near_miss_is_helped() -> None:
    """A misspelt name is answered by the right one."""
    with pytest.raises(UnknownPlatform, match=r"near matches: cisco\.ios\.ios"):
        load("cisco.ios.iso")


def test_no_platform_at_all_is_said_in_plain_words() -> None:
    """An empty value is not quoted back."""
    with pytest.raises(UnknownPlatform, match="ansible_network_os is not set"):
        load("")


@ALL
def test_netmiko_has_the_driver(sample: Sample) -> None:
    """A typing error in device_type would show at the first device only."""
    assert sample.platform.netmiko in CLASS_MAPPER


@ALL
def test_the_prompt_is_found_at_the_end_and_nowhere_else(sample: Sample) -> None:
    """A session must not stop before the text is whole, at whatever byte a packet ends."""
    prompt = sample.platform.prompt
    assert prompt is not None
    expect = re.compile(prompt)
    assert expect.search(sample.raw)
    ends = (found.end() for found in re.finditer(r"[#>$%] ?", sample.raw.rstrip(" ")[:-1]))
    for cut in ends:
        found = expect.search(sample.raw[:cut])
        # A banner that imitates a prompt can only be told by what comes after it: the proof does.
        assert not found or _imitates_prompt(sample, cut), sample.raw[cut - 60 : cut]


def _imitates_prompt(sample: Sample, cut: int) -> bool:
    line = sample.raw[:cut].rpartition("\n")[2]
    return line.strip() in {"Router#", "FGT #", "####", "#", "##", "###"}


@pytest.mark.parametrize(
    ("platform", "prompt"),
    [
        ("cisco_ios", "a-very-long-hostname-of-sixty-three-characters-0123456789abcdef#"),
        ("cisco_ios", "sw1(config-if)#"),
        ("cisco_ios", "sw1>"),
        ("cisco_xr", "RP/0/RSP0/CPU0:pe-1#"),
        ("arista_eos", "sw.example.net(s1)(config)#"),
        ("cisco_nxos", "leaf-1# "),
        ("juniper_junos", "{primary:node0}\nadmin@srx-1> "),
        ("juniper_junos", "admin@mx1-re0# "),
        ("nokia_sros", "*A:sr-1# "),
        ("nokia_sros", "[/]\nA:admin@sr-1# "),
        ("huawei_vrp", "HRP_M<fw-1>"),
        ("huawei_vrp", "<~ce 1>"),
        ("fortinet", "FGT-60F (root) # "),
        ("fortinet", "FGT-60F (global) $ "),
        ("paloalto_panos", "admin@PA-VM(active-primary)> "),
        ("paloalto_panos", "[edit]\nadmin@PA-VM# "),
        ("mikrotik_routeros", "[admin@MikroTik CCR] > "),
        ("mikrotik_routeros", "[admin@MikroTik] <SAFE> "),
        ("mikrotik_routeros", "[admin@MikroTik] /ip address> "),
        ("vyos", "vyos@vyos:~$ "),
        ("vyos", "[edit]\nvyos@vyos# "),
        ("frr", "r1.example.net# "),
    ],
)
def test_prompts_of_every_shape_are_recognised(platform: str, prompt: str) -> None:
    """Long names, modes, contexts and marks of redundancy do not hide the prompt."""
    pattern = load(platform).prompt
    assert pattern is not None
    assert re.search(pattern, f"last line\n{prompt}")


@pytest.fixture
def data() -> dict[str, Any]:
    """A right file's content, to be spoilt."""
    return copy.deepcopy(dict(loader._raw("cisco_ios")))


PATH = Path("platforms/cisco_ios.yml")


@pytest.mark.parametrize(
    ("where", "key", "value", "problem"),
    [
        ((), "volatil", ["x"], "volatil: is not a key"),
        (("complete",), "ende", "x", r"complete\.ende: is not a key"),
        (("config",), "timeout", 3, r"config\.timeout: is not a key"),
        ((), "title", None, "title: str is expected, not NoneType"),
        ((), "privileged", "yes", "privileged: bool is expected, not str"),
        (("config",), "read_timeout", True, r"config\.read_timeout: int or float is expected"),
        (("config",), "commands", [], r"config\.commands: is empty"),
        ((), "volatile", "x", "volatile: a list of strings is expected"),
        ((), "volatile", ["(x"], "volatile: .*is no regular expression"),
        ((), "secrets", ["x(+)"], "secrets: .*is no regular expression"),
        ((), "secrets", [r"\w+ (x)"], "secrets: .*does not begin with a literal character"),
        ((), "syntax", "curly", "syntax: 'curly' is none of"),
        ((), "name", "cisco_iso", "name: 'cisco_iso' is not the file's name"),
        (("complete",), "quoted", [{"open": "x"}], r"complete\.quoted\[0\]\.close: is missing"),
        (("complete",), "nesting", ["x"], r"complete\.nesting\[0\]\.: a mapping is expected"),
    ],
)
def test_a_wrong_file_is_refused_with_file_and_key(
    data: dict[str, Any], where: tuple[str, ...], key: str, value: object, problem: str
) -> None:
    """Whoever edits a platform file learns at once what is wrong and where."""
    node = data
    for step in where:
        node = node[step]
    node[key] = value
    with pytest.raises(BadPlatformFile, match=rf"^platforms/cisco_ios\.yml: {problem}"):
        loader.parse(data, PATH)


@pytest.mark.parametrize("key", ["name", "title", "netmiko", "config", "complete", "comment"])
def test_a_missing_key_is_named(data: dict[str, Any], key: str) -> None:
    """No fact has a silent default that would be wrong for a vendor."""
    del data[key]
    with pytest.raises(BadPlatformFile, match=f"{key}: is missing"):
        loader.parse(data, PATH)


def test_no_alias_means_two_platforms() -> None:
    """The loader would refuse it; this says so without a device."""
    spelt = [
        alias.lower()
        for name in names()
        for alias in {name, *yaml.safe_load(loader._path(name).read_text("utf-8"))["aliases"]}
    ]
    assert len(spelt) == len(set(spelt))


def test_the_page_on_remediation_has_the_table_of_ways() -> None:
    """What each platform can do is data; print it with `... .page ways`."""
    assert ways() in (ROOT / "docs" / "remediation.md").read_text(encoding="utf-8")


def test_the_page_says_what_the_data_say() -> None:
    """docs/platforms.md is written from the data."""
    assert (ROOT / "docs" / "platforms.md").read_text(encoding="utf-8") == page()
