"""What people get wrong: each a clear message with device and remedy, and nothing else lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import BACKUP, Controller, Play, login, vaulted
from tests.lab.fleet import Lab, fleet

ENDLESS = "switch-" + "x" * 70
UNICODE = "zürich-北京-1"
ESCAPE = "../../escape"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three devices, r1 to r3."""
    state = tmp_path_factory.mktemp("three")
    with fleet(3, state=state, platforms=("cisco_ios",), size_kb=5) as running:
        yield running


@pytest.fixture
def lab(three: Lab) -> Lab:
    """The three devices, all of them well."""
    three.restore()
    return three


@dataclass(frozen=True)
class Estate:
    """A play on an estate with something wrong in every second host, and what it left behind."""

    play: Play
    controller: Controller


@pytest.fixture(scope="module")
def estate(three: Lab, tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """One play on hosts with all that an inventory can get wrong, and on good ones."""
    three.restore()
    controller = Controller(tmp_path_factory.mktemp("estate"))
    good = login(three, "r1")
    hosts: dict[str, dict[str, Any]] = {
        "undefined": {**good, "ansible_password": "{{ nowhere }}"},
        "undecryptable": {**good},
        "vaulted": {**good},
        "no-address": {**good, "ansible_host": ""},
        "two-words": {**good, "ansible_host": "192.0.2.1 192.0.2.2"},
        ENDLESS: {name: value for name, value in good.items() if name != "ansible_host"},
        "no-port": {**good, "ansible_port": "ssh"},
        "unknown": {**good, "ansible_network_os": "arista.eos.eoss"},
        "missing": {**good, "ansible_network_os": ""},
        "proxied": {**good, "ansible_ssh_common_args": "-o ProxyCommand='nc -x proxy %h %p'"},
        "keyless": {**good, "ansible_ssh_private_key_file": "/nonexistent/id_ed25519"},
        UNICODE: login(three, "r2"),
        ESCAPE: login(three, "r3"),
        "well": good,
    }
    inventory = controller.inventory(hosts, "estate/inventory.yml")
    for host, password in (("undecryptable", "another password"), ("vaulted", "the password")):
        text = f"ansible_password: {vaulted(three.plan.password, password)}"
        controller.write(f"estate/host_vars/{host}.yml", text)
    for host in ("undecryptable", "vaulted"):
        del hosts[host]["ansible_password"]
    controller.inventory(hosts, "estate/inventory.yml")
    vault = controller.write("vault.txt", "the password")
    play = controller.play(
        BACKUP,
        inventory,
        "--vault-password-file",
        vault,
        backup_fail_job="never",
        backup_attempts=1,
    )
    return Estate(play, controller)


def test_a_bad_host_spoils_no_other(estate: Estate) -> None:
    """The play succeeds, and every good host among the bad ones is backed up, in git too."""
    assert estate.play.rc == 0, estate.play.output
    well = {"well", "vaulted", UNICODE, ESCAPE}
    assert estate.play.hosts("changed") == well
    assert len(estate.play.recap) == 14
    assert estate.play.hosts("ignored") == set(estate.play.recap) - well
    assert set(estate.controller.texts()) == well


@pytest.mark.parametrize(
    ("host", "error_class", "words"),
    [
        ("undefined", "bad_inventory", ("ansible_password", "nowhere", "undefined")),
        ("undecryptable", "bad_inventory", ("ansible_password", "ecrypt")),
        ("no-address", "bad_inventory", ("ansible_host is ''", "no address")),
        ("two-words", "bad_inventory", ("ansible_host is '192.0.2.1 192.0.2.2'",)),
        (ENDLESS, "bad_inventory", ("ansible_host is 'switch-", "no address")),
        ("no-port", "bad_inventory", ("ansible_port is 'ssh'",)),
        ("unknown", "unknown_platform", ("arista.eos.eoss", "arista")),
        ("missing", "unknown_platform", ("ansible_network_os", "not set")),
        ("proxied", "bad_inventory", ("ansible_ssh_common_args",)),
        ("keyless", "bad_inventory", ("/nonexistent/id_ed25519",)),
    ],
)
def test_a_bad_host_is_named_with_class_and_remedy(
    estate: Estate, host: str, error_class: str, words: tuple[str, ...]
) -> None:
    """The message says which device, which variable, what is wrong with it and what to do."""
    outcome = estate.controller.outcomes()[host]
    assert outcome.error_class == error_class, outcome
    assert all(word in (outcome.message or "") for word in words), outcome.message
    assert outcome.remedy
    shown = " ".join(f"{host}: {error_class}: {outcome.message}".split())
    assert shown in estate.play.text


def test_names_from_anywhere_stay_inside_the_mirror(estate: Estate) -> None:
    """Unicode names are kept, path separators are not: every file lies below its site."""
    controller = estate.controller
    files = controller.mirrored()
    assert f"fra/{UNICODE}" in files
    assert len(files) == 4
    assert all(len(Path(file).parts) == 2 and not file.startswith(".") for file in files)
    places = [path for path in controller.home.rglob("*escape*") if path.is_file()]
    assert places
    assert all(path.is_relative_to(controller.state / "configs") for path in places)


def test_a_wrong_vault_password_is_ansibles_own_error(lab: Lab, controller: Controller) -> None:
    """A vaulted variables file that does not open stops Ansible as ever, before any device."""
    secret = VaultFile(lab, controller)
    play = controller.play(BACKUP, secret.inventory, "--vault-password-file", secret.wrong)
    assert play.rc != 0
    assert "no vault secrets were found that could decrypt" in play.text
    assert not controller.state.exists()


class VaultFile:
    """An inventory whose group variables are a file encrypted as a whole."""

    def __init__(self, lab: Lab, controller: Controller) -> None:
        self.inventory = controller.inventory({"r1": login(lab, "r1")}, "v/inventory.yml")
        body = vaulted("site: ams", "right").partition("\n")[2].replace("  ", "")
        controller.write("v/group_vars/all.yml", body)
        self.wrong = controller.write("wrong.txt", "wrong")


def test_an_empty_inventory_is_no_error(controller: Controller) -> None:
    """Nothing to do is done, with Ansible's own warning: a slice may well be empty."""
    play = controller.play(BACKUP, controller.write("empty.yml", "all:\n  hosts: {}\n"))
    assert play.rc == 0, play.output
    assert play.recap == {}
    assert "no hosts matched" in play.text


def test_the_first_host_may_be_dead(lab: Lab, controller: Controller) -> None:
    """The first host is dead and belongs to network_cli, which is not installed: it alone fails."""
    lab.override("r1", fault="dead")
    network_cli = {"ansible_connection": "ansible.netcommon.network_cli"}
    hosts = {name: {**login(lab, name), **network_cli} for name in lab.plan.names}
    play = controller.play(
        BACKUP, controller.inventory(hosts), backup_fail_job="never", backup_attempts=1
    )
    assert play.rc == 0, play.output
    assert play.hosts("changed") == {"r2", "r3"}
    assert play.hosts("ignored") == {"r1"}
    assert "r1: unreachable: the connection was refused" in play.text


def test_an_empty_configuration_replaces_nothing(lab: Lab, controller: Controller) -> None:
    """A device that suddenly shows nothing fails, and its last good copy stands everywhere."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    texts, files = controller.texts(), controller.git("ls-tree", "-r", "HEAD")
    lab.override_many({"r1": {"fault": "empty"}, "r2": {"revision": 2}})
    play = controller.play(BACKUP, lab.inventory, backup_fail_job="never", backup_attempts=1)
    assert play.hosts("changed") == {"r2"}
    assert play.hosts("ignored") == {"r1"}
    assert "r1: incomplete_output: " in play.text
    now = controller.texts()
    assert {name for name in now if now[name] != texts[name]} == {"r2"}
    moved = set(controller.git("ls-tree", "-r", "HEAD").splitlines()) - set(files.splitlines())
    assert [line.rpartition("\t")[2] for line in moved] == ["fra/r2"]


@pytest.mark.parametrize("place", ["a file in the way", "no database"])
def test_a_store_that_cannot_be_written_is_told_before_any_device(
    lab: Lab, controller: Controller, place: str
) -> None:
    """The task fails with the store's name and a remedy, and no device was bothered."""
    state = controller.home / "kept"
    if place == "a file in the way":
        controller.write("kept", "not a directory")
    else:
        controller.write("kept/netops.db", "this is no database " * 200)
    before = logins(lab)
    play = controller.play(BACKUP, lab.inventory, netops_state_dir=str(state))
    assert play.rc == 2
    assert f"The store {state}/netops.db cannot be" in play.text
    assert ("write access" in play.text) or ("move it aside" in play.text)
    assert "Traceback" not in play.output
    assert logins(lab) == before


def logins(lab: Lab) -> int:
    """How often somebody logged in to a device of the lab."""
    return sum(device["logins"] for device in lab.counters()["devices"].values())


def test_a_place_that_is_no_repository_is_left_alone(lab: Lab, controller: Controller) -> None:
    """Somebody's directory given as the mirror: refused before any device, with the remedy."""
    file = controller.write("documents/letter.txt", "mine")
    before = logins(lab)
    play = controller.play(BACKUP, lab.inventory, backup_git_dir=str(file.parent))
    assert play.rc == 2
    assert f"{file.parent} is not a git repository, and it is not empty" in play.text
    assert "another directory" in play.text
    assert [path.name for path in file.parent.iterdir()] == ["letter.txt"]
    assert logins(lab) == before


def test_a_dirty_mirror_keeps_the_changes_of_people(lab: Lab, controller: Controller) -> None:
    """A person's uncommitted edit is kept and named, with the remedy; all others are committed,
    and the store has every device."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    edited = controller.state / "configs" / "ams" / "r1"
    edited.write_text("a person's note\n", encoding="utf-8")
    lab.override_many({name: {"revision": 2} for name in lab.plan.names})
    play = controller.play(BACKUP, lab.inventory)
    assert play.rc == 0
    assert play.hosts("changed") == {"r1", "r2", "r3"}
    assert f"The git mirror {controller.state}/configs is dirty" in play.text
    assert "in the place of ams/r1" in play.text
    assert "restore FILE" in play.text
    assert edited.read_text(encoding="utf-8") == "a person's note\n"
    assert "revision 2" in controller.git("show", "HEAD:fra/r2")
    assert all("revision 2" in text for text in controller.texts().values())


def test_a_locked_mirror_loses_nothing(lab: Lab, controller: Controller) -> None:
    """Somebody's git holds the index: after the wait the run says so; the store has the change,
    and the next run brings it to git."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    lab.override("r1", revision=2)
    lock = controller.state / "configs" / ".git" / "index.lock"
    lock.touch()
    play = controller.play(BACKUP, lab.inventory)
    assert play.rc == 0
    assert play.hosts("changed") == {"r1"}
    assert f"The git mirror {controller.state}/configs" in play.text
    assert "index.lock" in play.text
    assert "revision 2" in controller.texts()["r1"]
    assert "revision 1" in controller.git("show", "HEAD:ams/r1")
    lock.unlink()
    again = controller.play(BACKUP, lab.inventory)
    assert (again.rc, again.hosts("changed")) == (0, set())
    assert "revision 2" in controller.git("show", "HEAD:ams/r1")


@pytest.mark.parametrize(
    ("template", "words"),
    [("{{ hots }}", "'hots' is undefined"), ("{{ host", "unexpected end"), ("{{ 7 / 0 }}", "zero")],
)
def test_a_wrong_path_template_is_told_before_any_device(
    lab: Lab, controller: Controller, template: str, words: str
) -> None:
    """A template that does not work is refused at once, with what it may use."""
    before = logins(lab)
    file = controller.write("template.yml", f"backup_git_path: !unsafe '{template}'\n")
    play = controller.play(BACKUP, lab.inventory, "--extra-vars", f"@{file}")
    assert play.rc == 2
    assert words in play.text
    assert "It may use host, site and platform" in play.text
    assert logins(lab) == before


def test_two_devices_of_one_path_are_both_kept(lab: Lab, controller: Controller) -> None:
    """By its path in git the second device would overwrite the first: both are named, the store
    has both, and git the one that came first as well as every other device."""
    hosts = {"a/b": login(lab, "r1"), "a_b": login(lab, "r2"), "c": login(lab, "r3")}
    for host in hosts.values():
        host["site"] = "ams"
    play = controller.play(BACKUP, controller.inventory(hosts), backup_workers=1)
    assert play.rc == 0, play.output
    assert play.hosts("changed") == set(hosts)
    assert "'a/b' and 'a_b' get the same path 'ams/a_b'" in play.text
    assert set(controller.texts()) == set(hosts)
    assert controller.mirrored() == {"ams/a_b", "ams/c"}
    assert "hostname r1" in controller.git("show", "HEAD:ams/a_b")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("backup_deadline", 0, "deadline is 0.0: it must be"),
        ("backup_attempts", 0, "attempts is 0: it must be 1 or more"),
        ("backup_workers", -1, "workers is -1: it must be 1 or more"),
        ("backup_host_outcome", "some", "backup_host_outcome"),
        ("backup_fail_job", "sometimes", "backup_fail_job"),
    ],
)
def test_a_wrong_option_is_named(
    lab: Lab, controller: Controller, option: str, value: Any, words: str
) -> None:
    """An option out of its range is refused by its name before any device is contacted."""
    before = logins(lab)
    play = controller.play(BACKUP, lab.inventory, **{option: value})
    assert play.rc == 2
    assert words in play.text
    assert logins(lab) == before
