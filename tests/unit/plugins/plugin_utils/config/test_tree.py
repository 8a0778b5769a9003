# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configurations become trees: the same whatever form they have, whole whatever they look like."""

from __future__ import annotations

import re
import time

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import clean
from ansible_collections.prime.netops.plugins.plugin_utils.config.tree import Node, Tree, parse
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load, names
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.lab.fleet.configs import make_config
from tests.lab.fleet.plan import DeviceSpec
from tests.unit.fixtures.configs.samples import Sample, samples

ALL = pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.platform.name)


def read(text: str, platform: str = "cisco_ios") -> Tree:
    """The tree of a text."""
    return parse(text, load(platform))


def paths(text: str, platform: str) -> list[str]:
    """The statements of a text, as paths."""
    tree = read(text, platform)
    return [tree.paths[leaf] for leaf in tree.leaves]


def top(tree: Tree) -> list[str]:
    """The texts at the left margin."""
    return [node.text for node in tree.roots()]


def below(tree: Tree, header: str) -> list[str]:
    """The texts below all nodes of that name at the top."""
    return [child.text for node in tree.roots() if node.text == header for child in node.children]


def made(platform: str, form: str = "native", grade: str = "fair", size: int = 12) -> str:
    """What a simulated device prints."""
    spec = DeviceSpec("r7", 7, "127.0.0.1", platform, "ams", "core", size, grade)
    return clean(make_config(spec, form).render().decode(), load(platform)).text


@ALL
def test_a_sample_of_every_platform_is_read_without_a_warning(sample: Sample) -> None:
    """Banners, certificates and strings that look like anything are no trouble."""
    tree = parse(clean(sample.raw, sample.platform).text, sample.platform)
    assert tree.warnings == []
    assert len(tree) > 20


@pytest.mark.parametrize("platform", names())
def test_what_the_lab_prints_is_read_without_a_warning(platform: str) -> None:
    """The same for every generated configuration."""
    assert read(made(platform), platform).warnings == []


