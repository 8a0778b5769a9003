"""The pages do what they say: README.md, docs/*.md and the roles' pages, against the embedded lab.

The conventions, for whoever writes a page:

- A ```console block is run. Lines that begin with `$ ` are commands, all of a page's in one shell,
  in their order, which stops at the first that fails. Other lines are output and have to come, in
  this order, among whatever else comes; run ids, hashes and decimals may differ. `...` stands for
  any lines, and at a line's end for its rest.
- `<!-- file: PATH -->` above a block of any language makes it a file, written where the shell is.
- Commands that cannot be run here begin with a text of NOT_RUN, which says why.
- A reader of any page but README.md and first-backup.md has followed first-backup.md.
- ```yaml is parsed, and a playbook's syntax is checked; ```python and ```sh are compiled.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.integration.playbook import BIN, ROOT
from tests.lab.fleet import Lab, fleet
from tests.lab.fleet.control import down
from tests.lab.netbox import netbox

PAGES = (ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("roles/*/*.md")))
FIRST = ROOT / "docs/first-backup.md"
NETBOX = {ROOT / "docs/netbox.md", ROOT / "docs/from-nb-inventory.md"}
"""Pages whose reader has a NetBox, in NETBOX_API and NETBOX_TOKEN."""
BY_THEMSELVES = {ROOT / "README.md", FIRST}
SECONDS = 600.0

NOT_RUN = {
    "git clone": "the checkout is the one that is tested",
    "make test": "this is run by it",
    "make bench": "takes minutes and wants the machine for itself",
    "ansible-galaxy collection": "test_artefact.py builds and installs the collection",
    "pip install": "needs a package index",
    "ansible-builder": "needs a container engine",
    "ansible-playbook prime.netops.backup -i inventory -k": "asks at the terminal",
    "ansible-inventory -i nb_inventory.yml": "nb_inventory is in the benchmarks' environment",
    "ssh-keyscan": "asks addresses that no machine has",
}
SUBSTITUTED = {
    "build/lab": "{lab}",  # so that a lab that a developer left running is none of ours
    "path/to/inventory": "{inventory}",
    "ansible-vault create": "ansible-vault create --skip-tty-check",
}
ESTATE = {"ams-r1": "r1", "ams-sw1": "r2", "fra-r1": "r3"}
"""The devices of first-backup.md, and the simulated ones that answer for them."""

BLOCK = re.compile(
    r"^(?:<!-- file: (?P<file>\S+) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.M | re.S
)
LINK = re.compile(r"\[[^]]*\]\((?!https?:)([^)#\s]*)(?:#([^)\s]*))?\)")
CODE = re.compile(r"`([^`\n]+)`")
SHIPPED = {"CHANGELOG.md", "LICENSE", "README.md", "docs", "meta", "playbooks", "plugins", "roles"}
CHANGING = re.compile(r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b|\b[0-9a-f]{7,64}\b|\b\d+\.\d+\b")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the file that it is."""

    language: str
    text: str
    file: str | None

    @property
    def commands(self) -> list[str]:
        """What the reader types; a line that ends in a backslash goes on in the next one."""
        if self.language != "console":
            return []
        return [line[2:] for line in self.text.splitlines() if line.startswith("$ ")]

    @property
    def output(self) -> list[str]:
        """What the reader sees."""
        return [line for line in self.text.splitlines() if not line.startswith("$ ")]


