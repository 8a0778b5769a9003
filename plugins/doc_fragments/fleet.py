# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that the modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """What the actions of this collection have in common."""

    STORE = r"""
options:
  state_dir:
    description:
      - Directory of the store, the git mirror and the known host keys.
      - By default C(prime.netops) below E(XDG_STATE_HOME), or below C(~/.local/state) where that
        is not set.
      - It is created with mode 0700. In AWX it must lie outside of the job's container.
    type: path
  store_url:
    description:
      - Database of the store, as a SQLAlchemy URL, for example
        C(postgresql://backup@db.example.net/netops).
      - By default a SQLite file in O(state_dir).
    type: str
  store_key:
    description:
      - Fernet key with which the exact configurations are encrypted in the store.
      - Several keys, separated by commas, allow for rotation; the first one encrypts.
    type: str
"""

    ENGINE = r"""
options:
  workers:
    description:
      - Devices that are worked on at the same time.
      - By default as many as the open-files limit carries, and 100 at the most.
    type: int
  deadline:
    description:
      - Seconds that one device may take, all attempts counted.
      - A device past it is given up, even if its driver hangs, and its place goes to the next one.
    type: float
    default: 120.0
  attempts:
    description:
      - How often a device is tried when it fails for a reason that may pass, such as a time-out.
      - A refused login is never repeated.
    type: int
    default: 3
  backoff:
    description:
      - Seconds that the wait before the second attempt is at most; the bound doubles with each one.
    type: float
    default: 1.0
  backoff_cap:
    description:
      - Seconds that a wait between two attempts is at most.
    type: float
    default: 30.0
  known_hosts:
    description:
      - File of the devices' SSH host keys, in the format of OpenSSH.
      - By default C(known_hosts) in O(state_dir).
    type: path
  site_variable:
    description:
      - Host variable that names the device's site; a device without it belongs to the site
        C(default).
    type: str
    default: site
  max_bad_logins:
    description:
      - Bad logins that one credential may have in O(login_window), whatever the number of
        devices; 0 switches the budget off.
    type: int
    default: 3
  login_window:
    description:
      - Seconds in which bad logins are counted.
    type: float
    default: 1800
  aaa_variable:
    description:
      - Host variable that names the AAA server judging the device's logins; without it all
        devices have one.
    type: str
  breaker_variable:
    description:
      - Host variable by whose values devices share a breaker; O(site_variable) by default.
    type: str
  breaker_rate:
    description:
      - Percentage of a site's last 20 devices that do not answer, from which on nobody knocks
        there; 0 is off.
    type: float
    default: 80
  breaker_run_rate:
    description:
      - Percentage of the run's last 100 devices that do not answer, from which on nobody knocks
        anywhere; 0 is off.
    type: float
    default: 90
  breaker_cooldown:
    description:
      - Seconds until an open breaker lets one device through to see; doubled by each that fails,
        up to ten minutes.
    type: float
    default: 30
  quarantine_after:
    description:
      - Runs in a row that a device may fail before it is tried at growing intervals only; 0 is off.
    type: int
    default: 3
  quarantine_hours:
    description:
      - Hours until the first try of a device in quarantine; doubled by each that fails, up to a
        week.
    type: float
    default: 20
  ignore_quarantine:
    description:
      - Whether to try the devices in quarantine in this run.
    type: bool
    default: false
  middleware:
    description:
      - Your own Python, asked before each device is contacted and told when it is done, as
        C(package.module:Class). Their order is that of this list.
      - They are looked for in the directory of the playbook first. See docs/middleware.md.
    type: list
    elements: str
    default: []
  profile_file:
    description:
      - File for a profile of the devices' threads, in the format of Python's C(pstats).
      - The functions that used most processor time are shown as well. It slows the run down by
        several times.
    type: path
  metrics_file:
    description:
      - File for Prometheus, in the directory of node_exporter's textfile collector; its name has to
        end in C(.prom). It is replaced as a whole when the run is over.
      - Give each job a file and an O(stats_key) of its own. Nothing is written in check mode.
    type: path
  metrics_per_device:
    description:
      - Whether O(metrics_file) has the age of each device's last good copy, and not only of the
        oldest one of a site. That is a series for each device.
    type: bool
    default: false
  stats_key:
    description:
      - Name under which the counts are set as custom stats, which AWX keeps as artifacts.
      - Give each slice of a sliced job a name of its own, since the last one wins.
    type: str
"""

    ACTION = r"""
attributes:
  action:
    description: Runs on the controller.
    support: full
  bypass_host_loop:
    description:
      - One task works on all hosts of the play's batch.
      - Write C(run_once=true) to it.
    support: full
  async:
    description: Supports C(async).
    support: none
"""

    MIRROR = r"""
options:
  git:
    description: Whether to write the git mirror.
    type: bool
    default: true
  git_dir:
    description:
      - Git repository of the mirror; it is created where there is none.
      - By default C(configs) in O(state_dir).
    type: path
  git_path:
    description:
      - Jinja2 template of a device's path in the repository. It knows C(host), C(site) and
        C(platform).
      - It is filled in for each device, so keep Ansible from doing so before, with C(!unsafe).
    type: str
    default: "{{ site }}/{{ host }}"
"""

    RULES = r"""
options:
  profile:
    description:
      - The profile whose rules are judged. The collection's own rules have C(baseline), C(cis) and
        C(stig); an empty one means all rules.
    type: str
    default: baseline
  rules:
    description:
      - Directories with rules of your own. One with the id of a rule of the collection takes its
        place.
      - A relative path is looked for beside the playbook, and then where Ansible was started.
    type: list
    elements: path
    default: []
  params:
    description:
      - Values for the parameters of rules, over those that the rules bring. The host variable
        C(compliance_params) counts more.
    type: dict
    default: {}
  waivers:
    description:
      - File of the waivers. One that has expired does not count, and is warned of.
      - A relative path is looked for as in O(rules).
    type: path
  role_variable:
    description: Host variable that names the device's role, for rules that ask for it.
    type: str
    default: role
"""
