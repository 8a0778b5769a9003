# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_apply
short_description: Enter configuration lines on the whole fleet, a few devices first, in one task
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Enters lines on every host of the play on which there is something to be changed. They are given
    by the task, by a host variable, or are those that would mend the rules of
    M(prime.netops.config_compliance) that fail.
  - On each device, in this order. A copy from before is fetched, proved complete and stored. The
    lines are sent one by one, up to the first that the device refuses. A new login is tried while
    the session that entered them is still open. A copy from after is fetched and, where rules gave
    the lines, judged by them. Only then is the change confirmed and saved.
  - What goes wrong on the way is taken back where the platform can, by its own commit, rollback or
    timer; the page C(docs/remediation.md) has the table. Where
    it cannot, the message says what was entered and where the copy from before lies.
  - One device of each platform goes first. When it, or later more than O(max_failures) devices,
    fails once it was touched, no further device is.
  - A device's failure does not fail the task. M(prime.netops.host_outcome) gives each host its own
    result afterwards.
notes:
  - Write C(run_once=true) to the task, or its registered result reaches the first host only. The
    delegation and the two variables of the examples keep Ansible from setting up a connection to
    that first host.
  - Nothing is repeated once a device is in configuration mode, whatever O(attempts) says.
  - Platforms that can be changed are FRRouting, Cisco IOS, IOS XE, NX-OS and IOS XR, Arista EOS,
    Junos OS and VyOS. A device of another one fails, and is not contacted.
options:
  lines:
    description:
      - The lines for every device, written as the device prints them. Lines of a block are
        indented, comments and lines that only close a block are left out.
      - They are entered in the order given.
    type: list
    elements: str
  lines_variable:
    description:
      - Name of the host variable with the lines of the device, a list or a text. A device that has
        no such variable is left alone.
    type: str
  remediate:
    description:
      - Whether the lines are those that mend the rules that fail. They are made from the stored
        copy, to see which devices are concerned, and once more from what the device has in its
        turn.
      - They are put into an order in which access is never cut, additions before removals, access
        lists and AAA servers before what uses them.
      - A rule that is waived is left alone. One that has no lines is told as C(by_hand).
    type: bool
    default: false
  only:
    description:
      - Ids of the rules that are to be mended; the others are judged, and left as they are.
      - By default all of the profile.
    type: list
    elements: str
    default: []
  min_severity:
    description: Severity from which on rules are mended.
    type: str
    choices: [low, medium, high, critical]
  canary:
    description:
      - How many devices of each platform go first, while the others of that platform wait. 0 starts
        with all at once.
      - A device that could not be reached, or on which nothing was to be done, is not counted.
    type: int
    default: 1
  max_failures:
    description:
      - How many devices may fail once they were touched. One more ends the run; those in flight
        come to their end, the others are skipped.
      - A canary that fails ends that of its platform in any case.
    type: int
    default: 0
  confirm_minutes:
    description:
      - Minutes after which a device takes a change back that nobody has confirmed, where the
        platform has such a thing. At most 60.
    type: int
    default: 5
  save:
    description: Whether the changed configuration is saved to survive a restart.
    type: bool
    default: true
  git:
    description:
      - Whether the copies go to the git mirror, as those of M(prime.netops.config_backup). What
        somebody else had changed since the last copy gets a commit of its own.
  deadline:
    description:
      - Seconds that one device may take, all attempts counted. A device past it is cut off,
        wherever it is.
    type: float
    default: 600.0
  stats_key:
    default: netops_apply
extends_documentation_fragment:
  - prime.netops.fleet.action
  - prime.netops.fleet.store
  - prime.netops.fleet.engine
  - prime.netops.fleet.mirror
  - prime.netops.fleet.rules
attributes:
  check_mode:
    description: Tells the lines, contacts no device, and keeps nothing.
    support: full
  diff_mode:
    description:
      - M(prime.netops.host_outcome) shows the lines per host in check mode, and what has changed
        between the two copies otherwise; secrets are taken out of both.
    support: none
seealso:
  - module: prime.netops.config_compliance
  - module: prime.netops.config_backup
  - module: prime.netops.host_outcome
"""

EXAMPLES = r"""
- name: Mend the rules of severity high and worse on all devices of the play
  prime.netops.config_apply:
    remediate: true
    min_severity: high
  run_once: true
  register: remediation
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Enter the lines that each host's variable holds, on two devices of each platform first
  prime.netops.config_apply:
    lines_variable: new_ntp_lines
    canary: 2
    confirm_minutes: 10
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
summary:
  description: A sentence for each of the first 100 devices on which there was something to be done.
  returned: always
  type: list
  elements: str
  sample:
    - "ams-r1: mended NTP-001; by hand: BAN-001; copies: before 3f0c2ab81d77, after 92b1d4e0aa51"
devices:
  description:
    - What was done, by device. C(lines) without secrets, the C(rules) they are for, those
      C(mended), C(by_hand) with the reason, the hashes of the copies C(before) and C(after) in the
      store, and
      the C(status).
  returned: always
  type: dict
left_out:
  description: How many devices did not fit into C(devices). The ledger has them all.
  returned: always
  type: int
spokesman:
  description:
    - A host that has not failed, if there is one. Later plays can tell of the run there.
  returned: always
  type: str
counts:
  description: Devices in total, and by status.
  returned: always
  type: dict
  sample: {total: 25, ok: 17, changed: 5, failed: 1, unreachable: 0, skipped: 2}
classes:
  description: Failed devices by error class.
  returned: always
  type: dict
  sample: {line_rejected: 1, rollout_stopped: 2}
failures:
  description: The first 100 failures, each with C(host), C(class), C(message) and C(remedy).
  returned: always
  type: list
  elements: dict
failed_hosts:
  description: Names of the devices that failed, as far as 200,000 characters hold them.
  returned: always
  type: list
  elements: str
commit:
  description: The commit of the git mirror with the copies from after; none when nothing changed.
  returned: always
  type: str
git_dir:
  description: Directory of the git mirror.
  returned: always
  type: str
"""
