# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for a plugin whose Python packages are not installed. Imports only Ansible."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

REMEDY = "pip install -r meta/ee-requirements.txt, in the collection, into Ansible's Python"


def unavailable(error: ImportError) -> type[Any]:
    """An action class that fails with the missing package's name and the way to install it."""

    class Unavailable(ActionBase):  # type: ignore[misc]
        """Fails; once for the whole play, as the real one runs once."""

        BYPASS_HOST_LOOP = True
        _requires_connection = False

        def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
            """Ansible's entrance."""
            missing = missing_required_lib(error.name or str(error), reason=f"({REMEDY})")
            raise AnsibleActionFail(missing) from error

    return Unavailable


def unavailable_callback(error: ImportError) -> type[Any]:
    """A callback class that says once which package is missing, and does nothing else."""

    class Unavailable(CallbackBase):  # type: ignore[misc]
        """Warns; a run is never lost for a callback's sake."""

        def v2_playbook_on_start(self, playbook: Any) -> None:
            """Ansible's first event."""
            missing = missing_required_lib(error.name or str(error), reason=f"({REMEDY})")
            self._display.warning(f"{self.CALLBACK_NAME} is switched off: {missing}")

    return Unavailable
