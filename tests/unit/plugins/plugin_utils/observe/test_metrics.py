"""The metrics file, read by Prometheus' own parser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe.metrics import (
    MAX_SITES,
    OTHER,
    DeviceMetric,
    Family,
    RunMetrics,
    Score,
    render,
    run_families,
    score_families,
    write,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

NOW = 1_700_000_000.5
DEVICES = (
    DeviceMetric("r1", "ams", "changed", NOW),
    DeviceMetric("r2", "ams", "failed", NOW - 90_000),
    DeviceMetric("r3", "fra", "unreachable"),
)
RUN = RunMetrics(
    job="netops_backup",
    finished=NOW,
    seconds=12.25,
    complete=True,
    classes={"timeout": 1, "auth_failed": 1},
    devices=DEVICES,
    keeps=True,
)


def parsed(families: Iterable[Family]) -> dict[tuple[str, ...], float]:
    """Every sample by its name and the values of its labels but ``job``."""
    return {
        (sample.name, *(value for name, value in sample.labels.items() if name != "job")): (
            sample.value
        )
        for family in text_string_to_metric_families(render(families))
        for sample in family.samples
    }


def test_a_run_is_told_with_classes_sites_and_freshness() -> None:
    """All that a dashboard and an alert rule need."""
    samples = parsed(run_families(RUN))
    assert samples["netops_last_run_timestamp_seconds",] == NOW
    assert samples["netops_last_run_duration_seconds",] == 12.25
    assert samples["netops_last_run_complete",] == 1
    assert samples["netops_last_run_errors", "timeout"] == 1
    assert samples["netops_last_run_devices", "ams", "changed"] == 1
    assert samples["netops_last_run_devices", "fra", "unreachable"] == 1
    assert samples["netops_last_run_devices", "fra", "ok"] == 0
    assert samples["netops_oldest_good_copy_timestamp_seconds", "ams"] == NOW - 90_000
    assert ("netops_oldest_good_copy_timestamp_seconds", "fra") not in samples
    assert samples["netops_devices_without_good_copy", "fra"] == 1
    assert not [key for key in samples if "r1" in key]


def test_a_device_has_a_series_only_where_it_is_asked_for() -> None:
    """One for each device that has a copy."""
    samples = parsed(run_families(replace(RUN, per_device=True)))
    assert samples["netops_good_copy_timestamp_seconds", "r2", "ams"] == NOW - 90_000
    assert ("netops_good_copy_timestamp_seconds", "r3", "fra") not in samples


def test_a_task_that_keeps_nothing_tells_no_freshness() -> None:
    """Of a show command there is no copy."""
    assert not [key for key in parsed(run_families(replace(RUN, keeps=False))) if "copy" in key[0]]


def test_the_number_of_series_is_bounded() -> None:
    """Ten thousand sites: the biggest have series of their own, no device is lost in the sum."""
    devices = tuple(DeviceMetric(f"d{n}", f"s{n % 9_000}", "ok", NOW) for n in range(10_000))
    samples = parsed(run_families(replace(RUN, devices=devices)))
    assert len(samples) < (MAX_SITES + 2) * 8
    ok = {key: value for key, value in samples.items() if key[-1] == "ok"}
    assert sum(ok.values()) == 10_000
    assert ok["netops_last_run_devices", OTHER, "ok"] > 1


def test_scores_come_with_their_findings() -> None:
    """Of a site two profiles, of which each has its score; and one where nobody has any."""
    scores = [
        Score("cis", "ams", 0.75, {"high": 2, "low": 1}),
        Score("own", "ams", 1.0),
        Score("cis", "fra", 0.5, {"high": 1}),
        Score("cis", "ber", None, {"high": 0}),
    ]
    samples = parsed(score_families("netops_compliance", scores))
    assert samples["netops_compliance_score", "cis", "ams"] == 0.75
    assert samples["netops_compliance_score", "own", "ams"] == 1.0
    assert samples["netops_compliance_findings", "cis", "fra", "high"] == 1
    assert ("netops_compliance_score", "cis", "ber") not in samples


NAMES = st.text(max_size=300) | st.sampled_from(
    ['a"b', "back\\slash", "new\nline", "\\n", '"}', "\r", "\x85", "\u2028", "\x00", "\ud800", ""]
)


@settings(max_examples=300, deadline=None)
@given(names=st.lists(st.tuples(NAMES, NAMES), max_size=8), job=NAMES)
def test_hostile_names_stay_labels(names: list[tuple[str, str]], job: str) -> None:
    """Any text as a site, a device or a job: the parser takes the file, no series comes twice,
    and each has the labels that it should have."""
    devices = tuple(DeviceMetric(name, site, "ok", NOW) for name, site in names)
    run = replace(RUN, job=job, devices=devices, per_device=True)
    text = render(run_families(run))
    text.encode("utf-8")
    seen = set()
    for family in text_string_to_metric_families(text):
        assert family.name.startswith("netops_")
        for sample in family.samples:
            key = (sample.name, *sorted(sample.labels.items()))
            assert key not in seen
            seen.add(key)
            assert set(sample.labels) <= {"job", "site", "status", "device", "error_class"}


@pytest.mark.parametrize("name", ['a"b', "back\\slash", "new\nline", "\\n", "ünïcode ☃"])
def test_a_name_comes_back_as_it_was(name: str) -> None:
    """What the format can carry it carries."""
    devices = (DeviceMetric("r1", name, "ok", NOW),)
    assert ("netops_last_run_devices", name, "ok") in parsed(
        run_families(replace(RUN, devices=devices))
    )


def test_the_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """Whoever has the old one open reads it to its end; node_exporter may read the new one, and no
    half-written file has a name that it takes."""
    path = tmp_path / "collector" / "netops.prom"
    write(path, run_families(RUN))
    with path.open() as old:
        head = old.read(10)
        write(path, run_families(replace(RUN, seconds=99.0)))
        assert head + old.read() == render(run_families(RUN))
    assert "99" in path.read_text()
    assert [file.name for file in path.parent.iterdir()] == ["netops.prom"]
    assert path.stat().st_mode & 0o777 == 0o644


def test_every_line_ends_and_types_are_told() -> None:
    """What the collector insists on."""
    text = render(run_families(RUN))
    assert text.endswith("\n")
    assert "# TYPE netops_last_run_devices gauge\n" in text
    assert render([]) == ""
