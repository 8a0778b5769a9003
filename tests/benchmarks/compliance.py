"""Judging IOS configurations of about 1,660 lines by the shipped rules: on one core beside other
parsers, and as the job that people run, whose memory must not grow with the fleet."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from ansible_collections.prime.netops.plugins.plugin_utils.store import Store

from tests.benchmarks.frame import (
    BIN,
    COLLECTIONS,
    ROOT,
    SITE_PACKAGES,
    Bench,
    BenchmarkError,
    Case,
    Options,
    Outcome,
    versions,
)
from tests.lab.browser import browser, console
from tests.lab.stored import backed_up, spec, text_of

KILOBYTES = 54
"""As large a text as 1,660 lines of it are."""
MANY = 10
"""Times that the texts are judged, or the fleet is larger, to see whether the memory grows."""
RESULT = 700_000
"""Characters from which on AWX replaces a task's result by nothing."""
_SCRIPT = Path(__file__).with_name("judge.py")
_FLOOR = [
    {
        "name": "Nothing, on the same inventory",
        "hosts": "all",
        "gather_facts": False,
        "tasks": [{"ansible.builtin.debug": {"msg": "nothing"}, "run_once": True}],
    }
]


@contextmanager
def compliance(options: Options, work: Path) -> Iterator[Bench]:
    """The benchmark: one process a contestant, the same texts and rules for all; then the job."""
    texts = work / "texts"
    texts.mkdir()
    for number in range(1, options.devices + 1):
        device = spec(number, KILOBYTES)
        (texts / f"{device.name}.cfg").write_text(text_of(device), encoding="utf-8")
    digests: dict[int, str] = {}
    cases = [
        _judge("judge", "ours", texts, options.devices, 1, digests),
        _judge("judge", "netutils", texts, options.devices, 1, digests),
        _judge("judge", "hier_config", texts, options.devices, 1, digests),
        _judge("judge_many", "ours", texts, options.devices, MANY, digests),
        *_jobs("job", work, options.devices, 0),
        *_jobs("job_many", work, options.devices * MANY, 1),
    ]
    used = versions(("ansible-core", "netutils", "hier-config", "pyyaml", "jinja2"), SITE_PACKAGES)
    yield Bench(cases, used, conclude=partial(_page, work))


def _judge(
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
        environment=_environment(texts.parent),
        directory=texts.parent,
        prepare=lambda: None,
        check=check,
        rounds=int(times > 1),
    )


def _jobs(case: str, work: Path, devices: int, rounds: int) -> Iterator[Case]:
    """The playbook on stored copies, and what Ansible itself takes for such an inventory."""
    place = work / case
    state, inventory, floor = place / "prime.netops", place / "inventory.json", place / "floor.yml"

    def prepare() -> None:
        if not inventory.exists():
            place.mkdir()
            floor.write_text(json.dumps(_FLOOR), encoding="utf-8")
            backed_up(state, inventory, devices, KILOBYTES)

    def check(output: str) -> Outcome:
        longest = max(map(len, output.splitlines()))
        if longest > RESULT:
            raise BenchmarkError(f"a result of {longest} characters, more than {RESULT}")
        with Store.open(None, state) as store:
            run = store.runs(limit=1)[0]
            judged = sum(1 for each in store.judged(run.id) if each.score is not None)
        return Outcome(judged, devices - judged)

    # Each host's own result would cost a process a host, which is Ansible's time and not ours.
    chosen = json.dumps({"compliance_fail_job": "never", "compliance_host_outcome": "none"})
    words: Mapping[str, Sequence[str | Path]] = {
        "ours": [ROOT / "playbooks/compliance.yml", "-v", "-e", chosen],
        "ansible": [floor],
    }
    for who, arguments in words.items():
        yield Case(
            case=case if who == "ours" else f"{case}_floor",
            who=who,
            n=devices,
            command=[BIN / "ansible-playbook", "-i", inventory, *arguments],
            environment=_environment(place, XDG_STATE_HOME=str(place)),
            directory=work,
            prepare=prepare,
            check=check if who == "ours" else lambda _output: Outcome(devices, 0),
            rounds=rounds,
        )


def _environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of every contestant: nothing of the developer's own."""
    return {
        "PATH": f"{BIN}:/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(COLLECTIONS),
        "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        **more,
    }


def _page(work: Path, rows: Sequence[Mapping[str, Any]]) -> str:
    """How long a browser takes for the page of the biggest fleet that was judged."""
    jobs = [row for row in rows if row["case"] in ("job", "job_many") and row["who"] == "ours"]
    if not jobs:
        return "No page was written."
    row = max(jobs, key=lambda row: row["n"])
    path = work / row["case"] / "prime.netops/reports/compliance.html"
    with browser(work / "browser") as driver:
        driver.get(path.as_uri())
        milliseconds = driver.execute_script(
            "return Number(document.documentElement.dataset.ready)"
        )
        said = console(driver)
    if not milliseconds or said:
        raise BenchmarkError(f"the page is not drawn: {said}")
    size = path.stat().st_size / 1e6
    return f"Page of {row['n']:,} devices: {size:.1f} MB, drawn after {milliseconds} ms in Chromium"
