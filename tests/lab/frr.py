"""Real routers: FRRouting in network namespaces, reached over OpenSSH, BGP between them.

    with frr() as lab:
        run_ansible(lab.inventory)
        assert lab.routers[0].running_config() == fetched

Each router is a network namespace with its own host name, its own zebra, staticd and bgpd, and an
sshd whose only command is vtysh. The routers stand in a ring, each in an AS of its own; the host
reaches each over a veth of 198.18.0.0/15 (set aside by RFC 2544 for testing).

Needs root and the Debian packages frr and openssh-server. From the command line:
`python -m tests.lab.frr up --state DIR`, then `down`.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

MARKER = "S3cr3tMarker"
"""Stands in every secret of the routers' configurations."""

_FRR = Path("/usr/lib/frr")
_DAEMONS = ("zebra", "staticd", "bgpd", "ospfd")
_SOCKETS = Path("/var/run/frr")
_CONFIGS = Path("/etc/frr")
_LOCKS = Path("/run/netops-frr-lab")
_NEEDED = {
    "frr": (_FRR / "zebra", Path("/usr/bin/vtysh")),
    "openssh-server": (Path("/usr/sbin/sshd"),),
    "openssh-client": (Path("/usr/bin/ssh-keygen"),),
    "iproute2": (Path("/usr/sbin/ip"), Path("/sbin/ip")),
}
_BGP_SECONDS = 40.0
_START_SECONDS = 15.0


class FrrError(RuntimeError):
    """The routers cannot run here, or did not start; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Router:
    """One router. `space` is its name to FRR and to the kernel, unique to the lab."""

    name: str
    number: int
    space: str
    address: str
    host_address: str
    asn: int

    def running_config(self) -> bytes:
        """What `vtysh -c 'show running-config'` prints, byte for byte."""
        return self._vtysh("show running-config")

    def show(self, command: str) -> str:
        """The output of any vtysh command."""
        return self._vtysh(command).decode()

    def configure(self, *lines: str) -> None:
        """Enter lines in configuration mode; FrrError when vtysh complains."""
        output = self._vtysh("configure terminal", *lines).decode()
        if "%" in output:
            raise FrrError(f"{self.name}: {' / '.join(lines)}: {output.strip()}")

    def bgp_established(self) -> bool:
        """Are all its BGP sessions up, and has each brought routes?"""
        peers = json.loads(self.show("show bgp summary json")).get("ipv4Unicast", {}).get("peers")
        return bool(peers) and all(
            peer["state"] == "Established" and peer["pfxRcd"] for peer in peers.values()
        )

    def _vtysh(self, *commands: str) -> bytes:
        # vtysh takes the host name it prints from the namespace that it runs in
        uts = f"--uts=/proc/{_pids(self.space)[0]}/ns/uts"
        arguments = [part for command in commands for part in ("-c", command)]
        return _run("nsenter", uts, "vtysh", "-N", self.space, *arguments)


@dataclass(frozen=True)
class FrrLab:
    """Routers that run. `key` is a private key that logs in like the password does."""

    state: Path
    routers: tuple[Router, ...]
    user: str
    password: str

    @property
    def inventory(self) -> Path:
        """The Ansible inventory file."""
        return self.state / "inventory.yml"

    @property
    def key(self) -> Path:
        """A private key that may log in."""
        return self.state / "id_ed25519"

    def running_configs(self) -> dict[str, str]:
        """Each router's configuration as vtysh prints it on the router itself."""
        return {router.name: router.running_config().decode() for router in self.routers}


@contextmanager
def frr(routers: int = 3, state: Path | None = None) -> Iterator[FrrLab]:
    """Run a lab for a test; BGP is established when the block begins.

    Raises:
        FrrError: no root, a package is missing, or a router does not start.
    """
    _check_machine()
    _clean_orphans()
    with tempfile.TemporaryDirectory(prefix="frr-") as temporary:
        directory = state or Path(temporary)
        with _owned(_prefix(directory)):
            try:
                yield _start(directory, routers)
            finally:
                clean(_prefix(directory))


