# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: benchmark_report
short_description: Judge and draw the history that the callback benchmark keeps
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Compares the newest run of each playbook with the runs before it, as the callback
    P(prime.netops.benchmark#callback) did at its end, and draws the whole history as one HTML page
    that needs nothing else.
  - It runs on the controller, whatever the hosts of the play.
options:
  state_dir:
    description:
      - Directory of what this collection keeps.
      - By default C(prime.netops) below E(XDG_STATE_HOME), or below C(~/.local/state) where that
        is not set.
    type: path
  history:
    description:
      - File of the history.
      - By default C(benchmark.jsonl) in O(state_dir).
    type: path
  playbook:
    description: Only the runs of this playbook, by the name that the history has.
    type: str
  dest:
    description: File of the HTML page. Without it none is drawn.
    type: path
  title:
    description: Title of the page.
    type: str
    default: Benchmark history
  fail_on_regression:
    description: Whether the task fails when the newest run of a playbook is a regression.
    type: bool
    default: false
  percent:
    description: A figure has to be so many per cent above the median to be slower.
    type: float
    default: 10.0
  seconds:
    description: A figure in seconds has to be so far above the median to be slower, for all hosts.
    type: float
    default: 0.5
  megabytes:
    description: The memory has to be so many MB above the median to be worse.
    type: float
    default: 20.0
  runs:
    description: So many of the last comparable runs make the median.
    type: int
    default: 30
  confirm:
    description: So many runs in a row have to be slower for a regression.
    type: int
    default: 2
attributes:
  action:
    description: Runs on the controller.
    support: full
  bypass_host_loop:
    description: Works once for all hosts; write C(run_once=true) to it.
    support: full
  check_mode:
    description: Judges, and does not write the page.
    support: full
  diff_mode:
    description: Shows a diff of the page.
    support: none
seealso:
  - plugin: prime.netops.benchmark
    plugin_type: callback
"""

EXAMPLES = r"""
- name: Draw the history, and fail when the newest run was slower than its like
  prime.netops.benchmark_report:
    dest: /tmp/benchmark.html
    fail_on_regression: true
  run_once: true
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false
"""

RETURN = r"""
verdicts:
  description:
    - The verdict on the newest run of each playbook; C(new), C(ok), C(faster), C(slower) or
      C(regression).
  returned: always
  type: dict
  sample: {backup.yml: ok}
report:
  description: The newest runs against their history, as a text.
  returned: always
  type: str
runs:
  description: How many runs were read.
  returned: always
  type: int
garbage:
  description: How many lines of the history were no records.
  returned: always
  type: int
history:
  description: The file of the history.
  returned: always
  type: str
dest:
  description: The file of the page.
  returned: always
  type: str
"""
