"""Judging IOS configurations of about 1,660 lines by the shipped rules, on one core."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import clean
from ansible_collections.prime.netops.plugins.plugin_utils.platforms import load

from tests.benchmarks.frame import (
    COLLECTIONS,
    SITE_PACKAGES,
    Bench,
    BenchmarkError,
    Case,
    Options,
    Outcome,
    versions,
)
from tests.lab.fleet.configs import make_config
from tests.lab.fleet.plan import SITES, DeviceSpec

KILOBYTES = 54
"""As large a text as 1,660 lines of it are."""
MANY = 10
"""Times that the texts are judged to see whether the memory grows with the fleet."""
_GRADES = ("good", "fair", "good", "bad")
_SCRIPT = Path(__file__).with_name("judge.py")


@contextmanager
def compliance(options: Options, work: Path) -> Iterator[Bench]:
    """The benchmark: one process a contestant, the same texts and rules for all."""
    texts = work / "texts"
    texts.mkdir()
    for number in range(1, options.devices + 1):
        (texts / f"r{number}.cfg").write_text(_text(number), encoding="utf-8")
    digests: dict[int, str] = {}
    cases = [
        _case("judge", "ours", texts, options.devices, 1, digests),
        _case("judge", "netutils", texts, options.devices, 1, digests),
        _case("judge", "hier_config", texts, options.devices, 1, digests),
        _case("judge_many", "ours", texts, options.devices, MANY, digests),
    ]
    yield Bench(cases, versions(("netutils", "hier-config", "pyyaml", "jinja2"), SITE_PACKAGES))


def _text(number: int) -> str:
    """What a simulated device prints, without its session."""
    spec = DeviceSpec(
        name=f"r{number}",
        number=number,
        address="127.0.0.1",
        platform="cisco_ios",
        site=SITES[number % len(SITES)],
        role="access",
        size_kb=KILOBYTES,
        grade=_GRADES[number % len(_GRADES)],
    )
    return clean(make_config(spec).render().decode(), load("cisco_ios")).text


def _case(
    case: str, who: str, texts: Path, devices: int, times: int, digests: dict[int, str]
) -> Case:
    """A contestant; all that judge the same texts have to come to the same verdicts."""

    def check(output: str) -> Outcome:
        told = json.loads(output.splitlines()[-1])
        if told["states"].get("error"):
            raise BenchmarkError(f"{told['states']['error']} rules broke")
        if digests.setdefault(times, told["digest"]) != told["digest"]:
            raise BenchmarkError(f"other verdicts than those of the first: {told['states']}")
        return Outcome(told["texts"], 0)

    return Case(
        case=case,
        who=who,
        n=devices * times,
        command=[sys.executable, _SCRIPT, who, texts, str(times)],
        environment={
            "PATH": "/usr/bin:/bin",
            "HOME": str(texts.parent),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(COLLECTIONS),
        },
        directory=texts.parent,
        prepare=lambda: None,
        check=check,
    )
