"""What the tests against real processes share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.playbook import Controller


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    """A control node that has never run anything."""
    return Controller(tmp_path / "home")
