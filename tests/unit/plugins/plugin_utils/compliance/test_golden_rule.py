# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Golden texts as a rule: whose text is whose, what it says, and what a device is told."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.compliance import (
    DeviceFacts,
    Finding,
    RuleSet,
    State,
    Waiver,
    Waivers,
    load,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.golden_rule import (
    ROWS,
    GoldenOptions,
    GoldenRule,
)
from ansible_collections.prime.netops.plugins.plugin_utils.compliance.golden_texts import (
    GoldenError,
    GoldenTexts,
)
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import names
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.plugins.plugin_utils.config.test_tree import made, mutilated

INTENDED = """\
hostname {{ inventory_hostname }}
{% include 'parts/ntp.j2' %}
interface Gi1
 description {{ uplink | default("uplink") }}
"""
NTP = """\
{% for server in compliance_ntp %}
ntp server {{ server }}
{% endfor %}
"""
SERVERS = {"compliance_ntp": ["192.0.2.1", "192.0.2.2"]}
GOOD = """\
hostname r1
ntp server 192.0.2.2
ntp server 192.0.2.1
interface Gi1
 description uplink
"""


@pytest.fixture
def golden(tmp_path: Path) -> Path:
    """A directory with a template for a role, which includes another."""
    write(tmp_path, {"roles/edge.j2": INTENDED, "parts/ntp.j2": NTP})
    return tmp_path


def write(directory: Path, files: Mapping[str, str]) -> None:
    """Write files below a directory."""
    for name, text in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def edge(name: str = "r1", **variables: object) -> DeviceFacts:
    """An IOS device of that role."""
    return DeviceFacts(name, "cisco_ios", role="edge", variables={**SERVERS, **variables})


def rules(place: Path, options: GoldenOptions | None = None) -> RuleSet:
    """The shipped rules, and beside them the golden texts of a place."""
    return load().beside(GoldenRule(GoldenTexts([("golden", place)]), options))


def judged(place: Path, text: str, facts: DeviceFacts, **options: object) -> Finding:
    """What the rule GOLDEN finds on a device."""
    made = rules(place, GoldenOptions(**options))  # type: ignore[arg-type]
    return made.judge(text, facts).findings[-1]


def test_a_device_is_compared_with_what_its_role_should_have(golden: Path) -> None:
    """Equal in any order; what differs is told with the device's lines and as a diff."""
    assert judged(golden, GOOD, edge()).state is State.PASS
    actual = GOOD.replace(" description uplink", " shutdown").replace("ntp server 192.0.2.1\n", "")
    found = judged(golden, f"{actual}ip http server\n", edge())
    assert found.state is State.FAIL
    assert found.message == ("4 lines differ from golden/roles/edge.j2: 2 missing, 2 too much")
    assert [(one.line, one.text, one.section) for one in found.evidence] == [
        (3, "interface Gi1", ""),
        (4, "shutdown", "interface Gi1"),
        (5, "ip http server", ""),
    ]
    assert found.diff == (
        "+ ntp server 192.0.2.1",
        "- ip http server",
        "  interface Gi1",
        "+  description uplink",
        "-  shutdown",
    )


def test_options_say_what_counts(golden: Path) -> None:
    """Extra lines, lines that somebody else looks after, sections whose order matters."""
    more = f"{GOOD}ip http server\ninterface Gi2\n shutdown\n"
    assert judged(golden, more, edge()).state is State.FAIL
    assert judged(golden, more, edge(), extras="ignore").state is State.PASS
    section = judged(golden, f"{GOOD} shutdown\n", edge(), extras="sections")
    assert section.diff == ("  interface Gi1", "-  shutdown")
    assert judged(golden, more, edge(), ignore=["ip http", "interface Gi2", "shutdown"]).state is (
        State.PASS
    )
    moved = judged(golden, GOOD, edge(), ordered=["ntp server"])
    assert moved.state is State.FAIL
    assert [row[0] for row in moved.diff] == ["~"]
    with pytest.raises(ValueError, match="'\\(' is no regular expression"):
        rules(golden, GoldenOptions(ignore=["("]))


