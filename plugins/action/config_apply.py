# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

try:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.config_apply import (
        ConfigApply as Action,
    )
except ImportError as error:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.unavailable import (
        unavailable,
    )

    Action = unavailable(error)


class ActionModule(Action):
    """Documented in plugins/modules/config_apply.py."""
