# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration text as a tree, with line numbers: one parser per family of syntax.

No parser raises, whatever the text is. A region that cannot be read becomes a parse warning; what
can be read before and after it stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ...platforms import Platform
from . import brace, config_edit, indent, set_commands, xml
from .model import Node, ParseWarning, Tree

__all__ = ["Node", "ParseWarning", "Tree", "parse"]

_PARSERS: Mapping[str, Callable[[str, Platform], Tree]] = {
    "indent": indent.parse,
    "sros": indent.parse_paths,
    "brace": brace.parse,
    "set": set_commands.parse,
    "config_edit": config_edit.parse,
    "xml": xml.parse,
}
_HEAD = 4096
"""Characters in which another form of the platform's is looked for."""


def parse(text: str, platform: Platform) -> Tree:
    """Return the tree of a configuration in any of the forms that the platform prints."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", " ")
    if "\0" in text:  # nothing that a device prints; patterns use it as a mark
        text = text.replace("\0", " ")
    head = text[:_HEAD]
    for syntax, start in platform.layout.forms:
        if start.search(head):
            return _PARSERS[syntax](text, platform)
    return _PARSERS[platform.syntax](text, platform)
