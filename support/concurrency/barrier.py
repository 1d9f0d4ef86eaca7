"""Last-byte release: requests go out but for their last byte; when all stand ready, the last bytes go out together.

A server reads a body that Content-Length announces to its end before it acts (RFC 9112 §6.2), so all of them are acted
on within the time that the last bytes take: tens of microseconds where they are written in one go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import socket
import ssl
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpcore
import httpx

from support.http.async_client import over_one_connection

LEAST_SPREAD_S = 0.005
SETTLE_S = 0.005
LEAST_SETTLE_S = 0.002
AT_THE_DOOR = 64
PEEKED = 4096
INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d\b")


@dataclass
class Sender:
    """One request on its way through a gate; moments are of `time.perf_counter`, in seconds."""

    label: str
    started: float | None = None
    ready: float | None = None
    released: float | None = None
    answered: float | None = None
    round_trip_s: float = 0.0
    early: bool = False


class Barrier:
    """Holds the last bytes of so many senders until it is opened."""

    def __init__(self, senders: Iterable[Sender]) -> None:
        self.senders = list(senders)
        self._held: list[tuple[Sender, bytes, HoldingStream]] = []
        self._absent = 0
        self._door = asyncio.Semaphore(AT_THE_DOOR)
        self._all_ready = asyncio.Event()
        self._opened = asyncio.Event()

    async def enter(self) -> None:
        """Wait for a turn to connect, so that thousands of connections do not time out waiting for each other."""
        await self._door.acquire()

    async def hold(self, sender: Sender, last: bytes, stream: HoldingStream) -> None:
        """Stand ready with the last byte; return when it is on the wire."""
        sender.ready = time.perf_counter()
        self._door.release()
        if self._opened.is_set():
            sender.released = time.perf_counter()
            await stream.inner.write(last)
            return
        self._held.append((sender, last, stream))
        self._count()
        await self._opened.wait()
        if sender.released is None:
            sender.released = time.perf_counter()
            await stream.inner.write(last)

    def absent(self, sender: Sender) -> None:
        """Do not wait for a sender that will never stand ready."""
        if sender.ready is None:
            self._door.release()
            self._absent += 1
            self._count()

    def _count(self) -> None:
        if len(self._held) + self._absent >= len(self.senders):
            self._all_ready.set()

    async def open(self, patience_s: float) -> None:
        """Wait until all stand ready, or nobody new has done so for `patience_s` seconds, and release those that do.

        They are released in any order, so that over some rounds each comes before each.
        """
        ready = -1
        while not self._all_ready.is_set() and len(self._held) > ready:
            ready = len(self._held)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_ready.wait(), patience_s)
        await asyncio.sleep(settle_s([sender for sender, _, _ in self._held]))
        for sender, _, stream in self._held:
            sender.early = stream.answered_already()
        round_trips = [sender.round_trip_s for sender, _, _ in self._held]
        spread = max(round_trips, default=0.0) - min(round_trips, default=0.0)
        random.shuffle(self._held)
        if spread > LEAST_SPREAD_S:
            await self._release_by_distance()
        else:
            self._release(self._held)
        self._opened.set()

    async def _release_by_distance(self) -> None:
        """Release who is farther away earlier, by half the difference of round trips, so that all arrive together."""
        by_distance = sorted(self._held, key=lambda held: -held[0].round_trip_s)
        farthest = by_distance[0][0].round_trip_s
        begun = time.perf_counter()
        for held in by_distance:
            wait = begun + (farthest - held[0].round_trip_s) / 2 - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            self._release([held])

    def _release(self, held: Iterable[tuple[Sender, bytes, HoldingStream]]) -> None:
        """Write last bytes to their sockets in one go; those that cannot be written so go the slower way."""
        write, clock = os.write, time.perf_counter
        numbered = [(sender, last, stream.socket_number()) for sender, last, stream in held]
        ready = [(sender, last, number) for sender, last, number in numbered if number is not None]
        for sender, last, number in ready:
            try:
                write(number, last)
                sender.released = clock()
            except OSError:  # who is not marked as released is written to by the event loop
                continue

    @property
    def skew_s(self) -> float:
        """Seconds between the first and the last release."""
        released = [sender.released for sender in self.senders if sender.released is not None]
        return max(released) - min(released) if released else 0.0


def settle_s(senders: Sequence[Sender]) -> float:
    """Return how long what is held may need to arrive: the longest way there, where the round trips are known."""
    round_trips = [sender.round_trip_s for sender in senders]
    return LEAST_SETTLE_S + max(round_trips, default=0.0) / 2 if all(round_trips) else SETTLE_S


class HoldingStream(httpcore.AsyncNetworkStream):
    """A connection that holds back the last byte of the next request, when its backend is armed."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, backend: HoldingBackend) -> None:
        self.inner = inner
        self._backend = backend

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self.inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        armed = self._backend.take(bool(buffer))
        if armed is None:
            await self.inner.write(buffer, timeout)
            return
        gate, sender = armed
        if len(buffer) > 1:
            await self.inner.write(buffer[:-1], timeout)
        await gate.hold(sender, buffer[-1:], self)

    async def start_tls(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return HoldingStream(await self.inner.start_tls(*args, **options), self._backend)

    async def aclose(self) -> None:
        await self.inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)

    def socket_number(self) -> int | None:
        """Return the file descriptor that a byte can be written to as it is; None with TLS between, and on Windows."""
        if sys.platform == "win32" or self.inner.get_extra_info("ssl_object") is not None:
            return None
        number: int = self.inner.get_extra_info("socket").fileno()
        return number

    def answered_already(self) -> bool:
        """Whether an answer came before the request was complete; a connection that was closed has given none."""
        connection = self.inner.get_extra_info("socket")
        with contextlib.suppress(OSError), _peeking_at(connection) as peeked:
            return _holds_an_answer(peeked.recv(PEEKED, socket.MSG_PEEK))
        return False


