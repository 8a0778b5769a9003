# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a file is that a user names: beside the playbook, else where Ansible was started."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.places import (
    users_file,
    users_files,
)


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A playbook's directory with golden texts beside it; Ansible was started elsewhere."""
    (tmp_path / "play/golden [1]").mkdir(parents=True)
    (tmp_path / "play/golden [1]/r1.j2").write_text("hostname r1\n")
    monkeypatch.chdir(tmp_path)
    return str(tmp_path / "play")


def test_a_file_is_beside_the_playbook_or_where_ansible_was_started(beside: str) -> None:
    """An absolute one is where it is."""
    assert users_file("golden [1]", beside) == Path(beside) / "golden [1]"
    assert users_file("rules", beside) == Path.cwd() / "rules"
    assert users_file("/etc/rules", beside) == Path("/etc/rules")


def test_a_path_with_placeholders_is_where_there_is_a_file_of_its_form(beside: str) -> None:
    """Whatever the placeholders stand for; characters of a pattern are only characters."""
    form = "golden [1]/{{ host }}"
    assert users_files(form, beside) == Path(beside) / form
    assert users_files("intended/{{ host }}.j2", beside) == Path.cwd() / "intended/{{ host }}.j2"
    assert users_files("/etc/{{ host }}", beside) == Path("/etc/{{ host }}")
    assert users_files("golden [1]", beside) == users_file("golden [1]", beside)
