"""What all tests rely on: that they test this checkout and no other copy of the collection."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def pytest_configure() -> None:
    """Stop with the remedy when `ansible_collections.prime.netops` is not this checkout.

    Programs that the tests start find the same copy, whatever is installed in the home directory.
    """
    try:
        spec = importlib.util.find_spec("ansible_collections.prime.netops")
    except ModuleNotFoundError:
        spec = None
    found = [Path(place) for place in (spec and spec.submodule_search_locations) or ()]
    if [place.resolve() for place in found] != [ROOT]:
        raise pytest.UsageError(
            f"ansible_collections.prime.netops is {found or 'not found'} and not this checkout "
            f"({ROOT}); run `make venv` and then .venv/bin/pytest."
        )
    os.environ["ANSIBLE_COLLECTIONS_PATH"] = str(found[0].parents[2])
