"""Remediation on real routers: FRRouting behind OpenSSH, changed line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.playbook import BACKUP, ROOT, Controller, Play
from tests.lab.frr import MARKER, FrrLab, frr

REMEDIATE = ROOT / "playbooks" / "remediate.yml"

RULES = """\
rules:
  - id: LAB-001
    title: The management networks are known by a prefix list
    rationale: What is to be let in has to be said once.
    severity: high
    profiles: [lab]
    checks:
      - platforms: [frr]
        check: {require: 'ip prefix-list MGMT seq 5 permit 198\\.18\\.0\\.0/15'}
        remediation: ip prefix-list MGMT seq 5 permit 198.18.0.0/15
  - id: LAB-002
    title: No neighbour may send more routes than there are
    rationale: A leak fills the table.
    severity: medium
    profiles: [lab]
    checks:
      - platforms: [frr]
        check:
          each_section: 'router bgp \\d+'
          none: fail
          check: {require: bgp deterministic-med}
          message: the order of arrival decides
        remediation: |
          {% for item in failed %}
          {{ item.section }}
           bgp deterministic-med
          {% endfor %}
  - id: LAB-003
    title: Somebody answers for the router
    rationale: At night somebody has to know whom to call.
    severity: low
    profiles: [lab]
    checks:
      - platforms: [frr]
        check: {require: 'banner motd \\S+'}
  - id: LAB-004
    title: The black hole of the documentation network is gone
    rationale: It was for a test.
    severity: low
    profiles: [lab]
    checks:
      - platforms: [frr]
        check: {forbid: 'ip route 203\\.0\\.113\\.0/24 blackhole'}
        remediation: no ip route 203.0.113.0/24 blackhole
  - id: LAB-005
    title: Routes between the sites have their key
    rationale: A neighbour without one may be anybody.
    severity: high
    profiles: [lab]
    params: {ospf_key: ''}
    checks:
      - platforms: [frr]
        check: {require: 'ip ospf message-digest-key 2 md5 \\S+', in: interface lo}
        remediation: |
          interface lo
           ip ospf message-digest-key 2 md5 {{ ospf_key }}
