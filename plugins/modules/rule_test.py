# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: rule_test
short_description: Test compliance rules on configurations whose verdict is known
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Runs rules against fixtures, short configurations with the verdict that a rule has to come to.
    Then changes what made a rule pass, and expects the verdict to flip. A rule that passes whatever
    a configuration says does not get through.
  - Fails when a case comes out otherwise than expected, or is missing. Contacts no device.
notes:
  - Write C(run_once=true) to the task; the delegation and the variables of the example keep Ansible
    from setting up a connection to the first host.
options:
  rules:
    description: Directories with the rules to test.
    type: list
    elements: path
    default: []
  fixtures:
    description: Directory of the fixtures, C(RULE-ID.yml) each, or one such file.
    type: path
    required: true
  shipped:
    description: Whether to test the rules of this collection as well.
    type: bool
    default: false
  coverage:
    description:
      - Whether a missing case is a failure. Each rule needs one that passes and one that fails for
        each of its platforms, and one to which it does not apply.
    type: bool
    default: true
extends_documentation_fragment:
  - prime.netops.fleet.action
attributes:
  check_mode:
    description: Works the same, as it changes nothing.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
"""

EXAMPLES = r"""
- name: Test our own rules
  prime.netops.rule_test:
    rules: [compliance/rules]
    fixtures: compliance/fixtures
  run_once: true
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false
"""

RETURN = r"""
cases:
  description: How many cases and mutations were run.
  returned: always
  type: int
failures:
  description: What came out otherwise than expected, with file and line.
  returned: always
  type: list
  elements: str
missing:
  description: Cases that there should be.
  returned: always
  type: list
  elements: str
"""