def up(state: Path, routers: int = 3) -> FrrLab:
    """Start a lab that outlives this process, or find it running."""
    _check_machine()
    prefix = _prefix(state)
    saved = state / "frr.json"
    if saved.exists() and any(name.startswith(prefix) for name in _namespaces()):
        raw = json.loads(saved.read_text())
        found = tuple(Router(**router) for router in raw["routers"])
        if len(found) == routers and all(_pids(router.space) for router in found):
            return FrrLab(state, found, raw["user"], raw["password"])
    return _start(state, routers)


def clean(prefix: str) -> None:
    """End every process in the namespaces of a lab and remove all it has made outside its state
    directory. Nothing happens to a lab that is not there."""
    names = [name for name in _namespaces() if name.startswith(f"{prefix}-")]
    _end([pid for name in names for pid in _pids(name)])
    for name in names:
        subprocess.run(["ip", "netns", "delete", name], check=True)  # takes its veths along
    for parent in (_SOCKETS, _CONFIGS):
        for directory in parent.glob(f"{prefix}-*"):
            shutil.rmtree(directory)
    if subprocess.run(["id", prefix], capture_output=True, check=False).returncode == 0:
        _run("userdel", prefix)


def _start(state: Path, count: int) -> FrrLab:
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    prefix = _prefix(state)
    clean(prefix)
    routers = _plan(prefix, count)
    lab = FrrLab(state, routers, prefix, f"{MARKER}-frr-{secrets.token_hex(4)}")
    _make_user(lab)
    for router in routers:
        _make_namespace(router)
    for left, right in _links(routers):
        _connect(left, right)
    for router in routers:
        _start_router(lab, router)
    _write(
        state / "frr.json",
        json.dumps(
            {
                "user": lab.user,
                "password": lab.password,
                "routers": [
                    {slot: getattr(router, slot) for slot in Router.__slots__} for router in routers
                ],
            }
        ),
    )
    _write(lab.inventory, yaml.safe_dump(_inventory(lab), sort_keys=False))
    _wait(
        lambda: all(router.bgp_established() for router in routers),
        _BGP_SECONDS,
        "the BGP sessions are not established",
    )
    return lab


def _plan(prefix: str, count: int) -> tuple[Router, ...]:
    taken = _run("ip", "-o", "address").decode()
    first = int(prefix[-4:], 16) % 254
    for third in (*range(first, 254), *range(first)):
        if f" 198.18.{third}." not in taken:
            return tuple(
                Router(
                    f"frr{n}",
                    n,
                    f"{prefix}-r{n}",
                    f"198.18.{third}.{4 * n + 2}",
                    f"198.18.{third}.{4 * n + 1}",
                    65_000 + n,
                )
                for n in range(1, count + 1)
            )
    raise FrrError("every network of 198.18.0.0/16 is in use: end other labs first")


def _make_user(lab: FrrLab) -> None:
    """An account for sshd; its shell only ever runs the forced command."""
    _run(
        "useradd",
        "--system",
        "--no-create-home",
        "--home-dir",
        "/",
        "--groups",
        "frr,frrvty",
        "--shell",
        "/bin/sh",
        lab.user,
    )
    _run("chpasswd", given=f"{lab.user}:{lab.password}\n")
    if not lab.key.exists():
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", lab.user, "-f", str(lab.key))


def _make_namespace(router: Router) -> None:
    host_side = f"{router.space.replace('-', '')}h"
    _run("ip", "netns", "add", router.space)
    _run(
        "ip",
        "link",
        "add",
        host_side,
        "type",
        "veth",
        "peer",
        "name",
        "mgmt0",
        "netns",
        router.space,
    )
    _run("ip", "address", "add", f"{router.host_address}/30", "dev", host_side)
    _run("ip", "link", "set", host_side, "up")
    inside = ("ip", "-n", router.space)
    _run(*inside, "link", "set", "lo", "up")
    _run(*inside, "address", "add", f"{router.address}/30", "dev", "mgmt0")
    _run(*inside, "link", "set", "mgmt0", "up")