def test_the_nearest_golden_text_wins_and_no_name_leads_out(tmp_path: Path) -> None:
    """The device's own, its role's, its platform's; then the next place."""
    write(tmp_path, {"a/r1.cfg": "1", "a/roles/edge.txt": "2", "a/platforms/cisco_ios.j2": "3"})
    write(tmp_path, {"b/ams/r9.cfg": "4", "b/ams/roles.cfg": "5", "outside.cfg": "6"})
    texts = GoldenTexts(
        [("a", tmp_path / "a"), ("b/{{ site }}/{{ host }}", tmp_path / "b/{{ site }}/{{ host }}")]
    )

    def found(name: str, role: str = "", platform: str = "cisco_ios", site: str = "") -> str | None:
        golden = texts.of(DeviceFacts(name, platform, site, role))
        return golden and f"{golden.file}: {golden.text}"

    assert found("r1", "edge") == "a/r1.cfg: 1"
    assert found("r2", "edge") == "a/roles/edge.txt: 2"
    assert found("r2", "core") == "a/platforms/cisco_ios.j2: 3"
    assert found("r9", "core", "frr", "ams") == "b/ams/r9.cfg: 4"
    assert found("r8", "core", "frr", "ams") is None
    assert found("../outside", "..", "frr", "..") is None
    assert found("", "", "frr", "ams") is None


def test_a_place_without_any_text_is_a_mistake(tmp_path: Path) -> None:
    """Otherwise a misspelt directory would make all devices not applicable."""
    for name in ("none", "roles/{{ role }}.j2"):
        with pytest.raises(GoldenError, match=f"there is no golden text in {name.split('/')[0]}"):
            GoldenTexts([(name, tmp_path / name)])
    with pytest.raises(GoldenError, match="'hostname' is none of host, role, platform, site"):
        GoldenTexts([("{{ hostname }}.j2", tmp_path / "{{ hostname }}.j2")])


def test_the_variables_that_templates_ask_for_are_known(golden: Path) -> None:
    """Those of included files too, so that they are read of each host; no other is."""
    made = rules(golden)
    assert made.variables - load().variables == {"uplink"}
    assert "compliance_ntp" in made.variables


def test_what_a_variable_holds_is_not_rendered(golden: Path) -> None:
    """A description that somebody wrote into the inventory's source is text."""
    found = judged(golden, GOOD, edge(uplink="{{ 7 * 7 }}{% for %}"))
    assert "+  description {{ 7 * 7 }}{% for %}" in found.diff


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("hostname r1\n{% for %}\n", "golden/r1.j2:2: Expected an expression"),
        ("hostname r1\n\n{{ nowhere }}\n", "golden/r1.j2:3: 'nowhere' is undefined"),
        ("{% include 'parts/ntp.j2' %}\n", "golden/parts/ntp.j2:1: 'compliance_ntp' is undefined"),
        ("x\n{{ 1 / 0 }}\n", "golden/r1.j2:2: ZeroDivisionError"),
        ("x\n{% include 'none.j2' %}\n", "golden/r1.j2:2: 'none.j2' not found"),
        ("x\n{{ ''.__class__.__mro__ }}\n", "golden/r1.j2:2: access to attribute '__class__'"),
        ("banner motd ^C\nhello\n", "golden/r1.j2:1: "),
    ],
)
def test_a_broken_template_is_the_error_of_its_device(golden: Path, broken: str, said: str) -> None:
    """With file and line; the other rules are judged all the same, and so are other devices."""
    write(golden, {"r1.j2": broken})
    verdict = rules(golden).judge(GOOD, DeviceFacts("r1", "cisco_ios", role="edge"))
    found = verdict.findings[-1]
    assert found.state is State.ERROR
    assert found.message.startswith(said), found.message
    assert len([one for one in verdict.findings if one.state is State.ERROR]) == 1
    other = GOOD.replace("r1", "r2")
    assert rules(golden).judge(other, edge("r2")).findings[-1].state is State.PASS


