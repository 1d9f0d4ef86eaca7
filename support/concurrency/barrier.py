"""Last-byte sync: each request is sent except for its last byte; once all are ready, the last bytes go out together.

A server that knows the Content-Length reads the whole body before it acts (RFC 9112 §6.2), so it starts to process all
requests within the time that it takes to write the last bytes: tens of microseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import httpcore

from support.concurrency.results import Timing
from support.http.streams import Stream

SIGNIFICANT_SPREAD_S = 0.005
SETTLE_S = 0.005
MIN_SETTLE_S = 0.002
MAX_CONNECTING = 64
PEEKED_BYTES = 4096
INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d\b")


class End(Protocol):
    """The end of a request whose other parts have been sent."""

    def stage(self) -> Callable[[], object] | None:
        """Return a function that writes the end at once, or None if that is not possible; several ends may share it."""

    async def send_end(self) -> None:
        """Write the end as soon as possible."""

    def is_answered(self) -> bool:
        """Whether an answer has come already."""


class Barrier:
    """Hold back the end of each of `count` requests until all of them are ready."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._waiting: list[tuple[Timing, End]] = []
        self._absent = 0
        self._semaphore = asyncio.Semaphore(MAX_CONNECTING)
        self._all_ready = asyncio.Event()
        self._opened = asyncio.Event()

    async def connecting(self) -> None:
        """Wait for a slot to connect, so that thousands of connections do not time out waiting for each other."""
        await self._semaphore.acquire()

    async def wait(self, timing: Timing, end: End) -> None:
        """Hold the end of a request back until the barrier opens; return when the end is on the wire."""
        timing.ready = time.perf_counter()
        self._semaphore.release()
        if not self._opened.is_set():
            self._waiting.append((timing, end))
            self._check_all_ready()
            await self._opened.wait()
        if timing.released is None:
            timing.released = time.perf_counter()
            await end.send_end()

    def leave_out(self, timing: Timing) -> None:
        """Do not wait for a request that is over without having been ready."""
        if timing.ready is None:
            self._semaphore.release()
            self._absent += 1
            self._check_all_ready()

    def _check_all_ready(self) -> None:
        if len(self._waiting) + self._absent >= self._count:
            self._all_ready.set()

    async def open(self, patience_s: float) -> None:
        """Wait until all requests are ready, or none became ready for `patience_s` seconds; then release them.

        The order is random, so that over several rounds each request is sometimes released before each other one.
        """
        ready = -1
        while not self._all_ready.is_set() and len(self._waiting) > ready:
            ready = len(self._waiting)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_ready.wait(), patience_s)
        await asyncio.sleep(settle_s([timing.round_trip_s for timing, _ in self._waiting]))
        for timing, end in self._waiting:
            timing.early = end.is_answered()
        random.shuffle(self._waiting)
        await self._release()
        self._opened.set()

    async def _release(self) -> None:
        """Write all ends in one go.

        If round trips differ much, a request with a longer one is released earlier, by half the difference, so that
        all arrive together. Ends that cannot be written at once are left to the event loop.
        """
        clock = time.perf_counter
        round_trips = [timing.round_trip_s for timing, _ in self._waiting]
        longest = max(round_trips, default=0.0)
        if longest - min(round_trips, default=0.0) > SIGNIFICANT_SPREAD_S:
            self._waiting.sort(key=lambda waiting: -waiting[0].round_trip_s)
        else:
            longest = 0.0
        ready = [(timing, end.stage()) for timing, end in self._waiting]
        begun = clock()
        for timing, write in ready:
            if longest and (delay := begun + (longest - timing.round_trip_s) / 2 - clock()) > 0:
                await asyncio.sleep(delay)
            if write is not None:
                with contextlib.suppress(OSError):
                    write()
                    timing.released = clock()


def settle_s(round_trips_s: Sequence[float]) -> float:
    """Return how long requests may take to arrive: half the longest round trip and 2 ms; 5 ms if one is unknown."""
    return MIN_SETTLE_S + max(round_trips_s, default=0.0) / 2 if all(round_trips_s) else SETTLE_S


class LastByteStream(Stream):
    """A stream that holds back the last byte of the next request when its backend is armed."""

    def __init__(self, inner: httpcore.AsyncNetworkStream, backend: LastByteBackend) -> None:
        super().__init__(inner)
        self._backend, self._last = backend, b""

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        armed = self._backend.disarm() if buffer else None
        if armed is None:
            await self.inner.write(buffer, timeout)
            return
        barrier, timing = armed
        if len(buffer) > 1:
            await self.inner.write(buffer[:-1], timeout)
        self._last = buffer[-1:]
        await barrier.wait(timing, self)

    def stage(self) -> Callable[[], object] | None:
        """Return what writes the last byte to the socket; None with TLS, if the connection is lost, and on Windows."""
        connection = self.get_extra_info("socket")
        if sys.platform == "win32" or connection is None or self.get_extra_info("ssl_object") is not None:
            return None
        return partial(os.write, connection.fileno(), self._last)

    async def send_end(self) -> None:
        await self.inner.write(self._last)

    async def start_tls(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return LastByteStream(await self.inner.start_tls(*args, **options), self._backend)

    def is_answered(self) -> bool:
        """Whether an answer has arrived, beyond interim responses (RFC 9110 §15.2); a closed connection has none."""
        connection = self.get_extra_info("socket")
        if connection is None:
            return False
        octets = b""
        with (  # a second handle on the socket; the event loop has made it non-blocking
            contextlib.suppress(OSError),
            socket.fromfd(connection.fileno(), connection.family, connection.type) as peeked,
        ):
            octets = peeked.recv(PEEKED_BYTES, socket.MSG_PEEK)
        while INTERIM.match(octets):
            octets = octets.partition(b"\r\n\r\n")[2]
        return bool(octets)


class LastByteBackend(httpcore.AnyIOBackend):
    """Open connections whose next request can wait at a barrier."""

    def __init__(self) -> None:
        super().__init__()
        self._armed: tuple[Barrier, Timing] | None = None
        self._writes_before = 0

    def arm(self, barrier: Barrier, timing: Timing, has_body: bool) -> None:
        """Hold back the end of the next request: of its body, or of its header section if it has no body."""
        self._armed, self._writes_before = (barrier, timing), int(has_body)

    def disarm(self) -> tuple[Barrier, Timing] | None:
        """Return the barrier for the write that ends the armed request; None for any other write."""
        if self._armed is None:
            return None
        timing = self._armed[1]
        timing.started = timing.started or time.perf_counter()
        if self._writes_before:
            self._writes_before -= 1
            return None
        armed, self._armed = self._armed, None
        return armed

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return LastByteStream(await super().connect_tcp(*args, **options), self)
