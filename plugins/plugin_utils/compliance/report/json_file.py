# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole run as one JSON document, described by ``report.schema.json`` beside this file."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, TextIO

from .model import DeviceReport, RunReport, finding_json, rule_json

FORMAT = 1
"""Grows when a reader of the old form would be wrong about the new one."""


class JsonReport:
    """Writes the run first, then a line for each device as it comes."""

    name = "compliance.json"

    def __init__(self, stream: TextIO, run: RunReport) -> None:
        self._stream = stream
        self._before = "\n"
        head = json.dumps({"format": FORMAT, **_run(run)}, indent=1)
        stream.write(f'{head[:-2]},\n "devices": [')

    def add(self, device: DeviceReport) -> None:
        """Write the device."""
        self._stream.write(f"{self._before}  {json.dumps(_device(device))}")
        self._before = ",\n"

    def finish(self) -> None:
        """Close the document."""
        self._stream.write("\n ]\n}\n")


def _run(run: RunReport) -> dict[str, Any]:
    data = asdict(run)
    del data["devices"], data["title"]
    return {
        **data,
        "device_count": run.devices,
        "fail_on": run.fail_on or None,
        "rules": [rule_json(rule) for rule in run.rules],
    }


def _device(device: DeviceReport) -> dict[str, Any]:
    data = {
        "name": device.name,
        "site": device.site,
        "platform": device.platform,
        "role": device.role,
        "score": device.score,
        "verdict": device.verdict,
        "reason": device.reason,
        "file": device.file,
    }
    return {**data, "findings": [_finding(device, each) for each in device.findings]}


def _finding(device: DeviceReport, finding: Any) -> dict[str, Any]:
    data = finding_json(finding)
    if "evidence" in data:
        data["evidence"] = [asdict(each) for each in finding.evidence]
    since = device.since.get(finding.rule)
    return {**data, "since": since} if since else data
