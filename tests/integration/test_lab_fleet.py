"""The simulated fleet against real SSH clients: it must behave as the devices do."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paramiko
import pytest
import yaml
from netmiko import ConnectHandler

from tests.lab.fleet import MARKER, DeviceSpec, Lab, LabError, fleet
from tests.lab.fleet.configs import make_config
from tests.lab.fleet.control import down, is_running, up
from tests.lab.fleet.dialects import DIALECTS, Show
from tests.lab.fleet.faults import FAULTS
from tests.lab.fleet.plan import Request

ROOT = Path(__file__).parents[2]
# platform -> netmiko's name for it, and the command a person would type
COMMANDS = {
    "cisco_ios": ("cisco_ios", "show running-config"),
    "cisco_xe": ("cisco_xe", "show running-config"),
    "cisco_nxos": ("cisco_nxos", "show running-config"),
    "cisco_xr": ("cisco_xr", "show running-config"),
    "arista_eos": ("arista_eos", "show running-config"),
    "juniper_junos": ("juniper_junos", "show configuration | no-more"),
    "nokia_sros": ("nokia_sros", "admin display-config"),
    "huawei_vrp": ("huawei_vrp", "display current-configuration"),
    "fortinet": ("fortinet", "show"),
    "paloalto_panos": ("paloalto_panos", "show config running"),
    "mikrotik_routeros": ("mikrotik_routeros", "/export"),
    "vyos": ("vyos", "show configuration"),
    "frr": ("cisco_ios", "show running-config"),
}
SECRETS = re.compile(
    r"(?:password|passwd|secret|community|key-string|shared-key|psksecret|phash)[ =:]"
    r"(?!server|strength|complexity|encryption|chain)",
    re.IGNORECASE,
)


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """One device of each platform, r1 to r13; logins land below enable mode where there is one."""
    state = tmp_path_factory.mktemp("zoo")
    with fleet(13, state=state, unprivileged=True) as lab:
        yield lab


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three Cisco switches."""
    state = tmp_path_factory.mktemp("trio")
    with fleet(3, state=state, platforms=("cisco_ios",), size_kb=5) as lab:
        yield lab


@pytest.fixture
def lab(trio: Lab) -> Lab:
    """The three switches, all of them well."""
    trio.restore()
    return trio


def fetch(lab: Lab, device: DeviceSpec) -> str:
    """The configuration as netmiko gets it, with the enable password where one is needed."""
    driver, command = COMMANDS[device.platform]
    with ConnectHandler(
        device_type=driver,
        host=device.address,
        port=lab.plan.port,
        username=lab.plan.user,
        password=lab.plan.password,
        secret=lab.plan.enable_password,
    ) as session:
        if device.unprivileged:
            session.enable()
        return str(session.send_command(command, read_timeout=20))


def stable(text: str) -> list[str]:
    """The lines that do not change from one show to the next, without blanks at their ends."""
    salted = re.compile(r"(ENC |%#S)\S+")
    moving = re.compile(r"\d\d:\d\d:\d\d|clock-period")
    lines = (salted.sub("<salted>", line.rstrip()) for line in text.splitlines())
    return [line for line in lines if line and not moving.search(line)]


def made(device: DeviceSpec, revision: int = 1) -> str:
    """The configuration as the lab makes it."""
    return make_config(device, revision=revision).render().decode()


class Terminal:
    """A terminal that a person types at."""

    def __init__(self, lab: Lab, name: str, password: str | None = None) -> None:
        self.transport = connect(lab, name)
        self.transport.auth_password(lab.plan.user, password or lab.plan.password)
        self.channel = self.transport.open_session()
        self.channel.get_pty(width=80, height=60)
        self.channel.invoke_shell()
        self.channel.settimeout(10)
        self.at_a_time = 65536

    def read(self, *until: str) -> str:
        """What appears until the text ends so; TimeoutError when nothing comes for 10 s."""
        seen = ""
        while not seen.endswith(until):
            data = self.channel.recv(self.at_a_time)
            if not data:
                raise EOFError(seen)
            seen += data.decode()
        return seen

    def type(self, text: str, *until: str) -> str:
        """What a line typed brings up."""
        self.channel.sendall(text.encode())
        return self.read(*until)


