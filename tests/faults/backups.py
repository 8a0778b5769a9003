"""Backups of a simulated fleet that can be killed: each in a process of its own, as the worker of
Ansible is, forked so that no time goes by with imports."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device, HostKeyCheck
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.retry import RetryPolicy
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet, FleetOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.backup import (
    BackupOptions,
    MirrorOptions,
    back_up,
)
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.reconcile import verify
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.report import Report
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load
from ansible_collections.prime.netops.plugins.plugin_utils.store import Store
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import Run

from tests.integration.processes import stopped, until
from tests.lab.fleet import Lab
from tests.lab.fleet.configs import make_config
from tests.lab.fleet.dialects import DIALECTS

FORK = multiprocessing.get_context("fork")
POINTS = 10
"""Moments of each fault at which it strikes."""
SECONDS = 120
"""What no run of these tests takes, even on a busy machine."""


@dataclass(frozen=True)
class Backup:
    """What a run backs up, and where to. ``names`` are all devices of the lab, or a slice."""

    lab: Lab
    state: Path
    url: str | None = None
    names: tuple[str, ...] = ()
    workers: int = 25
    lock_seconds: float = 60.0
    git_dir: Path | None = None
    options: BackupOptions = field(default_factory=BackupOptions)
    resume: bool = False

    @property
    def fleet(self) -> tuple[str, ...]:
        """The devices."""
        return self.names or self.lab.plan.names

    @property
    def git(self) -> Path:
        """The mirror."""
        return self.git_dir or self.state / "configs"

    @property
    def mirror(self) -> MirrorOptions:
        """The mirror as the job is told of it."""
        return MirrorOptions(self.git, lock_seconds=self.lock_seconds)

    def store(self) -> Store:
        """Open the store."""
        return Store.open(self.url, self.state)

    def here(self, stop: threading.Event | None = None) -> Report:
        """Back up in this process."""
        options = JobOptions(
            state_dir=self.state,
            store_url=self.url,
            resume=self.resume,
            fleet=FleetOptions(workers=self.workers, deadline=60.0, retry=RetryPolicy(1)),
            say=lambda _line: None,
        )
        fleet = Fleet(self.fleet, lambda name: device(self.lab, name))
        return back_up(fleet, options, self.mirror, stop or threading.Event(), self.options)

    def start(self, prepare: Callable[[], None] = lambda: None, stop_after: int = 0) -> Running:
        """Back up in a process of its own. It stops itself after so many devices, until it is told
        to go on: what a test does then happens in mid-run, however long the test takes."""
        return Running(self, prepare, stop_after)

    def run(self, prepare: Callable[[], None] = lambda: None) -> Report:
        """Back up in a process of its own, to its end."""
        return self.start(prepare).report()

    def resumed(self) -> Backup:
        """The same, going on with what was interrupted."""
        return replace(self, resume=True)

    def carried_on(self) -> Backup:
        """What a person does next: resume what was interrupted; where all devices were done and
        only something after them failed, another run that spares those with a fresh copy."""
        with self.store() as store:
            store.close_dead_runs()
            latest = store.runs(1, "backup")
        if latest and latest[0].status == "interrupted":
            return self.resumed()
        return replace(self, resume=False, options=BackupOptions(max_age=3_600.0))

    def left(self) -> int:
        """Devices that the newest run has not done."""
        with self.store() as store:
            latest = store.runs(1, "backup")
            return len(self.fleet) - (len(store.done(latest[0].id)) if latest else 0)

    def logins(self) -> int:
        """Logins that the devices have seen."""
        devices = self.lab.counters()["devices"]
        return sum(devices[name]["logins"] for name in self.fleet)


class Running:
    """A backup in a process of its own."""

    def __init__(self, backup: Backup, prepare: Callable[[], None], stop_after: int) -> None:
        self._seen = 0
        self._ours, theirs = FORK.Pipe(duplex=False)
        self._done, writes = os.pipe()
        self.process = FORK.Process(
            target=_work, args=(backup, prepare, stop_after, theirs, writes)
        )
        self.process.start()
        theirs.close()
        os.close(writes)

    def go_on(self) -> None:
        """Let a run that stopped itself do the rest."""
        pid = self.process.pid
        assert pid
        until(lambda: stopped(pid), SECONDS, "the run to stop")
        os.kill(pid, signal.SIGCONT)

    def await_devices(self, number: int) -> int:
        """Wait until so many devices are done, or the run is over; how many there are."""
        while self._seen < number:
            told = os.read(self._done, number - self._seen)
            if not told:
                break
            self._seen += len(told)
        return self._seen

    def ended(self, seconds: float) -> bool:
        """Whether the run is over within so many seconds."""
        return self._ours.poll(seconds)

    def kill(self) -> None:
        """kill -9."""
        self.process.kill()
        self._end()

    def report(self) -> Report:
        """Wait for the end; raises what the job raised."""
        assert self._ours.poll(SECONDS), "the run does not end"
        told = self._ours.recv()
        self._end()
        if isinstance(told, BaseException):
            raise told
        assert isinstance(told, Report)
        return told

    def _end(self) -> None:
        self.process.join(SECONDS)
        self._ours.close()
        os.close(self._done)


class _Tell(logging.Handler):
    """One byte into a pipe for each device that is done; the process stops itself after one."""

    def __init__(self, pipe: int, stop_after: int) -> None:
        super().__init__()
        self._pipe = pipe
        self._left = stop_after

    def emit(self, record: logging.LogRecord) -> None:
        os.write(self._pipe, b".")
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGSTOP)


def _work(
    backup: Backup, prepare: Callable[[], None], stop_after: int, told: Connection, done: int
) -> None:
    logger = logging.getLogger("prime.netops.fleet")
    logger.setLevel(logging.INFO)
    logger.addHandler(_Tell(done, stop_after))
    logger.propagate = False
    result: Report | BaseException
    try:
        prepare()
        result = backup.here()
    except BaseException as error:  # noqa: BLE001 - the parent is told whatever it is
        result = error
    told.send(result)


def device(lab: Lab, name: str) -> Device:
    """A device of a lab as the inventory gives it."""
    spec = lab.plan.device(name)
    return Device(
        name=name,
        address=spec.address,
        port=lab.plan.port,
        username=lab.plan.user,
        password=lab.plan.password,
        enable_password=lab.plan.enable_password if spec.unprivileged else None,
        platform=load(DIALECTS[spec.platform].network_os),
        site=spec.site,
        host_key_check=HostKeyCheck.OFF,
    )


def check_whole(backup: Backup, store: Store) -> None:
    """Nothing is half-written: every page, every hash, every file of git; every text is what the
    device shows."""
    found = verify(store, backup.mirror, mend=False)
    assert found.problems == []
    assert found.differences == []
    assert found.devices == len(backup.fleet)
    for name, good in store.last_good(backup.fleet).items():
        served = make_config(backup.lab.plan.device(name)).render().decode().replace("\r\n", "\n")
        assert store.text(good.config_sha256).splitlines()[1:] == served.splitlines()[1:], name
    assert git(backup.git, "status", "--porcelain") == ""
    git(backup.git, "fsck", "--strict")
    assert git(backup.git, "for-each-ref", "refs/prime.netops") == ""
    assert not (backup.git / ".git" / "index.lock").exists()


def check_complete(backup: Backup, run_id: str) -> Run:
    """Every device of the fleet stands in the ledger once, done, and all is whole."""
    with backup.store() as store:
        run = store.run(run_id)
        assert run.status == "finished"
        devices = [outcome.device for outcome in store.outcomes(run_id)]
        assert devices == sorted(backup.fleet)
        assert not list(store.owed_to_mirror(backup.fleet))
        check_whole(backup, store)
        return run


def check_carried_on(backup: Backup, left: int) -> None:
    """Carry on, and look at everything: the work is that of what was left and no more."""
    before = backup.logins()
    after = backup.carried_on()
    report = after.run()
    assert report.problems == []
    assert report.counts["failed"] + report.counts["unreachable"] == 0
    assert backup.logins() - before == left
    run = check_complete(backup, report.run_id)
    total = len(backup.fleet)
    assert run.counts == report.counts
    assert run.counts["ok"] + run.counts["changed"] + run.counts["skipped"] == total
    if after.resume:
        assert report.resumed == total - left
        assert run.counts["skipped"] == 0
    else:
        assert report.fresh == total - left


def git(repository: Path, *arguments: str) -> str:
    """What git says of a repository, asked as a person would."""
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "-C", repository, *arguments],
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_OPTIONAL_LOCKS": "0"},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()
