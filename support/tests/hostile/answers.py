"""Building blocks of hostile answers: which answers they replace, and how they send any octets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox
from support.sandbox.wire import Wire
from support.tests.hostile.server import Hostile, Setup

FULL = 1 << 21  # octets in the write buffer before the server waits
LOOK_AGAIN_S = 0.005

Place = Callable[[Call, Response], bool]
"""Whether an answer is one of those that are replaced."""
Act = Callable[[Wire, Response], Awaitable[None]]
"""Answers in place of the API."""
View = Callable[[Setup, list[User]], list[dict[str, Any]]]
"""Shows users with changed fields."""


def created(call: Call, response: Response) -> bool:
    return call.method == "POST" and response.status_code == 201


def read(call: Call, response: Response) -> bool:
    return call.method == "GET" and bool(call.user_id) and response.status_code == 200


def read_by_head(call: Call, response: Response) -> bool:
    return call.method == "HEAD" and bool(call.user_id) and response.status_code == 200


def listed(call: Call, response: Response) -> bool:
    """The whole list, which the preflight does not read."""
    return call.method == "GET" and call.user_id is None and not call.query and response.status_code == 200


def refused(call: Call, response: Response) -> bool:
    return response.status_code >= 400 and call.method != "HEAD"


def status(*statuses: int) -> Place:
    return lambda call, response: response.status_code in statuses and call.method != "HEAD"


def striking(place: Place, act: Act) -> Hostile:
    """Replace the answers of a place by an act."""

    def arrange(setup: Setup) -> None:
        async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
            await (act(wire, response) if place(call, response) else write(call, wire, response))

        setup.sandbox.around("app.write", write)

    return arrange


def once_in(number: int, place: Place) -> Place:
    """Return every n-th answer of a place, beginning with the first."""
    seen = 0

    def strikes(call: Call, response: Response) -> bool:
        nonlocal seen
        seen += place(call, response)
        return place(call, response) and seen % number == 1

    return strikes


def octets(*parts: bytes) -> Act:
    """Send these octets, and close."""
    return poured(lambda: iter(parts))


def poured(parts: Callable[[], Iterable[bytes]], every_s: float = 0.0) -> Act:
    """Send octets as fast as the client reads them, or at intervals, until they end or the client disconnects."""

    async def act(wire: Wire, _response: Response) -> None:
        transport = wire.transport
        for part in parts():
            while transport.get_write_buffer_size() > FULL and not transport.is_closing():
                await asyncio.sleep(LOOK_AGAIN_S)
            if transport.is_closing():
                return
            transport.write(part)
            await asyncio.sleep(every_s)
        transport.close()
        await wire.until_gone()

    return act


def head(first: str = "HTTP/1.1 200 OK", *lines: str, length: int | None = None) -> bytes:
    """Return a status line and a header section, of JSON unless a line says otherwise."""
    lengths = [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([first, "Content-Type: application/json", *lengths, *lines, "", ""]).encode("latin-1")


def again(part: bytes, times: int) -> Iterator[bytes]:
    """Yield the same octets a number of times."""
    return (part for _ in range(times))


def changed(change: Callable[[Response], Response], place: Place) -> Hostile:
    """Change the answers of a place."""

    def arrange(setup: Setup) -> None:
        async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
            await write(call, wire, change(response) if place(call, response) else response)

        setup.sandbox.around("app.write", write)

    return arrange


def with_body(body: bytes, media_type: str = "application/json") -> Callable[[Response], Response]:
    """Return a change that replaces the body."""

    def change(response: Response) -> Response:
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(body, response.status_code, headers, media_type)

    return change


def with_rewritten_head(place: Place, rewrite: Callable[[bytes], bytes]) -> Hostile:
    """Change status line and headers of the answers of a place."""

    def arrange(setup: Setup) -> None:
        async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
            if place(call, response):
                wire.rewrite_head(rewrite)
            await write(call, wire, response)

        setup.sandbox.around("app.write", write)

    return arrange


def showing(at: tuple[str, ...], show: Callable[[Setup, Call, Answer], object]) -> Hostile:
    """Run handlers, and change their answers in place or replace them."""

    def arrange(setup: Setup) -> None:
        async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
            answer: Answer = await handler(call)
            instead = show(setup, call, answer)
            return instead if isinstance(instead, Answer) else answer

        for name in at:
            setup.sandbox.around(name, handler)

    return arrange


def together(*hostile: Hostile) -> Hostile:
    """Arrange several hostile answers."""

    def arrange(setup: Setup) -> None:
        for one in hostile:
            one(setup)

    return arrange
