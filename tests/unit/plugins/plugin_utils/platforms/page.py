# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page docs/platforms.md, written from the platforms' data.

``python -m tests.unit.plugins.plugin_utils.platforms.page`` prints it; with ``ways`` behind it, the
table of docs/remediation.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ansible_collections.prime.netops.plugins.plugin_utils.platforms import Platform, load, names

_TOP = """\
# Platforms

Set `ansible_network_os` to a name of this table, in any case. Names that other collections,
netmiko and NAPALM use mean the same. A value that is not here is that device's error; nothing is
guessed.

This page is written from `plugins/plugin_utils/platforms/*.yml`: everything that the collection
knows of a vendor stands there. Print it anew with
`python -m tests.unit.plugins.plugin_utils.platforms.page > docs/platforms.md`.

"""
_BOTTOM = """
## What proves a configuration complete

- **end marker**: the configuration begins with that platform's first words and ends with its last
  ones on a line of their own, outside of any banner. A text that does is believed whatever its
  size.
- **prompt**: the format has no end marker. The device's prompt has to follow the text; where the
  format has blocks, all of them have to close; and the text has to be at least half as large as
  the last good copy. A text that is the last good copy without its end is refused too: what was
  really removed there is taken with `backup_accept_smaller: true`, once. What this cannot see is a
  *first* copy whose device leaves out whole blocks at the end and prints its prompt as if nothing
  were missing.

An error text in place of the configuration is `command_rejected`; anything else that is not proved
is `incomplete_output`, which is tried again. Neither replaces the last good copy.

## What is kept and what is shown

The store keeps the text as the device printed it, without echo, prompt and what a pager left. The
git mirror shows it without the volatile lines and without secrets: `<redacted>` stands where one
was. Certificates and public keys are not secrets and stay. Where a platform encrypts secrets anew
at every show, those do not make a new version; any other changed secret does make one in the
store, and none in git.

## Notes

- RouterOS 7 leaves passwords out of `/export`; RouterOS 6 prints them.
- SR OS is asked in the words of its classic and mixed CLI.
- PAN-OS is asked for XML. Releases that print braces all the same are understood.
"""


def page() -> str:
    """Return the whole page."""
    head = ["Platform", "`ansible_network_os`", "Also", "Command", "Proof", "Volatile lines"]
    rows = [head, ["---"] * len(head), *(_row(load(name)) for name in names())]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"{_TOP}{table}\n{_BOTTOM}"


def _row(platform: Platform) -> list[str]:
    proof = "end marker" if platform.complete.end else "prompt"
    if platform.complete.nesting:
        proof += ", blocks"
    return [
        platform.title,
        f"`{platform.name}`",
        _codes(platform.aliases),
        _codes(platform.config.commands),
        proof,
        _codes(platform.volatile_rules) or "none",
    ]


def ways() -> str:
    """Return the table of the ways in which platforms are changed."""
    head = ["Platform", "The lines take effect", "Made lasting by", "Taken back by", "Saved by"]
    known = [platform for platform in map(load, names()) if platform.apply]
    rows = [head, ["---"] * len(head), *(row for each in known for row in _way_rows(each))]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _way_rows(platform: Platform) -> Iterator[list[str]]:
    for way in platform.apply.ways if platform.apply else ():
        back = [_codes(way.revert)] if way.revert else []
        if way.candidate:
            back.insert(0, f"before the commit {_codes(way.discard)}")
        if way.expires:
            back.append("by itself, when nobody confirms in time")
        yield [
            platform.title + (f", where {way.lacks}" if way.lacks else ""),
            f"all at once, by {_codes(way.commit)}" if way.candidate else "each as it is entered",
            _codes(way.confirm) or "that alone",
            "; ".join(back) or "nothing",
            _codes(way.save) or "the commit itself",
        ]


def _codes(values: tuple[str, ...]) -> str:
    return ", ".join("`{}`".format(value.replace("|", "\\|")) for value in values)


if __name__ == "__main__":
    print(ways() if sys.argv[1:] == ["ways"] else page(), end="")
