# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What callbacks are told of compliance, night after night, and what the metrics say of it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.ruleset import load
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.waivers import (
    NO_WAIVERS,
    Waivers,
    load_waivers,
)
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    ComplianceFinding,
    ComplianceResolved,
    DeviceJudged,
    Event,
)
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.compliance import (
    ComplianceOptions,
    judge_fleet,
)
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.judge import Standard
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.metrics import write_metrics
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.observe.channel import subscribe
from ansible_collections.prime.netops.plugins.plugin_utils.store import RunStart, Store

from tests.unit.plugins.plugin_utils.jobs.test_metrics import samples
from tests.unit.plugins.plugin_utils.store.samples import put, record

SAFE = "hostname r1\nservice password-encryption\nend\n"
OPEN = "hostname r1\nend\n"
"""Its passwords stand in clear, which is the rule PWD-002."""
LOST = "hostname r1\nbanner motd ^C\nservice password-encryption\nend\n"
"""What comes after a banner that does not end may be text of that banner."""


class Nights:
    """A store in which runs follow each other; ``run_id`` is the last one's."""

    def __init__(self, place: Path) -> None:
        self.options = JobOptions(place, say=lambda _line: None)
        self.run_id = ""

    def store(self, texts: Mapping[str, str]) -> None:
        """Back these texts up."""
        with Store.open(None, self.options.state_dir) as store:
            run_id = store.begin_run(RunStart("backup", len(texts)))
            put(store, run_id, *(record(name, text) for name, text in texts.items()))
            store.finish_run(run_id, "finished", {"changed": len(texts)})

    def judge(
        self, *names: str, profile: str = "baseline", waivers: Waivers = NO_WAIVERS
    ) -> list[Event]:
        """Judge these devices; what a callback hears of it."""
        heard: list[Event] = []
        subscription = subscribe(heard.append)
        standard = Standard(load(profile=profile), waivers, date(2026, 11, 24))
        report = judge_fleet(
            Fleet(
                names, lambda name: Device(name, site="ams", platform=platforms.load("cisco_ios"))
            ),
            self.options,
            ComplianceOptions(standard, profile),
            threading.Event(),
        )
        assert subscription.close(30.0)
        self.run_id = report.report.run_id
        return heard

    def night(self, text: str, waivers: Waivers = NO_WAIVERS) -> tuple[set[str], set[str]]:
        """What is new on r1, and what is over; what its event calls open is open in the ledger."""
        self.store({"r1": text})
        heard = self.judge("r1", waivers=waivers)
        (judged,) = (one for one in heard if isinstance(one, DeviceJudged))
        with Store.open(None, self.options.state_dir) as store:
            assert set(store.open_findings()) == {
                ("r1", rule) for rules in judged.open.values() for rule in rules
            }
        new = {one.rule for one in heard if isinstance(one, ComplianceFinding)}
        over = {one.rule for one in heard if isinstance(one, ComplianceResolved)}
        return new, over


def test_a_finding_is_told_when_it_begins_and_when_it_ends(tmp_path: Path) -> None:
    """Nothing in the nights between; nor of a rule that cannot be judged for once."""
    nights = Nights(tmp_path)
    first, over = nights.night(SAFE)
    assert {"AAA-001", "SSH-002"} < first
    assert over == set()
    assert nights.night(OPEN) == ({"PWD-002"}, set())
    assert nights.night(OPEN) == (set(), set())
    assert nights.night(LOST) == (set(), set())
    assert nights.night(SAFE) == (set(), {"PWD-002"})


def test_a_waived_finding_is_over_and_an_expired_waiver_makes_it_new(tmp_path: Path) -> None:
    """With the state that it is in, its words, and a word about the waiver."""
    path = tmp_path / "waivers.yml"

    def waived_until(day: str) -> Waivers:
        path.write_text(
            "waivers:\n  - {id: W1, rules: [PWD-002], devices: [r1], owner: noc@example.net, "
            f"justification: the lab may, expires: {day}}}\n"
        )
        return load_waivers(path)

    nights = Nights(tmp_path)
    nights.night(OPEN)
    (over,) = (
        one
        for one in nights.judge("r1", waivers=waived_until("2026-12-31"))
        if isinstance(one, ComplianceResolved)
    )
    assert (over.rule, over.severity, over.state) == ("PWD-002", "low", "waived")
    (new,) = (
        one
        for one in nights.judge("r1", waivers=waived_until("2026-11-23"))
        if isinstance(one, ComplianceFinding)
    )
    assert (new.rule, new.state) == ("PWD-002", "fail")
    assert "passwords stand in clear" in new.message
    assert "W1" in new.message


def test_the_scores_of_a_run_are_in_its_metrics(tmp_path: Path) -> None:
    """The mean of a site's devices, and the findings of the run's own rules, zeros too."""
    nights, path = Nights(tmp_path), tmp_path / "netops.prom"
    nights.store({"r1": SAFE, "r2": OPEN})
    nights.judge("r1", "r2", profile="stig")
    heard = nights.judge("r1", "r2")
    judged = [one for one in heard if isinstance(one, DeviceJudged)]
    assert write_metrics(path, "nightly", nights.run_id, nights.options) == ""
    found = samples(path)
    scores = [one.score for one in judged if one.score is not None]
    expected = sum(scores) / len(scores) / 100
    assert abs(found["netops_compliance_score", "baseline", "ams"] - expected) < 1e-9
    for severity in ("low", "medium", "high", "critical"):
        failing = sum(len(one.open.get(severity, ())) for one in judged)
        assert found["netops_compliance_findings", "baseline", "ams", severity] == failing
    assert found["netops_compliance_findings", "baseline", "ams", "low"] > 2
