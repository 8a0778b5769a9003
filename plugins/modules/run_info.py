# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: run_info
short_description: Look up runs, devices and the age of their copies, and verify the store
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Tells the latest runs, what one of them did with its devices, and how old each device's last
    good copy is. Runs whose process is gone are closed as interrupted first.
  - With O(verify) the ledger, the exact texts of the store and the git mirror are held against each
    other, hash by hash, and git is mended from the store.
  - Runs on the controller, once; no device is contacted.
options:
  kind:
    description:
      - Only runs of this kind, V(backup), V(command) or V(task).
    type: str
  limit:
    description:
      - How many of the latest runs to tell.
    type: int
    default: 20
  run_id:
    description:
      - Tell this run's devices as well.
    type: str
  statuses:
    description:
      - Only the devices of O(run_id) that ended so.
    type: list
    elements: str
    choices: [ok, changed, failed, unreachable, skipped]
  hosts:
    description:
      - The devices whose copies' age is asked for; those without any copy are told too.
      - By default all devices that have a copy.
    type: list
    elements: str
  max_copy_age:
    description:
      - Tell which devices have no good copy or one older than this.
      - A number of seconds, or one with a unit, V(30m), V(4h), V(2d) or V(1w).
    type: str
  verify:
    description:
      - Whether to compare ledger, store and git mirror. All stored texts are read.
      - The task fails when something differs that cannot be mended from the store.
    type: bool
    default: false
  mend:
    description:
      - Whether O(verify) puts the git mirror right from the store, by one commit; check mode never
        does. A damaged text of the store is stored anew by its device's next backup.
    type: bool
    default: true
  git:
    description:
      - Whether there is a git mirror to verify.
    type: bool
    default: true
  git_dir:
    description:
      - Git repository of the mirror.
      - By default C(configs) in O(state_dir).
    type: path
  git_path:
    description:
      - Template of a device's path in it, as in M(prime.netops.config_backup).
    type: str
    default: "{{ site }}/{{ host }}"
extends_documentation_fragment:
  - prime.netops.fleet.store
attributes:
  check_mode:
    description: Compares and tells what would be mended; writes nothing.
    support: full
  diff_mode:
    description: Shows no differences between texts; git does.
    support: none
seealso:
  - module: prime.netops.config_backup
"""

EXAMPLES = r"""
- name: Look up the latest backups, and whose copies are older than two days
  prime.netops.run_info:
    kind: backup
    hosts: "{{ groups['all'] }}"
    max_copy_age: 2d
  run_once: true
  register: info
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Hold store and git against each other, and mend git
  prime.netops.run_info:
    verify: true
  run_once: true
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false
"""

RETURN = r"""
runs:
  description:
    - The latest runs, the newest first, each with C(run_id), C(kind), C(status), C(counts),
      C(started), C(finished), C(heartbeat), C(host) and C(provenance).
  returned: always
  type: list
  elements: dict
run:
  description: The run that was asked for, as in RV(runs).
  returned: with O(run_id)
  type: dict
devices:
  description:
    - The first 500 devices of that run by name, each with C(device), C(site), C(status),
      C(error_class), C(message), C(attempts), C(seconds) and C(config_sha256).
  returned: with O(run_id)
  type: list
  elements: dict
freshness:
  description:
    - C(devices), C(never) (without any copy), C(oldest_age) and C(youngest_age) in seconds, and in
      C(oldest) the first 100, those without a copy before all others.
    - With O(max_copy_age) also C(stale), as M(prime.netops.config_backup) returns it.
  returned: when there is a store
  type: dict
breakers:
  description:
    - Breakers of sites and AAA domains that are open, each with C(scope), C(name), C(failures),
      C(until) (when it lets one device through) and C(reason).
  returned: when there is a store
  type: list
  elements: dict
quarantine:
  description:
    - C(devices), how many are tried at growing intervals only, and C(first), a hundred of them with
      C(name), C(failures) (runs in a row), C(until) and C(reason).
  returned: when there is a store
  type: dict
bad_logins:
  description:
    - Accounts with refused logins of the last half hour, each with C(account), C(logins) and
      C(last).
  returned: when there is a store
  type: list
  elements: dict
verification:
  description:
    - C(devices) and C(texts) that were compared; what differs in C(counts) by kind and in
      C(differences) the first 100 by name, each with C(kind), C(device), C(detail) and C(remedy).
    - C(mended), how many files git was given back, in C(commit); C(lasting), how many differences
      need a person; C(problems), in words.
  returned: with O(verify)
  type: dict
"""
