"""kill -9 of the worker, of ansible-playbook, of PostgreSQL, each at ten moments; then resume."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import patience

from tests.faults.backups import POINTS, Backup, check_carried_on, check_complete
from tests.faults.conftest import DEVICES
from tests.integration.playbook import BACKUP, Controller
from tests.integration.processes import await_end, descendants, kill, until
from tests.lab.fleet import Lab
from tests.lab.postgres import Postgres


def moment(chance: random.Random, point: int) -> tuple[int, float]:
    """After how many devices, and how many seconds later; the last two points are after the last
    device, where the texts are committed."""
    if point >= POINTS - 2:
        return DEVICES, chance.uniform(0.0, 0.15)
    return chance.randint(1, DEVICES - 1), chance.uniform(0.0, 0.03)


@pytest.mark.parametrize("point", range(POINTS))
def test_the_worker_is_killed(lab: Lab, chance: random.Random, tmp_path: Path, point: int) -> None:
    """The run is closed and goes on under its own id; only what it had not done is done."""
    backup = Backup(lab, tmp_path / "state")
    running = backup.start()
    devices, seconds = moment(chance, point)
    running.await_devices(devices)
    time.sleep(seconds)
    running.kill()
    check_carried_on(backup, backup.left())


@pytest.mark.parametrize("point", range(POINTS))
def test_ansible_is_killed(lab: Lab, chance: random.Random, tmp_path: Path, point: int) -> None:
    """ansible-playbook itself, or (every third time) its worker alone, or all of its processes; a
    playbook with backup_resume does the rest."""
    controller = Controller(tmp_path / "home")
    backup = Backup(lab, controller.state)
    before = backup.logins()
    few = {"backup_workers": 25, "backup_host_outcome": "none"}
    process = controller.start(BACKUP, lab.inventory, **few)
    at_least = chance.randint(1, DEVICES - 20)
    try:
        until(lambda: backup.logins() - before >= at_least, 60, "the middle of the run")
        processes = descendants(process.pid)
        worker = processes - {process.pid}
        kill([{process.pid}, worker, processes][point % 3])
        await_end(processes, 20)
    finally:
        kill(descendants(process.pid))
        process.communicate()
    left, before = backup.left(), backup.logins()
    going_on = {"backup_resume": True} if left else {"backup_max_age": "1h"}
    play = controller.play(BACKUP, lab.inventory, **few, **going_on)
    assert play.rc == 0, play.output
    assert backup.logins() - before == left
    check_complete(backup, controller.last_run().id)


@pytest.mark.parametrize("point", range(POINTS))
def test_postgresql_is_killed(
    lab: Lab, chance: random.Random, postgres: Postgres, tmp_path: Path, point: int
) -> None:
    """A server that is back soon costs nothing; one that stays away ends the run with its name, and
    the run goes on when it is back."""
    backup = Backup(lab, tmp_path / "state", postgres.new_database())
    comes_back = point % 2 == 0

    def prepare() -> None:
        patience.PATIENCE = 60.0 if comes_back else 0.5

    done = moment(chance, point)[0]
    running = backup.start(prepare, stop_after=done)
    running.await_devices(done)
    postgres.stop(signal.SIGKILL)
    running.go_on()
    if comes_back:
        time.sleep(chance.uniform(0.0, 1.0))
        postgres.start()
        report = running.report()
        assert report.problems == []
        check_complete(backup, report.run_id)
        return
    try:
        with pytest.raises(StoreError, match=r"127\.0\.0\.1.*Check that the server runs"):
            running.report()
    finally:
        postgres.start()
    check_carried_on(backup, backup.left())
