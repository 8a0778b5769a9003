"""What is measured of a run: tasks, fleets, the machine."""

from __future__ import annotations

import subprocess
import sys
import threading

from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    DeviceFailed,
    DeviceSkipped,
    DeviceSucceeded,
    RunFinished,
    RunStarted,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark import RunRecord
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_process import (
    PeakMemory,
    cpu_seconds,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_run import RunMeter


def finish(meter: RunMeter, hosts: int = 2) -> RunRecord:
    """The record of a run that ends now."""
    return meter.finish("site.yml", hosts, 0, ["b", "a"], [], {"python": "3"})


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        """The time that it was set to."""
        return self.now


def test_tasks_are_measured_by_host() -> None:
    """From a task's start to its last host's end, and each host's own time."""
    clock = Clock()
    meter = RunMeter(clock)
    meter.task_started("setup")
    meter.task_named("gather")
    for host, begin, end in (("a", 0.0, 2.0), ("b", 1.0, 5.0)):
        clock.now = begin
        meter.host_started(host)
        clock.now = end
        meter.host_done(host, failed=host == "b")
    meter.retried()
    clock.now = 9.0
    meter.task_started("debug")
    record = finish(meter)
    gather, following = record.tasks
    assert (gather.name, gather.action, gather.wall_s, gather.hosts) == ("gather", "setup", 5.0, 2)
    assert (gather.failed, gather.retries, gather.latency.mean) == (1, 1, 3.0)
    assert following.wall_s == 0.0
    assert record.wall_s == 9.0
    assert record.tags == ("a", "b")


def test_a_fleet_is_measured_by_its_events() -> None:
    """Devices, latency, retries, and what its worker took; the fleet is the size of the run."""
    meter = RunMeter()
    meter.task_started("prime.netops.config_backup")
    meter.task_named("Back up")
    meter.event(RunStarted(run_id="1", kind="backup", devices=4, workers=2))
    for number, attempts in enumerate((1, 3)):
        meter.event(
            DeviceSucceeded(
                run_id="1", device=f"r{number}", status="ok", seconds=2.0, attempts=attempts
            )
        )
    failed = {"status": "failed", "seconds": 8.0, "attempts": 2, "error_class": "timeout"}
    meter.event(DeviceFailed(run_id="1", device="r8", **failed))  # type: ignore[arg-type]
    meter.event(DeviceSkipped(run_id="1", device="r9", status="skipped", seconds=0, attempts=0))
    meter.event(
        RunFinished(
            run_id="1",
            kind="backup",
            status="finished",
            counts={"total": 4, "ok": 2, "failed": 1, "skipped": 1},
            seconds=6.0,
            workers=2,
            cpu_s=0.5,
            peak_rss_mb=120.0,
            store_wait_s=None,
        )
    )
    record = finish(meter, hosts=1)
    (fleet,) = record.fleets
    assert (fleet.task, fleet.devices, fleet.per_s) == ("Back up", 3, 0.5)
    assert (fleet.failed, fleet.retries, fleet.latency.mean) == (1, 3, 4.0)
    assert (fleet.cpu_s, fleet.peak_rss_mb, fleet.store_wait_s) == (0.5, 120.0, 0.0)
    assert record.hosts == 3


def test_events_and_tasks_come_in_different_threads() -> None:
    """Nothing is lost and nothing waits for ever."""
    meter = RunMeter()
    meter.task_started("a")

    def hosts(first: int) -> None:
        for number in range(first, first + 500):
            meter.host_started(str(number))
            meter.host_done(str(number))
            meter.event(DeviceSucceeded(run_id="1", device="r", status="ok", seconds=1, attempts=1))

    threads = [threading.Thread(target=hosts, args=(first * 1000,)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    meter.event(RunFinished(run_id="1", kind="task", status="finished", counts={}, seconds=1.0))
    record = finish(meter)
    assert record.tasks[0].hosts == 2000
    assert record.fleets[0].devices == 2000


def test_a_playbook_with_thousands_of_tasks_keeps_the_longest() -> None:
    """A record has a bound."""
    clock = Clock()
    meter = RunMeter(clock)
    for number in range(5_000):
        meter.task_started(f"a{number}")
        clock.now += 1.0 if number % 100 else 50.0
    record = finish(meter)
    assert len(record.tasks) == 100
    assert sum(task.wall_s == 50.0 for task in record.tasks) == 50


def test_secrets_in_a_tasks_name_are_not_kept() -> None:
    """A name is a template, and people put anything into it."""
    meter = RunMeter()
    meter.task_started("a")
    meter.task_named("log in with password=planted-4711")
    assert "planted-4711" not in str(finish(meter).to_native())


def test_memory_and_cpu_are_those_of_the_whole_tree() -> None:
    """A child that takes 80 MB and computes."""
    before, peak = cpu_seconds(), PeakMemory(interval=0.02)
    program = "import time; x = bytearray(b'x') * 80_000_000; e = time.process_time() + 0.2\n"
    program += "while time.process_time() < e: pass\ntime.sleep(0.3)"
    subprocess.run([sys.executable, "-c", program], check=True)
    assert cpu_seconds() - before >= 0.2
    assert peak.end() > 80
