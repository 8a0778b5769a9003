"""Compliance as people run it: ansible-playbook against the simulated fleet, after a backup."""

from __future__ import annotations

import csv
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.store import JudgedDevice
from lxml import etree

from tests.integration.playbook import BACKUP, ROOT, Controller, Play, fingerprint
from tests.integration.processes import await_end, descendants, until
from tests.lab.fleet import MARKER, Lab, fleet

COMPLIANCE = ROOT / "playbooks" / "compliance.yml"
RULE_TEST = ROOT / "playbooks" / "rule_test.yml"
SCHEMAS = ROOT / "tests/unit/fixtures/schemas"
OURS = ROOT / "plugins/plugin_utils/compliance/report/report.schema.json"
FORMATS = ["html", "json", "csv", "junit", "sarif", "markdown"]
INVENTORY_VARIABLES = {"compliance_ntp": ["192.0.2.1", "192.0.2.2"], "role": "access"}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The embedded lab: 25 devices of five vendors, well and badly configured, two out of reach."""
    state = tmp_path_factory.mktemp("lab")
    with fleet(25, state=state, profile="embedded", variables=INVENTORY_VARIABLES) as running:
        yield running


@pytest.fixture(scope="module")
def backed_up(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Controller:
    """A control node that has backed the lab up."""
    controller = Controller(tmp_path_factory.mktemp("backed-up"))
    done = controller.play(BACKUP, lab.inventory, netops_state_dir=str(controller.state))
    assert done.rc == 0, done.output
    return controller


@pytest.fixture(autouse=True)
def restored(lab: Lab) -> Iterator[None]:
    """Every test finds the devices as they were."""
    yield
    lab.restore()


def judge(controller: Controller, lab: Lab, *arguments: str, **variables: Any) -> Play:
    """Run the playbook; no device fails the job unless it is asked for."""
    options = {"compliance_fail_job": "never", "netops_state_dir": str(controller.state)}
    return controller.play(COMPLIANCE, lab.inventory, *arguments, **{**options, **variables})


def found(controller: Controller) -> dict[str, JudgedDevice]:
    """What the newest run found on each device."""
    with controller.store() as store:
        return {each.device: each for each in store.judged(store.runs(limit=1)[0].id)}


def states(device: JudgedDevice) -> dict[str, str]:
    """How each rule ended."""
    return {finding["rule"]: finding["state"] for finding in device.findings}


def platform_of(lab: Lab, platform: str) -> list[str]:
    """The lab's devices of a platform."""
    return [device.name for device in lab.plan.devices if device.platform == platform]


def test_the_embedded_lab_is_judged(lab: Lab, backed_up: Controller) -> None:
    """Scores differ by vendor and by how well a device is configured; what a vendor lacks does not
    apply; the two devices without a backup are unknown, with the remedy; each host says its own."""
    play = judge(backed_up, lab)
    assert play.rc == 0, play.output
    devices = found(backed_up)
    assert devices.keys() == set(lab.plan.names)
    unjudged = {name for name, each in devices.items() if each.verdict == "unjudged"}
    assert unjudged == {lab.plan.devices[13].name, lab.plan.devices[21].name}
    for name in unjudged:
        assert devices[name].score is None
        assert set(states(devices[name]).values()) <= {"unknown", "not_applicable"}
        assert f"{name}: no_configuration: the store has no configuration of it" in play.text
    assert "Back it up first" in play.text

    scores = {name: each.score for name, each in devices.items() if each.score is not None}
    assert len(set(scores.values())) > 5
    grades = {device.name: device.grade for device in lab.plan.devices if device.name in scores}
    for platform in ("cisco_ios", "arista_eos"):
        of = [name for name in platform_of(lab, platform) if name in scores]
        good = [scores[name] for name in of if grades[name] == "good"]
        bad = [scores[name] for name in of if grades[name] == "bad"]
        assert min(good) > max(bad), platform

    junos = states(devices[platform_of(lab, "juniper_junos")[0]])
    ios = states(devices[platform_of(lab, "cisco_ios")[0]])
    assert junos["AAA-001"] == "not_applicable"
    assert ios["AAA-001"] in {"pass", "fail"}
    assert junos["STP-001"] == "not_applicable"

    failing = {name for name, each in devices.items() if each.verdict == "failing"}
    assert failing == {name for name, score in scores.items() if score < 70}
    assert play.hosts("ignored") == failing | unjudged
    assert not play.hosts("changed")
    for name in failing:
        assert f"{name}: not_compliant: its score of {scores[name]:.0f} is below 70" in play.text


