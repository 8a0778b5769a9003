"""One simulated device while the lab runs: what it counts, and what is wrong with it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import asyncssh
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from .configs import ConfigText, make_config
from .configs.edit import Edit
from .dialects import DIALECTS, Dialect
from .faults import Fault
from .plan import DeviceSpec, Plan


@dataclass(slots=True)
class Count:
    """What a device has seen. `failed` counts bad logins by user name."""

    connections: int = 0
    logins: int = 0
    failed: dict[str, int] = field(default_factory=dict)
    open: int = 0
    max_open: int = 0
    commands: int = 0
    configs: int = 0
    lines: int = 0


@dataclass(slots=True)
class Domain:
    """What the devices share, as an AAA server would: bad logins by user, open connections."""

    failed: dict[str, int] = field(default_factory=dict)
    open: int = 0
    max_open: int = 0


class Device:
    """Behaviour of one device that outlives its connections."""

    def __init__(
        self, plan: Plan, spec: DeviceSpec, domain: Domain, cured: Callable[[Device], None]
    ) -> None:
        self._plan = plan
        self._domain = domain
        self.cured = cured
        self.spec = spec
        self.dialect: Dialect = DIALECTS[spec.platform]
        self.count = Count()
        self.settings: dict[str, bool | int | str] = {}
        self.connections: set[asyncssh.SSHServerConnection] = set()
        self._configs: dict[tuple[str, int, tuple[Edit, ...]], ConfigText] = {}
        self.running: tuple[Edit, ...] = ()
        self.previous: tuple[Edit, ...] = ()
        self.saved: tuple[Edit, ...] = ()
        self._timer: asyncio.TimerHandle | None = None
        self._before: tuple[Edit, ...] = ()
        self.change({})

    def change(self, override: Mapping[str, Any]) -> None:
        """Take a device's overrides; what is not in there is as planned. A fault counts anew."""
        self.override = dict(override)
        fault = Fault.parse(override.get("fault", self.spec.fault))
        self._fault = fault.name if fault else None
        self._left = fault.times if fault else None
        self.latency = float(override.get("latency", self._plan.request.latency))
        self.auth = tuple(override.get("auth", self._plan.request.auth))
        self.cut = float(override.get("cut", 0.5))
        self._password = str(override.get("password", self._plan.password))
        self._revision = int(override.get("revision", 1))
        self.change_fault = override.get("change_fault")
        self._minute = float(override.get("minute", 60))
        self._safe = self.running

    @property
    def fault(self) -> str | None:
        """The fault in force now."""
        return None if self._left == 0 else self._fault

    def opened(self, connection: asyncssh.SSHServerConnection | None) -> str | None:
        """A client has connected: the fault that it meets. The last one of a counted fault
        calls `cured`."""
        self.count.connections += 1
        self.count.open += 1
        self.count.max_open = max(self.count.max_open, self.count.open)
        self._domain.open += 1
        self._domain.max_open = max(self._domain.max_open, self._domain.open)
        if connection is not None:
            self.connections.add(connection)
        met = self.fault
        if self._left:
            self._left -= 1
            if not self._left:
                self.cured(self)
        return met

    def closed(self, connection: asyncssh.SSHServerConnection | None) -> None:
        """A client has gone."""
        self.count.open -= 1
        self._domain.open -= 1
        if connection is not None:
            self.connections.discard(connection)

    def logs_in(self, user: str, password: str, fault: str | None) -> bool:
        """Judge a login, and count it for the device and for the account."""
        limit = self._plan.request.lockout
        good = (
            user == self._plan.user
            and password == self._password
            and fault != "wrong_password"
            and not (self.change_fault == "lockout" and self.running != self._safe)
            and not (limit and self._domain.failed.get(user, 0) >= limit)
        )
        if good:
            self.count.logins += 1
        else:
            for failed in (self.count.failed, self._domain.failed):
                failed[user] = failed.get(user, 0) + 1
        return good

    def enables(self, password: str, fault: str | None) -> bool:
        """Judge an enable password."""
        return password == self._plan.enable_password and fault != "wrong_enable"

    def config(self, form: str) -> ConfigText:
        """The configuration as it is now; kept, because making one costs milliseconds."""
        key = (form, self._revision, self.running)
        if key not in self._configs:
            if len(self._configs) > 4:
                self._configs.clear()
            self._configs[key] = make_config(self.spec, *key)
        return self._configs[key]

    def edit(self, edit: Edit) -> None:
        """Take a line at once."""
        self.running = (*self.running, edit)

    def expire(self, before: tuple[Edit, ...], minutes: int) -> None:
        """Go back to a configuration after so many minutes, unless `settle` comes first."""
        self.settle()
        self._before = before
        later = asyncio.get_running_loop().call_later
        self._timer = later(minutes * self._minute, self.go_back)

    def settle(self) -> bool:
        """Confirm; False when nothing was to be confirmed."""
        timer, self._timer = self._timer, None
        if timer:
            timer.cancel()
        return timer is not None

    def go_back(self) -> bool:
        """Take back what has not been confirmed."""
        pending = self.settle()
        if pending:
            self.running = self._before
        return pending

    def host_key(self, seed: bytes) -> asyncssh.SSHKey:
        """The device's own key: always the same for a state directory, unless it has changed."""
        label = f"{self.spec.name}/{self.fault == 'changed_host_key'}"
        secret = hmac.digest(seed, label.encode(), hashlib.sha256)
        key = ed25519.Ed25519PrivateKey.from_private_bytes(secret)
        return asyncssh.import_private_key(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.OpenSSH,
                serialization.NoEncryption(),
            )
        )
