"""Alerts: who is told what, how often, and what a target that misbehaves costs.

Sent to a real mail server and to real web hooks.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    BreakerClosed,
    BreakerOpened,
    ComplianceFinding,
    DeviceFailed,
    DeviceJudged,
    DeviceSkipped,
    DeviceSucceeded,
    LoginBudgetSpent,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify import Alerts
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_config import (
    AlertConfig,
    alert_config,
    simple_config,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_memory import Memory, News
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_outbox import Sending

from tests.lab.receivers import MailServer, WebHook, free_port, mail_server, web_hook

RUN = {"job": "", "template": "", "controller": "ctl1", "user": "ann"}
QUICK = Sending(timeout=60.0, attempts=2, backoff=0.05, flush=60.0)


@pytest.fixture
def hook() -> Iterator[WebHook]:
    """A web hook."""
    with web_hook() as running:
        yield running


@pytest.fixture
def mail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server whose certificate the sender trusts."""
    with mail_server(tmp_path) as running:
        monkeypatch.setenv("SSL_CERT_FILE", str(running.certificate))
        yield running


class Nights:
    """The same playbook, night after night."""

    def __init__(self, config: AlertConfig, state: Path | None, sending: Sending = QUICK) -> None:
        self.config, self.state, self.sending = config, state, sending

    def start(self) -> Alerts:
        """A run begins."""
        return Alerts(self.config, self.sending, self.state, "backup.yml", RUN)

    def run(self, **devices: str) -> list[str]:
        """A run over devices: what became of each, its class or ok; the problems of the alerts."""
        alerts = self.start()
        for name, kind in devices.items():
            alerts.watch.event(done(name, kind))
        return alerts.finish([], [])


def done(name: str, kind: str, site: str = "ams") -> Any:
    """The end of a device."""
    facts = {"device": name, "site": site, "seconds": 1.0, "attempts": 1}
    if kind == "ok":
        return DeviceSucceeded(status="ok", **facts)
    if kind == "skipped":
        return DeviceSkipped(status="skipped", **facts)
    remedy = "Look at the cable."
    return DeviceFailed(
        status="failed", error_class=kind, message=f"{name} says no", remedy=remedy, **facts
    )


def config(hook: WebHook, *routes: dict[str, Any], **more: Any) -> AlertConfig:
    """A target called noc, and some routes to it."""
    data = {"targets": {"noc": {"url": hook.url()}}, "routes": list(routes) or None, **more}
    return alert_config(data, {}, Path())


def test_a_failure_is_told_once_and_its_end_once(hook: WebHook, tmp_path: Path) -> None:
    """Four nights: it fails, it still fails, it is well, it is still well. Two messages."""
    nights = Nights(simple_config([hook.url()]), tmp_path)
    for kind in ("timeout", "timeout", "ok", "ok"):
        assert nights.run(r1=kind, r2="ok") == []
    assert hook.titles == ["backup.yml: 1 new problem", "backup.yml: 1 problem is over"]
    body = hook.requests[0]["message"]
    assert "warning: r1: timeout: r1 says no" in body
    assert "Look at the cable." in body
    assert "2 hosts, 1 failed" in body
    assert "r1 (timeout)" in hook.requests[1]["message"]


def test_a_device_that_was_not_there_has_not_recovered(hook: WebHook, tmp_path: Path) -> None:
    """A run with a limit, or one that a breaker stopped, says nothing about the others."""
    nights = Nights(simple_config([hook.url()]), tmp_path)
    nights.run(r1="timeout")
    nights.run(r2="ok")
    nights.run(r1="skipped", r2="ok")
    assert len(hook.requests) == 1


def test_another_way_to_fail_is_news(hook: WebHook, tmp_path: Path) -> None:
    """Yesterday silent, today it refuses the password: told, and not as a recovery."""
    nights = Nights(simple_config([hook.url()]), tmp_path)
    nights.run(r1="timeout")
    nights.run(r1="auth_failed")
    assert hook.titles == ["backup.yml: 1 new problem"] * 2
    nights.run(r1="ok")
    assert "r1 (auth_failed)" in hook.requests[-1]["message"]


def test_what_was_not_delivered_is_told_by_the_next_run(hook: WebHook, tmp_path: Path) -> None:
    """The target is out of order for a night; the failure is told the night after."""
    nights = Nights(simple_config([hook.url()]), tmp_path)
    hook.behaviour = "error"
    problems = nights.run(r1="timeout")
    assert len(problems) == 1
    assert problems[0].startswith("the alert to 'default' was not delivered")
    assert problems[0].count("error=500") == 1  # though it was tried twice
    assert "apprise -b test URL" in problems[0]
    hook.behaviour = "ok"
    tried = len(hook.requests)
    assert nights.run(r1="timeout") == []
    assert len(hook.requests) == tried + 1


