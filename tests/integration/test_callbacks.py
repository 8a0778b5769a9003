"""The callbacks alert and benchmark, and the metrics, as people use them: in a playbook's run.

The tests of ordinary playbooks run on every ansible-core of the matrix.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark import RunRecord
from ansible_collections.prime.netops.plugins.plugin_utils.observe.benchmark_history import History
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.playbook import BACKUP, ROOT, Controller, Play, login, vaulted
from tests.lab.fleet import MARKER, fleet
from tests.lab.receivers import MailServer, WebHook, mail_server, web_hook

REPORT = ROOT / "playbooks" / "benchmark_report.yml"
COMPLIANCE = ROOT / "playbooks" / "compliance.yml"
HOSTS = {name: {"ansible_connection": "local"} for name in ("h1", "h2", "h3")}
TASKS: list[dict[str, Any]] = [
    {"name": "Works", "ansible.builtin.debug": {"msg": "well"}},
    {
        "name": "Is rescued",
        "block": [{"name": "Try", "ansible.builtin.fail": {"msg": "no"}}],
        "rescue": [{"name": "Mend", "ansible.builtin.debug": {"msg": "mended"}}],
    },
    {"name": "Is ignored", "ansible.builtin.fail": {"msg": "no"}, "ignore_errors": True},
    {
        "name": "Take some time",
        "ansible.builtin.pause": {"seconds": "{{ pause }}"},
        "when": "pause is defined",
    },
    {
        "name": "Breaks on some with {{ rack_password }}",
        "ansible.builtin.fail": {"msg": "the passphrase {{ 'x' ~ rack_password }}\nis wrong"},
        "when": "inventory_hostname in broken | default([])",
    },
]


@pytest.fixture
def hook() -> Iterator[WebHook]:
    """Whom alerts are sent to."""
    with web_hook() as running:
        yield running


def ordinary(controller: Controller, environment: dict[str, str], **variables: Any) -> Play:
    """A run of a playbook that is none of ours; h1 is in Amsterdam."""
    playbook = controller.write(
        "site.yml", [{"hosts": "all", "gather_facts": False, "tasks": TASKS}]
    )
    controller.inventory(HOSTS, "inventory/hosts.yml", rack_password=f"{MARKER}-pass")
    controller.write("inventory/groups.yml", {"ams": {"hosts": {"h1": {}}}})
    return controller.play(
        playbook, controller.home / "inventory", environment=environment, **variables
    )


def test_an_ordinary_playbook_alerts_by_group_and_says_when_it_is_over(
    controller: Controller, hook: WebHook
) -> None:
    """From a vaulted file: what is rescued or ignored is not told, what fails is told once to the
    group that it concerns, and so is its end. The task's secret is in no message."""
    config = (
        f"targets:\n  noc: {{url: {hook.url('noc')}}}\n  ams:\n    url: "
        + vaulted(hook.url("ams"), "vault password").replace("\n", "\n      ")
        + "\nroutes:\n  - {targets: [ams], groups: [ams]}\n  - {targets: [noc]}\n"
    )
    environment = {
        "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.alert",
        "NETOPS_ALERT_CONFIG": str(controller.write("alerts.yml", config)),
        "ANSIBLE_VAULT_PASSWORD_FILE": str(controller.write("vault.txt", "vault password")),
    }
    for broken in (["h1", "h2"], ["h1", "h2"], ["h2"], ["h2"]):
        play = ordinary(controller, environment, broken=broken)
        assert play.rc == 2
        assert "prime.netops.alert" not in play.output
    told = [(one["path"], one["title"]) for one in hook.requests]
    assert sorted(told[:2]) == [
        ("/ams", "site.yml: 1 new problem"),
        ("/noc", "site.yml: 2 new problems"),
    ]
    assert sorted(told[2:]) == [
        ("/ams", "site.yml: 1 problem is over"),
        ("/noc", "site.yml: 1 problem is over"),
    ]
    text = json.dumps(hook.requests)
    assert MARKER not in text
    assert "h1: Breaks on some with <redacted>: the passphrase" in text
    assert "Try" not in text
    assert MARKER not in (controller.state / "alerts.json").read_text()


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "it has no targets: set the option config or urls"),
        ({"NETOPS_ALERT_CONFIG": "/nowhere.yml"}, "/nowhere.yml"),
        ({"NETOPS_ALERT_CONFIG": "{home}/wrong.yml"}, "has no key 'target' (did you mean targets?"),
        ({"NETOPS_ALERT_CONFIG": "{home}/no.yml"}, "it is no YAML, or the vault password"),
    ],
)
def test_what_is_wrong_with_the_alerts_is_told_and_costs_the_run_nothing(
    controller: Controller, environment: dict[str, str], words: str
) -> None:
    """A warning at the start, with the remedy."""
    controller.write("wrong.yml", {"target": {}})
    controller.write("no.yml", "targets:\n  noc: url: slack://T0KEN-in-the-file\n")
    known = {name: value.format(home=controller.home) for name, value in environment.items()}
    play = ordinary(controller, {"ANSIBLE_CALLBACKS_ENABLED": "prime.netops.alert", **known})
    assert play.rc == 0, play.output
    assert "prime.netops.alert sends nothing" in play.text
    assert words in play.text
    assert "T0KEN" not in play.output


