# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A callable by its dotted path: a task of the user's own, or of any installed package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any


def load_callable(path: str, search: Iterable[Path]) -> Callable[..., Any]:
    """``package.module.function`` or ``module:function``; ``search`` goes before `sys.path`.

    Raises ValueError with a sentence that says which part was not found, and where.
    """
    module_name, _separator, name = path.rpartition(":" if ":" in path else ".")
    if not module_name or not name:
        raise ValueError(f"{path!r} is no dotted path such as my_tasks.collect_facts")
    places = [str(place) for place in search]
    sys.path[:0] = places
    try:
        found: Any = getattr(importlib.import_module(module_name), name)
    except Exception as error:  # the user's own file runs here, and may raise anything
        where = ", ".join(places) or "sys.path"
        raise ValueError(f"{path!r} cannot be loaded (looked in {where}): {error}") from error
    finally:
        del sys.path[: len(places)]
    if not callable(found):
        raise ValueError(f"{path!r} is no function: it is of type {type(found).__name__}")
    work: Callable[..., Any] = found
    return work
