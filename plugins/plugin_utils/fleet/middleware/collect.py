# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The devices' results, as far as they fit into one task's result."""

from __future__ import annotations

import json
import threading
from typing import Any

from ...config.redact import Redactor, redact
from ..host import FleetHost
from ..outcome import Outcome
from .base import Middleware

ROOM = 300_000
"""Characters of JSON: AWX drops a result of over 700,000 without a word."""


class Collect(Middleware):
    """Keeps results by device until the room is used up; ``left_out`` names how many did not fit.

    What is no JSON is kept as its text. Secrets are taken out: of a result that is text by the
    rules of all platforms, of any result the device's own credentials.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._room = ROOM
        self.results: dict[str, Any] = {}
        self.left_out = 0

    def device_done(self, host: FleetHost, outcome: Outcome) -> None:
        """Keep the result of a device that was done."""
        if outcome.failed:
            return
        text = json.dumps(_clean(host, outcome.result))
        with self._lock:
            if len(text) > self._room:
                self.left_out += 1
                return
            self._room -= len(text)
            self.results[outcome.name] = json.loads(text)


def _clean(host: FleetHost, result: Any) -> Any:
    return _redacted(Redactor(host.device.secrets).value(_plain(result)))


def _plain(result: Any) -> Any:
    """JSON types only, before any secret is looked for: an object's text may hold one too."""
    try:
        return json.loads(json.dumps(result, default=str))
    except (TypeError, ValueError):  # a key that is no text, or a cycle
        return str(result)


def _redacted(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_redacted(item) for item in value]
    return value
