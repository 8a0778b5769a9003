# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: device_command
short_description: Send show commands to the whole fleet
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Sends commands to every host of the play in one task, and returns their outputs as text, or
    parsed by the templates of ntc-templates.
  - It is meant for commands that change nothing; it does not know whether yours do.
  - A device that fails does not fail the task. M(prime.netops.host_outcome) gives each host its
    own result afterwards.
notes:
  - Write C(run_once=true) to the task, or its registered result reaches the first host only. The
    delegation and the two variables of the examples keep Ansible from setting up a connection to
    that first host.
options:
  commands:
    description: The commands, sent in this order.
    type: list
    elements: str
    required: true
  parse:
    description:
      - Whether to parse the outputs into lists of dictionaries.
      - A command without a template for the device's platform is that device's failure.
    type: bool
    default: false
  stats_key:
    default: netops_command
extends_documentation_fragment:
  - prime.netops.fleet.action
  - prime.netops.fleet.store
  - prime.netops.fleet.engine
attributes:
  check_mode:
    description: The commands are sent in check mode too, since show commands change nothing.
    support: full
  diff_mode:
    description: Has no diff.
    support: none
"""

EXAMPLES = r"""
- name: Ask every device for its version
  prime.netops.device_command:
    commands: [show version]
  run_once: true
  register: versions
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Ask for the neighbours, parsed
  prime.netops.device_command:
    commands: [show cdp neighbors detail]
    parse: true
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
  description:
    - For each device a dictionary of command to output, as far as 300,000 characters hold them.
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
