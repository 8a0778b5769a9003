"""The floor: an inventory plugin that has all its hosts in memory, with no work to get them.

What it adds is a marshalled file: groups, name -> hosts, and hosts, name -> variables. Loading that
is the cheapest that Python can do, so what is left is what Ansible itself costs for these hosts.
"""

from __future__ import annotations

import marshal
from pathlib import Path
from typing import Any

from ansible.plugins.inventory import BaseInventoryPlugin


class InventoryModule(BaseInventoryPlugin):
    """Takes files that end in `.floor`."""

    NAME = "floor_inventory"

    def verify_file(self, path: str) -> bool:
        """Whether it is such a file."""
        return path.endswith(".floor")

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        """Add every group, host and variable."""
        super().parse(inventory, loader, path, cache)
        content = marshal.loads(Path(path).read_bytes())
        for name, variables in content["hosts"].items():
            inventory.add_host(name)
            host = inventory.hosts[name]
            for key, value in variables.items():
                host.set_variable(key, value)
        for group, hosts in content["groups"].items():
            inventory.add_group(group)
            for name in hosts:
                inventory.add_host(name, group)