def _links(routers: Sequence[Router]) -> list[tuple[Router, Router]]:
    """A ring; of two routers, a line."""
    ring = list(zip(routers, [*routers[1:], routers[0]], strict=True))
    return ring[: len(routers) if len(routers) > 2 else len(routers) - 1]


def _connect(left: Router, right: Router) -> None:
    _run(
        "ip",
        "link",
        "add",
        f"to-{right.name}",
        "netns",
        left.space,
        "type",
        "veth",
        "peer",
        "name",
        f"to-{left.name}",
        "netns",
        right.space,
    )
    _run("ip", "-n", left.space, "link", "set", f"to-{right.name}", "up")
    _run("ip", "-n", right.space, "link", "set", f"to-{left.name}", "up")


def _start_router(lab: FrrLab, router: Router) -> None:
    for parent in (_SOCKETS, _CONFIGS):
        directory = parent / router.space
        directory.mkdir(mode=0o755)
        shutil.chown(directory, "frr", "frr")
        directory.chmod(0o775)  # by its group the user may save, as an administrator may
    (_CONFIGS / router.space / "vtysh.conf").write_text("service integrated-vtysh-config\n")
    config = _CONFIGS / router.space / "frr.conf"
    _write(
        config,
        _router_config(
            router,
            [
                right if left == router else left
                for left, right in _links(lab.routers)
                if router in (left, right)
            ],
        ),
    )
    shutil.chown(config, "frr", "frr")
    for daemon in _DAEMONS:
        _inside(router, f"{_FRR}/{daemon} -d -N {router.space}")
    sockets = [_SOCKETS / router.space / f"{daemon}.vty" for daemon in _DAEMONS]
    _wait(
        lambda: all(socket.exists() for socket in sockets),
        _START_SECONDS,
        f"{router.name}: its daemons do not answer, see journalctl -t bgpd",
    )
    _inside(router, f"vtysh -N {router.space} -b")
    _start_sshd(lab, router)


def _router_config(router: Router, neighbours: Sequence[Router]) -> str:
    """A small configuration with the secrets that these daemons keep."""
    interfaces = "".join(
        f"""\
interface to-{peer.name}
 description ring to {peer.name}
 ip address {_link_address(router, peer)}/30
 ip ospf message-digest-key 1 md5 {MARKER}ospf
exit
!
"""
        for peer in neighbours
    )
    sessions = "".join(
        f"""\
 neighbor {_link_address(peer, router)} remote-as {peer.asn}
 neighbor {_link_address(peer, router)} description {peer.name}
 neighbor {_link_address(peer, router)} password {MARKER}bgp
 neighbor {_link_address(peer, router)} timers 1 30
 neighbor {_link_address(peer, router)} timers connect 1
"""
        for peer in neighbours
    )
    return f"""\
frr version 8.4.4
frr defaults traditional
hostname {router.name}
log syslog informational
ip forwarding
service integrated-vtysh-config
password {MARKER}vty{router.number}
enable password {MARKER}enable{router.number}
!
ip route 203.0.113.0/24 blackhole
!
{interfaces}interface lo
 ip address 10.255.0.{router.number}/32
exit
!
router bgp {router.asn}
 bgp router-id 10.255.0.{router.number}
 no bgp ebgp-requires-policy
{sessions} !
 address-family ipv4 unicast
  network 10.255.0.{router.number}/32
 exit-address-family
exit
!
router ospf
 ospf router-id 10.255.0.{router.number}
 network 10.255.0.0/16 area 0
 area 0 authentication message-digest
exit
!
ip prefix-list LOOPBACKS seq 5 permit 10.255.0.0/16 le 32
!
route-map LOOPBACKS permit 10
 match ip address prefix-list LOOPBACKS
exit
!
end
"""


def _link_address(router: Router, peer: Router) -> str:
    low, high = sorted((router.number, peer.number))
    return f"10.{low}.{high}.{1 if router.number == low else 2}"


