"""The async client: many calls at once, over transports of httpx with one connection each.

httpx's pool looks at all its connections for each request, which takes quadratic time in a burst, and reuses a warm
connection rather than opening another. With one connection per transport, a burst of N is N requests in flight. What
`httpx.AsyncClient` adds to a transport is unwanted: a redirect could send the token to another host, and a cookie could
let in a call without a token.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import zlib
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpcore
import httpx

from support import compat
from support.bounds import MOST_HEADERS, Body, TooMuch
from support.http.deadline import LEAST_TIMEOUT_S
from support.http.failures import failure_of
from support.http.operations import Driver, Operation, Renew, SendRequest, Sleep
from support.http.pacing import Pacer
from support.http.route import DIRECT, Route
from support.http.streams import Backend
from support.models import ALWAYS_SENT, Answer, Call, Failure

T = TypeVar("T")
MOST_IDLE = 32
IDLE_S = 5.0

Sender = Callable[[SendRequest], Coroutine[Any, Any, Answer | Failure]]
"""A way to send a call once."""


class Closable(Protocol):
    """Something that is kept for reuse until the client is closed."""

    async def close(self) -> None: ...


def new_transport(route: Route, backend: httpcore.AsyncNetworkBackend | None = None) -> httpx.AsyncHTTPTransport:
    """Return a transport of one connection on a route; `backend` opens the connection if the route has no proxy."""
    tls = urlsplit(route.proxy or "").scheme == "https"
    proxy = httpx.Proxy(route.proxy, ssl_context=route.context if tls else None) if route.proxy else None
    limits = httpx.Limits(max_connections=1, keepalive_expiry=IDLE_S)
    transport = httpx.AsyncHTTPTransport(verify=route.context, trust_env=False, proxy=proxy, limits=limits)
    if proxy is None:
        pool = httpcore.AsyncConnectionPool(
            route.context, None, 1, keepalive_expiry=IDLE_S, network_backend=backend or Backend()
        )
        compat.replace_pool(transport, pool)
    return transport


class AsyncClient:
    """Executes operations without blocking; belongs to one event loop."""

    def __init__(
        self,
        timeout_s: float,
        route: Route = DIRECT,
        pacer: Pacer | None = None,
        most_at_once: int | None = None,
        http2: bool = True,
    ) -> None:
        """Open no connection yet; `http2` permits bursts to speak HTTP/2."""
        self.timeout_s = timeout_s
        self.route = route
        self.http2 = http2
        self.pacer = pacer or Pacer()
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._busy: set[httpx.AsyncHTTPTransport] = set()
        self.kept: list[Closable] = []
        self._slots = asyncio.Semaphore(most_at_once) if most_at_once else contextlib.nullcontext()

    async def run(self, operation: Operation[T], send: Sender | None = None) -> T:
        """Execute an operation and return its result; `send` is another way to send, such as that of a contender."""
        driver = Driver(operation)
        for effect in driver:
            if isinstance(effect, Sleep):
                await asyncio.sleep(effect.seconds)
            elif isinstance(effect, Renew):
                await asyncio.to_thread(effect.source.renew, effect.refused)
            else:
                driver.outcome = await (send or self._send)(effect)
        return driver.result

    async def gather(self, operations: Iterable[Operation[T]], at_once: int | None = None) -> list[T]:
        """Execute operations, at most so many at once, and return their results in order; an error ends all of them."""
        slots = asyncio.Semaphore(at_once) if at_once else contextlib.nullcontext()

        async def work(operation: Operation[T]) -> T:
            async with slots:
                return await self.run(operation)

        workers = [asyncio.ensure_future(work(operation)) for operation in operations]
        try:
            return await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()

    async def wait_for_turn(self, count: int = 1) -> None:
        """Wait until the API takes so many requests at once."""
        with contextlib.closing(self.pacer.turns(count)) as turns:
            for wait_s in turns:
                await asyncio.sleep(wait_s)

    async def exchange(
        self, transport: httpx.AsyncBaseTransport, send: SendRequest, of_group: bool = False
    ) -> Answer | Failure:
        """Send a call once; the caller has waited for its turn."""
        outcome = None
        try:
            outcome = await exchange_once(transport, send, self.timeout_s, self.route)
            return outcome
        finally:
            self.pacer.note(outcome, of_group, send.call.credential)

    async def close(self) -> None:
        for kept in self.kept:
            await kept.close()
        transports, self._idle, self._busy = [*self._idle, *self._busy], [], set()
        for transport in transports:
            await transport.aclose()

    async def close_idle(self) -> None:
        """Close the connections that are kept for single calls."""
        idle, self._idle = self._idle, []
        for transport in idle:
            await transport.aclose()

    async def _send(self, request: SendRequest) -> Answer | Failure:
        """Send a call once over a free connection; the connection of a cancelled call is not used again."""
        async with self._slots:
            await self.wait_for_turn()
            transport = self._idle.pop() if self._idle else new_transport(self.route)
            self._busy.add(transport)
            outcome = await self.exchange(transport, request)
            self._busy.discard(transport)
            if len(self._idle) < MOST_IDLE:
                self._idle.append(transport)
            else:
                await transport.aclose()
            return outcome


async def exchange_once(
    transport: httpx.AsyncBaseTransport, send: SendRequest, timeout_s: float, route: Route = DIRECT
) -> Answer | Failure:
    """Send a call once, with a timeout of `timeout_s` for each read; errors come back as a Failure."""
    started = time.monotonic()
    call, response = send.call, None
    headers = {**ALWAYS_SENT, **call.sent_headers}  # stripped below: h11 refuses white space at the ends of a value
    try:
        request = httpx.Request(
            call.method,
            call.sent_url,
            content=call.body,
            headers=[(name.encode(), value.strip(" \t").encode("latin-1")) for name, value in headers.items()],
            extensions={"timeout": httpx.Timeout(timeout_s).as_dict()},
        )
        async with asyncio.timeout(max(LEAST_TIMEOUT_S, send.timeout_s)):
            response = await transport.handle_async_request(request)
            if len(response.headers.raw) > MOST_HEADERS:
                await response.aclose()
                raise TooMuch("the header section is too large")
            body, excess = await _read_body(response, call)
    except (httpx.HTTPError, httpx.InvalidURL, zlib.error, TooMuch, TimeoutError, OSError) as error:
        status = response.status_code if response is not None else None
        return failure_of(error, time.monotonic() - started, route, status)
    return Answer(response.status_code, dict(response.headers.items()), body, time.monotonic() - started, excess)


async def _read_body(response: httpx.Response, call: Call) -> tuple[bytes, str]:
    """Return the body of an answer, or an empty one and the bound that it exceeds."""
    body = Body(response.headers.get("Content-Encoding"), call.lists)
    try:
        async for octets in response.aiter_raw():
            body.add(octets)
    except TooMuch as beyond:
        return b"", str(beyond)
    finally:
        await response.aclose()
    return body.whole(), ""
