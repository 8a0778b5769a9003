"""A change of many devices: who goes first, what stops it, what is taken back, what is told."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.playbook import BACKUP, ROOT, Controller, Play, login
from tests.integration.processes import descendants, kill, until
from tests.lab.fleet import Lab, fleet
from tests.lab.fleet.plan import MARKER

REMEDIATE = ROOT / "playbooks" / "remediate.yml"
RULES = """\
rules:
  - id: LAB-001
    title: Two lines on each device, one of them with a secret
    rationale: To be seen.
    severity: high
    profiles: [lab]
    params: {lab_secret: ''}
    checks:
      - platforms: [cisco_ios]
        check:
          all:
            - {require: 'snmp-server community \\S+ RO LAB'}
            - {require: 'ip access-list standard LAB'}
            - {forbid: snmp-server contact noc@example.net}
        remediation: |
          no snmp-server contact noc@example.net
          snmp-server community {{ lab_secret }} RO LAB
          ip access-list standard LAB
           permit 192.0.2.0 0.0.0.255
      - platforms: [juniper_junos]
        check:
          all:
            - {require: 'system tacplus-server 192\\.0\\.2\\.99 secret \\S+'}
            - {forbid: protocols lldp interface all}
        remediation: |
          delete protocols lldp interface all
          set system tacplus-server 192.0.2.99 secret {{ lab_secret }}
      - platforms: [fortinet]
        check: {require: config system nonsense}
        remediation: config system nonsense
"""
SECRET = f"{MARKER}lab"
CHANGE = {"remediate_profile": "lab", "compliance_params": {"lab_secret": SECRET}}


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Three of IOS, three of Junos, by turns: r1 and r2 go first."""
    with fleet(6, platforms=("cisco_ios", "juniper_junos"), size_kb=5, latency=0.002) as running:
        yield running


