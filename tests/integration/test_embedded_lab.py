"""What a newcomer sees: the embedded lab of `make backup`, on whatever ansible-core this is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.fleet.control import Lab, fleet

ROOT = Path(__file__).parents[2]
RECAP = re.compile(r"^(\S+) +: ok=\d+ +changed=(\d+) .*failed=(\d+) .*ignored=(\d+)", re.MULTILINE)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab that `make backup` starts, in a place of its own."""
    state = tmp_path_factory.mktemp("lab")
    with fleet(25, state=state, profile="embedded") as running:
        yield running


def back_up(lab: Lab) -> tuple[str, Counter[str]]:
    """Run the playbook as a user does; its output, and hosts by what the recap counts for them."""
    playbook = Path(sys.executable).with_name("ansible-playbook")
    done = subprocess.run(
        [playbook, "playbooks/backup.yml", "-i", lab.inventory],
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1", "ANSIBLE_NOCOLOR": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    hosts: Counter[str] = Counter()
    for _name, changed, failed, ignored in RECAP.findall(done.stdout):
        hosts.update(hosts=1, changed=int(changed), failed=int(failed), ignored=int(ignored))
    return done.stdout, hosts


def test_the_runs_of_a_newcomer(lab: Lab) -> None:
    """The first run changes 23 of 25 and names the two bad devices, a second one changes none,
    and after one device's configuration changed exactly one is reported."""
    output, hosts = back_up(lab)
    assert hosts == {"hosts": 25, "changed": 23, "failed": 0, "ignored": 2}
    assert "auth_failed" in output
    assert "unreachable" in output

    assert back_up(lab)[1] == {"hosts": 25, "changed": 0, "failed": 0, "ignored": 2}

    lab.override("ams-acc-01", revision=2)
    assert back_up(lab)[1] == {"hosts": 25, "changed": 1, "failed": 0, "ignored": 2}