def test_a_message_is_tried_again(hook: WebHook, tmp_path: Path) -> None:
    """An error that passes costs nothing but a moment."""
    hook.behaviour = "once"
    assert Nights(simple_config([hook.url()]), tmp_path).run(r1="timeout") == []
    assert len(hook.requests) == 2


def test_dead_targets_cost_at_most_the_flush_deadline(hook: WebHook, tmp_path: Path) -> None:
    """Whatever they do to us, all at once: they are named, the good one among them gets its
    message, and the end comes after the five seconds that it may take, not after the minute of a
    time-out."""
    with contextlib.ExitStack() as stack:
        targets = {"good": {"url": hook.url()}, "dead": {"url": f"json://127.0.0.1:{free_port()}/"}}
        for behaviour in ("hang", "drip", "drop"):
            bad = stack.enter_context(web_hook())
            bad.behaviour = behaviour
            targets[behaviour] = {"url": bad.url()}
        mute = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        mail = f"mailtos://a:b@127.0.0.1:{mute.getsockname()[1]}?mode=starttls&to=noc@example.net"
        targets["mute mail server"] = {"url": mail}
        sending = Sending(timeout=60.0, attempts=50, backoff=0.2, flush=20.0)
        nights = Nights(alert_config({"targets": targets}, {}, Path()), tmp_path, sending)
        started = time.monotonic()
        problems = nights.run(r1="timeout")
        assert time.monotonic() - started < 55
    assert hook.titles == ["backup.yml: 1 new problem"]
    assert sorted(problem.split("'")[1] for problem in problems) == sorted({*targets} - {"good"})


def test_mail_goes_out_by_starttls_and_login(
    mail: MailServer, hook: WebHook, tmp_path: Path
) -> None:
    """One mail, with what a person needs; the server saw the right login, by an encrypted line."""
    nights = Nights(simple_config([mail.url()]), tmp_path)
    assert nights.run(r1="timeout", r2="ok", r3="ok") == []
    assert mail.logins == [(MailServer.USER, True)]
    (message,) = mail.mails
    assert message["To"] == "noc@example.net"
    assert message["Subject"] == "backup.yml: 1 new problem"
    part = message.get_body(("plain", "html"))
    assert part is not None
    assert "r1: timeout: r1 says no" in part.get_content()


def test_a_refused_login_is_told_without_the_password(mail: MailServer, tmp_path: Path) -> None:
    """The warning names the target; neither URL nor password."""
    problems = Nights(simple_config([mail.url("wrong-pass-99")]), tmp_path).run(r1="timeout")
    assert mail.mails == []
    assert {good for _user, good in mail.logins} == {False}
    assert len(problems) == 1
    assert "'default'" in problems[0]
    assert "wrong-pass-99" not in problems[0]
    assert "wrong-pass-99" not in (tmp_path / "alerts.json").read_text()


def test_secrets_are_in_no_message(hook: WebHook, tmp_path: Path) -> None:
    """A message of a task that holds a password, and a template that tells a target's own URL."""
    token = "T0KEN-of-the-hook-8888"
    data = {
        "targets": {"noc": {"url": hook.url(token)}},
        "routes": [{"body": f"{{{{ news[0].message }}}} to {hook.url(token)}"}],
    }
    alerts = Nights(alert_config(data, {}, Path()), tmp_path).start()
    alerts.watch.host_failed("h1", "log in", "password: hunter2-planted was refused\nat once")
    assert alerts.finish(["h1"], ["h1"]) == []
    (request,) = hook.requests
    assert request["path"] == f"/{token}"
    assert "hunter2-planted" not in request["message"]
    assert token not in request["message"]
    assert "was refused at once" in request["message"]
    assert token not in (tmp_path / "alerts.json").read_text()