"""
KEY = f"{MARKER}new"


@pytest.fixture
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FrrLab]:
    """Three routers in a ring, BGP established; changed by each test, so made for each."""
    with frr(3, tmp_path_factory.mktemp("frr")) as running:
        yield running


def remediate(
    controller: Controller, inventory: Path, rules: str = RULES, **variables: object
) -> Play:
    """Run the playbook with the rules of this test."""
    controller.write("rules/lab.yml", rules)
    chosen = {
        "remediate_profile": "lab",
        "remediate_rules": [str(controller.home / "rules")],
        "compliance_params": {"ospf_key": KEY},
    }
    return controller.play(REMEDIATE, inventory, **{**chosen, **variables})


def test_from_a_finding_to_a_mended_router(lab: FrrLab, controller: Controller) -> None:
    """Shown first, and nothing is touched; entered when asked to, with copies before and after in
    store and git; entered once, since a second run finds nothing to do."""
    assert controller.play(BACKUP, lab.inventory).rc == 0
    before, commits = lab.running_configs(), controller.commits()

    shown = remediate(controller, lab.inventory)
    assert shown.rc == 0, shown.output
    assert lab.running_configs() == before
    assert "+ip prefix-list MGMT seq 5 permit 198.18.0.0/15" in shown.stdout.splitlines()
    assert "+ bgp deterministic-med" in shown.stdout.splitlines()
    assert "frr1: 6 lines would be entered, to mend LAB-001, LAB-002, LAB-004" in shown.text
    assert "by hand: LAB-003" in shown.text
    assert "-e remediate_apply=true" in shown.text
    assert MARKER not in shown.output
    assert (controller.commits(), controller.last_run().kind) == (commits, "backup")

    lab.routers[1].configure("ip route 192.0.2.0/24 blackhole")
    drifted = lab.routers[1].running_config().decode()
    done = remediate(controller, lab.inventory, remediate_apply=True)
    assert done.rc == 0, done.output
    assert done.hosts("changed") == {"frr1", "frr2", "frr3"}
    after = lab.running_configs()
    for text in after.values():
        lines = text.splitlines()
        assert "ip prefix-list MGMT seq 5 permit 198.18.0.0/15" in lines
        assert " bgp deterministic-med" in lines
        assert "ip route 203.0.113.0/24 blackhole" not in lines
        assert f" ip ospf message-digest-key 2 md5 {KEY}" in lines
    assert "frr1: mended LAB-001, LAB-002, LAB-004, LAB-005; by hand: LAB-003" in done.text
    assert "+ip prefix-list MGMT seq 5 permit 198.18.0.0/15" in done.stdout.splitlines()
    assert MARKER not in done.output

    assert controller.last_run().kind == "apply"
    assert controller.texts() == after
    outcomes = controller.outcomes()
    with controller.store() as store:
        found = {name: store.text(each.previous_sha256 or "") for name, each in outcomes.items()}
        entered = {name: store.text(each.config_sha256 or "") for name, each in outcomes.items()}
    assert found == {**before, "frr2": drifted}
    assert entered == after
    assert outcomes["frr2"].result["before"] == outcomes["frr2"].previous_sha256
    assert outcomes["frr2"].result["after"] == outcomes["frr2"].config_sha256
    # What somebody else had changed has a commit of its own.
    assert controller.commits() == commits + 2
    foreign = controller.git("show", "--format=%s", "HEAD~1")
    assert "1 as found before" in foreign
    assert "+ip route 192.0.2.0/24 blackhole" in foreign
    ours = controller.git("show", "--format=%s", "HEAD")
    assert ours.count("+ip prefix-list MGMT") == 3
    assert MARKER not in foreign + ours

    again = remediate(controller, lab.inventory, remediate_apply=True)
    assert (again.rc, again.hosts("changed")) == (0, set())
    assert lab.running_configs() == after
    assert {each.status for each in controller.outcomes().values()} == {"ok"}


def test_a_line_that_the_router_refuses_stops_the_rest(lab: FrrLab, controller: Controller) -> None:
    """The first router takes the lines up to the one that it does not know; the others are not
    touched, and the message says what stands there now."""
    rules = RULES.replace("message-digest-key 2 md5 {{", "message-digest-key 999 md5 {{")
    assert controller.play(BACKUP, lab.inventory).rc == 0
    before = lab.running_configs()
    play = remediate(controller, lab.inventory, rules, remediate_apply=True)
    assert play.rc == 2
    assert play.hosts("failed") == {"frr1"}
    assert play.hosts("skipped") == {"frr2", "frr3"}
    assert "frr1: line_rejected: line" in play.text
    assert "the device has no way to take them back" in play.text
    assert "The copy from before is in the store as" in play.text
    assert "frr2: rollout_stopped: the change failed on frr1" in play.text
    assert MARKER not in play.output
    now = lab.running_configs()
    assert {name for name in now if now[name] != before[name]} == {"frr1"}
    assert controller.texts() == now
    with controller.store() as store:
        assert store.text(controller.outcomes()["frr1"].previous_sha256 or "") == before["frr1"]


CUT = """\
- hosts: frr1,frr2
  gather_facts: false
  tasks:
    - prime.netops.config_apply:
        lines: [interface mgmt0, ' shutdown']
        deadline: 25
      run_once: true
      register: change
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_become: false}
    - prime.netops.host_outcome: {run_id: '{{ change.run_id }}'}
      delegate_to: localhost
      vars: {ansible_connection: local, ansible_become: false}
"""


def test_a_line_that_cuts_the_router_off_is_told_as_such(
    lab: FrrLab, controller: Controller
) -> None:
    """A real lockout: the interface that the router is managed by goes down under the session. The
    next router is not touched, and the copy from before is safe."""
    before = lab.running_configs()
    play = controller.play(controller.write("cut.yml", CUT), lab.inventory)
    assert play.hosts("failed") == {"frr1"}
    assert "frr1: access_lost: timeout: the deadline of 25 s passed while entering line 2 of 2" in (
        play.text
    )
    assert "1 of 2 lines are in force, line 2 perhaps, and were not saved" in play.text
    assert "frr2: rollout_stopped: the change failed on frr1" in play.text
    assert controller.outcomes()["frr1"].attempts == 1
    assert controller.texts() == {"frr1": before["frr1"]}
    assert lab.running_configs()["frr2"] == before["frr2"]
    lab.routers[0].configure("interface mgmt0", "no shutdown")
    assert controller.play(BACKUP, lab.inventory).rc == 0


def test_a_rule_that_its_lines_do_not_mend_stops_the_rest(
    lab: FrrLab, controller: Controller
) -> None:
    """Judged again by the same rules: the first router fails, the others keep what they have."""
    rules = RULES.replace("remediation: no ip route 203", "remediation: no ip route 202")
    rules = rules.replace(
        "remediation: no ip route 202.0.113.0/24 blackhole",
        "remediation: ip route 203.0.114.0/24 blackhole",
    )
    assert controller.play(BACKUP, lab.inventory).rc == 0
    before = lab.running_configs()
    play = remediate(controller, lab.inventory, rules, remediate_apply=True)
    assert play.hosts("failed") == {"frr1"}
    assert "frr1: not_mended: still failing: LAB-004" in play.text
    now = lab.running_configs()
    assert {name for name in now if now[name] != before[name]} == {"frr1"}
