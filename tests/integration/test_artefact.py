"""The collection as users get it: built, installed from the archive, and read by ansible-doc."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


def run(*command: str | Path, **environment: str) -> str:
    """Run a program of this environment in the checkout; its output."""
    done = subprocess.run(
        [BIN / command[0], *command[1:]],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A collections path on which nothing but the built and installed collection stands."""
    place = tmp_path_factory.mktemp("artefact")
    run("ansible-galaxy", "collection", "build", "--output-path", place / "dist")
    (archive,) = (place / "dist").glob("prime-netops-*.tar.gz")
    # Forced, because this environment has the collection already: the checkout.
    run("ansible-galaxy", "collection", "install", archive, "-p", place / "c", "--force")
    return place / "c"


def test_the_artefact_holds_what_users_need_and_no_more(installed: Path) -> None:
    """Neither the lab with its planted secrets nor what a developer's tools leave is shipped."""
    root = installed / "ansible_collections/prime/netops"
    listed = json.loads((root / "FILES.json").read_text(encoding="utf-8"))["files"]
    files = [entry["name"] for entry in listed if entry["ftype"] == "file"]
    tests = {name for name in files if name.startswith("tests/")}
    assert {name.partition("/")[0] for name in files} - {"tests"} == {
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "bindep.txt",
        "changelogs",
        "docs",
        "meta",
        "playbooks",
        "plugins",
        "requirements.txt",
        "roles",
    }
    assert all(name == "tests/config.yml" or name.startswith("tests/sanity/") for name in tests)
    assert not [name for name in files if "__pycache__" in name]


def test_the_installed_modules_document_themselves(installed: Path) -> None:
    """ansible-doc knows every module of an installed copy and has a line to say about each."""
    known = json.loads(
        run(
            "ansible-doc",
            "--type=module",
            "--list",
            "--json",
            "prime.netops",
            ANSIBLE_COLLECTIONS_PATH=str(installed),
        )
    )
    modules = (ROOT / "plugins/modules").glob("*.py")
    assert set(known) == {f"prime.netops.{path.stem}" for path in modules}
    assert all(known.values())


def test_the_playbook_is_found_by_its_name(installed: Path) -> None:
    """An installed copy is used without a path: ansible-playbook prime.netops.backup."""
    run(
        "ansible-playbook",
        "prime.netops.backup",
        "--syntax-check",
        "--inventory=localhost,",
        ANSIBLE_COLLECTIONS_PATH=str(installed),
    )
