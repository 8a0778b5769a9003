# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log's lines, and the ways a disk or a server can let them down."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.prime.netops.plugins.plugin_utils.config.redact import Redactor
from ansible_collections.prime.netops.plugins.plugin_utils.events import (
    DeviceFailed,
    DeviceStarted,
    DeviceSucceeded,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe import log_file, log_queue
from ansible_collections.prime.netops.plugins.plugin_utils.observe.log_file import LogFile
from ansible_collections.prime.netops.plugins.plugin_utils.observe.log_queue import (
    Entry,
    Limits,
    LineQueue,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.log_record import (
    ROOM,
    Line,
    TaskResult,
    line,
    snapshot,
    wordless,
)
from ansible_collections.prime.netops.plugins.plugin_utils.observe.log_syslog import Syslog
from hypothesis import given
from hypothesis import strategies as st

from tests.integration.processes import await_end, descendants

LONG = 30.0
SECRET = "S3cr3tMarker"
ALWAYS = {"playbook_id": "p-1"}


def encode(entry: Entry) -> Line:
    """As the callback does."""
    return line(entry.event, ALWAYS, entry.redactor)


def device(number: int, site: str = "") -> Entry:
    """Something to log."""
    return Entry(DeviceStarted(device=f"r{number}", site=site))


def lines(path: Path, at_work: bool = False) -> list[dict[str, Any]]:
    """The lines of a file, every one of which has to be whole; but for the last one, while somebody
    is at work at it."""
    text = path.read_text(encoding="ascii")
    if at_work:
        text = text[: text.rfind("\n") + 1]
    assert text == "" or text.endswith("\n")
    return [json.loads(part) for part in text.splitlines()]


def devices(path: Path, at_work: bool = False) -> list[str]:
    """The devices that a file tells of."""
    return [record["device"] for record in lines(path, at_work) if "device" in record]


def an_entry(result: dict[str, Any], **details: Any) -> Entry:
    """A task's result."""
    kept, cut = snapshot(result)
    known = {"play": "p", "task": "t", "action": "a", "host": "h", "status": "ok"}
    return Entry(TaskResult(**{**known, **details}, result=kept, cut=cut))


def test_a_line_says_what_when_and_to_which_run() -> None:
    """Its first fields are the same in every line; the time is in UTC."""
    event = DeviceSucceeded(
        run_id="run-1",
        time=1_700_000_000.5,
        device="r1",
        status="ok",
        seconds=1.23456789,
        attempts=1,
    )
    text = line(event, {**ALWAYS, "awx_job_id": "7"}).text
    record = json.loads(text)
    assert text.endswith(b"}\n")
    assert list(record)[:6] == ["time", "event", "schema", "playbook_id", "awx_job_id", "run_id"]
    assert record["time"] == "2023-11-14T22:13:20.500Z"
    assert (record["event"], record["schema"], record["seconds"]) == (
        "device_succeeded",
        1,
        1.234568,
    )


@pytest.mark.parametrize(
    "result",
    [
        {"msg": f"the password: {SECRET}"},
        {"stdout_lines": ["a", f"login {SECRET} ok"]},
        {"nested": {"deep": [{"x": f"https://u:{SECRET}@h/"}]}},
        {"password": f"{SECRET}"},
        {"snmp_community": f"{SECRET}"},
        {f"key {SECRET}": 1},
        {"json": json.dumps({"token": SECRET})},
    ],
)
def test_no_secret_gets_into_a_line(result: dict[str, Any]) -> None:
    """By its value, by the rules, or by the name of the key it stands under."""
    entry = an_entry(result, message=str(result), task=f"set {SECRET}")
    entry.redactor = Redactor([SECRET])
    assert SECRET.encode() not in encode(entry).text


@pytest.mark.parametrize("key", ["password", "api_key", "auth_token"])
def test_a_telling_name_is_enough(key: str) -> None:
    """Where nobody knows the value."""
    assert SECRET.encode() not in encode(an_entry({"user": {key: SECRET}})).text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(st.dictionaries(st.text(), JSON, max_size=8))
def test_any_result_becomes_one_bounded_line(result: dict[str, Any]) -> None:
    """Whatever a module returns."""
    text = encode(an_entry(result)).text
    assert text.count(b"\n") == 1
    json.loads(text)


def test_a_huge_result_is_cut_and_says_so() -> None:
    """Megabytes of output are not copied, the start of them is kept, and arguments never."""
    result: dict[str, Any] = {"stdout": "x" * 10_000_000, "list": list(range(10**6)), "rc": 0}
    result["deep"] = deep = {}
    for _ in range(1_000):
        deep["deep"] = deep = {}
    entry = an_entry({**result, "invocation": {"module_args": {"x": SECRET}}, "diff": SECRET})
    text = encode(entry).text
    record = json.loads(text)
    assert record["cut"] is True
    assert record["result"]["rc"] == 0
    assert record["result"]["stdout"].startswith("xxx")
    assert len(text) < 2 * ROOM
    assert SECRET.encode() not in text


def test_lines_are_written_in_their_order(tmp_path: Path) -> None:
    """All of them, to a file that only its owner may read, in directories that are made."""
    path = tmp_path / "new" / "log.jsonl"
    queue = LineQueue(LogFile(path), encode)
    for number in range(2_000):
        queue.put(device(number))
    queue.close(LONG)
    assert devices(path) == [f"r{number}" for number in range(2_000)]
    assert (queue.lost, queue.problem) == (0, "")
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_renamed_file_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As logrotate does by default: what comes later goes into a new file at the path."""
    monkeypatch.setattr(log_file, "LOOK", 0.0)
    path, old = tmp_path / "log", tmp_path / "log.1"
    file = LogFile(path)
    file.write([encode(device(1))])
    path.rename(old)
    file.write([encode(device(2))])
    old.unlink()
    path.unlink()
    file.write([encode(device(3))])
    assert devices(path) == ["r3"]


def test_a_file_copied_and_truncated_is_gone_on_with(tmp_path: Path) -> None:
    """As logrotate's copytruncate does: no hole of NUL bytes is left."""
    path = tmp_path / "log"
    file = LogFile(path)
    file.write([encode(device(1))])
    os.truncate(path, 0)
    file.write([encode(device(2))])
    assert devices(path) == ["r2"]


def test_half_a_line_of_a_killed_run_spoils_no_other(tmp_path: Path) -> None:
    """It is ended, so that the next line stands for itself."""
    path = tmp_path / "log"
    path.write_text('{"time": "2026-')
    file = LogFile(path)
    file.write([encode(device(1))])
    file.write([encode(device(2))])
    half, *whole = path.read_text().splitlines()
    assert half == '{"time": "2026-'
    assert [json.loads(text)["device"] for text in whole] == ["r1", "r2"]


def test_several_runs_write_to_one_file(tmp_path: Path) -> None:
    """The slices of a job: no line is mixed with another one."""
    path = tmp_path / "log"
    pids = []
    for writer in range(4):
        if not (pid := os.fork()):
            try:
                file = LogFile(path)
                for number in range(500):
                    file.write([encode(device(number, site=f"{writer}" * 3_000))])
                os._exit(0)
            except BaseException:  # noqa: BLE001 - the child must never come back into pytest
                os._exit(1)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0] * 4
    assert len(lines(path)) == 2_000


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", place], check=True)
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_a_full_disk_costs_lines_and_says_how_many(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No half line is left; when there is room again, a line tells what is missing before it."""
    monkeypatch.setattr(log_queue, "PAUSE", 0.05)
    ballast, path = small_disk / "ballast", small_disk / "log"
    ballast.write_bytes(b"x" * 50_000)  # what is left takes less than the hundred lines that wait
    queue = LineQueue(LogFile(path), encode, Limits(lines=100))
    for number in range(1_000):
        queue.put(device(number))
        time.sleep(0.0005)
    await_true(lambda: queue.problem == "No space left on device")
    before = devices(path, at_work=True)
    assert before == sorted(before, key=lambda name: int(name[1:]))
    ballast.unlink()
    await_true(lambda: len(lines(path, at_work=True)) > len(before))
    queue.close(LONG)
    records = lines(path)
    losses = [record for record in records if record["event"] == "lines_lost"]
    assert sum(record["lines"] for record in losses) == queue.lost
    assert len(devices(path)) + queue.lost == 1_000
    assert {record["reason"] for record in losses} <= {
        "No space left on device",
        "it does not take lines as fast as they come",
    }


def await_true(condition: Any) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_disk_that_stays_full_holds_nobody_up(small_disk: Path) -> None:
    """Handing on takes no time, and the end no longer than the sink may take."""
    (small_disk / "ballast").write_bytes(b"x" * 65_536)
    queue = LineQueue(LogFile(small_disk / "log"), encode, Limits(lines=100))
    for number in range(5_000):
        queue.put(device(number))
    started = time.monotonic()
    queue.close(LONG)
    assert time.monotonic() - started < LONG / 2
    assert queue.lost == 5_000
    assert queue.problem == "No space left on device"


def test_a_disk_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    """A pipe that nobody reads: opening it hangs, as a file server that is gone does."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    queue = LineQueue(LogFile(path), encode, Limits(lines=100))
    for number in range(5_000):
        queue.put(device(number))
    queue.close(0.2)
    assert queue.lost == 5_000
    assert "did not take" in queue.problem or "as fast as" in queue.problem
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # lets the thread go
    os.close(reader)


def test_a_slow_disk_gets_what_it_can_take(tmp_path: Path) -> None:
    """A pipe whose reader takes its time: lines that it did get are whole, the others counted."""
    path, got = tmp_path / "pipe", bytearray()
    os.mkfifo(path)

    def read() -> None:
        with path.open("rb", buffering=0) as pipe:
            while piece := pipe.read(2_000):
                got.extend(piece)
                time.sleep(0.001)

    reader = threading.Thread(target=read)
    reader.start()
    queue = LineQueue(LogFile(path), encode, Limits(lines=50))
    for number in range(3_000):
        queue.put(device(number, site="x" * 500))
    queue.close(LONG)
    reader.join(LONG)
    records = [json.loads(text) for text in got.decode().splitlines()]
    seen = [record for record in records if record["event"] == "device_started"]
    assert queue.lost > 0
    assert len(seen) + queue.lost == 3_000


def test_large_results_that_wait_are_bounded(tmp_path: Path) -> None:
    """Ten thousand lines of 32 KB each would be a third of a gigabyte."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    queue = LineQueue(LogFile(path), encode, Limits(characters=100_000))
    for _ in range(100):
        entry = an_entry({"stdout": "x" * 2_000})
        entry.size = 2_000
        queue.put(entry)
    queue.close(0.1)
    assert queue.lost == 100
    os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """With the system's own words."""
    (tmp_path / "file").write_text("")
    queue = LineQueue(LogFile(tmp_path / "file" / "log"), encode)
    queue.put(device(1))
    queue.close(LONG)
    assert queue.lost == 1
    assert queue.problem in ("Not a directory", "File exists")


def test_kill_leaves_whole_lines(tmp_path: Path) -> None:
    """kill -9 of the writer at any moment: all but the last instant is there, no line is half."""
    path = tmp_path / "log"
    for turn in range(10):
        if not (pid := os.fork()):
            queue = LineQueue(LogFile(path), encode)
            for number in range(10**6):
                queue.put(device(number, site="x" * 5_000))
                time.sleep(0.0001)
            os._exit(0)
        await_true(lambda: path.exists() and path.stat().st_size > 200_000 * (turn + 1))  # noqa: B023
        pens = descendants(pid) - {pid}
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        await_end(pens, LONG)  # each writes what it has got, and ends
        assert len(lines(path)) > 30 * (turn + 1)


def test_the_writer_may_be_killed_too(tmp_path: Path) -> None:
    """Then this process writes itself; and none is left when the log is closed."""
    path, before = tmp_path / "log", children()
    file = LogFile(path)
    file.write([encode(device(1))])
    (pid,) = children() - before
    os.kill(pid, signal.SIGKILL)
    file.write([encode(device(2))])
    file.write([encode(device(3))])
    file.close()
    assert devices(path) == ["r1", "r2", "r3"]
    assert not children() - before


def children() -> set[int]:
    """The processes that this one has started."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return {int(pid) for pid in found}


@pytest.mark.parametrize("kind", ["udp", "tcp", "unix"])
def test_syslog_gets_the_same_lines(kind: str, tmp_path: Path) -> None:
    """With their facility, a priority for what went wrong, and the collection's name."""
    family = socket.AF_UNIX if kind == "unix" else socket.AF_INET
    place: Any = str(tmp_path / "log") if kind == "unix" else ("127.0.0.1", 0)
    with socket.socket(
        family, socket.SOCK_STREAM if kind == "tcp" else socket.SOCK_DGRAM
    ) as server:
        server.bind(place)
        server.settimeout(LONG)
        if kind == "tcp":
            server.listen()
        address = place if kind == "unix" else f"{kind}://127.0.0.1:{server.getsockname()[1]}"
        queue = LineQueue(Syslog(address, "local3"), encode)
        queue.put(device(1))
        queue.put(Entry(DeviceFailed(device="r2", status="failed", seconds=1, attempts=1)))
        queue.close(LONG)
        messages = received(server, kind)
    assert queue.lost == 0
    assert [message.partition(":")[0] for message in messages] == [
        "<158>prime.netops",
        "<156>prime.netops",
    ]
    records = [json.loads(message.partition(": ")[2]) for message in messages]
    assert [record["device"] for record in records] == ["r1", "r2"]


def received(server: socket.socket, kind: str) -> list[str]:
    """The two messages that a server was sent."""
    if kind != "tcp":
        return [server.recv(65_536).decode() for _ in range(2)]
    connection, _ = server.accept()
    with connection, connection.makefile(encoding="utf-8") as stream:
        return stream.read().splitlines()


def test_a_syslog_server_that_is_gone_costs_its_lines(tmp_path: Path) -> None:
    """And nothing else."""
    queue = LineQueue(Syslog(str(tmp_path / "nothing")), encode)
    queue.put(device(1))
    queue.close(LONG)
    assert queue.lost == 1
    assert queue.problem == "No such file or directory"


@pytest.mark.parametrize("address", ["", "host:port", "http://host:1", "udp://", "tcp://:514"])
def test_a_wrong_address_is_named(address: str) -> None:
    """With what it has to be."""
    with pytest.raises(ValueError, match="it must be the path of a socket"):
        Syslog(address)


def test_a_wrong_facility_is_named() -> None:
    """With those there are."""
    with pytest.raises(ValueError, match=r"syslog_facility is 'lunch'.*local0"):
        Syslog("/dev/log", "lunch")


@pytest.mark.parametrize(
    ("result", "plain"),
    [
        ({"changed": True, "msg": "changed", "status": "changed", "attempts": 1}, True),
        ({"changed": True, "seconds": 0.25, "failed": False, "msg": None}, True),
        ({"msg": "hunter2"}, False),
        ({"hunter2": 1}, False),
        ({"msg": ["hunter2"]}, False),
        ({"msg": {"hunter2": True}}, False),
        ({"stdout": "ok"}, False),
    ],
)
def test_only_numbers_and_statuses_pass_without_a_search_for_secrets(
    result: dict[str, Any], plain: bool
) -> None:
    """Any other word may be one, also as a key."""
    event = TaskResult(play="p", task="t", action="a", host="h", status="ok", result=result)
    assert wordless(event) is plain
    assert not wordless(replace(event, message="hunter2"))
