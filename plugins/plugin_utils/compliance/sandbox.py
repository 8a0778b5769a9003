# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the templates of rules and of golden texts are rendered."""

from __future__ import annotations

from typing import Any

from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment


def sandbox(**more: Any) -> ImmutableSandboxedEnvironment:
    """An environment in which a template reaches its values and nothing else, and in which a value
    that is not there is an error. ``more`` are arguments of Jinja2's own."""
    return ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
        lstrip_blocks=True,
        autoescape=False,  # lines of a configuration, not HTML
        **more,
    )
