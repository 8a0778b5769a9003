# Copyright: (c) 2026, the prime.netops authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Events from the worker, where the fleet runs, to the callbacks, which live in ansible-playbook.

A callback subscribes when the playbook starts; the first one opens the channel, which every worker
inherits when it is forked. Without a subscriber there is none, and `emit` costs a comparison.

The channel is a pair of datagram sockets and not `multiprocessing.SimpleQueue`. That one is a pipe
and a lock: a worker killed half-way through a write leaves half a message, at which the reader
waits for ever, and a lock that nobody gives back, at which every other worker does. The kernel
takes a datagram whole or not at all, from any number of processes, and without a lock.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..events import Event, RunFinished, RunStarted, from_native, to_native

GATHER = 0.1
"""Seconds that the first event of a datagram waits for others: a hundredth of the system calls."""
DATAGRAM = 48_000
"""Bytes of events in a datagram; a single one may be longer, as far as `MAX_TEXT` allows."""
BUFFER = 256 * 1024
"""Bytes of the sockets' buffers: the default of Linux, and more than that of macOS."""
BACKLOG = 20_000
"""Events that wait in a worker for a parent that does not read; what comes then is counted."""
DRAIN = 5.0
"""Seconds that a subscriber's run waits at its end for events that are still on their way."""
FLUSH = 2.0
"""Seconds that a worker waits at the end of a run for its events to be taken."""

Receive = Callable[[Event], None]


class Subscription:
    """One callback's share of the channel. ``problem`` is the first error of its function."""

    def __init__(self, channel: Channel, receive: Receive) -> None:
        self._channel = channel
        self.receive = receive
        self.problem: Exception | None = None

    def close(self, deadline: float = 5.0) -> bool:
        """Wait until all events sent so far have been received, for ``deadline`` seconds at most.

        False when the time was up. The last one to close ends the channel.
        """
        done = self._channel.sync(deadline)
        self._channel.leave(self)
        return done


