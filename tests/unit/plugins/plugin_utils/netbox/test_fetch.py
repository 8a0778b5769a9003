# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All of it or an error: pages, tokens, versions, and answers that are none."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.client import Client, Connection
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.fetch import Fetch, Query
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.paging import count, pages
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.problems import (
    BadAnswer,
    BadOption,
    NotComplete,
    OutOfReach,
    TokenRefused,
)
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.tokens import (
    Token,
    fixed,
    from_command,
    from_file,
)

from tests.unit.plugins.plugin_utils.netbox.server import GOOD, Reply, Scene, serving, told

DEVICES = "dcim/devices/"
QUERY = Query({"devices": ()}, frozenset({"status", "tags", "primary_ip4"}))


def device(number: int) -> dict[str, Any]:
    """A row of REST."""
    return {
        "id": number,
        "name": f"r{number}",
        "status": {"value": "active", "label": "Active"},
        "tags": [{"slug": "backup"}],
        "primary_ip4": {"address": f"10.0.0.{number % 250}/24", "dns_name": ""},
    }


OLDER = ["4.2", "4.3", "4.4"]
"""Read by REST, since their GraphQL cannot be asked for all; 4.6 has it switched off here."""


@pytest.fixture(params=[*OLDER, "4.6"])
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    """A NetBox of that version with 25 devices."""
    rows = {DEVICES: [device(number) for number in range(1, 26)]}
    with serving(Scene(rows, version=request.param)) as running:
        yield running


def names(scene: Scene, **words: Any) -> list[str]:
    """The devices that are fetched by REST."""
    query = Query(QUERY.filters, QUERY.facts, api="rest", **words)
    return [one["name"] for one in Fetch(scene.client(), query).run().records["devices"]]


ALL = [f"r{number}" for number in range(1, 26)]


@pytest.mark.parametrize("size", [1, 7, 25, 26, 1000])
@pytest.mark.parametrize("most", [1, 10, 1000])
def test_all_come_whatever_the_pages(scene: Scene, size: int, most: int) -> None:
    """A server that hands out fewer than it is asked for is asked more often."""
    scene.most = most
    assert names(scene, page_size=size) == ALL


def test_devices_that_come_and_go_move_no_others(scene: Scene) -> None:
    """Five times, a device of the pages before is deleted and one is added at the end."""
    turns = iter(range(5))

    def change(scene: Scene, path: str, words: dict[str, str]) -> Reply | None:
        if "name" in words.get("fields", "") and next(turns, None) is not None:
            scene.rows[DEVICES].pop(0)
            scene.rows[DEVICES].append(device(scene.rows[DEVICES][-1]["id"] + 1))
        return None

    scene.on_request = change
    scene.most = 5
    found = names(scene)
    assert set(ALL[5:]) <= set(found)
    assert len(found) == len(set(found))


def test_a_count_that_does_not_match_is_an_error(scene: Scene) -> None:
    """A page that lacks rows, as a proxy's old copy would."""

    def shorten(scene: Scene, path: str, words: dict[str, str]) -> Reply | None:
        if words.get("limit") == "1":
            return told(200, {"count": 30, "results": [{"id": 1}]})
        return None

    scene.on_request = shorten
    scene.rows[DEVICES] = scene.rows[DEVICES][:20]
    with pytest.raises(NotComplete, match="counts 30 devices, and 20 came"):
        names(scene)


def test_graphql_is_not_asked_where_it_cannot_tell_all(scene: Scene) -> None:
    """Nor where it is switched off, which a 404 says; and nobody can demand it there."""
    assert [one["name"] for one in Fetch(scene.client(), QUERY).run().records["devices"]] == ALL
    if scene.version in OLDER:
        assert not [path for path in scene.seen if "graphql" in path]
    demanded = Query(QUERY.filters, QUERY.facts, api="graphql")
    with pytest.raises(BadOption, match="use auto or rest"):
        Fetch(scene.client(), demanded).run()


def test_a_filter_that_pages_are_cut_by_is_refused_where_it_would_clash(scene: Scene) -> None:
    """NetBox takes two values of one filter for alternatives."""
    client = scene.client()
    count(client, DEVICES)
    if scene.version == "4.6":
        assert list(pages(client, DEVICES, ("id",), [("id__gt", "20")]))
        return
    with pytest.raises(BadOption, match="paged by id__gt"):
        list(pages(client, DEVICES, ("id",), [("id__gt", "20")]))


@pytest.fixture
def one() -> Iterator[Scene]:
    """A NetBox 4.6 with 25 devices."""
    with serving(Scene({DEVICES: [device(n) for n in range(1, 26)]}, version="4.6")) as running:
        yield running


