# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page about the log and the lines it describes are one."""

from __future__ import annotations

import dataclasses
import json
import re
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import events
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    SCHEMA,
    DeviceStarted,
    Event,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe import log_record
from ansible_collections.prime.netops.plugins.plugin_utils.observe.log_record import LINES, line

PAGE = (Path(__file__).parents[5] / "docs/logging.md").read_text(encoding="utf-8")
TYPES = {str: "text", int: "integer", float: "number", bool: "boolean", types.NoneType: "null"}
COMMON = ("time", "run_id")
"""Fields of every event, which the page describes once."""


def rows(heading: str) -> dict[str, str]:
    """The table below a heading: field and type."""
    body = PAGE.split(f"\n{heading}\n", 1)[1].split("\n#", 1)[0]
    return dict(re.findall(r"^\| `(\w+)` \| ([\w ]+) \|", body, re.M))


def told(hint: Any) -> str:
    """A type in the page's words."""
    if isinstance(hint, types.UnionType):
        return " or ".join(map(told, typing.get_args(hint)))
    return "object" if typing.get_origin(hint) is Mapping else TYPES[hint]


@pytest.mark.parametrize("name", LINES)
def test_every_field_of_a_line_is_on_the_page(name: str) -> None:
    """With its type; and none is there that no line has."""
    kind = LINES[name]
    hints = typing.get_type_hints(kind, {**vars(events), **vars(log_record)})
    fields = {item.name: told(hints[item.name]) for item in dataclasses.fields(kind)}
    assert rows(f"### `{name}`") == {k: v for k, v in fields.items() if k not in COMMON}


def test_the_page_has_no_line_that_is_not() -> None:
    """A reader would wait for it in vain."""
    assert set(re.findall(r"^### `(\w+)`$", PAGE, re.M)) == set(LINES)


def test_what_every_line_has_is_on_the_page() -> None:
    """In the order in which it stands in the line, with the version."""
    always = {"playbook_id": "p", "awx_job_id": "7"}
    record = json.loads(line(DeviceStarted(device="r1"), always).text)
    common = list(rows("## Every line"))
    assert list(record)[: len(common)] == common
    assert f"version of this page: {SCHEMA} |" in PAGE


def test_every_event_has_a_name_of_its_own() -> None:
    """One that is left out of the tables would not come through the channel."""

    def below(kind: type[Event]) -> set[type[Event]]:
        found = set(kind.__subclasses__())
        return found.union(*map(below, found))

    assert {kind.name for kind in below(Event)} - {""} == set(LINES)