@pytest.fixture
def backed_up(lab: Lab, controller: Controller) -> Lab:
    """The lab, each of its devices with a stored copy."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    return lab


def remediate(controller: Controller, inventory: Path, **variables: Any) -> Play:
    """Run the playbook in earnest, with the rules of this file."""
    controller.write("rules/lab.yml", variables.pop("rules", RULES))
    places = {"remediate_rules": [str(controller.home / "rules")], "remediate_apply": True}
    # From a file: what stands on the command line Ansible itself prints with -vvvv.
    given = controller.write("change.yml", {**CHANGE, **places, **variables})
    play = controller.play(REMEDIATE, inventory, "-vvvv", "-e", f"@{given}")
    assert MARKER not in play.output
    return play


def statuses(controller: Controller) -> dict[str, str]:
    """What the ledger has of the newest run."""
    return {name: each.status for name, each in controller.outcomes().items()}


def entered(lab: Lab) -> set[str]:
    """The devices that got a line in configuration mode."""
    counts: Mapping[str, Any] = lab.counters()["devices"]
    return {name for name, count in counts.items() if count["lines"]}


def test_each_platform_has_its_own_way_and_the_order_is_safe(
    backed_up: Lab, controller: Controller
) -> None:
    """All are mended; the access list came before the community that uses it, what is taken away
    last; a secret in a line is nowhere but on the device and in the exact copy."""
    play = remediate(controller, backed_up.inventory, remediate_canary=1)
    assert play.rc == 0, play.output
    assert set(statuses(controller).values()) == {"changed"}
    assert "r1: mended LAB-001" in play.text
    assert not [each for each in controller.outcomes().values() if MARKER in repr(each)]
    texts = controller.texts()
    for name in ("r1", "r3", "r5"):
        lines = texts[name].split("\n")
        assert f"snmp-server community {SECRET} RO LAB" in lines
        assert "snmp-server contact noc@example.net" not in lines
    for name in ("r2", "r4", "r6"):
        assert f"192.0.2.99 secret {SECRET};" in texts[name]
    shown = play.stdout.splitlines()
    assert "+snmp-server community <redacted> RO LAB" in shown
    mirrored = "".join(controller.git("show", f"HEAD:{path}") for path in controller.mirrored())
    assert "permit 192.0.2.0 0.0.0.255" in mirrored
    assert MARKER not in mirrored
    again = remediate(controller, backed_up.inventory)
    assert (again.rc, set(statuses(controller).values())) == (0, {"ok"})


def test_the_first_of_a_platform_that_fails_keeps_the_others_untouched(
    backed_up: Lab, controller: Controller
) -> None:
    """r1 refuses a line, takes back what it had got, and is as it was; no further device is
    touched but who was under way."""
    before = controller.texts()
    backed_up.override("r1", change_fault="reject_line")
    play = remediate(controller, backed_up.inventory, remediate_workers=1)
    assert play.rc == 2
    assert "r1: line_rejected: line 2 of 4" in play.text
    assert "the change was taken back; the configuration is as it was before" in play.text
    assert entered(backed_up) == {"r1"}
    found = statuses(controller)
    assert found == {"r1": "failed", **dict.fromkeys(("r2", "r3", "r4", "r5", "r6"), "skipped")}
    assert controller.texts() == before
    assert "r2: rollout_stopped: the change failed on r1" in play.text


def test_one_platform_does_not_wait_for_another(backed_up: Lab, controller: Controller) -> None:
    """A Junos canary that fails ends the rollout of Junos; with failures allowed, that of IOS goes
    on."""
    backed_up.override("r2", change_fault="reject_line")
    remediate(controller, backed_up.inventory, remediate_max_failures=5)
    found = statuses(controller)
    assert {found[name] for name in ("r1", "r3", "r5")} == {"changed"}
    assert (found["r2"], found["r4"], found["r6"]) == ("failed", "skipped", "skipped")
    outcome = controller.outcomes()["r4"]
    assert outcome.message == "the change failed on r2, the first of this platform"


def test_a_dead_device_is_no_canary(backed_up: Lab, controller: Controller) -> None:
    """It was not touched and proves nothing: the next of its platform goes first, and the rest
    follows."""
    backed_up.override("r1", fault="dead")
    remediate(controller, backed_up.inventory, remediate_attempts=1)
    found = statuses(controller)
    assert found.pop("r1") == "unreachable"
    assert set(found.values()) == {"changed"}


@pytest.mark.parametrize(("name", "told"), [("r1", "IOS"), ("r2", "Junos")])
def test_a_lockout_is_noticed_and_taken_back(
    backed_up: Lab, controller: Controller, name: str, told: str
) -> None:
    """With the change in force nobody can log in any more. The session that made it is open still,
    and takes it back: the device can be entered again."""
    backed_up.override(name, change_fault="lockout")
    play = remediate(controller, backed_up.inventory, remediate_workers=1)
    assert f"{name}: access_lost: after the change a new login failed: auth_failed" in play.text
    assert "the change was taken back; the configuration is as it was before" in play.text
    assert statuses(controller)[name] == "failed"
    backup = controller.play(BACKUP, backed_up.inventory)
    assert (backup.rc, backup.hosts("changed")) == (0, set())


def test_without_an_archive_the_message_says_what_stands(
    backed_up: Lab, controller: Controller
) -> None:
    """IOS has no rollback then: what was entered stays, and the copy from before is named."""
    backed_up.override("r1", change_fault="no_archive")
    rules = RULES.replace("permit 192.0.2.0 0.0.0.255", "nonsense")
    play = remediate(controller, backed_up.inventory, rules=rules, remediate_workers=1)
    assert "r1: line_rejected: line 2 of 4, 'nonsense'" in play.text
    assert "1 of 4 lines are in force, and were not saved" in play.text
    assert "the archive is not configured on it (archive, path ...)" in play.text
    outcome = controller.outcomes()["r1"]
    assert outcome.previous_sha256 is not None
    assert outcome.previous_sha256 in (outcome.message or "")
    assert f"(run {outcome.run_id})" in (outcome.message or "")
    # What the device has now is stored all the same.
    assert "ip access-list standard LAB" in controller.texts()["r1"]


def test_a_confirmation_that_is_not_answered_may_have_been_taken(
    backed_up: Lab, controller: Controller
) -> None:
    """Here it was: the change stays. So nobody is told to wait until the device takes it back."""
    backed_up.override("r1", change_fault="hang_confirm")
    play = remediate(controller, backed_up.inventory, remediate_workers=1, remediate_deadline=20)
    assert "r1: access_lost: timeout: the deadline of 20 s passed while confirming" in play.text
    assert "4 of 4 lines are in force, and the device takes them back within" in play.text
    assert "unless it has taken the confirmation, which was sent" in play.text
    backed_up.override("r1", change_fault=None)
    backup = controller.play(BACKUP, backed_up.inventory)
    assert (backup.rc, backup.hosts("changed")) == (0, {"r1"})


def test_a_device_that_falls_silent_goes_back_by_itself(
    backed_up: Lab, controller: Controller
) -> None:
    """The deadline cuts it off in mid-change. Nobody confirms, so its own timer takes the line
    back; nothing was repeated."""
    backed_up.override("r1", change_fault="hang_line", minute=3)
    play = remediate(
        controller,
        backed_up.inventory,
        remediate_workers=1,
        remediate_deadline=20,
        remediate_confirm_minutes=1,
    )
    assert (
        "r1: access_lost: timeout: the deadline of 20 s passed while entering line 2 of 4"
        in play.text
    )
    assert (
        "1 of 4 lines are in force, line 2 perhaps, and the device takes them back within 1 minutes"
        in play.text
    )
    assert controller.outcomes()["r1"].attempts == 1
    backed_up.override("r1", change_fault=None)
    # The device's minute takes three seconds; to look before it is over would store a copy.
    time.sleep(3.5)
    backup = controller.play(BACKUP, backed_up.inventory)
    assert (backup.rc, backup.hosts("changed")) == (0, set())


def test_a_connection_that_breaks_is_not_tried_again(
    backed_up: Lab, controller: Controller
) -> None:
    """On Junos nothing had taken effect; on neither is a line sent twice."""
    backed_up.override("r2", change_fault="drop_line")
    play = remediate(controller, backed_up.inventory, remediate_workers=1)
    assert "r2: access_lost: connection_reset" in play.text
    assert "had been entered, and none took effect" in play.text
    assert controller.outcomes()["r2"].attempts == 1
    assert backed_up.counters()["devices"]["r2"]["lines"] == 2


def test_a_kill_in_mid_change_leaves_the_copy_from_before(
    backed_up: Lab, controller: Controller
) -> None:
    """kill -9 of every process while a line is under way: the ledger says that the device was being
    changed, and has the copy from before, which was newer than the last backup's."""
    backed_up.override("r1", change_fault="hang_line", revision=2)
    backups = controller.texts()
    controller.write("rules/lab.yml", RULES)
    rules = [str(controller.home / "rules")]
    process = controller.start(
        REMEDIATE,
        backed_up.inventory,
        **CHANGE,
        remediate_rules=rules,
        remediate_apply=True,
        remediate_workers=1,
    )
    with process:
        until(lambda: backed_up.counters()["devices"]["r1"]["lines"] >= 2, 60, "the second line")
        kill(descendants(process.pid))
    outcome = controller.outcomes()["r1"]
    assert (outcome.status, outcome.error_class) == ("failed", "interrupted")
    assert "while lines were being entered" in (outcome.message or "")
    with controller.store() as store:
        before = store.text(outcome.config_sha256 or "")
    assert before != backups["r1"]
    assert "ip access-list standard LAB" not in before


