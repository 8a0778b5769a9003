# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a compliance run makes of a device that somebody wants left alone."""

from __future__ import annotations

import threading
from datetime import date
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.ruleset import load
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.waivers import NO_WAIVERS
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.device import Device
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.hooks import Hook
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.run import Fleet, FleetOptions
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.compliance import (
    ComplianceOptions,
    judge_fleet,
)
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.judge import Standard
from ansible_collections.prime.netops.plugins.plugin_utils.jobs.options import JobOptions
from ansible_collections.prime.netops.plugins.plugin_utils.store import RunStart, Store

from tests.unit.plugins.plugin_utils.store.samples import put, record


class NotToday:
    """A middleware of the user's."""

    def before(self, device: Device) -> str | None:
        """Leave one device alone."""
        return "its window is on Sunday" if device.name == "r1" else None


@pytest.mark.parametrize("fresh", [False, True], ids=["stored", "fresh"])
def test_a_device_that_middleware_leaves_alone_is_skipped_and_not_judged(
    fresh: bool, tmp_path: Path
) -> None:
    """Whether there is a stored copy of it or not; the reason is what the report says of it."""
    with Store.open(None, tmp_path) as store:
        run_id = store.begin_run(RunStart("backup", 1))
        put(store, run_id, record("r1", "hostname r1\nend\n"))
        store.finish_run(run_id, "finished", {"changed": 1})
    device = Device("r1", platform=platforms.load("cisco_ios"))
    judged = judge_fleet(
        Fleet(["r1"], lambda _name: device),
        JobOptions(
            tmp_path,
            fleet=FleetOptions(hooks=[Hook("NotToday", NotToday())]),
            say=lambda _line: None,
        ),
        ComplianceOptions(
            Standard(load(profile="baseline"), NO_WAIVERS, date(2026, 11, 24)), "baseline", fresh
        ),
        threading.Event(),
    )
    assert judged.report.counts["skipped"] == 1
    assert judged.verdicts == {"unjudged": 1}
    with Store.open(None, tmp_path) as store:
        outcome = store.outcome(judged.report.run_id, "r1")
        (found,) = store.judged(judged.report.run_id)
    assert outcome is not None
    assert outcome.status == "skipped"
    assert "its window is on Sunday" in (outcome.message or "")
    assert "its window is on Sunday" in found.reason