class Channel:
    """The parent's end: one thread, which hands each event to every subscriber.

    The functions are called in that thread, one after the other. One that raises costs the others
    nothing; one that blocks stops them all, so what takes time belongs into a queue of its own.
    """

    def __init__(self) -> None:
        self._rx, self.tx = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        for end, option in ((self.tx, socket.SO_SNDBUF), (self._rx, socket.SO_RCVBUF)):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, option, BUFFER)
        self.pid = os.getpid()
        self.garbled = 0
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()
        self._syncs: dict[int, threading.Event] = {}
        self._over = False
        self._thread = threading.Thread(target=self._drain, name="netops-events", daemon=True)
        self._thread.start()

    def join(self, receive: Receive) -> Subscription:
        """Take in another subscriber."""
        subscription = Subscription(self, receive)
        with self._lock:
            self._subscriptions += (subscription,)
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Let a subscriber go; the last one takes the channel along."""
        with self._lock:
            rest = tuple(other for other in self._subscriptions if other is not subscription)
            left, self._subscriptions = rest != self._subscriptions, rest
        if left and not rest:
            _forget(self)
            self._end()

    def sync(self, deadline: float) -> bool:
        """Wait until all that was sent before has been handed on; False when the time was up."""
        seen = threading.Event()
        with self._lock:
            number = len(self._syncs)
            self._syncs[number] = seen
        until = time.monotonic() + deadline
        posted = self._post(str(number).encode(), until)
        return posted and seen.wait(max(0.0, until - time.monotonic()))

    def leave_to_parent(self) -> None:
        """In a worker: give the receiving end up, so that the parent's death is noticed."""
        self._rx.close()

    def _post(self, datagram: bytes, until: float) -> bool:
        """Send from this process, whose own thread empties the socket."""
        while self._thread.is_alive() and time.monotonic() < until:
            try:
                self.tx.send(datagram, socket.MSG_DONTWAIT)
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:
                return False
            else:
                return True
        return False

    def _end(self) -> None:
        self._over = True
        posted = self._post(b"-1", time.monotonic() + 1.0)  # wakes the thread, which then ends
        if posted and self._thread is not threading.current_thread():
            self._thread.join(1.0)
        self.tx.close()

    def _drain(self) -> None:
        while not self._over:
            try:
                messages = json.loads(self._rx.recv(BUFFER))
            except OSError:
                break
            except ValueError:
                self.garbled += 1
                continue
            if isinstance(messages, int):
                self._synced(messages)
            else:
                self._hand_on(messages)
        self._rx.close()

    def _synced(self, number: int) -> None:
        with self._lock:
            seen = self._syncs.get(number)
        if seen:
            seen.set()

    def _hand_on(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            try:
                event = from_native(message)
            except ValueError:
                self.garbled += 1
                continue
            for subscription in self._subscriptions:
                try:
                    subscription.receive(event)
                except Exception as error:  # noqa: BLE001 - one subscriber's fault is not the others'
                    subscription.problem = subscription.problem or error


class Sender:
    """The worker's end: devices' threads put, one thread of its own sends.

    Putting costs a device no system call, after which it would have to win the interpreter lock
    back from a hundred others; and a parent that does not read never stalls a device.
    """

    def __init__(self, tx: socket.socket) -> None:
        self.pid = os.getpid()
        self.lost = 0
        self._tx = tx
        self._run_id = ""
        self._queue: queue.SimpleQueue[Event | threading.Event | None] = queue.SimpleQueue()
        self._hurry = threading.Event()
        threading.Thread(target=self._work, name="netops-emit", daemon=True).start()

    def send(self, event: Event) -> None:
        """Hand an event over, at once."""
        if isinstance(event, RunStarted):
            self._run_id = event.run_id
        if self._queue.qsize() >= BACKLOG:
            self.lost += 1
            return
        self._queue.put(event if event.run_id else dataclasses.replace(event, run_id=self._run_id))

    def finish(self, event: RunFinished) -> None:
        """The last event of a run; waits up to `FLUSH` seconds until all are on their way."""
        self._queue.put(dataclasses.replace(event, events_lost=self.lost))
        self.flush(FLUSH)

    def flush(self, seconds: float) -> bool:
        """Wait until what was put so far has been sent; False when the time was up."""
        sent = threading.Event()
        self._queue.put(sent)
        self._hurry.set()
        return sent.wait(seconds)

    def stop(self) -> None:
        """End the thread, after what has been put."""
        self._queue.put(None)

    def _work(self) -> None:
        batch: list[Event | threading.Event | None] = []
        while None not in batch:
            batch = [self._queue.get()]
            self._hurry.wait(GATHER)
            self._hurry.clear()
            with contextlib.suppress(queue.Empty):
                while True:
                    batch.append(self._queue.get_nowait())
            self._deliver([item for item in batch if item is not None])

    def _deliver(self, batch: list[Event | threading.Event]) -> None:
        texts: list[bytes] = []
        room = DATAGRAM
        for item in batch:
            text = b"" if isinstance(item, threading.Event) else _encoded(item)
            if not text or len(text) > room:
                self._ship(texts)
                texts, room = [], DATAGRAM
            if isinstance(item, threading.Event):
                item.set()
            else:
                texts.append(text)
                room -= len(text)
        self._ship(texts)

    def _ship(self, texts: list[bytes]) -> None:
        if not texts:
            return
        try:
            self._tx.send(b"[%s]" % b",".join(texts))
        except OSError:  # the parent is gone, and nobody is left to be told anything
            self.lost += len(texts)


def _encoded(event: Event) -> bytes:
    """JSON; a lone surrogate, which UTF-8 has no bytes for, as JSON's own escape of it."""
    return _json(to_native(event)).encode("utf-8", "backslashreplace")


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


@dataclass(slots=True)
class _Process:
    """What this process has of the channel; a worker inherits it from its parent."""

    channel: Channel | None = None
    sender: Sender | None = None


_here = _Process()
_opening = threading.Lock()


def subscribe(receive: Receive) -> Subscription:
    """Have ``receive`` called with every event, in a thread of the channel's; in the parent.

    Call it before the first task starts (``v2_playbook_on_start``): workers inherit the channel.
    """
    with _opening:
        if _here.channel is None:
            _here.channel = Channel()
        return _here.channel.join(receive)


def sender() -> Sender | None:
    """This process's way to the subscribers; None where nobody has subscribed."""
    channel, known = _here.channel, _here.sender
    if channel is None or (known is not None and known.pid == os.getpid()):
        return known
    return _first_sender(channel)


def emit(event: Event) -> None:
    """Tell whoever listens; nothing where nobody does. Never blocks, never raises."""
    way = sender()
    if way is not None:
        way.send(event)


def _first_sender(channel: Channel) -> Sender:
    with _opening:
        if _here.sender is None or _here.sender.pid != os.getpid():
            if channel.pid != os.getpid():
                channel.leave_to_parent()
            _here.sender = Sender(channel.tx)
        return _here.sender


def _forget(channel: Channel) -> None:
    with _opening:
        if _here.channel is channel:
            if _here.sender:
                _here.sender.stop()
            _here.channel = _here.sender = None
