# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store's locks are those of the ground floor."""

from __future__ import annotations

from ..locks import POLL_SECONDS, file_lock

__all__ = ["POLL_SECONDS", "file_lock"]
