# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events survive the way through JSON, whatever devices put into them."""

from __future__ import annotations

import dataclasses
import json
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import events
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    EVENTS,
    MAX_TEXT,
    DeviceFailed,
    DeviceStarted,
    Event,
    RunStarted,
    from_native,
    to_native,
)
from hypothesis import given
from hypothesis import strategies as st

NUMBERS = {int: st.integers(), float: st.floats(allow_nan=False, allow_infinity=False)}


def values(wanted: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if isinstance(wanted, types.UnionType):
        return st.one_of(*map(values, typing.get_args(wanted)))
    if typing.get_origin(wanted) is Mapping:
        key, value = typing.get_args(wanted)
        return st.dictionaries(values(key), values(value), max_size=4)
    if typing.get_origin(wanted) is Sequence:
        return st.lists(values(*typing.get_args(wanted)), max_size=4)
    known = {**NUMBERS, str: st.text(max_size=40), bool: st.booleans(), types.NoneType: st.none()}
    return known[wanted]


def an_event() -> st.SearchStrategy[Event]:
    """Any event with any content."""
    return st.one_of(
        st.builds(
            kind, **{name: values(hint) for name, hint in hints(kind).items() if name != "name"}
        )
        for kind in EVENTS.values()
    )


def hints(kind: type[Event]) -> dict[str, Any]:
    """The types of an event's fields."""
    known = typing.get_type_hints(kind, vars(events))
    return {item.name: known[item.name] for item in dataclasses.fields(kind)}


@given(an_event())
def test_an_event_comes_back_from_json_as_it_was(event: Event) -> None:
    """What a callback sees is what the engine said."""
    assert from_native(json.loads(json.dumps(to_native(event)))) == event


@given(an_event())
def test_an_event_is_small_and_flat(event: Event) -> None:
    """Only JSON types, with the version and the name of the event beside its fields."""
    native = to_native(event)
    assert native["schema"] == 1
    assert native["event"] == event.name
    for value in native.values():
        assert value is None or type(value) in (str, int, float, bool, dict)


def test_a_text_of_any_length_stays_small() -> None:
    """A device that answers with megabytes does not fill the channel."""
    event = DeviceFailed(
        device="r1", status="failed", seconds=1, attempts=1, message="x" * 10_000_000
    )
    assert len(to_native(event)["message"]) == MAX_TEXT
    assert to_native(event)["message"].endswith("x…")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"schema": 99}, "schema 99; this is 1"),
        ({"event": "lunch"}, "no event is called 'lunch'"),
        ({"device": ...}, "device_started: .*device"),
    ],
)
def test_what_is_no_event_is_refused_with_the_reason(wrong: dict[str, Any], why: str) -> None:
    """A log of a later version is not misread."""
    native = {**to_native(DeviceStarted(device="r1")), **wrong}
    native = {key: value for key, value in native.items() if value is not ...}
    with pytest.raises(ValueError, match=why):
        from_native(native)


def test_fields_of_a_later_release_are_left_out() -> None:
    """Within a version of the schema fields are only added."""
    event = RunStarted(kind="backup", devices=3)
    assert from_native({**to_native(event), "colour": "blue"}) == event


def test_an_event_cannot_be_changed() -> None:
    """Several subscribers see the same object."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        DeviceStarted(device="r1").device = "r2"
