"""A burst: requests that are released at the same moment, each on a connection, or a stream, of its own."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from support.concurrency.barrier import Barrier
from support.concurrency.results import WITHOUT_BURSTS, BurstResult, Request, Timing
from support.concurrency.single_packet import ReleaseTransport, Warmth
from support.errors import SettingsError
from support.http.async_client import AsyncClient
from support.http.operations import Operation, SendRequest
from support.http.session_client import SessionClient
from support.models import Answer, Call, Failure

T = TypeVar("T")
SPARE_FILES = 100
WARM_UPS = 4
WARM_FOR_S = 1.0
MAX_HELD_S = 300.0


async def burst(client: AsyncClient, requests: Sequence[Request[T]], warm_up: Call | None = None) -> BurstResult[T]:
    """Release the first request of each operation at the same moment; the rest of an operation runs at its own pace.

    Waits beforehand until the API takes so many requests at once.

    `warm_up` is a harmless call that opens each connection beforehand and measures its round trip. The client keeps
    warm connections for its next burst. An API may serve fewer connections than there are requests: idle connections
    are closed beforehand, and without a warm-up each connection is closed as soon as its operation is done. Raises
    Inconclusive if a proxy is on the route, as the proxy would decide when each request reaches the API.
    """
    client.route.require_direct_connection("a burst or a race", f"leave them out with {WITHOUT_BURSTS}")
    allow_open_files(len(requests))
    barrier = Barrier(len(requests))
    timings = tuple(Timing(request.label) for request in requests)
    await client.close_idle()
    async with _connections(client, len(requests), warm_up) as connections:
        await client.wait_for_turn(len(requests))
        for connection, timing in zip(connections, timings, strict=True):
            connection.prepare(barrier, timing)
        running = [
            asyncio.ensure_future(connection.run(request.operation, is_kept=warm_up is not None))
            for request, connection in zip(requests, connections, strict=True)
        ]
        try:
            await barrier.open(client.timeout_s)
            results = await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    return BurstResult(tuple(results), timings)


@contextlib.asynccontextmanager
async def _connections(client: AsyncClient, count: int, warm_up: Call | None) -> AsyncIterator[list[Connection]]:
    """Yield connections; with a warm-up, first reuse those that the client keeps, and let it keep all afterwards."""
    kept = [one for one in client.kept if isinstance(one, Connection)][:count] if warm_up else []
    client.kept[:] = [one for one in client.kept if one not in kept]
    connections = kept + [Connection(client) for _ in range(count - len(kept))]
    try:
        if warm_up is not None:
            await _warm_up(connections, warm_up)
        yield connections
    finally:
        if warm_up is not None:
            client.kept += connections
        else:
            for connection in connections:
                await connection.close()


async def _warm_up(connections: Sequence[Connection], call: Call) -> None:
    """Measure new connections one by one, so that no round trip includes a queue; then send a call on each idle one.

    A server may close an idle connection, even while the others are measured.
    """
    for connection in connections:
        if connection.warmth.round_trip_s is None:
            for _ in range(WARM_UPS):
                await connection.measure(call)
    cold = {id(one.warmth): one for one in connections if not one.is_warm}
    await asyncio.gather(*(connection.measure(call) for connection in cold.values()))


class Connection:
    """The connection of one participant: its first request waits at the barrier."""

    def __init__(self, client: AsyncClient) -> None:
        self._transport = ReleaseTransport(client)
        self._client = client
        self._prepared: tuple[Barrier, Timing] | None = None

    @property
    def warmth(self) -> Warmth:
        """The connection's round trip and last use, which all streams to one server share."""
        return self._transport.warmth

    @property
    def is_warm(self) -> bool:
        """Whether the connection was used less than a second ago; if the server has closed it, it is opened again."""
        return self.warmth.round_trip_s is not None and time.monotonic() - self.warmth.used_s < WARM_FOR_S

    def prepare(self, barrier: Barrier, timing: Timing) -> None:
        """Let the next request wait at this barrier."""
        self._prepared = barrier, timing
        timing.round_trip_s = self.warmth.round_trip_s or 0.0

    async def run(self, operation: Operation[T], is_kept: bool) -> T:
        """Execute an operation; then close the connection, unless it is kept for a next burst."""
        result = await self._client.run(operation, self.send)
        if not is_kept:
            await self.close()
        return result

    async def send(self, send: SendRequest) -> Answer | Failure:
        prepared, self._prepared = self._prepared, None
        if prepared is None:
            await self._client.wait_for_turn()
            return await self._client.exchange(self._transport, send)
        barrier, timing = prepared
        await barrier.connecting()
        self._transport.arm(barrier, timing, send.call.body is not None)
        try:
            patient = replace(send, timeout_s=send.timeout_s + MAX_HELD_S)
            outcome = await self._client.exchange(self._transport, patient, of_group=True)
        finally:
            barrier.leave_out(timing)
        if isinstance(outcome, Answer):
            timing.answered = time.perf_counter()
            self.warmth.used_s = time.monotonic()
        return outcome

    async def measure(self, call: Call) -> None:
        """Send a harmless call, which opens a closed connection; remember the shortest round trip."""
        await self._client.wait_for_turn()
        outcome = await self._client.exchange(self._transport, SendRequest(call, self._client.timeout_s))
        if isinstance(outcome, Answer):
            self.warmth.round_trip_s = min(self.warmth.round_trip_s or outcome.seconds, outcome.seconds)
            self.warmth.used_s = time.monotonic()

    async def close(self) -> None:
        await self._transport.aclose()


def burst_in_threads(client: SessionClient, requests: Sequence[Request[T]]) -> BurstResult[T]:
    """Run each operation in its own thread; a barrier releases all threads together, once the API takes so many."""
    client.wait_for_turn(len(requests))
    barrier = threading.Barrier(len(requests))
    timings = tuple(Timing(request.label) for request in requests)

    def run(request: Request[T], timing: Timing) -> T:
        barrier.wait()
        timing.started = timing.released = time.perf_counter()
        result = client.run(request.operation, of_group=True)
        timing.answered = time.perf_counter()
        return result

    pool = ThreadPoolExecutor(len(requests), thread_name_prefix="contender")
    try:
        results = tuple(pool.map(run, requests, timings))
        pool.shutdown()
    except BaseException:
        barrier.abort()  # otherwise the waiting threads would wait forever
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    return BurstResult(results, timings)


def allow_open_files(connections: int) -> None:
    """Raise the limit of open files if that is permitted; raises SettingsError if the limit stays too low."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + SPARE_FILES
    if soft != resource.RLIM_INFINITY and soft < wanted:
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
        if limit < wanted:
            raise SettingsError(
                f"{connections} connections at once need {wanted} open files, and {hard} are allowed. "
                "Raise the limit with `ulimit -n`, or set a smaller BURST."
            )
