# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Files that a user names."""

from __future__ import annotations

import glob
import re
from pathlib import Path


def users_file(text: str, beside: str) -> Path:
    """The file or directory meant: beside the playbook, else where Ansible was started.

    The playbooks of this collection lie where nobody keeps rules, so the second is what is meant
    with them.
    """
    path = Path(text)
    near = Path(beside) / path
    return near if path.is_absolute() or near.exists() else Path.cwd() / path


def users_files(text: str, beside: str) -> Path:
    """The same for a path with placeholders, such as ``golden/{{ host }}``: whatever they stand
    for, the files meant are where there is one of that form."""
    parts = re.split(r"\{\{.*?\}\}", text)
    form = "*".join(map(glob.escape, parts))
    path, near = Path(text), Path(beside)
    if len(parts) == 1 or path.is_absolute():
        return users_file(text, beside)
    return (near if any(near.glob(f"{form}*")) else Path.cwd()) / path
