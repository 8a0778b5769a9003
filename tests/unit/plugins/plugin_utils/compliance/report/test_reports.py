# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each report is what its format's own schema says, tells all, and lets nothing in names act."""

from __future__ import annotations

import csv
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.report import (
    FORMATS,
    ReportError,
    write_reports,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.report.csv_file import cell
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.report.markdown import plain
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.report.model import (
    DeviceReport,
    finding_json,
    finding_of,
    rule_json,
    rule_of,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.results import State
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from tests.unit.plugins.plugin_utils.compliance.report import samples

SCHEMAS = Path(__file__).parents[4] / "fixtures/schemas"
OURS = Path(__file__).parents[6] / "plugins/plugin_utils/compliance/report/report.schema.json"
RULES = samples.rules()


def write(directory: Path, devices: list[DeviceReport], *formats: str) -> dict[str, Path]:
    """The reports of these devices."""
    return write_reports(directory, formats or tuple(FORMATS), samples.run(devices, RULES), devices)


@pytest.fixture(scope="module")
def fleet() -> list[DeviceReport]:
    """An ordinary fleet with every kind of result."""
    devices = list(samples.fleet(120, RULES))
    assert {found.state for each in devices for found in each.findings} == set(State)
    return devices


@pytest.fixture(scope="module")
def reports(fleet: list[DeviceReport], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All its reports."""
    return write(tmp_path_factory.mktemp("reports"), fleet)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """All reports of a fleet whose every text wants to be more than that."""
    return write(tmp_path_factory.mktemp("hostile"), list(samples.hostile_fleet(RULES)))


@pytest.fixture(params=["reports", "hostile"])
def any_reports(request: pytest.FixtureRequest) -> dict[str, Path]:
    """The reports of either fleet."""
    found: dict[str, Path] = request.getfixturevalue(request.param)
    return found


def load(path: Path) -> Any:
    """A JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def validate(data: Any, schema: Path) -> None:
    """Judge data by a schema; the schema itself is judged as well."""
    rules = load(schema)
    checker = jsonschema.validators.validator_for(rules)
    checker.check_schema(rules)
    errors = checker(rules).iter_errors(data)
    assert [f"{list(each.absolute_path)[:6]}: {each.message[:200]}" for each in errors] == []


def test_sarif_is_valid(any_reports: dict[str, Path]) -> None:
    """By the schema of OASIS."""
    validate(load(any_reports["sarif"]), SCHEMAS / "sarif-2.1.0.json")


def test_json_is_valid(any_reports: dict[str, Path]) -> None:
    """By the schema that the collection publishes."""
    validate(load(any_reports["json"]), OURS)


def test_junit_is_valid(any_reports: dict[str, Path]) -> None:
    """By the schema of Jenkins' xunit plugin."""
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
    document = etree.parse(any_reports["junit"], etree.XMLParser(huge_tree=True))
    schema.assertValid(document)


def test_an_empty_fleet_gives_valid_reports(tmp_path: Path) -> None:
    """No device is no reason to fail."""
    files = write(tmp_path, [])
    validate(load(files["sarif"]), SCHEMAS / "sarif-2.1.0.json")
    validate(load(files["json"]), OURS)
    test_junit_is_valid(files)
    assert "0 devices" in files["markdown"].read_text()


def test_json_tells_all(reports: dict[str, Path], fleet: list[DeviceReport]) -> None:
    """Every device with every finding, and read back they are what they were."""
    data = load(reports["json"])
    assert [each["name"] for each in data["devices"]] == [each.name for each in fleet]
    for told, device in zip(data["devices"], fleet, strict=True):
        assert told["score"] == device.score
        assert [each["state"] for each in told["findings"]] == [e.state for e in device.findings]
    assert [each["id"] for each in data["rules"]] == [rule.id for rule in RULES]


def test_sarif_tells_what_a_person_may_have_to_act_on(
    reports: dict[str, Path], fleet: list[DeviceReport]
) -> None:
    """Fails and errors as failures, waived ones suppressed, unknown ones open; nothing else."""
    results = load(reports["sarif"])["runs"][0]["results"]
    told = [
        each
        for device in fleet
        for each in device.findings
        if each.state in (State.FAIL, State.ERROR, State.WAIVED, State.UNKNOWN)
    ]
    assert [each["ruleId"] for each in results] == [each.rule for each in told]
    for result, found in zip(results, told, strict=True):
        assert (result["kind"] == "open") == (found.state is State.UNKNOWN)
        assert ("suppressions" in result) == (found.state is State.WAIVED)
    prints = [each["partialFingerprints"]["deviceAndRule/v1"] for each in results]
    assert len(set(prints)) == len(prints)


def test_sarif_points_at_the_lines_of_the_mirror(reports: dict[str, Path]) -> None:
    """An editor that has the mirror open goes to the line."""
    result = next(
        each for each in load(reports["sarif"])["runs"][0]["results"] if each["kind"] == "fail"
    )
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].startswith("site000/site000-")
    assert place["region"]["startLine"] > 0
    assert place["region"]["snippet"]["text"] == "transport input telnet ssh"


def test_junit_tells_what_would_set_it_right(reports: dict[str, Path]) -> None:
    """The lines, and the difference from what is intended."""
    failures = etree.parse(reports["junit"]).iterfind(".//failure")
    told = next(each.text for each in failures)
    assert "What would set it right:\nline vty 0 15\n transport input ssh\n" in told
    assert "\n-  transport input telnet\n+  transport input ssh" in told


def test_junit_counts_what_it_holds(reports: dict[str, Path], fleet: list[DeviceReport]) -> None:
    """A suite a device, a case a rule, and the sums that CI servers show."""
    root = etree.parse(reports["junit"]).getroot()
    assert [suite.get("name") for suite in root] == [device.name for device in fleet]
    for suite in root:
        for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            assert len(suite.findall(f".//{tag}")) == int(suite.get(key))
        assert len(suite) == int(suite.get("tests")) == len(RULES)
    assert int(root.get("failures")) == len(root.findall(".//failure"))


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def test_csv_has_a_row_for_each_rule_and_device(
    reports: dict[str, Path], fleet: list[DeviceReport]
) -> None:
    """With the score, the state, the evidence, and the difference from what is intended."""
    told = list(rows(reports["csv"]))
    assert len(told) == len(fleet) * len(RULES)
    assert {row["state"] for row in told} == {state.value for state in State}
    failed = next(row for row in told if row["state"] == "fail")
    assert failed["evidence"].endswith(": transport input telnet ssh")
    assert failed["remediation"].endswith("-  transport input telnet\n+  transport input ssh")
    assert failed["since"] == samples.NOW.isoformat()


def test_no_cell_is_a_formula(hostile: dict[str, Path]) -> None:
    """A spreadsheet runs nothing that a device is called or says in its banner."""
    cells = [text for row in rows(hostile["csv"]) for text in row.values()]
    assert len(cells) > 1_000
    assert not [text for text in cells if text.lstrip().startswith(("=", "@", "+", "-"))]


@given(st.text())
def test_a_cell_never_begins_as_a_formula_does(text: str) -> None:
    """Whatever the text is; what is harmless stays as it is."""
    safe = cell(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    if text.isalnum():
        assert safe == text


@given(st.text(max_size=200))
def test_markdown_acts_on_nothing(text: str) -> None:
    """One line, in which every character that Markdown or HTML acts on is escaped."""
    safe = plain(text)
    assert "\n" not in safe
    for letter in "<[]|`*_!":
        assert f"{letter}" not in safe.replace(f"\\{letter}", "")


def test_markdown_is_short_whatever_the_fleet(tmp_path: Path) -> None:
    """The ten worst of each, of 500 devices."""
    devices = list(samples.fleet(500, RULES))
    text = write(tmp_path, devices, "markdown")["markdown"].read_text()
    assert len(text.splitlines()) < 60
    worst = min(each.score for each in devices if each.score is not None)
    first = next(line for line in text.partition("## Devices")[2].splitlines() if "| site0" in line)
    assert first.endswith(f"| {worst:.0f} |")


def test_only_the_formats_asked_for_are_written(tmp_path: Path, fleet: list[DeviceReport]) -> None:
    """And nothing is left beside them."""
    files = write(tmp_path / "new" / "place", fleet, "csv", "html", "csv")
    assert sorted(path.name for path in (tmp_path / "new" / "place").iterdir()) == sorted(
        path.name for path in files.values()
    )


def test_a_report_is_whole_or_the_old_one(tmp_path: Path, fleet: list[DeviceReport]) -> None:
    """A run that dies while it writes leaves the reports from before, and no half ones."""
    files = write(tmp_path, fleet)
    before = {name: path.read_bytes() for name, path in files.items()}

    def dying() -> Iterator[DeviceReport]:
        yield from fleet[:50]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_reports(tmp_path, tuple(FORMATS), samples.run(fleet, RULES), dying())
    assert {name: path.read_bytes() for name, path in files.items()} == before
    assert len(list(tmp_path.iterdir())) == len(files)


def test_what_cannot_be_written_is_named(tmp_path: Path, fleet: list[DeviceReport]) -> None:
    """Place, reason and remedy."""
    place = tmp_path / "reports"
    place.write_text("a file")
    with pytest.raises(ReportError, match=r"reports.*Give this user write access"):
        write(place, fleet)


def test_memory_does_not_grow_with_the_fleet(tmp_path: Path) -> None:
    """Ten times the devices, written one by one, take no more than half as much again."""

    def peak(count: int) -> int:
        head = samples.run([], RULES)
        tracemalloc.start()
        write_reports(tmp_path, tuple(FORMATS), head, samples.fleet(count, RULES))
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(20)  # what is made once
    assert peak(800) < 1.5 * peak(80)


def test_findings_and_rules_come_back_from_the_store_as_they_were(
    fleet: list[DeviceReport],
) -> None:
    """JSON holds all of them."""
    for found in (each for device in fleet for each in device.findings):
        assert finding_of(json.loads(json.dumps(finding_json(found)))) == found
    for rule in RULES:
        back = rule_of(json.loads(json.dumps(rule_json(rule))))
        assert (back.id, back.severity, back.references) == (
            rule.id,
            rule.severity,
            rule.references,
        )
