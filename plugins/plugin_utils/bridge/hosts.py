# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a host's variables to a `Device`.

The variables are Ansible's own, with the aliases and the precedence of Ansible's ssh connection,
which are read from that plugin's documentation and not repeated here. Not thread-safe, since
host variables are not.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.loader import connection_loader

from ..errors import BadInventory, NetopsError, UnknownPlatform
from ..fleet.device import Credential, Device, HostKeyCheck
from ..platforms import Platform, load
from .native import host_variable
from .ssh_arguments import is_address, jump_hosts

_SSH = "ansible.builtin.ssh"
_SSH_OPTIONS = (
    "host",
    "port",
    "remote_user",
    "password",
    "private_key_file",
    "ssh_common_args",
    "host_key_checking",
)
_BECOME_PASSWORDS = ("ansible_become_password", "ansible_become_pass", "ansible_enable_pass")
"""The aliases of the become plugin ``enable``, which is not part of ansible-core."""


class DeviceReader:
    """Reads devices out of Ansible's ``hostvars``.

    ``command_line`` holds what the user gave to the whole run: ``remote_user``, ``password``,
    ``become_password``. ``keys`` are the names of the variables that hold a device's ``site``, the
    ``group`` of its breaker and its ``aaa_domain``. ``names`` lists variables that a user's own
    task sees in ``task.host``.
    """

    def __init__(
        self,
        hostvars: Mapping[str, Any],
        command_line: Mapping[str, str | None],
        keys: Mapping[str, str | None] | None = None,
        names: Iterable[str] = (),
    ) -> None:
        self._hostvars = hostvars
        self._ssh = _SshOptions(command_line)
        self._become_password = command_line.get("become_password")
        self._keys = keys or {"site": "site", "group": "site"}
        self._names = tuple(names)
        self.secrets: set[str] = set()
        """The literal secrets of all devices read so far."""

    def __call__(self, name: str) -> Device:
        """The device of this name; what is wrong with it stands in its ``problem``."""
        try:
            device = self._read(name, _Variables(self._of_host(name)))
        except NetopsError as problem:
            return Device(name=name, problem=problem)
        self.secrets.update(device.secrets)
        return device

    def reading(self, names: Iterable[str]) -> DeviceReader:
        """This reader; from now on it reads these variables of each device too."""
        self._names = tuple(dict.fromkeys((*self._names, *names)))
        return self

    def described(self, name: str) -> Device:
        """The device of this name without what a login needs, for jobs that contact none.

        So a password that does not decrypt is not in the way of what the store knows of it.
        """
        try:
            variables = _Variables(self._of_host(name))
            return Device(
                name=name,
                platform=_platform(variables),
                site=self._site(variables),
                data=self._data(variables),
            )
        except NetopsError as problem:
            return Device(name=name, problem=problem)

    def _site(self, variables: _Variables) -> str:
        return self._key("site", variables) or "default"

    def _data(self, variables: _Variables) -> dict[str, Any]:
        return {key: variables.get(key) for key in self._names}

    def _of_host(self, name: str) -> Mapping[str, Any]:
        if name not in self._hostvars:
            raise BadInventory("it is not in the inventory")
        try:
            variables: Mapping[str, Any] = self._hostvars[name]
        except Exception as error:
            raise BadInventory(f"its variables cannot be read: {_reason(error)}") from error
        return variables

    def _read(self, name: str, variables: _Variables) -> Device:
        site = self._site(variables)
        password = self._ssh.text("password", variables)
        return Device(
            name=name,
            address=_address(self._ssh.value("host", variables)),
            port=_port(self._ssh.value("port", variables)),
            username=self._ssh.text("remote_user", variables),
            password=password,
            enable_password=_text(variables.last(_BECOME_PASSWORDS, self._become_password)),
            key_file=_key_file(self._ssh.text("private_key_file", variables)),
            platform=_platform(variables),
            site=site,
            group=self._key("group", variables) or site,
            aaa_domain=self._key("aaa_domain", variables),
            fallbacks=_fallbacks(variables),
            jumps=jump_hosts(self._ssh.text("ssh_common_args", variables) or ""),
            host_key_check=self._host_key_check(variables),
            legacy_crypto=_flag("netops_legacy_crypto", variables.get("netops_legacy_crypto")),
            driver_options=_mapping(variables, "netops_netmiko_options"),
            data=self._data(variables),
        )

    def _key(self, key: str, variables: _Variables) -> str:
        name = self._keys.get(key)
        value = variables.get(name) if name else None
        return "" if value is None else str(value)

    def _host_key_check(self, variables: _Variables) -> HostKeyCheck:
        chosen = variables.get("netops_host_keys")
        if chosen is None:
            checking = self._ssh.value("host_key_checking", variables)
            trusted = _flag("ansible_host_key_checking", checking)
            return HostKeyCheck.TOFU if trusted else HostKeyCheck.OFF
        try:
            return HostKeyCheck("off" if chosen is False else chosen)  # YAML reads off as false
        except ValueError:
            raise BadInventory(f"netops_host_keys is {chosen!r}: use tofu, strict or off") from None


