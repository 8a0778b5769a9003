"""The backup as people run it: ansible-playbook against the simulated fleet, all its options."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.playbook import BACKUP, Controller, Play, fingerprint
from tests.lab.fleet import MARKER, Lab, fleet

FIVE = ("cisco_ios", "arista_eos", "juniper_junos", "fortinet", "cisco_nxos")
OWN_PLAY = {"hosts": "all", "gather_facts": False, "roles": ["prime.netops.backup"]}


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Five devices of five vendors, r1 to r5, on two sites."""
    state = tmp_path_factory.mktemp("five")
    with fleet(5, state=state, platforms=FIVE, size_kb=5, sites=("ams", "fra")) as running:
        yield running


@pytest.fixture
def lab(five: Lab) -> Lab:
    """The five devices, all of them well."""
    five.restore()
    return five


def changed_by(play: Play) -> dict[str, int]:
    """The hosts that changed something, with how often."""
    return {host: play.recap[host]["changed"] for host in play.hosts("changed")}


def revision_diff(number: int) -> tuple[str, str]:
    """The lines of a diff when a device of the lab goes from one revision to the next."""
    line = " description owner netops, revision {}"
    return f"-{line.format(number)}", f"+{line.format(number + 1)}"


def test_the_embedded_lab_shows_failures_and_changes(tmp_path: Path) -> None:
    """25 devices: 23 changed, the dead and the wrong-password one ignored and named with class
    and remedy; then none changed; after one device's configuration changed exactly that one,
    with its diff. Ledger, store and git agree with the recap."""
    controller = Controller(tmp_path / "home")
    with fleet(25, state=tmp_path / "lab", profile="embedded") as lab:
        state = {"netops_state_dir": str(controller.state)}
        dead, barred = lab.plan.devices[13].name, lab.plan.devices[21].name
        first = controller.play(BACKUP, lab.inventory, **state)
        assert first.rc == 0, first.output
        assert len(first.recap) == 25
        assert changed_by(first) == dict.fromkeys(set(lab.plan.names) - {dead, barred}, 1)
        assert first.hosts("ignored") == {dead, barred}
        assert not first.hosts("failed") | first.hosts("unreachable")
        assert f"{dead}: unreachable: the connection was refused" in first.text
        assert f"{barred}: auth_failed: the device refused the login" in first.text
        assert "-> Check ansible_user and ansible_password" in first.text
        assert len(controller.mirrored()) == 23
        outcomes = controller.outcomes()
        assert [name for name, outcome in outcomes.items() if outcome.status == "unreachable"] == [
            dead
        ]
        assert [name for name, outcome in outcomes.items() if outcome.status == "failed"] == [
            barred
        ]
        assert lab.counters()["devices"][barred]["failed"] == {"admin": 1}

        second = controller.play(BACKUP, lab.inventory, **state)
        assert (second.rc, changed_by(second)) == (0, {})
        assert controller.commits() == 1

        lab.override("ams-acc-01", revision=2)
        third = controller.play(BACKUP, lab.inventory, "--diff", **state)
        assert (third.rc, changed_by(third)) == (0, {"ams-acc-01": 1})
        lines = third.stdout.splitlines()
        assert all(line in lines for line in revision_diff(1))
        assert MARKER not in third.output
        assert controller.commits() == 2
        assert controller.git("show", "--name-only", "--format=", "HEAD").split() == [
            "ams/ams-acc-01"
        ]


def test_any_means_what_ansible_means(lab: Lab, controller: Controller) -> None:
    """A dead device is an unreachable host, a refused login a failed one; the exit code is the
    one that Ansible has for them, and the others are backed up all the same."""
    lab.override_many({"r1": {"fault": "dead"}, "r4": {"fault": "wrong_password"}})
    play = controller.play(BACKUP, lab.inventory, backup_attempts=1)
    assert play.rc == 4
    assert play.hosts("unreachable") == {"r1"}
    assert play.hosts("failed") == {"r4"}
    assert changed_by(play) == {"r2": 1, "r3": 1, "r5": 1}
    assert controller.mirrored() == {"ams/r3", "ams/r5", "fra/r2"}


