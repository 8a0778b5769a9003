# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is true of a vendor: one YAML file per platform, and the loader that checks them."""

from __future__ import annotations

from .loader import (
    Apply,
    BadPlatformFile,
    Blob,
    Layout,
    Nesting,
    Order,
    Platform,
    Proof,
    Quoted,
    Section,
    Way,
    load,
    load_all_secrets,
    load_common,
    names,
    own_name,
)

__all__ = [
    "Apply",
    "BadPlatformFile",
    "Blob",
    "Layout",
    "Nesting",
    "Order",
    "Platform",
    "Proof",
    "Quoted",
    "Section",
    "Way",
    "load",
    "load_all_secrets",
    "load_common",
    "names",
    "own_name",
]