def test_a_device_that_is_not_compliant_fails_the_job(lab: Lab, backed_up: Controller) -> None:
    """Ansible's own meaning by default; a threshold, a lower score or nothing by option."""
    bad = next(each.device for each in found_after(backed_up, lab) if each.verdict == "failing")
    good = next(each.device for each in found_after(backed_up, lab) if each.verdict == "compliant")
    both = ("--limit", f"{bad},{good}")
    strict = judge(backed_up, lab, *both, compliance_fail_job="any")
    assert strict.rc == 2
    assert strict.hosts("failed") == {bad}
    assert strict.recap[good]["ok"] > 0

    half = {"compliance_fail_job": "threshold", "compliance_max_fail_percentage": 40}
    assert "50.0 % of 2 devices are not compliant" in judge(backed_up, lab, *both, **half).text
    assert judge(backed_up, lab, *both, compliance_fail_job="any", compliance_min_score=0).rc == 0

    # any failed rule of that severity, whatever the score is
    any_low = {"compliance_min_score": 0, "compliance_fail_on": "low"}
    play = judge(backed_up, lab, "--limit", bad, **any_low)
    assert f"{bad}: not_compliant: a rule of severity low or worse failed" in play.text


def found_after(controller: Controller, lab: Lab) -> list[JudgedDevice]:
    """What a run finds, by the device's name; a run is made when there is none yet."""
    with controller.store() as store:
        done = [
            run for run in store.runs(limit=50) if run.kind == "compliance" and run.devices == 25
        ]
    if not done:
        judge(controller, lab)
        return list(found(controller).values())
    with controller.store() as store:
        return list(store.judged(done[0].id))


def test_every_report_is_written_and_valid(lab: Lab, backed_up: Controller, tmp_path: Path) -> None:
    """All six formats, of all devices, by their schemas; the evidence is in the mirror's file, at
    the very line; and no report holds a secret of any configuration."""
    place = tmp_path / "reports"
    play = judge(backed_up, lab, compliance_formats=FORMATS, compliance_report_dir=str(place))
    assert play.rc == 0, play.output
    files = {path.suffix: path for path in place.iterdir()}
    assert len(files) == len(FORMATS)

    report = json.loads(files[".json"].read_text())
    jsonschema.validate(report, json.loads(OURS.read_text()))
    assert len(report["devices"]) == 25
    sarif = json.loads(files[".sarif"].read_text())
    schema = json.loads((SCHEMAS / "sarif-2.1.0.json").read_text())
    assert not list(jsonschema.validators.validator_for(schema)(schema).iter_errors(sarif))
    etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd")).assertValid(etree.parse(files[".xml"]))
    with files[".csv"].open(newline="") as stream:
        assert sum(1 for _row in csv.DictReader(stream)) == 25 * len(report["rules"])
    assert "# Network compliance" in files[".md"].read_text()
    assert all(name in files[".html"].read_text() for name in lab.plan.names)

    cited = 0
    for device in report["devices"]:
        mirror = backed_up.state / "configs" / device["file"]
        lines = mirror.read_text().splitlines() if mirror.exists() else []
        for finding in device["findings"]:
            for evidence in finding.get("evidence", ()):
                if evidence["line"]:
                    line = lines[evidence["line"] - 1]
                    assert words(line)[:1] == words(evidence["text"])[:1], (device, evidence)
                    cited += 1
    assert cited > 200

    texts = {path.name: path.read_text(encoding="utf-8") for path in place.iterdir()}
    assert not [name for name, text in texts.items() if MARKER in text]
    assert MARKER not in play.output
    with backed_up.store() as store:
        run = store.runs(limit=1)[0].id
        assert MARKER not in json.dumps([each.findings for each in store.judged(run)])


def words(line: str) -> list[str]:
    """The words of a line, without what the formats put round them."""
    return line.replace('"', " ").replace("<", " ").replace("{", " ").split()


