# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The known_hosts file: what is written is read again, by us and by everybody else."""

from __future__ import annotations

import multiprocessing
import stat
import subprocess
import threading
from base64 import b64decode
from pathlib import Path

import paramiko
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import BadInventory
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.known_hosts import KnownHosts
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

FORK = multiprocessing.get_context("fork")
NAMES = st.from_regex(r"\A(?:[a-z0-9.-]{1,30}|\[[a-z0-9.:-]{1,30}\]:[1-9][0-9]{0,4})\Z")


def public_key() -> paramiko.PKey:
    """A new host key, as a client sees it."""
    public = Ed25519PrivateKey.generate().public_key()
    kind, text = public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode().split()
    return paramiko.PKey.from_type_string(kind, b64decode(text))


KEYS = [public_key() for _ in range(4)]


def known(path: Path, name: str) -> list[paramiko.PKey]:
    """What the file says of a name, read afresh."""
    return [key for _kind, key in KnownHosts(path).keys(name)]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, st.sampled_from(KEYS), max_size=8))
def test_what_is_learnt_is_known_to_the_next_run(
    tmp_path_factory: pytest.TempPathFactory, learnt: dict[str, paramiko.PKey]
) -> None:
    """By us, and by paramiko's own reader of the format."""
    path = tmp_path_factory.mktemp("keys") / "below" / "known_hosts"
    hosts = KnownHosts(path)
    for name, key in learnt.items():
        hosts.learn(name, key)
        assert [key for _kind, key in hosts.keys(name)] == [key]
    for name, key in learnt.items():
        assert known(path, name) == [key]
    if learnt:
        theirs = paramiko.HostKeys(str(path))
        assert all(theirs.check(name, key) for name, key in learnt.items())


def test_openssh_reads_the_file(tmp_path: Path) -> None:
    """So that people can look a key up, and delete it, with the tools they have."""
    path = tmp_path / "known_hosts"
    KnownHosts(path).learn("[10.0.0.1]:2222", KEYS[0])
    found = subprocess.run(
        ["ssh-keygen", "-F", "[10.0.0.1]:2222", "-f", path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert KEYS[0].get_base64() in found.stdout
    subprocess.run(["ssh-keygen", "-R", "[10.0.0.1]:2222", "-f", path], check=True)
    assert known(path, "[10.0.0.1]:2222") == []


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    """And so is the directory that is made for it."""
    path = tmp_path / "state" / "known_hosts"
    KnownHosts(path).learn("r1", KEYS[0])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_check_mode_learns_for_itself_only(tmp_path: Path) -> None:
    """Nothing is written, and a key that changes within the run is noticed all the same."""
    hosts = KnownHosts(tmp_path / "known_hosts", learn=False)
    hosts.learn("r1", KEYS[0])
    assert [key for _kind, key in hosts.keys("r1")] == [KEYS[0]]
    assert list(tmp_path.iterdir()) == []


def test_without_a_file_keys_are_kept_in_memory() -> None:
    """As for a run that was given no place to keep anything."""
    hosts = KnownHosts(None)
    hosts.learn("r1", KEYS[0])
    assert [key for _kind, key in hosts.keys("r1")] == [KEYS[0]]


def learn_many(path: Path, start: int, count: int) -> None:
    """Learn a row of names."""
    hosts = KnownHosts(path)
    for number in range(start, start + count):
        hosts.learn(f"r{number}", KEYS[number % len(KEYS)])


@pytest.mark.parametrize("kind", [threading.Thread, FORK.Process], ids=["threads", "processes"])
def test_nobody_s_line_is_lost_or_torn(tmp_path: Path, kind: type[threading.Thread]) -> None:
    """Slices of a job learn at the same time, into one file."""
    path = tmp_path / "known_hosts"
    learners = [kind(target=learn_many, args=(path, 50 * part, 50)) for part in range(4)]
    for learner in learners:
        learner.start()
    for learner in learners:
        learner.join(60)
    assert len(path.read_text().splitlines()) == 200
    hosts = KnownHosts(path)
    for number in range(200):
        assert [key for _, key in hosts.keys(f"r{number}")] == [KEYS[number % len(KEYS)]]


def test_one_name_can_be_looked_up_while_it_is_learnt() -> None:
    """Two hosts of an inventory may have the same address."""
    hosts, key = KnownHosts(None), paramiko.RSAKey.generate(1024)
    hosts.learn("r1", KEYS[0])
    lookup = hosts.keys("r1")
    next(lookup)
    hosts.learn("r1", key)
    assert len(list(lookup)) <= 1
    assert len(list(hosts.keys("r1"))) == 2


def test_a_last_line_without_its_end_is_not_glued_to_ours(tmp_path: Path) -> None:
    """Editors leave such lines, and so do full disks."""
    path = tmp_path / "known_hosts"
    path.write_text(f"r1 {KEYS[0].get_name()} {KEYS[0].get_base64()}")
    KnownHosts(path).learn("r2", KEYS[1])
    assert known(path, "r1") == [KEYS[0]]
    assert known(path, "r2") == [KEYS[1]]


HOSTILE = """
# a comment
r1
r1 ssh-ed25519
r1 ssh-ed25519 not-base64!
r1 ssh-ed25519 AAAA
r1 no-such-algorithm AAAAC3NzaC1lZDI1NTE5AAAAICvJfDgcg7sge5RElxh
r1 ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB
@revoked r1 ssh-ed25519 {key}
|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg= ssh-ed25519 {key}
\x00\x01 \x02
"""


def test_lines_that_are_no_keys_are_passed_over(tmp_path: Path) -> None:
    """A damaged line costs its own host its key and nobody the run."""
    path = tmp_path / "known_hosts"
    text = HOSTILE.format(key=KEYS[1].get_base64()).encode()
    good = f"r9,10.0.0.9 {KEYS[0].get_name()} {KEYS[0].get_base64()} with a comment\n".encode()
    path.write_bytes(text + b"\xff\xfe caf\xe9 \n" + good)
    assert known(path, "r1") == []
    assert known(path, "r9") == known(path, "10.0.0.9") == [KEYS[0]]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_file_can_be_read(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Whatever stands in it, names can be looked up."""
    path = tmp_path_factory.mktemp("any") / "known_hosts"
    path.write_bytes(content)
    hosts = KnownHosts(path)
    for word in content.decode("utf-8", "replace").split():
        list(hosts.keys(word))


def test_a_file_that_cannot_be_read_is_named_before_the_run(tmp_path: Path) -> None:
    """A directory in its place, say; the remedy is told with it."""
    with pytest.raises(ValueError, match=r"cannot be read .*known_hosts option"):
        KnownHosts(tmp_path)


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the option that chooses another."""
    (tmp_path / "file").touch()
    hosts = KnownHosts(tmp_path / "file" / "known_hosts")
    with pytest.raises(BadInventory, match=r"file/known_hosts cannot be written .*known_hosts"):
        hosts.learn("r1", KEYS[0])


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    """Linux has a device for the purpose."""
    path = tmp_path / "known_hosts"
    path.symlink_to("/dev/full")
    hosts = KnownHosts(None)
    hosts.path = path
    with pytest.raises(BadInventory, match="cannot be written"):
        hosts.learn("r1", KEYS[0])
