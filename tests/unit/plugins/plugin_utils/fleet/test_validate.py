# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A text that is not proved complete goes nowhere: the attempt fails, and is made again."""

from __future__ import annotations

from typing import Any

from ansible_collections.prime.netops.plugins.plugin_utils import platforms
from ansible_collections.prime.netops.plugins.plugin_utils.config.normalise import normalise
from ansible_collections.prime.netops.plugins.plugin_utils.errors import ErrorClass
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.middleware.validate import Validate
from ansible_collections.prime.netops.plugins.plugin_utils.store.records import LastGood
from ansible_collections.prime.netops.plugins.plugin_utils.tasks.fetch_config import FetchedConfig

from tests.unit.fixtures.configs.samples import sample
from tests.unit.plugins.plugin_utils.fleet.engine import AT_ONCE, an_ios, fly

FORTINET = platforms.load("fortinet")
TEXT = sample("fortinet").raw


def last_good(text: str, size: int) -> LastGood:
    """A copy from before, of that meaning and size."""
    known = normalise(text, FORTINET)
    return LastGood("0" * 64, known.stable_sha256, known.text_sha256, size)


def fetch(*texts: str, validate: Validate) -> Any:
    """What becomes of a device that gives one text after the other, an attempt each."""
    left = iter(texts)
    device = an_ios(platform=FORTINET)
    kept = fly(
        lambda task: FetchedConfig(next(left)), [device], retry=AT_ONCE, middleware=[validate]
    )
    return kept["r1"]


def test_a_truncated_text_is_fetched_again() -> None:
    """The second attempt brings the whole one."""
    outcome = fetch(TEXT[: len(TEXT) // 2], TEXT, validate=Validate({}))
    assert outcome.status == "changed"
    assert [attempt.error_class for attempt in outcome.attempts] == [
        ErrorClass.INCOMPLETE_OUTPUT,
        None,
    ]


def test_the_same_text_is_no_change() -> None:
    """Compared with the last good copy, whatever its volatile lines."""
    known = {"r1": last_good(TEXT, len(TEXT))}
    assert fetch(TEXT, validate=Validate(known)).status == "ok"


def test_a_text_that_shrank_is_refused_until_it_is_accepted() -> None:
    """Half of a last good copy proves nothing where the format has no end of its own."""
    known = {"r1": last_good("other", 10 * len(TEXT))}
    refused = fetch(TEXT, TEXT, TEXT, validate=Validate(known))
    assert refused.error.error_class is ErrorClass.INCOMPLETE_OUTPUT
    assert "half" in refused.message
    assert fetch(TEXT, validate=Validate(known, accept_smaller=True)).status == "changed"
