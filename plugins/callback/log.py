# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: log
type: notification
short_description: Writes every event and every task's result as a line of JSON
version_added: 0.1.0
author:
  - The prime.netops authors (@prime)
requirements:
  - enable in configuration
description:
  - Writes a line for every result of every task of any playbook, and for everything that happens to
    a device in the fleet tasks of this collection, while it happens.
  - The lines have a stable schema, which the collection's page docs/logging.md describes.
  - Secrets are taken out; results of tasks with C(no_log) are logged as Ansible censors them.
  - A slow or full disk never holds up the play. Lines that could not be written are counted, and
    the log and a warning at the end of the run say how many are missing.
  - The file may be rotated at any time, by renaming or by copying and truncating it, and several
    runs may write to it at once.
options:
  path:
    description:
      - File to append to; it is created with mode 0600, its directory with mode 0700.
      - By default C(log.jsonl) in O(state_dir).
    type: path
    env:
      - name: NETOPS_LOG_PATH
    ini:
      - section: prime_netops_log
        key: path
  state_dir:
    description:
      - Directory of the log file, where O(path) is not set.
      - By default C(prime.netops) below E(XDG_STATE_HOME), or below C(~/.local/state) where that
        is not set.
    type: path
    env:
      - name: NETOPS_STATE_DIR
    ini:
      - section: prime_netops
        key: state_dir
  syslog:
    description:
      - Syslog to write the same lines to; the path of a socket such as C(/dev/log), or
        C(udp://host:port), or C(tcp://host:port).
    type: str
    env:
      - name: NETOPS_LOG_SYSLOG
    ini:
      - section: prime_netops_log
        key: syslog
  syslog_facility:
    description: Facility of the messages, such as C(local0).
    type: str
    default: user
    env:
      - name: NETOPS_LOG_SYSLOG_FACILITY
    ini:
      - section: prime_netops_log
        key: syslog_facility
  flush_seconds:
    description: Seconds that the end of a run waits for lines that are not written yet.
    type: float
    default: 10.0
    env:
      - name: NETOPS_LOG_FLUSH_SECONDS
    ini:
      - section: prime_netops_log
        key: flush_seconds
"""

try:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.log import Log as Callback
except ImportError as error:
    from ansible_collections.prime.netops.plugins.plugin_utils.bridge.unavailable import (
        unavailable_callback,
    )

    Callback = unavailable_callback(error)


class CallbackModule(Callback):
    """Documented above."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "prime.netops.log"
    CALLBACK_NEEDS_ENABLED = True
