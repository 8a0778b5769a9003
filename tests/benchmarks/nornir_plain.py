"""The rival: a backup as people write it with nornir and nornir_netmiko.

    nornir_plain.py INVENTORY [DIRECTORY]

INVENTORY holds nornir's hosts.yaml and defaults.yaml. Texts are kept only when a DIRECTORY is
given. Prints how many devices went well, how many failed and how much text came. Nothing in here
is tuned to look bad: sessions are closed as each device ends, and no text stays in memory.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from nornir import InitNornir
from nornir.core.task import Result, Task
from nornir_netmiko.tasks import netmiko_send_command

THREADS = 100


def back_up(task: Task, directory: Path | None) -> Result:
    """Fetch the running configuration."""
    try:
        text = netmiko_send_command(task, command_string="show running-config").result
    finally:
        task.host.close_connections()
    if directory:
        (directory / task.host.name).write_text(text)
    return Result(task.host, result=len(text))


def main(inventory: Path, directory: Path | None) -> int:
    """Back up all hosts; the exit code is 1 when one of them failed."""
    nornir = InitNornir(
        runner={"plugin": "threaded", "options": {"num_workers": THREADS}},
        inventory={
            "plugin": "SimpleInventory",
            "options": {
                "host_file": str(inventory / "hosts.yaml"),
                "defaults_file": str(inventory / "defaults.yaml"),
            },
        },
    )
    results = nornir.run(back_up, directory=directory)
    failed = results.failed_hosts
    characters = sum(result[0].result for host, result in results.items() if host not in failed)
    counts = {"ok": len(results) - len(failed), "failed": len(failed), "characters": characters}
    print(json.dumps(counts))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:]), *[None] * (3 - len(sys.argv))))