def test_a_file_that_cannot_be_read_is_told(golden: Path) -> None:
    """Such as one that is no text."""
    (golden / "r1.cfg").write_bytes(b"\xff\xfe\x00")
    found = judged(golden, GOOD, edge())
    assert found.state is State.ERROR
    assert found.message.startswith("golden/r1.cfg: cannot be read: ")


@pytest.mark.parametrize("state", ["not_applicable", "unknown", "fail"])
def test_a_device_without_a_golden_text_is_what_was_chosen(golden: Path, state: str) -> None:
    """Not applicable by default, so that one may begin with some roles."""
    core = DeviceFacts("r1", "cisco_ios", role="core")
    assert judged(golden, GOOD, core).state is State.NOT_APPLICABLE
    found = judged(golden, GOOD, core, missing=state)
    assert found.state.value == state
    assert found.message == "there is no golden text for the device"


def test_what_was_lost_of_the_text_is_no_pass(golden: Path) -> None:
    """Behind a banner that does not end may stand what seems to be missing."""
    found = judged(golden, f"{GOOD}banner motd ^C\n", edge(), extras="ignore")
    assert found.state is State.UNKNOWN


def test_no_secret_is_told(golden: Path) -> None:
    """Neither the device's nor one that a variable holds, nor in a template's error."""
    secret = "snmp-server community {{ community }} RO\n"
    write(golden, {"r1.j2": INTENDED + secret, "r2.j2": secret + "{{ {}[community] }}\n"})
    facts = edge(community="hunter22")
    found = judged(golden, f"{GOOD}snmp-server community hunter33 RW\n", facts)
    assert "snmp-server community" in repr(found)
    assert "hunter" not in repr(found)


def test_a_difference_is_cut_to_what_a_page_bears(golden: Path) -> None:
    """And says how much more there is."""
    found = judged(golden, GOOD + "".join(f"ip host h{i} 192.0.2.9\n" for i in range(300)), edge())
    assert len(found.diff) == ROWS + 1
    assert found.diff[-1] == "  ... and 200 rows more"


def test_it_counts_and_is_waived_like_any_rule(golden: Path) -> None:
    """In the score, by its severity; a waiver takes it out; without a text it is unknown."""
    bad = f"{GOOD}ip http server\n"
    made = rules(golden)
    assert made.rules[-1].id == "GOLDEN"
    failed = made.judge(bad, edge())
    waiver = Waiver(
        "W-1", ("GOLDEN",), ("r1",), (), "Until June.", "Ann", datetime.date(2099, 1, 1)
    )
    waived = made.judge(bad, edge(), Waivers({"GOLDEN": [waiver]}))
    assert waived.findings[-1].state is State.WAIVED
    assert failed.score is not None
    assert waived.score is not None
    assert waived.score > failed.score
    unknown = made.unknown(edge(), "never seen")
    assert (unknown.findings[-1].state, unknown.findings[-1].message) == (
        State.UNKNOWN,
        "never seen",
    )


@pytest.fixture(scope="module")
def by_platform(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    """All rules, and what the lab prints as the golden text of every platform."""
    place = tmp_path_factory.mktemp("golden")
    write(place, {f"platforms/{name}.cfg": made(name, size=2) for name in names()})
    return rules(place)


@settings(max_examples=120, deadline=None)
@given(data=st.data(), platform=st.sampled_from(names()))
def test_whatever_a_text_is_every_rule_has_an_answer(
    by_platform: RuleSet, data: st.DataObject, platform: str
) -> None:
    """Cut, spliced and littered texts of every platform break no rule, nor the comparison."""
    text = mutilated(data, platform)
    verdict = by_platform.judge(text, DeviceFacts("r1", platform))
    assert len(verdict.findings) == len(by_platform.rules)
    assert verdict.counts[State.ERROR] == 0


@pytest.mark.parametrize("platform", names())
def test_a_device_that_is_as_intended_passes(by_platform: RuleSet, platform: str) -> None:
    """On every platform, whatever its form is."""
    verdict = by_platform.judge(made(platform, size=2), DeviceFacts("r1", platform))
    assert verdict.findings[-1].state is State.PASS, verdict.findings[-1]
