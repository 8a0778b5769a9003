# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What compliance runs found, and since when, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.errors import StoreError
from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    ComplianceRun,
    JudgedDevice,
    JudgedRecord,
    RunStart,
    Store,
)
from ansible_collections.prime.netops.plugins.plugin_utils.store.compliance import canonical
from cryptography.fernet import Fernet
from sqlalchemy import text

from tests.lab.postgres import StorePlace, postgres, store_place
from tests.unit.plugins.plugin_utils.store.samples import record

__all__ = ["postgres", "store_place"]


@pytest.fixture
def store(store_place: StorePlace) -> Iterator[Store]:
    """An empty store."""
    with Store.open(store_place.url, store_place.state_dir) as opened:
        yield opened


def judged(**states: str) -> JudgedRecord:
    """A judgement: rule (with _ for -) to state."""
    named = {rule.replace("_", "-"): state for rule, state in states.items()}
    score = 100 * sum(state == "pass" for state in named.values()) / len(named)
    return JudgedRecord(
        score=score,
        verdict="compliant" if score >= 70 else "failing",
        body=canonical([{"rule": rule, "state": state} for rule, state in named.items()]),
        open={rule: ("high", state) for rule, state in named.items() if state == "fail"},
        settled=frozenset(rule for rule, state in named.items() if state in ("pass", "waived")),
    )


def judge(store: Store, profile: str = "cis", **devices: JudgedRecord) -> str:
    """A whole compliance run."""
    run_id = store.begin_run(RunStart("compliance", len(devices)))
    with store.writer(run_id) as writer:
        for name, found in devices.items():
            writer.put(record(name, None, judged=found))
    store.finish_run(run_id, "finished", {})
    scores = [each.score for each in devices.values() if each.score is not None]
    store.write_compliance(
        ComplianceRun(
            run_id=run_id,
            profile=profile,
            min_score=70,
            fail_on="",
            rules=[{"id": "NTP-001", "title": "Zeit für alle"}],
            score=sum(scores) / len(scores) if scores else None,
            verdicts={"compliant": len(devices)},
            states={},
        )
    )
    return run_id


def found(store: Store, run_id: str) -> dict[str, JudgedDevice]:
    """The devices of a run."""
    return {each.device: each for each in store.judged(run_id)}


def count(store: Store, table: str) -> Any:
    """The rows of a table."""
    with store._database.reading() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM {table}"))


def test_a_run_is_read_as_it_was_written(store: Store) -> None:
    """The run with the words of its rules, each device with score, verdict and findings."""
    run_id = judge(store, r1=judged(NTP_001="pass"), r2=judged(NTP_001="fail", AAA_001="pass"))
    run = store.compliance(run_id)
    assert (run.profile, run.min_score, run.score) == ("cis", 70, 75)
    assert run.rules == [{"id": "NTP-001", "title": "Zeit für alle"}]
    devices = found(store, run_id)
    assert list(devices) == ["r1", "r2"]
    assert devices["r2"].score == 50
    assert devices["r2"].findings[0] == {"rule": "NTP-001", "state": "fail"}
    assert [each.device for each in store.judged(run_id, "r2")] == ["r2"]


def test_a_rule_is_open_from_the_run_that_found_it_to_the_one_that_did_not(store: Store) -> None:
    """Its beginning stays while it fails, is gone when it passes, and is a new one after that."""
    first = judge(store, r1=judged(NTP_001="fail"))
    second = judge(store, r1=judged(NTP_001="fail"))
    third = judge(store, r1=judged(NTP_001="pass"))
    fourth = judge(store, r1=judged(NTP_001="fail"))
    since = {run: found(store, run)["r1"].since for run in (first, second, third, fourth)}
    assert since[first] == since[second]
    assert since[third] == {}
    assert since[fourth]["NTP-001"] > since[first]["NTP-001"]
    assert count(store, "compliance_open") == 2


def test_what_a_run_did_not_judge_stays_open(store: Store) -> None:
    """A run of another profile, or a device without a configuration, closes nothing."""
    judge(store, r1=judged(NTP_001="fail"))
    judge(store, r1=judged(AAA_001="pass"))
    judge(store, r1=judged(NTP_001="unknown"))
    with store._database.reading() as connection:
        closed = connection.scalars(text("SELECT closed_run_id FROM compliance_open")).all()
    assert closed == [None]


def test_equal_findings_are_kept_once(store: Store) -> None:
    """A thousand devices alike, every night, cost a row each and no copy."""
    for _night in range(3):
        judge(store, **{f"r{n}": judged(NTP_001="fail", AAA_001="pass") for n in range(120)})
    assert count(store, "compliance_device") == 360
    assert count(store, "compliance_body") == 2  # the findings, and the rules
    assert count(store, "compliance_open") == 120


def test_more_devices_than_are_read_at_once_come_all_and_in_order(store: Store) -> None:
    """The stream of a big run leaves nobody out."""
    run_id = judge(store, **{f"r{n:04d}": judged(NTP_001="fail") for n in range(450)})
    names = [each.device for each in store.judged(run_id)]
    assert names == [f"r{n:04d}" for n in range(450)]


def test_the_history_is_that_of_the_profile(store: Store) -> None:
    """The finished runs up to the one asked for, the oldest first."""
    runs = [judge(store, r1=judged(NTP_001=state)) for state in ("fail", "pass")]
    judge(store, profile="stig", r1=judged(NTP_001="fail"))
    unfinished = store.begin_run(RunStart("compliance", 1))
    history = store.compliance_history("cis", unfinished)
    assert sorted(each.run_id for each in history) == sorted(runs)
    assert {each.score for each in history} == {0, 100}
    assert len(store.compliance_history("cis", unfinished, limit=1)) == 1


def test_an_unknown_run_is_named_with_the_remedy(store: Store) -> None:
    """As for any run that is not there."""
    with pytest.raises(StoreError, match=r"no compliance run r0\. Look its id up"):
        store.compliance("r0")


def test_with_a_key_no_finding_is_in_clear(store_place: StorePlace) -> None:
    """Evidence is text of a configuration, so it is encrypted as that is."""
    key = Fernet.generate_key().decode()
    with Store.open(store_place.url, store_place.state_dir, key=key) as store:
        run_id = judge(store, r1=judged(VERY_SPECIAL="fail"))
        with store._database.reading() as connection:
            bodies = connection.scalars(text("SELECT body FROM compliance_body")).all()
        assert not [body for body in bodies if b"VERY-SPECIAL" in bytes(body)]
        assert found(store, run_id)["r1"].findings[0]["rule"] == "VERY-SPECIAL"
