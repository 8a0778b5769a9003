# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From records to hosts: names, chassis, addresses, platforms, groups."""

from __future__ import annotations

import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.cache import Cache, cache_key
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.fetch import Estate, Query
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.hosts import (
    NO_ADDRESS,
    UNMAPPED,
    Host,
    build,
)
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.mapping import (
    PlatformMap,
    suggestion,
)
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.problems import (
    BadOption,
    DuplicateName,
)
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.records import Record, record
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.settings import Settings
from hypothesis import given
from hypothesis import strategies as st


def device(number: int, **facts: Any) -> Record:
    """A device with a primary IPv4 address and a platform, but for what is said otherwise."""
    usual = {"name": f"r{number}", "primary_ip4": [f"10.0.0.{number}", ""], "platform": "eos"}
    told = {"id": number, **usual, **facts}
    return {name: value for name, value in told.items() if value is not None}


def hosts(*records: Record, vms: tuple[Record, ...] = (), **words: Any) -> dict[str, Host]:
    """The hosts that records become, by name."""
    of_estate = {name: words.pop(name) for name in ("masters", "prefers_ipv4") if name in words}
    estate = Estate("4.7", {"devices": list(records), "virtual_machines": list(vms)}, **of_estate)
    return {host.name: host for host in build(estate, replace(Settings(), **words)).hosts}


def addresses(found: dict[str, Host]) -> dict[str, str | None]:
    """`ansible_host` of each."""
    return {name: host.variables.get("ansible_host") for name, host in found.items()}


BOTH = device(1, primary_ip6=["2001:db8::1", "r1.example"], oob_ip=["172.16.0.1", "r1-oob.example"])


@pytest.mark.parametrize(
    ("places", "prefers_ipv4", "address"),
    [
        (["primary_ip"], False, "2001:db8::1"),
        (["primary_ip"], True, "10.0.0.1"),
        (["primary_ip4"], False, "10.0.0.1"),
        (["primary_ip6", "primary_ip4"], True, "2001:db8::1"),
        (["oob_ip", "primary_ip"], False, "172.16.0.1"),
        (["dns_name"], False, "r1.example"),
        (["name"], False, "r1"),
    ],
)
def test_the_first_place_that_has_an_address_counts(
    places: list[str], prefers_ipv4: bool, address: str
) -> None:
    """In the order of the option."""
    found = hosts(BOTH, addresses=places, prefers_ipv4=prefers_ipv4)
    assert addresses(found) == {"r1": address}


def test_a_place_without_an_address_passes_on() -> None:
    """Also a primary address without a DNS name."""
    bare = device(1, primary_ip4=None, oob_ip=["172.16.0.1", ""])
    assert addresses(hosts(bare, addresses=["primary_ip", "oob_ip"])) == {"r1": "172.16.0.1"}
    assert addresses(hosts(device(2), addresses=["dns_name", "name"])) == {"r2": "r2"}


def test_a_host_without_an_address_stays_and_says_why() -> None:
    """In a group of its own, or it is dropped when that is asked for."""
    bare = device(1, primary_ip4=None)
    [host] = hosts(bare).values()
    assert NO_ADDRESS in host.groups
    assert host.variables[NO_ADDRESS] == "NetBox has none of primary_ip, oob_ip for it"
    assert "ansible_host" not in host.variables
    assert hosts(bare, keep_without_address=False) == {}


def test_an_unknown_place_is_refused() -> None:
    """With the choices."""
    with pytest.raises(BadOption, match="primary_ip4"):
        hosts(device(1), addresses=["primary"])


def test_a_host_without_a_name_is_called_by_its_id() -> None:
    """The same at each run, and a device is never a machine of that number."""
    found = hosts(device(7, name=None), device(8, name="  "), vms=(device(7, name=None),))
    assert list(found) == ["device-7", "device-8", "vm-7"]


def test_a_custom_field_may_name_a_host() -> None:
    """Where it is empty NetBox's name counts."""
    named = device(1, custom_fields={"fqdn": "r1.example"})
    found = hosts(named, device(2, custom_fields={"fqdn": None}), hostname_field="fqdn")
    assert list(found) == ["r1.example", "r2"]


def test_two_hosts_of_one_name_are_an_error_that_names_both() -> None:
    """The second would replace the first."""
    with pytest.raises(DuplicateName, match=r"'r' \(device 1, device 2, virtual machine 1\)"):
        hosts(device(1, name="r"), device(2, name="r"), vms=(device(1, name="r"),))


def test_two_hosts_of_one_name_may_have_their_ids_appended() -> None:
    """All of them, so that no name depends on which came first."""
    twins = (device(1, name="r"), device(2, name="r"), device(3))
    assert list(hosts(*twins, duplicates="id")) == ["r-device-1", "r-device-2", "r3"]


