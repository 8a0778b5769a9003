"""Configurations made from a device's number: the same device always has the same text."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..plan import DeviceSpec
from . import eos, fortios, frr, ios, junos, nxos, panos, routeros, sros, vrp, vyos, xr
from .edit import Edit, edit_text
from .facts import Facts
from .text import ConfigText

_MAKERS: Mapping[str, Callable[[Facts, str], str]] = {
    "cisco_ios": ios.make,
    "cisco_xe": ios.make,
    "cisco_nxos": nxos.make,
    "cisco_xr": xr.make,
    "arista_eos": eos.make,
    "juniper_junos": junos.make,
    "nokia_sros": sros.make,
    "huawei_vrp": vrp.make,
    "fortinet": fortios.make,
    "paloalto_panos": panos.make,
    "mikrotik_routeros": routeros.make,
    "vyos": vyos.make,
    "frr": frr.make,
}

_INDENTS = {"cisco_ios": 1, "cisco_xe": 1, "arista_eos": 3}
"""Of those whose text is edited: the spaces by which a level stands further in."""


def make_config(
    spec: DeviceSpec, form: str = "native", revision: int = 1, edits: tuple[Edit, ...] = ()
) -> ConfigText:
    """The configuration of a device in one of its platform's forms, after what was entered. A
    revision other than 1 is a configuration that somebody changed by a line or two."""
    text = _MAKERS[spec.platform](Facts(spec, revision, edits), form)
    if edits and spec.platform in _INDENTS:
        text = edit_text(text, edits, _INDENTS[spec.platform])
    return ConfigText.parse(text)


__all__ = ["ConfigText", "make_config"]