def test_a_regression_fails_the_run_when_told_to(controller: Controller, hook: WebHook) -> None:
    """Seven usual runs, then slow ones: the first is told, the second ends with exit code 2, after
    the callbacks before it have heard of the end. A report says the same and draws the page."""
    environment = {
        "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.alert,prime.netops.benchmark",
        "NETOPS_ALERT_URLS": hook.url(),
        "NETOPS_BENCHMARK_FAIL": "true",
    }
    usual = ordinary(controller, environment)
    assert usual.rc == 0, usual.output
    assert "verdict: no verdict yet" in usual.text
    history = History(controller.state / "benchmark.jsonl")
    (record,) = history.read()
    assert (record.playbook, record.hosts, record.failed) == ("site.yml", 3, 0)
    assert {"Works", "Breaks on some with <redacted>"} <= {task.name for task in record.tasks}
    assert MARKER not in history.path.read_text(encoding="utf-8")
    for night in range(7):
        history.append(_older(record, night))
    pause = 4 + round(2 * record.wall_s)  # much slower than the run that the history is made of
    first, second = (ordinary(controller, environment, pause=pause) for _night in range(2))
    assert (first.rc, second.rc) == (0, 2), second.output
    assert "verdict: worse than usual, this once" in first.text
    assert "verdict: REGRESSION" in second.text
    assert second.recap["h1"]["failed"] == 0
    failing = ordinary(controller, environment, pause=pause, broken=["h1"])
    assert failing.rc == 2
    assert hook.titles == ["site.yml: 1 new problem"]
    assert len(history.read()) == 10

    page = controller.home / "page.html"
    report = controller.play(
        REPORT,
        "localhost,",
        benchmark_report_dest=str(page),
        benchmark_report_fail_on_regression=True,
    )
    assert report.rc == 2
    assert "A regression in site.yml" in report.text
    assert page.read_text(encoding="utf-8").count("<svg") == 3
    assert MARKER not in page.read_text(encoding="utf-8") + report.output
    again = controller.play(REPORT, "localhost,", benchmark_report_dest=str(page))
    assert again.rc == 0, again.output
    assert again.recap["localhost"]["changed"] == 0


def test_check_mode_measures_and_tells_nothing(controller: Controller, hook: WebHook) -> None:
    """It did not do the work, and it writes nothing."""
    environment = {
        "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.alert,prime.netops.benchmark",
        "NETOPS_ALERT_URLS": hook.url(),
        "ANSIBLE_CHECK_MODE_MARKERS": "false",
    }
    playbook = controller.write(
        "site.yml", [{"hosts": "all", "gather_facts": False, "tasks": TASKS}]
    )
    inventory = controller.inventory(HOSTS, rack_password="x")
    play = controller.play(playbook, inventory, "--check", environment=environment, broken=["h1"])
    assert play.rc == 2
    assert hook.requests == []
    assert not controller.state.exists()


def test_a_fleet_is_alerted_measured_and_counted(controller: Controller, tmp_path: Path) -> None:
    """A night with a refused password and a truncated configuration: the mail names both with class
    and remedy, the history knows the fleet's latency, the metrics each error class; no secret of a
    device, of the mail server or of a configuration is in any of them. The night after, both are
    over."""
    with (
        fleet(6, state=tmp_path / "lab", platforms=("cisco_ios",), size_kb=5) as lab,
        mail_server(tmp_path) as mail,
    ):
        lab.override_many({"r2": {"fault": "wrong_password"}, "r3": {"fault": "truncated"}})
        environment = {
            "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.alert,prime.netops.benchmark",
            "NETOPS_ALERT_URLS": mail.url(),
            "NETOPS_BENCHMARK_KEEP_FAILED": "true",
            "SSL_CERT_FILE": str(mail.certificate),
        }
        metrics = controller.home / "collector" / "netops.prom"
        variables = {"backup_attempts": 1, "backup_metrics_file": str(metrics)}
        inventory = controller.inventory({name: login(lab, name) for name in lab.plan.names})
        first = controller.play(BACKUP, inventory, environment=environment, **variables)
        assert first.hosts("failed") == {"r2", "r3"}, first.output
        lab.restore()
        second = controller.play(BACKUP, inventory, environment=environment, **variables)
        assert second.rc == 0, second.output
    subjects = [message["Subject"] for message in mail.mails]
    assert subjects == ["backup.yml: 2 new problems", "backup.yml: 2 problems are over"]
    text = " ".join(_body(mail, 0).split())
    assert "r2: auth_failed:" in text
    assert "-> Check ansible_user and ansible_password" in text
    assert "r3: incomplete_output:" in text
    fleets = [
        one
        for record in History(controller.state / "benchmark.jsonl").read()
        for one in record.fleets
    ]
    assert [(one.kind, one.devices, one.failed) for one in fleets] == [
        ("backup", 6, 2),
        ("backup", 6, 0),
    ]
    assert all(0 < one.latency.p50 <= one.latency.most <= one.wall_s for one in fleets)
    assert all(one.cpu_s > 0 and one.peak_rss_mb > 20 for one in fleets)
    samples = {
        (sample.name, sample.labels.get("status", "")): sample.value
        for family in text_string_to_metric_families(metrics.read_text(encoding="utf-8"))
        for sample in family.samples
    }
    assert samples["netops_last_run_complete", ""] == 1
    assert samples["netops_oldest_good_copy_timestamp_seconds", ""] > 1.6e9
    for secret in (MARKER, lab.plan.password, MailServer.PASSWORD):
        assert secret not in first.output + second.output
        assert not [body for number in (0, 1) if secret in (body := _body(mail, number))]
        for file in (metrics, *controller.state.glob("*.json*")):
            assert secret not in file.read_text(encoding="utf-8"), file


