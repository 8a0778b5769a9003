"""The Ansible inventory of a lab: ordinary variables only, as on any estate."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from .configs.facts import ntp_servers, syslog_servers
from .dialects import DIALECTS
from .plan import DeviceSpec, Plan


def write_inventory(plan: Plan, path: Path, extra: dict[str, Any]) -> None:
    """Write a YAML inventory with a group a platform and a group a site. It holds passwords."""
    inventory = {
        "all": {
            "vars": {**_common(plan), **extra, **plan.request.variables},
            "hosts": {device.name: {"ansible_host": device.address} for device in plan.devices},
            "children": {**_platforms(plan), **_sites(plan.devices)},
        }
    }
    path.touch(mode=0o600)
    path.write_text(
        "# Made by tests.lab.fleet; changes here are lost.\n"
        + yaml.dump(
            inventory, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False
        )
    )


def _common(plan: Plan) -> dict[str, Any]:
    common: dict[str, Any] = {
        "ansible_port": plan.port,
        "ansible_user": plan.user,
        "ansible_password": plan.password,
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    }
    if plan.request.connection == "network_cli":
        common["ansible_connection"] = "ansible.netcommon.network_cli"
    return common


def _platforms(plan: Plan) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for device in plan.devices:
        group = groups.setdefault(
            device.platform,
            {"vars": {"ansible_network_os": DIALECTS[device.platform].network_os}, "hosts": {}},
        )
        group["hosts"][device.name] = {}
        if device.unprivileged:
            group["vars"] |= {
                "ansible_become": True,
                "ansible_become_method": "enable",
                "ansible_become_password": plan.enable_password,
            }
    return groups


def _sites(devices: Iterable[DeviceSpec]) -> dict[str, Any]:
    groups: dict[str, Any] = {}
    for device in devices:
        site = {
            "site": device.site,
            "compliance_ntp": list(ntp_servers(device.site)),
            "compliance_syslog": list(syslog_servers(device.site)),
        }
        group = groups.setdefault(f"site_{device.site}", {"vars": site, "hosts": {}})
        group["hosts"][device.name] = {}
    return groups