def test_an_appended_id_that_makes_another_twin_is_an_error() -> None:
    """Somebody has called a device so."""
    twins = (device(1, name="r"), device(2, name="r"), device(3, name="r-device-1"))
    with pytest.raises(DuplicateName, match="r-device-1"):
        hosts(*twins, duplicates="id")


def member(number: int, position: int, master: int | None, **facts: Any) -> Record:
    """A member of the virtual chassis `stack`."""
    chassis = {"virtual_chassis": "stack", "virtual_chassis_id": 5, "vc_position": position}
    return device(number, **chassis, virtual_chassis_master=master, **facts)


STACK = (
    member(1, 2, 2, primary_ip4=None),
    member(2, 1, 2),
    member(3, 3, 2, name=None, primary_ip4=None),
)


def test_a_virtual_chassis_is_one_host_with_its_masters_address() -> None:
    """And lists its members."""
    found = hosts(*STACK, device(9), variables=frozenset({"virtual_chassis_members"}))
    assert addresses(found) == {"r2": "10.0.0.2", "r9": "10.0.0.9"}
    assert found["r2"].variables["netbox_virtual_chassis_members"] == ["r1", "r2", "device-3"]


def test_a_virtual_chassis_may_have_its_own_name_or_be_its_members() -> None:
    """By option."""
    assert addresses(hosts(*STACK, virtual_chassis="name")) == {"stack": "10.0.0.2"}
    assert list(hosts(*STACK, virtual_chassis="members")) == ["r1", "r2", "device-3"]


def test_a_chassis_without_a_master_does_not_vanish() -> None:
    """Its first member stands for it, with the address that one of them has."""
    stack = (member(4, 2, None), member(3, 1, None, primary_ip4=None))
    assert addresses(hosts(*stack)) == {"r3": "10.0.0.4"}


def test_a_master_that_the_filters_leave_out_gives_its_address() -> None:
    """The member that they let through stands for the chassis."""
    found = hosts(STACK[0], masters={"2": STACK[1]})
    assert addresses(found) == {"r1": "10.0.0.2"}


PLATFORMS = [
    ({"platform": "cisco-ios"}, "cisco.ios.ios", "cisco_ios"),
    ({"platform": "IOS"}, "cisco.ios.ios", "cisco_ios"),
    ({"platform": "ios-15-2"}, "cisco.ios.ios", "cisco_ios"),
    ({"platform": "cisco-ios-xe"}, "cisco.ios.ios", "cisco_xe"),
    ({"platform": "ios-xe-17"}, "cisco.ios.ios", "cisco_xe"),
    ({"platform": "iosxr"}, "cisco.iosxr.iosxr", "cisco_xr"),
    ({"platform": "cisco-ios-xr"}, "cisco.iosxr.iosxr", "cisco_xr"),
    ({"platform": "nx-os"}, "cisco.nxos.nxos", "cisco_nxos"),
    ({"platform": "arista-eos"}, "arista.eos.eos", "arista_eos"),
    ({"platform": "juniper-junos"}, "junipernetworks.junos.junos", "juniper_junos"),
    ({"platform": "junos-os"}, "junipernetworks.junos.junos", "juniper_junos"),
    ({"platform": "sr-os"}, "nokia.sros.classic", "nokia_sros"),
    ({"platform": "huawei-vrp"}, "community.network.ce", "huawei_vrp"),
    ({"platform": "fortinet-fortios"}, "fortinet.fortios.fortios", "fortinet"),
    ({"platform": "palo-alto-pan-os"}, "paloaltonetworks.panos.panos", "paloalto_panos"),
    ({"platform": "routeros"}, "community.routeros.routeros", "mikrotik_routeros"),
    ({"platform": "vyos"}, "vyos.vyos.vyos", "vyos"),
    ({"platform": "frr"}, "frr.frr.frr", "frr"),
    ({"device_type": "catalyst-9300-48p"}, "cisco.ios.ios", "cisco_xe"),
    ({"device_type": "c9300-48p"}, "cisco.ios.ios", "cisco_xe"),
    ({"device_type": "ws-c3750x-48t"}, "cisco.ios.ios", "cisco_ios"),
    ({"device_type": "catalyst-2960x-48"}, "cisco.ios.ios", "cisco_ios"),
    ({"device_type": "nexus-93180yc-fx"}, "cisco.nxos.nxos", "cisco_nxos"),
    ({"device_type": "n9k-c93180yc-fx"}, "cisco.nxos.nxos", "cisco_nxos"),
    ({"device_type": "asr-9001"}, "cisco.iosxr.iosxr", "cisco_xr"),
    ({"device_type": "asr-1001-x"}, "cisco.ios.ios", "cisco_xe"),
    ({"device_type": "dcs-7050sx3-48yc8"}, "arista.eos.eos", "arista_eos"),
    ({"device_type": "mx204"}, "junipernetworks.junos.junos", "juniper_junos"),
    ({"device_type": "7750-sr-1"}, "nokia.sros.classic", "nokia_sros"),
    ({"device_type": "fortigate-100f"}, "fortinet.fortios.fortios", "fortinet"),
    ({"manufacturer": "arista", "role": "leaf"}, "arista.eos.eos", "arista_eos"),
]


