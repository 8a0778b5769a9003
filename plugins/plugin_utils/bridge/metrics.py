# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The option ``metrics_file`` of the fleet actions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..jobs.metrics import write_metrics
from ..jobs.options import JobOptions


def measured(args: Mapping[str, Any], options: JobOptions, run_id: str) -> list[str]:
    """Write the metrics of a run if told to; not in check mode. Returns warnings."""
    path = args.get("metrics_file")
    if not path or options.check:
        return []
    job = str(args["stats_key"])
    problem = write_metrics(Path(path), job, run_id, options, args["metrics_per_device"])
    return [problem] if problem else []
