"""A text that is cut, or that is an error, never takes the place of a good copy: on each platform
at 50 places, through real sessions and the real store."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import LastGood

from tests.faults.backups import Backup, git
from tests.lab.fleet import Lab, fleet
from tests.lab.fleet.dialects import DIALECTS

PLACES = 50
EACH = 5
"""Devices of each platform, so that a run tries as many places."""
FAULTS = ("truncated", "drop")
"""The prompt follows as if nothing were missing; or the connection breaks."""
ERRORS = ("invalid_input", "empty", "session_limit")


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Devices of each platform."""
    with fleet(
        EACH * len(DIALECTS),
        state=tmp_path_factory.mktemp("platforms"),
        platforms=tuple(DIALECTS),
        size_kb=5,
    ) as running:
        yield running


@pytest.fixture
def backed_up(platforms: Lab, tmp_path: Path) -> Iterator[Backup]:
    """All of them backed up when all was well."""
    backup = Backup(platforms, tmp_path / "state", workers=20)
    assert backup.run().counts["changed"] == EACH * len(DIALECTS)
    yield backup
    platforms.restore()


def kept(backup: Backup) -> tuple[dict[str, LastGood], str]:
    """What stands in the store and in git."""
    with backup.store() as store:
        return store.last_good(), git(backup.git, "rev-parse", "HEAD")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cut_text_replaces_nothing(backed_up: Backup, chance: random.Random, fault: str) -> None:
    """Each device fails at each place, with the good copy where it was. The very end is left out: a
    cut there may lose nothing but blank lines."""
    before = kept(backed_up)
    lab = backed_up.lab
    for _ in range(PLACES // EACH // len(FAULTS)):
        cuts = {name: chance.uniform(0.02, 0.98) for name in lab.plan.names}
        lab.override_many({name: {"fault": fault, "cut": cut} for name, cut in cuts.items()})
        report = backed_up.run()
        done = set(lab.plan.names) - set(report.failed_hosts)
        assert not {lab.plan.device(name).platform: cuts[name] for name in done}
        assert kept(backed_up) == before


@pytest.mark.parametrize("fault", ERRORS)
def test_an_error_text_replaces_nothing(backed_up: Backup, fault: str) -> None:
    """What a device answers in place of its configuration."""
    before = kept(backed_up)
    lab = backed_up.lab
    lab.override_many({name: {"fault": fault} for name in lab.plan.names})
    assert set(backed_up.run().failed_hosts) == set(lab.plan.names)
    assert kept(backed_up) == before


def test_a_configuration_that_shrank_is_taken_when_told(backed_up: Backup) -> None:
    """`accept_smaller` takes what has no end of its own, once."""
    lab = backed_up.lab
    endless = next(each.name for each in lab.plan.devices if each.platform == "mikrotik_routeros")
    lab.override(endless, fault="truncated", cut=0.9)
    one = replace(backed_up, names=(endless,))
    assert one.run().classes == {"incomplete_output": 1}
    told = replace(one, options=replace(one.options, accept_smaller=True))
    assert told.run().counts["changed"] == 1
    assert one.run().counts["ok"] == 1