def test_the_history_tells_since_when_and_where_it_goes(lab: Lab, controller: Controller) -> None:
    """Two runs: what fails keeps its first date, what was mended is gone, the trend has both."""
    name = platform_of(lab, "cisco_ios")[0]
    only = ("--limit", name)
    backup = {"netops_state_dir": str(controller.state)}
    controller.play(BACKUP, lab.inventory, *only, **backup)
    judge(controller, lab, *only)
    first = found(controller)[name]
    assert first.since.keys() == {r for r, s in states(first).items() if s in ("fail", "error")}

    lab.override(name, revision=2)
    controller.play(BACKUP, lab.inventory, *only, **backup)
    judge(controller, lab, *only)
    second = found(controller)[name]
    assert second.since == {rule: first.since[rule] for rule in second.since}
    report = json.loads((controller.state / "reports/compliance.json").read_text())
    scores = [round(each.score or 0, 1) for each in (first, second)]
    assert [point["score"] for point in report["trend"]] == scores
    since = {f["rule"]: f["since"] for f in report["devices"][0]["findings"] if "since" in f}
    assert since.keys() == first.since.keys()


def test_check_mode_judges_and_keeps_nothing(lab: Lab, backed_up: Controller) -> None:
    """Neither in the store nor as a file; with --diff each host shows what would mend it."""
    bad = next(each for each in found_after(backed_up, lab) if each.verdict == "failing")
    before = fingerprint(backed_up.state)
    play = judge(backed_up, lab, "--check", "--diff", "--limit", bad.device)
    assert f"{bad.device}: not_compliant" in play.text
    assert f"+++ {bad.device} (as the rules want it)" in play.output
    wanted = [
        line
        for each in bad.findings
        for line in each.get("remediation", ())
        if each["state"] == "fail"
    ]
    assert wanted
    assert all(f"+{line}" in play.output for line in wanted)
    assert fingerprint(backed_up.state) == before


def test_fresh_configurations_are_fetched_and_stored(lab: Lab, controller: Controller) -> None:
    """Without a backup before: what the devices say now is judged and kept; one that cannot be
    reached is told as unreachable, and is unknown to every rule."""
    dead, barred = lab.plan.devices[13].name, lab.plan.devices[21].name
    play = judge(controller, lab, compliance_fresh=True, compliance_attempts=1)
    devices = found(controller)
    assert {name for name, each in devices.items() if each.verdict == "unjudged"} == {dead, barred}
    assert f"{dead}: unreachable: the connection was refused" in play.text
    assert len(controller.texts()) == 23
    outcomes = controller.outcomes()
    for name, each in devices.items():
        assert each.config_sha256 == outcomes[name].config_sha256


def test_outputs_that_rules_want_are_asked_in_the_same_session(
    lab: Lab, controller: Controller, tmp_path: Path
) -> None:
    """`show snmp user` decides SNM-004 on IOS; a command that the device refuses, and any in stored
    copies, leave their rule unknown, with the reason, and never passed."""
    ios = platform_of(lab, "cisco_ios")
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "OWN-001.yml").write_text(
        "id: OWN-001\ntitle: The clock is right\nrationale: A test.\nseverity: low\n"
        "profiles: [baseline]\nchecks:\n"
        "  - {platforms: [cisco_ios], check: {state: show ntp status, min: 1}}\n"
    )
    options = {"compliance_rules": [str(rules)]}
    limit = ("--limit", ",".join(ios))
    before = lab.counters()["devices"]
    play = judge(controller, lab, *limit, compliance_fresh=True, compliance_attempts=1, **options)
    assert play.rc == 0, play.output
    devices = {name: each for name, each in found(controller).items() if each.score is not None}
    assert {states(each)["SNM-004"] for each in devices.values()} == {"pass", "fail"}
    for name, each in devices.items():
        assert lab.counters()["devices"][name]["logins"] == before[name]["logins"] + 1
        told = {finding["rule"]: finding for finding in each.findings}
        if told["SNM-004"]["state"] == "fail":
            assert told["SNM-004"]["message"] == "a user has a weak algorithm"
        assert told["OWN-001"]["state"] == "unknown"
        assert told["OWN-001"]["message"].startswith(
            "there is no output of `show ntp status`: the device refused it: "
        )

    judge(controller, lab, *limit, **options)
    for name in devices:
        told = {finding["rule"]: finding for finding in found(controller)[name].findings}
        assert told["SNM-004"]["state"] == "unknown"
        assert told["SNM-004"]["message"].startswith("`show snmp user` was not asked")


