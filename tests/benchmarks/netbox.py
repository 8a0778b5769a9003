"""The inventory of a NetBox with 10,000 devices: ours, nb_inventory's, and Ansible's own floor."""

from __future__ import annotations

import json
import marshal
import re
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.frame import (
    BIN,
    COLLECTIONS,
    SITE_PACKAGES,
    Bench,
    BenchmarkError,
    Case,
    Options,
    Outcome,
    bench_environment,
    collections,
    run_unmeasured,
    versions,
)
from tests.lab.netbox import NetBox, rival
from tests.lab.netbox import netbox as running_netbox

_LIBRARIES = ("ansible-core", "pynetbox", "requests", "urllib3")
_JSON = re.compile(r"^\{$.*^\}$", re.MULTILINE | re.DOTALL)

OURS: Mapping[str, Any] = {
    "plugin": "prime.netops.netbox",
    "addresses": ["primary_ip"],
    "variables": [
        "asset_tag",
        "cluster",
        "cluster_type",
        "custom_fields",
        "device_type",
        "local_context_data",
        "location",
        "manufacturer",
        "object_type",
        "platform",
        "primary_ip4",
        "rack",
        "region",
        "role",
        "serial",
        "site",
        "site_group",
        "status",
        "tags",
        "tenant",
        "virtual_chassis",
    ],
}
"""The same that nb_inventory gives whether it is wanted or not."""
GROUPS = ["site", "role", "platform"]
COMPAT: Mapping[str, Any] = {
    **rival.OPTIONS,
    "plugin": "prime.netops.netbox",
    "nb_inventory_compat": True,
}
"""The rival's own file, moved: the same names, values and nesting too."""
TARGETS = {"list": (5, 5, 4), "host": (5, 5, 4), "list+config_context": (2, 2, 2)}
"""How many times less wall time, CPU and memory above the floor than nb_inventory."""


@dataclass(frozen=True, slots=True)
class Ground:
    """What the contestants share. `machines` is the `n` of every row, `host` one that is asked for
    by name."""

    lab: NetBox
    work: Path
    machines: int
    host: str

    def case(
        self,
        case: str,
        who: str,
        programs: Path,
        options: Mapping[str, Any],
        check: Callable[[str], Outcome],
    ) -> Case:
        """A run of ansible-inventory on a file of its own."""
        directory = self.work / f"{case}-{who}".replace(":", "-").replace(" ", "-")
        directory.mkdir()
        given = {"api_endpoint": self.lab.url, "token": self.lab.tokens["reader"].text, **options}
        (directory / "netbox.yml").write_text(json.dumps(given, indent=1))
        return self.asking(case, who, programs, directory, "netbox.yml", check)

    def asking(
        self,
        case: str,
        who: str,
        programs: Path,
        directory: Path,
        file: str,
        check: Callable[[str], Outcome],
    ) -> Case:
        """A run of ansible-inventory on a file that is there."""
        words = ["--host", self.host] if case == "host" else ["--list"]
        return Case(
            case=case,
            who=who,
            n=self.machines,
            command=[programs / "ansible-inventory", "-i", directory / file, *words],
            environment={
                "PATH": f"{programs}:/usr/bin:/bin",
                "HOME": str(directory),
                "LANG": "C.UTF-8",
                "ANSIBLE_COLLECTIONS_PATH": str(_collections_of(programs)),
                "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
            },
            directory=directory,
            prepare=lambda: None,
            check=check,
            traffic=lambda: self.lab.traffic()[1],
        )


@contextmanager
def netbox(options: Options, work: Path) -> Iterator[Bench]:
    """The benchmark; all that it starts ends with it."""
    bench = bench_environment()
    with running_netbox(options.devices, lambda line: print(line, flush=True)) as lab:
        host = next(machine.name for machine in lab.machines if machine.number == 20)
        ground = Ground(lab, work, len(lab.machines), str(host))
        truth = _Truth(lab)
        cases = [*_fetching(ground, truth, bench / "bin"), *_cached(ground, truth, bench / "bin")]
        yield Bench(
            cases,
            _versions(bench),
            warm_up=lambda: _warm_up([case for case in cases if options.want(case)]),
            conclude=conclude,
        )


