# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metrics of a run for Prometheus, as a file that node_exporter's textfile collector reads.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/, text 0.0.4. The collector
wants each file whole, so it is replaced and never written to; no time stamps, which it refuses.

A time series lives for ever in whoever stores it, so the labels are bounded: sites and classes, and
devices only where they are asked for.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_SITES = 500
"""Sites that get series of their own, the biggest ones; the others together are ``OTHER``."""
MAX_DEVICES = 20_000
"""Devices that get a series, where those are asked for."""
MAX_LABEL = 200
"""Characters of a label's value."""
OTHER = "(other)"
_BREAKS = dict.fromkeys(map(ord, "\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), " ")
STATUSES = ("ok", "changed", "failed", "unreachable", "skipped")


@dataclass(frozen=True, slots=True)
class DeviceMetric:
    """What a run did with a device; ``good`` is when its last good copy was taken, in seconds since
    the epoch, None where there is none or the task keeps none.
    """

    name: str
    site: str
    status: str
    good: float | None = None


@dataclass(frozen=True, slots=True)
class RunMetrics:
    """A fleet run that is over. ``job`` names the work, as the metrics' label; ``keeps`` tells
    whether it keeps copies, so that their age can be told.
    """

    job: str
    finished: float
    seconds: float
    complete: bool
    classes: Mapping[str, int] = field(default_factory=dict)
    devices: tuple[DeviceMetric, ...] = ()
    keeps: bool = False
    per_device: bool = False


@dataclass(frozen=True, slots=True)
class Score:
    """A compliance score: 0 to 1, by a profile of rules at a site; None where no device has one.

    ``findings`` are those that are open, by severity.
    """

    profile: str
    site: str
    score: float | None
    findings: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Family:
    """A metric with its samples: pairs of labels and a value."""

    name: str
    help: str
    samples: list[tuple[dict[str, str], float]] = field(default_factory=list)

    def add(self, value: float, **labels: str) -> None:
        """Another sample."""
        self.samples.append((labels, value))


def run_families(run: RunMetrics) -> list[Family]:
    """All metrics of a run."""
    finished = Family("netops_last_run_timestamp_seconds", "When the last run ended.")
    finished.add(run.finished, job=run.job)
    seconds = Family("netops_last_run_duration_seconds", "How long the last run took.")
    seconds.add(run.seconds, job=run.job)
    complete = Family("netops_last_run_complete", "1 if the last run came to every device, else 0.")
    complete.add(float(run.complete), job=run.job)
    errors = Family(
        "netops_last_run_errors", "Devices that the last run failed on, by error class."
    )
    for name, count in sorted(run.classes.items()):
        errors.add(count, job=run.job, error_class=name)
    sites = _sites(device.site for device in run.devices)
    families = [finished, seconds, complete, _by_status(run, sites), errors]
    return [*families, *_freshness(run, sites)] if run.keeps else families


def score_families(job: str, scores: Iterable[Score]) -> list[Family]:
    """The metrics of compliance scores, for a run of the work ``job``."""
    score = Family("netops_compliance_score", "Mean score of the devices, from 0 to 1.")
    open_findings = Family(
        "netops_compliance_findings", "Rules that fail on a device, all of them."
    )
    listed = list(scores)
    sites = _sites(one.site for one in listed)
    # Of sites without series of their own only the worst score can be told.
    worst: dict[tuple[str, str], float] = {}
    findings: Counter[tuple[str, str, str]] = Counter()
    for one in listed:
        key = (one.profile, sites[one.site])
        if one.score is not None:
            worst[key] = min(worst.get(key, 1.0), one.score)
        for severity, count in one.findings.items():
            findings[(*key, severity)] += count
    for (profile, site), value in sorted(worst.items()):
        score.add(value, job=job, profile=profile, site=site)
    for (profile, site, severity), count in sorted(findings.items()):
        open_findings.add(count, job=job, profile=profile, site=site, severity=severity)
    return [score, open_findings]


def render(families: Iterable[Family]) -> str:
    """The file's text. A value of a label may hold anything; what is too long is cut."""
    lines: list[str] = []
    for family in families:
        if family.samples:
            lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} gauge"]
            lines += (_sample(family.name, labels, value) for labels, value in _once(family))
    return "".join(f"{line}\n" for line in lines)


def write(path: Path, families: Iterable[Family]) -> None:
    """Replace the file, readable for node_exporter, which is another user. Raises OSError.

    node_exporter reads ``*.prom``, and so not the file that is written first.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(render(families), encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _by_status(run: RunMetrics, sites: Mapping[str, str]) -> Family:
    family = Family("netops_last_run_devices", "Devices of the last run, by how they ended.")
    counts = Counter((sites[device.site], device.status) for device in run.devices)
    for site in sorted(set(sites.values())):
        for status in STATUSES:  # zeros too: a series that comes and goes cannot be alerted on
            family.add(counts[site, status], job=run.job, site=site, status=status)
    return family


def _freshness(run: RunMetrics, sites: Mapping[str, str]) -> Iterator[Family]:
    oldest = Family(
        "netops_oldest_good_copy_timestamp_seconds",
        "When the oldest of the devices' last good copies was taken.",
    )
    without = Family("netops_devices_without_good_copy", "Devices that never had a good copy.")
    times: dict[str, list[float]] = defaultdict(list)
    missing: Counter[str] = Counter()
    for device in run.devices:
        missing[sites[device.site]] += device.good is None
        if device.good is not None:
            times[sites[device.site]].append(device.good)
    for site in sorted(set(sites.values())):
        without.add(missing[site], job=run.job, site=site)
        if times[site]:
            oldest.add(min(times[site]), job=run.job, site=site)
    yield from (oldest, without)
    if run.per_device:
        yield _each_device(run)


def _each_device(run: RunMetrics) -> Family:
    family = Family(
        "netops_good_copy_timestamp_seconds", "When the device's last good copy was taken."
    )
    for device in sorted(run.devices, key=lambda one: one.name)[:MAX_DEVICES]:
        if device.good is not None:
            family.add(device.good, job=run.job, device=device.name, site=device.site)
    return family


def _sites(names: Iterable[str]) -> dict[str, str]:
    """Each site's label: its own name for the biggest ones, `OTHER` for the rest."""
    counts = Counter(names)
    big = {name for name, _count in sorted(counts.items(), key=_biggest)[:MAX_SITES]}
    return {name: _fit(name) if name in big else OTHER for name in counts}


def _biggest(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _once(family: Family) -> Iterator[tuple[dict[str, str], float]]:
    """The samples, each set of labels once: two names may be equal when they are cut."""
    seen: set[tuple[tuple[str, str], ...]] = set()
    for labels, value in family.samples:
        fitting = {name: _fit(text) for name, text in labels.items()}
        key = tuple(sorted(fitting.items()))
        if key not in seen:
            seen.add(key)
            yield fitting, value


def _fit(text: str) -> str:
    """A label's value that every reader of UTF-8 takes, and of bounded length.

    Line breaks other than the usual one are no line ends to the format, but may be to whoever reads
    the file by lines, so they become blanks.
    """
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")[:MAX_LABEL]
    return plain.translate(_BREAKS)


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    inner = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"{name}{{{inner}}} {float(value)!r}".removesuffix(".0")


def _escaped(text: str) -> str:
    """The three escapes of the format."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
