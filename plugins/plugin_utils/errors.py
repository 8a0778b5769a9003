# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong with a device, and what follows from it.

The taxonomy stands on the ground floor because every floor raises from it. It alone decides
whether an attempt is repeated, how Ansible counts the device, and what the person is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import ClassVar


class Scope(Enum):
    """What a breaker stands for; the value is the name users see."""

    DEVICE = "device"
    """One device, across runs: its quarantine."""
    GROUP = "group"
    """The devices of one site, or of one value of another host variable."""
    CREDENTIAL = "credential"
    """The devices that ask one AAA domain who may log in."""
    RUN = "run"
    """The whole run: what fails everywhere fails here."""
    ROLLOUT = "rollout"
    """The devices of one platform, which wait for those that a change is tried on first."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an error class means.

    ``transient``: another attempt may succeed. ``reached``: False makes Ansible count the device
    as unreachable instead of failed. ``patience``: factor on the back-off before the next attempt.
    ``speaks_for``: whose breakers it counts for. ``tried``: False makes Ansible count the device
    as skipped, since nobody knocked at it.
    """

    transient: bool
    reached: bool
    cause: str
    remedy: str
    patience: float = 1.0
    speaks_for: tuple[Scope, ...] = ()
    tried: bool = True

    @property
    def exit_code(self) -> int:
        """ansible-playbook's own, when nothing worse happened and no option ignores it."""
        if not self.tried:
            return 0
        return 2 if self.reached else 4


class ErrorClass(Enum):
    """Every way a device can fail; the value is the name users see in results and reports."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CONNECTION_RESET = "connection_reset"
    SESSION_LIMIT = "session_limit"
    AUTH_FAILED = "auth_failed"
    PRIVILEGE_DENIED = "privilege_denied"
    HOST_KEY_CHANGED = "host_key_changed"
    LEGACY_CRYPTO = "legacy_crypto"
    INCOMPLETE_OUTPUT = "incomplete_output"
    COMMAND_REJECTED = "command_rejected"
    UNKNOWN_PLATFORM = "unknown_platform"
    BAD_INVENTORY = "bad_inventory"
    SKIPPED_BY_BREAKER = "skipped_by_breaker"
    QUARANTINED = "quarantined"
    NO_CONFIGURATION = "no_configuration"
    NOT_COMPLIANT = "not_compliant"
    CANNOT_CONFIGURE = "cannot_configure"
    LINE_REJECTED = "line_rejected"
    ACCESS_LOST = "access_lost"
    NOT_MENDED = "not_mended"
    ROLLOUT_STOPPED = "rollout_stopped"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"

    @property
    def verdict(self) -> Verdict:
        """The row of the taxonomy's table that belongs to this class."""
        return VERDICTS[self]


_PATH = (Scope.DEVICE, Scope.GROUP, Scope.RUN)
"""Nobody answered: it may be the device, its site, or our own way out."""