def _warm_up(cases: Sequence[Case]) -> None:
    """So that the first one does not pay for what NetBox keeps from then on."""
    for case in cases:
        if case.case == "host" and case.who == "ours":
            run_unmeasured(case)


def _fetching(ground: Ground, truth: _Truth, programs: Path) -> Iterator[Case]:
    """Each question to all of them."""
    contexts = {"config_context": True}
    for case, more in (("list", {}), ("list+config_context", contexts), ("host", {})):
        check = truth.one(ground) if case == "host" else truth.all(ground, bool(more))
        for who, where, options in (
            ("ours", BIN, OURS),
            ("ours:compat", BIN, COMPAT),
            ("nb_inventory", programs, rival.OPTIONS),
        ):
            yield ground.case(case, who, where, {"group_by": GROUPS, **options, **more}, check)
        yield _floor(ground, case, truth, bool(more))


def _floor(ground: Ground, case: str, truth: _Truth, contexts: bool) -> Case:
    """The hosts that ours gives, from memory. They are taken once, before the first run."""
    directory = ground.work / f"{case}-floor"
    directory.mkdir()
    shutil.copy(Path(__file__).with_name("floor_inventory.py"), directory)
    options = {"group_by": GROUPS, **OURS, "config_context": contexts}
    source = ground.case(f"for the floor of {case}", "ours", BIN, options, truth.any)

    def prepare() -> None:
        if not (directory / "hosts.floor").exists():
            found = rival.plain(json.loads(_json(run_unmeasured(source))))
            hosts = found.pop("_meta")["hostvars"]
            groups = {name: group["hosts"] for name, group in found.items() if "hosts" in group}
            content = marshal.dumps({"hosts": hosts, "groups": groups})
            (directory / "hosts.floor").write_bytes(content)

    check = truth.one(ground) if case == "host" else truth.all(ground, contexts)
    floor = ground.asking(case, "floor", BIN, directory, "hosts.floor", check)
    environment = {
        **floor.environment,
        "ANSIBLE_INVENTORY_PLUGINS": str(directory),
        "ANSIBLE_INVENTORY_ENABLED": "floor_inventory",
    }
    return replace(floor, environment=environment, prepare=prepare)


def _cached(ground: Ground, truth: _Truth, programs: Path) -> Iterator[Case]:
    """A second run with a cache that the first one filled, which is not measured. One round is
    enough for nb_inventory, whose hit takes minutes."""
    for who, where, options, rounds in (
        ("ours", BIN, OURS, 0),
        (
            "nb_inventory",
            programs,
            {**rival.OPTIONS, "cache_plugin": "ansible.builtin.jsonfile"},
            1,
        ),
    ):
        place = ground.work / f"cache-of-{who}"
        cache = {"cache": True, "cache_timeout": 86400, "cache_connection": str(place)}
        check = truth.all(ground, contexts=False)
        case = ground.case("cache hit", who, where, {"group_by": GROUPS, **options, **cache}, check)
        yield replace(case, rounds=rounds, prepare=_filled(case, place))


def _filled(case: Case, place: Path) -> Callable[[], None]:
    def prepare() -> None:
        if not place.exists():
            run_unmeasured(case)

    return prepare


