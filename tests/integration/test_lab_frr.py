"""The real routers: that they are ones, and that the simulated dialect is like them."""

from __future__ import annotations

import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import paramiko
import pytest
import yaml
from netmiko import ConnectHandler

from tests.lab.fleet import fleet
from tests.lab.frr import MARKER, FrrError, FrrLab, frr

ROOT = Path(__file__).parents[2]
TYPED = (
    "",
    "terminal length 0",
    "terminal width 511",
    "nonsense at all",
    "show running-config | include hostname",
    "sh run | include ^hostname",
    "terminal length 5",
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrrLab]:
    """Three routers in a ring, BGP established."""
    with frr(3, tmp_path_factory.mktemp("frr")) as running:
        yield running


def converse(
    address: str, port: int, user: str, password: str, prompt: str, lines: tuple[str, ...]
) -> list[str]:
    """What a terminal shows from the greeting on, cut at each prompt."""
    transport = paramiko.Transport((address, port))
    try:
        transport.start_client(timeout=20)
        transport.auth_password(user, password)
        channel = transport.open_session()
        channel.get_pty(width=511, height=1000)
        channel.invoke_shell()
        channel.settimeout(5)
        shown = []
        for line in (None, *lines):
            if line is not None:
                channel.sendall(f"{line}\n".encode())
            seen = b""
            while not seen.endswith(prompt.encode()):
                seen += channel.recv(65536)
            shown.append(seen.decode())
        return shown
    finally:
        transport.close()


def test_bgp_runs_between_all_routers(lab: FrrLab) -> None:
    """Each is an AS of its own and learns the loopbacks of the others."""
    assert len({router.asn for router in lab.routers}) == 3
    for router in lab.routers:
        assert router.bgp_established()
        table = router.show("show bgp ipv4 unicast")
        assert all(f"10.255.0.{other.number}/32" in table for other in lab.routers)


def test_ssh_shows_the_running_config_byte_for_byte(lab: FrrLab) -> None:
    """What comes through sshd and a terminal is what vtysh prints, with CR before each LF."""
    for router in lab.routers:
        prompt = f"{router.name}# "
        *_, shown = converse(
            router.address,
            22,
            lab.user,
            lab.password,
            prompt,
            ("terminal length 0", "show running-config"),
        )
        text = shown.removeprefix("show running-config\r\n").removesuffix(prompt)
        assert text.replace("\r\n", "\n").encode() == router.running_config()


def test_netmiko_and_keys_work(lab: FrrLab) -> None:
    """The cisco_ios driver reads the configuration; the lab's key logs in as the password does."""
    router = lab.routers[0]
    with ConnectHandler(
        device_type="cisco_ios",
        host=router.address,
        username=lab.user,
        use_keys=True,
        key_file=str(lab.key),
    ) as session:
        text = str(session.send_command("show running-config"))
    assert text.strip() == router.running_config().decode().strip()


def test_a_changed_router_shows_the_change(lab: FrrLab) -> None:
    """Lines entered with vtysh stand in the configuration; wrong ones are told."""
    router = lab.routers[1]
    router.configure("ip prefix-list NEW seq 5 permit 192.0.2.0/24")
    assert b"ip prefix-list NEW seq 5 permit 192.0.2.0/24\n" in router.running_config()
    router.configure("no ip prefix-list NEW")
    assert b"NEW" not in router.running_config()
    with pytest.raises(FrrError, match="Unknown command"):
        router.configure("nonsense")


def test_secrets_are_planted(lab: FrrLab) -> None:
    """BGP, OSPF, vty and enable passwords, all with the marker."""
    text = lab.routers[0].running_config().decode()
    for secret in (
        "neighbor 10.1.2.2 password",
        "message-digest-key 1 md5",
        "password",
        "enable password",
    ):
        assert f"{secret} {MARKER}" in text


def test_the_inventory_is_an_ordinary_one(lab: FrrLab) -> None:
    """Ansible's own variables, readable by the owner only."""
    inventory = yaml.safe_load(lab.inventory.read_text())["all"]
    assert inventory["vars"]["ansible_network_os"] == "frr.frr.frr"
    assert inventory["vars"]["ansible_user"] == lab.user
    assert set(inventory["children"]["frr"]["hosts"]) == {"frr1", "frr2", "frr3"}
    assert lab.inventory.stat().st_mode & 0o077 == 0


def test_the_simulated_frr_is_like_the_real_one(lab: FrrLab, tmp_path: Path) -> None:
    """Greeting, echo, prompt, complaints and filters are the same, but for the host's name."""
    real = converse(lab.routers[0].address, 22, lab.user, lab.password, "frr1# ", TYPED)
    with fleet(1, state=tmp_path, platforms=("frr",)) as fake:
        simulated = converse(
            fake.plan.devices[0].address,
            fake.plan.port,
            fake.plan.user,
            fake.plan.password,
            "r1# ",
            TYPED,
        )
    assert [text.replace("frr1", "r1") for text in real] == simulated


def test_ios_differs_where_it_should(lab: FrrLab, tmp_path: Path) -> None:
    """Echo, prompt and an empty line are alike; IOS knows `terminal width`, vtysh does not."""
    typed = ("", "terminal length 0", "terminal width 511")
    real = converse(lab.routers[0].address, 22, lab.user, lab.password, "frr1# ", typed)
    with fleet(1, state=tmp_path, platforms=("cisco_ios",)) as fake:
        simulated = converse(
            fake.plan.devices[0].address,
            fake.plan.port,
            fake.plan.user,
            fake.plan.password,
            "r1#",
            typed,
        )
    like_ios = [text.replace("frr1# ", "r1#") for text in real]
    assert like_ios[1:3] == simulated[1:3]
    assert simulated[3] == "terminal width 511\r\nr1#"
    assert "% Unknown command" in like_ios[3]


def traces(prefix: str) -> list[str]:
    """What a lab of that name has on this machine outside its own directory."""
    spaces = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    found = [line for line in spaces.stdout.splitlines() if line.startswith(prefix)]
    for parent in ("/var/run/frr", "/etc/frr"):
        found += [str(path) for path in Path(parent).glob(f"{prefix}*")]
    return found + [user.pw_name for user in pwd.getpwall() if user.pw_name == prefix]


def test_a_second_lab_and_a_killed_one_leave_nothing(lab: FrrLab, tmp_path: Path) -> None:
    """Two labs run side by side; what a killed one has left is removed by the next."""
    program = (
        "import pathlib, sys\n"
        "from tests.lab.frr import frr\n"
        f"with frr(2, pathlib.Path({str(tmp_path / 'killed')!r})) as lab:\n"
        "    print(lab.user, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as owner:
        assert owner.stdout is not None
        killed = owner.stdout.readline().strip()
        owner.send_signal(signal.SIGKILL)
    assert traces(killed)
    with frr(2, tmp_path / "next") as other:
        assert not traces(killed)
        assert {router.address for router in other.routers}.isdisjoint(
            router.address for router in lab.routers
        )
    deadline = time.monotonic() + 5
    while traces(other.user) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not traces(other.user)
    assert all(router.bgp_established() for router in lab.routers)
