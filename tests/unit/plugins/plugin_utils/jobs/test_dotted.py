# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Functions by their dotted path: a file beside the playbook, or any installed package."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.dotted import load_callable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


def write(place: Path, name: str, text: str) -> None:
    """A Python file."""
    path = place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_file_beside_the_playbook(tmp_path: Path) -> None:
    """In a package too, with a dot or a colon before the function; the path is left as it was."""
    write(tmp_path, "dotted_flat.py", "def work(task): return 'flat'")
    write(tmp_path, "dotted_package/inner.py", "def work(task): return 'inner'")
    before = list(sys.path)
    assert load_callable("dotted_flat.work", [tmp_path])(None) == "flat"
    assert load_callable("dotted_flat:work", [tmp_path])(None) == "flat"
    assert load_callable("dotted_package.inner.work", [tmp_path])(None) == "inner"
    assert sys.path == before


def test_the_file_goes_before_an_installed_package(tmp_path: Path) -> None:
    """What lies beside the playbook is what its author means."""
    write(tmp_path, "this.py", "def work(task): return 'mine'")
    sys.modules.pop("this", None)
    assert load_callable("this.work", [tmp_path])(None) == "mine"


def test_a_task_of_an_installed_package() -> None:
    """nornir_netmiko's, for one."""
    assert callable(load_callable("nornir_netmiko.tasks.netmiko_send_command", []))


REFUSED = {
    "work": "no dotted path",
    "": "no dotted path",
    ".work": "no dotted path",
    "dotted_none.": "no dotted path",
    "dotted_none.work": "No module named 'dotted_none'",
    "..work": "cannot be loaded",
    "dotted_bad.nothing": "has no attribute 'nothing'",
    "dotted_bad.NUMBER": "no function: it is of type int",
    "dotted_syntax.work": "invalid syntax",
    "dotted_raises.work": "ZeroDivisionError|division by zero",
    "dotted_needs.work": "No module named 'not_installed'",
}


@pytest.mark.parametrize("path", REFUSED)
def test_what_is_wrong_is_said(tmp_path: Path, path: str) -> None:
    """With the path, the reason, and the place where it was looked for."""
    write(tmp_path, "dotted_bad.py", "NUMBER = 1")
    write(tmp_path, "dotted_syntax.py", "def work(task: return")
    write(tmp_path, "dotted_raises.py", "1 / 0")
    write(tmp_path, "dotted_needs.py", "import not_installed")
    with pytest.raises(ValueError, match=REFUSED[path]) as refused:
        load_callable(path, [tmp_path])
    assert repr(path) in str(refused.value)
    if "cannot be loaded" in str(refused.value):
        assert str(tmp_path) in str(refused.value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec="ascii", exclude_characters="/\\"), max_size=12))
def test_any_text_is_refused_with_a_sentence(tmp_path: Path, path: str) -> None:
    """Whatever stands in the playbook, the only error is the one that a person understands."""
    with pytest.raises(ValueError, match=r".") as refused:
        load_callable(f"no_such_{path}", [tmp_path])
    assert type(refused.value) is ValueError
