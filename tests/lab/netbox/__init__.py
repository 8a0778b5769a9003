"""A real NetBox on loopback, with an estate in it that is hard on inventories.

    with netbox() as lab:
        run_ansible(inventory(lab.url, lab.tokens["reader"].text))
        lab.api.delete("dcim/devices", serial="SN00000020")

NetBox is installed from PyPI into an environment of its own; that, the migrated database and the
filled one are made once and kept in the cache, so that a start takes seconds. From the command
line: `make netbox` and `make netbox-down`.
"""

from __future__ import annotations

from .instance import NetBoxError
from .server import NetBox, netbox

__all__ = ["NetBox", "NetBoxError", "netbox"]