def test_devices_are_compared_with_what_is_intended(
    lab: Lab, backed_up: Controller, tmp_path: Path
) -> None:
    """A golden text a device, a role or a platform; what differs is a finding with the device's
    lines, in the reports and the diff; a broken template is its own device's error."""
    same, other, broken, *_rest = (
        name for name in platform_of(lab, "cisco_ios") if name in backed_up.texts()
    )
    texts = backed_up.texts()
    golden = tmp_path / "golden"
    (golden / "platforms").mkdir(parents=True)
    (golden / f"{same}.cfg").write_text(texts[same])
    wanted = texts[other].replace("snmp-server contact noc@example.net", "snmp-server contact ops")
    (golden / f"{other}.cfg").write_text(wanted)
    (golden / f"{broken}.j2").write_text("hostname {{ inventory_hostname }}\n{{ nowhere }}\n")
    (golden / "platforms/arista_eos.j2").write_text(
        "hostname {{ inventory_hostname }}\n{% for ip in compliance_ntp %}\nntp server {{ ip }}\n"
        "{% endfor %}\n"
    )
    options = {"compliance_golden": [str(golden)], "compliance_golden_extras": "sections"}
    play = judge(backed_up, lab, "--diff", **options)
    assert play.rc == 0, play.output
    devices = found(backed_up)
    told = {
        name: next(one for one in each.findings if one["rule"] == "GOLDEN")
        for name, each in devices.items()
        if each.score is not None
    }
    assert told[same]["state"] == "pass"
    assert told[broken]["state"] == "error"
    assert told[broken]["message"] == f"{golden}/{broken}.j2:2: 'nowhere' is undefined"
    assert told[platform_of(lab, "juniper_junos")[0]]["state"] == "not_applicable"
    eos = told[platform_of(lab, "arista_eos")[0]]
    assert eos["state"] == "fail"
    assert any(row.startswith("+ ntp server 10.") for row in eos["diff"])

    assert told[other]["diff"] == [
        "+ snmp-server contact ops",
        "- snmp-server contact noc@example.net",
    ]
    assert "- snmp-server contact noc@example.net" in play.output
    (evidence,) = told[other]["evidence"]
    mirror = (backed_up.state / "configs" / devices[other].file).read_text().splitlines()
    assert mirror[evidence[0] - 1] == evidence[1] == "snmp-server contact noc@example.net"
    report = (backed_up.state / "reports/compliance.json").read_text()
    jsonschema.validate(json.loads(report), json.loads(OURS.read_text()))
    assert "+ snmp-server contact ops" in report
    assert MARKER not in report + play.output

    # beside the playbook, and by a path that Ansible must not fill in
    play = [
        {
            "hosts": same,
            "gather_facts": False,
            "roles": ["prime.netops.compliance"],
            "vars": {"netops_state_dir": str(backed_up.state), "compliance_fail_job": "never"},
        }
    ]
    beside = tmp_path / "play.yml"
    place = '!unsafe "golden/{{ host }}"'
    beside.write_text(f"{json.dumps(play)[:-3]}, compliance_golden: [{place}]}}}}]")
    assert backed_up.play(beside, lab.inventory).rc == 0
    assert states(found(backed_up)[same])["GOLDEN"] == "pass"

    missing = judge(backed_up, lab, compliance_golden=[str(tmp_path / "none")])
    assert missing.rc == 2
    assert "there is no golden text in" in missing.text


def test_waivers_and_rules_of_ones_own(lab: Lab, backed_up: Controller, tmp_path: Path) -> None:
    """A waived rule leaves the score; an expired waiver does not, and warns; an own rule counts,
    and one that hangs costs its device a verdict and no other device anything."""
    name = next(each.device for each in found_after(backed_up, lab) if each.verdict == "failing")
    rules, waivers = tmp_path / "rules", tmp_path / "waivers.yml"
    rules.mkdir()
    (rules / "OWN-001.yml").write_text(
        "id: OWN-001\ntitle: Nothing is right\nrationale: A test.\nseverity: critical\n"
        "profiles: [baseline]\nchecks:\n"
        f"  - {{platforms: [{lab.plan.device(name).platform}], check: {{require: no such line}}}}\n"
    )
    entry = f"devices: [{name}], justification: A test, owner: noc@example.net"
    waivers.write_text(
        f"waivers:\n  - {{rules: [OWN-001], {entry}, expires: 2099-12-31}}\n"
        f"  - {{rules: [NTP-003], {entry}, expires: 2020-01-01}}\n"
    )
    options = {"compliance_rules": [str(rules)], "compliance_waivers": str(waivers)}
    judge(backed_up, lab, "--limit", name, **options)
    after = found(backed_up)[name]
    assert states(after)["OWN-001"] == "waived"
    told = {each["rule"]: each for each in after.findings}
    assert told["OWN-001"]["waiver"]["expires"] == "2099-12-31"
    if told["NTP-003"]["state"] == "fail":
        assert "2020-01-01" in told["NTP-003"]["warning"]

    options["compliance_waivers"] = str(tmp_path / "none.yml")
    broken = judge(backed_up, lab, "--limit", name, **options)
    assert broken.rc == 2
    assert "none.yml" in broken.text
    (rules / "OWN-001.yml").write_text("id: OWN-001\ntitel: Nothing is right\n")
    broken = judge(backed_up, lab, "--limit", name, compliance_rules=[str(rules)])
    assert "OWN-001.yml:" in broken.text
    assert "titel" in broken.text