def blocks(page: Path) -> list[Block]:
    """The fenced blocks of a page."""
    return [
        Block(found["language"], found["text"], found["file"])
        for found in BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def name(page: Path) -> str:
    """A page's path in the repository."""
    return str(page.relative_to(ROOT))


def is_run(page: Path) -> bool:
    """Whether a page has a command that is run."""
    return any(not why_not(command) for block in blocks(page) for command in block.commands)


def why_not(command: str) -> str | None:
    """The reason why a command is not run."""
    return next((why for start, why in NOT_RUN.items() if command.startswith(start)), None)


class Reader:
    """Somebody who follows a page: a home of their own, the checkout in it, and an estate."""

    def __init__(self, home: Path, estate: Lab) -> None:
        self.home = home
        self.environment: dict[str, str] = {}
        self.lab = home / "lab"
        self._inventory = estate.inventory
        self._password = estate.plan.password
        self._overrides = {
            "all": {
                "hosts": {
                    host: {
                        "ansible_host": estate.plan.device(device).address,
                        "ansible_port": estate.plan.port,
                        "ansible_user": estate.plan.user,
                    }
                    for host, device in ESTATE.items()
                }
            }
        }
        home.mkdir()
        (home / "prime.netops").symlink_to(ROOT)
        editor = home / "editor"
        editor.write_text(f'#!/bin/sh\necho "vault_device_password: {self._password}" >"$1"\n')
        editor.chmod(0o700)

    def follow(self, script: str) -> str:
        """What a shell prints that runs the script; it has to succeed."""
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=self.home,
            env={
                "PATH": f"{BIN}:/usr/bin:/bin",
                "HOME": str(self.home),
                "LANG": "C.UTF-8",
                "EDITOR": str(self.home / "editor"),
                "MAKEFLAGS": f"LAB={self.lab}",
                "EOS_PASSWORD": self._password,
                "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_DEPRECATION_WARNINGS": "0",
                **self.environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout.replace(str(self.lab), "/srv/prime.netops/build/lab")

    def script(self, page: Path) -> str:
        """The shell script that a page is. Before the output of block N stands a line @@N@@."""
        steps = [] if page in BY_THEMSELVES else ["cd ~/prime.netops", *map(self._step, _estate())]
        for number, block in enumerate(blocks(page)):
            steps += [f"echo; echo @@{number}@@", self._step(block)]
        return "\n".join(steps)

    def _step(self, block: Block) -> str:
        written = self._write(block.file, block.text) if block.file else ()
        typed = [self._typed(command) for command in block.commands if not why_not(command)]
        return "\n".join((*written, *typed))

    def _typed(self, command: str) -> str:
        for page, here in SUBSTITUTED.items():
            command = command.replace(page, here.format(lab=self.lab, inventory=self._inventory))
        return f"echo {shlex.quote(f'$ {command}')}\n{command}"

    def _write(self, file: str, text: str) -> Iterator[str]:
        """A file of the page; beside an inventory, the addresses at which the lab stands for it."""
        yield f"mkdir -p $(dirname {file}); printf %s {shlex.quote(text)} >{file}"
        if file == "inventory/hosts.yml":
            overrides = shlex.quote(yaml.safe_dump(self._overrides))
            yield f"printf %s {overrides} >inventory/zz-lab.yml"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The three devices of first-backup.md."""
    state = tmp_path_factory.mktemp("estate")
    platforms = ("cisco_ios", "arista_eos")
    with fleet(3, state=state, platforms=platforms, size_kb=5) as running:
        yield running


@pytest.fixture(scope="module")
def netbox_words() -> Iterator[dict[str, str]]:
    """Where the lab's NetBox is, and a token that may read everything."""
    with netbox() as running:
        yield {"NETBOX_API": running.url, "NETBOX_TOKEN": running.tokens["reader"].text}


@pytest.fixture
def reader(estate: Lab, tmp_path: Path) -> Iterator[Reader]:
    """A reader; what the page's commands left running ends with it."""
    reader = Reader(tmp_path / "home", estate)
    yield reader
    down(reader.lab)


@pytest.mark.parametrize("page", [*filter(is_run, PAGES)], ids=name)
def test_the_commands_of_a_page_do_what_it_shows(
    page: Path, reader: Reader, request: pytest.FixtureRequest
) -> None:
    """Followed from its top, every command succeeds and prints what stands below it."""
    if page in NETBOX:
        reader.environment = request.getfixturevalue("netbox_words")
    printed = dict(_by_block(reader.follow(reader.script(page))))
    for number, block in enumerate(blocks(page)):
        if block.commands and not any(map(why_not, block.commands)):
            missing = first_missing(block.output, printed[number].splitlines())
            assert missing is None, f"{missing!r} did not come in:\n{printed[number]}"


def _estate() -> list[Block]:
    """The blocks of first-backup.md that make the estate which the other pages work on."""
    steps = blocks(FIRST)
    first = next(i for i, step in enumerate(steps) if "~/netops" in "".join(step.commands))
    last = next(i for i, step in enumerate(steps) if "ansible-vault create" in step.text)
    return steps[first : last + 1]


def _by_block(output: str) -> Iterator[tuple[int, str]]:
    parts = re.split(r"^@@(\d+)@@\n", output, flags=re.M)
    yield from zip(map(int, parts[1::2]), parts[2::2], strict=True)


def first_missing(shown: list[str], printed: list[str]) -> str | None:
    """The first line shown that does not come in its turn among those printed."""
    rest = iter(printed)
    for line in shown:
        if line.strip() not in {"...", ""} and not any(same(line, other) for other in rest):
            return line
    return None


def same(shown: str, printed: str) -> bool:
    """Whether two lines are equal but for run ids, hashes, decimals and an end that is left out."""
    start, left_out, _nothing = shown.partition(" ...")
    wanted, got = (" ".join(CHANGING.sub("#", line).split()) for line in (start, printed))
    return got.startswith(wanted) if left_out else got == wanted


def test_every_reason_not_to_run_is_needed() -> None:
    """A command that no page shows any more needs no excuse."""
    typed = [command for page in PAGES for block in blocks(page) for command in block.commands]
    assert not [
        start for start in NOT_RUN if not any(command.startswith(start) for command in typed)
    ]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_examples_of_a_page_are_valid(page: Path, tmp_path: Path) -> None:
    """YAML parses, playbooks pass the syntax check, Python and shell compile."""
    for number, block in enumerate(blocks(page)):
        if block.language == "python":
            compile(block.text, f"{page.name}:{number}", "exec")
        elif block.language == "sh":
            subprocess.run(["bash", "-n"], input=block.text, text=True, check=True)
        elif block.language == "yaml":
            check_yaml(block.text, tmp_path / f"{number}.yml")


def check_yaml(text: str, path: Path) -> None:
    """Parse YAML as Ansible does; a list of plays is a playbook."""
    content = yaml.load(text, Loader=_Tagged)
    assert content is not None
    if isinstance(content, list) and {"hosts", "import_playbook"} & content[0].keys():
        path.write_text(text, encoding="utf-8")
        command = [BIN / "ansible-playbook", "--syntax-check", "-i", "localhost,", path]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr


class _Tagged(yaml.SafeLoader):
    """YAML with the tags that Ansible adds."""


_Tagged.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Files and headings are there, and in the collection's archive too."""
    broken = []
    for target, heading in LINK.findall(without_blocks(page)):
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or file.relative_to(ROOT).parts[0] not in SHIPPED:
            broken.append(target)
        elif heading and heading not in headings(file):
            broken.append(f"{target}#{heading}")
    assert not broken


def without_blocks(page: Path) -> str:
    """A page's text without the fenced blocks."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as git servers make them."""
    titles = re.findall(r"^#+ (.+)$", without_blocks(page), re.M)
    return {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_names_is_there(page: Path) -> None:
    """Files of the repository, targets of make, and variables of the role and the devices."""
    words = set(CODE.findall(without_blocks(page)))
    paths = {
        word for word in words if re.match(r"(?:docs|meta|playbooks|plugins|roles|tests)/", word)
    }
    assert not {path for path in paths if not list(ROOT.glob(path))}
    targets = {word.split()[1] for word in words if re.match(r"make \w", word)}
    assert targets <= set(re.findall(r"^([\w.-]+):", (ROOT / "Makefile").read_text(), re.M))
    variables = {
        word for word in words if re.fullmatch(r"(?:backup|compliance|netops)_[a-z_]+", word)
    }
    assert not {word for word in variables if not re.search(rf"\b{word}\b", sources())}


def sources() -> str:
    """All that may define a variable: the role, the playbooks, the plugins."""
    files = (
        *ROOT.glob("roles/**/*.yml"),
        *ROOT.glob("playbooks/*.yml"),
        *ROOT.glob("plugins/**/*.py"),
        *ROOT.glob("plugins/**/*.yml"),
    )
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


@pytest.mark.parametrize("role", sorted(ROOT.glob("roles/*")), ids=name)
def test_the_roles_page_explains_every_option(role: Path) -> None:
    """Each option of argument_specs.yml has a row with its default."""
    options = yaml.safe_load((role / "meta/argument_specs.yml").read_text())["argument_specs"][
        "run"
    ]["options"]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", (role / "README.md").read_text(), re.M))
    assert rows.keys() >= options.keys()
    defaults = {option: spec["default"] for option, spec in options.items() if "default" in spec}
    told = {option: yaml.safe_load(rows[option].strip("`")) for option in defaults}
    assert told == defaults
