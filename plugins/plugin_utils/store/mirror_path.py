# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a device's text lies in the git mirror: a user's template, and names nobody vouches for."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from ..errors import MirrorError

DEFAULT_TEMPLATE = "{{ site }}/{{ host }}"
LONGEST_VALUE = 100
"""Bytes of UTF-8. Two values and the template's own words still fit the 255 of a file name."""
LONGEST_NAME = 255

_CONTROL = re.compile(r"[\\\x00-\x1f\x7f-\x9f]")
_REPLACED = re.compile(rf"/|{_CONTROL.pattern}")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Leading dots hide a file, and '.git' in any case is git's own; 'git~1' is '.git' on Windows, where
# names cannot end in a dot or a space either: somebody may clone the mirror there.
_FORBIDDEN_ENDS = re.compile(r"^[.\s]+|^(?=git~\d)|[.\s]+$", re.IGNORECASE)


class MirrorPaths:
    """Gives each device its path by one template, and no two devices the same.

    The template is Jinja2, sandboxed, and knows `host`, `site` and `platform`, each made safe
    first; an empty one leaves out its level. Names that differ in case only count as the same,
    because they are on the file systems of Windows and macOS.
    """

    def __init__(self, template: str = DEFAULT_TEMPLATE) -> None:
        self._source = template
        self._files: dict[str, str] = {}
        self._directories: dict[str, str] = {}
        if template.lstrip().startswith("/"):
            raise self._wrong("it is absolute, and paths begin at the mirror's top")
        try:
            self._template = _compile(template)
        except TemplateError as error:
            raise self._wrong(str(error)) from error

    def path(self, host: str, site: str, platform: str) -> str:
        """Return the device's path, relative and with '/' between its parts.

        Raises MirrorError when the template does not work or when another device has the path.
        """
        values = {"host": host, "site": site, "platform": platform}
        try:
            rendered = self._template.render({key: safe_name(each) for key, each in values.items()})
        except Exception as error:  # a template can raise anything
            raise self._wrong(str(error), host) from error
        path = "/".join(part for part in rendered.strip().split("/") if part)
        if not is_safe_path(path):
            raise self._wrong(f"it gives {rendered!r}, which is no path inside the mirror", host)
        self._claim(path, host)
        return path

    def _claim(self, path: str, host: str) -> None:
        folded = path.casefold()
        parts = folded.split("/")
        parents = ["/".join(parts[:count]) for count in range(1, len(parts))]
        holders = [self._files.get(folded), self._directories.get(folded)]
        holders += [self._files.get(parent) for parent in parents]
        other = next((each for each in holders if each is not None and each != host), None)
        if other is not None:
            raise MirrorError(
                f"The devices {other!r} and {host!r} get the same path {path!r} in the git mirror "
                f"by the template {self._source!r}. Rename one, or make the template tell them "
                "apart."
            )
        self._files[folded] = host
        for parent in parents:
            self._directories.setdefault(parent, host)

    def _wrong(self, why: str, host: str | None = None) -> MirrorError:
        device = f" for the device {host!r}" if host is not None else ""
        return MirrorError(
            f"The path template {self._source!r} of the git mirror does not work{device}: {why}. "
            f"It may use host, site and platform, as in {DEFAULT_TEMPLATE!r}."
        )


def mirror_path(template: str, host: str, site: str, platform: str) -> str:
    """Return one device's path; `MirrorPaths` does it for a fleet and finds clashes."""
    return MirrorPaths(template).path(host, site, platform)


def safe_name(value: str) -> str:
    """Return a value as part of a file name: no separator, no control, no hidden or git name.

    Composed Unicode (NFC), so that a name typed on another system is the same. What is too long
    is cut and ends in eight digits of the whole value's SHA-256.
    """
    composed = unicodedata.normalize("NFC", value)
    visible = "".join("_" if _unseen(letter) else letter for letter in composed)
    name = _FORBIDDEN_ENDS.sub("_", _REPLACED.sub("_", visible))
    encoded = name.encode()
    if len(encoded) <= LONGEST_VALUE:
        return name
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{encoded[: LONGEST_VALUE - 9].decode('utf-8', 'ignore')}-{digest}"


def is_safe_path(path: str) -> bool:
    """Tell whether git and every file system take the path, and it stays inside the mirror."""
    try:
        parts = path.encode().split(b"/")
    except UnicodeEncodeError:
        return False
    return not _CONTROL.search(path) and all(
        part and not part.startswith(b".") and len(part) <= LONGEST_NAME for part in parts
    )


@lru_cache(maxsize=8)
def _compile(template: str) -> Template:
    """Compile once for the fleet: it takes 2 ms, filling it in 0.02."""
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    return environment.from_string(template)


def _unseen(letter: str) -> bool:
    return not letter.isascii() and unicodedata.category(letter) in _UNSEEN
