# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The backup of a fleet: fetch, prove, normalise, store, commit. Free of Ansible."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import MirrorError
from ..fleet.middleware.base import Middleware
from ..fleet.middleware.record import Mirrored
from ..fleet.middleware.validate import Validate
from ..fleet.run import Fleet
from ..store import Store
from ..store.mirror import GitMirror, MirrorBlocked, MirrorPaths, mirror_path
from ..tasks.fetch_config import fetch_config
from .ledger import run_in_ledger
from .options import JobOptions
from .report import Report


@dataclass(frozen=True, slots=True)
class MirrorOptions:
    """The git mirror: ``path`` of the repository, ``template`` of a device's path in it."""

    path: Path
    template: str = "{{ site }}/{{ host }}"
    lock_seconds: float = 30.0


def back_up(
    fleet: Fleet,
    options: JobOptions,
    mirror_options: MirrorOptions | None,
    stop: threading.Event,
    accept_smaller: bool = False,
) -> Report:
    """Back up every device of the fleet.

    In check mode the devices are read and compared, and nothing is kept but a throw-away ledger.
    Raises `StoreError` or `MirrorError` for what is wrong before the first device is contacted; a
    mirror that fails at the commit is a ``problem`` of the report, since the store has it all.
    """
    with _stores(options) as (store, ledger), _mirror(mirror_options, options.check) as mirror:
        last_good = store.last_good(fleet.names)
        validate = Validate(last_good, accept_smaller)
        before: list[Middleware] = [validate, mirror] if mirror else [validate]
        report = run_in_ledger(
            "backup", fleet, fetch_config, {}, options, stop, ledger, before, last_good
        )
        return _commit(report, mirror) if mirror else report


@contextmanager
def _mirror(options: MirrorOptions | None, check: bool) -> Iterator[Mirrored | None]:
    """The mirror as a middleware; check mode only looks at the template."""
    if options:
        mirror_path(options.template, "host", "site", "platform")  # wrong before any device is
    if check or options is None:
        yield None
        return
    with GitMirror.open(options.path, options.lock_seconds) as mirror:
        yield Mirrored(mirror, MirrorPaths(options.template))


@contextmanager
def _stores(options: JobOptions) -> Iterator[tuple[Store, Store]]:
    """The store with the last good copies, and the one to write the run to: the same but for check
    mode.
    """
    place, key = options.state_dir, options.store_key
    with Store.open(options.store_url, place, key=key) as store:
        if not options.check:
            yield store, store
            return
        with Store.open(options.ledger_url, place, key=key) as ledger:
            yield store, ledger


def _commit(report: Report, mirrored: Mirrored) -> Report:
    """One commit of what the run fetched, whatever ended the run."""
    counts = report.counts
    message = (
        f"backup {report.run_id}: {counts['changed']} changed, {counts['ok']} unchanged, "
        f"{counts['failed'] + counts['unreachable']} failed"
    )
    commit, problems = None, list(mirrored.problems)
    try:
        commit = mirrored.mirror.commit(message)
        if report.status == "finished":
            mirrored.mirror.tidy()
    except MirrorBlocked as blocked:
        commit = blocked.commit
        problems.append(str(blocked))
    except MirrorError as error:
        problems.append(str(error))
    return replace(report, commit=commit, problems=problems)
