# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The writer's batches, and a state machine that kills it between them."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sqlite3
import tempfile
import threading
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    RunStart,
    Store,
    Writer,
    database,
)
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.plugins.plugin_utils.store.samples import digest, put, record

FORK = multiprocessing.get_context("fork")


def test_a_record_is_committed_after_the_interval_without_a_full_batch(tmp_path: Path) -> None:
    """So that a kill costs half a second's work at most."""
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        with store.writer(run_id, batch=50, interval=0.01) as writer:
            writer.put(record("r1", "x\n"))
            waited = threading.Event()
            while writer.committed == 0:
                assert not waited.wait(0.005)
            assert store.outcome(run_id, "r1") is not None


def test_records_come_from_many_threads(tmp_path: Path) -> None:
    """More than the queue holds, so that some of them wait."""
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 200))
        with store.writer(run_id, batch=3) as writer:
            threads = [
                threading.Thread(
                    target=lambda n=n: [writer.put(record(f"r{n}-{i}", "x\n")) for i in range(25)]
                )
                for n in range(8)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert writer.committed == 200
        assert sum(1 for _ in store.outcomes(run_id)) == 200


def put_for_ever(writer: Writer) -> None:
    """Hand in records until that raises."""
    for number in itertools.count():
        writer.put(record(f"r{number}", None))


def put_and_fail(writer: Writer) -> None:
    """Hand in a record, then have an accident."""
    with writer:
        writer.put(record("r1", None))
        raise KeyError


def test_a_failed_batch_is_told_to_whoever_puts_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And to close(); nobody waits for ever, and the committed batches stay."""
    monkeypatch.setattr(database, "SQLITE_SETUP", ("PRAGMA busy_timeout = 20",))
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        put(store, run_id, record("safe", "x\n"))
        lock = sqlite3.connect(tmp_path / "netops.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        writer = store.writer(run_id, batch=1)
        with pytest.raises(StoreError, match="locked"):
            put_for_ever(writer)
        with pytest.raises(StoreError, match="locked"):
            writer.close()
        lock.close()
        assert [each.device for each in store.outcomes(run_id)] == ["safe"]


def test_an_error_in_the_body_is_not_hidden_by_the_store_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store's failure is a note to it."""
    monkeypatch.setattr(database, "SQLITE_SETUP", ("PRAGMA busy_timeout = 20",))
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        lock = sqlite3.connect(tmp_path / "netops.db", isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        with pytest.raises(KeyError) as caught:
            put_and_fail(store.writer(run_id))
        lock.close()
        assert "locked" in caught.value.__notes__[0]


def serve(state_dir: Path, run_id: str, orders: Connection) -> None:
    """Obey the machine below in a process that it may kill."""
    with Store.open(None, state_dir) as store:
        writer = store.writer(run_id, batch=3, interval=0.001)
        while True:
            order = orders.recv()
            if order is None:
                writer.close()
                writer = store.writer(run_id, batch=3, interval=0.001)
                orders.send("flushed")
            else:
                device, text, status = order
                writer.put(record(device, text, status=status))


class Ledger(RuleBasedStateMachine):
    """Put, flush and kill -9 in any order.

    What was flushed is there; of what was put since, some first part is, in order, and no device
    is a mixture.
    """

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.state_dir = Path(self.directory.name)
        self.safe: dict[str, tuple[str, str | None]] = {}
        self.loose: list[tuple[str, tuple[str, str | None]]] = []
        self.child: BaseProcess | None = None

    @initialize()
    def begin(self) -> None:
        """Make the store and the run."""
        with Store.open(None, self.state_dir) as store:
            self.run_id = store.begin_run(RunStart("backup", 9))
        self.start()

    def start(self) -> None:
        """Start the process that writes."""
        self.orders, theirs = FORK.Pipe()
        self.child = FORK.Process(target=serve, args=(self.state_dir, self.run_id, theirs))
        self.child.start()
        theirs.close()

    @rule(
        device=st.sampled_from(["r1", "r2", "r3", "r4"]),
        text=st.none() | st.sampled_from(["a\n", "b\n", "c\n"]),
        failed=st.booleans(),
    )
    def put(self, device: str, text: str | None, failed: bool) -> None:
        """Hand in a record of a device, new or not."""
        status = "failed" if failed else "ok"
        self.orders.send((device, text, status))
        self.loose.append((device, (status, text and digest(text))))

    @rule()
    def flush(self) -> None:
        """Wait until all of it is committed."""
        self.orders.send(None)
        assert self.orders.recv() == "flushed"
        self.safe.update(self.loose)
        self.loose = []

    @precondition(lambda self: self.loose)
    @rule()
    def kill(self) -> None:
        """Kill the process, see what is left, and start another one."""
        assert self.child is not None
        assert self.child.pid is not None
        os.kill(self.child.pid, signal.SIGKILL)
        self.child.join()
        found = self.found()
        possible = [{**self.safe, **dict(self.loose[:n])} for n in range(len(self.loose) + 1)]
        assert found in possible
        self.safe, self.loose = found, []
        self.start()

    def found(self) -> dict[str, tuple[str, str | None]]:
        """Return status and text of each device in the store."""
        with Store.open(None, self.state_dir) as store:
            outcomes = list(store.outcomes(self.run_id))
            for each in outcomes:
                assert each.config_sha256 is None or store.text(each.config_sha256)
            return {each.device: (each.status, each.config_sha256) for each in outcomes}

    @invariant()
    def flushed_is_there(self) -> None:
        """No device that was flushed is ever missing."""
        if self.child is not None:
            assert self.safe.keys() <= self.found().keys()

    def teardown(self) -> None:
        """End the process."""
        if self.child is not None:
            self.child.kill()
            self.child.join()
            self.orders.close()
        self.directory.cleanup()


class TestLedger(Ledger.TestCase):  # type: ignore[misc,name-defined]
    """Runs the machine."""

    settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
