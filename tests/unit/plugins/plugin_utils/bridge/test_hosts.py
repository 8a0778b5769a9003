# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Devices out of a real Ansible inventory: whose variable counts, and what is said of a bad one."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible.plugins import loader
from ansible.vars import clean
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.fact_cleaning import (
    list_connections_once,
)
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.hosts import DeviceReader
from ansible_collections.prime.netops.plugins.plugin_utils.config.redact import redact
from ansible_collections.prime.netops.plugins.plugin_utils.errors import (
    BadInventory,
    NetopsError,
    UnknownPlatform,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import (
    Device,
    HostKeyCheck,
    Jump,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.bridge.conftest import Load, vaulted

Read = Callable[..., Device]


@pytest.fixture
def read(load: Load) -> Read:
    """The device that a host with these variables is; written as in an inventory file."""

    def read(
        variables: str = "", command_line: Mapping[str, Any] | None = None, **options: Any
    ) -> Device:
        lines = "".join(f"\n      {line}" for line in variables.strip().splitlines())
        platform = "" if "ansible_network_os" in lines else "\n      ansible_network_os: ios"
        hostvars = load(f"all:\n  hosts:\n    r1:{lines}{platform}\n")
        reader = DeviceReader(hostvars, command_line or {}, **options)
        return reader("r1")

    return read


def problem_of(device: Device) -> NetopsError:
    """What is wrong with a device; the redaction gate leaves the message whole."""
    assert device.problem is not None, device
    assert redact(str(device.problem)) == str(device.problem)
    return device.problem


def test_a_host_as_network_cli_wants_it(read: Read, tmp_path: Path) -> None:
    """An estate that runs network_cli today changes nothing."""
    key = tmp_path / "key"
    key.touch()
    device = read(
        f"""
ansible_connection: ansible.netcommon.network_cli
ansible_host: 10.0.0.1
ansible_port: 2222
ansible_user: backup
ansible_password: "p@ss"
ansible_become: true
ansible_become_method: enable
ansible_become_password: "en@ble"
ansible_network_os: cisco.ios.ios
ansible_ssh_private_key_file: {key}
ansible_ssh_common_args: -o ProxyJump=me@bastion:2200
site: berlin
""",
        names=["site"],
    )
    assert device.problem is None
    assert (device.address, device.port) == ("10.0.0.1", 2222)
    assert (device.username, device.password, device.enable_password) == (
        "backup",
        "p@ss",
        "en@ble",
    )
    assert device.platform_name == "cisco_ios"
    assert device.key_file == str(key)
    assert device.jumps == (Jump("bastion", 2200, "me"),)
    assert device.site == "berlin"
    assert device.data == {"site": "berlin"}
    assert device.host_key_check is HostKeyCheck.TOFU
    assert not device.legacy_crypto


def test_a_host_of_which_nothing_else_is_known(read: Read) -> None:
    """Its name is its address, and everything has Ansible's default."""
    device = read()
    assert (device.problem, device.address, device.port) == (None, "r1", 22)
    assert (device.username, device.password, device.enable_password) == (None, None, None)
    assert (device.site, device.jumps, dict(device.data)) == ("default", (), {})


@pytest.mark.parametrize(
    ("names", "field"),
    [
        (("ansible_host", "ansible_ssh_host"), "address"),
        (("ansible_user", "ansible_ssh_user"), "username"),
        (("ansible_password", "ansible_ssh_pass", "ansible_ssh_password"), "password"),
        (
            ("ansible_become_password", "ansible_become_pass", "ansible_enable_pass"),
            "enable_password",
        ),
    ],
)
def test_aliases_have_ansible_s_order(read: Read, names: tuple[str, ...], field: str) -> None:
    """Each alias counts, the one that Ansible's plugin lists last counts most; null is not set."""
    for name in names:
        assert getattr(read(f"{name}: from-{name}"), field) == f"from-{name}"
    both = "\n".join(f"{name}: from-{name}" for name in names)
    assert getattr(read(both), field) == f"from-{names[-1]}"
    assert getattr(read(f"{names[0]}: first\n{names[-1]}: null"), field) == "first"


def test_the_command_line_counts_where_the_host_says_nothing(read: Read) -> None:
    """-u, -k and -K, as with Ansible's own connections."""
    given = {"remote_user": "me", "password": "asked", "become_password": "asked too"}
    device = read("", given)
    assert (device.username, device.password, device.enable_password) == (
        "me",
        "asked",
        "asked too",
    )
    own = read("ansible_user: u\nansible_password: p\nansible_become_password: b", given)
    assert (own.username, own.password, own.enable_password) == ("u", "p", "b")


def test_options_of_ansible_itself_count_last(
    read: Read, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The environment for the remote user and port, --private-key for the key."""
    monkeypatch.setenv("ANSIBLE_REMOTE_USER", "from-env")
    monkeypatch.setenv("ANSIBLE_REMOTE_PORT", "2022")
    key = tmp_path / "key"
    key.touch()
    context.CLIARGS = ImmutableDict(private_key_file=str(key))
    device = read()
    assert (device.username, device.port, device.key_file) == ("from-env", 2022, str(key))
    assert read("ansible_user: u\nansible_port: 23").username == "u"
    assert read("", {"remote_user": "me"}).username == "me"


@pytest.mark.parametrize(
    ("variables", "environment", "check"),
    [
        ("", None, HostKeyCheck.TOFU),
        ("", "False", HostKeyCheck.OFF),
        ("ansible_host_key_checking: false", None, HostKeyCheck.OFF),
        ("ansible_ssh_host_key_checking: 'no'", None, HostKeyCheck.OFF),
        ("ansible_host_key_checking: true", "False", HostKeyCheck.TOFU),
        ("netops_host_keys: strict", "False", HostKeyCheck.STRICT),
        ("netops_host_keys: off", None, HostKeyCheck.OFF),
        ("netops_host_keys: 'off'", None, HostKeyCheck.OFF),
        ("netops_host_keys: tofu\nansible_host_key_checking: false", None, HostKeyCheck.TOFU),
    ],
)
def test_how_host_keys_are_checked(
    read: Read,
    monkeypatch: pytest.MonkeyPatch,
    variables: str,
    environment: str | None,
    check: HostKeyCheck,
) -> None:
    """Ansible's own switch, and ours where there is one; YAML's `off` is what it looks like."""
    if environment:
        monkeypatch.setenv("ANSIBLE_HOST_KEY_CHECKING", environment)
    assert read(variables).host_key_check is check


def test_templates_and_vault_are_resolved_in_the_host_s_context(read: Read) -> None:
    """And what is left are plain values, fit for every library."""
    device = read(
        f"""
mgmt: 10.0.0.7
secret_store: {{r1: {{password: looked-up}}}}
ansible_host: "{{{{ mgmt }}}}"
ansible_port: "{{{{ 2000 + 22 }}}}"
ansible_user: "{{{{ inventory_hostname }}}}-user"
ansible_password: "{{{{ secret_store[inventory_hostname].password }}}}"
ansible_become_password: {vaulted("sealed ü")}
plain: [1, "two", "{{{{ mgmt }}}}"]
""",
        names=["plain"],
    )
    assert device.problem is None, device.problem
    assert (device.address, device.port, device.username) == ("10.0.0.7", 2022, "r1-user")
    assert (device.password, device.enable_password) == ("looked-up", "sealed ü")
    for value in (device.password, device.enable_password, device.address, device.username):
        assert type(value) is str
    assert yaml.safe_load(yaml.safe_dump(dict(device.data))) == {"plain": [1, "two", "10.0.0.7"]}
    assert pickle.loads(pickle.dumps(device.data)) == {"plain": [1, "two", "10.0.0.7"]}


BAD = {
    "undefined password": ("ansible_password: '{{ nobody_knows }}'", "'ansible_password'"),
    "undefined in part": ("ansible_user: 'x{{ nobody_knows }}'", "'ansible_user'"),
    "broken template": ("ansible_password: '{{ 1 / 0 }}'", "'ansible_password'"),
    "template syntax": ("ansible_password: '{{ if }}'", "'ansible_password'"),
    "missing key": ("box: {}\nansible_password: '{{ box.key }}'", "'ansible_password'"),
    "other vault": (
        "ansible_password: " + vaulted("sealed", b"another vault's"),
        "'ansible_password'",
    ),
    "enable password": (
        "ansible_become_password: " + vaulted("sealed", b"another vault's"),
        "'ansible_become_password'",
    ),
    "port word": ("ansible_port: ssh", "ansible_port is 'ssh'"),
    "port zero": ("ansible_port: 0", "ansible_port is 0"),
    "port big": ("ansible_port: 65536", "ansible_port is 65536"),
    "port negative": ("ansible_port: -22", "ansible_port is -22"),
    "port fraction": ("ansible_port: 22.5", "ansible_port is 22.5"),
    "port list": ("ansible_port: [22]", "ansible_port is [22]"),
    "port flag": ("ansible_port: true", "ansible_port is True"),
    "no address": ("ansible_host: ''", "ansible_host is ''"),
    "blank address": ("ansible_host: '   '", "ansible_host is ''"),
    "two addresses": ("ansible_host: 10.0.0.1 10.0.0.2", "ansible_host is '10.0.0.1 10.0.0.2'"),
    "address with a line end": ('ansible_host: "10.0.0.1\\nx"', "ansible_host is"),
    "path for an address": ("ansible_host: ../../etc", "ansible_host is '../../etc'"),
    "endless address": ("ansible_host: " + "x" * 70, "ansible_host is"),
    "legacy": ("netops_legacy_crypto: perhaps", "netops_legacy_crypto is 'perhaps'"),
    "host keys": ("netops_host_keys: maybe", "netops_host_keys is 'maybe'"),
    "checking": ("ansible_host_key_checking: maybe", "ansible_host_key_checking is 'maybe'"),
    "options": ("netops_netmiko_options: fast", "netops_netmiko_options"),
    "jump": ("ansible_ssh_common_args: -o ProxyJump=a:b:c", "ansible_ssh_common_args"),
    "quotes": ('ansible_ssh_common_args: "-o \'x"', "ansible_ssh_common_args"),
    "key file": ("ansible_ssh_private_key_file: /no/such/key", "/no/such/key"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_variable_is_that_device_s_problem(read: Read, case: str) -> None:
    """It names the variable, shows no secret, and nothing is raised."""
    variables, told = BAD[case]
    problem = problem_of(read(variables))
    assert isinstance(problem, BadInventory)
    assert told in str(problem)
    assert "\n" not in str(problem)
    assert "sealed" not in str(problem)


def test_a_bad_variable_spoils_no_other_host(load: Load) -> None:
    """Nor does one that is never needed spoil its own host."""
    hostvars = load(
        """
        all:
          vars:
            ansible_network_os: ios
            never_needed: "{{ nobody_knows }}"
          hosts:
            bad: {ansible_password: "{{ nobody_knows }}"}
            good: {ansible_password: fine}
        """
    )
    reader = DeviceReader(hostvars, {})
    assert isinstance(reader("bad").problem, BadInventory)
    assert reader("good").problem is None
    assert reader("good").password == "fine"
    assert reader.secrets == {"fine"}


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ("ansible_network_os:", "not set"),
        ("ansible_network_os: ''", "not set"),
        ("ansible_network_os: cisco_iso", "cisco_iso"),
        ("ansible_network_os: [ios]", "ios"),
    ],
)
def test_an_unknown_platform_is_never_guessed(read: Read, variables: str, told: str) -> None:
    """The value is named, and how to set it."""
    problem = problem_of(read(variables))
    assert isinstance(problem, UnknownPlatform)
    assert "ansible_network_os" in str(problem)
    assert told in str(problem)


def test_a_platform_can_be_told_to_us_alone(read: Read) -> None:
    """For hosts whose ansible_network_os other collections have to understand."""
    device = read("ansible_network_os: linux\nnetops_platform: frr")
    assert device.platform_name == "frr"


@pytest.mark.parametrize("value", ["true", "'yes'", "1", "'on'"])
def test_old_algorithms_are_switched_on_as_people_write_it(read: Read, value: str) -> None:
    """Any of Ansible's words for true; what AWX makes of an unanswered question is false."""
    assert read(f"netops_legacy_crypto: {value}").legacy_crypto
    assert not read("netops_legacy_crypto: ''").legacy_crypto


def test_empty_answers_of_a_survey_are_no_values(read: Read) -> None:
    """AWX hands an optional question on as an empty text."""
    device = read("ansible_user: ''\nansible_password: ''\nansible_port: ''")
    assert device.problem is None
    assert (device.username, device.password, device.port) == (None, None, 22)


def test_netmiko_s_own_options_are_handed_on(read: Read) -> None:
    """And the secrets among them are known to the redaction gate."""
    device = read("netops_netmiko_options: {global_delay_factor: 2, passphrase: hush-hush}")
    assert device.driver_options == {"global_delay_factor": 2, "passphrase": "hush-hush"}
    assert "hush-hush" in device.secrets
    assert "hush-hush" not in repr(device)


def test_numbers_are_texts_where_texts_are_wanted(read: Read) -> None:
    """A password of digits, a site that is a number."""
    device = read("ansible_password: 12345678\nsite: 42\nansible_user: 7")
    assert (device.password, device.site, device.username) == ("12345678", "42", "7")


def test_the_site_may_have_another_name(read: Read) -> None:
    """NetBox calls it a list of names, Ansible's own plugin a slug."""
    assert read("region: emea", keys={"site": "region"}).site == "emea"


def test_a_host_that_is_not_in_the_inventory_is_a_problem(load: Load) -> None:
    """Of this host, not of the run."""
    device = DeviceReader(load("all: {hosts: {r1: }}"), {})("nobody")
    assert device.problem is not None


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(
            [
                "ansible_host",
                "ansible_port",
                "ansible_user",
                "ansible_password",
                "ansible_network_os",
                "ansible_ssh_common_args",
                "ansible_host_key_checking",
                "netops_host_keys",
                "netops_netmiko_options",
                "netops_legacy_crypto",
                "site",
            ]
        ),
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.text(st.characters(codec="utf-8", exclude_characters="{}%#"), max_size=20),
            st.lists(st.integers(), max_size=2),
            st.dictionaries(st.text("ab", max_size=2), st.integers(), max_size=2),
        ),
        max_size=5,
    )
)
def test_any_variable_gives_a_device(load: Load, variables: dict[str, Any]) -> None:
    """A good one or one with a problem; an inventory never ends the run."""
    text = yaml.safe_dump({"all": {"hosts": {"r1": variables}}}, allow_unicode=True)
    device = DeviceReader(load(text), {})("r1")
    assert device.name == "r1"
    assert device.problem is None or str(device.problem)


def test_connection_plugins_are_listed_once_for_all_hosts(
    load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ansible reads four directories for every host; what it cleans away is the same."""
    monkeypatch.setattr(clean, "connection_loader", clean.connection_loader)  # put back later
    facts = {"ansible_ssh_user": "x", "ansible_winrm_scheme": "y", "ansible_net_version": "17.3"}
    cleaned = clean.clean_facts(facts)
    list_connections_once()
    assert clean.clean_facts(facts) == cleaned == {"ansible_net_version": "17.3"}

    looked: list[str] = []
    glob = loader.glob.glob
    monkeypatch.setattr(loader.glob, "glob", lambda *a, **o: looked.append(a[0]) or glob(*a, **o))
    reader = DeviceReader(load("all: {hosts: {r1: {ansible_network_os: ios}}}"), {})
    assert reader("r1").problem is None
    list_connections_once()  # by the next task of this process
    assert not looked
