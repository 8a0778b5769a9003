"""One real NetBox for all tests of this directory; whoever changes it puts it back."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.integration.netbox.source import Answer, Source
from tests.integration.playbook import Controller
from tests.lab.netbox import NetBox, netbox
from tests.lab.netbox.proxy import Proxy, proxy


def _say(line: str) -> None:
    print(line, file=sys.__stderr__, flush=True)


@pytest.fixture(scope="session")
def lab() -> Iterator[NetBox]:
    """NetBox 4.7 with 200 devices and 10 virtual machines."""
    with netbox(say=_say) as running:
        yield running


@pytest.fixture(scope="session")
def big_lab() -> Iterator[NetBox]:
    """The same with 10,000 devices and 500 virtual machines."""
    with netbox(10_000, say=_say) as running:
        yield running


@pytest.fixture
def source(lab: NetBox, controller: Controller) -> Source:
    """A control node with a token that may read everything."""
    return Source(controller, lab.url, lab.tokens["reader"].text)


@pytest.fixture(scope="session")
def listed(lab: NetBox, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    """What the shortest netbox.yml gives, for tests that look at one side of it each."""
    node = Controller(tmp_path_factory.mktemp("listed"))
    return Source(node, lab.url, lab.tokens["reader"].text).ask()


@pytest.fixture
def front(lab: NetBox) -> Iterator[Proxy]:
    """Something that stands between the control node and NetBox."""
    with proxy(lab.url) as running:
        yield running


@pytest.fixture
def behind(source: Source, front: Proxy) -> Source:
    """The control node that has to go through it."""
    return Source(source.controller, front.url, source.token)
