# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The user's own middleware, from the names in the ``middleware`` option."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..fleet.middleware.hooks import Hook
from .dotted import load_callable


def load_hooks(names: Iterable[str], search: Sequence[Path]) -> tuple[Hook, ...]:
    """One object of each class, in their order; ``search`` goes before `sys.path`.

    Raises ValueError with a sentence about the name that is none of a middleware.
    """
    return tuple(_hook(name, search) for name in names)


def _hook(name: str, search: Sequence[Path]) -> Hook:
    make = load_callable(name, search)
    try:
        middleware = make()
    except (Exception, SystemExit) as error:  # the user's own code, which may raise anything
        raise ValueError(
            f"middleware {name}: {name.rpartition(':')[2]}() raised {type(error).__name__}: "
            f"{error}; it is called without arguments"
        ) from error
    if not any(callable(getattr(middleware, method, None)) for method in ("before", "after")):
        raise ValueError(
            f"middleware {name}: a {type(middleware).__name__} has neither a method before(device) "
            "nor after(device, outcome)"
        )
    return Hook(name, middleware)