@pytest.mark.parametrize(
    ("platform", "one", "other"),
    [
        ("juniper_junos", "native", "set"),
        ("paloalto_panos", "xml", "set"),
        ("paloalto_panos", "xml", "native"),
        ("vyos", "set", "native"),
    ],
)
def test_all_forms_of_a_text_have_the_same_paths(
    platform: str, one: str, other: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule is written once, whether a device prints braces, commands or XML."""
    moment = time.gmtime()  # which PAN-OS prints, and a second may pass between two forms
    monkeypatch.setattr(time, "gmtime", lambda *_seconds: moment)

    def plain(form: str) -> list[str]:
        return [
            path.replace("'", "").replace('"', "") for path in paths(made(platform, form), platform)
        ]

    assert plain(one) == plain(other)
    assert len(plain(one)) > 30


def test_a_comment_parts_words_as_a_blank_does() -> None:
    """Wherever it stands: a rule's pattern expects one blank between two words."""
    text = "system {\n  host-name /* was r0 */ r1;\n  domain-name/* new */a.net; /* end */\n}\n"
    assert paths(text, "juniper_junos") == [
        "system host-name r1",
        "system domain-name a.net",
    ]


def test_lists_marks_and_comments_of_junos_read_alike_in_both_forms() -> None:
    """What `display set` spreads over lines, and what it deactivates, braces say in one."""
    braces = """\
## Last commit: 2026-11-23 08:29:01 UTC by ann
version 20.4R3.8;
system {
    host-name "mx 1"; ## kept
    authentication-order [ tacplus password ];
    /* nobody
       reads this { } */
    services {
        ssh {
            root-login deny;
        }
        inactive: telnet;
        inactive: web-management {
            http;
        }
        netconf {
            ssh;
        }
    }
    login {
        message "one; { two }";
    }
    inactive: ports { console type vt100; }
}
protocols { bgp { group A { type external; } } }
"""
    commands = """\
set version 20.4R3.8
set system host-name "mx 1"
set system authentication-order tacplus
set system authentication-order password
set system services ssh root-login deny
set system services telnet
deactivate system services telnet
set system services web-management http
deactivate system services web-management
set system services netconf ssh
set system login message "one; { two }"
set system ports console type vt100
deactivate system ports
set protocols bgp group A type external
"""
    assert paths(braces, "juniper_junos") == paths(commands, "juniper_junos")
    assert "system services netconf ssh" in paths(braces, "juniper_junos")
    assert not any("telnet" in path or "http" in path for path in paths(braces, "juniper_junos"))


def test_a_banner_never_becomes_configuration() -> None:
    """Whatever stands in it: comments, commands, the delimiter's beginning."""
    tree = read(
        "hostname r1\n"
        "banner motd ^C\n! keep out\nip http server\n end\nno ^ C here\n^C\n"
        "banner login #Hello#\n"
        "ip ssh version 2\nend\n"
    )
    assert top(tree) == [
        "hostname r1",
        "banner motd ^C",
        "banner login #Hello#",
        "ip ssh version 2",
    ]
    banner = next(node for node in tree.roots() if node.line == 2)
    assert banner.body == "banner motd ^C\n! keep out\nip http server\n end\nno ^ C here\n^C"
    assert tree.numbers[-1] == 9
    assert tree.warnings == []


def test_an_eos_banner_ends_at_eof_alone_on_its_line() -> None:
    """A word that holds EOF does not end it."""
    text = "hostname sw1\nbanner login\nEOFS and GEOFF\n EOF\nEOF\nip routing\n"
    assert top(read(text, "arista_eos")) == ["hostname sw1", "banner login", "ip routing"]


def test_a_banner_that_does_not_end_is_a_warning_with_its_line() -> None:
    """What stands before it is kept, and what comes after cannot be told from it."""
    tree = read("hostname r1\nbanner motd ^C\nip http server\n")
    assert top(tree) == ["hostname r1", "banner motd ^C"]
    [warning] = tree.warnings
    assert (warning.line, warning.lost) == (2, True)
    assert "banner motd" in warning.message


def test_certificates_are_one_node() -> None:
    """Hexadecimal lines are no commands; what comes after the certificate is."""
    text = (
        "crypto pki certificate chain TP\n certificate self-signed 01\n"
        "  30820330 30820218\n  31312F30\n  \tquit\n certificate ca 02\n  3082\n  \tquit\n"
        "username ann privilege 15\n"
    )
    tree = read(text)
    assert top(tree) == ["crypto pki certificate chain TP", "username ann privilege 15"]
    assert below(tree, "crypto pki certificate chain TP") == [
        "certificate self-signed 01",
        "certificate ca 02",
    ]
    assert tree.numbers[-1] == 9


def test_sections_may_come_twice() -> None:
    """Both keep their lines and numbers; nothing is merged or lost in the tree."""
    text = "interface Gi1\n description a\n!\ninterface Gi2\n!\ninterface Gi1\n shutdown\n"
    tree = read(text)
    assert top(tree) == ["interface Gi1", "interface Gi2", "interface Gi1"]
    assert below(tree, "interface Gi1") == ["description a", "shutdown"]
    assert [node.line for node in tree.roots()] == [1, 4, 6]


def test_vrp_indents_global_commands_too() -> None:
    """A line with a number sign ends every block before it."""
    text = "#\n sysname r1\n#\naaa\n local-user ann password x\n#\n snmp-agent\n#\nreturn\n"
    tree = read(text, "huawei_vrp")
    assert top(tree) == ["sysname r1", "aaa", "snmp-agent"]
    assert below(tree, "aaa") == ["local-user ann password x"]


def test_fortios_strings_span_lines_and_vdoms_are_transparent() -> None:
    """A block's end inside a string ends nothing; a path begins with what is configured."""
    text = (
        'config vdom\nedit root\nconfig system replacemsg admin "pre"\n'
        '    set buffer "one\nend\nnext \\"quoted\\"\nedit"\nend\nconfig system global\n'
        "    set admintimeout 5\nend\nnext\nend\n"
    )
    tree = read(text, "fortinet")
    assert tree.warnings == []
    found = [tree.paths[leaf] for leaf in tree.leaves]
    assert found == [
        'config system replacemsg admin "pre" set buffer "one',
        "config system global set admintimeout 5",
    ]
    assert 'next \\"quoted\\"' in tree.body(tree.leaves[0])
    assert tree.numbers[tree.leaves[1]] == 10


def test_routeros_commands_stand_below_their_menu_and_unfold() -> None:
    """A backslash at the line's end goes on in the next one."""
    text = "# nov/23/2026 by RouterOS 6.49\n/ip service\nset telnet disabled=yes \\\n    port=23\n"
    assert paths(text, "mikrotik_routeros") == ["/ip service set telnet disabled=yes port=23"]


def test_sros_reads_by_paths_without_its_outermost_word() -> None:
    """Echo lines and rules of dashes are comments."""
    text = (
        'configure\n#----\necho "System"\n    system\n        login-control\n'
        "            idle-timeout 5\n        exit\n    exit\nexit all\n"
    )
    assert paths(text, "nokia_sros") == ["system login-control idle-timeout 5"]


def test_a_fault_in_xml_keeps_what_stands_before_it() -> None:
    """The warning names the line; entities, which a configuration has none of, are refused."""
    text = "<config>\n<shared>\n<a>1</a>\n</shared>\n<devices>\n<b>2</c>\n"
    tree = read(text, "paloalto_panos")
    assert "shared a 1" in [tree.paths[leaf] for leaf in tree.leaves]
    assert (tree.warnings[0].line, tree.warnings[0].lost) == (6, True)
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa">]>\n<config><b>&a;</b></config>\n'
    assert "document type" in read(bomb, "paloalto_panos").warnings[0].message


@pytest.mark.parametrize(
    ("platform", "text", "lost"),
    [
        ("juniper_junos", "system {\n    host-name a;\n", True),
        ("juniper_junos", "system {\n    host-name a;\n}\n}\n", False),
        ("fortinet", "config system global\n    set hostname a\n", True),
        ("fortinet", "config system global\n    set hostname a\nend\nend\n", False),
        ("vyos", "set system host-name a\nnot a command\n", False),
    ],
)
def test_unbalanced_blocks_are_warnings(platform: str, text: str, lost: bool) -> None:
    """What is cut may hide lines; what is closed once too often hides nothing."""
    tree = read(text, platform)
    assert [warning.lost for warning in tree.warnings] == [lost]
    assert any("a" in path.split() for path in tree.paths)


def test_line_ends_of_other_systems_change_nothing() -> None:
    """Carriage returns are no part of a word."""
    text = made("cisco_ios")
    assert read(text.replace("\n", "\r\n")).texts == read(text).texts


MARKS = """{ } ; " /* */ # ! < > [ ] \\ ' ^C EOF ä end next exit quit <a> </a>"""
LETTERS = st.sampled_from(
    [
        *MARKS.split(),
        *("\n", " ", "\t", "\r", "\0", "\ud800", "banner motd ^C\n", "certificate x\n"),
        *("config x\n", "edit 1\n", "set a "),
    ]
)


@pytest.mark.parametrize(
    ("platform", "one", "end"),
    [
        ("cisco_ios", None, ""),
        ("juniper_junos", "a {\n", ""),
        ("juniper_junos", "a {\n", "}\n"),
        ("fortinet", "config a\n", "end\n"),
        ("paloalto_panos", "<a>\n", "</a>\n"),
        ("juniper_junos", "[", ""),
        ("juniper_junos", '"', ""),
        ("fortinet", '"\n', ""),
    ],
)
def test_a_hostile_depth_costs_no_more_than_its_size(
    platform: str, one: str | None, end: str
) -> None:
    """Ten thousand blocks inside each other, or ten thousand marks that open and never close."""
    count = 10_000
    text = (
        "".join(" " * i + "a\n" for i in range(1000)) if one is None else one * count + end * count
    )
    tree = read(text, platform)
    assert sum(map(len, tree.paths)) < 1000 * count
    assert max((len(tree.ancestors(node)) for node in range(0, len(tree), 500)), default=0) <= 64


@settings(max_examples=150, deadline=None)
@given(data=st.data(), platform=st.sampled_from(names()))
def test_mutilated_configurations_never_raise(data: st.DataObject, platform: str) -> None:
    """Cut, spliced and littered texts of any platform give a tree with right line numbers."""
    check(read(mutilated(data, platform), platform))


def mutilated(data: st.DataObject, platform: str) -> str:
    """A configuration of the lab, cut, spliced and littered."""
    text = made(platform, size=2)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        stop = min(len(text), start + data.draw(st.sampled_from([0, 0, 1, 7, 200])))
        text = text[:start] + data.draw(LETTERS) + text[stop:]
    return text[: data.draw(st.sampled_from([len(text), 900, 70, 0]))]


@settings(max_examples=200, deadline=None)
@given(parts=st.lists(LETTERS, max_size=60), platform=st.sampled_from(names()))
@example(parts=["*/*//*/*"], platform="juniper_junos")
def test_any_text_at_all_gives_a_tree(parts: list[str], platform: str) -> None:
    """Nothing that looks like a configuration is needed."""
    check(read("".join(parts), platform))


def check(tree: Tree) -> None:
    """A node stands where its number says, after its parent; a warning is within the text."""
    for node in range(len(tree)):
        first = re.split(r"[\s\"\[{;<>]", tree.texts[node].strip("\"'[{<"), maxsplit=1)[0]
        number = tree.numbers[node]
        own = "\n".join(tree.lines[number - 1 : tree.last_line(node) + 3])
        unfolded = re.sub(r"\\\n\s*", "", own)  # a line of RouterOS that goes on in the next
        assert first in own.replace("&amp;", "&") or first in unfolded
        assert tree.parents[node] < node
        parent = tree.parents[node]
        assert parent < 0 or tree.numbers[parent] <= number
        assert Node(tree, node).path[-1] == tree.texts[node]
    assert all(1 <= warning.line <= max(1, len(tree.lines)) for warning in tree.warnings)
    if not tree.levels:
        assert len(tree.paths) == len(tree)
