"""A simulated fleet: SSH servers on 127.0.0.0/8 that behave like network devices.

    with fleet(devices=3, platforms=("cisco_ios",), faults={"r2": "drop"}) as lab:
        run_ansible(lab.inventory)
        lab.override("r1", revision=2)
        assert lab.counters()["devices"]["r1"]["logins"] == 1

`python -m tests.lab.fleet --help` does the same for people and the Makefile.
"""

from __future__ import annotations

from .control import Lab, LabError, fleet
from .plan import MARKER, DeviceSpec, Plan

__all__ = ["MARKER", "DeviceSpec", "Lab", "LabError", "Plan", "fleet"]
