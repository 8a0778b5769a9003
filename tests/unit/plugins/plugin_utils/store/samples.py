# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records to put into a store, and what to compare them with."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.prime.netops.plugins.plugin_utils.store import (
    DeviceRecord,
    Store,
    StoredText,
)

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


def digest(text: str) -> str:
    """Return the address that the store gives to a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def stored(text: str, stable: str | None = None) -> StoredText:
    """Return a text whose other hashes are made from `stable`, or from itself."""
    other = digest(text if stable is None else stable)
    return StoredText(text, stable_sha256=other, text_sha256=other)


def record(device: str, text: str | None, **changes: Any) -> DeviceRecord:
    """Return what a backup tells of a device; a text makes it 'changed'."""
    facts: dict[str, Any] = {
        "device": device,
        "address": "127.0.1.1",
        "site": "ber1",
        "platform": "cisco_ios",
        "status": "ok" if text is None else "changed",
        "changed": text is not None,
        "started": NOW,
        "finished": NOW + timedelta(seconds=3),
        "config": None if text is None else stored(text),
    }
    return DeviceRecord(**{**facts, **changes})


def put(store: Store, run_id: str, *records: DeviceRecord) -> None:
    """Write records and wait until they are committed."""
    with store.writer(run_id) as writer:
        for each in records:
            writer.put(each)
