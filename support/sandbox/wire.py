"""Access to the connection itself, below HTTP, which ASGI does not offer.

uvicorn's `send` is a method of the object that holds the transport of the request.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send


@dataclass(slots=True)
class Wire:
    """The connection of one request."""

    scope: Scope
    receive: Receive
    send: Send

    @property
    def transport(self) -> asyncio.Transport:
        """The transport under the request."""
        transport: asyncio.Transport = self._cycle.transport
        return transport

    @property
    def _cycle(self) -> Any:
        return self.send.__self__  # type: ignore[attr-defined]  # not part of ASGI, but of uvicorn

    def rewrite_head(self, rewrite: Callable[[bytes], bytes]) -> None:
        """Change the status line and headers when they are written."""
        self._cycle.transport = _HeadRewriter(self.transport, rewrite)

    async def answer(self, response: Response) -> None:
        """Send a response unchanged; unless it streams, it is written in one piece, so that its reader wakes once."""
        if isinstance(response, StreamingResponse):
            await response(self.scope, self.receive, self.send)
            return
        cycle, transport = self._cycle, self.transport
        cycle.transport = together = _Together(transport)
        try:
            await response(self.scope, self.receive, self.send)
        finally:
            together.flush()
            cycle.transport = transport

    async def until_gone(self) -> None:
        """Wait for the end of the connection."""
        while (await self.receive())["type"] != "http.disconnect":
            pass

    async def drop(self) -> None:
        """Reset the connection."""
        self.transport.abort()
        await self.until_gone()

    async def write(self, octets: bytes) -> None:
        """Send octets that are not a response, then close."""
        self.transport.write(octets)
        self.transport.close()
        await self.until_gone()

    async def cut(self, response: Response) -> None:
        """Send a response up to the middle of its body, or of its head if it has no body, then close."""
        if self.scope["method"] == "HEAD" or not response.body:
            await self.write(b"HTTP/1.1 200 OK\r\nContent-Ty")
            return
        half = bytes(response.body)[: len(response.body) // 2]
        start = {
            "type": "http.response.start",
            "status": response.status_code,
            "headers": response.raw_headers,
        }
        await self.send(start)
        await self.send({"type": "http.response.body", "body": half, "more_body": True})
        await self.write(b"")


class _Together:
    """A transport that holds back what is written until it is flushed or closed."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held: list[bytes] = []

    def write(self, octets: bytes) -> None:
        self._held.append(octets)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Write what was held back."""
        held, self._held = self._held, []
        if held:
            self._transport.write(b"".join(held))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _HeadRewriter:
    """A transport that changes the head of a response, which uvicorn writes in one piece."""

    def __init__(self, transport: asyncio.Transport, rewrite: Callable[[bytes], bytes]) -> None:
        self._transport = transport
        self._rewrite = rewrite

    def write(self, octets: bytes) -> None:
        if octets.startswith(b"HTTP/1.1 "):
            head, end, rest = octets.partition(b"\r\n\r\n")
            octets = self._rewrite(head) + end + rest
        self._transport.write(octets)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
