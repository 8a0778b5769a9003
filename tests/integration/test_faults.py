"""Everything that a device can do wrong, all at once: each is told by its class, harms no other
device and no copy that was good, and is over when its time is up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils import platforms as known
from ansible_collections.prime.netops.plugins.plugin_utils.fleet.flight import BEYOND

from tests.integration.playbook import BACKUP, Controller, Play, at_rest
from tests.integration.processes import POLL, Usage, await_end, descendants, usage
from tests.lab.fleet import MARKER, Lab, fleet
from tests.lab.fleet.dialects import DIALECTS
from tests.lab.fleet.faults import FAULTS

DEADLINE = 12
"""Seconds a device: more than the ten of a connection attempt that nobody answers."""
WORKERS = 12
WELL = 24

TOLD = {
    "dead": ("unreachable", 2, "the connection was refused"),
    "refused": ("unreachable", 2, "the connection was refused"),
    # the connection attempt gives up after ten seconds, and the deadline ends the second one
    "silent": ("unreachable|timeout", None, ""),
    "reset": ("connection_reset", 2, "closed the connection"),
    "no_banner": ("timeout", None, f"the deadline of {DEADLINE} s passed while logging in"),
    "wrong_password": ("auth_failed", 1, "the device refused the login"),
    "wrong_enable": ("privilege_denied", 1, "enable mode was refused"),
    "session_limit": ("session_limit", None, "the device refuses another session"),
    "changed_host_key": ("host_key_changed", 1, "known_hosts"),
    "legacy_crypto": ("legacy_crypto", 1, "no SSH algorithm in common"),
    "hang": ("timeout", 1, ""),
    "drop": ("connection_reset", 2, "the device closed the"),
    "truncated": ("incomplete_output", 2, "end marker"),
    "invalid_input": ("command_rejected", 1, "Invalid input"),
    "empty": ("incomplete_output", 2, "not proved complete"),
}
"""Fault -> error class (or classes), attempts of two (None: what the time allows), words."""
MENDED = {"syslog", "prompt_in_text"}
"""Faults in the text that must not be believed: stored whole, or told as incomplete."""


@dataclass(frozen=True)
class Storm:
    """A run on a fleet with a device for every fault, and what it left."""

    play: Play
    controller: Controller
    lab: Lab
    before: dict[str, str]
    samples: list[Usage]
    leftovers: set[int]


def device(fault: str) -> str:
    """The device that has a fault."""
    return f"r{list(FAULTS).index(fault) + 1}"


@pytest.fixture(scope="module")
def storm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    """A fleet that was backed up when all was well; then everything goes wrong at once, and the
    well devices have changed."""
    controller = Controller(tmp_path_factory.mktemp("home"))
    with fleet(
        len(FAULTS) + WELL,
        state=tmp_path_factory.mktemp("lab"),
        platforms=("cisco_ios",),
        size_kb=5,
        unprivileged=True,
    ) as lab:
        assert controller.play(BACKUP, lab.inventory).rc == 0
        before = controller.texts()
        changes: dict[str, dict[str, object]] = {
            device(fault): {"fault": fault, "revision": 2} for fault in FAULTS
        }
        well = {name: {"revision": 2, "latency": 0.1} for name in lab.plan.names[len(FAULTS) :]}
        lab.override_many(changes | well)
        yield _watched(controller, lab, before)


def _watched(controller: Controller, lab: Lab, before: dict[str, str]) -> Storm:
    """Run the backup and look at its worker all the time."""
    process = controller.start(
        BACKUP,
        lab.inventory,
        backup_deadline=DEADLINE,
        backup_attempts=2,
        backup_workers=WORKERS,
        backup_host_outcome="none",
        backup_fail_job="never",
    )
    samples: list[Usage] = []
    processes: set[int] = set()
    while process.poll() is None:
        processes |= descendants(process.pid)
        held = [found for pid in processes - {process.pid} if (found := usage(pid))]
        if held:
            samples.append(max(held, key=lambda each: each.threads))
        time.sleep(POLL)
    stdout, stderr = process.communicate()
    await_end(processes, 30)
    play = Play(process.returncode, stdout, stderr, 0)
    return Storm(play, controller, lab, before, samples, processes)


def test_every_fault_of_the_lab_is_looked_at() -> None:
    """A fault that the lab learns has to be told what it is here."""
    assert set(TOLD) | MENDED == set(FAULTS)


@pytest.mark.parametrize("fault", TOLD)
def test_a_fault_is_told_by_its_class(storm: Storm, fault: str) -> None:
    """Class, words and number of attempts: what may pass is tried again, what may not is not."""
    error_class, attempts, words = TOLD[fault]
    outcome = storm.controller.outcomes()[device(fault)]
    assert outcome.error_class in error_class.split("|"), outcome
    assert words in (outcome.message or ""), outcome.message
    assert attempts in (None, outcome.attempts)
    assert outcome.remedy
    assert MARKER not in (outcome.message or "")
    assert f"{device(fault)}: {outcome.error_class}: " in storm.play.text


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_never_harms_the_last_good_copy(storm: Storm, fault: str) -> None:
    """In store and git the copy from before stands, or a whole new one; never something between."""
    name = device(fault)
    kept = storm.controller.texts()[name]
    if kept != storm.before[name]:
        assert fault in MENDED
        assert len(kept.splitlines()) >= len(storm.before[name].splitlines())
    site = storm.lab.plan.device(name).site
    revision = "revision 2" if kept != storm.before[name] else "revision 1"
    assert revision in storm.controller.git("show", f"HEAD:{site}/{name}")


def test_the_well_devices_are_not_affected(storm: Storm) -> None:
    """All of them are done, with their changes, however many others fail around them."""
    well = storm.lab.plan.names[len(FAULTS) :]
    assert storm.play.rc == 0, storm.play.output
    outcomes, texts = storm.controller.outcomes(), storm.controller.texts()
    assert {outcomes[name].status for name in well} == {"changed"}
    assert all("revision 2" in texts[name] for name in well)
    assert {outcomes[name].attempts for name in well} == {1}


def test_no_device_takes_longer_than_its_time(storm: Storm) -> None:
    """The deadline holds for each, whatever its driver waits for."""
    taken = {name: outcome.seconds for name, outcome in storm.controller.outcomes().items()}
    # below the time at which a driver would give up by itself
    assert max(taken.values()) < DEADLINE + BEYOND - 0.5, taken


def test_the_run_is_over_when_the_last_device_is(storm: Storm) -> None:
    """With a slot for each slow one, the whole run takes little more than one deadline."""
    run = storm.controller.last_run()
    assert run.finished
    assert (run.finished - run.started).total_seconds() < 2 * DEADLINE


def test_nothing_is_left_behind(storm: Storm) -> None:
    """No process, no session on a device; and the worker held no more threads and files than its
    devices in flight need, so hung ones do not pile up."""
    at_rest(storm.lab)
    assert len(storm.samples) > 50
    assert max(each.threads for each in storm.samples) < 3 * WORKERS + 10
    assert max(each.files for each in storm.samples) < 4 * WORKERS + 40


@pytest.fixture(scope="module")
def platforms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A device of every platform."""
    with fleet(
        len(DIALECTS),
        state=tmp_path_factory.mktemp("platforms"),
        platforms=tuple(DIALECTS),
        size_kb=5,
    ) as running:
        yield running


