# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode's throw-away ledger, for the fleet task and the per-host tasks of one playbook run."""

from __future__ import annotations

from pathlib import Path

from ansible import constants

CHECK_LEDGER = f"sqlite:///{Path(constants.DEFAULT_LOCAL_TMP) / 'netops-check' / 'netops.db'}"
"""Below Ansible's own temporary directory, which is removed when the playbook ends."""
