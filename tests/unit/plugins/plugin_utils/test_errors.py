# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The taxonomy of errors: complete, consistent, and documented as it is.

`python -m tests.unit.plugins.plugin_utils.test_errors` prints the table for docs/errors.md.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import errors
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass, NetopsError

PAGE = Path(__file__).parents[4] / "docs/errors.md"


def table() -> str:
    """The table of docs/errors.md."""
    titles = ("Class", "What happened", "Tried again", "Ansible counts", "Exit code", "Breaker")
    head = f"| {' | '.join((*titles, 'What to do'))} |\n"
    rows = "".join(row(error_class) for error_class in ErrorClass)
    return f"{head}|{' --- |' * 7}\n{rows}"


def row(error_class: ErrorClass) -> str:
    """A class in the table."""
    verdict = error_class.verdict
    again = "yes" if verdict.transient else "no"
    if verdict.patience != 1:
        again += f", {verdict.patience:g} times as patiently"
    counts = ("failed" if verdict.reached else "unreachable") if verdict.tried else "skipped"
    breakers = ", ".join(scope.value for scope in verdict.speaks_for) or "none"
    cells = (
        f"`{error_class.value}`",
        verdict.cause,
        again,
        counts,
        str(verdict.exit_code),
        breakers,
        verdict.remedy,
    )
    return f"| {' | '.join(cells)} |\n"


def test_the_page_shows_the_table_as_it_is() -> None:
    """Print it anew with the command that stands at the head of this file."""
    assert table() in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("error_class", ErrorClass, ids=lambda error_class: error_class.value)
def test_the_page_says_more_about_every_class(error_class: ErrorClass) -> None:
    """A section with what to look at, besides the row."""
    text = PAGE.read_text(encoding="utf-8")
    _, found, section = text.partition(f"\n## {error_class.value}\n")
    assert found
    assert len(section.split("\n## ")[0].split()) > 20


@pytest.mark.parametrize("error_class", ErrorClass, ids=lambda error_class: error_class.value)
def test_every_class_is_a_verdict_in_sentences(error_class: ErrorClass) -> None:
    """With cause and remedy; what was never reached is worth another attempt."""
    verdict = error_class.verdict
    for text in (verdict.cause, verdict.remedy):
        assert text.endswith(".")
        assert "|" not in text
    assert verdict.reached or verdict.transient
    assert verdict.patience >= 1


def test_every_class_can_be_raised() -> None:
    """By one exception of its own; the plain one is for what nobody foresaw."""
    raised = [
        error.error_class
        for error in vars(errors).values()
        if isinstance(error, type) and issubclass(error, NetopsError)
    ]
    assert sorted(raised, key=str) == sorted(ErrorClass, key=str)


if __name__ == "__main__":
    print(table(), end="")
