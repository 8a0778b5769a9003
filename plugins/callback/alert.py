# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: alert
type: notification
short_description: Tells people what failed, once, by mail, chat, pager or webhook
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
requirements:
  - enable in configuration
  - apprise (Python package)
description:
  - Sends one message for each run to whoever wants to hear of it, and an immediate one when a
    breaker opens or the budget of refused logins is used up.
  - A failure is told once for as long as it lasts, and its end once.
  - Works on any playbook. Of the fleet tasks of this collection it knows each device's error class
    and remedy.
  - Targets are the URLs of L(apprise,https://github.com/caronc/apprise), which knows Slack, Teams,
    PagerDuty, mail, webhooks and some 170 others.
  - Nothing waits for a target while the run goes on, and at its end for O(flush_seconds) at most.
  - In check mode nothing is sent and nothing is remembered.
options:
  config:
    description:
      - YAML file of targets, routes and thresholds, which may be encrypted by C(ansible-vault). Its
        keys are explained in the collection's page docs/alerts.md.
    type: path
    env:
      - name: NETOPS_ALERT_CONFIG
    ini:
      - section: prime_netops_alert
        key: config
  urls:
    description:
      - URLs of apprise, in place of O(config), for one target that hears of everything.
      - They hold passwords and tokens, so set them by the environment.
    type: list
    elements: str
    env:
      - name: NETOPS_ALERT_URLS
  scope:
    description:
      - Name of the work. A failure in one is not over because another one succeeded.
      - By default the file name of the playbook.
    type: str
    env:
      - name: NETOPS_ALERT_SCOPE
    ini:
      - section: prime_netops_alert
        key: scope
  state_dir:
    description:
      - Directory of C(alerts.json), which remembers what was told.
      - By default C(prime.netops) below E(XDG_STATE_HOME), or below C(~/.local/state) where that
        is not set.
    type: path
    env:
      - name: NETOPS_STATE_DIR
    ini:
      - section: prime_netops
        key: state_dir
  timeout:
    description: Seconds that one connection to a target may take to answer.
    type: float
    default: 10.0
    env:
      - name: NETOPS_ALERT_TIMEOUT
    ini:
      - section: prime_netops_alert
        key: timeout
  attempts:
    description: How often a message is tried, with waits that double from one second on.
    type: int
    default: 3
    env:
      - name: NETOPS_ALERT_ATTEMPTS
    ini:
      - section: prime_netops_alert
        key: attempts
  flush_seconds:
    description:
      - Seconds that the end of a run waits for messages that are not delivered yet. What is not by
        then is named in a warning, and told again by the next run.
    type: float
    default: 15.0
    env:
      - name: NETOPS_ALERT_FLUSH_SECONDS
    ini:
      - section: prime_netops_alert
        key: flush_seconds
"""

try:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.alert import Alert as Callback
except ImportError as error:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.unavailable import (
        unavailable_callback,
    )

    Callback = unavailable_callback(error)


class CallbackModule(Callback):
    """Documented above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "prime.netops.alert"
    CALLBACK_NEEDS_ENABLED = True
