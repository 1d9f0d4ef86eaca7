"""The async client: many calls at once, over the transports of httpx side by side, with one connection each.

httpx's connection pool looks all its connections over at each request, so that it takes time that grows with the square
of its size, and reuses a warm connection rather than open one more. One connection each avoids both: a burst of N is N
requests in flight. Of what an `httpx.AsyncClient` puts around a transport, such as redirects and cookies, nothing is
wanted: a redirect could take the token to another host, and a cookie let in a call without one.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import time
import zlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import httpcore
import httpx

from support.bounds import MOST_HEADERS, Body, TooMuch
from support.http.deadline import LEAST_TIMEOUT_S
from support.http.failures import failure_of
from support.http.operations import Driver, Operation, SendRequest, Sleep
from support.http.route import DIRECT, Route
from support.models import ALWAYS_SENT, Answer, Call, Failure

T = TypeVar("T")
MOST_IDLE = 64
KEPT_IDLE_S = 5.0

Sender = Callable[[SendRequest], Coroutine[Any, Any, Answer | Failure]]
"""A way to send a call once."""


class Closable(Protocol):
    """Something that is kept for reuse until the client is closed."""

    async def close(self) -> None: ...


class OneConnection:
    """Stands in for httpcore's pool where there is one connection: opened when it is needed, and anew when closed."""

    def __init__(self, context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._context, self._backend = context, backend
        self._line: httpcore.AsyncHTTPConnection | None = None

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request; one before it that was not answered to its end, such as one broken off, is given up."""
        line, origin = self._line, request.url.origin
        if line is None or not line.is_available() or line.has_expired() or not line.can_handle_request(origin):
            await self.aclose()
            line = self._line = httpcore.AsyncHTTPConnection(
                origin, self._context, KEPT_IDLE_S, network_backend=self._backend
            )
        return await line.handle_async_request(request)

    async def aclose(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.aclose()


def over_one_connection(
    context: ssl.SSLContext, backend: httpcore.AsyncNetworkBackend | None = None
) -> httpx.AsyncHTTPTransport:
    """Return a transport of one connection, which `backend` opens where it is given.

    httpx has no parameter for either, so they are put in the place of the pool that it made.
    """
    transport = httpx.AsyncHTTPTransport(verify=context, trust_env=False)
    transport._pool = OneConnection(context, backend)  # type: ignore[assignment]
    return transport


def new_transport(route: Route) -> httpx.AsyncHTTPTransport:
    """Return a transport of one connection on a route."""
    if route.proxy is None:
        return over_one_connection(route.context)
    tls = urlsplit(route.proxy).scheme == "https"
    proxy = httpx.Proxy(route.proxy, ssl_context=route.context if tls else None)
    limits = httpx.Limits(max_connections=1)
    return httpx.AsyncHTTPTransport(verify=route.context, trust_env=False, proxy=proxy, limits=limits)


class AsyncClient:
    """Carries out flows without blocking; belongs to one event loop."""

    def __init__(self, timeout_s: float, route: Route = DIRECT, most_at_once: int | None = None) -> None:
        self.timeout_s = timeout_s
        self.route = route
        self._idle: list[httpx.AsyncHTTPTransport] = []
        self._busy: set[httpx.AsyncHTTPTransport] = set()
        self.kept: list[Closable] = []
        self._room = asyncio.Semaphore(most_at_once) if most_at_once else contextlib.nullcontext()

    async def run(self, operation: Operation[T], send: Sender | None = None) -> T:
        """Execute an operation and return its result; `send` is another way to send, such as that of a contender."""
        driver = Driver(operation)
        for effect in driver:
            if isinstance(effect, Sleep):
                await asyncio.sleep(effect.seconds)
            else:
                driver.outcome = await (send or self._send)(effect)
        return driver.result

    async def gather(self, operations: Sequence[Operation[T]]) -> list[T]:
        """Execute many operations at once and return their results in order."""
        return list(await asyncio.gather(*map(self.run, operations)))

    async def close(self) -> None:
        for thing in self.kept:
            await thing.close()
        transports, self._idle, self._busy = [*self._idle, *self._busy], [], set()
        for transport in transports:
            await transport.aclose()

    async def _send(self, send: SendRequest) -> Answer | Failure:
        """Send a call once over a connection that is free; one whose call is broken off is not used again."""
        async with self._room:
            transport = self._idle.pop() if self._idle else new_transport(self.route)
            self._busy.add(transport)
            outcome = await exchange_once(transport, send, self.timeout_s, self.route)
            await self._let_go(transport)
            return outcome

    async def _let_go(self, transport: httpx.AsyncHTTPTransport) -> None:
        self._busy.discard(transport)
        if len(self._idle) < MOST_IDLE:
            self._idle.append(transport)
        else:
            await transport.aclose()


async def exchange_once(
    transport: httpx.AsyncHTTPTransport, send: SendRequest, timeout_s: float, route: Route = DIRECT
) -> Answer | Failure:
    """Send a call once, waiting `timeout_s` for each byte; whatever happens comes back as an outcome."""
    started = time.monotonic()
    call, response = send.call, None
    try:
        request = httpx.Request(
            call.method,
            call.url,
            content=call.body,
            headers={**ALWAYS_SENT, **call.sent_headers},
            extensions={"timeout": httpx.Timeout(timeout_s).as_dict()},
        )
        async with asyncio.timeout(max(LEAST_TIMEOUT_S, send.timeout_s)):
            response = await transport.handle_async_request(request)
            if len(response.headers.raw) > MOST_HEADERS:
                await response.aclose()
                raise TooMuch("the header section is too large")
            body, excess = await _taken_in(response, call)
    except (httpx.HTTPError, httpx.InvalidURL, zlib.error, TooMuch, TimeoutError, OSError) as error:
        status = response.status_code if response is not None else None
        return failure_of(error, time.monotonic() - started, route, status)
    return Answer(response.status_code, dict(response.headers.items()), body, time.monotonic() - started, excess)


async def _taken_in(response: httpx.Response, call: Call) -> tuple[bytes, str]:
    """Return the body of an answer, or an empty one and the bound that it goes beyond."""
    body = Body(response.headers.get("Content-Encoding"), call.lists)
    try:
        async for octets in response.aiter_raw():
            body.add(octets)
    except TooMuch as beyond:
        return b"", str(beyond)
    finally:
        await response.aclose()
    return body.whole(), ""