def connect(lab: Lab, name: str, **options: Any) -> paramiko.Transport:
    """An SSH transport that has shaken hands."""
    device = lab.plan.device(name)
    connection = socket.create_connection((device.address, lab.plan.port), timeout=5)
    transport = paramiko.Transport(connection, **options)
    transport.banner_timeout = 5
    try:
        transport.start_client(timeout=20)
    except BaseException:
        transport.close()
        raise
    return transport


@contextmanager
def terminal(lab: Lab, name: str = "r1", password: str | None = None) -> Iterator[Terminal]:
    """A terminal at the prompt of an IOS device."""
    opened = Terminal(lab, name, password)
    try:
        opened.read(f"{name}#")
        yield opened
    finally:
        opened.transport.close()


def show(lab: Lab, name: str = "r1", at_a_time: int = 65536) -> str:
    """The configuration of an IOS device, as a session without paging shows it."""
    with terminal(lab, name) as session:
        session.at_a_time = at_a_time
        session.type("terminal length 0\n", f"{name}#")
        return session.type("show running-config\n", f"{name}#")


def key_of(lab: Lab, name: str) -> bytes:
    """The host key that a device shows."""
    transport = connect(lab, name)
    try:
        return transport.get_remote_server_key().asbytes()
    finally:
        transport.close()


def test_netmiko_gets_every_configuration_whole(zoo: Lab) -> None:
    """Each platform's netmiko driver reads the very text that the lab has made."""
    with ThreadPoolExecutor(13) as pool:
        texts = list(pool.map(lambda device: fetch(zoo, device), zoo.plan.devices))
    for device, text in zip(zoo.plan.devices, texts, strict=True):
        expected = stable(made(device))
        assert stable(text)[-len(expected) :] == expected, device.platform


@pytest.mark.parametrize("platform", DIALECTS)
def test_every_configuration_is_realistic(zoo: Lab, platform: str) -> None:
    """About the size asked for, secrets marked, the same at every making but for its revision."""
    device = next(d for d in zoo.plan.devices if d.platform == platform)
    forms = {
        action.form
        for table in DIALECTS[platform].commands.values()
        for action in table.values()
        if isinstance(action, Show)
    }
    for form in forms:
        text = make_config(device, form).render().decode()
        assert 0.6 * device.size_kb * 1024 < len(text) < 1.4 * device.size_kb * 1024 + 4096
        assert text.count(MARKER) >= 3
        assert device.name in text
        assert "{" not in re.sub(r"(?m) ?\{\r?$", "", text), "a placeholder was left"
    assert stable(made(device)) == stable(made(device))
    changed = set(stable(made(device))) ^ set(stable(made(device, revision=2)))
    assert len(changed) == 2


def test_secrets_carry_the_marker(zoo: Lab) -> None:
    """A line that looks like a secret has the marker, so that a leak is found by one word."""
    for device in zoo.plan.devices:
        for line in made(device).splitlines():
            if SECRETS.search(line) and re.search(r"[\"$ =]\S*\d\S*$", line):
                assert MARKER in line, f"{device.platform}: {line}"


def test_good_and_bad_devices_differ(tmp_path: Path) -> None:
    """A badly kept device lacks what a well kept one has."""
    with fleet(12, state=tmp_path, platforms=("cisco_ios",), size_kb=5) as lab:
        texts = {d.grade: made(d) for d in lab.plan.devices}
    good, bad = texts["good"], texts["bad"]
    wanted = (
        "service tcp-keepalives-in",
        "no ip http server",
        "ip ssh version 2",
        "access-class",
        "ntp authenticate",
        "login block-for",
        "logging source-interface",
        "transport input ssh\r",
    )
    assert all(line in good for line in wanted)
    assert sum(line in bad for line in wanted) < len(wanted) / 2


def test_volatile_lines_change_at_every_show(lab: Lab) -> None:
    """The drifting number of `ntp clock-period` is another one each time."""
    numbers = {re.findall(r"clock-period \d+", show(lab))[0] for _ in range(3)}
    assert len(numbers) > 1


