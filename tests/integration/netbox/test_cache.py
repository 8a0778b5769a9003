"""A cache that is asked for: it serves, it ages, it helps while NetBox is down, and is private."""

from __future__ import annotations

import stat
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.netbox.expected import names
from tests.integration.netbox.source import Source
from tests.integration.netbox.test_errors import refused
from tests.lab.netbox import NetBox
from tests.lab.netbox.proxy import Down, Page, Proxy
from tests.lab.netbox.seed.estate import MARKER


@pytest.fixture
def caching(behind: Source, tmp_path: Path) -> Mapping[str, Any]:
    """The options of a cache in a directory of the test's own."""
    return {"cache": True, "cache_timeout": 3600, "cache_connection": str(tmp_path / "cache")}


def files(options: Mapping[str, Any]) -> list[Path]:
    """What lies in the cache's directory."""
    return [path for path in Path(options["cache_connection"]).rglob("*") if path.is_file()]


def test_a_hit_asks_netbox_nothing(
    front: Proxy, behind: Source, caching: Mapping[str, Any]
) -> None:
    """The second run has the same inventory and not one request."""
    fetched = behind.ask(**caching)
    front.seen.clear()
    assert behind.ask(**caching).content == fetched.content
    assert not front.seen


def test_nothing_is_kept_unless_asked_for(front: Proxy, behind: Source) -> None:
    """By default every run asks NetBox."""
    behind.ask()
    front.seen.clear()
    behind.ask()
    assert front.seen
    assert not list(behind.controller.home.rglob("*.json"))


def test_the_cache_is_the_owners_and_holds_no_token(
    behind: Source, caching: Mapping[str, Any]
) -> None:
    """0600, and neither the token nor a part of it."""
    assert behind.ask(**caching).rc == 0
    [file] = [path for path in files(caching) if path.stat().st_size]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert MARKER not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "other", [{"filters": [{"site": "nl01"}]}, {"objects": ["devices"]}, {"config_context": True}]
)
def test_another_question_is_another_cache(
    behind: Source, caching: Mapping[str, Any], other: dict[str, Any]
) -> None:
    """A changed file never gets the answer to the old one."""
    behind.ask(**caching)
    assert behind.ask(**caching, **other).content == behind.ask(**other).content


def test_another_token_is_another_cache(
    lab: NetBox, behind: Source, caching: Mapping[str, Any]
) -> None:
    """Who may see nothing does not see what somebody else was shown."""
    behind.ask(**caching)
    assert refused(behind.ask(**caching, token=lab.tokens["nobody"].text), "permission")


def test_an_old_cache_is_not_used(front: Proxy, behind: Source, caching: Mapping[str, Any]) -> None:
    """It is fetched anew, and while NetBox is down it is an error like any other."""
    options = {**caching, "cache_timeout": 1}
    behind.ask(**options)
    time.sleep(1.1)
    front.seen.clear()
    behind.ask(**options)
    assert front.seen
    time.sleep(1.1)
    front.from_now_on(Down())
    assert refused(behind.ask(**options), front.url)


@pytest.mark.parametrize("fault", [Down(), Page(502)], ids=["down", "502"])
def test_an_old_cache_helps_while_netbox_is_down(
    lab: NetBox, front: Proxy, behind: Source, caching: Mapping[str, Any], fault: Down | Page
) -> None:
    """With `cache_on_error`, and a warning that says so and how old it is."""
    options = {**caching, "cache_timeout": 1, "cache_on_error": True}
    behind.ask(**options)
    time.sleep(1.1)
    front.from_now_on(fault)
    answer = behind.ask(**options)
    assert set(answer.hosts) == names(lab)
    assert "cache" in answer.told
    assert front.url in answer.told


def test_a_refused_token_is_no_reason_for_an_old_cache(
    lab: NetBox, source: Source, tmp_path: Path
) -> None:
    """Whoever is shut out now stays out, whatever was shown before."""
    admin = lab.api.one("users/users", username="admin")["id"]
    made = lab.api.create("users/tokens", {"user": admin, "version": 2})
    options = {
        "token": f"nbt_{made['key']}.{made['token']}",
        "cache": True,
        "cache_timeout": 1,
        "cache_on_error": True,
        "cache_connection": str(tmp_path / "cache"),
    }
    assert source.ask(**options).rc == 0
    lab.api.delete("users/tokens", made["id"])
    time.sleep(1.1)
    assert refused(source.ask(**options), "Invalid v2 token")


def test_a_broken_cache_is_fetched_anew(
    lab: NetBox, behind: Source, caching: Mapping[str, Any]
) -> None:
    """Cut off, empty, or no JSON at all: as if there was none."""
    expected = behind.ask(**caching).content
    [file] = [path for path in files(caching) if path.stat().st_size]
    whole = file.read_bytes()
    for broken in (b"", whole[: len(whole) // 2], b"\xff\x00", b"[]", b'{"hosts": 1}'):
        file.write_bytes(broken)
        assert behind.ask(**caching).content == expected


def test_flush_cache_fetches_anew(front: Proxy, behind: Source, caching: Mapping[str, Any]) -> None:
    """`--flush-cache`, as with any inventory plugin."""
    behind.ask(**caching)
    front.seen.clear()
    assert behind.ask("--flush-cache", **caching).rc == 0
    assert front.seen
