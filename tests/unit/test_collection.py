"""The collection as a whole: its floors, its dependencies, its metadata."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
UTILS = PLUGINS / "plugin_utils"
PACKAGE = "ansible_collections.prime.netops.plugins"

# From the ground up; a file may import its own floor and those below it.
FLOORS = (
    {"closing", "errors", "events", "locks", "platforms"},
    {"config", "store", "observe"},
    {"tasks", "fleet", "compliance", "netbox"},
    {"jobs"},
    {"bridge"},
)
FLOOR_OF = {part: number for number, parts in enumerate(FLOORS) for part in parts}

# The name to import, where it differs from the name to install.
INSTALLED_AS = {
    "yaml": "pyyaml",
    "nornir_netmiko": "nornir-netmiko",
    "ntc_templates": "ntc-templates",
}


def sources(root: Path) -> list[Path]:
    """All Python files below a directory."""
    return sorted(root.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """The absolute dotted names that a file imports; what a relative import means is worked out."""
    here = (PACKAGE, *path.relative_to(PLUGINS).with_suffix("").parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(here[: -node.level]) + "." if node.level else ""
            yield from (
                f"{base}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names
            )


def part_of(path: Path) -> str:
    """The part of plugin_utils a file belongs to: its directory there, or its own name."""
    return path.relative_to(UTILS).with_suffix("").parts[0]


def imported_part(name: str) -> str | None:
    """The part of plugin_utils that a dotted name stands in."""
    found = re.match(rf"{re.escape(PACKAGE)}\.plugin_utils\.(\w+)", name)
    return found and found[1]


def declared() -> dict[str, Requirement]:
    """The libraries that the collection tells execution environments to install."""
    lines = (ROOT / "meta/ee-requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(requirement.name): requirement for requirement in wanted}


def locked(name: str) -> dict[str, str]:
    """The versions in a lock file by distribution; of ansible-core the newest."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)(?:\[\w+\])?==([^\s;]+)", text, re.MULTILINE))


def read_yaml(name: str) -> dict[str, object]:
    """A YAML file of the repository."""
    content = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@pytest.mark.parametrize("path", sources(UTILS), ids=lambda path: str(path.relative_to(UTILS)))
def test_no_file_imports_from_a_higher_floor(path: Path) -> None:
    """Each file of plugin_utils imports from its own floor and from those below it."""
    part = part_of(path)
    assert part in FLOOR_OF, (
        f"{part} stands on no floor; give it one in this test and in docs/architecture.md"
    )
    higher = [
        name
        for name in imports(path)
        if (other := imported_part(name)) is not None and FLOOR_OF[other] > FLOOR_OF[part]
    ]
    assert not higher


def test_ansible_is_imported_in_the_bridge_alone() -> None:
    """Below the bridge nothing knows Ansible, so all of it runs and is tested without."""
    guilty = {
        str(path.relative_to(UTILS)): name
        for path in sources(UTILS)
        if part_of(path) != "bridge"
        for name in imports(path)
        if name.partition(".")[0] == "ansible"
    }
    assert not guilty


def test_every_imported_library_is_declared() -> None:
    """Plugins import the standard library, Ansible, and what meta/ee-requirements.txt names."""
    known = {*sys.stdlib_module_names, "ansible", "ansible_collections"}
    used = {
        name.partition(".")[0]: str(path.relative_to(ROOT))
        for path in sources(PLUGINS)
        for name in imports(path)
    }
    libraries = {
        canonicalize_name(INSTALLED_AS.get(name, name)): path
        for name, path in used.items()
        if name not in known
    }
    assert not {name: path for name, path in libraries.items() if name not in declared()}


def test_the_locks_fit_the_declared_ranges_and_each_other() -> None:
    """One version of each library everywhere, within the range that users are promised."""
    runtime = locked("requirements.txt")
    for name, requirement in declared().items():
        assert requirement.specifier.contains(runtime[name]), name
    for other in ("test", "bench"):
        lock = locked(f"tests/requirements/{other}.txt")
        assert {name: lock.get(name) for name in runtime} == runtime, other


def test_the_oldest_ansible_core_that_is_admitted_is_tested() -> None:
    """requires_ansible admits what the matrix runs on, from its oldest row to its newest."""
    admitted = SpecifierSet(str(read_yaml("meta/runtime.yml")["requires_ansible"]))
    oldest = locked("tests/requirements/core-2.16.txt")["ansible-core"]
    newest = locked("requirements.txt")["ansible-core"]
    assert admitted.contains(oldest)
    assert admitted.contains(newest)
    assert not admitted.contains("2.15.13")


def test_the_action_group_names_every_module() -> None:
    """Shared options can be given once for a play, whichever of our modules it uses.

    But for the one that has no store and so would refuse its options.
    """
    groups = read_yaml("meta/runtime.yml")["action_groups"]
    assert isinstance(groups, dict)
    modules = {path.stem for path in (PLUGINS / "modules").glob("*.py")} - {"benchmark_report"}
    assert sorted(groups["netops"]) == sorted(modules)


def test_every_module_has_its_action_and_every_action_its_documentation() -> None:
    """All work runs on the controller: a module file documents an action plugin."""
    modules = {path.stem for path in (PLUGINS / "modules").glob("*.py")}
    actions = {path.stem for path in (PLUGINS / "action").glob("*.py")}
    assert modules == actions


def test_plugin_files_load_without_the_libraries() -> None:
    """A missing library is that task's clear error; Ansible loads the plugin all the same."""
    program = (
        "import importlib, sys\n"
        "class Missing:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name in sys.argv[1].split(','): raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "for name in sys.argv[2:]: importlib.import_module(name)\n"
    )
    absent = {
        "apprise",
        "nornir",
        "netmiko",
        "paramiko",
        "sqlalchemy",
        "alembic",
        "tenacity",
        "zstandard",
    }
    absent |= {"pynetbox", "requests", "urllib3"}
    names = [
        ".".join((PACKAGE, *path.relative_to(PLUGINS).with_suffix("").parts))
        for path in sources(PLUGINS)
        if path.relative_to(PLUGINS).parts[0] != "plugin_utils"
    ]
    done = subprocess.run(
        [sys.executable, "-c", program, ",".join(absent), *names],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def functions(root: Path) -> Iterator[int]:
    """The length in lines of every function below a directory."""
    for path in sources(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield node.end_lineno - node.lineno + 1


def test_functions_stay_short() -> None:
    """The house norm of docs/architecture.md: a median of 10 lines, nine of ten within 35."""
    lengths = list(functions(PLUGINS))
    assert statistics.median(lengths) <= 10
    assert statistics.quantiles(lengths, n=10)[-1] <= 35


def test_plugin_sources_name_their_licence() -> None:
    """Every source file says whose it is and under which licence it may be used."""
    header = (
        "# Copyright: (c) 2026, the prime.netops authors\n"
        "# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)\n"
        "# SPDX-License-Identifier: GPL-3.0-or-later\n"
    )
    texts = {path: path.read_text(encoding="utf-8") for path in sources(PLUGINS)}
    assert not [
        str(path.relative_to(ROOT))
        for path, text in texts.items()
        if text.strip() and header not in text[: len(header) + 30]
    ]


def test_the_repository_names_no_machine() -> None:
    """A checkout works anywhere: no file knows a home, a work place or a package registry."""
    machine = re.compile(
        r"/(?:work|root|home/\w+)/"
        r"|pypi\.o[r]g|pythonhos[t]ed|npmjs\.o[r]g|deb\.debian\.o[r]g"
    )
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    guilty = {}
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
        if found := machine.search(text):
            guilty[name] = found[0]
    assert not guilty