@pytest.mark.parametrize(("facts", "network_os", "platform"), PLATFORMS)
def test_the_shipped_table_knows(facts: dict[str, str], network_os: str, platform: str) -> None:
    """Slugs as people write them: the platform, else the device type, else maker and role."""
    [host] = hosts(device(1, **{"platform": None, **facts})).values()
    assert host.variables["ansible_network_os"] == network_os
    assert host.variables["netops_platform"] == platform


@pytest.mark.parametrize("slug", ["ubuntu-24-04", "acme-os", "iosevka", "windows", "nxt", ""])
def test_what_the_table_does_not_know_is_unmapped(slug: str) -> None:
    """And never guessed; a device type does not overrule a platform that is entered."""
    more = {"device_type": "mx204"} if slug else {"device_type": "roadrunner-9000"}
    [host] = hosts(device(1, platform=slug, **more)).values()
    assert "ansible_network_os" not in host.variables
    assert UNMAPPED in host.groups


def test_rules_of_the_user_come_first_and_none_silences() -> None:
    """A platform of ours may be named beside a system that is not."""
    rules = [
        {"role": "(pdu|patch-panel)", "network_os": "none"},
        {"platform": "eos.*", "network_os": "my.own.eos", "netops_platform": "arista_eos"},
    ]
    found = hosts(device(1), device(2, role="PDU", platform=None), platform_map=rules)
    told = {name: host.variables.get("ansible_network_os") for name, host in found.items()}
    assert told == {"r1": "my.own.eos", "r2": None}
    assert found["r1"].variables["netops_platform"] == "arista_eos"
    assert UNMAPPED not in found["r2"].groups


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"platform": "("}, "no regular expression"),
        ({"platform": "x"}, "network_os is missing"),
        ({"network_os": "x"}, "no condition"),
        ({"platfrom": "x", "network_os": "y"}, "platfrom: a rule has"),
        ({"platform": "x", "network_os": "y", "netops_platform": "z"}, "netops_platform"),
        ("x", "a mapping is expected"),
    ],
)
def test_a_wrong_rule_says_which_and_why(rule: Any, message: str) -> None:
    """By its number."""
    with pytest.raises(BadOption, match=rf"platform_map\[0\].*{message}"):
        PlatformMap([rule])


SLUGS = st.text("abc-.+(\n#'\": é", max_size=8)


@given(st.dictionaries(st.tuples(SLUGS, SLUGS, SLUGS, SLUGS), st.lists(st.text(), min_size=1)))
def test_a_suggestion_is_a_map_that_maps_all_of_it(unmapped: dict[Any, list[str]]) -> None:
    """Whatever slugs and names look like; pasted as it is, nothing is unmapped any more."""
    rules = yaml.safe_load(suggestion(unmapped))["platform_map"]
    table = PlatformMap(rules)
    for slugs in unmapped:
        facts = dict(zip(("platform", "device_type", "manufacturer", "role"), slugs, strict=True))
        assert table.find(facts, "x") is not None


PLACED = device(
    1, site="ams", site_id=1, location="row-1", location_id=2, role="core", tags=["a", "b"]
)
TABLES = {
    "sites": {"1": {"id": 1, "slug": "ams", "region": {"id": 2}, "group": None}},
    "regions": {
        "1": {"id": 1, "slug": "emea", "parent": None},
        "2": {"id": 2, "slug": "nl", "parent": {"id": 1}},
    },
    "locations": {
        "1": {"id": 1, "slug": "dc", "parent": None},
        "2": {"id": 2, "slug": "row-1", "parent": {"id": 1}},
    },
}