def test_a_password_that_does_not_decrypt_is_not_in_the_way(
    lab: Lab, backed_up: Controller
) -> None:
    """Judging what is stored needs no login, so no variable of one is read."""
    name = next(each.device for each in found_after(backed_up, lab) if each.verdict == "compliant")
    variables = backed_up.write("no-login.json", {"ansible_password": "{{ not_defined_at_all }}"})
    play = judge(backed_up, lab, "--limit", name, "--extra-vars", f"@{variables}")
    assert play.rc == 0, play.output
    assert found(backed_up)[name].verdict == "compliant"


def test_an_interrupted_run_ends_at_once_and_leaves_no_process(
    lab: Lab, backed_up: Controller, tmp_path: Path
) -> None:
    """A rule that hangs keeps nobody when the run is ended."""
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "HANG-001.yml").write_text(
        "id: HANG-001\ntitle: Takes for ever\nrationale: A test.\nseverity: low\n"
        "profiles: [baseline]\nchecks:\n"
        "  - platforms: [cisco_ios, arista_eos, juniper_junos, cisco_nxos, fortinet]\n"
        "    check: {function: 'hang:for_ever'}\n"
    )
    (rules / "hang.py").write_text("import time\n\n\ndef for_ever(context):\n    time.sleep(600)\n")
    process = backed_up.start(
        COMPLIANCE,
        lab.inventory,
        netops_state_dir=str(backed_up.state),
        compliance_rules=[str(rules)],
    )
    until(lambda: judging(backed_up), 60, "the run to begin")
    until(lambda: len(descendants(process.pid)) >= 3, 30, "the judges")
    family = descendants(process.pid)
    os.kill(process.pid, signal.SIGTERM)
    await_end(family, 20)
    process.communicate(timeout=20)
    assert process.returncode not in (0, None)
    assert backed_up.last_run().status == "interrupted"


def judging(controller: Controller) -> bool:
    """Whether a compliance run is going on."""
    with controller.store() as store:
        run = store.runs(limit=1)[0]
        return run.kind == "compliance" and run.status == "running"


def test_rules_are_tested_by_a_playbook(controller: Controller, tmp_path: Path) -> None:
    """The shipped fixtures' form; a rule that does nothing is found, with file and line."""
    rules, fixtures = tmp_path / "rules", tmp_path / "fixtures"
    rules.mkdir()
    fixtures.mkdir()
    rule = (
        "id: OWN-001\ntitle: No Telnet\nrationale: A test.\nseverity: high\nprofiles: [own]\n"
        "checks:\n  - {{platforms: [cisco_ios], check: {{forbid: {pattern}}}}}\n"
        "  - {{platforms: [arista_eos], not_applicable: elsewhere}}\n"
    )
    (rules / "OWN-001.yml").write_text(rule.format(pattern="transport input telnet"))
    (fixtures / "OWN-001.yml").write_text(
        "rule: OWN-001\ncases:\n"
        "  - {platforms: [cisco_ios], expect: pass, config: '',\n"
        "     mutate: [{add: transport input telnet}]}\n"
        "  - {platforms: [cisco_ios], expect: fail, config: transport input telnet}\n"
        "  - {platforms: [arista_eos], expect: not_applicable, config: ''}\n"
    )
    words = {"rules": str(rules), "fixtures": str(fixtures)}
    good = controller.play(RULE_TEST, "localhost,", **words)
    assert good.rc == 0, good.output

    (rules / "OWN-001.yml").write_text(rule.format(pattern="transport input telent"))
    bad = controller.play(RULE_TEST, "localhost,", **words)
    assert bad.rc == 2
    assert "OWN-001 on cisco_ios" in bad.text
    assert "OWN-001.yml:" in bad.text