def test_routes_choose_by_severity_group_and_event(hook: WebHook, tmp_path: Path) -> None:
    """The pager hears of what is critical, Frankfurt of its own, the auditors of findings."""
    targets = {name: {"url": hook.url(name)} for name in ("pager", "fra", "audit", "all")}
    routes = [
        {"targets": ["pager"], "severity": "critical"},
        {"targets": ["fra"], "groups": ["fra"]},
        {"targets": ["audit"], "events": ["compliance"], "severity": "info"},
        {"targets": ["all"]},
    ]
    data = {"targets": targets, "routes": routes, "critical_percent": 0}
    alerts = Nights(alert_config(data, {}, Path()), tmp_path).start()
    for name, kind, site in (
        ("a1", "timeout", "ams"),
        ("f1", "timeout", "fra"),
        ("a2", "host_key_changed", "ams"),
        ("a3", "ok", "ams"),
    ):
        alerts.watch.event(done(name, kind, site))
    alerts.watch.event(
        ComplianceFinding(device="a3", site="ams", rule="ntp-1", severity="low", message="no NTP")
    )
    assert alerts.finish([], []) == []
    bodies = {request["path"]: request["message"] for request in hook.requests}
    assert "a2: host_key_changed" in bodies["/pager"]
    assert "a1" not in bodies["/pager"]
    assert "f1" in bodies["/fra"]
    assert "a1" not in bodies["/fra"]
    assert "ntp-1: no NTP" in bodies["/audit"]
    assert "ntp-1" not in bodies["/all"]
    assert all(name in bodies["/all"] for name in ("a1", "a2", "f1"))


def test_half_of_the_fleet_is_critical(hook: WebHook, tmp_path: Path) -> None:
    """Each failure by itself is a warning, so many at once are not."""
    Nights(config(hook, {"severity": "critical"}), tmp_path).run(a="timeout", b="timeout", c="ok")
    assert len(hook.requests) == 1
    assert hook.requests[0]["type"] == "failure"


def test_a_threshold_keeps_single_failures_quiet(hook: WebHook, tmp_path: Path) -> None:
    """Below it nothing is told and nothing forgotten: at the threshold all of them are."""
    nights = Nights(config(hook, {"min_hosts": 2}), tmp_path)
    nights.run(a="timeout", b="ok")
    assert hook.requests == []
    nights.run(a="timeout", b="timeout")
    assert hook.titles == ["backup.yml: 2 new problems"]


def test_a_device_that_flaps_is_told_after_some_nights(hook: WebHook, tmp_path: Path) -> None:
    """With ``after: 2`` one bad night is none."""
    nights = Nights(config(hook, after=2), tmp_path)
    for kind in ("timeout", "ok", "timeout", "timeout"):
        nights.run(a=kind)
    assert hook.titles == ["backup.yml: 1 new problem"]


def test_a_breaker_is_told_at_once_and_its_end_too(hook: WebHook, tmp_path: Path) -> None:
    """While the run still goes on; and not a second time at its end."""
    alerts = Nights(simple_config([hook.url()]), tmp_path).start()
    alerts.watch.event(BreakerOpened(breaker="group", subject="ams", reason="5 of 8 failed"))
    await_requests(hook, 1)
    assert "critical: group ams" in hook.requests[0]["message"]
    alerts.watch.event(BreakerClosed(breaker="group", subject="ams"))
    await_requests(hook, 2)
    assert hook.titles[1] == "backup.yml: 1 problem is over"
    assert alerts.finish([], []) == []
    assert len(hook.requests) == 2


def test_a_used_up_login_budget_is_told_at_once_and_says_what_to_do(
    hook: WebHook, tmp_path: Path
) -> None:
    """Before more accounts are locked."""
    alerts = Nights(simple_config([hook.url()]), tmp_path).start()
    alerts.watch.event(LoginBudgetSpent(subject="login backup", refused=3, budget=3))
    await_requests(hook, 1)
    assert "login backup" in hook.requests[0]["message"]
    assert "Check the user name and password" in hook.requests[0]["message"]
    assert alerts.finish([], []) == []


def test_findings_end_one_by_one(hook: WebHook, tmp_path: Path) -> None:
    """A device with two findings mends one of them: told, and the other one is not told again, in
    whatever night; also where the device as such fails, for not being compliant."""
    nights = Nights(simple_config([hook.url()]), tmp_path)
    for rules, new in ((["ntp", "aaa"], ["ntp", "aaa"]), (["aaa"], []), (["aaa"], [])):
        alerts = nights.start()
        alerts.watch.event(
            DeviceJudged(device="r1", score=50.0, verdict="failing", open={"high": rules})
        )
        for rule in new:
            alerts.watch.event(ComplianceFinding(device="r1", rule=rule, severity="high"))
        alerts.watch.event(done("r1", "ok"))
        alerts.finish([], [])
    assert hook.titles == ["backup.yml: 2 new problems", "backup.yml: 1 problem is over"]
    assert "r1 (ntp)" in hook.requests[1]["message"]


def test_a_rescued_or_ignored_failure_is_none(hook: WebHook, tmp_path: Path) -> None:
    """What Ansible does not count as failed in its recap is not told."""
    alerts = Nights(simple_config([hook.url()]), tmp_path).start()
    alerts.watch.host_failed("h1", "try it", "no")
    assert alerts.finish(["h1"], []) == []
    assert hook.requests == []


