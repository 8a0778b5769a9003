# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Paths in the git mirror, from names that nobody vouches for."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import MirrorError
from ansible_collections.prime.netops.plugins.plugin_utils.store.mirror import (
    MirrorPaths,
    mirror_path,
)
from hypothesis import assume, given
from hypothesis import strategies as st

TEMPLATE = "{{ site }}/{{ host }}"
HOSTILE = st.sampled_from(
    (
        *("../", "..", ".git", ".GIT", "git~1", "/", "\\", "\x00", "\n", " ", ".", "-", '"', "con"),
        *("é", "e\u0301", "r1", "\u202e", "\u200b", "\ud800", "𝄞" * 80, "x" * 300),
    )
)
NAMES = st.lists(HOSTILE | st.text(max_size=5), min_size=1, max_size=4).map("".join).filter(bool)


@given(host=NAMES, site=NAMES)
def test_no_name_leads_out_of_the_mirror_or_into_git(host: str, site: str) -> None:
    """Whatever it is made of, the path has one level a value, and git and people can use it."""
    path = mirror_path(TEMPLATE, host, site, "ios")
    parts = path.split("/")
    assert len(parts) == 2
    for part in parts:
        assert part
        assert not part.startswith(".")
        assert part.casefold() != "git~1"
        assert part == part.strip(" .")
        assert len(part.encode()) <= 100
        assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in part)
        assert "\\" not in part


@given(NAMES)
def test_a_path_is_the_same_every_time(host: str) -> None:
    """And the same whichever way the letters are composed."""
    assert mirror_path(TEMPLATE, host, "s", "p") == mirror_path(TEMPLATE, host, "s", "p")
    decomposed = unicodedata.normalize("NFD", host)
    assume(len(host.encode("utf-8", "surrogatepass")) < 30)
    assert mirror_path(TEMPLATE, decomposed, "s", "p") == mirror_path(TEMPLATE, host, "s", "p")


@given(st.lists(NAMES, unique=True, min_size=2, max_size=8))
def test_no_two_devices_share_a_path(hosts: list[str]) -> None:
    """Either the paths differ, also where case does not count, or both devices are named."""
    paths = MirrorPaths(TEMPLATE)
    given_out: dict[str, str] = {}
    for host in hosts:
        path, error = path_or_error(paths, host)
        if path is not None:
            assert path.casefold() not in given_out
            given_out[path.casefold()] = host
        else:
            assert repr(host) in error
            assert any(repr(other) in error for other in given_out.values())


def path_or_error(paths: MirrorPaths, host: str) -> tuple[str | None, str]:
    """Return the path, or the words of the refusal."""
    try:
        return paths.path(host, "s", "p"), ""
    except MirrorError as error:
        return None, str(error)


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("r1", "ber1/r1"),
        ("core-1.example.net", "ber1/core-1.example.net"),
        ("Zürich 1", "ber1/Zürich 1"),
        ("e\u0301", "ber1/\xe9"),
        ("../../etc/passwd", "ber1/__.._etc_passwd"),
        (".git", "ber1/_git"),
        ("2001:db8::1", "ber1/2001:db8::1"),
    ],
)
def test_ordinary_names_stay_and_others_remain_readable(host: str, path: str) -> None:
    """A person finds the device by its name."""
    assert mirror_path(TEMPLATE, host, "ber1", "ios") == path


def test_long_names_that_differ_at_the_end_stay_apart() -> None:
    """They are cut and carry a hash."""
    paths = MirrorPaths(TEMPLATE)
    first, second = (paths.path("r" * 300 + end, "s", "p") for end in "ab")
    assert first != second


def test_an_empty_value_leaves_out_its_level() -> None:
    """A device without a site lies at the top."""
    assert mirror_path(TEMPLATE, "r1", "", "ios") == "r1"


@pytest.mark.parametrize(
    ("first", "second"),
    [(("r1", "s"), ("R1", "S")), (("a/b", "s"), ("a_b", "s")), (("s", ""), ("r1", "s"))],
)
def test_two_devices_of_one_path_are_both_named(
    first: tuple[str, str], second: tuple[str, str]
) -> None:
    """Also where they differ in case only, or where one's file is the other's directory."""
    paths = MirrorPaths(TEMPLATE)
    paths.path(*first, "ios")
    with pytest.raises(MirrorError, match="same path") as caught:
        paths.path(*second, "ios")
    assert repr(first[0]) in str(caught.value)
    assert repr(second[0]) in str(caught.value)


def test_the_same_device_may_ask_again() -> None:
    """It gets the same path."""
    paths = MirrorPaths(TEMPLATE)
    assert paths.path("r1", "s", "p") == paths.path("r1", "s", "p")


@pytest.mark.parametrize(
    "template",
    [
        "{{ region }}/{{ host }}",
        "{{ host",
        "../{{ host }}",
        "/etc/{{ host }}",
        ".git/hooks/{{ host }}",
        "a\n{{ host }}",
        "",
        "{{ host.__class__.__mro__ }}",
        "{{ host / 2 }}",
        "{{ host }}" + "x" * 300,
    ],
)
def test_a_template_that_does_not_work_is_shown(template: str) -> None:
    """With the reason and an example."""
    with pytest.raises(MirrorError, match="template") as caught:
        mirror_path(template, "r1", "ber1", "ios")
    assert repr(template) in str(caught.value)


def test_a_template_may_use_jinja() -> None:
    """Filters and the platform too."""
    template = "{{ platform }}/{{ host | lower }}.cfg"
    assert mirror_path(template, "R1", "ber1", "ios") == "ios/r1.cfg"