def test_who_may_not_configure_is_told_so(backed_up: Lab, controller: Controller) -> None:
    """Nothing was entered, so nothing is taken back and no rollout is stopped."""
    backed_up.override("r1", change_fault="no_configure")
    play = remediate(controller, backed_up.inventory)
    assert "r1: cannot_configure: the device did not let the user into configuration mode" in (
        play.text
    )
    found = statuses(controller)
    assert found.pop("r1") == "failed"
    assert set(found.values()) == {"changed"}


def test_a_platform_that_is_not_known_well_enough_is_not_touched(controller: Controller) -> None:
    """A FortiGate: the lines are shown to the person, nothing is sent."""
    with fleet(1, platforms=("fortinet",), size_kb=5) as lab:
        assert controller.play(BACKUP, lab.inventory).rc == 0
        configs = lab.counters()["devices"]["r1"]["connections"]
        shown = remediate(controller, lab.inventory, remediate_apply=False)
        play = remediate(controller, lab.inventory)
        assert lab.counters()["devices"]["r1"]["connections"] == configs
    assert shown.rc == 0, shown.output
    assert "+config system nonsense" in shown.stdout.splitlines()
    assert "r1: 1 line to be entered by hand (Fortinet FortiOS cannot be configured" in shown.text
    assert "r1: cannot_configure: Fortinet FortiOS cannot be configured by this collection" in (
        play.text
    )


