"""Real routers over real SSH: FRRouting behind OpenSSH, backed up by the role."""

from __future__ import annotations

import getpass
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.playbook import BACKUP, Controller
from tests.integration.processes import until
from tests.lab.frr import MARKER, FrrLab, frr


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrrLab]:
    """Three routers in a ring, BGP established."""
    with frr(3, tmp_path_factory.mktemp("frr")) as running:
        yield running


def with_variables(controller: Controller, lab: FrrLab, **variables: Any) -> Path:
    """The lab's inventory with more variables for all routers."""
    inventory = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    inventory["all"]["vars"] |= variables
    return controller.write("inventory.yml", inventory)


def test_the_stored_text_is_the_routers_own(lab: FrrLab, controller: Controller) -> None:
    """Byte for byte what `vtysh -c 'show running-config'` prints: FRR has no volatile line. Git
    has the same lines but for the secrets."""
    play = controller.play(BACKUP, lab.inventory)
    assert play.rc == 0, play.output
    assert play.hosts("changed") == {"frr1", "frr2", "frr3"}
    real = lab.running_configs()
    assert controller.texts() == real
    for name, text in real.items():
        kept = controller.git("show", f"HEAD:lab/{name}").splitlines()
        assert MARKER not in "\n".join(kept)
        lines = text.splitlines()
        plain = [line for line in lines if MARKER not in line]
        assert len(plain) < len(lines)
        assert [line for line in kept if "<redacted>" not in line] == plain


def test_a_change_on_one_router_is_one_change(lab: FrrLab, controller: Controller) -> None:
    """Nothing changed: none reported; after a real `configure terminal`: exactly that router, and
    its diff shows the line."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    again = controller.play(BACKUP, lab.inventory)
    assert (again.rc, again.hosts("changed")) == (0, set())
    lab.routers[1].configure("ip route 192.0.2.0/24 blackhole")
    play = controller.play(BACKUP, lab.inventory, "--diff")
    assert (play.rc, play.hosts("changed")) == (0, {"frr2"})
    assert "+ip route 192.0.2.0/24 blackhole" in play.stdout.splitlines()
    assert MARKER not in play.output
    assert controller.texts() == lab.running_configs()


def test_a_key_instead_of_a_password(lab: FrrLab, controller: Controller) -> None:
    """`ansible_ssh_private_key_file` logs in without any password."""
    inventory = with_variables(
        controller, lab, ansible_password="", ansible_ssh_private_key_file=str(lab.key)
    )
    play = controller.play(BACKUP, inventory)
    assert play.rc == 0, play.output
    assert controller.texts() == lab.running_configs()


def test_a_wrong_password_is_tried_once(lab: FrrLab, controller: Controller) -> None:
    """OpenSSH refuses: the router fails as auth_failed after one attempt, the others are done."""
    group = yaml.safe_load(lab.inventory.read_text(encoding="utf-8"))
    group["all"]["children"]["frr"]["hosts"]["frr2"]["ansible_password"] = f"{MARKER}-not-it"
    play = controller.play(BACKUP, controller.write("inventory.yml", group))
    assert play.rc == 2
    assert play.hosts("failed") == {"frr2"}
    assert play.hosts("changed") == {"frr1", "frr3"}
    assert "frr2: auth_failed: the device refused the login" in play.text
    assert MARKER not in play.output
    assert controller.outcomes()["frr2"].attempts == 1


def test_another_host_key_is_refused(lab: FrrLab, controller: Controller) -> None:
    """A router that shows another key than last time is not talked to; its last good copy stays,
    and deleting the line, as the remedy says, lets it in again."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    known = controller.state / "known_hosts"
    lines = known.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 3
    first, second = (
        next(line for line in lines if line.startswith(router.address))
        for router in lab.routers[:2]
    )
    swapped = " ".join([first.split()[0], *second.split()[1:]])
    known.write_text("\n".join([swapped, *(line for line in lines if line != first)]) + "\n")
    texts = controller.texts()
    play = controller.play(BACKUP, lab.inventory)
    assert play.hosts("failed") == {"frr1"}
    assert "frr1: host_key_changed: " in play.text
    assert f"{lab.routers[0].address} showed another SSH host key" in play.text
    assert str(known) in play.text
    assert "delete its line from the known_hosts file" in play.text
    assert controller.texts() == texts
    known.write_text("\n".join(line for line in lines if line != first) + "\n")
    assert controller.play(BACKUP, lab.inventory).rc == 0
    assert sorted(known.read_text(encoding="utf-8").splitlines()) == sorted(lines)


@dataclass(frozen=True)
class Bastion:
    """An OpenSSH server that lets the lab's user through to other places, and its log."""

    port: int
    log: Path

    def logins(self) -> int:
        """How often somebody has logged in."""
        return self.log.read_text(encoding="utf-8").count("Accepted password")


@pytest.fixture
def bastion(lab: FrrLab, tmp_path: Path) -> Iterator[Bastion]:
    """A jump host on loopback, by which the routers can be reached."""
    assert getpass.getuser() == "root"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key, log, config = tmp_path / "host_key", tmp_path / "log", tmp_path / "sshd_config"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    config.write_text(
        f"ListenAddress 127.0.0.1:{port}\nHostKey {key}\nPidFile none\nUsePAM no\n"
        f"AllowUsers {lab.user}\nPasswordAuthentication yes\nAllowTcpForwarding yes\n"
        "ForceCommand /bin/false\n",
        encoding="utf-8",
    )
    server = subprocess.Popen(["/usr/sbin/sshd", "-D", "-f", config, "-E", log])
    try:
        until(lambda: _listens(port), 30, "the jump host")
        yield Bastion(port, log)
    finally:
        server.terminate()
        server.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_jump_host_leads_to_the_routers(
    lab: FrrLab, controller: Controller, bastion: Bastion
) -> None:
    """ProxyJump as estates write it: all routers through one login at the jump host, over their
    own SSH sessions, with the same texts as without it."""
    jump = f"-o ProxyJump={lab.user}@127.0.0.1:{bastion.port}"
    inventory = with_variables(controller, lab, ansible_ssh_common_args=jump)
    play = controller.play(BACKUP, inventory)
    assert play.rc == 0, play.output
    assert controller.texts() == lab.running_configs()
    assert bastion.logins() == 1
    assert len((controller.state / "known_hosts").read_text(encoding="utf-8").splitlines()) == 4


def test_a_dead_jump_host_is_named(lab: FrrLab, controller: Controller) -> None:
    """When the jump host is not there, that is what the message says."""
    inventory = with_variables(controller, lab, ansible_ssh_common_args="-J nobody@127.0.0.1:9")
    play = controller.play(BACKUP, inventory, backup_attempts=1)
    assert play.rc == 4
    assert play.hosts("unreachable") == {"frr1", "frr2", "frr3"}
    assert "frr1: unreachable: jump host 127.0.0.1" in play.text
