"""A contest: flows that begin at one moment, each on a connection of its own, and when each was sent and answered."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from support.crowd.gate import Gate, HoldingBackend, Sender, holding_transport, peak_in_flight
from support.errors import SettingsError
from support.models import Answer, Call, Failure
from support.transport.async_client import AsyncClient, exchange_once, new_client
from support.transport.flows import Flow, Send

T = TypeVar("T")
SPARE_FILES = 100
WARM_UPS = 2
MOST_HELD_S = 300.0


@dataclass(frozen=True)
class Entrant(Generic[T]):
    """Who takes part, by which name, and what she does."""

    label: str
    flow: Flow[T]


@dataclass(frozen=True)
class Outcome(Generic[T]):
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


async def contest(client: AsyncClient, entrants: Sequence[Entrant[T]], warm_up: Call | None = None) -> Outcome[T]:
    """Let all entrants begin at one moment; what a flow sends after its first request goes out at its own pace.

    `warm_up` is a harmless call that opens each connection and measures its round trip beforehand.
    """
    make_room_for(len(entrants))
    senders = [Sender(entrant.label) for entrant in entrants]
    gate = Gate(senders)
    async with contextlib.AsyncExitStack() as stack:
        lanes = [_Lane(client, gate, sender) for sender in senders]
        for lane in lanes:
            stack.push_async_callback(lane.close)
        if warm_up is not None:
            await _warm(lanes, warm_up)
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
    return Outcome(tuple(results), tuple(senders), gate.skew_s)


class _Lane:
    """The connection of one entrant: its first request waits at the gate."""

    def __init__(self, client: AsyncClient, gate: Gate, sender: Sender) -> None:
        transport, backend = holding_transport(client.verify)
        self._client = new_client(client.timeout_s, client.verify, transport)
        self._timeout_s = client.timeout_s
        self._backend: HoldingBackend = backend
        self._gate = gate
        self._sender = sender
        self._first = True

    async def send(self, send: Send) -> Answer | Failure:
        if not self._first:
            return await exchange_once(self._client, send)
        self._first = False
        await self._gate.enter()
        self._backend.arm(self._gate, self._sender, send.call.body is not None)
        try:
            outcome = await exchange_once(self._client, replace(send, timeout_s=send.timeout_s + MOST_HELD_S))
        finally:
            self._gate.absent(self._sender)
        if isinstance(outcome, Answer):
            self._sender.answered = time.perf_counter()
        return outcome

    async def measure(self, call: Call) -> None:
        """Open the connection and measure its round trip, the shortest of two."""
        outcomes = [await self.touch(call) for _ in range(WARM_UPS)]
        answers = [outcome.seconds for outcome in outcomes if isinstance(outcome, Answer)]
        self._sender.round_trip_s = min(answers, default=0.0)

    async def touch(self, call: Call) -> Answer | Failure:
        """Send a harmless call over the connection, which opens it where it is closed."""
        return await exchange_once(self._client, Send(call, self._timeout_s))

    async def close(self) -> None:
        await self._client.aclose()


async def _warm(lanes: Sequence[_Lane], call: Call) -> None:
    """Measure each connection by itself, so that no round trip is one in a queue; then touch all of them once more.

    A server may close a connection that idles while the others are measured.
    """
    for lane in lanes:
        await lane.measure(call)
    await asyncio.gather(*(lane.touch(call) for lane in lanes))


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
