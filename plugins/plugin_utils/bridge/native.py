# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ansible's values as plain Python values, converted once, at the boundary.

From ansible-core 2.19 on values carry tags in subclasses of str, int, list and dict, which
``yaml`` refuses; before that a vaulted value is an object that decrypts when it becomes a string.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible import constants

try:
    from ansible.utils.vars import transform_to_native_types
except ImportError:  # ansible-core before 2.19 has no tags
    transform_to_native_types = None

TAGS = transform_to_native_types is not None
"""Whether values carry tags, and are templates only if they are tagged as trusted."""


def native(value: Any) -> Any:
    """The value without tags, vaulted text decrypted. Raises what the vault raises."""
    if isinstance(value, str):
        return str.__str__(value)  # an exact str of any subclass; most values are texts
    if value is None or isinstance(value, bool):
        return value
    if transform_to_native_types is not None:
        return transform_to_native_types(value, redact=False)
    return _plain(value)


def host_variable(variables: Mapping[str, Any], name: str) -> Any:
    """A host's variable, templated, as `native` has it; raises what templating or the vault raise.

    Before ansible-core 2.19 `hostvars` hands a template that cannot be filled in on as it is: a
    device would get ``{{ my_password }}`` for a password.
    """
    templar = getattr(variables, "_templar", None)
    if transform_to_native_types is not None or templar is None:
        return native(variables[name])
    raw: Any = getattr(variables, "_vars", {})[name]
    return native(templar.template(raw, static_vars=constants.INTERNAL_STATIC_VARS))


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float)):
        return value
    return "".join(str(value))  # a copy in the base class, whatever subclass of str it was
