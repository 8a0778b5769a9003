# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_compliance
short_description: Judge the configurations of the whole fleet by rules, in one task
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
description:
  - Judges the stored configuration of every host of the play, as M(prime.netops.config_backup) left
    it in the store, on all cores and without contacting a device; or fetches fresh ones first.
  - Each rule ends on each device as pass, fail, not_applicable, waived, error or unknown, with the
    lines that say so. A device's score is the weight of the rules it passes, in per cent of the
    weight of all that apply to it and are not waived.
  - What was found is kept in the store, with its history, and written as reports.
  - A device that is not compliant does not fail the task. M(prime.netops.host_outcome) gives each
    host its own result afterwards.
notes:
  - Write C(run_once=true) to the task, or its registered result reaches the first host only. The
    delegation and the two variables of the examples keep Ansible from setting up a connection to
    that first host.
  - Rules compare with variables of the inventory, such as C(compliance_ntp), the NTP servers of the
    site. A rule says what it is where its variable is not set, C(unknown) by default.
options:
  min_score:
    description: Score below which a device is not compliant.
    type: float
    default: 70.0
  fail_on:
    description:
      - Severity from which on one failed rule makes a device not compliant, whatever its score is.
      - By default the score alone decides.
    type: str
    choices: [low, medium, high, critical]
  fresh:
    description:
      - Whether to fetch the configurations, and to store them as a backup does, before they are
        judged. The git mirror is not written.
      - The commands that rules want the output of, such as C(show snmp user), are run in the same
        session. In stored copies these rules are C(unknown) as far as they rest on an output.
      - By default the last good copies in the store are judged.
    type: bool
    default: false
  golden:
    description:
      - Where the intended configurations are. Each device is compared with its own, and what
        differs is a failure of the rule C(GOLDEN), which belongs to every profile.
      - A directory is looked into for C(HOST), C(roles/ROLE) and C(platforms/PLATFORM), ending in
        C(.j2), C(.cfg) or C(.txt). A path may use C({{ host }}), C({{ role }}), C({{ platform }})
        and C({{ site }}); keep Ansible from filling them in before, with C(!unsafe). The first
        that there is wins.
      - A file that ends in C(.j2) is a Jinja2 template with the host's variables. Jinja2's own
        filters are there, Ansible's are not, and what a variable holds is not rendered once more.
      - A template that does not render is that device's C(error), with file and line.
      - A relative path is looked for as in O(rules).
    type: list
    elements: path
    default: []
  golden_extras:
    description:
      - What to do with lines that the golden text does not have. V(report) reports them all,
        V(sections) those in sections that the golden text has, V(ignore) none, for a golden text
        that is a part of the whole. The lines outside of any section are a section too, and so is
        the whole text of platforms that do not indent.
    type: str
    choices: [report, sections, ignore]
    default: report
  golden_ordered:
    description:
      - Patterns of sections, or of lines outside of any, whose order matters; besides those of
        the platform, such as access lists. They match from a line's beginning.
    type: list
    elements: str
    default: []
  golden_ignore:
    description:
      - Patterns of lines that are not compared, in either text. They match from a line's
        beginning. Lines that change by themselves are left out anyway.
    type: list
    elements: str
    default: []
  golden_missing:
    description:
      - State of C(GOLDEN) on a device that has no golden text.
    type: str
    choices: [not_applicable, unknown, fail]
    default: not_applicable
  golden_severity:
    description: Severity of C(GOLDEN), which decides what it weighs in the score.
    type: str
    choices: [low, medium, high, critical]
    default: high
  processes:
    description:
      - Processes that judge at the same time.
      - By default one for each core that the job may use.
    type: int
  git_path:
    description:
      - Jinja2 template of a device's path in the git mirror, as M(prime.netops.config_backup) has
        it, so that evidence is cited by file and line.
      - It is filled in for each device, so keep Ansible from doing so before, with C(!unsafe).
    type: str
    default: "{{ site }}/{{ host }}"
  formats:
    description:
      - The reports to write. None are written in check mode.
    type: list
    elements: str
    choices: [html, json, csv, junit, sarif, markdown]
    default: [html, json]
  report_dir:
    description:
      - Directory of the reports; it is created where there is none. Their files are
        C(compliance.html), C(compliance.json), C(compliance.csv), C(compliance.junit.xml),
        C(compliance.sarif) and C(compliance.md).
      - By default C(reports) in O(state_dir).
    type: path
  report_title:
    description: Title of the reports.
    type: str
    default: Network compliance
  stats_key:
    default: netops_compliance
extends_documentation_fragment:
  - prime.netops.fleet.action
  - prime.netops.fleet.store
  - prime.netops.fleet.engine
  - prime.netops.fleet.rules
attributes:
  check_mode:
    description: Judges, and keeps nothing.
    support: full
  diff_mode:
    description: What would mend a device is shown per host by M(prime.netops.host_outcome).
    support: none
seealso:
  - module: prime.netops.config_backup
  - module: prime.netops.host_outcome
"""

EXAMPLES = r"""
- name: Judge the last good copies of all devices of the play
  prime.netops.config_compliance:
  run_once: true
  register: compliance
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Judge fresh configurations by the CIS profile and rules of our own, for the CI server
  prime.netops.config_compliance:
    fresh: true
    profile: cis
    rules: [compliance/rules]
    waivers: compliance/waivers.yml
    min_score: 85
    fail_on: critical
    formats: [html, junit, sarif]
    report_dir: build/compliance
  run_once: true
  delegate_to: localhost
  vars:
    ansible_connection: local
    ansible_become: false

- name: Compare with what is intended, besides
  prime.netops.config_compliance:
    golden: compliance/golden
    golden_extras: sections
    golden_ignore: [snmp-server location]
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
score:
  description: Mean of the devices' scores; none when no device has one.
  returned: always
  type: float
  sample: 71.3
verdicts:
  description: Devices by verdict.
  returned: always
  type: dict
  sample: {compliant: 17, failing: 6, unjudged: 2}
states:
  description: Findings by state, over all rules and devices.
  returned: always
  type: dict
  sample: {pass: 540, fail: 160, not_applicable: 230, waived: 4, unknown: 66}
worst_rules:
  description: The rules that fail on most devices, each with C(rule) and C(devices).
  returned: always
  type: list
  elements: dict
reports:
  description: Files of the reports, by format.
  returned: always
  type: dict
  sample: {html: /srv/netops/reports/compliance.html}
counts:
  description: Devices in total, and by status. One that is not compliant counts as C(failed).
  returned: always
  type: dict
  sample: {total: 25, ok: 17, changed: 0, failed: 8, unreachable: 0, skipped: 0}
classes:
  description: Failed devices by error class.
  returned: always
  type: dict
  sample: {not_compliant: 6, no_configuration: 2}
failures:
  description: The first 100 failures, each with C(host), C(class), C(message) and C(remedy).
  returned: always
  type: list
  elements: dict
failed_hosts:
  description:
    - Names of the devices that are not compliant or could not be judged, as far as 200,000
      characters hold them.
  returned: always
  type: list
  elements: str
"""