VERDICTS: dict[ErrorClass, Verdict] = {
    ErrorClass.UNREACHABLE: Verdict(
        transient=True,
        reached=False,
        cause="Nothing answered at the device's address and port, or its name does not resolve.",
        remedy="Check ansible_host and ansible_port, routing, and the ACL on the management port.",
        speaks_for=_PATH,
    ),
    ErrorClass.TIMEOUT: Verdict(
        transient=True,
        reached=False,
        cause="The device accepted the connection and then fell silent past the deadline.",
        remedy="Look at the device's load and its VTY lines, or raise the deadline option.",
        speaks_for=_PATH,
    ),
    ErrorClass.CONNECTION_RESET: Verdict(
        transient=True,
        reached=False,
        cause="The device or something on the path closed the session before the work was done.",
        remedy="Lower the workers option for this site; look for ACLs, control-plane policing or "
        "reloads.",
        speaks_for=_PATH,
    ),
    ErrorClass.SESSION_LIMIT: Verdict(
        transient=True,
        reached=False,
        cause="The device said that all its management sessions are taken.",
        remedy="Clear stale sessions on the device, or give it more VTY lines.",
        patience=5.0,
        speaks_for=(Scope.DEVICE,),
    ),
    ErrorClass.AUTH_FAILED: Verdict(
        transient=False,
        reached=True,
        cause="The device refused the user name, password or key.",
        remedy="Check ansible_user and ansible_password (or the key file) of this device; "
        "it is not tried again in this run so that no account gets locked.",
        speaks_for=(Scope.CREDENTIAL,),
    ),
    ErrorClass.PRIVILEGE_DENIED: Verdict(
        transient=False,
        reached=True,
        cause="The login worked, but enable mode or the command was not allowed to this user.",
        remedy="Set ansible_become_password, or give the user the privilege to show the "
        "configuration.",
        speaks_for=(Scope.DEVICE,),
    ),
    ErrorClass.HOST_KEY_CHANGED: Verdict(
        transient=False,
        reached=True,
        cause="The device showed another SSH host key than the one known for it.",
        remedy="If the device was replaced, delete its line from the known_hosts file named in the "
        "message; otherwise treat it as an attack.",
        speaks_for=(Scope.DEVICE,),
    ),
    ErrorClass.LEGACY_CRYPTO: Verdict(
        transient=False,
        reached=True,
        cause="The device offers only SSH algorithms that are switched off by default.",
        remedy="Upgrade the device, or set netops_legacy_crypto: true for this host or group.",
        speaks_for=(Scope.DEVICE,),
    ),
    ErrorClass.INCOMPLETE_OUTPUT: Verdict(
        transient=True,
        reached=True,
        cause="The text did not prove complete, so it was not stored; the last good copy stands.",
        remedy="Look at the reason in the message; a device that prints slowly needs a longer "
        "deadline, a configuration that really shrank accept_smaller for one run.",
        speaks_for=(Scope.DEVICE,),
    ),
    ErrorClass.COMMAND_REJECTED: Verdict(
        transient=False,
        reached=True,
        cause="The device answered the command with an error text.",
        remedy="Check ansible_network_os and the user's command authorisation.",
        speaks_for=(Scope.DEVICE,),
    ),
    ErrorClass.UNKNOWN_PLATFORM: Verdict(
        transient=False,
        reached=True,
        cause="ansible_network_os is missing or names no platform of this collection.",
        remedy="Set ansible_network_os to one of the names in the platforms page.",
    ),
    ErrorClass.BAD_INVENTORY: Verdict(
        transient=False,
        reached=True,
        cause="A variable of the device is missing, undefined, undecryptable or of the wrong type.",
        remedy="Mend the variable that the message names in the inventory or the vault.",
    ),
    ErrorClass.SKIPPED_BY_BREAKER: Verdict(
        transient=False,
        reached=True,
        tried=False,
        cause="A breaker was open for the device's site, its login or the whole run, so nobody "
        "knocked at it.",
        remedy="Mend what the message names; the breaker lets one device through after a while "
        "and closes by itself when that one works.",
    ),
    ErrorClass.QUARANTINED: Verdict(
        transient=False,
        reached=True,
        tried=False,
        cause="The device failed in several runs, so it is tried at growing intervals only.",
        remedy="Mend or remove it; the first try that works releases it, and ignore_quarantine "
        "tries it now.",
    ),
    ErrorClass.NO_CONFIGURATION: Verdict(
        transient=False,
        reached=True,
        cause="The store has no configuration of this device that could be judged.",
        remedy="Back it up first, from the same inventory name and into the same store, or judge "
        "with compliance_fresh: true.",
    ),
    ErrorClass.NOT_COMPLIANT: Verdict(
        transient=False,
        reached=True,
        cause="The device's score is below the one wanted, or a rule failed that no device may "
        "fail.",
        remedy="Look at its findings in the report; mend the configuration, or waive the rule.",
    ),
    ErrorClass.CANNOT_CONFIGURE: Verdict(
        transient=False,
        reached=True,
        cause="The collection does not know how this platform is configured, or the device did not "
        "let this user into configuration mode.",
        remedy="Enter the lines that check mode shows by hand, or give the user the privilege to "
        "configure.",
    ),
    ErrorClass.LINE_REJECTED: Verdict(
        transient=False,
        reached=True,
        cause="The device refused a line of the change, and the rest of it was not entered.",
        remedy="Mend the line, or the rule that it comes from; the message says which it is and "
        "what the device has now.",
    ),
    ErrorClass.ACCESS_LOST: Verdict(
        transient=False,
        reached=True,
        cause="In a change the device fell silent, or after it let no new session in.",
        remedy="Read in the message whether the change was taken back; if not, enter by the "
        "console, and take the configuration from before out of the store.",
    ),
    ErrorClass.NOT_MENDED: Verdict(
        transient=False,
        reached=True,
        cause="The lines were entered, and a rule that they were to mend fails still, or one that "
        "passed fails now.",
        remedy="Compare the rule's lines with its check; the message names the rules and says what "
        "the device has now.",
    ),
    ErrorClass.ROLLOUT_STOPPED: Verdict(
        transient=False,
        reached=True,
        tried=False,
        cause="The change failed on another device before it was this one's turn.",
        remedy="Mend what the other device's message names and run again; devices that have the "
        "change already are left alone.",
    ),
    ErrorClass.INTERRUPTED: Verdict(
        transient=False,
        reached=True,
        cause="The run was ended before this device was done.",
        remedy="Run the playbook again; what was finished is stored, and a backup goes on with "
        "this run by backup_resume: true.",
    ),
    ErrorClass.INTERNAL: Verdict(
        transient=False,
        reached=True,
        cause="The task itself raised an unexpected exception: a defect, ours or the task's.",
        remedy="Run again with -vvv and report the traceback.",
    ),
}


