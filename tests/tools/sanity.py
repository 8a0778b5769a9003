"""Runs ansible-test sanity on the installed copy of the collection.

    sanity.py CACHE [OPTION...]     options go to `ansible-test sanity`

ansible-test makes an environment per test, starts each by downloading pip, and drops pip's
variables. It keeps all that in the home directory. So it gets a home of its own under CACHE with
two files in it: a script that takes pip from Python itself instead of the network, and a pip.conf
that says what the user's own settings say.

The `import` test sees the libraries that the collection declares and no others, which is how users
have it. That plugin files load without them is a unit test (tests/unit/test_collection.py).
"""

from __future__ import annotations

import configparser
import hashlib
import os
import re
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

ROOT = Path(__file__).parents[2]
COPY = ROOT / "build/galaxy/ansible_collections/prime/netops"
BIN = Path(sys.executable).parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"

GET_PIP = '''\
"""Installs pip as get-pip.py does, from the copy that Python carries."""
import subprocess, sys
python = [sys.executable, "-m"]
subprocess.check_call([*python, "ensurepip", "--default-pip"], stdout=subprocess.DEVNULL)
names = [word for word in sys.argv[1:] if not word.startswith("-")]
subprocess.check_call([*python, "pip", "install", "--quiet", *names])
'''


def pip_version() -> str:
    """The pip that this ansible-test starts with; it names its cached script after it."""
    place = distribution("ansible-core").locate_file(
        "ansible_test/_internal/python_requirements.py"
    )
    source = Path(str(place)).read_text(encoding="utf-8")
    found = re.search(r"default_packages = dict\(\s*pip='([\d.]+)'", source)
    if found is None:
        raise SystemExit("ansible-test does not say any more which pip it uses: mend pip_version()")
    return found[1]


def prepare_home(home: Path) -> None:
    """Lay out the home directory that ansible-test gets."""
    script = home / f".ansible/test/cache/get_pip_{pip_version().replace('.', '_')}.py"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(GET_PIP, encoding="utf-8")
    settings = configparser.RawConfigParser()
    user = Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config"))
    settings.read([user / "pip/pip.conf", Path.home() / ".pip/pip.conf"])
    named = {
        name.removeprefix("PIP_").lower().replace("_", "-"): value
        for name, value in os.environ.items()
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE"
    }
    settings.read_dict({"global": named})
    target = home / ".config/pip/pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("w", encoding="utf-8") as file:
        settings.write(file)


def ansible_test(home: Path, *options: str) -> int:
    """Run `ansible-test sanity` in the copy; its exit code."""
    command = [BIN / "ansible-test", "sanity", "--python", VERSION, "--color", "no", *options]
    env = {**os.environ, "HOME": str(home)}
    return subprocess.run(command, cwd=COPY, env=env, check=False).returncode


def install_declared(home: Path) -> None:
    """Give the environment of the import test the libraries that the collection declares."""
    lock = ROOT / "requirements.txt"
    key = hashlib.sha256(lock.read_bytes()).hexdigest()
    for python in home.glob(f".ansible/test/venv/sanity.import.plugin/{VERSION}/*/bin/python"):
        done = python.parents[1] / "declared.key"
        if done.exists() and done.read_text() == key:
            continue
        subprocess.run(
            [BIN / "python", "-m", "pip", "--python", python, "install", "--quiet", "-r", lock],
            check=True,
        )
        done.write_text(key)


def main(cache: str, *options: str) -> int:
    """Prepare what ansible-test needs and run it."""
    home = Path(cache) / "ansible-test"
    prepare_home(home)
    if ansible_test(home, "--test", "import", "--prime-venvs"):
        return 1
    install_declared(home)
    return ansible_test(home, *options)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