def test_long_output_is_paged(lab: Lab) -> None:
    """24 lines and --More--; space goes a page on, return a line, q ends; nothing gets lost."""
    with terminal(lab) as session:
        first = session.type("show running-config\n", " --More-- ")
        assert first.count("\n") == 24
        line = session.type("\n", " --More-- ")
        assert line.count("\n") == 1
        text = first + line
        while not text.endswith("r1#"):
            text += session.type(" ", " --More-- ", "r1#")
        erased = re.sub(r" --More-- \x08+ +\x08+", "", text)
        assert stable(erased.partition("\n")[2].removesuffix("r1#")) == stable(
            made(lab.plan.device("r1"))
        )
        session.type("show running-config\n", " --More-- ")
        assert session.type("q", "r1#").endswith("r1#")


def test_the_command_line_behaves(lab: Lab) -> None:
    """Echo, abbreviations, backspace, an empty line, type-ahead, a caret under what is wrong."""
    with terminal(lab) as session:
        assert session.type("\n", "r1#") == "\r\nr1#"
        assert session.type("sh priv\n", "r1#") == (
            "sh priv\r\nCurrent privilege level is 15\r\nr1#"
        )
        assert "level is 15" in session.type("show prix\x7fv\n", "r1#")
        assert session.type("nonsense\n", "r1#") == (
            "nonsense\r\n   ^\r\n% Invalid input detected at '^' marker.\r\nr1#"
        )
        session.type("term len 0\n", "r1#")
        assert session.type("show running-config | include hostname\n", "r1#").count("\n") == 2
        ahead = session.type("show clock\nshow priv\n", "level is 15\r\nr1#")
        assert ahead.count("r1#") == 2
        with pytest.raises(EOFError):
            session.type("exit\n", "never")


def test_enable_wants_its_password(zoo: Lab) -> None:
    """Below enable mode the configuration is refused; a wrong password does not help."""
    session = Terminal(zoo, "r1")
    try:
        session.read("r1>")
        assert "Invalid input" in session.type("show running-config\n", "r1>")
        session.type("enable\n", "Password: ")
        assert "Access denied" in session.type("wrong\n", "r1>")
        session.type("enable\n", "Password: ")
        assert session.type(f"{zoo.plan.enable_password}\n", "r1#") == "\r\nr1#"
    finally:
        session.transport.close()


def test_counters_tell_logins_and_failures(lab: Lab) -> None:
    """Every login is counted, the failed ones by account, whichever way they came."""
    before = lab.counters()["devices"]["r2"]
    with terminal(lab, "r2"):
        assert lab.counters()["devices"]["r2"]["open"] == 1
    for method in ("auth_password", "auth_interactive"):
        transport = connect(lab, "r2")
        answer = "wrong" if method == "auth_password" else lambda *_: ["wrong"]
        with pytest.raises(paramiko.AuthenticationException):
            getattr(transport, method)("admin", answer)
        transport.close()
    after = lab.counters()["devices"]["r2"]
    assert after["logins"] - before["logins"] == 1
    assert after["failed"]["admin"] - before["failed"].get("admin", 0) == 2
    assert after["connections"] - before["connections"] == 3


def test_keyboard_interactive_alone(lab: Lab) -> None:
    """A device may insist on keyboard-interactive."""
    lab.override("r1", auth=["keyboard-interactive"])
    transport = connect(lab, "r1")
    with pytest.raises(paramiko.BadAuthenticationType):
        transport.auth_password("admin", lab.plan.password, fallback=False)
    with pytest.raises(paramiko.AuthenticationException):
        transport.auth_interactive("admin", lambda *_: ["wrong"])
    transport.auth_interactive("admin", lambda *_: [lab.plan.password])
    assert transport.is_authenticated()
    transport.close()


def test_an_account_can_be_locked_out(tmp_path: Path) -> None:
    """After too many bad logins on one device the right password fails on another."""
    with fleet(2, state=tmp_path, lockout=2) as lab:
        for _ in range(2):
            transport = connect(lab, "r1")
            with pytest.raises(paramiko.AuthenticationException):
                transport.auth_password("admin", "wrong")
            transport.close()
        transport = connect(lab, "r2")
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_password("admin", lab.plan.password)
        transport.close()
        assert lab.counters()["failed"] == {"admin": 3}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ("dead", ConnectionRefusedError),
        ("refused", ConnectionRefusedError),
        ("silent", TimeoutError),
        ("reset", (paramiko.SSHException, ConnectionResetError, EOFError)),
        ("no_banner", paramiko.SSHException),
    ],
)
def test_faults_before_the_login(lab: Lab, fault: str, error: type[Exception]) -> None:
    """The client sees what it would see on a network; the device is well when that is over."""
    lab.override("r3", fault=fault)
    with pytest.raises(error):
        connect(lab, "r3")
    lab.override("r3", fault=None)
    assert "hostname r3" in show(lab, "r3")


