"""Runs playbooks by ansible-runner, as AWX does: what it collects is what AWX shows and stores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import ansible_runner

from tests.integration.playbook import Controller

AWX_LIMIT = 700_000
"""Characters of a task's result above which AWX keeps nothing of it."""


@dataclass(frozen=True)
class Job:
    """A job that is over. ``artifacts`` is the directory of all that the runner wrote about it."""

    rc: int
    status: str
    artifacts: Path

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        """The job events, in order, each as AWX would store it."""
        files = (self.artifacts / "job_events").glob("*.json")
        ordered = sorted(files, key=lambda path: int(path.name.partition("-")[0]))
        return [json.loads(path.read_text(encoding="utf-8")) for path in ordered]

    @cached_property
    def stdout(self) -> str:
        """What ansible-playbook printed."""
        return (self.artifacts / "stdout").read_text(encoding="utf-8")

    def of(self, task: str) -> list[dict[str, Any]]:
        """The events about the end of a task's runs, one a host."""
        return [
            event
            for event in self.events
            if task in event["event_data"].get("task", "") and "res" in event["event_data"]
        ]

    @property
    def summaries(self) -> dict[str, set[str]]:
        """The host summaries: changed, dark (unreachable), failures, ignored, ... -> hosts."""
        stats = self._stats
        return {kind: set(hosts) for kind, hosts in stats.items() if isinstance(hosts, dict)}

    @property
    def artifact_data(self) -> dict[str, Any]:
        """The custom stats, which AWX hands on to the next job of a workflow."""
        data: dict[str, Any] = self._stats["artifact_data"]
        return data

    @property
    def _stats(self) -> dict[str, Any]:
        """What the recap came with; callbacks may print something after it."""
        recaps = (event for event in self.events if event["event"] == "playbook_on_stats")
        data: dict[str, Any] = next(recaps)["event_data"]
        return data

    @property
    def longest_result(self) -> int:
        """Characters of the longest result of a task, as AWX counts them."""
        results = (event["event_data"].get("res", {}) for event in self.events)
        return max(len(json.dumps(result)) for result in results)


def run_job(
    controller: Controller,
    playbook: Path,
    inventory: Path,
    *,
    verbosity: int = 0,
    arguments: str = "",
    environment: Mapping[str, str] | None = None,
    name: str = "job",
    **variables: Any,
) -> Job:
    """Run a playbook to its end as a job; ``variables`` are its extra vars."""
    private = controller.home / name
    private.mkdir()
    job = ansible_runner.run(
        private_data_dir=str(private),
        ident="1",
        playbook=str(playbook),
        inventory=str(inventory),
        extravars=variables,
        cmdline=arguments or None,
        envvars={**controller.environment, **(environment or {})},
        settings={"job_timeout": 300},
        verbosity=verbosity or None,
        quiet=True,
    )
    return Job(job.rc, job.status, private / "artifacts" / "1")
