# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No text goes on that is not proved complete."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from nornir.core.inventory import Host
from nornir.core.task import MultiResult, Task

from ...config.complete import prove_complete, refuse_beginning
from ...config.normalise import Normalised, normalise
from ...errors import NetopsError, StoreError
from ...platforms import Platform
from ...store.records import LastGood
from ...tasks.fetch_config import FetchedConfig
from ..host import fleet_host
from .base import Middleware


class Validate(Middleware):
    """Turns a `FetchedConfig` into a `Normalised`, or the attempt into a failure.

    It acts on the attempt and not on the device, so an incomplete text is fetched again like
    any other transient failure. A text that differs from the last good copy is a change.
    ``accept_smaller`` leaves its size out of the proof, for a configuration that really shrank.
    ``read`` gives an exact text by its hash; it is asked only for what is smaller than before.
    """

    def __init__(
        self,
        last_good: Mapping[str, LastGood],
        accept_smaller: bool = False,
        read: Callable[[str], str] | None = None,
    ) -> None:
        self._last_good = last_good
        self._accept_smaller = accept_smaller
        self._read = read

    def subtask_instance_completed(self, task: Task, host: Host, result: MultiResult) -> None:
        """Prove and normalise what an attempt fetched."""
        fetched = result[0].result
        if not isinstance(fetched, FetchedConfig):
            return
        last = self._last_good.get(host.name)
        try:
            normalised = self.prove(fetched.text, fleet_host(host).device.os, last)
        except NetopsError as error:
            result[0].result, result[0].exception, result[0].failed = None, error, True
        else:
            result[0].result = normalised
            result[0].changed = last is None or last.text_sha256 != normalised.text_sha256

    def prove(self, text: str, platform: Platform, last: LastGood | None) -> Normalised:
        """Return the text in its faces; raises `NetopsError` when it is not proved complete."""
        if self._accept_smaller:
            last = None
        prove_complete(text, platform, last.bytes if last else None)
        normalised = normalise(text, platform)
        if last and platform.complete.end is None and last.text_sha256 != normalised.text_sha256:
            refuse_beginning(normalised.text, self._before(last, normalised, platform), platform)
        return normalised

    def _before(self, last: LastGood, new: Normalised, platform: Platform) -> str:
        """The last good copy, normalised, where it is bigger; nothing when it cannot be read."""
        if self._read is None or len(new.exact) >= last.bytes:
            return ""
        try:
            return normalise(self._read(last.config_sha256), platform).text
        except StoreError:
            return ""
