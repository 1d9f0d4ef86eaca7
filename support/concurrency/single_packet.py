"""Single packet: requests to a server that speaks HTTP/2 wait as streams of one connection; one write ends them all.

The write fits into one packet, or a few that follow each other, so no jitter of the network comes between the requests
(James Kettle, "Smashing the state machine", 2023). The first request finds out by ALPN (RFC 7301) whether the server
speaks HTTP/2. Requests to any other server have a connection each, and their last bytes are held back instead.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from support.concurrency.barrier import Barrier, LastByteBackend
from support.concurrency.results import Timing
from support.http.async_client import AsyncClient, new_transport
from support.http.route import Route

if TYPE_CHECKING:
    from support.http.http2 import Http2Connection, Http2Request

PROTOCOLS = "h2", "http/1.1"


@dataclass
class Warmth:
    """The shortest round trip of a connection, and when it was last used, by `time.monotonic`; both in seconds."""

    round_trip_s: float | None = None
    used_s: float = 0.0


@dataclass
class Server:
    """The HTTP/2 connections of a client to one server, as many as its limit of concurrent streams requires."""

    origin: tuple[str, str, int | None]
    route: Route
    speaks_http2: bool | None = None
    warmth: Warmth = field(default_factory=Warmth)
    connections: list[Http2Connection] = field(default_factory=list)
    opening: asyncio.Future[None] | None = None

    async def carry(self, request: httpx.Request) -> Http2Request | None:
        """Find a connection with room for a request, or open one more; None if the server does not speak HTTP/2."""
        while self.speaks_http2 is not False:
            connection = self._with_room()
            if connection is not None:
                return connection.carry(request)
            if self.opening is None:
                self.opening = asyncio.ensure_future(self._open(request))
            await asyncio.shield(self.opening)  # a cancelled request must not cancel it for the others
        return None

    def _with_room(self) -> Http2Connection | None:
        for connection in self.connections:
            if not connection.is_usable:
                connection.retire()
        self.connections = [one for one in self.connections if one.error is None]
        return next((one for one in self.connections if one.has_room), None)

    async def _open(self, request: httpx.Request) -> None:
        from support.http.http2 import Http2Connection  # late: most targets and all embedded APIs do not need it

        try:
            async with asyncio.timeout(request.extensions["timeout"]["connect"]):
                opened = await Http2Connection.open(request.url, self.route.new_context(*PROTOCOLS))
        except TimeoutError as error:
            raise httpx.ConnectTimeout("no HTTP/2 connection in time") from error
        except OSError as error:
            raise httpx.ConnectError(str(error)) from error
        finally:
            self.opening = None
        self.speaks_http2 = opened is not None and opened.has_room
        self.connections += [opened] if opened else []

    async def close(self) -> None:
        if self.opening is not None:
            self.opening.cancel()
        await asyncio.gather(*(connection.close() for connection in self.connections))


def server_at(client: AsyncClient, url: httpx.URL) -> Server:
    """Return what the client knows about the server of a URL; the client keeps it until it is closed."""
    origin = url.scheme, url.host, url.port
    known = next((one for one in client.kept if isinstance(one, Server) and one.origin == origin), None)
    if known is None:
        known = Server(origin, client.route, None if client.http2 and url.scheme == "https" else False)
        client.kept.insert(0, known)  # where it is found at once
    return known


class ReleaseTransport(httpx.AsyncBaseTransport):
    """Sends the requests of one participant; the end of a request can wait at a barrier."""

    def __init__(self, client: AsyncClient) -> None:
        self._client = client
        self._backend = LastByteBackend()
        self._own = new_transport(client.route, self._backend)
        self._own_warmth = Warmth()
        self._armed: tuple[Barrier, Timing, bool] | None = None

    @property
    def warmth(self) -> Warmth:
        """The warmth of the participant's own connection, or of the server if participants share HTTP/2 connections."""
        servers = (one for one in self._client.kept if isinstance(one, Server) and one.speaks_http2)
        return next((server.warmth for server in servers), self._own_warmth)

    def arm(self, barrier: Barrier, timing: Timing, has_body: bool) -> None:
        """Hold back the end of the next request."""
        self._armed = barrier, timing, has_body

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        armed, self._armed = self._armed, None
        stream = await server_at(self._client, request.url).carry(request)
        if stream is None:
            if armed is not None:
                self._backend.arm(*armed)
            return await self._own.handle_async_request(request)
        try:
            if armed is not None:
                armed[1].started = time.perf_counter()
            await stream.send_all_but_the_end()
            await (armed[0].wait(armed[1], stream) if armed is not None else stream.send_end())
            return await stream.answer()
        except BaseException:
            await stream.aclose()
            raise

    async def aclose(self) -> None:
        await self._own.aclose()
