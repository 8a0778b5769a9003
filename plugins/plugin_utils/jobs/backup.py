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

from ..config.normalise import normalise
from ..errors import MirrorError, NetopsError, StoreError
from ..fleet.middleware.record import Mirrored
from ..fleet.middleware.validate import Validate
from ..fleet.run import Fleet
from ..platforms import load
from ..store import Store
from ..store.mirror import GitMirror, MirrorBlocked, MirrorPaths, mirror_path
from ..store.records import GoodCopy
from ..tasks.fetch_config import fetch_config
from .freshness import fresh, stale
from .ledger import Work, run_in_ledger
from .options import JobOptions, stores
from .report import Report


@dataclass(frozen=True, slots=True)
class MirrorOptions:
    """The git mirror: ``path`` of the repository, ``template`` of a device's path in it."""

    path: Path
    template: str = "{{ site }}/{{ host }}"
    lock_seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class BackupOptions:
    """What to take, and from whom. Ages in seconds.

    A device whose last good copy is no older than ``max_age`` is skipped. Copies older than
    ``max_copy_age`` after the run are told in the report.
    """

    accept_smaller: bool = False
    max_age: float | None = None
    max_copy_age: float | None = None


INTERRUPTED_LOCK_SECONDS = 0.5
"""How long a run that was told to end waits for the mirror; its texts come with the next run."""


def back_up(
    fleet: Fleet,
    options: JobOptions,
    mirror_options: MirrorOptions | None,
    stop: threading.Event,
    backup: BackupOptions | None = None,
) -> Report:
    """Back up every device of the fleet.

    In check mode the devices are read and compared, and nothing is kept but a throw-away ledger.
    Raises `StoreError` or `MirrorError` for what is wrong before the first device is contacted; a
    mirror that fails at the commit is a ``problem`` of the report, since the store has it all.
    """
    backup = backup or BackupOptions()
    with stores(options) as (store, ledger), mirror_of(mirror_options, options.check) as mirror:
        last_good = store.last_good(fleet.names)
        validate = Validate(last_good, backup.accept_smaller, store.text)
        work = Work(
            "backup",
            fetch_config,
            {},
            before=[validate, mirror] if mirror else [validate],
            last_good=last_good,
            skip=lambda names: fresh(store, names, backup.max_age),
            closing=lambda report: (
                commit_run("backup", report, mirror, store, fleet) if mirror else report
            ),
        )
        report = run_in_ledger(work, fleet, options, stop, ledger)
        return _after(report, mirror, store, fleet, backup)


def _after(
    report: Report, mirror: Mirrored | None, store: Store, fleet: Fleet, backup: BackupOptions
) -> Report:
    """What the run does not wait for: packing the mirror, and looking for old copies."""
    if mirror and report.status == "finished":
        try:
            mirror.mirror.tidy()
        except MirrorError as error:
            report = replace(report, problems=[*report.problems, str(error)])
    if backup.max_copy_age is None:
        return report
    return replace(report, stale=stale(store, fleet.names, backup.max_copy_age).told())


@contextmanager
def mirror_of(options: MirrorOptions | None, check: bool) -> Iterator[Mirrored | None]:
    """The mirror as a middleware; check mode only looks at the template."""
    if options:
        mirror_path(options.template, "host", "site", "platform")  # wrong before any device is
    if check or options is None:
        yield None
        return
    with GitMirror.open(options.path, options.lock_seconds) as mirror:
        yield Mirrored(mirror, MirrorPaths(options.template))


def commit_run(kind: str, report: Report, mirrored: Mirrored, store: Store, fleet: Fleet) -> Report:
    """One commit of what the run fetched, whatever ended the run, and of what was owed to git."""
    counts, hurried = report.counts, report.status == "interrupted"
    message = (
        f"{kind} {report.run_id}: {counts['changed']} changed, {counts['ok']} unchanged, "
        f"{counts['failed'] + counts['unreachable']} failed"
    )
    commit, blocked, committed = None, set[str](), True
    owed: set[str] = set()

    def last_look() -> None:
        give_way(mirrored, store)
        if not hurried:
            owed.update(_stage_owed(mirrored, store, fleet))

    try:
        commit = mirrored.mirror.commit(
            message, lock_timeout=INTERRUPTED_LOCK_SECONDS if hurried else None, last_look=last_look
        )
    except MirrorBlocked as error:
        commit, blocked = error.commit, set(error.paths)
        mirrored.problem(str(error))
    except (MirrorError, StoreError) as error:
        mirrored.problem(str(error))
        committed = False
    if committed and not hurried:
        _mark(store, mirrored, owed, blocked)
    return replace(report, commit=commit, problems=list(mirrored.problems))


def give_way(mirrored: Mirrored, store: Store) -> None:
    """Leave out what another run has fetched anew meanwhile, and may have committed already."""
    for copy in store.good_copies(list(mirrored.staged)):
        if mirrored.staged[copy.device].text_sha256 != copy.text_sha256:
            mirrored.unstage(copy.device)


def _stage_owed(mirrored: Mirrored, store: Store, fleet: Fleet) -> set[str]:
    """Stage the good copies that no commit has: a run was killed between store and commit, say.

    Returns the devices of which git will have a text that is news.
    """
    return {
        copy.device
        for copy in store.owed_to_mirror(fleet.names)
        if copy.device in mirrored.staged or _stage(mirrored, store, copy)
    }


def _stage(mirrored: Mirrored, store: Store, copy: GoodCopy) -> bool:
    try:
        text = normalise(store.text(copy.config_sha256), load(copy.platform)).text
    except (StoreError, NetopsError) as error:
        mirrored.problem(f"{copy.device} is not in the git mirror: {error}")
        return False
    return mirrored.stage(copy.device, copy.site, copy.platform, text, copy.text_sha256)


def _mark(store: Store, mirrored: Mirrored, owed: set[str], blocked: set[str]) -> None:
    """Note what git has now; if that fails the next run stages it again, which changes nothing."""
    committed = {
        device: staged.text_sha256
        for device, staged in mirrored.staged.items()
        if device in owed and staged.path not in blocked
    }
    try:
        store.mark_mirrored(committed)
    except StoreError as error:
        mirrored.problem(str(error))
