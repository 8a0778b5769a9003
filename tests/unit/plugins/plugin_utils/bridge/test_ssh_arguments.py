# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Jump hosts as people write them for Ansible's ssh, and whatever else they write."""

from __future__ import annotations

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.ssh_arguments import jump_hosts
from ansible_collections.prime.netops.plugins.plugin_utils.errors import BadInventory
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Jump
from hypothesis import given
from hypothesis import strategies as st

READ = {
    "": (),
    "-o ControlMaster=auto -o ControlPersist=60s": (),
    "-C -o StrictHostKeyChecking=no -vvv -4": (),
    "-J bastion": (Jump("bastion"),),
    "-Jbastion": (Jump("bastion"),),
    "-qJ bastion": (Jump("bastion"),),
    "-J me@bastion:2200": (Jump("bastion", 2200, "me"),),
    "-J ssh://me@bastion:2200": (Jump("bastion", 2200, "me"),),
    "-J first,you@second:22": (Jump("first"), Jump("second", 22, "you")),
    "-J [2001:db8::1]:2200": (Jump("2001:db8::1", 2200),),
    "-J me@realm@bastion": (Jump("bastion", 22, "me@realm"),),
    "-J none": (),
    "-o ProxyJump=bastion": (Jump("bastion"),),
    "-oProxyJump=bastion": (Jump("bastion"),),
    "-o proxyjump=bastion": (Jump("bastion"),),
    "-o 'ProxyJump bastion'": (Jump("bastion"),),
    "-o 'ProxyJump = bastion'": (Jump("bastion"),),
    "-o ProxyJump=none": (),
    "-o Compression=yes -o ProxyJump=a -o ProxyJump=b": (Jump("a"),),
    "-p 2222 -i /a/key -o ProxyJump=bastion": (Jump("bastion"),),
    "-i -J": (),
    '-o ProxyCommand="ssh -W %h:%p bastion"': (Jump("bastion"),),
    '-o ProxyCommand="ssh -W %h:%p -q me@bastion"': (Jump("bastion", 22, "me"),),
    '-o ProxyCommand="ssh -p 2200 -l me -W %h:%p bastion"': (Jump("bastion", 2200, "me"),),
    '-o ProxyCommand="ssh -W [%h]:%p bastion"': (Jump("bastion"),),
    '-o ProxyCommand="/usr/bin/ssh -i key -o A=b -W %h:%p bastion"': (Jump("bastion"),),
    "-o ProxyCommand='ssh -W \"%h:%p\" bastion'": (Jump("bastion"),),
    "-o ProxyCommand=none": (),
}

REFUSED = {
    "-J": "no jump host",
    "-J ''": "empty",
    "-J a,,b": "an empty hop",
    "-J a:b:c": "no port",
    "-J a:0": "port zero",
    "-J a:65536": "a port too big",
    "-J 'a b'": "a blank",
    "-J a..b": "no name",
    "-o 'ProxyJump": "an open quote",
    "-o ProxyCommand=": "no command",
    "-o ProxyCommand='ssh \"bastion'": "an open quote within",
    "-o ProxyCommand='ssh -W %h:%p'": "no bastion",
    "-o ProxyCommand='ssh -W %h:%p -p ssh bastion'": "no port",
    "-o ProxyCommand='ssh -W %h:%p -J first bastion'": "a jump within a jump",
    "-o ProxyCommand='ssh bastion nc %h %p'": "another program",
    "-o ProxyCommand='nc -x proxy %h %p'": "another program",
    "-o ProxyCommand='sshpass -p S3cr3tMarker ssh -W %h:%p bastion'": "a secret in it",
}


@pytest.mark.parametrize("arguments", READ)
def test_the_hops_are_found(arguments: str) -> None:
    """In every way that ssh's manual page allows for; the first one counts."""
    assert jump_hosts(arguments) == READ[arguments]


@pytest.mark.parametrize("arguments", REFUSED)
def test_what_cannot_be_followed_is_refused(arguments: str) -> None:
    """With the variable's name, and without what may be secret in it: never a direct connection."""
    with pytest.raises(BadInventory, match="ansible_ssh_common_args") as refused:
        jump_hosts(arguments)
    assert "S3cr3tMarker" not in str(refused.value)


WORDS = st.sampled_from(
    [
        "-J",
        "-o",
        "-W",
        "-p",
        "ssh",
        "%h:%p",
        "ProxyJump=",
        "ProxyCommand=",
        "none",
        "@",
        ":",
        ",",
        "[",
        "]",
        "'",
        '"',
        "\\",
        " ",
        "\n",
        "\x00",
        "ü",
        "2200",
        "bastion",
        "-",
        "--",
        "=",
        "²",
        "٣",
    ]
)


@given(st.one_of(st.text(), st.lists(WORDS, max_size=12).map("".join)))
def test_any_text_is_read_or_refused(arguments: str) -> None:
    """An inventory never ends the run: the only error is that of the device."""
    try:
        hops = jump_hosts(arguments)
    except BadInventory:
        return
    for hop in hops:
        assert hop.address
        assert 0 < hop.port < 65536
