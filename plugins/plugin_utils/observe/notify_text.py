# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words of an alert: Jinja2 templates in a sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .notify_config import Route, Severity
from .notify_memory import News
from .notify_trouble import Findings, Trouble
from .text import one_line

SHOWN = 15
"""Failures told one by one; the rest are counted by class. Chats cut a message at some thousand
characters, and nobody reads a hundred lines on a telephone."""
AT_HAND = 100
"""That a template of the user's may tell; each passes the redaction gate, which takes time."""
MAX_BODY = 12_000
TITLE = (
    "{{ playbook }}: {% if new %}{{ new }} new "
    "{{ 'problem' if new == 1 else 'problems' }}"
    "{% if over %}, {{ over }} over{% endif %}"
    "{% elif over %}{{ over }} {{ 'problem is' if over == 1 else 'problems are' }} over"
    "{% else %}{{ 'nothing new' if failed else 'all well' }}{% endif %}"
)
BODY = """\
{{ hosts }} hosts, {{ failed }} failed
{%- if known %}, {{ known }} of the problems known before{% endif %}.
{% for one in news[:shown] %}
{{ one.severity }}: {{ one.subject }}: {{ one.kind }}: {{ one.message }}
{%- if one.remedy %}
  -> {{ one.remedy }}
{%- endif %}
{%- endfor %}
{%- if new > shown %}

... and {{ new - shown }} more, in all
{%- for kind, count in kinds.items() %} {{ count }} {{ kind }}
{{- ',' if not loop.last else '.' }}{% endfor %}
{%- endif %}
{%- if recovered %}

Over:
{%- for one in recovered[:shown] %}
  {{ one.subject }} ({{ one.kind }})
{%- endfor %}
{%- if over > shown %}
  ... and {{ over - shown }} more
{%- endif %}
{%- endif %}
{%- if run.job %}

Job {{ run.job }} on {{ run.controller }}, started by {{ run.user }}
{%- else %}

On {{ run.controller }}, started by {{ run.user }}
{%- endif %}"""


@dataclass(frozen=True, slots=True)
class Text:
    """A message that is ready to go. ``problem``: what was wrong with a template of the user's."""

    title: str
    body: str
    severity: Severity
    problem: str = ""


def check_templates(route: Route) -> None:
    """Raise ValueError for a template of a route that cannot be compiled."""
    environment = _environment()
    for name in ("title", "body"):
        try:
            environment.from_string(getattr(route, name) or "")
        except TemplateError as error:
            raise ValueError(f"the template {name} of a route is wrong: {error}") from error


def compose(
    route: Route, news: News, findings: Findings, playbook: str, run: Mapping[str, str]
) -> Text:
    """The message about some news. A template that fails is replaced by the built-in one."""
    context = _context(news, findings, playbook, run)
    severity = max((one.severity for one in news.troubles), default=Severity.INFO)
    try:
        title, body = _filled(route.title or TITLE, context), _filled(route.body or BODY, context)
        problem = ""
    except Exception as error:  # noqa: BLE001 - a template may do anything
        title, body = _filled(TITLE, context), _filled(BODY, context)
        problem = f"a template of the alert file failed, the built-in one stood in: {error}"
    return Text(" ".join(title.split())[:200], _cut(body.strip()), severity, problem)


def _context(
    news: News, findings: Findings, playbook: str, run: Mapping[str, str]
) -> dict[str, Any]:
    """What a template knows; docs/alerts.md lists it."""
    ordered = sorted(news.troubles, key=lambda one: (-one.severity, one.subject))
    return {
        "playbook": playbook,
        "hosts": findings.hosts,
        "failed": findings.failed,
        "known": news.known,
        "new": len(ordered),
        "news": [_shown(one) for one in ordered[:AT_HAND]],
        "kinds": dict(Counter(one.kind for one in ordered).most_common(20)),
        "over": len(news.over),
        "recovered": [
            {"subject": key.subject, "kind": key.kind} for key in sorted(news.over)[:AT_HAND]
        ],
        "shown": SHOWN,
        "run": run,
    }


def _shown(one: Trouble) -> dict[str, Any]:
    return {
        "event": one.event,
        "subject": one.subject,
        "kind": one.kind,
        "message": one_line(one.message),
        "remedy": one.remedy,
        "severity": one.severity.name.lower(),
        "groups": sorted(one.groups),
    }


def _environment() -> ImmutableSandboxedEnvironment:
    # Plain text for mail, chat and pager: nothing is escaped for HTML.
    return ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)


def _filled(template: str, context: Mapping[str, Any]) -> str:
    return _environment().from_string(template).render(context)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_BODY else f"{text[: MAX_BODY - 20].rstrip()}\n... (cut here)"