def test_never_fails_for_no_devices_sake(lab: Lab, controller: Controller) -> None:
    """With every device dead the job is still a success, and each device says why."""
    lab.override_many({name: {"fault": "dead"} for name in lab.plan.names})
    play = controller.play(BACKUP, lab.inventory, backup_attempts=1, backup_fail_job="never")
    assert play.rc == 0
    assert play.hosts("ignored") == set(lab.plan.names)
    assert controller.last_run().counts["unreachable"] == 5


@pytest.mark.parametrize(("most", "rc"), [(39, 2), (40, 0)])
def test_the_threshold_judges_the_share_of_failures(
    lab: Lab, controller: Controller, most: int, rc: int
) -> None:
    """Two of five devices are 40 %: over 39 % the job fails and says so, at 40 % it does not."""
    lab.override_many({"r1": {"fault": "dead"}, "r4": {"fault": "wrong_password"}})
    play = controller.play(
        BACKUP,
        lab.inventory,
        backup_attempts=1,
        backup_fail_job="threshold",
        backup_max_fail_percentage=most,
    )
    assert play.rc == rc
    assert play.hosts("ignored") == {"r1", "r4"}
    assert ("40.0 % of 5 devices failed, more than the 39 %" in play.text) is (rc != 0)


def test_check_mode_creates_nothing_where_nothing_was(lab: Lab, controller: Controller) -> None:
    """A first check tells that all would change, and leaves no state directory behind."""
    play = controller.play(BACKUP, lab.inventory, "--check")
    assert (play.rc, changed_by(play)) == (0, dict.fromkeys(lab.plan.names, 1))
    assert not controller.state.exists()


def test_check_mode_tells_the_change_and_keeps_every_byte(lab: Lab, controller: Controller) -> None:
    """After a backup, a check with --diff shows the one change and writes nothing, wherever."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    before = fingerprint(controller.state)
    lab.override_many({"r1": {"revision": 2}, "r2": {"fault": "dead"}})
    play = controller.play(
        BACKUP, lab.inventory, "--check", "--diff", backup_attempts=1, backup_fail_job="never"
    )
    assert (play.rc, changed_by(play)) == (0, {"r1": 1})
    assert play.hosts("ignored") == {"r2"}
    assert all(line in play.stdout.splitlines() for line in revision_diff(1))
    assert MARKER not in play.output
    assert fingerprint(controller.state) == before


def test_limit_backs_up_the_chosen_and_keeps_the_others(lab: Lab, controller: Controller) -> None:
    """--limit contacts one device only, and what the mirror has of the others stays."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    lab.override_many({"r1": {"revision": 2}, "r2": {"revision": 2}})
    seen = lab.counters()["devices"]
    play = controller.play(BACKUP, lab.inventory, "--limit", "r2")
    assert (play.rc, set(play.recap), changed_by(play)) == (0, {"r2"}, {"r2": 1})
    assert controller.last_run().devices == 1
    assert len(controller.mirrored()) == 5
    now = lab.counters()["devices"]
    assert [name for name in now if now[name]["logins"] > seen[name]["logins"]] == ["r2"]


def test_serial_is_a_run_a_batch(lab: Lab, controller: Controller) -> None:
    """Batches of two: three runs with the devices of their batch, three commits, one mirror."""
    own = controller.write("own.yml", [{**OWN_PLAY, "serial": 2}])
    play = controller.play(own, lab.inventory)
    assert (play.rc, changed_by(play)) == (0, dict.fromkeys(lab.plan.names, 1))
    with controller.store() as store:
        runs = sorted(store.runs(), key=lambda run: run.started)
        devices = [sorted(outcome.device for outcome in store.outcomes(run.id)) for run in runs]
    assert devices == [["r1", "r2"], ["r3", "r4"], ["r5"]]
    assert controller.commits() == 3
    assert len(controller.mirrored()) == 5