def rotating(path: Path, others: set[str]) -> Any:
    """After a few requests the server takes another token, and the file holds it."""
    count = iter(range(1000))

    def change(scene: Scene, _path: str, _words: dict[str, str]) -> Reply | None:
        if next(count) == 3:
            scene.tokens = others
            path.write_text("b" * 40 + "\n")
        return None

    return change


@pytest.mark.parametrize("way", ["file", "command"])
def test_a_rotated_token_is_read_again(one: Scene, tmp_path: Path, way: str) -> None:
    """In the middle of the pages."""
    file = tmp_path / "token"
    file.write_text(GOOD)
    program = "import sys; print(open(sys.argv[1]).read())"
    source = (
        from_file(file)
        if way == "file"
        else from_command([sys.executable, "-c", program, str(file)])
    )
    one.most, one.on_request = 5, rotating(file, {"b" * 40})
    client = Client(Connection(one.url), source)
    query = Query(QUERY.filters, QUERY.facts, api="rest")
    assert len(Fetch(client, query).run().records["devices"]) == 25


def test_a_token_that_expired_for_good_is_an_error(one: Scene, tmp_path: Path) -> None:
    """Read again once, refused again, and named by where it came from."""
    file = tmp_path / "token"
    file.write_text(GOOD)
    one.most, one.on_request = 5, rotating(file, {"c" * 40})
    client = Client(Connection(one.url), from_file(file))
    with pytest.raises(TokenRefused, match=rf"Invalid v1 token.*token_file {file}") as caught:
        Fetch(client, Query(QUERY.filters, QUERY.facts, api="rest")).run()
    assert GOOD not in str(caught.value)
    assert "b" * 40 not in str(caught.value)


HTML = (200, "text/html", b"<html><head><title>Sign in to the proxy</title></head></html>")
BROKEN = [
    (HTML, BadAnswer, "text/html .'Sign in to the proxy'. in place of JSON"),
    ((502, "text/html", HTML[2]), OutOfReach, "status 502.*Sign in to the proxy"),
    ((403, "text/html; charset=utf-8", b"Invalid v2 token"), TokenRefused, "Invalid v2 token"),
    (told(500, {"error": "boom"}), OutOfReach, "status 500.*boom"),
    (told(200, []), BadAnswer, "is no list of NetBox's"),
    (told(200, {"count": 25, "results": None}), BadAnswer, "is no list of NetBox's"),
    (told(200, {"results": [{"name": "x"}]}), BadAnswer, "is no list of NetBox's"),
    ((200, "application/json", b'{"count": 25, "results": [{"id": 1}, {"i'), BadAnswer, "JSON"),
    ((302, "text/plain", b""), BadAnswer, "redirects to https://elsewhere.example/login/"),
    (told(200, {"count": 25, "results": [{"id": 1, "primary_ip4": 7}]}), BadAnswer, "id 1"),
]


@pytest.mark.parametrize(("reply", "problem", "message"), BROKEN)
@pytest.mark.parametrize("after", [0, 3])
def test_an_answer_that_is_none_ends_the_run(
    one: Scene, reply: Reply, problem: type[Exception], message: str, after: int
) -> None:
    """At the first request and in the middle of the pages."""
    seen = iter(range(1000))
    one.most = 5
    one.on_request = lambda *_words: reply if next(seen) >= after else None
    with pytest.raises(problem, match=message if after else None):
        names(one)


def test_nobody_there_is_an_error_with_a_hint() -> None:
    """A port where nothing listens."""
    with serving(Scene()) as gone:
        url = gone.url
    with pytest.raises(OutOfReach, match="Connection refused; check api_endpoint"):
        Client(Connection(url, timeout=2), None).get("dcim/devices/")


def test_a_password_in_the_endpoint_is_not_told() -> None:
    """Whatever goes wrong there."""
    with serving(Scene()) as gone:
        url = gone.url.replace("http://", "http://me:S3cr3t@")
    with pytest.raises(OutOfReach) as caught:
        Client(Connection(url, timeout=2), None).get("dcim/devices/")
    assert "S3cr3t" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["", "netbox.example.com", "ftp://x", "https://"])
def test_an_endpoint_that_is_none_says_so(endpoint: str) -> None:
    """Before anything is asked."""
    with pytest.raises(BadOption, match="is no address"):
        Client(Connection(endpoint), None)


@pytest.mark.parametrize("tail", ["", "/", "/api", "/api/"])
def test_an_endpoint_may_end_in_api(one: Scene, tail: str) -> None:
    """People copy it from pynetbox's examples and from a browser."""
    one.url += tail
    assert count(one.client(), DEVICES) == 25


def test_the_options_win_over_the_environment(
    one: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A proxy, an authority and a login that stand there for other programs."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password other\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connection = Connection("http://netbox.invalid", proxy=one.url, timeout=5)
    client = Client(connection, fixed(Token(GOOD), "the test"))
    assert count(client, DEVICES) == 25
    assert one.seen == [DEVICES]