def test_places_nest_and_a_host_is_in_the_innermost() -> None:
    """Regions hold sites, sites hold locations; a location is named with its site."""
    words = ["region", "location", "role", "tag"]
    estate = Estate("4.7", {"devices": [PLACED]}, tables=TABLES)
    found = build(estate, Settings(group_by=words, variables=frozenset({"region", "location"})))
    assert set(found.hosts[0].groups) == {"location_ams_row-1", "role_core", "tag_a", "tag_b"}
    assert set(found.children) == {
        ("region_emea", "region_nl"),
        ("region_nl", "site_ams"),
        ("site_ams", "location_ams_dc"),
        ("location_ams_dc", "location_ams_row-1"),
    }
    assert found.hosts[0].variables["netbox_region"] == ["nl", "emea"]
    assert found.hosts[0].variables["netbox_location"] == ["row-1", "dc"]


def test_a_circle_of_regions_ends() -> None:
    """NetBox forbids it; a table read while somebody moves a region may have one."""
    tables = {**TABLES, "regions": {"1": {"slug": "a", "parent": {"id": 2}}}}
    tables["regions"]["2"] = {"slug": "b", "parent": {"id": 1}}
    estate = Estate("4.7", {"devices": [PLACED]}, tables=tables)
    found = build(estate, Settings(variables=frozenset({"region"})))
    assert found.hosts[0].variables["netbox_region"] == ["b", "a", "b"]


def test_both_apis_give_the_same_record() -> None:
    """What comes by GraphQL and what comes by REST."""
    by_rest = {
        "id": 1,
        "name": "r1",
        "status": {"value": "active", "label": "Active"},
        "site": {"id": 3, "slug": "ams", "name": "Amsterdam"},
        "device_type": {"id": 4, "slug": "mx204", "manufacturer": {"slug": "juniper"}},
        "tenant": None,
        "serial": "",
        "tags": [{"id": 1, "slug": "a"}],
        "primary_ip4": {"address": "10.0.0.1/24", "dns_name": ""},
        "custom_fields": {"owner": None},
    }
    by_graphql = {
        **by_rest,
        "id": "1",
        "status": "active",
        "site": {"id": "3", "slug": "ams"},
        "device_type": {"id": "4", "slug": "mx204", "manufacturer": {"slug": "juniper"}},
    }
    assert record(by_rest) == record(by_graphql)


def cached(directory: Path) -> Cache:
    """A cache there."""
    return Cache(directory / "sub", "x_", "key")


def test_a_cache_gives_back_what_was_written_and_only_its_owner_may_read(tmp_path: Path) -> None:
    """In a directory that it makes itself."""
    estate = Estate("4.7", {"devices": [PLACED]}, tables=TABLES, prefers_ipv4=True)
    kept = cached(tmp_path)
    assert (kept.age(), kept.read()) == (None, None)
    kept.write(estate)
    assert kept.read() == estate
    assert stat.S_IMODE(kept.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.path.parent.stat().st_mode) == 0o700
    assert [path.name for path in kept.path.parent.iterdir()] == ["x_key.json"]
    os.utime(kept.path, (time.time() - 100, time.time() - 100))
    assert 99 < (kept.age() or 0) < 110


@pytest.mark.parametrize("content", ["", "{}", "[]", "null", '{"format": 0}', '{"format": 1}'])
def test_a_cache_that_is_none_is_not_believed(tmp_path: Path, content: str) -> None:
    """Half a file, another format, something else's file."""
    kept = cached(tmp_path)
    kept.write(Estate("4.7", {}))
    kept.path.write_text(content)
    assert kept.read() is None


@given(st.integers(0, 400))
def test_a_cache_that_was_cut_is_not_believed(length: int) -> None:
    """At any byte."""
    whole = json.dumps({"format": 1, "version": "4.7", "records": {"devices": [PLACED]}})
    path = Path(os.environ.get("TMPDIR", "/tmp")) / f"netbox-cut-{os.getpid()}"
    kept = Cache(path, "", "key")
    path.mkdir(exist_ok=True)
    kept.path.write_text(whole[:length])
    assert kept.read() is None
    kept.path.unlink()
    path.rmdir()


def test_the_key_tells_endpoints_queries_and_tokens_apart() -> None:
    """But not how the same is read."""
    query = Query({"devices": ()}, frozenset({"site"}))
    others = [
        cache_key("http://a", query, "1"),
        cache_key("http://b", query, "1"),
        cache_key("http://a", query, "2"),
        cache_key("http://a", replace(query, facts=frozenset({"role"})), "1"),
        cache_key("http://a", replace(query, filters={"devices": ((("a", "b"),),)}), "1"),
    ]
    assert len(set(others)) == len(others)
    assert cache_key("http://a", replace(query, threads=9, page_size=1), "1") == others[0]


def test_a_directory_that_is_none_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    """Where the cache shall lie there is a file."""
    (tmp_path / "sub").write_text("")
    with pytest.raises(BadOption, match="set cache_connection"):
        cached(tmp_path).write(Estate("4.7", {}))
