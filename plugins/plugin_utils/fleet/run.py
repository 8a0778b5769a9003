# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task over the whole fleet: the engine's only entrance."""

from __future__ import annotations

import resource
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nornir.core import Nornir
from nornir.core.configuration import Config
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.processor import Processors
from nornir.core.state import GlobalState

from .connection import FleetNetmiko
from .device import Device
from .guard import Guard, GuardOptions
from .host import CONNECTION, Links, fleet_inventory
from .jump import Bastions
from .known_hosts import KnownHosts
from .middleware.base import Middleware
from .middleware.hooks import Hook, hooked
from .middleware.watch import Watch
from .profile import ThreadProfile, profiled
from .retry import RetryPolicy, with_retry
from .window import WindowRunner

MAX_WORKERS = 100
"""Beyond a hundred threads the interpreter lock is the bound and more of them only wait."""
FILES_PER_DEVICE = 4
"""A socket, netmiko's log handles, and room for a retry before the old socket is gone."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Who is worked on: names, and how a name becomes a `Device` when its turn has come."""

    names: Sequence[str]
    resolve: Callable[[str], Device]


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """How the engine works. ``deadline`` in seconds, for a device with all its attempts.

    ``hooks``: the user's own middleware, in their order. ``profile`` collects where time goes.
    """

    workers: int | None = None
    deadline: float = 120.0
    retry: RetryPolicy = field(default_factory=RetryPolicy)
    known_hosts: Path | None = None
    learn_host_keys: bool = True
    guard: GuardOptions = field(default_factory=GuardOptions)
    hooks: Sequence[Hook] = ()
    profile: ThreadProfile | None = None

    @property
    def window(self) -> int:
        """Devices in flight at most."""
        return self.workers or default_workers()


def run_fleet(
    fleet: Fleet,
    work: Callable[..., Any],
    params: Mapping[str, Any],
    middleware: Sequence[Middleware],
    options: FleetOptions,
    stop: threading.Event,
    guard: Guard,
) -> None:
    """Run the Nornir task ``work`` on every device, with retry, deadline and middleware.

    ``guard`` decides who may be tried.

    Raises only what middleware raised. After ``stop`` is set it returns within a second; devices
    that had not started by then have no outcome.
    """
    known_hosts = KnownHosts(options.known_hosts, learn=options.learn_host_keys)
    bastions = Bastions(known_hosts)
    runner = WindowRunner(options.window, options.deadline, fleet.resolve, stop, guard)
    nornir = Nornir(
        inventory=fleet_inventory(fleet.names, Links(known_hosts, bastions, guard)),
        runner=runner,
        config=Config(),
        data=GlobalState(),
        processors=Processors([*middleware, Watch(guard)]),
    )
    _register_connections()
    try:
        name = getattr(work, "__name__", type(work).__name__)
        flight = hooked(profiled(with_retry, options.profile), options.hooks)
        nornir.run(flight, name=name, work=work, policy=options.retry, params=params)
    finally:
        stop.set()
        bastions.close()
        guard.close()


def _register_connections() -> None:
    """Every installed connection plugin for the user's own tasks, and ours in netmiko's place."""
    ConnectionPluginRegister.deregister_all()
    ConnectionPluginRegister.auto_register()
    ConnectionPluginRegister.available[CONNECTION] = FleetNetmiko


def default_workers() -> int:
    """As many as the open-files limit carries, up to `MAX_WORKERS`."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_WORKERS
    return max(1, min(MAX_WORKERS, (soft - 64) // FILES_PER_DEVICE))
