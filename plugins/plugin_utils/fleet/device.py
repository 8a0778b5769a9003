# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the engine knows about a device, free of Ansible and of Nornir."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ..errors import NetopsError, UnknownPlatform
from ..platforms import Platform


class HostKeyCheck(Enum):
    """How an SSH host key is judged."""

    TOFU = "tofu"
    """Trust the key seen first, refuse another one later."""
    STRICT = "strict"
    """Refuse a device whose key is not known yet."""
    OFF = "off"
    """Accept any key, remember none: Ansible's ``host_key_checking=False``."""


@dataclass(frozen=True, slots=True)
class Jump:
    """A bastion on the way to the device: ``ProxyJump user@address:port``."""

    address: str
    port: int = 22
    username: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """What a device is asked to let us in by. ``name`` tells fallback credentials apart."""

    name: str = ""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    enable_password: str | None = field(default=None, repr=False)
    key_file: str | None = None

    @property
    def label(self) -> str:
        """How messages call it; nothing of the secret is in there."""
        user = f"user {self.username!r}"
        return f"{user} (fallback {self.name!r})" if self.name else user

    @property
    def secrets(self) -> tuple[str, ...]:
        """Its literal secrets, for the redaction gate."""
        return tuple(secret for secret in (self.password, self.enable_password) if secret)


@dataclass(frozen=True, slots=True)
class Device:
    """One device of the fleet with all that a connection needs.

    ``problem`` is set when the inventory does not tell enough to try it; then the device fails
    with it, and nothing is contacted.
    """

    name: str
    address: str = ""
    port: int = 22
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    enable_password: str | None = field(default=None, repr=False)
    key_file: str | None = None
    platform: Platform | None = None
    fallbacks: tuple[Credential, ...] = ()
    site: str = "default"
    group: str = ""
    """What its group breaker is keyed by: the site, or another variable's value."""
    aaa_domain: str = ""
    """Which AAA server judges its logins; devices of one domain share the accounts' fate."""
    jumps: tuple[Jump, ...] = ()
    host_key_check: HostKeyCheck = HostKeyCheck.TOFU
    legacy_crypto: bool = False
    driver_options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problem: NetopsError | None = None

    def check(self) -> None:
        """Raise the problem, if the inventory left one."""
        if self.problem:
            raise self.problem

    @property
    def os(self) -> Platform:
        """The platform of a device that is being worked on; raises `UnknownPlatform`."""
        if self.platform is None:
            raise UnknownPlatform("ansible_network_os is not set")
        return self.platform

    @property
    def platform_name(self) -> str:
        """The platform's own name, or the empty string where it is unknown."""
        return self.platform.name if self.platform else ""

    @property
    def credential(self) -> Credential:
        """The one that the inventory gives it first."""
        return Credential("", self.username, self.password, self.enable_password, self.key_file)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The literal secrets of the device, for the redaction gate."""
        options = (self.driver_options.get(name) for name in ("password", "secret", "passphrase"))
        spare = (secret for credential in self.fallbacks for secret in credential.secrets)
        known = (self.password, self.enable_password, *spare, *options)
        return tuple(str(secret) for secret in known if secret)