def test_ten_thousand_failures_are_one_readable_message(hook: WebHook, tmp_path: Path) -> None:
    """Fifteen by name, the rest by class."""
    alerts = Nights(simple_config([hook.url()]), tmp_path).start()
    for number in range(10_000):
        alerts.watch.event(done(f"r{number}", "timeout" if number % 2 else "unreachable"))
    assert alerts.finish([], []) == []
    (request,) = hook.requests
    assert request["title"] == "backup.yml: 10000 new problems"
    assert "and 9985 more, in all 5000 unreachable, 5000 timeout." in request["message"]
    assert len(request["message"]) < 3_000


def test_a_template_of_the_users_own(hook: WebHook, tmp_path: Path) -> None:
    """Title and body, with all that docs/alerts.md promises."""
    route = {
        "title": "[{{ run.controller }}] {{ new }}/{{ hosts }}",
        "body": "{% for one in news %}{{ one.subject }}@{{ one.groups | join(',') }} {% endfor %}",
    }
    Nights(config(hook, route), tmp_path).run(r1="timeout", r2="ok")
    assert hook.titles == ["[ctl1] 1/2"]
    assert hook.requests[0]["message"] == "r1@ams"


@pytest.mark.parametrize(
    "body", ["{{ nothing_of_this_name }}", "{{ ''.__class__.__mro__ }}", "{{ 1 // 0 }}"]
)
def test_a_template_that_fails_loses_no_alert(hook: WebHook, tmp_path: Path, body: str) -> None:
    """The built-in one stands in, and the problem is told; the sandbox lets nothing out."""
    problems = Nights(config(hook, {"body": body}), tmp_path).run(r1="timeout")
    assert hook.titles == ["backup.yml: 1 new problem"]
    assert "r1 says no" in hook.requests[0]["message"]
    assert [problem for problem in problems if "template" in problem] == problems != []


def test_a_route_may_want_to_hear_every_time(hook: WebHook, tmp_path: Path) -> None:
    """``always``: a sign of life."""
    nights = Nights(config(hook, {"always": True}), tmp_path)
    nights.run(r1="ok")
    nights.run(r1="ok")
    assert hook.titles == ["backup.yml: all well"] * 2


def test_without_a_state_directory_it_tells_every_time(hook: WebHook) -> None:
    """Better twice than never."""
    nights = Nights(simple_config([hook.url()]), None)
    nights.run(r1="timeout")
    nights.run(r1="timeout")
    assert len(hook.requests) == 2


def test_a_url_that_is_none_is_named_by_its_number(tmp_path: Path) -> None:
    """Not by its text, which may be a secret with a slip of the pen."""
    problems = Nights(simple_config(["slacck://tokenA/tokenB"]), tmp_path).run(r1="timeout")
    assert len(problems) == 1
    assert "URL 1 is none that apprise knows" in problems[0]
    assert "tokenA" not in problems[0]


def await_requests(hook: WebHook, count: int) -> None:
    """Wait until so many messages have come."""
    until = time.monotonic() + 20
    while len(hook.requests) < count:
        assert time.monotonic() < until, "nothing came while the run went on"
        time.sleep(0.02)


def test_a_breaker_that_closes_while_its_opening_is_on_the_way_is_told_as_over(
    hook: WebHook, tmp_path: Path
) -> None:
    """Although nothing more happens afterwards, and the run ends; and its next opening is news."""
    nights = Nights(simple_config([hook.url()]), tmp_path)
    opened = BreakerOpened(breaker="group", subject="ams", reason="5 of 8 failed")
    closed = BreakerClosed(breaker="group", subject="ams")
    for _night in range(2):
        alerts = nights.start()
        alerts.watch.event(opened)
        alerts.watch.event(closed)
        assert alerts.finish([], []) == []
    told = ["backup.yml: 1 new problem", "backup.yml: 1 problem is over"]
    assert hook.titles == told * 2


def test_what_was_delivered_is_remembered_before_the_run_ends(
    hook: WebHook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although the disk is slow: else the next run would think that it is still being told."""
    settle = Memory.settle

    def slowly(memory: Memory, news: News, delivered: bool) -> None:
        time.sleep(0.5)
        settle(memory, news, delivered)

    monkeypatch.setattr(Memory, "settle", slowly)
    nights = Nights(simple_config([hook.url()]), tmp_path)
    nights.run(r1="timeout")
    assert nights.run(r1="ok") == []
    assert hook.titles == ["backup.yml: 1 new problem", "backup.yml: 1 problem is over"]
