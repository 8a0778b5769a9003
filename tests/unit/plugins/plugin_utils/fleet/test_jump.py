# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jump hosts: devices that are reached through one bastion or through two."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncssh
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import (
    Device,
    HostKeyCheck,
    Jump,
)
from ansible_collections.prime.netops.plugins.plugin_utils.tasks.fetch_config import fetch_config

from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, LONG, Flights, Kept, an_ios, fly
from tests.unit.plugins.plugin_utils.fleet.servers import (
    LOOPBACK,
    PASSWORD,
    USER,
    SshServer,
    closed_port,
    raw_server,
)

Start = Callable[..., SshServer]
CONFIG = {"show running-config": "hostname r1\r\nend"}


def behind(name: str, port: int, *jumps: SshServer | int, **details: Any) -> Device:
    """A device behind jump hosts."""
    ports = [jump if isinstance(jump, int) else jump.port for jump in jumps]
    way = tuple(Jump(LOOPBACK, port) for port in ports)
    known = {"username": USER, "password": PASSWORD, **details}
    return an_ios(name, port=port, jumps=way, **known)


def fetch(*devices: Device, **options: Any) -> Kept:
    """Fetch the configurations of the devices."""
    return fly(fetch_config, devices, **options)


def class_of(kept: Kept, name: str) -> ErrorClass:
    """The class of a device's failure."""
    error = kept[name].error
    assert error is not None
    return error.error_class


def test_devices_share_the_connection_to_their_bastion(ssh_server: Start, tmp_path: Path) -> None:
    """One login at the bastion for all of them, and nothing is left open there afterwards."""
    bastion = ssh_server(forwards=True)
    routers = [ssh_server(outputs=CONFIG) for _ in range(5)]
    devices = [behind(f"r{n}", router.port, bastion) for n, router in enumerate(routers)]
    kept = fetch(*devices, workers=5, known_hosts=tmp_path / "known_hosts")
    assert [outcome.status for outcome in kept.outcomes] == ["ok"] * 5
    assert len(bastion.logins) == 1
    assert sorted(bastion.forwarded) == sorted((LOOPBACK, router.port) for router in routers)
    assert bastion.empty.wait(LONG)
    assert all(router.empty.wait(LONG) for router in routers)
    known = (tmp_path / "known_hosts").read_text()
    assert all(f"[{LOOPBACK}]:{server.port} " in known for server in (bastion, *routers))


def test_two_jump_hosts_in_a_row(ssh_server: Start) -> None:
    """The second one is reached through the first, the device through the second."""
    first, second = ssh_server(forwards=True), ssh_server(forwards=True)
    routers = [ssh_server(outputs=CONFIG) for _ in range(3)]
    devices = [behind(f"r{n}", router.port, first, second) for n, router in enumerate(routers)]
    kept = fetch(*devices, workers=2)
    assert [outcome.status for outcome in kept.outcomes] == ["ok"] * 3
    assert first.forwarded == [(LOOPBACK, second.port)]
    assert sorted(port for _, port in second.forwarded) == sorted(r.port for r in routers)
    assert first.empty.wait(LONG)
    assert second.empty.wait(LONG)


def test_a_bastion_that_reloads_is_entered_again(ssh_server: Start) -> None:
    """What broke is opened anew by the next attempt."""
    bastion, router = ssh_server(forwards=True), ssh_server(outputs=CONFIG)

    def work(task: Any) -> Any:
        if not bastion.logins:
            session = task.host.get_connection("netmiko", task.nornir.config)
            bastion.drop()
            session.remote_conn.get_transport().join(LONG)  # until it is noticed here
            raise EOFError
        return fetch_config(task)

    kept = fly(work, [behind("r1", router.port, bastion)], retry=AT_ONCE)
    assert kept["r1"].status == "ok"
    assert len(bastion.logins) == 2


