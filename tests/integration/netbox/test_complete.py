"""Every machine is listed, once, with its address: whatever the pages, whoever changes what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.netbox.expected import addresses
from tests.integration.netbox.source import Source
from tests.integration.playbook import Controller
from tests.lab.netbox import NetBox
from tests.lab.netbox.proxy import Proxy

APIS = ("graphql", "rest")


@pytest.fixture
def crowd(lab: NetBox) -> Iterator[dict[str, int]]:
    """Thirty devices at a site of their own, which a test may delete; their numbers in NetBox."""
    like = lab.api.one("dcim/devices", serial="SN00000020")
    site = lab.api.create("dcim/sites", {"name": "Crowd", "slug": "crowd"})["id"]
    common = {word: like[word]["id"] for word in ("device_type", "role", "platform")}
    made = lab.api.create(
        "dcim/devices", [{**common, "site": site, "name": f"crowd-{n:02}"} for n in range(30)]
    )
    yield {device["name"]: device["id"] for device in made}
    for device in lab.api.get("dcim/devices", site="crowd"):
        lab.api.delete("dcim/devices", device["id"])
    lab.api.delete("dcim/sites", site)


@pytest.mark.parametrize("api", APIS)
def test_every_machine_has_its_address(lab: NetBox, source: Source, api: str) -> None:
    """Devices and virtual machines, by name; a chassis is one host; primary address, else the
    out-of-band one."""
    assert source.ask(api=api).addresses == addresses(lab)


def test_both_interfaces_of_netbox_give_the_same_inventory(source: Source) -> None:
    """All variables, all groups: whether GraphQL or REST was asked does not show."""
    everything: dict[str, Any] = {
        "variables": [
            "asset_tag",
            "cluster",
            "cluster_type",
            "config_context",
            "custom_fields",
            "description",
            "device_type",
            "dns_name",
            "id",
            "local_context_data",
            "location",
            "manufacturer",
            "name",
            "object_type",
            "oob_ip",
            "platform",
            "primary_ip4",
            "primary_ip6",
            "rack",
            "region",
            "role",
            "serial",
            "services",
            "site",
            "site_group",
            "status",
            "tags",
            "tenant",
            "tenant_group",
            "virtual_chassis",
            "virtual_chassis_members",
        ],
        "group_by": ["region", "site", "location", "role", "platform", "tag", "tenant", "status"],
    }
    graphql, rest = (source.ask(api=api, **everything).content for api in APIS)
    assert len(graphql["_meta"]["hostvars"]) > 200
    assert graphql == rest


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("api", APIS)
def test_pages_of_one(source: Source, front: Proxy, behind: Source, api: str, threads: int) -> None:
    """A page a machine lists the same as one page for all."""
    site = {"filters": [{"site": "nl01"}], "api": api}
    pages = behind.ask(page_size=1, threads=threads, **site)
    assert front.pages > 20
    assert pages.content == source.ask(**site).content


@pytest.mark.parametrize("api", APIS)
def test_a_server_with_a_lower_limit(lab: NetBox, controller: Controller, api: str) -> None:
    """NetBox's MAX_PAGE_SIZE cuts every page without a word: still all are listed."""
    with lab.configured(MAX_PAGE_SIZE=7) as strict:
        answer = Source(controller, strict.url, lab.tokens["reader"].text).ask(api=api)
        assert answer.addresses == addresses(lab)


@pytest.mark.parametrize("which", ["crowd-00", "crowd-29"])
@pytest.mark.parametrize("api", APIS)
def test_a_device_that_goes_while_pages_come(
    lab: NetBox, front: Proxy, behind: Source, crowd: dict[str, int], api: str, which: str
) -> None:
    """Whoever was there all the time is listed. Pages counted by offset would skip the first
    device of the third page when one of the first page is deleted before it."""
    front.at_page(3, lambda: lab.api.delete("dcim/devices", crowd[which]))
    answer = behind.ask(page_size=5, api=api, filters=[{"site": "crowd"}])
    assert not lab.api.get("dcim/devices", site="crowd", name=which)
    assert set(answer.hosts) | {which} == set(crowd)


@pytest.mark.parametrize("api", APIS)
def test_a_device_that_comes_while_pages_come(
    lab: NetBox, front: Proxy, behind: Source, crowd: dict[str, int], api: str
) -> None:
    """A new one may be listed already; nobody is listed twice or missing for it."""
    like = lab.api.one("dcim/devices", id=crowd["crowd-00"])
    new = {word: like[word]["id"] for word in ("device_type", "role", "site", "platform")}
    front.at_page(3, lambda: lab.api.create("dcim/devices", {**new, "name": "crowd-aa"}))
    answer = behind.ask(page_size=5, api=api, filters=[{"site": "crowd"}])
    assert lab.api.get("dcim/devices", name="crowd-aa")
    assert set(answer.hosts) - {"crowd-aa"} == set(crowd)


def test_ten_thousand_devices(big_lab: NetBox, controller: Controller) -> None:
    """None is missing, none is there twice, every address is right."""
    source = Source(controller, big_lab.url, big_lab.tokens["reader"].text)
    expected = addresses(big_lab)
    assert len(expected) == 10_500 - 2 * 100
    assert source.ask().addresses == expected