def test_a_change_by_somebody_else_is_seen(backed_up: Lab, controller: Controller) -> None:
    """The lines are made again from what the device has in its turn: one that somebody mended by
    hand since the stored copy gets none."""
    remediate(controller, backed_up.inventory, remediate_hosts="r1")
    with controller.store() as store:
        first = store.runs(limit=2)[1]
        old = store.outcome(first.id, "r1")
        assert old is not None
    lines = backed_up.counters()["devices"]["r1"]["lines"]
    # Without the newer copy, as another control node sees it.
    other = Controller(controller.home / "other")
    with fleet(6, platforms=("cisco_ios", "juniper_junos"), size_kb=5) as twin:
        inventory = other.inventory({"r1": login(twin, "r1")})
        assert other.play(BACKUP, inventory).rc == 0
    inventory = other.inventory({"r1": {**login(backed_up, "r1"), "netops_host_keys": "off"}})
    play = remediate(other, inventory)
    assert play.rc == 0, play.output
    assert backed_up.counters()["devices"]["r1"]["lines"] == lines


APPLY = """\
- hosts: all
  gather_facts: false
  tasks:
    - prime.netops.config_apply:
        lines_variable: my_lines
      run_once: true
      register: applied
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_become: false}
    - prime.netops.host_outcome:
        run_id: "{{ applied.run_id }}"
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_become: false}
"""


def test_lines_of_a_host_variable(lab: Lab, controller: Controller) -> None:
    """Each host's own, templated in its context; a banner as a whole; a host without any is left
    alone, and needs no stored copy either."""
    banner = "banner login ^C\nNo way in for {{ inventory_hostname }}\n line vty 0 4\n^C\n"
    hosts = {
        "r1": {**login(lab, "r1"), "my_lines": f"{banner}line vty 0 4\n exec-timeout 7 0\n"},
        "r2": {**login(lab, "r2"), "my_lines": ["set system host-name {{ site }}-r2"]},
        "r3": login(lab, "r3"),
    }
    inventory = controller.inventory(hosts, ansible_become_password=lab.plan.enable_password)
    playbook = controller.write("apply.yml", APPLY)
    check = controller.play(playbook, inventory, "--check", "--diff")
    assert check.rc == 0, check.output
    assert entered(lab) == set()
    assert "+ exec-timeout 7 0" in check.stdout.splitlines()
    play = controller.play(playbook, inventory)
    assert play.rc == 0, play.output
    assert entered(lab) == {"r1", "r2"}
    texts = controller.texts()
    assert "banner login ^C\nNo way in for r1\nline vty 0 4\n^C\n" in texts["r1"]
    assert "line vty 0 4\n" in texts["r1"]
    assert "exec-timeout 7 0" in texts["r1"]
    assert f"host-name {lab.plan.device('r2').site}-r2;" in texts["r2"]
    assert "r3" not in texts


def test_a_question_of_the_device_is_answered(lab: Lab, controller: Controller) -> None:
    """IOS wants to know whether a user is really to be removed. Whoever gave the line said so."""
    lines = ["username gone secret x", "no username admin"]
    hosts = {"r1": {**login(lab, "r1"), "my_lines": lines}}
    inventory = controller.inventory(hosts, ansible_become_password=lab.plan.enable_password)
    play = controller.play(controller.write("apply.yml", APPLY), inventory)
    assert play.rc == 0, play.output
    text = controller.texts()["r1"]
    assert "username gone secret x" in text
    assert "username admin " not in text


def test_wrong_options_are_refused_before_anything_is_done(
    lab: Lab, controller: Controller
) -> None:
    """Which lines, and how many minutes: a sentence each."""
    for wrong, words in {
        "lines: [a]": "give one of lines, lines_variable and remediate, not lines and lines_var",
        "canary: -1": "canary is -1: it must be 0 or more",
        "confirm_minutes: 61": "confirm_minutes is more than 60",
    }.items():
        given = "lines_variable: my_lines"
        text = APPLY.replace(given, f"{given}\n        {wrong}")
        play = controller.play(controller.write("apply.yml", text), lab.inventory)
        assert play.rc == 2
        assert words in play.text
    assert entered(lab) == set()
