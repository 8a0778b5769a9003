# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in for the inventory plugin where pynetbox is not installed. Imports only Ansible."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleParserError
from ansible.module_utils.basic import missing_required_lib
from ansible.plugins.inventory import BaseInventoryPlugin

from .unavailable import REMEDY


def unavailable(error: ImportError) -> type[Any]:
    """An inventory plugin that fails for the same files, and says how to install the package."""

    class Unavailable(BaseInventoryPlugin):  # type: ignore[misc]
        """Fails for every file that is meant for the plugin."""

        def verify_file(self, path: str) -> bool:
            """Whether the file's name says that it is ours."""
            return path.endswith(("netbox.yml", "netbox.yaml"))

        def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
            """Ansible's entrance."""
            missing = missing_required_lib(error.name or str(error), reason=f"({REMEDY})")
            raise AnsibleParserError(missing) from error

    return Unavailable
