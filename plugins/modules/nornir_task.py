# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: nornir_task
short_description: Run any Nornir task on the whole fleet
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Runs a Nornir task, of an installed package or of a file of your own beside the playbook, on
    every host of the play, with the retries, the deadline and the ledger of this collection.
  - The task gets C(task.host) with the site and the variables of O(host_vars), and its connection
    by C(task.host.get_connection("netmiko", task.nornir.config)). Tasks of C(nornir_netmiko) run
    unchanged.
  - A device that fails does not fail the task. M(prime.netops.host_outcome) gives each host its
    own result afterwards.
notes:
  - Write C(run_once=true) to the task, or its registered result reaches the first host only. The
    delegation and the two variables of the examples keep Ansible from setting up a connection to
    that first host.
options:
  task:
    description:
      - Dotted path of the function, such as C(my_tasks.count_interfaces) for a file
        C(my_tasks.py) beside the playbook, or C(nornir_netmiko.tasks.netmiko_send_command).
    type: str
    required: true
  params:
    description: Keyword arguments of the function.
    type: dict
    default: {}
  host_vars:
    description: Names of host variables that the function finds in C(task.host).
    type: list
    elements: str
    default: []
  stats_key:
    default: netops_task
extends_documentation_fragment:
  - prime.netops.fleet.action
  - prime.netops.fleet.store
  - prime.netops.fleet.engine
attributes:
  check_mode:
    description: Nobody but you knows what the task changes, so it is skipped.
    support: none
  diff_mode:
    description: Has no diff.
    support: none
"""

EXAMPLES = r"""
- name: Run a function of my_tasks.py beside the playbook
  prime.netops.nornir_task:
    task: my_tasks.count_interfaces
    params:
      kind: Ethernet
  run_once: true
  register: interfaces
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Run a task of nornir_netmiko
  prime.netops.nornir_task:
    task: nornir_netmiko.tasks.netmiko_send_command
    params:
      command_string: show clock
  run_once: true
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false
"""

RETURN = r"""
run_id:
  description: Name of the run in the ledger.
  returned: always
  type: str
counts:
  description: Devices in total, and by status.
  returned: always
  type: dict
results:
  description: Each device's result, as far as 300,000 characters hold them.
  returned: always
  type: dict
results_left_out:
  description: How many devices' results did not fit.
  returned: always
  type: int
failures:
  description: The first 100 failures, each with C(host), C(class), C(message) and C(remedy).
  returned: always
  type: list
  elements: dict
"""