ONCE = {"backup_attempts": 1, "backup_fail_job": "never", "backup_host_outcome": "none"}


def well(controller: Controller, lab: Lab) -> dict[str, int]:
    """Back up the fleet when all is well; the lines of each device's text."""
    lab.restore()
    assert controller.play(BACKUP, lab.inventory, **ONCE).rc == 0
    lines = {name: len(text.splitlines()) for name, text in controller.texts().items()}
    assert set(lines) == set(lab.plan.names)
    return lines


def disturbed(controller: Controller, lab: Lab, fault: str, cut: float) -> dict[str, str]:
    """Back up the fleet with a fault on every device; how each platform ended."""
    lab.override_many({name: {"fault": fault, "cut": cut} for name in lab.plan.names})
    assert controller.play(BACKUP, lab.inventory, backup_deadline=30, **ONCE).rc == 0
    return {
        lab.plan.device(name).platform: outcome.error_class or outcome.status
        for name, outcome in controller.outcomes().items()
    }


@pytest.mark.parametrize(
    ("fault", "cut", "error_class"),
    [
        ("truncated", 0.4, "incomplete_output"),
        ("empty", 0, "incomplete_output"),
        ("drop", 0.9, "connection_reset"),
        ("session_limit", 0, "session_limit"),
        ("invalid_input", 0, "command_rejected"),
    ],
)
def test_no_platform_believes_a_text_that_is_not_one(
    platforms: Lab, controller: Controller, fault: str, cut: float, error_class: str
) -> None:
    """On every platform: the fault has its class, and nothing was stored or committed."""
    well(controller, platforms)
    ended = disturbed(controller, platforms, fault, cut)
    assert ended == dict.fromkeys(DIALECTS, error_class)
    assert controller.commits() == 1


def test_an_end_marker_proves_the_end(platforms: Lab, controller: Controller) -> None:
    """Where a format has an end marker, or blocks that have to close, a text without its last
    lines is refused although it is nearly whole and the prompt follows."""
    well(controller, platforms)
    ended = disturbed(controller, platforms, "truncated", 0.98)
    proved = {name for name in DIALECTS if known.load(name).complete.end} | {"juniper_junos"}
    assert len(proved) > 8
    assert {ended[name] for name in proved} == {"incomplete_output"}


def test_a_log_message_in_the_text_loses_no_line(platforms: Lab, controller: Controller) -> None:
    """A log message that a device prints into its configuration cuts none of it off: the text is
    refused, or whole."""
    before = well(controller, platforms)
    disturbed(controller, platforms, "syslog", 0.5)
    after = {name: len(text.splitlines()) for name, text in controller.texts().items()}
    assert all(after[name] >= before[name] for name in before)
