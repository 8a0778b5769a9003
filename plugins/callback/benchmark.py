# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: benchmark
type: notification
short_description: Measures every run, and tells whether it was slower than its like
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
requirements:
  - enable in configuration
description:
  - Measures each task and each fleet task of any playbook; duration, hosts a second, latency,
    retries, CPU and memory; and keeps them in a history.
  - At the end of a run shows it against the median of the runs before it that had the same
    playbook, the same tags and a fleet of the same size class, with a verdict.
  - Tells slower devices from slower code, and which bound holds a fleet task back.
  - A run with failed hosts is shown and not kept, since it did not do the same work.
  - In check mode nothing is measured and nothing is written.
notes:
  - With O(fail_on_regression) name this callback last in C(callbacks_enabled). It ends
    ansible-playbook when it has its verdict, and callbacks behind it would not hear of the end.
options:
  history:
    description:
      - File of the history, JSON lines.
      - By default C(benchmark.jsonl) in O(state_dir).
    type: path
    env:
      - name: NETOPS_BENCHMARK_HISTORY
    ini:
      - section: prime_netops_benchmark
        key: history
  state_dir:
    description:
      - Directory of what this collection keeps.
      - By default C(prime.netops) below E(XDG_STATE_HOME), or below C(~/.local/state) where that
        is not set.
    type: path
    env:
      - name: NETOPS_STATE_DIR
    ini:
      - section: prime_netops
        key: state_dir
  scope:
    description:
      - Name of the work in the history.
      - By default the file name of the playbook.
    type: str
    env:
      - name: NETOPS_BENCHMARK_SCOPE
    ini:
      - section: prime_netops_benchmark
        key: scope
  fail_on_regression:
    description:
      - Whether ansible-playbook ends with exit code 2 when the verdict is C(regression).
      - A run that failed keeps the exit code of its failure.
    type: bool
    default: false
    env:
      - name: NETOPS_BENCHMARK_FAIL
    ini:
      - section: prime_netops_benchmark
        key: fail_on_regression
  keep_failed_runs:
    description: Whether runs with failed hosts belong into the history too.
    type: bool
    default: false
    env:
      - name: NETOPS_BENCHMARK_KEEP_FAILED
    ini:
      - section: prime_netops_benchmark
        key: keep_failed_runs
  percent:
    description: A figure has to be so many per cent above the median to be slower.
    type: float
    default: 10.0
    env:
      - name: NETOPS_BENCHMARK_PERCENT
    ini:
      - section: prime_netops_benchmark
        key: percent
  seconds:
    description: A figure in seconds has to be so far above the median to be slower, for all hosts.
    type: float
    default: 0.5
    env:
      - name: NETOPS_BENCHMARK_SECONDS
    ini:
      - section: prime_netops_benchmark
        key: seconds
  megabytes:
    description: The memory has to be so many MB above the median to be worse.
    type: float
    default: 20.0
    env:
      - name: NETOPS_BENCHMARK_MEGABYTES
    ini:
      - section: prime_netops_benchmark
        key: megabytes
  runs:
    description: So many of the last comparable runs make the median.
    type: int
    default: 30
    env:
      - name: NETOPS_BENCHMARK_RUNS
    ini:
      - section: prime_netops_benchmark
        key: runs
  confirm:
    description:
      - So many runs in a row have to be slower for a regression. With V(1) a single bad night is
        one.
    type: int
    default: 2
    env:
      - name: NETOPS_BENCHMARK_CONFIRM
    ini:
      - section: prime_netops_benchmark
        key: confirm
"""

try:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.benchmark import (
        Benchmark as Callback,
    )
except ImportError as error:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.unavailable import (
        unavailable_callback,
    )

    Callback = unavailable_callback(error)


class CallbackModule(Callback):
    """Documented above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "prime.netops.benchmark"
    CALLBACK_NEEDS_ENABLED = True
