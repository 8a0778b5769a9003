"""A run's metrics as its ledger has them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.jobs.metrics import write_metrics
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.store import RunStart, Store
from prometheus_client.parser import text_string_to_metric_families

from tests.unit.plugins.plugin_utils.store.samples import NOW, put, record


def two_runs(place: Path, kind: str = "backup") -> str:
    """r1 was fetched yesterday and fails today, r2 is well, r3 never was; the second run's id."""
    yesterday = NOW - timedelta(days=1)
    with Store.open(None, place) as store:
        first = store.begin_run(RunStart(kind=kind, devices=3))
        put(store, first, record("r1", "text 1", started=yesterday, finished=yesterday))
        store.finish_run(first, "finished", {"total": 3})
        second = store.begin_run(RunStart(kind=kind, devices=3))
        failed = {"status": "failed", "error_class": "timeout", "message": "", "remedy": ""}
        put(
            store,
            second,
            record("r1", None, **failed),
            record("r2", "text 2"),
            record("r3", None, **failed),
        )
        store.finish_run(second, "interrupted", {"total": 3})
    return second


def samples(path: Path) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels but ``job``."""
    return {
        (one.name, *(value for name, value in one.labels.items() if name != "job")): one.value
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8"))
        for one in family.samples
    }


def test_a_failed_device_is_as_fresh_as_its_last_good_copy(tmp_path: Path) -> None:
    """Also one that an earlier run took."""
    run_id, path = two_runs(tmp_path), tmp_path / "netops.prom"
    options = JobOptions(tmp_path)
    assert write_metrics(path, "nightly", run_id, options, per_device=True) == ""
    found = samples(path)
    yesterday = (NOW - timedelta(days=1)).timestamp()
    assert found["netops_oldest_good_copy_timestamp_seconds", "ber1"] == yesterday
    assert found["netops_good_copy_timestamp_seconds", "r1", "ber1"] == yesterday
    assert found["netops_devices_without_good_copy", "ber1"] == 1
    assert found["netops_last_run_devices", "ber1", "failed"] == 2
    assert found["netops_last_run_errors", "timeout"] == 2
    assert found["netops_last_run_complete",] == 0


def test_a_run_that_keeps_no_copies_tells_no_age(tmp_path: Path) -> None:
    """A show command on the same devices."""
    path = tmp_path / "netops.prom"
    assert write_metrics(path, "x", two_runs(tmp_path, "command"), JobOptions(tmp_path)) == ""
    assert not [key for key in samples(path) if "good_copy" in key[0]]


def test_a_file_that_is_of_no_use_is_told(tmp_path: Path) -> None:
    """It cannot be written, or nobody would read it; the run stands either way."""
    run_id = two_runs(tmp_path)
    (tmp_path / "file").write_text("")
    problem = write_metrics(tmp_path / "file" / "a.prom", "x", run_id, JobOptions(tmp_path))
    assert "cannot be written" in problem
    assert "metrics_file" in problem
    problem = write_metrics(tmp_path / "a.txt", "x", run_id, JobOptions(tmp_path))
    assert "let its name end in .prom" in problem
