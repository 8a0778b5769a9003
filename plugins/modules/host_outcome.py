# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: host_outcome
short_description: Give each host its own result of a fleet run
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Reads from the ledger what became of the host in a run of M(prime.netops.config_backup),
    M(prime.netops.config_compliance), M(prime.netops.nornir_task) or
    M(prime.netops.device_command), and ends as that did - ok, changed, failed or unreachable. Thus
    the play recap, AWX's host summaries, its relaunch on failed hosts, and every callback plugin
    tell the fleet's truth.
  - An ordinary task for each host, which costs a process of about 20 ms for each with a local
    connection.
options:
  run_id:
    description: The run, as the fleet task returned it.
    type: str
    required: true
extends_documentation_fragment:
  - prime.netops.fleet.store
attributes:
  check_mode:
    description: Tells what a fleet task in check mode found.
    support: full
  diff_mode:
    description:
      - Shows a changed configuration before and after, normalised, its secrets taken out; of a
        device that was judged, the lines that would mend what failed.
    support: full
"""

EXAMPLES = r"""
- name: Back up all devices of the play
  prime.netops.config_backup:
  run_once: true
  register: backup
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Give each device its own result
  prime.netops.host_outcome:
    run_id: "{{ backup.run_id }}"
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false
"""

RETURN = r"""
status:
  description: C(ok), C(changed), C(failed), C(unreachable) or C(skipped).
  returned: always
  type: str
result:
  description:
    - What M(prime.netops.nornir_task) or M(prime.netops.device_command) returned for it. Of
      M(prime.netops.config_compliance) its C(score), C(verdict), findings by state (C(states)) and
      the C(failed) rules, the worst first.
  returned: when there is one
  type: raw
error_class:
  description: Class of the error.
  returned: when the device failed or was not reached
  type: str
remedy:
  description: What to do about it.
  returned: when the device failed or was not reached
  type: str
attempts:
  description: How often the device was tried.
  returned: when the run came to the host
  type: int
seconds:
  description: How long the device took, waits between attempts included.
  returned: when the run came to the host
  type: float
"""
