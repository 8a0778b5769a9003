# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's values become plain ones at the boundary, on every release of ansible-core."""

from __future__ import annotations

import json
import pickle
from typing import Any

import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret
from ansible_collections.prime.netops.plugins.plugin_utils.bridge.native import native
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.bridge.conftest import VAULT_PASSWORD, Load, vaulted

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values, max_size=3),
    max_leaves=10,
)


def plain(value: Any) -> bool:
    """Whether it is made of Python's own types through and through."""
    if isinstance(value, dict):
        return type(value) is dict and all(plain(key) and plain(value[key]) for key in value)
    if isinstance(value, list):
        return type(value) is list and all(map(plain, value))
    return type(value) in (str, int, float, bool, type(None))


@given(JSON)
def test_plain_values_stay_as_they_are(value: Any) -> None:
    """Nothing is lost on the way."""
    assert native(value) == value
    assert plain(native(value))


def test_values_of_a_file_lose_their_tags() -> None:
    """From 2.19 on they carry where they come from, which yaml refuses to write."""
    loader = DataLoader()
    text = "a: [one, 2, {b: three}]\nc: 1.5\nd: null\ne: true\nf: 'é'"
    value = native(loader.load(text, file_name="/somewhere/vars.yml"))
    assert value == {"a": ["one", 2, {"b": "three"}], "c": 1.5, "d": None, "e": True, "f": "é"}
    assert plain(value)
    assert yaml.safe_load(yaml.safe_dump(value)) == value
    assert pickle.loads(pickle.dumps(value)) == json.loads(json.dumps(value)) == value


def test_vaulted_values_are_decrypted() -> None:
    """Within structures too, and not replaced by a mask."""
    loader = DataLoader()
    loader.set_vault_secrets([("default", VaultSecret(VAULT_PASSWORD))])
    text = f"password: {vaulted('sealed ü')}\nlist:\n  - {vaulted('also')}\n"
    value = native(loader.load(text, file_name="/somewhere/vars.yml"))
    assert value == {"password": "sealed ü", "list": ["also"]}
    assert plain(value)


def test_values_of_hosts_are_plain(load: Load) -> None:
    """As a fleet action meets them."""
    hostvars = load(
        """
        all:
          hosts:
            r1:
              name: r1
              box: {list: [1, "{{ name }}"], flag: true}
        """
    )
    value = native(hostvars["r1"]["box"])
    assert value == {"list": [1, "r1"], "flag": True}
    assert plain(value)