def test_a_legacy_device_knows_sha1_only(lab: Lab) -> None:
    """A client that refuses SHA-1, as OpenSSH and newer Paramiko do, cannot agree with it."""
    lab.override("r3", fault="legacy_crypto")
    sha1 = [kex for kex in paramiko.Transport._preferred_kex if kex.endswith("sha1")]
    with pytest.raises(paramiko.SSHException, match="no acceptable kex"):
        connect(lab, "r3", disabled_algorithms={"kex": sha1})


def test_faults_of_the_login(lab: Lab) -> None:
    """A wrong password, a full VTY, another host key: each told as the device tells it."""
    known = key_of(lab, "r2")
    lab.override("r2", fault="changed_host_key")
    assert key_of(lab, "r2") != known
    lab.override("r2", fault="wrong_password")
    assert key_of(lab, "r2") == known
    with pytest.raises(paramiko.AuthenticationException):
        Terminal(lab, "r2")
    lab.override("r2", fault="session_limit")
    session = Terminal(lab, "r2")
    assert "all VTY lines are in use" in session.read("use\r\n")
    assert session.channel.recv(10) == b""
    session.transport.close()


def test_faults_in_the_output(lab: Lab) -> None:
    """Half a text and silence, a broken connection, or a prompt; a refusal; nothing; noise."""
    whole = len(show(lab))
    lab.override("r1", fault="truncated")
    assert len(show(lab)) < 0.6 * whole
    lab.override("r1", fault="invalid_input")
    assert "% Invalid input" in show(lab)
    lab.override("r1", fault="empty")
    assert show(lab) == "show running-config\r\nr1#"
    lab.override("r1", fault="syslog")
    assert "%SYS-5-CONFIG_I" in show(lab)
    lab.override("r1", fault="drop")
    with pytest.raises(EOFError):
        show(lab)
    lab.override("r1", fault="hang", cut=0.9)
    with pytest.raises(TimeoutError):
        show(lab)
    lab.override("r1", fault="prompt_in_text", cut=0.5)
    fooled = show(lab, at_a_time=1)  # or the rest would be read together with the first half
    assert 0.3 * whole < len(fooled) < 0.7 * whole, "the prompt did not fool the client"


def test_every_fault_is_tested() -> None:
    """A fault that is named in the lab's help is shown by a test in this file."""
    source = Path(__file__).read_text()
    assert [name for name in FAULTS if f'"{name}"' not in source] == []


def test_a_wrong_enable_password(zoo: Lab) -> None:
    """The fault lets the login through and refuses enable mode."""
    zoo.override("r1", fault="wrong_enable")
    session = Terminal(zoo, "r1")
    session.read("r1>")
    session.type("enable\n", "Password: ")
    assert "Access denied" in session.type(f"{zoo.plan.enable_password}\n", "r1>")
    session.transport.close()
    zoo.restore()


def test_a_counted_fault_goes_away(lab: Lab) -> None:
    """`drop:2` breaks two connections and no third one, `reset:1` one."""
    lab.override("r1", fault="drop:2")
    for _ in range(2):
        with pytest.raises(EOFError):
            show(lab)
    assert "hostname r1" in show(lab)
    lab.override("r1", fault="reset:1")
    with pytest.raises((paramiko.SSHException, ConnectionResetError, EOFError)):
        connect(lab, "r1")
    assert "hostname r1" in show(lab)


def test_a_revision_changes_a_line(lab: Lab) -> None:
    """A device whose configuration somebody changed shows another text, for good."""
    before = stable(show(lab))
    lab.override("r1", revision=2)
    after = stable(show(lab))
    assert sorted(set(before) ^ set(after)) == [
        " description owner netops, revision 1",
        " description owner netops, revision 2",
    ]


def test_latency_is_kept(lab: Lab) -> None:
    """Each line takes as long as the device is told."""
    lab.override("r1", latency=0.2)
    with terminal(lab) as session:
        start = time.monotonic()
        session.type("show clock\n", "r1#")
        assert 0.2 <= time.monotonic() - start < 10


