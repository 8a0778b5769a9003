# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory's options, as they reach the library; wrong ones are refused with a remedy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.prime.netops.plugins.inventory import netbox as plugin
from ansible_collections.prime.netops.plugins.plugin_utils.bridge import netbox_options as options
from ansible_collections.prime.netops.plugins.plugin_utils.netbox.problems import BadOption

DOCUMENTED = yaml.safe_load(plugin.DOCUMENTATION)["options"]
USUAL = {name: entry.get("default") for name, entry in DOCUMENTED.items()}


def given(**words: Any) -> Any:
    """What gives the options, the rest at their defaults."""
    return {**USUAL, "api_endpoint": "https://netbox.example.com", **words}.get


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"filtrs": []}, "filtrs is no option.*near matches: filters"),
        ({"interfaces": True}, "interfaces: not offered"),
        ({"rename_variables": [{"pattern": "a", "repl": "b"}]}, "use compose"),
    ],
)
def test_a_key_that_is_no_option_is_an_error(written: dict[str, Any], message: str) -> None:
    """Ansible itself passes it over."""
    with pytest.raises(BadOption, match=message):
        options.check_keys(written, USUAL)


def test_an_option_of_nb_inventory_that_is_off_disturbs_nobody() -> None:
    """An estate moves with the file that it has."""
    options.check_keys({"interfaces": False, "fetch_all": False, "plurals": True}, USUAL)


def test_the_file_comes_before_the_environment() -> None:
    """A token of the environment is an option's value too; the file's key tells them apart."""
    both = given(token="from-environment", token_command=["true"])
    source = options.token_source(both, {"token_command": ["true"]})
    assert source is not None
    assert source.origin == "token_command true"
    fixed = options.token_source(both, {})
    assert fixed is not None
    assert fixed.read().secret == "from-environment"
    assert options.token_source(given(), {}) is None


@pytest.mark.parametrize("token", [{"type": "Bearer"}, "two words", 7, ["a"]])
def test_a_token_that_is_none_is_refused(token: Any) -> None:
    """Without telling it."""
    with pytest.raises(BadOption, match="one word is expected") as caught:
        options.token_source(given(token=token), {})
    assert "two words" not in str(caught.value)


def test_nb_inventorys_filters_want_its_switch() -> None:
    """Or they would look as if they counted."""
    words = {"device_query_filters": [{"role": "a"}]}
    with pytest.raises(BadOption, match="use device_filters"):
        options.settings(given(**words), words)
    compat = given(nb_inventory_compat=True, **words)
    query = options.query(compat, options.settings(compat, words))
    assert query.filters == {"devices": ((("role", "a"),),), "virtual_machines": ()}


def test_compat_takes_nb_inventorys_order_of_addresses() -> None:
    """Unless the file says otherwise."""
    words = {"nb_inventory_compat": True, "oob_ip_as_primary_ip": True}
    assert options.settings(given(**words), words).addresses == ["oob_ip", "primary_ip"]
    words |= {"addresses": ["name"]}
    assert options.settings(given(**words), words).addresses == ["name"]


def test_only_what_is_used_is_asked_for() -> None:
    """Every nested object costs the server time; the platform map needs four of them."""
    narrow = options.settings(given(variables=["site"], virtual_chassis="members"), {})
    assert narrow.facts() == {
        "device_type",
        "manufacturer",
        "oob_ip",
        "platform",
        "primary_ip4",
        "primary_ip6",
        "role",
        "site",
    }
    assert "region" in options.settings(given(group_by=["region"]), {}).facts()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"variables": ["stie"]}, "variables: 'stie'"),
        ({"objects": []}, "objects: empty"),
        ({"page_size": 0}, "page_size is 0"),
        ({"threads": -1}, "threads is -1"),
    ],
)
def test_a_value_that_does_not_hold_is_refused(words: dict[str, Any], message: str) -> None:
    """With the choices or the bound."""
    option = given(**words)
    with pytest.raises(BadOption, match=message):
        options.query(option, options.settings(option, words))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Before NetBox is asked."""
    with pytest.raises(BadOption, match=re.escape(f"ca_path: {tmp_path}/none is not there")):
        options.connection(given(ca_path=f"{tmp_path}/none"))


def test_headers_may_be_json() -> None:
    """As they come from the environment."""
    assert options.connection(given(headers='{"Cookie": "a=b"}')).headers == {"Cookie": "a=b"}
    with pytest.raises(BadOption, match="headers"):
        options.connection(given(headers="{"))