@pytest.mark.parametrize(
    ("arguments", "devices"),
    [(["--tags", "backup"], 5), (["--tags", "other"], 0), (["--skip-tags", "backup"], 0)],
)
def test_tags_choose_the_backup(
    lab: Lab, controller: Controller, arguments: list[str], devices: int
) -> None:
    """The tag ``backup`` runs or skips the role as a whole, in a play of one's own as well."""
    own = controller.write("own.yml", [OWN_PLAY])
    for playbook in (BACKUP, own):
        play = controller.play(playbook, lab.inventory, *arguments)
        assert play.rc == 0, play.output
        assert len(play.results("Tell what became of the device")) == devices


def test_an_estate_of_network_cli_changes_nothing(
    lab: Lab, controller: Controller, tmp_path: Path
) -> None:
    """The role in an own play, with variables for a connection plugin that is not even installed
    and become by enable: the devices are backed up, the play's next task runs on its hosts."""
    after = {"name": "After", "ansible.builtin.debug": {"msg": "{{ inventory_hostname }} goes on"}}
    local = {"vars": {"ansible_connection": "local", "ansible_become": False}}
    own = controller.write("own.yml", [{**OWN_PLAY, "tasks": [{**after, **local}]}])
    with fleet(
        3,
        state=tmp_path / "lab",
        platforms=FIVE[:2],
        size_kb=5,
        unprivileged=True,
        connection="network_cli",
    ) as unprivileged:
        play = controller.play(own, unprivileged.inventory)
    assert (play.rc, changed_by(play)) == (0, {"r1": 1, "r2": 1, "r3": 1}), play.output
    assert "r3 goes on" in play.output
    assert len(controller.mirrored()) == 3


@pytest.mark.parametrize(
    ("mode", "reported"), [("all", 5), ("auto", 5), ("failed", 1), ("none", 0)]
)
def test_who_reports_is_who_was_asked_to(
    lab: Lab, controller: Controller, mode: str, reported: int
) -> None:
    """``all`` and ``auto`` of a small fleet give every host a result, ``failed`` the failed one,
    ``none`` nobody; where not all report, the fleet task itself is what changed."""
    lab.override("r4", fault="wrong_password")
    play = controller.play(BACKUP, lab.inventory, backup_host_outcome=mode, backup_fail_job="never")
    assert play.rc == 0
    assert len(play.results("Tell what became of the device")) == reported
    everybody = dict.fromkeys({"r1", "r2", "r3", "r5"}, 1)
    assert changed_by(play) == (everybody if reported == 5 else {"r1": 1})
    assert controller.last_run().counts["changed"] == 4


def test_failed_costs_nothing_for_the_well(tmp_path: Path) -> None:
    """Above 500 hosts ``auto`` gives a result to the failed hosts alone: three results of 501, in
    the collection's playbook, and no task that any other host would have had to skip."""
    controller = Controller(tmp_path / "home")
    faults = {"r7": "wrong_password", "r77": "dead", "r177": "wrong_password"}
    with fleet(
        501, state=tmp_path / "lab", platforms=("cisco_ios",), size_kb=1, faults=faults
    ) as lab:
        play = controller.play(
            BACKUP, lab.inventory, backup_fail_job="threshold", backup_attempts=1
        )
    assert play.rc == 0, play.output
    results = play.results("Tell what became of the device")
    assert sorted(results) == [("fatal", "r177"), ("fatal", "r7"), ("fatal", "r77")]
    assert play.hosts("ignored") == set(faults)
    assert len(play.recap) == 1 + len(faults)
    assert controller.last_run().counts["changed"] == 498
    assert len(controller.mirrored()) == 498