class NetopsError(Exception):
    """A failure with a class. Its text says what happened, without the remedy."""

    error_class: ClassVar[ErrorClass] = ErrorClass.INTERNAL


class Unreachable(NetopsError):
    """Nothing answers at the device's address."""

    error_class = ErrorClass.UNREACHABLE


class DeadlineExceeded(NetopsError):
    """The device's time is up, all attempts counted."""

    error_class = ErrorClass.TIMEOUT


class ConnectionReset(NetopsError):
    """The session was closed from the other side."""

    error_class = ErrorClass.CONNECTION_RESET


class SessionLimit(NetopsError):
    """All management lines of the device are taken."""

    error_class = ErrorClass.SESSION_LIMIT


class AuthFailed(NetopsError):
    """The device refused the credentials."""

    error_class = ErrorClass.AUTH_FAILED


class PrivilegeDenied(NetopsError):
    """The user is in, but may not do what was asked."""

    error_class = ErrorClass.PRIVILEGE_DENIED


class HostKeyChanged(NetopsError):
    """The host key differs from the one that is known."""

    error_class = ErrorClass.HOST_KEY_CHANGED


class LegacyCrypto(NetopsError):
    """No common SSH algorithm while the old ones are off."""

    error_class = ErrorClass.LEGACY_CRYPTO


class IncompleteOutput(NetopsError):
    """The fetched text is not proved complete."""

    error_class = ErrorClass.INCOMPLETE_OUTPUT


class CommandRejected(NetopsError):
    """The device answered with an error text instead of the output."""

    error_class = ErrorClass.COMMAND_REJECTED


class UnknownPlatform(NetopsError):
    """The device's platform is missing or not known."""

    error_class = ErrorClass.UNKNOWN_PLATFORM


class BadInventory(NetopsError):
    """A device's variable is missing, undecryptable or of the wrong type."""

    error_class = ErrorClass.BAD_INVENTORY


class SkippedByBreaker(NetopsError):
    """An open breaker kept the device from being tried."""

    error_class = ErrorClass.SKIPPED_BY_BREAKER


class Quarantined(NetopsError):
    """A device that failed run after run is left alone for a while."""

    error_class = ErrorClass.QUARANTINED


class NoConfiguration(NetopsError):
    """There is no stored configuration to work on."""

    error_class = ErrorClass.NO_CONFIGURATION


class NotCompliant(NetopsError):
    """The device's configuration was judged, and fails."""

    error_class = ErrorClass.NOT_COMPLIANT


class CannotConfigure(NetopsError):
    """Configuration mode is not known for the platform, or closed to the user."""

    error_class = ErrorClass.CANNOT_CONFIGURE


class LineRejected(NetopsError):
    """The device refused a line of a change."""

    error_class = ErrorClass.LINE_REJECTED


class AccessLost(NetopsError):
    """A device that was changed refuses a new session."""

    error_class = ErrorClass.ACCESS_LOST


class NotMended(NetopsError):
    """A change did not do what it was made for."""

    error_class = ErrorClass.NOT_MENDED


class RolloutStopped(NetopsError):
    """A change that failed elsewhere was not made on this device."""

    error_class = ErrorClass.ROLLOUT_STOPPED


class Interrupted(NetopsError):
    """The run was ended before the device was done."""

    error_class = ErrorClass.INTERRUPTED


class StoreError(Exception):
    """The store cannot be opened or written; the message names it and the remedy."""


class StoreUnavailable(StoreError):
    """The store's server is out of reach or restarting: the same may succeed in a while."""


class RunLost(StoreError):
    """Another process has closed this process's run, or goes on with it."""


class MirrorError(Exception):
    """The git mirror cannot be written; the message names it and the remedy."""
