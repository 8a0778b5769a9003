# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_backup
short_description: Back up the configurations of the whole fleet in one task
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Fetches the running configuration of every host of the play, proves that it is complete, keeps
    the exact text in the store and the normalised and redacted one in a git repository, with one
    commit for each run.
  - A text that does not prove complete is fetched again, and never takes the place of a good one.
  - A device that fails does not fail the task. M(prime.netops.host_outcome) gives each host its
    own result afterwards.
  - The devices are those of Ansible's inventory, with the variables that C(network_cli) uses.
notes:
  - Write C(run_once=true) to the task, or its registered result reaches the first host only. The
    delegation and the two variables of the examples keep Ansible from setting up a connection to
    that first host.
options:
  accept_smaller:
    description:
      - Whether to take a configuration that is smaller than half of the last good copy, on
        platforms whose configurations end in no mark of their own.
      - Set it for the one run after a configuration really shrank.
    type: bool
    default: false
  resume:
    description:
      - Whether to go on with the newest backup of the same hosts, under its own id, when it was
        interrupted. The task fails with a sentence that says what is the case when it was not.
      - Devices that the run has done, C(ok) or C(changed), are left out. Those that failed, were
        not reached or skipped, or that it never came to, are attempted.
      - In check mode all devices are compared.
    type: bool
    default: false
  max_age:
    description:
      - Skip the devices whose last good copy is no older than this.
      - A number of seconds, or one with a unit, V(30m), V(4h), V(2d) or V(1w).
    type: str
  max_copy_age:
    description:
      - After the run, tell in RV(stale) which devices have no good copy or one older than this.
      - Written as O(max_age) is.
    type: str
  stats_key:
    default: netops_backup
extends_documentation_fragment:
  - prime.netops.fleet.action
  - prime.netops.fleet.store
  - prime.netops.fleet.engine
  - prime.netops.fleet.mirror
attributes:
  check_mode:
    description: Reads the devices and compares; keeps nothing.
    support: full
  diff_mode:
    description: Diffs are shown per host by M(prime.netops.host_outcome).
    support: none
seealso:
  - module: prime.netops.host_outcome
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

- name: Keep the mirror by platform, and the store in PostgreSQL
  prime.netops.config_backup:
    store_url: "{{ netops_store_url }}"
    git_dir: /srv/netops/configs
    git_path: !unsafe "{{ platform }}/{{ host }}.cfg"
    deadline: 60
  run_once: true
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Finish what last night's job began, without asking a device twice
  prime.netops.config_backup:
    max_age: 8h
    max_copy_age: 2d
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
  sample: 20261123T083000Z-ab12cd
status:
  description: C(finished), or C(interrupted) when the run was ended before all devices were done.
  returned: always
  type: str
counts:
  description: Devices in total, and by status.
  returned: always
  type: dict
  sample: {total: 25, ok: 22, changed: 1, failed: 1, unreachable: 1, skipped: 0}
classes:
  description: Failed devices by error class.
  returned: always
  type: dict
  sample: {auth_failed: 1, unreachable: 1}
failures:
  description: The first 100 failures, each with C(host), C(class), C(message) and C(remedy).
  returned: always
  type: list
  elements: dict
failed_hosts:
  description:
    - Names of the devices that failed or were not reached, as far as 200,000 characters hold
      them.
  returned: always
  type: list
  elements: str
resumed:
  description: With O(resume), how many devices the run had done before; none otherwise.
  returned: always
  type: int
fresh:
  description: How many devices were skipped for O(max_age); RV(counts) has them under C(skipped).
  returned: always
  type: int
stale:
  description:
    - With O(max_copy_age), C(count) of the devices with no good copy (C(never) of them) or too old
      a one, and the first 100 in C(devices), each with C(device), C(fetched) and C(age) in seconds.
    - None otherwise.
  returned: always
  type: dict
  sample: {max_copy_age: 172800, count: 1, never: 1, devices: [{device: r7, age: null}]}
commit:
  description: The commit in the git mirror; none where nothing changed.
  returned: always
  type: str
git_dir:
  description: Where the git mirror lies.
  returned: always
  type: str
state_dir:
  description: Where the store lies.
  returned: always
  type: str
"""
