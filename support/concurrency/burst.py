"""A contest: flows that begin at one moment, each on a connection of its own, and when each was sent and answered."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from support.concurrency.barrier import Barrier, Sender, holding_transport, peak_in_flight
from support.errors import SettingsError
from support.http.async_client import AsyncClient, exchange_once
from support.http.operations import Operation, SendRequest
from support.models import Answer, Call, Failure

T = TypeVar("T")
SPARE_FILES = 100
WARM_UPS = 4
WARM_FOR_S = 1.0
MOST_HELD_S = 300.0


@dataclass(frozen=True)
class Request(Generic[T]):
    """Who takes part, by which name, and what she does."""

    label: str
    flow: Operation[T]


@dataclass(frozen=True)
class BurstResult(Generic[T]):
    """What a contest came to: each entrant's result in order, when her first request was sent and answered."""

    results: tuple[T, ...]
    senders: tuple[Sender, ...]
    skew_s: float

    @property
    def peak(self) -> int:
        """The most requests that were in flight at one moment."""
        return peak_in_flight(self.senders)

    @property
    def early(self) -> bool:
        """Whether something was answered before its request was complete."""
        return any(sender.early for sender in self.senders)

    @property
    def latencies_s(self) -> list[float]:
        """Seconds from the release to the answer, shortest first."""
        return sorted(one.answered - one.released for one in self.senders if one.answered and one.released)

    def in_brief(self) -> str:
        """Return peak, rate and latencies in one line."""
        latencies = self.latencies_s
        if len(latencies) < 2:
            return f"peak {self.peak} in flight"
        released = [one.released for one in self.senders if one.released]
        answered = [one.answered for one in self.senders if one.answered]
        rate = len(answered) / max(1e-9, max(answered) - min(released))
        cuts = statistics.quantiles(latencies, n=100, method="inclusive")
        return (
            f"peak {self.peak} in flight, released within {self.skew_s * 1000:.2f} ms, {rate:.0f} answers/s, "
            f"p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, slowest {latencies[-1] * 1000:.0f} ms"
        )


async def burst(client: AsyncClient, entrants: Sequence[Request[T]], warm_up: Call | None = None) -> BurstResult[T]:
    """Let all entrants begin at one moment; what a flow sends after its first request goes out at its own pace.

    `warm_up` is a harmless call that opens each connection and measures its round trip beforehand. Warmed connections
    are kept for the next contest of the client. Raises Inconclusive where a proxy is on the route: what it lets through
    when is its own affair.
    """
    client.route.insist_on_a_direct_line("a burst or a race", "leave them out with --tags='not @concurrency'")
    make_room_for(len(entrants))
    senders = [Sender(entrant.label) for entrant in entrants]
    gate = Barrier(senders)
    async with contextlib.AsyncExitStack() as stack:
        lanes = _lanes(client, len(entrants), warm_up is not None)
        stack.push_async_callback(_leave, client, lanes, warm_up is not None)
        if warm_up is not None:
            await _warm(lanes, warm_up)
        for lane, sender in zip(lanes, senders, strict=True):
            lane.line_up(gate, sender)
        running = [
            asyncio.ensure_future(client.run(one.flow, lane.send)) for one, lane in zip(entrants, lanes, strict=True)
        ]
        try:
            await gate.open(client.timeout_s)
            results = await asyncio.gather(*running)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
    return BurstResult(tuple(results), tuple(senders), gate.skew_s)


def _lanes(client: AsyncClient, count: int, warm: bool) -> list[_Lane]:
    """Return so many connections, kept ones first where they are to be warm."""
    kept = [lane for lane in client.kept if isinstance(lane, _Lane)][:count] if warm else []
    client.kept[:] = [thing for thing in client.kept if thing not in kept]
    return kept + [_Lane(client) for _ in range(count - len(kept))]


async def _leave(client: AsyncClient, lanes: Sequence[_Lane], warm: bool) -> None:
    if warm:
        client.kept += lanes
    else:
        for lane in lanes:
            await lane.close()


class _Lane:
    """The connection of one entrant: its first request waits at the gate."""

    def __init__(self, client: AsyncClient) -> None:
        self._transport, self._backend = holding_transport(client.route.context)
        self._timeout_s = client.timeout_s
        self._gate: Barrier | None = None
        self._sender = Sender("nobody")
        self._used_s = 0.0
        self.round_trip_s: float | None = None

    @property
    def is_warm(self) -> bool:
        """Whether it was answered over a moment ago; where a server closes it all the same, it is opened anew."""
        return self.round_trip_s is not None and time.monotonic() - self._used_s < WARM_FOR_S

    def line_up(self, gate: Barrier, sender: Sender) -> None:
        """Let the next request wait at this gate."""
        self._gate, self._sender = gate, sender
        sender.round_trip_s = self.round_trip_s or 0.0

    async def send(self, send: SendRequest) -> Answer | Failure:
        gate, self._gate = self._gate, None
        if gate is None:
            return await exchange_once(self._transport, send, self._timeout_s)
        await gate.enter()
        self._backend.arm(gate, self._sender, send.call.body is not None)
        try:
            patient = replace(send, timeout_s=send.timeout_s + MOST_HELD_S)
            outcome = await exchange_once(self._transport, patient, self._timeout_s)
        finally:
            gate.absent(self._sender)
        if isinstance(outcome, Answer):
            self._sender.answered = time.perf_counter()
            self._used_s = time.monotonic()
        return outcome

    async def measure(self, call: Call) -> None:
        """Open the connection and measure its round trip, the shortest of a few."""
        for _ in range(WARM_UPS):
            await self.touch(call)

    async def touch(self, call: Call) -> None:
        """Send a harmless call over the connection, which opens it where it is closed; keep its shortest round trip."""
        outcome = await exchange_once(self._transport, SendRequest(call, self._timeout_s), self._timeout_s)
        if isinstance(outcome, Answer):
            self.round_trip_s = min(self.round_trip_s or outcome.seconds, outcome.seconds)
            self._used_s = time.monotonic()

    async def close(self) -> None:
        await self._transport.aclose()


async def _warm(lanes: Sequence[_Lane], call: Call) -> None:
    """Measure new connections, each by itself, so that no round trip is one in a queue; then touch who has cooled down.

    A server may close a connection that idles, be it while the others are measured.
    """
    for lane in lanes:
        if lane.round_trip_s is None:
            await lane.measure(call)
    await asyncio.gather(*(lane.touch(call) for lane in lanes if not lane.is_warm))


def make_room_for(connections: int) -> None:
    """Raise the limit of open files where that is allowed; raises SettingsError where it stays too low."""
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
                "Raise it with `ulimit -n`, or ask for a smaller BURST."
            )
