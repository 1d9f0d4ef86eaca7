"""The async client: many calls at once, over several small `httpx.AsyncClient` side by side.

httpx's connection pool takes time that grows with the square of its size, and reuses a warm connection rather than open
one more. Small clients with a few connections each avoid both, so that a burst of N is N requests in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

import httpx

from support.models import Answer, Call, Failure
from support.transport.client import LEAST_TIMEOUT_S
from support.transport.failures import failure_of
from support.transport.flows import Flow, Send, Wait

log = logging.getLogger("acceptance.transport")
T = TypeVar("T")
CONNECTIONS_PER_SHARD = 8
IDLE_SHARDS = 8

Hold = Callable[[Any], Coroutine[Any, Any, None]]
"""Called with the network stream when all of a request but its last byte is on the wire; returns at the release."""


class Shard:
    """One small httpx client and how many requests it has under way."""

    def __init__(self, timeout_s: float, verify: ssl.SSLContext, connections: int = CONNECTIONS_PER_SHARD) -> None:
        self.busy = 0
        self.connections = connections
        self.client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_s),
            verify=verify,
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            headers={"User-Agent": "users-acceptance"},
            follow_redirects=False,
        )


class AsyncClient:
    """Carries out flows without blocking; belongs to one event loop."""

    def __init__(self, timeout_s: float, tls: bool, most_at_once: int | None = None) -> None:
        self._timeout_s = timeout_s
        self._verify = httpx.create_ssl_context() if tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._shards: list[Shard] = []
        self._room = asyncio.Semaphore(most_at_once) if most_at_once else contextlib.nullcontext()

    async def run(self, flow: Flow[T], shard: Shard | None = None, hold: Hold | None = None) -> T:
        """Carry out a flow and return what it comes to; `hold` delays the last byte of its first request."""
        outcome: Answer | Failure | None = None
        while True:
            try:
                effect = flow.send(outcome)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            if isinstance(effect, Wait):
                log.debug("waiting %.2f s: %s", effect.seconds, effect.cause)
                await asyncio.sleep(effect.seconds)
                outcome = None
            else:
                outcome = await self._send(effect, shard, hold)
                hold = None

    async def gather(self, flows: Sequence[Flow[T]]) -> list[T]:
        """Carry out many flows at once and return what each comes to, in their order."""
        return list(await asyncio.gather(*(self.run(flow) for flow in flows)))

    def new_shard(self, connections: int = 1) -> Shard:
        """Return a client of its own for one contender, so that its connection is its own."""
        return Shard(self._timeout_s, self._verify, connections)

    async def close(self) -> None:
        shards, self._shards = self._shards, []
        for shard in shards:
            await shard.client.aclose()

    async def _send(self, send: Send, shard: Shard | None, hold: Hold | None) -> Answer | Failure:
        if shard is not None:
            return await exchange_once(shard, send, hold)
        async with self._room:
            shard = self._free_shard()
            try:
                return await exchange_once(shard, send, hold)
            finally:
                await self._let_go(shard)

    def _free_shard(self) -> Shard:
        shard = next((shard for shard in self._shards if shard.busy < shard.connections), None)
        if shard is None:
            shard = Shard(self._timeout_s, self._verify)
            self._shards.append(shard)
        shard.busy += 1
        return shard

    async def _let_go(self, shard: Shard) -> None:
        shard.busy -= 1
        if shard.busy == 0 and len(self._shards) > IDLE_SHARDS and shard in self._shards:
            self._shards.remove(shard)
            await shard.client.aclose()


async def exchange_once(shard: Shard, send: Send, hold: Hold | None = None) -> Answer | Failure:
    """Send a call once over a shard; the outcome never raises."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(max(LEAST_TIMEOUT_S, send.timeout_s)):
            response = await shard.client.request(send.call.method, send.call.url, **_wire(send.call, hold))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return failure_of(error, time.monotonic() - started)
    return Answer(response.status_code, dict(response.headers), response.content, time.monotonic() - started)


def _wire(call: Call, hold: Hold | None) -> dict[str, Any]:
    headers = dict(call.headers)
    if call.credential.header is not None:
        headers["Authorization"] = call.credential.header
    if hold is None:
        return {"headers": headers, "content": call.body}
    held = _Held(call.body, hold)
    if call.body is not None:
        headers["Content-Length"] = str(len(call.body))
        return {"headers": headers, "content": held.content(), "extensions": {"trace": held.trace}}
    return {"headers": headers, "extensions": {"trace": held.trace_before_headers}}


class _Held:
    """Holds the last byte of a body back; a request without a body is held back as a whole, on an open connection."""

    def __init__(self, body: bytes | None, hold: Hold) -> None:
        self._body = body or b""
        self._hold = hold
        self._stream: Any = None

    async def content(self) -> AsyncIterator[bytes]:
        yield self._body[:-1]
        await self._hold(self._stream)
        yield self._body[-1:]

    async def trace(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]

    async def trace_before_headers(self, event: str, info: dict[str, Any]) -> None:
        await self.trace(event, info)
        if event == "http11.send_request_headers.started":
            await self._hold(self._stream)
