"""The alert file: what it means, and that a slip of the pen is an error that names it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_config import (
    Severity,
    alert_config,
    simple_config,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.notify_outbox import url_secrets

NOC = {"noc": {"url": "json://h/secret-path-0001"}}


def test_a_url_comes_from_the_file_the_environment_or_a_file_of_its_own(tmp_path: Path) -> None:
    """One a line where there are several."""
    (tmp_path / "pager").write_text("json://a/1\n\n json://b/2 \n")
    data = {
        "targets": {
            "plain": "json://c/3",
            "list": {"url": ["json://d/4", "json://e/5"]},
            "env": {"env": "HOOK"},
            "file": {"file": "pager"},
        }
    }
    found = alert_config(data, {"HOOK": "json://f/6"}, tmp_path).targets
    assert {name: target.urls for name, target in found.items()} == {
        "plain": ("json://c/3",),
        "list": ("json://d/4", "json://e/5"),
        "env": ("json://f/6",),
        "file": ("json://a/1", "json://b/2"),
    }


def test_without_routes_every_target_hears_of_warnings() -> None:
    """The shortest file that does something."""
    (route,) = alert_config({"targets": NOC}, {}, Path()).routes
    assert (route.targets, route.severity) == (("noc",), Severity.WARNING)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "has to be a dictionary"),
        ({}, "names no targets"),
        ({"target": NOC}, "has no key 'target' (did you mean targets?)"),
        ({"targets": {"noc": {}}}, "target 'noc' takes one of url, env and file"),
        ({"targets": {"noc": {"env": "NOT_SET"}}}, "environment variable NOT_SET is not set"),
        ({"targets": {"noc": {"file": "/nowhere"}}}, "/nowhere cannot be read"),
        ({"targets": {"noc": {"url": ""}}}, "target 'noc' has no URL"),
        ({"targets": NOC, "routes": [{"targets": ["nok"]}]}, "no target 'nok'; there are noc"),
        ({"targets": NOC, "routes": [{"severity": "bad"}]}, "it is info, warning or critical"),
        ({"targets": NOC, "routes": [{"events": ["fail"]}]}, "no event 'fail'; there are"),
        ({"targets": NOC, "routes": [{"severty": "info"}]}, "did you mean severity?"),
        ({"targets": NOC, "routes": {"a": 1}}, "a list is wanted"),
        ({"targets": NOC, "after": 0}, "a number of 1 or more"),
        ({"targets": NOC, "remind_hours": "daily"}, "remind_hours"),
        ({"targets": NOC, "routes": [{"min_hosts": True}]}, "min_hosts of route 1"),
    ],
)
def test_a_mistake_is_named(data: Any, words: str) -> None:
    """By its key, without any URL."""
    with pytest.raises(ValueError, match=r".") as error:
        alert_config(data, {}, Path("/"), where="alerts.yml")
    assert words in str(error.value)
    assert "secret-path" not in str(error.value)


def test_no_url_is_in_a_representation() -> None:
    """Of a configuration that a traceback or a debugger shows."""
    assert "secret-path" not in repr(alert_config({"targets": NOC}, {}, Path()))


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("mailtos://user:p%40ssw0rd@mail.example.net", "p@ssw0rd"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "TIiajkdnlazkcOXrIdevi7FQ"),
        ("pagerduty://integrationkey12@apikey345678", "apikey345678"),
        ("jsons://h/hook?auth=0123456789abcdef", "0123456789abcdef"),
        ("msteams://team/aaaaaaaa-1111@bbbb/cccccccc2222/dddd-dddd3333", "cccccccc2222"),
    ],
)
def test_what_must_not_be_seen_of_a_url(url: str, secret: str) -> None:
    """Its passwords and tokens, as they stand there and decoded."""
    assert {url, secret} <= url_secrets(simple_config([url]).urls)