class _Truth:
    """What each run has to have printed; BenchmarkError for anything else."""

    def __init__(self, lab: NetBox) -> None:
        machines = lab.machines
        masters = {machine.chassis for machine in machines if machine.master}
        alone = rival.listed_by_it_alone(machines)
        left_out = {
            machine.serial
            for machine in machines
            if machine.chassis in masters and not machine.master
        }
        everyone = {machine.serial: machine.primary for machine in machines}
        self.theirs = {s: address for s, address in everyone.items() if s not in left_out}
        self.ours = {s: address for s, address in self.theirs.items() if s not in alone}

    def all(self, ground: Ground, contexts: bool) -> Callable[[str], Outcome]:
        """Every machine once, at its address; ours may stand for a chassis that has no master."""

        def check(output: str) -> Outcome:
            hosts = rival.hosts(_json(output))
            variable = "serial" if "serial" in next(iter(hosts.values())) else "netbox_serial"
            found = {s: where for s, (_n, where) in rival.by_serial(hosts, variable).items()}
            if len(hosts) != len(found) or found not in (self.ours, self.theirs):
                wrong = found.items() ^ self.ours.items()
                raise BenchmarkError(f"{len(hosts)} hosts, of which differ: {sorted(wrong)[:5]}")
            if contexts and not any("dns_servers" in str(v) for v in hosts.values()):
                raise BenchmarkError("no config contexts")
            return Outcome(ground.machines, 0)

        return check

    def one(self, ground: Ground) -> Callable[[str], Outcome]:
        """The one host, at its address."""

        def check(output: str) -> Outcome:
            variables = rival.plain(json.loads(_json(output)))
            serial = variables.get("netbox_serial", variables.get("serial"))
            if variables["ansible_host"] != self.ours[serial]:
                raise BenchmarkError(f"another address: {variables}")
            return Outcome(ground.machines, 0)

        return check

    def any(self, _output: str) -> Outcome:
        """Nothing is judged."""
        return Outcome(0, 0)


def conclude(rows: Sequence[Mapping[str, Any]]) -> str:
    """By how much ours is below nb_inventory when what Ansible itself costs is taken off both.
    Ratios are taken within a round; the medians are shown, with what was aimed at."""
    lines = [f"{'above the floor, nb_inventory / ours':<38}  wall  (aim)   CPU  (aim)   MB  (aim)"]
    for case, aims in TARGETS.items():
        for who in ("ours", "ours:compat"):
            ratios = [_ratio(rows, case, who, of) for of in (_wall, _cpu, _megabytes)]
            cells = "  ".join(f"{_times(r):>5} ({a:3d})" for r, a in zip(ratios, aims, strict=True))
            lines.append(f"{case + ' ' + who:<38} {cells}")
    return "\n".join(lines)


def _ratio(
    rows: Sequence[Mapping[str, Any]],
    case: str,
    who: str,
    of: Callable[[Mapping[str, Any]], float],
) -> float:
    by_round: dict[int, dict[str, float]] = {}
    for row in rows:
        if row["case"] == case:
            by_round.setdefault(row["round"], {})[row["who"]] = of(row)
    ratios = [
        (turn["nb_inventory"] - turn["floor"]) / max(turn[who] - turn["floor"], 1e-9)
        for turn in by_round.values()
        if {who, "nb_inventory", "floor"} <= turn.keys()
    ]
    return median(ratios) if ratios else float("nan")


def _times(ratio: float) -> str:
    """A ratio in words: a contestant that was no dearer than the floor has none."""
    return "floor" if ratio > 1_000_000 else f"{ratio:.1f}"


def _wall(row: Mapping[str, Any]) -> float:
    return float(row["wall_s"])


def _cpu(row: Mapping[str, Any]) -> float:
    return float(row["cpu_ms_per_item"] * row["n"] / 1000)


def _megabytes(row: Mapping[str, Any]) -> float:
    return float(row["peak_pss_mb"])


def _json(output: str) -> str:
    """The JSON in what was printed, warnings before and after it."""
    found = _JSON.search(output)
    if found is None:
        raise BenchmarkError("no JSON was printed")
    return found[0]


def _collections_of(programs: Path) -> Path:
    """Where the collections are that these programs shall use."""
    return (
        COLLECTIONS if programs == BIN else next(programs.parent.glob("lib/python3*/site-packages"))
    )


def _versions(bench: Path) -> dict[str, str]:
    site_packages = next(bench.glob("lib/python3.*/site-packages"))
    return versions(_LIBRARIES, SITE_PACKAGES) | dict(
        collections(site_packages, ("netbox.netbox",))
    )