def _start_sshd(lab: FrrLab, router: Router) -> None:
    host_key = lab.state / f"{router.name}.host_key"
    if not host_key.exists():
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(host_key))
    Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    # sshd reads it as the user, who cannot look into the state directory
    keys = _CONFIGS / router.space / "authorized_keys"
    keys.write_bytes(lab.key.with_suffix(".pub").read_bytes())
    config = lab.state / f"{router.name}.sshd_config"
    _write(
        config,
        f"""\
ListenAddress {router.address}:22
HostKey {host_key}
PidFile none
UsePAM no
StrictModes no
AllowUsers {lab.user}
AuthorizedKeysFile {keys}
PasswordAuthentication yes
KbdInteractiveAuthentication no
AllowTcpForwarding no
X11Forwarding no
PrintMotd no
UseDNS no
ForceCommand vtysh -N {router.space}
""",
    )
    _inside(router, f"/usr/sbin/sshd -f {config}")


def _inside(router: Router, command: str) -> None:
    """Run a command in the router's network, under its name."""
    _run(
        "ip",
        "netns",
        "exec",
        router.space,
        "unshare",
        "--uts",
        "sh",
        "-c",
        f"hostname {router.name} && exec {command}",
    )


def _inventory(lab: FrrLab) -> dict[str, Any]:
    return {
        "all": {
            "vars": {
                "ansible_user": lab.user,
                "ansible_password": lab.password,
                "ansible_network_os": "frr.frr.frr",
                "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            },
            "children": {
                "frr": {
                    "vars": {"site": "lab"},
                    "hosts": {
                        router.name: {"ansible_host": router.address} for router in lab.routers
                    },
                }
            },
        }
    }


def _prefix(state: Path) -> str:
    """Names namespaces, interfaces, FRR's path space and the user: unique to a state directory."""
    return "nf" + hashlib.sha256(str(state.resolve()).encode()).hexdigest()[:4]


def _namespaces() -> list[str]:
    return [line.split()[0] for line in _run("ip", "netns", "list").decode().splitlines()]


def _pids(space: str) -> list[int]:
    return [int(pid) for pid in _run("ip", "netns", "pids", space).split()]


def _end(pids: Sequence[int]) -> None:
    """Ask each process to end, wait, and insist."""
    for number, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0)):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while any(Path(f"/proc/{pid}").exists() for pid in pids):
            if time.monotonic() > deadline:
                break
            time.sleep(0.02)


@contextmanager
def _owned(prefix: str) -> Iterator[None]:
    """Hold a lock as long as the lab has an owner: one without is a leftover."""
    _LOCKS.mkdir(mode=0o755, exist_ok=True)
    path = _LOCKS / prefix
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
        path.unlink()


def _clean_orphans() -> None:
    """Remove what labs have left behind whose process was killed."""
    for path in _LOCKS.glob("*"):
        with path.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            clean(path.name)
            path.unlink(missing_ok=True)


def _check_machine() -> None:
    if os.geteuid() != 0:
        raise FrrError("the FRR lab makes network namespaces: run it as root")
    missing = [
        package for package, files in _NEEDED.items() if not any(file.exists() for file in files)
    ]
    if missing:
        raise FrrError(
            "the FRR lab needs Debian packages that are not installed: "
            f"apt-get install {' '.join(missing)}"
        )


def _wait(done: Any, seconds: float, complaint: str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise FrrError(f"{complaint} after {seconds:.0f} s")
        time.sleep(0.05)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _run(*command: str, given: str | None = None) -> bytes:
    done = subprocess.run(
        command, capture_output=True, check=False, input=None if given is None else given.encode()
    )
    if done.returncode:
        said = (done.stderr + done.stdout).decode().strip()
        raise FrrError(f"{' '.join(command)}: {said or done.returncode}")
    return done.stdout


def main(arguments: list[str] | None = None) -> int:
    """Start or stop a lab that stays."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab.frr",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["up", "down"])
    parser.add_argument("--state", type=Path, required=True, help="the lab's directory")
    parser.add_argument("--routers", type=int, default=3)
    options = parser.parse_args(arguments)
    try:
        if options.command == "up":
            print(up(options.state, options.routers).inventory)
        else:
            clean(_prefix(options.state))
    except FrrError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
