"""The examples of the plugin's documentation, and where its options may come from."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.netbox.expected import hosts, names
from tests.integration.netbox.source import Source
from tests.integration.netbox.test_errors import refused
from tests.integration.playbook import ROOT, Controller, vaulted
from tests.lab.netbox import NetBox
from tests.lab.netbox.proxy import Proxy, proxy, self_signed
from tests.lab.netbox.seed.estate import MARKER

SOURCE = (ROOT / "plugins/inventory/netbox.py").read_text(encoding="utf-8")
EXAMPLES: list[dict[str, Any]] = list(
    yaml.safe_load_all(SOURCE.partition('EXAMPLES = r"""')[2].partition('"""')[0])
)


@pytest.mark.parametrize("example", EXAMPLES, ids="-".join)
def test_every_example_of_the_documentation(
    lab: NetBox, source: Source, controller: Controller, example: dict[str, Any]
) -> None:
    """Taken as it stands, with the address and the token where the first one says."""
    token = controller.write(".config/netbox-token", f"{source.token}\n")
    token.chmod(0o600)
    answer = source.run(
        controller.write("netbox.yml", example),
        environment={
            "NETBOX_API": lab.url,
            **({} if "token_file" in example else {"NETBOX_TOKEN": source.token}),
        },
    )
    assert answer.hosts
    assert answer.hosts.keys() <= names(lab)
    assert MARKER not in answer.stdout + answer.stderr


def test_there_are_examples() -> None:
    """So that the test above cannot pass for want of them."""
    assert len(EXAMPLES) >= 5


@pytest.mark.parametrize("name", ["netbox.yml", "netbox.yaml", "ams.netbox.yml"])
def test_the_names_of_its_files(lab: NetBox, source: Source, name: str) -> None:
    """These endings are the plugin's."""
    assert source.run(source.file(name)).hosts.keys() == names(lab)


def test_a_file_of_another_name_is_not_its_own(source: Source) -> None:
    """An inventory that happens to name the plugin is left alone, and the run fails."""
    assert source.run(source.file("hosts.yml")).rc != 0


def test_a_template_and_a_vault(lab: NetBox, source: Source, controller: Controller) -> None:
    """The address by a lookup, the token encrypted in the file."""
    password = controller.write("vault-password", "open sesame")
    text = (
        "plugin: prime.netops.netbox\n"
        "api_endpoint: \"{{ lookup('ansible.builtin.env', 'WHERE') }}\"\n"
        f"token: {vaulted(source.token, 'open sesame')}\n"
    )
    answer = source.run(
        controller.write("netbox.yml", text),
        "--vault-password-file",
        str(password),
        environment={"WHERE": lab.url},
    )
    assert answer.hosts.keys() == names(lab)


def test_a_mistyped_option_is_an_error(source: Source) -> None:
    """Ansible takes no notice of an option that a plugin does not have; a filter set under a wrong
    name would list everything."""
    answer = source.ask(filter=[{"site": "nl01"}])
    assert answer.rc != 0
    assert "filter" in answer.told


def test_a_proxy_on_the_way(lab: NetBox, source: Source, front: Proxy) -> None:
    """By option: every request goes through it, none beside it."""
    everyone = names(lab)
    before = requests(lab)
    assert source.ask(proxy=front.url).hosts.keys() == everyone
    assert len(front.seen) == requests(lab) - before > 0


def requests(lab: NetBox) -> int:
    """How many requests NetBox has answered, when no line of its log is on its way any more."""
    known, now = -1, lab.traffic()[0]
    while known != now:
        time.sleep(0.3)
        known, now = now, lab.traffic()[0]
    return now


def test_verbose_output_holds_no_token(source: Source) -> None:
    """Not even with -vvvv."""
    answer = source.ask("-vvvv")
    assert answer.rc == 0
    assert MARKER not in answer.stdout + answer.stderr


def test_limits_and_graphs_work(lab: NetBox, source: Source) -> None:
    """Groups are Ansible's: `--limit` takes them."""
    answer = source.ask("--limit", "site_nl01", group_by=["site"])
    here = {name for name, machine in hosts(lab).items() if machine.site == "nl01"}
    assert answer.content["_meta"]["hostvars"].keys() == here


def test_a_certificate_is_checked(lab: NetBox, source: Source, tmp_path: Path) -> None:
    """A certificate that nobody vouches for is an error, until its issuer is trusted or the check
    is switched off. The token is not told before."""
    certificate = self_signed(tmp_path)
    with proxy(lab.url, certificate) as front:
        tls = Source(source.controller, front.url, source.token)
        assert refused(tls.ask(), front.url, "certificate")
        assert not front.seen
        assert tls.ask(ca_path=str(certificate)).hosts.keys() == names(lab)
        assert tls.ask(validate_certs=False).hosts.keys() == names(lab)


def test_the_home_directory_stays_clean(source: Source, tmp_path: Path) -> None:
    """Nothing is left behind by a run without a cache."""
    before = {path for path in source.controller.home.rglob("*") if path.is_file()}
    file = source.file()
    source.run(file)
    after = {path for path in source.controller.home.rglob("*") if path.is_file()}
    assert after - before <= {file}