def test_a_bastion_that_refuses_the_login_is_asked_once(ssh_server: Start) -> None:
    """A hundred devices behind it, with their retries, would lock the account."""
    bastion, router = ssh_server(forwards=True), ssh_server(outputs=CONFIG)
    devices = [behind(f"r{n}", router.port, bastion, password="wrong-one") for n in range(6)]
    kept = fetch(*devices, workers=3, retry=AT_ONCE)
    assert {class_of(kept, f"r{n}") for n in range(6)} == {ErrorClass.AUTH_FAILED}
    assert all(f"jump host {LOOPBACK}" in outcome.message for outcome in kept.outcomes)
    assert bastion.logins == [(USER, "wrong-one", False)]
    assert bastion.empty.wait(LONG)


def test_another_login_at_the_same_bastion_is_another_connection(ssh_server: Start) -> None:
    """One device's wrong password is not the failure of the device beside it."""
    bastion, router = ssh_server(forwards=True), ssh_server(outputs=CONFIG)
    wrong = behind("wrong", router.port, bastion, password="wrong-one")
    kept = fetch(wrong, behind("right", router.port, bastion), workers=1)
    assert class_of(kept, "wrong") is ErrorClass.AUTH_FAILED
    assert kept["right"].status == "ok"


def test_a_dead_bastion_is_named(ssh_server: Start) -> None:
    """Its devices are unreachable, and the message says because of whom."""
    kept = fetch(behind("r1", 22, closed_port()))
    assert class_of(kept, "r1") is ErrorClass.UNREACHABLE
    assert kept["r1"].message.startswith(f"jump host {LOOPBACK}: ")


def test_a_bastion_that_forwards_nothing_is_named(ssh_server: Start) -> None:
    """Its login works, and then it does not let anybody through."""
    kept = fetch(behind("r1", 22, ssh_server(forwards=False)))
    assert class_of(kept, "r1") is ErrorClass.UNREACHABLE
    assert f"jump host {LOOPBACK}" in kept["r1"].message


def test_a_silent_bastion_holds_up_nobody_else(ssh_server: Start) -> None:
    """Devices behind another bastion are done while it is still being waited for."""
    bastion, router = ssh_server(forwards=True), ssh_server(outputs=CONFIG)
    knocked = threading.Event()

    class LostIsLate(Flights):
        def device_done(self, host: Any, outcome: Any) -> None:
            if host.name == "healthy":
                self.expire("lost")

    lost_is_late = LostIsLate()
    with raw_server(lambda connection: knocked.set()) as silent:

        def work(task: Any) -> Any:
            if task.host.name == "healthy":
                assert knocked.wait(LONG)
            return fetch_config(task)

        lost = behind("lost", 22, silent)
        healthy = behind("healthy", router.port, bastion)
        kept = fly(work, [lost, healthy], workers=2, middleware=[lost_is_late])
    assert [outcome.name for outcome in kept.outcomes] == ["healthy", "lost"]
    assert kept["healthy"].status == "ok"
    assert kept["lost"].status == "unreachable"


def test_a_bastion_with_another_key_gets_no_password(ssh_server: Start, tmp_path: Path) -> None:
    """The first hop is guarded like any device."""
    options = {"known_hosts": tmp_path / "known_hosts"}
    bastion, router = ssh_server(forwards=True), ssh_server(outputs=CONFIG)
    assert fetch(behind("r1", router.port, bastion), **options)["r1"].status == "ok"
    bastion.close()
    key = asyncssh.generate_private_key("ssh-ed25519")
    other = ssh_server(key, forwards=True, port=bastion.port)
    kept = fetch(behind("r1", router.port, other), **options)
    assert class_of(kept, "r1") is ErrorClass.HOST_KEY_CHANGED
    assert f"jump host {LOOPBACK}" in kept["r1"].message
    assert other.logins == []


def test_a_strict_fleet_knows_its_bastions(ssh_server: Start) -> None:
    """An unknown one is refused."""
    bastion = ssh_server(forwards=True)
    strict = behind("r1", 22, bastion, host_key_check=HostKeyCheck.STRICT)
    kept = fetch(strict)
    assert class_of(kept, "r1") is ErrorClass.HOST_KEY_CHANGED
    assert bastion.logins == []
