"""Connections that still answer questions about themselves after they are lost."""

from __future__ import annotations

from typing import Any

import httpcore

LOST = (AttributeError, ValueError, OSError)
"""What such a question raises, depending on event loop and moment: without a socket, with a closed or a reset one."""


class Stream(httpcore.AsyncNetworkStream):
    """A connection; once lost, it is readable, like a connection that the server has closed, and has no socket."""

    def __init__(self, inner: httpcore.AsyncNetworkStream) -> None:
        self.inner = inner

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return await self.inner.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        await self.inner.write(buffer, timeout)

    async def start_tls(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return type(self)(await self.inner.start_tls(*args, **options))

    async def aclose(self) -> None:
        await self.inner.aclose()

    def get_extra_info(self, info: str) -> Any:
        try:
            return self.inner.get_extra_info(info)
        except LOST:
            return True if info == "is_readable" else None


class Backend(httpcore.AnyIOBackend):
    """Opens a Stream for each connection."""

    async def connect_tcp(self, *args: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        return Stream(await super().connect_tcp(*args, **options))