def _holds_an_answer(octets: bytes) -> bool:
    """Whether there is more than word that the request is worked on (RFC 9110, 15.2)."""
    while INTERIM.match(octets):
        octets = octets.partition(b"\r\n\r\n")[2]
    return bool(octets)


def _peeking_at(connection: Any) -> socket.socket:
    """Return another handle on a connection of the event loop; as the loop has set it, reading never waits."""
    return socket.fromfd(connection.fileno(), connection.family, connection.type)


class HoldingBackend(httpcore.AsyncNetworkBackend):
    """Opens connections whose next request can be held back by a gate."""

    def __init__(self, inner: httpcore.AsyncNetworkBackend) -> None:
        self._inner = inner
        self._gate: Barrier | None = None
        self._sender: Sender | None = None
        self._writes_to_pass = 0

    def arm(self, gate: Barrier, sender: Sender, has_body: bool) -> None:
        """Hold back the end of the next request: of its body, or of its header section where it has none."""
        self._gate, self._sender, self._writes_to_pass = gate, sender, int(has_body)

    def take(self, writes: bool) -> tuple[Barrier, Sender] | None:
        """Return the gate for the write that ends the armed request; None for any other write."""
        if self._gate is None or self._sender is None or not writes:
            return None
        if self._sender.started is None:
            self._sender.started = time.perf_counter()
        if self._writes_to_pass:
            self._writes_to_pass -= 1
            return None
        gate, self._gate = self._gate, None
        return gate, self._sender

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return HoldingStream(await self._inner.connect_tcp(*args, **options), self)


def holding_transport(context: ssl.SSLContext) -> tuple[httpx.AsyncHTTPTransport, HoldingBackend]:
    """Return a transport of one connection, and the backend that can hold its next request back."""
    backend = HoldingBackend(httpcore.AnyIOBackend())
    return over_one_connection(context, backend), backend


def peak_in_flight(senders: Iterable[Sender]) -> int:
    """Return the most requests that were on the wire at one moment: begun, and not answered yet."""
    events: list[tuple[float, int]] = []
    for sender in senders:
        if sender.started is not None:
            events += [(sender.started, 1), (sender.answered or float("inf"), -1)]
    peak = present = 0
    for _, change in sorted(events):
        present += change
        peak = max(peak, present)
    return peak