class _Variables:
    """One host's variables, templated and decrypted one by one, so one bad one spoils no other."""

    def __init__(self, variables: Mapping[str, Any]) -> None:
        self._variables = variables

    def get(self, name: str) -> Any:
        """The value, or None where it is not set; raises `BadInventory` naming it."""
        if name not in self._variables:
            return None
        try:
            return host_variable(self._variables, name)
        except Exception as error:
            # quoted, or the redaction gate would take the next word for the password
            raise BadInventory(f"{name!r} cannot be read: {_reason(error)}") from error

    def last(self, names: Iterable[str], default: Any = None) -> Any:
        """The value of the last of the names that is set: Ansible's rule for aliases."""
        values = map(self.get, reversed(tuple(names)))
        return next((value for value in values if value is not None), default)


class _SshOptions:
    """The options of Ansible's ssh connection: from the host, the command line, env or ini."""

    def __init__(self, command_line: Mapping[str, str | None]) -> None:
        plugin = connection_loader.get(_SSH, class_only=True)._load_name
        definitions = constants.config.get_configuration_definitions("connection", plugin)
        self._aliases = {
            option: [entry["name"] for entry in definition.get("vars", ())]
            for option, definition in definitions.items()
        }
        self._defaults = {
            option: command_line.get(option)
            or constants.config.get_config_value(
                option, plugin_type="connection", plugin_name=plugin
            )
            for option in _SSH_OPTIONS
        }

    def value(self, option: str, variables: _Variables) -> Any:
        return variables.last(self._aliases[option], self._defaults[option])

    def text(self, option: str, variables: _Variables) -> str | None:
        return _text(self.value(option, variables))


def _address(value: Any) -> str:
    """``ansible_host``, else the inventory's name, which then has to resolve."""
    address = str(value).strip()
    if not is_address(address):
        raise BadInventory(f"ansible_host is {address!r}: no address to connect to")
    return address


def _fallbacks(variables: _Variables) -> tuple[Credential, ...]:
    """``netops_fallback_credentials``: a list of mappings, tried in their order."""
    given = variables.get("netops_fallback_credentials") or []
    if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
        raise BadInventory("netops_fallback_credentials is no list of mappings")
    return tuple(_credential(number, entry) for number, entry in enumerate(given, 1))


def _credential(number: int, entry: Mapping[str, Any]) -> Credential:
    unknown = sorted(entry.keys() - {"name", "username", "password", "enable_password"})
    missing = sorted({"username", "password"} - entry.keys())
    if unknown or missing:
        wrong = f"has no {missing[0]}" if missing else f"has the unknown key {unknown[0]!r}"
        raise BadInventory(f"netops_fallback_credentials: entry {number} {wrong}")
    return Credential(
        name=str(entry.get("name") or f"{entry['username']} #{number}"),
        username=str(entry["username"]),
        password=str(entry["password"]),
        enable_password=_text(entry.get("enable_password")),
    )


def _key_file(path: str | None) -> str | None:
    if path is None:
        return None
    file = Path(path).expanduser()
    if not os.access(file, os.R_OK):
        raise BadInventory(f"ansible_ssh_private_key_file is {path!r}: no file that can be read")
    return str(file)


def _port(value: Any) -> int:
    try:
        port = 22 if value in (None, "") else int(str(value))
    except ValueError:
        port = 0
    if not 0 < port < 65536:
        raise BadInventory(f"ansible_port is {value!r}: no port number")
    return port


def _platform(variables: _Variables) -> Platform:
    name = variables.last(("ansible_network_os", "netops_platform"))
    if not name:
        raise UnknownPlatform("ansible_network_os is not set")
    return load(str(name))


def _text(value: Any) -> str | None:
    """An optional text; AWX hands an unanswered survey question on as the empty string."""
    return None if value is None or value == "" else str(value)


def _flag(name: str, value: Any) -> bool:
    try:
        return bool(boolean(False if value in (None, "") else value))
    except TypeError:
        raise BadInventory(f"{name} is {value!r}: neither true nor false") from None


def _mapping(variables: _Variables, name: str) -> Mapping[str, Any]:
    value = variables.get(name) or {}
    if not isinstance(value, Mapping):
        raise BadInventory(f"{name} is no mapping")
    return value


def _reason(error: Exception) -> str:
    """The first line of an exception's text; Ansible's own go on with source context."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
