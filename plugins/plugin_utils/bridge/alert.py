# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback behind ``prime.netops.alert``: Ansible's events in, findings out."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.plugins.callback import CallbackBase

from ..observe.channel import DRAIN, Subscription, subscribe
from ..observe.notify import Alerts
from ..observe.notify_config import AlertConfig, alert_config, simple_config
from ..observe.notify_outbox import Sending
from .host_secrets import HostSecrets
from .native import native
from .provenance import provenance
from .state import state_dir
from .task_result import failure_message, host_groups, host_of, result_of


class Alert(CallbackBase):  # type: ignore[misc]
    """Documented in plugins/callback/alert.py. Nothing waits for a target but the run's end."""

    def __init__(self) -> None:
        super().__init__()
        self._alerts: Alerts | None = None
        self._subscription: Subscription | None = None
        self._secrets: HostSecrets | None = None
        self._task = self._first_host = ""

    def v2_playbook_on_start(self, playbook: Any) -> None:
        """Read the configuration; a wrong one is told, and costs the run nothing."""
        if context.CLIARGS.get("check"):
            return
        try:
            config = self._config(playbook)
            if config is None:
                self._say("it has no targets: set the option config or urls", "")
                return
            if importlib.util.find_spec("apprise") is None:
                self._say("the Python package apprise is missing", "pip install apprise")
                return
            self._alerts = self._begin(config, playbook)
        except (ValueError, AnsibleError, OSError) as error:
            self._say(str(error), "mend it; ansible-doc -t callback prime.netops.alert")
            return
        self._subscription = subscribe(self._alerts.watch.event)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """Learn which groups a host is in, and who runs this."""
        if self._alerts:
            self._alerts.watch.groups = host_groups(play)
            self._secrets = HostSecrets(play)
            self._alerts.run = _run(provenance(play.get_variable_manager().extra_vars))

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """The first host of a task is the one whose variables are in the task's name."""
        if self._task != task._uuid:
            self._task, self._first_host = task._uuid, str.__str__(host.get_name())

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """A task failed on a host."""
        self._failed(result, ignored=ignore_errors)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """A host was not reached."""
        self._failed(result, ignored=False)

    def v2_playbook_on_stats(self, stats: Any) -> None:
        """The run is over."""
        if self._alerts is None:
            return
        if self._subscription:
            self._subscription.close(DRAIN)
        failed = {name for name in stats.processed if stats.failures.get(name)}
        failed |= {name for name in stats.processed if stats.dark.get(name)}
        for problem in self._alerts.finish(list(stats.processed), failed):
            self._display.warning(f"prime.netops.alert: {problem}")
        self._alerts = self._subscription = None

    def _failed(self, result: Any, ignored: bool) -> None:
        if self._alerts is None:
            return
        values, name = result_of(result), host_of(result)
        if values.get("error_class") and values.get("remedy"):  # host_outcome's
            self._alerts.watch.device_failed(
                name, values["error_class"], str(values.get("msg", "")), values["remedy"]
            )
        elif not ignored:
            task, message = str(result.task_name), failure_message(values)
            if self._secrets:
                hide = self._secrets.redactor(name, self._first_host).text
                task, message = hide(task), hide(message)
            self._alerts.watch.host_failed(name, task, message)

    def _begin(self, config: AlertConfig, playbook: Any) -> Alerts:
        option = self.get_option
        sending = Sending(
            timeout=float(option("timeout")),
            attempts=max(1, int(option("attempts"))),
            flush=max(0.0, float(option("flush_seconds"))),
        )
        name = native(option("scope")) or Path(str(playbook._file_name)).name
        place = state_dir({"state_dir": native(option("state_dir"))})
        return Alerts(config, sending, place, str(name), _run(provenance({})))

    def _config(self, playbook: Any) -> AlertConfig | None:
        """The alert file, vaulted or not, or the URLs; None where neither is given."""
        path = native(self.get_option("config"))
        if path:
            data = _read(playbook._loader, str(path))
            return alert_config(data, os.environ, Path(path).parent, where=str(path))
        urls = [str(url) for url in native(self.get_option("urls")) or [] if url]
        return simple_config(urls) if urls else None

    def _say(self, what: str, remedy: str) -> None:
        self._display.warning(
            f"prime.netops.alert sends nothing: {what}" + (f" ({remedy})" if remedy else "")
        )


def _read(loader: Any, path: str) -> Any:
    """The file's content. Ansible's own errors show the lines at fault, which may hold tokens."""
    try:
        return native(loader.load_from_file(path))
    except AnsibleError as error:
        if not Path(path).exists():
            raise ValueError(f"there is no file {path}") from error
        raise ValueError(
            f"{path} cannot be read: it is no YAML, or the vault password does not fit"
        ) from error


def _run(known: Mapping[str, str]) -> dict[str, str]:
    """Who runs it, in the words of the templates."""
    return {
        "job": known.get("awx_job_id", ""),
        "template": known.get("awx_job_template_name", ""),
        "controller": known.get("awx_execution_node") or known["controller"],
        "user": known.get("awx_user_name") or known["user"],
    }
