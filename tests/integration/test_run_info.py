"""run_info, freshness and resumption as a playbook sees them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import BACKUP, Controller, Play
from tests.lab.fleet import Lab, fleet
from tests.lab.postgres import Postgres, postgres

__all__ = ["postgres"]

ONCE = {
    "run_once": True,
    "delegate_to": "localhost",
    "vars": {"ansible_connection": "local", "ansible_become": False},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three devices."""
    with fleet(3, state=tmp_path_factory.mktemp("lab"), size_kb=3) as running:
        yield running


def ask(
    controller: Controller, lab: Lab, *words: str, module: str = "run_info", **args: Any
) -> tuple[Play, dict[str, Any]]:
    """Run the module for all hosts; the play, and what the task returned."""
    told = controller.home / "told.json"
    told.unlink(missing_ok=True)
    keep = {
        "ansible.builtin.copy": {"content": "{{ info | to_json }}", "dest": str(told)},
        "check_mode": False,
        **ONCE,
    }
    task = {f"prime.netops.{module}": args, "register": "info", "ignore_errors": True, **ONCE}
    play = [{"hosts": "all", "gather_facts": False, "tasks": [task, keep]}]
    done = controller.play(controller.write("ask.yml", play), lab.inventory, *words)
    assert done.rc == 0, done.output
    return done, json.loads(told.read_text())


def test_runs_devices_and_ages_are_told(controller: Controller, lab: Lab) -> None:
    """The newest run first, its devices when asked for, and how old each copy is."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    run_id = controller.last_run().id
    _, info = ask(controller, lab, run_id=run_id, hosts=[*lab.plan.names, "new"], max_copy_age="1d")
    assert info["changed"] is False
    assert [run["run_id"] for run in info["runs"]] == [run_id]
    assert info["run"]["counts"]["changed"] == 3
    assert {each["device"]: each["status"] for each in info["devices"]} == dict.fromkeys(
        lab.plan.names, "changed"
    )
    assert (info["freshness"]["devices"], info["freshness"]["never"]) == (4, 1)
    assert info["freshness"]["oldest"][0]["device"] == "new"
    assert info["freshness"]["stale"]["count"] == 1


def test_looking_makes_no_store(controller: Controller, lab: Lab) -> None:
    """There may be none yet, which is no error."""
    _, info = ask(controller, lab)
    assert (info["runs"], info["failed"]) == ([], False)
    assert "nothing has been backed up" in info["msg"]
    assert not controller.state.exists()


def test_verification_mends_git_but_not_in_check_mode(controller: Controller, lab: Lab) -> None:
    """Changed tells that there is, or was, something to mend."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    file = sorted(controller.mirrored())[0]
    controller.git("rm", "-q", file)
    controller.git("-c", "user.name=A", "-c", "user.email=a@b", "commit", "-qm", "gone")
    _, looked = ask(controller, lab, "--check", verify=True)
    assert (looked["changed"], looked["failed"]) == (True, False)
    assert looked["verification"]["counts"] == {"git_missing": 1}
    assert file not in controller.mirrored()
    _, mended = ask(controller, lab, verify=True)
    assert (mended["changed"], mended["verification"]["mended"]) == (True, 1)
    assert file in controller.mirrored()
    _, whole = ask(controller, lab, verify=True)
    assert (whole["changed"], whole["verification"]["differences"]) == (False, [])


def test_what_needs_a_person_fails_the_task(controller: Controller, lab: Lab) -> None:
    """A change in the working tree is named and left alone."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    file = controller.state / "configs" / sorted(controller.mirrored())[0]
    file.write_text("mine\n")
    _, info = ask(controller, lab, verify=True)
    assert info["failed"] is True
    assert info["verification"]["differences"][0]["kind"] == "file_differs"
    assert file.read_text() == "mine\n"


def test_too_old_a_copy_fails_the_job_by_option(controller: Controller, lab: Lab) -> None:
    """Whatever the failures of this run are worth, and with the devices' names."""
    lab.override("r2", fault="dead")
    try:
        lenient = {"backup_fail_job": "never", "backup_attempts": 1}
        assert controller.play(BACKUP, lab.inventory, **lenient).rc == 0
        play = controller.play(BACKUP, lab.inventory, **lenient, backup_max_copy_age="2d")
    finally:
        lab.restore()
    assert play.rc != 0
    assert "1 of 3 devices have no good copy of the last 2d" in play.text
    assert "1 of them none at all: r2" in play.text


def test_a_skipped_device_is_a_skipped_host(controller: Controller, lab: Lab) -> None:
    """With its reason; an unanswered question of a survey is not set."""
    unanswered = {"backup_resume": "", "backup_max_age": "", "backup_max_copy_age": ""}
    assert controller.play(BACKUP, lab.inventory, **unanswered).rc == 0
    play = controller.play(BACKUP, lab.inventory, "-v", backup_max_age="1h")
    assert play.rc == 0, play.output
    assert play.hosts("skipped") >= set(lab.plan.names)
    assert "old, and max_age is 1h" in play.text


def test_resuming_nothing_says_what_there_is(controller: Controller, lab: Lab) -> None:
    """It fails before any device is asked."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    play = controller.play(BACKUP, lab.inventory, backup_resume=True)
    assert play.rc != 0
    assert "has finished. Run without resume" in play.text


def test_a_run_that_does_not_exist_is_an_error(controller: Controller, lab: Lab) -> None:
    """And no host that was skipped."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    unknown = "20260101T000000Z-000000"
    _, info = ask(controller, lab, module="host_outcome", run_id=unknown)
    assert info["failed"] is True
    assert f"has no run {unknown}" in info["msg"]


def test_check_mode_leaves_a_new_database_as_it_is(
    controller: Controller, lab: Lab, postgres: Postgres, tmp_path: Path
) -> None:
    """No table is made in it."""
    url = postgres.new_database()
    play = controller.play(BACKUP, lab.inventory, "--check", netops_store_url=url)
    assert play.rc == 0, play.output
    tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
    assert postgres.sql(url.rpartition("/")[2], tables) == "0"
    assert len(play.hosts("ok")) == 3