def test_what_compliance_finds_is_told_by_severity_logged_when_it_changes_and_measured(
    controller: Controller, hook: WebHook, tmp_path: Path
) -> None:
    """Three nights: all findings are new, nothing is, one is waived. The auditors hear of every
    one, the pager of what is critical; the log has each beginning and end; the scores are in the
    metrics; and no secret of a configuration is in any of them."""
    alerts = controller.write(
        "alerts.yml",
        {
            "targets": {name: {"url": hook.url(name)} for name in ("audit", "pager")},
            "routes": [
                {"targets": ["audit"], "events": ["compliance"], "severity": "info"},
                {"targets": ["pager"], "events": ["compliance"], "severity": "critical"},
            ],
        },
    )
    metrics = controller.home / "collector" / "netops.prom"
    environment = {
        "ANSIBLE_CALLBACKS_ENABLED": "prime.netops.log,prime.netops.alert",
        "NETOPS_ALERT_CONFIG": str(alerts),
    }
    variables = {"compliance_fail_job": "never", "compliance_metrics_file": str(metrics)}
    with fleet(3, state=tmp_path / "lab", platforms=("cisco_ios",), size_kb=5) as lab:
        inventory = controller.inventory({name: login(lab, name) for name in lab.plan.names})
        assert controller.play(BACKUP, inventory).rc == 0
        plays = [
            controller.play(COMPLIANCE, inventory, environment=environment, **variables)
            for _night in (1, 2)
        ]
        with controller.store() as store:
            failing = {
                (device.device, finding["rule"])
                for device in store.judged(store.runs(limit=1)[0].id)
                for finding in device.findings
                if finding["state"] in ("fail", "error")
            }
        device, rule = min(failing)
        waiver = {"id": "W1", "rules": [rule], "devices": [device], "owner": "noc@example.net"}
        waiver |= {"justification": "a lab", "expires": "2099-12-31"}
        waivers = controller.write("waivers.yml", {"waivers": [waiver]})
        variables["compliance_waivers"] = str(waivers)
        plays.append(controller.play(COMPLIANCE, inventory, environment=environment, **variables))
    assert all(play.rc == 0 for play in plays), plays[0].output
    audit = [one["title"] for one in hook.requests if one["path"] == "/audit"]
    assert audit == [
        f"compliance.yml: {len(failing)} new problems",
        "compliance.yml: 1 problem is over",
    ]
    pager = [one for one in hook.requests if one["path"] == "/pager"]
    assert pager[0]["type"] == "failure"
    assert "info: " not in pager[0]["message"]

    text = (controller.state / "log.jsonl").read_text(encoding="ascii")
    records = [json.loads(line) for line in text.splitlines()]
    found = [(r["device"], r["rule"]) for r in records if r["event"] == "compliance_finding"]
    assert sorted(found) == sorted(failing)
    (over,) = (r for r in records if r["event"] == "compliance_resolved")
    assert (over["device"], over["rule"], over["state"]) == (device, rule, "waived")
    judged = [r for r in records if r["event"] == "device_judged"]
    assert len(judged) == 3 * 3
    newest = judged[-3:]

    families = {
        family.name: family.samples
        for family in text_string_to_metric_families(metrics.read_text(encoding="utf-8"))
    }
    findings = families["netops_compliance_findings"]
    assert sum(sample.value for sample in findings) == len(failing) - 1
    by_site = {s.labels["site"]: s.value for s in families["netops_compliance_score"]}
    for site, score in by_site.items():
        scores = [r["score"] for r in newest if r["site"] == site]
        assert score == pytest.approx(sum(scores) / len(scores) / 100)
    for secret in (MARKER, lab.plan.password):
        for told in (text, metrics.read_text(), json.dumps(hook.requests), plays[0].output):
            assert secret not in told


def _older(record: RunRecord, night: int) -> RunRecord:
    """A run like this one, some days before it."""
    native = {**record.to_native(), "started": record.started - 86_400 * (night + 1)}
    return RunRecord.from_native(native)


def _body(mail: MailServer, number: int) -> str:
    part = mail.mails[number].get_body(("plain", "html"))
    assert part is not None
    return re.sub(r"<[^>]+>", " ", str(part.get_content()))
