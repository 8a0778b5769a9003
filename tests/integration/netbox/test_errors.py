"""Never an empty or a shorter inventory by mistake: what goes wrong ends the run and says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.netbox.expected import names
from tests.integration.netbox.source import Answer, Source
from tests.integration.playbook import Controller
from tests.lab.netbox import NetBox
from tests.lab.netbox.proxy import Down, Page, Proxy, proxy
from tests.lab.netbox.seed.estate import MARKER

APIS = ("graphql", "rest")


def refused(answer: Answer, *words: str) -> bool:
    """The run has failed, with no host, for a reason that has these words in it and no secret."""
    assert answer.rc != 0, answer.stdout
    assert "hostvars" not in answer.stdout
    assert MARKER not in answer.stdout + answer.stderr
    assert "Traceback" not in answer.stderr
    missing = [word for word in words if word not in answer.told]
    assert not missing, answer.stderr
    return True


@pytest.mark.parametrize("api", ["auto", *APIS])
@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (f"{MARKER}-wrong-version-1-token-xxxxxxxxxxxx"[:40], "Invalid v1 token"),
        (f"nbt_aaaaaaaaaaaa.{MARKER}xxxxxxxxxxxxxxxxxxxxxxxxxxxx", "Invalid v2 token"),
        ("expired", "Token expired"),
    ],
    ids=["version 1", "version 2", "expired"],
)
def test_a_token_that_netbox_refuses(
    lab: NetBox, source: Source, token: str, reason: str, api: str
) -> None:
    """NetBox's own reason, its address, and no host."""
    if token in lab.tokens:
        token = lab.tokens[token].text
    assert refused(source.ask(token=token, api=api), lab.url, reason)


@pytest.mark.parametrize("api", ["auto", *APIS])
def test_a_token_that_may_not_see_devices(lab: NetBox, source: Source, api: str) -> None:
    """GraphQL gives an empty list to whom REST says 403: here it is a 403."""
    answer = source.ask(token=lab.tokens["nobody"].text, api=api)
    assert refused(answer, lab.url, "permission")


def test_no_token_at_all(source: Source) -> None:
    """Says where one can come from."""
    assert refused(source.ask(token=None), "NETBOX_TOKEN")


@pytest.mark.parametrize("name", ["reader", "reader_v1"])
def test_both_versions_of_tokens(lab: NetBox, source: Source, name: str) -> None:
    """Version 1 until NetBox 5, version 2 from 4.5."""
    assert set(source.ask(token=lab.tokens[name].text).hosts) == names(lab)


@pytest.fixture
def rotating(lab: NetBox, tmp_path: Path) -> Iterator[tuple[Path, Callable[[], None]]]:
    """A file that holds a token, and what rotates it: the old one is deleted in NetBox first."""
    file = tmp_path / "token"
    admin = lab.api.one("users/users", username="admin")["id"]
    made: list[int] = []

    def rotate(write: bool = True) -> None:
        while made:
            lab.api.delete("users/tokens", made.pop())
        if write:
            new = lab.api.create("users/tokens", {"user": admin, "version": 2})
            made.append(new["id"])
            file.write_text(f"nbt_{new['key']}.{new['token']}\n", encoding="utf-8")

    rotate()
    yield file, rotate
    rotate(write=False)


@pytest.mark.parametrize("api", APIS)
def test_a_token_that_is_rotated_while_pages_come(
    lab: NetBox,
    front: Proxy,
    behind: Source,
    rotating: tuple[Path, Callable[[], None]],
    api: str,
) -> None:
    """The file is read again, once, and nobody is missing."""
    file, rotate = rotating
    front.at_page(3, rotate)
    answer = behind.ask(token=None, token_file=str(file), page_size=20, api=api)
    assert set(answer.hosts) == names(lab)


def test_a_token_command_is_run_again(
    lab: NetBox, front: Proxy, behind: Source, rotating: tuple[Path, Callable[[], None]]
) -> None:
    """A vault's program, say, that prints the token of the moment."""
    file, rotate = rotating
    front.at_page(3, rotate)
    answer = behind.ask(token=None, token_command=["cat", str(file)], page_size=20)
    assert set(answer.hosts) == names(lab)


