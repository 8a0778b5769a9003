"""The ways a simulated device can misbehave, by name."""

from __future__ import annotations

from dataclasses import dataclass

FAULTS: dict[str, str] = {
    "dead": "nothing listens: connection refused (a device that is gone)",
    "refused": "nothing listens: connection refused (a closed port)",
    "silent": "the network swallows every packet: the connection attempt times out",
    "reset": "the connection is accepted and reset at once (a VTY access class)",
    "no_banner": "the connection is accepted and then nothing is ever sent",
    "wrong_password": "the device has another password than the inventory says",
    "wrong_enable": "the login works, the enable password does not",
    "session_limit": "after the login the device says that all its sessions are taken",
    "changed_host_key": "the device has another host key than before",
    "legacy_crypto": "the device offers only SHA-1 key exchange and an ssh-rsa host key",
    "hang": "the configuration stops half-way and the session stays open",
    "drop": "the connection breaks half-way through the configuration",
    "truncated": "the configuration stops half-way and the prompt follows as if it were whole",
    "invalid_input": "the device refuses the command that shows its configuration",
    "empty": "the command that shows the configuration prints nothing",
    "syslog": "a log message of the device appears in the middle of the configuration",
    "prompt_in_text": "a line of the configuration reads just like the prompt",
}
"""Fault -> what the client sees."""

CHANGE_FAULTS: dict[str, str] = {
    "reject_line": "the device refuses the second line of a change",
    "hang_line": "the device falls silent at the second line of a change",
    "drop_line": "the connection breaks at the second line of a change",
    "hang_confirm": "the device takes the confirmation of a change and falls silent",
    "lockout": "a configuration other than the one it has now lets nobody in",
    "no_archive": "IOS without its archive: no rollback, no timer",
    "no_configure": "the user may not enter configuration mode",
}
"""Fault in a change -> what the client sees."""

OVERRIDES = frozenset(
    {"fault", "revision", "latency", "auth", "password", "cut", "change_fault", "minute"}
)
"""What may be changed while a lab runs; `cut` is where a half-way fault strikes (0 to 1), `minute`
how many seconds a minute of the device takes."""

CLOSED = frozenset({"dead", "refused"})
HALFWAY = frozenset({"hang", "drop", "truncated", "syslog", "prompt_in_text"})


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault; with `times`, only for that many connections, after which the device is well."""

    name: str
    times: int | None = None

    @classmethod
    def parse(cls, text: str | None) -> Fault | None:
        """Read `drop` or `drop:2`; None for None or nothing. ValueError for an unknown name."""
        if not text:
            return None
        name, _, times = text.partition(":")
        if name not in FAULTS:
            raise ValueError(f"no fault {name!r}; there are: {', '.join(FAULTS)}")
        return cls(name, int(times) if times else None)
