"""What the tests that break things share: a fleet, a database server, and seeded chance."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.lab.fleet import Lab, fleet
from tests.lab.postgres import postgres

__all__ = ["postgres"]

DEVICES = 100


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """100 devices that answer at once."""
    state = tmp_path_factory.mktemp("lab")
    with fleet(DEVICES, state=state, platforms=("arista_eos",), size_kb=4) as running:
        yield running


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """The same chance every time for a test of this name."""
    return random.Random(request.node.name)