@pytest.mark.parametrize("api", APIS)
def test_a_token_that_is_revoked_while_pages_come(
    front: Proxy, behind: Source, rotating: tuple[Path, Callable[..., None]], api: str
) -> None:
    """The file still holds the old one: an error, although two pages had come."""
    file, rotate = rotating
    front.at_page(3, lambda: rotate(write=False))
    answer = behind.ask(token=None, token_file=str(file), page_size=20, api=api)
    assert refused(answer, front.url, "Invalid v2 token")


@pytest.mark.parametrize("api", APIS)
def test_a_server_that_goes_down_at_page_three(front: Proxy, behind: Source, api: str) -> None:
    """Two pages are no inventory."""
    front.at_page(3, Down())
    assert refused(behind.ask(page_size=20, api=api), front.url)
    assert front.pages >= 3


def test_a_server_that_is_not_there(source: Source, front: Proxy, behind: Source) -> None:
    """Nobody listens, or whoever does hangs up at once."""
    assert refused(source.ask(api_endpoint="http://127.0.0.1:9"), "http://127.0.0.1:9")
    front.from_now_on(Down())
    assert refused(behind.ask(), front.url)


@pytest.mark.parametrize("status", [200, 502])
@pytest.mark.parametrize("page", [0, 3])
@pytest.mark.parametrize("api", APIS)
def test_a_web_page_in_place_of_an_answer(
    front: Proxy, behind: Source, api: str, page: int, status: int
) -> None:
    """A load balancer's error and a login page, at once and at the third page: what it is, in one
    line and without the page."""
    fault = Page(status)
    if page:
        front.at_page(page, fault)
    else:
        front.from_now_on(fault)
    answer = behind.ask(page_size=20, api=api)
    assert refused(answer, front.url, "html")
    assert status == 200 or "502" in answer.told
    assert "<html>" not in answer.stderr


@pytest.mark.parametrize("api", APIS)
def test_a_filter_that_netbox_would_ignore(source: Source, api: str) -> None:
    """NetBox answers `platfrom=ios` with all devices; here it is an error that knows better."""
    answer = source.ask(api=api, filters=[{"platfrom": "cisco-ios"}])
    assert refused(answer, "platfrom", "platform")


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    "wrong",
    [{"status": "actve"}, {"site": "nowhere"}, {"cf_nosuch": 1}, {"has_primary_ip": "maybe"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_filter_with_a_wrong_value(source: Source, wrong: dict[str, object], api: str) -> None:
    """The filter is named, and no host is listed: neither all of them nor none."""
    [name] = wrong
    assert refused(source.ask(api=api, objects=["devices"], filters=[wrong]), name)


def test_two_devices_of_one_name(lab: NetBox, source: Source) -> None:
    """NetBox wants names to be unique at a site only; the second would overwrite the first."""
    like = lab.api.one("dcim/devices", serial="SN00000020")
    other = lab.api.one("dcim/sites", slug="us01")["id"]
    twin = {word: like[word]["id"] for word in ("device_type", "role", "platform")}
    made = lab.api.create("dcim/devices", {**twin, "site": other, "name": like["name"]})
    try:
        both = [str(like["id"]), str(made["id"])]
        assert refused(source.ask(), like["name"], *both)
        hosts = source.ask(duplicates="id").hosts
        assert {f"{like['name']}-device-{number}" for number in both} <= set(hosts)
        assert len(hosts) == len(names(lab)) + 1
        assert like["name"] not in hosts
    finally:
        lab.api.delete("dcim/devices", made["id"])


def test_an_error_ends_a_play(lab: NetBox, controller: Controller, source: Source) -> None:
    """ansible-playbook stops too, before any task, when ansible.cfg says what the pages say."""
    playbook = controller.write(
        "play.yml",
        [{"hosts": "all", "gather_facts": False, "tasks": [{"ansible.builtin.debug": {}}]}],
    )
    on = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    play = controller.play(playbook, source.file(token="x" * 40), environment=on)
    assert play.rc != 0
    assert "Invalid v1 token" in play.text
    assert "PLAY RECAP" not in play.output


def test_a_front_that_is_well_changes_nothing(lab: NetBox, source: Source) -> None:
    """So what the tests above see is NetBox's doing or the fault's."""
    with proxy(lab.url) as front:
        through = Source(source.controller, front.url, source.token).ask()
        assert through.content == source.ask().content
        assert front.seen
