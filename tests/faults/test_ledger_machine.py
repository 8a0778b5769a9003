"""The ledger against a model: runs begun, killed, found and resumed by several processes."""

from __future__ import annotations

import itertools
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import RunLost, StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import RunStart, Store, runs
from ansible_collections.prime.netops.plugins.plugin_utils.store.process import Process
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.lab.postgres import Postgres
from tests.unit.plugins.plugin_utils.store.samples import digest, record

DEVICES = ("r1", "r2", "r3")
STATUSES = ("ok", "changed", "failed", "unreachable", "skipped")
FLEETS = {size: runs.fleet_id(DEVICES[:size]) for size in (2, 3)}


@dataclass
class ModelRun:
    """What the ledger should have of a run."""

    fleet: int
    status: str
    worker: int | None
    devices: dict[str, str] = field(default_factory=dict)

    @property
    def done(self) -> set[str]:
        """The devices that a resumed run leaves out."""
        return {name for name, status in self.devices.items() if status in ("ok", "changed")}


@dataclass
class Worker:
    """A process with a store of its own, and the run that it believes to have."""

    number: int
    store: Store
    alive: bool = True
    run_id: str | None = None


class Ledger(RuleBasedStateMachine):
    """Workers come and go; each holds at most one run, and is killed, or asleep and taken for dead.

    Processes are numbers here: who lives is the model's to say, all else is real.
    """

    url: ClassVar[Any] = None
    workers: ClassVar[list[Worker]]

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory()
        self.numbers = itertools.count(1)
        self.database = self.url() if self.url else None
        self.workers: list[Worker] = []
        self.runs: dict[str, ModelRun] = {}
        self.order: list[str] = []
        self.latest: dict[str, str] = {}
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(runs, "BUSY_SECONDS", 0.0)
        self.patch.setattr(runs, "lives", lambda process: process.pid in self.living())
        for _ in range(3):
            self.new_worker()

    def living(self) -> set[int]:
        """Who is seen to live."""
        return {worker.number for worker in self.workers if worker.alive}

    def new_worker(self) -> Worker:
        """Start a process."""
        store = Store.open(self.database, Path(self.directory.name))
        worker = Worker(next(self.numbers), store)
        self.workers.append(worker)
        return worker

    def acting(self, worker: Worker) -> None:
        """Let all that follows be done by this process."""
        me = Process("host", worker.number, "boot", f"ns:{worker.number}")
        self.patch.setattr(runs, "this_process", lambda: me)

    def close_dead(self) -> None:
        """What the ledger does before anything else."""
        for run in self.dead():
            run.status, run.worker = "interrupted", None

    def refused(self, worker: Worker) -> bool:
        """Whether another run is one too many."""
        others = (run.worker for run in self.runs.values() if run.status == "running")
        return self.database is None and any(other != worker.number for other in others)

    def idle(self) -> list[Worker]:
        """Those that live and have no run."""
        return [worker for worker in self.workers if worker.alive and not worker.run_id]

    def dead(self) -> list[ModelRun]:
        """The runs whose process is gone and that nobody has closed yet."""
        living = self.living()
        those = self.runs.values()
        return [run for run in those if run.status == "running" and run.worker not in living]

    def can_be_resumed(self) -> bool:
        """Whether anything was interrupted, known to be so or not."""
        return any(run.status == "interrupted" for run in self.runs.values()) or bool(self.dead())

    def busy(self) -> list[Worker]:
        """Those that live and believe to have a run."""
        return [worker for worker in self.workers if worker.alive and worker.run_id]

    def asleep(self) -> list[Worker]:
        """Those that are taken for dead and are not."""
        return [worker for worker in self.workers if not worker.alive and worker.run_id]

    @precondition(
        lambda self: self.idle() and (not self.can_be_resumed() or len(self.runs) % 3 == 0)
    )
    @rule(choice=st.integers(0, 9), fleet=st.sampled_from([3, 3, 3, 2]))
    def begin(self, choice: int, fleet: int) -> None:
        """A new run; the dead ones are closed by it. Rarer where one can be resumed."""
        worker = pick(self.idle(), choice)
        self.acting(worker)
        start = RunStart("backup", fleet, fleet=FLEETS[fleet])
        self.close_dead()
        if self.refused(worker):
            with pytest.raises(StoreError, match="one run at a time"):
                worker.store.begin_run(start)
            self.undo_closing()
            return
        worker.run_id = worker.store.begin_run(start)
        self.runs[worker.run_id] = ModelRun(fleet, "running", worker.number)
        self.order.append(worker.run_id)

    @precondition(lambda self: self.idle() and self.can_be_resumed())
    @rule(choice=st.integers(0, 9), fleet=st.sampled_from([3, 3, 3, 2]))
    def resume(self, choice: int, fleet: int) -> None:
        """Go on with the newest run of these hosts, if that was interrupted."""
        worker = pick(self.idle(), choice)
        self.acting(worker)
        start = RunStart("backup", fleet, fleet=FLEETS[fleet])
        self.close_dead()
        newest = next((i for i in reversed(self.order) if self.runs[i].fleet == fleet), None)
        run = self.runs.get(newest or "")
        if self.refused(worker) or run is None or run.status != "interrupted":
            with pytest.raises(StoreError):
                worker.store.resume_run(start)
            self.undo_closing()
            return
        assert worker.store.resume_run(start) == newest
        worker.run_id, run.status, run.worker = newest, "running", worker.number
        assert worker.store.done(str(newest)) == run.done

    def undo_closing(self) -> None:
        """A refusal may roll the closing back; whoever looks next closes them."""
        self.workers[0].store.close_dead_runs()

    @precondition(lambda self: self.busy())
    @rule(
        choice=st.integers(0, 9),
        device=st.sampled_from(DEVICES),
        status=st.sampled_from(STATUSES),
        text=st.sampled_from(["a\n", "b\n", "c\n"]),
    )
    def put(self, choice: int, device: str, status: str, text: str) -> None:
        """A device ends. Who has lost its run, asleep meanwhile, gets nothing into it."""
        worker = pick(self.busy(), choice)
        assert worker.run_id is not None
        self.acting(worker)
        good = status in ("ok", "changed")
        given = record(device, text if good else None, status=status)
        writer = worker.store.writer(worker.run_id)
        run = self.runs[worker.run_id]
        if run.worker != worker.number:
            writer.put(given)
            with pytest.raises(RunLost):
                writer.close()
            worker.run_id = None
            return
        with writer:
            writer.put(given)
        run.devices[device] = status
        if good:
            self.latest[device] = digest(text)

    @precondition(lambda self: self.busy())
    @rule(choice=st.integers(0, 9), asleep=st.booleans())
    def die(self, choice: int, asleep: bool) -> None:
        """kill -9, or a sleep so long that others take it for that; another process is there."""
        worker = pick(self.busy(), choice)
        worker.alive = False
        worker.run_id = worker.run_id if asleep else None
        if not self.idle():
            self.new_worker()

    @precondition(lambda self: self.asleep())
    @rule(choice=st.integers(0, 9))
    def wake(self, choice: int) -> None:
        """Who slept comes back, whatever has become of its run."""
        pick(self.asleep(), choice).alive = True

    @precondition(lambda self: self.busy())
    @rule(choice=st.integers(0, 9))
    def finish(self, choice: int) -> None:
        """A run ends as it should, unless somebody else has it."""
        worker = pick(self.busy(), choice)
        assert worker.run_id is not None
        run, run_id = self.runs[worker.run_id], worker.run_id
        worker.run_id = None
        if run.worker != worker.number:
            with pytest.raises(RunLost):
                worker.store.finish_run(run_id, "finished", {})
            return
        worker.store.finish_run(run_id, "finished", worker.store.counts(run_id, run.fleet))
        run.status, run.worker = "finished", None

    @precondition(lambda self: self.dead())
    @rule()
    def look(self) -> None:
        """run_info finds and closes the dead."""
        self.workers[0].store.close_dead_runs()
        self.close_dead()

    @invariant()
    def the_ledger_is_the_model(self) -> None:
        """Runs, their devices, each once, and the last good copy of each."""
        store = self.workers[0].store
        for run_id, run in self.runs.items():
            assert store.run(run_id).status == run.status
            found = [(each.device, each.status) for each in store.outcomes(run_id)]
            assert found == sorted(run.devices.items())
        good = {name: copy.config_sha256 for name, copy in store.last_good().items()}
        assert good == self.latest
        assert all(store.text(sha) for sha in good.values())

    def teardown(self) -> None:
        """Close everything."""
        self.patch.undo()
        for worker in self.workers:
            worker.store.close()
        self.directory.cleanup()


def pick(workers: list[Worker], choice: int) -> Worker:
    """One of them."""
    return workers[choice % len(workers)]


def limits(examples: int) -> settings:
    """How long hypothesis looks."""
    slow = [HealthCheck.too_slow, HealthCheck.data_too_large]
    return settings(
        max_examples=examples,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=slow,
    )


def test_sqlite_s_ledger_is_the_model_s() -> None:
    """One run at a time, many examples."""
    run_state_machine_as_test(Ledger, settings=limits(30))


@pytest.fixture
def on_postgresql(postgres: Postgres) -> type[Ledger]:
    """The machine with a database of its own for each example."""
    return type("PostgresLedger", (Ledger,), {"url": staticmethod(postgres.new_database)})


def test_postgresql_s_ledger_is_the_model_s(on_postgresql: type[Ledger]) -> None:
    """Several runs at once, fewer examples."""
    run_state_machine_as_test(on_postgresql, settings=limits(6))
