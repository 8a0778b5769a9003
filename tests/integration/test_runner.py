"""ansible-runner as AWX's stand-in: what AWX would show and store is the fleet's truth."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import BACKUP, Controller, login
from tests.integration.runner import AWX_LIMIT, Job, run_job
from tests.lab.fleet import Lab, fleet

REPORT = "Tell what became of the device"
EVENTS = {
    "ok": ("runner_on_ok", False),
    "changed": ("runner_on_ok", True),
    "failed": ("runner_on_failed", False),
    "unreachable": ("runner_on_unreachable", False),
}
"""A device's status in the ledger -> the event of its host, and whether that says changed."""


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab of `make backup`: 25 devices, one dead, one with another password."""
    state = tmp_path_factory.mktemp("embedded")
    with fleet(25, state=state, profile="embedded") as running:
        yield running


def check_truth(job: Job, controller: Controller) -> None:
    """Each device of the ledger has one event, which says of it what the ledger says."""
    outcomes = controller.outcomes()
    events = {event["event_data"]["host"]: event for event in job.of(REPORT)}
    assert len(job.of(REPORT)) == len(outcomes) == len(events)
    for name, outcome in outcomes.items():
        event, result = events[name], events[name]["event_data"]["res"]
        assert (event["event"], result["changed"]) == EVENTS[outcome.status], name
        assert result["status"] == outcome.status
        if outcome.error_class:
            assert result["error_class"] == outcome.error_class
            assert outcome.message in result["msg"]
            assert outcome.remedy == result["remedy"]


def counts_of(job: Job, key: str = "netops_backup") -> dict[str, int]:
    """The counts in the job's artifacts."""
    counts: dict[str, int] = job.artifact_data[key]["counts"]
    return counts


def test_events_summaries_and_artifacts_tell_the_truth(
    embedded: Lab, controller: Controller
) -> None:
    """First run, unchanged run, changed run: per-host events, host summaries and artifacts agree
    with the ledger each time; the two bad devices are ignored failures, and the job succeeds."""
    embedded.restore()
    everybody = set(embedded.plan.names)
    bad = {embedded.plan.devices[13].name, embedded.plan.devices[21].name}
    state = {"netops_state_dir": str(controller.state)}

    first = run_job(controller, BACKUP, embedded.inventory, name="first", **state)
    assert (first.rc, first.status) == (0, "successful")
    check_truth(first, controller)
    assert first.summaries["changed"] == everybody - bad
    assert first.summaries["ignored"] == bad
    assert first.summaries["dark"] == first.summaries["failures"] == set()
    assert counts_of(first) == {
        "total": 25,
        "ok": 0,
        "changed": 23,
        "failed": 1,
        "unreachable": 1,
        "skipped": 0,
    }
    run = controller.last_run()
    assert first.artifact_data["netops_backup"]["run_id"] == run.id
    assert first.artifact_data["netops_backup"]["classes"] == {"unreachable": 1, "auth_failed": 1}
    assert first.longest_result < AWX_LIMIT

    embedded.override("fra-acc-01", revision=2)
    second = run_job(controller, BACKUP, embedded.inventory, name="second", **state)
    check_truth(second, controller)
    assert second.summaries["changed"] == {"fra-acc-01"}
    assert (counts_of(second)["changed"], counts_of(second)["ok"]) == (1, 22)


def test_any_fails_the_job_by_its_hosts(embedded: Lab, controller: Controller) -> None:
    """With Ansible's own meaning the dead device is dark and the other one failed: what AWX's
    "relaunch on failed hosts" goes by."""
    embedded.restore()
    job = run_job(
        controller,
        BACKUP,
        embedded.inventory,
        netops_state_dir=str(controller.state),
        backup_fail_job="any",
        backup_attempts=1,
    )
    assert job.status == "failed"
    assert job.summaries["dark"] == {embedded.plan.devices[13].name}
    assert job.summaries["failures"] == {embedded.plan.devices[21].name}
    check_truth(job, controller)


def test_slices_keep_their_counts_apart(embedded: Lab, controller: Controller) -> None:
    """Two slices of an inventory with keys of their own: no slice overwrites the other's counts."""
    embedded.restore()
    names = embedded.plan.names
    jobs = [
        run_job(
            controller,
            BACKUP,
            embedded.inventory,
            arguments=f"--limit {','.join(names[number::2])}",
            name=f"slice{number}",
            netops_state_dir=str(controller.state),
            backup_stats_key=f"netops_backup_{number}",
            backup_attempts=1,
        )
        for number in (0, 1)
    ]
    artifacts = jobs[0].artifact_data | jobs[1].artifact_data
    totals = {key: facts["counts"]["total"] for key, facts in artifacts.items()}
    assert totals == {"netops_backup_0": 13, "netops_backup_1": 12}
    assert len(controller.mirrored()) == 23


def peak_mb() -> float:
    """The largest resident size of any process that this one has started and seen the end of."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def many(lab: Lab, controller: Controller) -> Path:
    """10,000 hosts: most of a platform that nobody knows, some dead, a part of them well."""
    hosts: dict[str, dict[str, Any]] = {name: login(lab, name) for name in lab.plan.names}
    dead = {"ansible_host": "127.0.0.1", "ansible_port": 9, "ansible_network_os": "eos"}
    hosts |= {f"branch-office-router-dead-{number:05d}": dead for number in range(400)}
    left = 10_000 - len(hosts)
    hosts |= {
        f"branch-office-router-unknown-{number:05d}": {"ansible_network_os": "acme"}
        for number in range(left)
    }
    return controller.inventory(hosts)


def test_ten_thousand_devices_fit(tmp_path: Path, record_property: Any) -> None:
    """10,000 devices with host outcome ``none``: every result is far below what AWX drops, memory
    does not grow with the fleet, and the counts add up."""
    controller = Controller(tmp_path / "home")
    with fleet(100, state=tmp_path / "lab", platforms=("cisco_ios",), size_kb=20) as lab:
        inventory = many(lab, controller)
        job = run_job(
            controller,
            BACKUP,
            inventory,
            backup_host_outcome="none",
            backup_fail_job="never",
            backup_attempts=1,
            backup_breaker_rate=0,
            backup_breaker_run_rate=0,
        )
    assert job.rc == 0, job.stdout
    assert counts_of(job) == {
        "total": 10_000,
        "ok": 0,
        "changed": 100,
        "failed": 9_500,
        "unreachable": 400,
        "skipped": 0,
    }
    record_property("longest result, characters", job.longest_result)
    record_property("largest process, MB", round(peak_mb()))
    print(f"longest result {job.longest_result:,} characters, largest process {peak_mb():.0f} MB")
    assert job.longest_result < AWX_LIMIT
    assert len(json.dumps(job.artifact_data)) < 2_000
    assert len(job.events) < 100
    assert peak_mb() < 500
    assert len(controller.outcomes()) == 10_000
    assert len(controller.mirrored()) == 100