def test_a_site_goes_dark_and_comes_back(lab: Lab) -> None:
    """Open sessions break, new ones are refused, later all is well again."""
    names = lab.plan.names
    with terminal(lab) as session:
        lab.override_many({name: {"fault": "dead"} for name in names})
        with pytest.raises((EOFError, OSError)):
            session.type("show clock\n", "r1#")
    for name in names:
        with pytest.raises(ConnectionRefusedError):
            connect(lab, name)
    lab.restore()
    assert all(f"hostname {name}" in show(lab, name) for name in names)


def test_mistakes_in_steering_are_told(lab: Lab) -> None:
    """An unknown device, fault or override is named."""
    with pytest.raises(KeyError, match="no device 'r9'"):
        lab.override("r9", revision=2)
    with pytest.raises(ValueError, match="no fault 'melt'"):
        lab.override("r1", fault="melt")
    with pytest.raises(LabError, match="no override colour"):
        lab.override("r1", colour="red")


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    """Address, host key and configuration outlive the server; another lab has other addresses."""
    seen = []
    for _ in range(2):
        with fleet(2, state=tmp_path / "one", platforms=("cisco_ios",)) as lab:
            seen.append((lab.plan.devices, lab.plan.port, key_of(lab, "r1"), stable(show(lab))))
    assert seen[0] == seen[1]
    with fleet(1, state=tmp_path / "one"), fleet(1, state=tmp_path / "two") as other:
        assert other.plan.devices[0].address != seen[0][0][0].address


def test_up_is_idempotent(tmp_path: Path) -> None:
    """A second `up` finds the first lab; another request is refused; `down` ends it once."""
    request = Request(devices=1, platforms=("cisco_ios",), size_kb=5)
    try:
        first = up(request, tmp_path)
        pid = first.pid
        assert up(request, tmp_path).pid == pid
        with pytest.raises(LabError, match="another lab runs"):
            up(Request(devices=2), tmp_path)
        assert "hostname r1" in show(first)
    finally:
        assert down(tmp_path)
    assert not is_running(tmp_path)
    assert not down(tmp_path)


def test_a_lab_dies_with_its_parent(tmp_path: Path) -> None:
    """A test process that is killed leaves no server behind."""
    program = (
        "import pathlib, sys\n"
        "from tests.lab.fleet import fleet\n"
        f"with fleet(1, state=pathlib.Path({str(tmp_path)!r})) as lab:\n"
        "    print(lab.pid, flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    # a process that has ended may stay in the table until somebody asks for it: without arguments
    arguments = Path(f"/proc/{pid}/cmdline")
    deadline = time.monotonic() + 30
    while arguments.exists() and arguments.read_bytes() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not arguments.exists() or not arguments.read_bytes()


def test_the_embedded_lab_is_as_promised(tmp_path: Path) -> None:
    """25 devices of 5 vendors on 3 sites, one dead, one with another password; state, which holds
    passwords, is for its owner only; the inventory says what the role needs."""
    command = [sys.executable, "-m", "tests.lab.fleet"]
    subprocess.run([*command, "up", "--state", tmp_path], cwd=ROOT, check=True, timeout=60)
    try:
        inventory = yaml.safe_load((tmp_path / "inventory.yml").read_text())["all"]
        groups = inventory["children"]
        sites = [name for name in groups if name.startswith("site_")]
        assert len(inventory["hosts"]) == 25
        assert len(sites) == 3
        assert len(groups) - len(sites) == 5
        assert inventory["vars"]["backup_fail_job"] == "threshold"
        assert inventory["vars"]["backup_max_fail_percentage"] == 10
        assert inventory["vars"]["netops_state_dir"] == str(tmp_path / "netops")
        assert "ansible_connection" not in inventory["vars"]
        for secret in ("inventory.yml", "plan.json", "host.seed"):
            assert (tmp_path / secret).stat().st_mode & 0o077 == 0
        subprocess.run(
            [*command, "set", "--state", tmp_path, "ams-acc-01", "revision=2"],
            cwd=ROOT,
            check=True,
            timeout=60,
        )
    finally:
        subprocess.run([*command, "down", "--state", tmp_path], cwd=ROOT, check=True, timeout=60)
