"""Runs playbooks/backup.yml and says in its last lines where everything lies.

    backup.py LAB INVENTORY [OPTION...]     options go to ansible-playbook

With an empty INVENTORY the embedded lab is the fleet. A lab that this started ends with it; what
was backed up stays in LAB, so that a second run has something to compare with. The exit code is
ansible-playbook's.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab.fleet.control import down, is_running, up
from tests.lab.fleet.plan import Request

PLACES = """
Configurations  {state}/netops.db  (exact texts)
Git history     {state}/configs  (try: git -C {state}/configs log --stat)
Run record      {state}/netops.db  (tables run, device_run, attempt)"""


@contextmanager
def fleet(lab: Path, inventory: str) -> Iterator[tuple[str, Path]]:
    """The inventory to back up and the state directory its run writes to."""
    if inventory:
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local/state"
        yield inventory, Path(home) / "prime.netops"
        return
    ours = not is_running(lab)
    try:
        yield str(up(Request(devices=25, profile="embedded"), lab).inventory), lab / "netops"
    finally:
        if ours:
            down(lab)


def main(lab: str, inventory: str, *options: str) -> int:
    """Back up and report."""
    with fleet(Path(lab), inventory) as (hosts, state):
        command = ["ansible-playbook", "playbooks/backup.yml", "-i", hosts, *options]
        code = subprocess.run(command, check=False).returncode
    print(PLACES.format(state=state))
    if inventory:
        print("(unless netops_state_dir, netops_store_url or backup_git_dir say otherwise)")
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
