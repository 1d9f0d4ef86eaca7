"""The async client: many calls at once, over several small `httpx.AsyncClient` side by side.

httpx's connection pool takes time that grows with the square of its size, and reuses a warm connection rather than open
one more. Small clients with a few connections each avoid both, so that a burst of N is N requests in flight.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpx

from support.models import Answer, Call, Failure
from support.transport.client import NO_COOKIES
from support.transport.deadline import LEAST_TIMEOUT_S
from support.transport.failures import failure_of
from support.transport.flows import Flow, Send, Wait
from support.transport.route import DIRECT, Route

log = logging.getLogger("acceptance.transport")
T = TypeVar("T")
CONNECTIONS_PER_SHARD = 8
IDLE_SHARDS = 8

Sender = Callable[[Send], Coroutine[Any, Any, Answer | Failure]]
"""A way to send a call once."""


class Closable(Protocol):
    """Something that is kept for reuse until the client is closed."""

    async def close(self) -> None: ...


class Shard:
    """One small httpx client and how many requests it has under way."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.busy = 0
        self.client = client


def new_client(timeout_s: float, route: Route, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return a client with the suite's manners: timeouts, no redirects, no cookies, verified certificates."""
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_s),
        trust_env=False,
        verify=route.context,
        proxy=_proxy(route),
        transport=transport,
        limits=httpx.Limits(max_connections=CONNECTIONS_PER_SHARD, max_keepalive_connections=CONNECTIONS_PER_SHARD),
        headers={"User-Agent": "users-acceptance"},
        follow_redirects=False,
    )
    client.cookies.jar.set_policy(NO_COOKIES)
    return client


def _proxy(route: Route) -> httpx.Proxy | None:
    if route.proxy is None:
        return None
    tls = urlsplit(route.proxy).scheme == "https"
    return httpx.Proxy(route.proxy, ssl_context=route.context if tls else None)


class AsyncClient:
    """Carries out flows without blocking; belongs to one event loop."""

    def __init__(self, timeout_s: float, route: Route = DIRECT, most_at_once: int | None = None) -> None:
        self.timeout_s = timeout_s
        self.route = route
        self._shards: list[Shard] = []
        self.kept: list[Closable] = []
        self._room = asyncio.Semaphore(most_at_once) if most_at_once else contextlib.nullcontext()

    async def run(self, flow: Flow[T], send: Sender | None = None) -> T:
        """Carry out a flow and return what it comes to; `send` is another way to send, such as that of a contender."""
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
                outcome = await (send or self._send)(effect)

    async def gather(self, flows: Sequence[Flow[T]]) -> list[T]:
        """Carry out many flows at once and return what each comes to, in their order."""
        return list(await asyncio.gather(*(self.run(flow) for flow in flows)))

    async def close(self) -> None:
        for thing in self.kept:
            await thing.close()
        shards, self._shards = self._shards, []
        for shard in shards:
            await shard.client.aclose()

    async def _send(self, send: Send) -> Answer | Failure:
        async with self._room:
            shard = self._free_shard()
            try:
                return await exchange_once(shard.client, send)
            finally:
                await self._let_go(shard)

    def _free_shard(self) -> Shard:
        shard = next((shard for shard in self._shards if shard.busy < CONNECTIONS_PER_SHARD), None)
        if shard is None:
            shard = Shard(new_client(self.timeout_s, self.route))
            self._shards.append(shard)
        shard.busy += 1
        return shard

    async def _let_go(self, shard: Shard) -> None:
        shard.busy -= 1
        if shard.busy == 0 and len(self._shards) > IDLE_SHARDS and shard in self._shards:
            self._shards.remove(shard)
            await shard.client.aclose()


async def exchange_once(client: httpx.AsyncClient, send: Send) -> Answer | Failure:
    """Send a call once; whatever happens comes back as an outcome."""
    started = time.monotonic()
    call = send.call
    try:
        async with asyncio.timeout(max(LEAST_TIMEOUT_S, send.timeout_s)):
            response = await client.request(call.method, call.url, content=call.body, headers=_headers(call))
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
        return failure_of(error, time.monotonic() - started)
    return Answer(response.status_code, dict(response.headers), response.content, time.monotonic() - started)


def _headers(call: Call) -> dict[str, str]:
    headers = dict(call.headers)
    if call.credential.header is not None:
        headers["Authorization"] = call.credential.header
    return headers
