"""The means of hostile answers: where they strike, and how whatever octets are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox
from support.sandbox.wire import Wire
from support.tests.hostile.server import Hostile, Stage

FULL = 1 << 21  # octets that wait to be taken before more are written
LOOK_AGAIN_S = 0.005

Place = Callable[[Call, Response], bool]
"""Whether an answer is one of those that are replaced."""
Act = Callable[[Wire, Response], Awaitable[None]]
"""Answers in place of the API."""
View = Callable[[Stage, list[User]], list[dict[str, Any]]]
"""Shows users otherwise than they are."""


def created(call: Call, response: Response) -> bool:
    return call.method == "POST" and response.status_code == 201


def read(call: Call, response: Response) -> bool:
    return call.method == "GET" and bool(call.user_id) and response.status_code == 200


def read_by_head(call: Call, response: Response) -> bool:
    return call.method == "HEAD" and bool(call.user_id) and response.status_code == 200


def listed(call: Call, response: Response) -> bool:
    """The whole list, which the first look at a target does not ask for."""
    return call.method == "GET" and call.user_id is None and not call.query and response.status_code == 200


def refused(call: Call, response: Response) -> bool:
    return response.status_code >= 400 and call.method != "HEAD"


def status(*statuses: int) -> Place:
    return lambda call, response: response.status_code in statuses and call.method != "HEAD"


def striking(place: Place, act: Act) -> Hostile:
    """Answer by an act wherever a place says so."""

    def arrange(stage: Stage) -> None:
        async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
            await (act(wire, response) if place(call, response) else write(call, wire, response))

        stage.sandbox.around("app.write", write)

    return arrange


def once_in(number: int, place: Place) -> Place:
    """Strike at every so-many-th answer of a place, the first one included."""
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
    """Send octets as fast as they are taken, or some now and then, until they end or the client is gone."""

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
    told = [] if length is None else [f"Content-Length: {length}"]
    return "\r\n".join([first, "Content-Type: application/json", *told, *lines, "", ""]).encode("latin-1")


def again(part: bytes, times: int) -> Iterator[bytes]:
    """Yield the same octets so many times."""
    return (part for _ in range(times))


def changed(change: Callable[[Response], Response], place: Place) -> Hostile:
    """Send what a place answers, changed."""

    def arrange(stage: Stage) -> None:
        async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
            await write(call, wire, change(response) if place(call, response) else response)

        stage.sandbox.around("app.write", write)

    return arrange


def with_body(body: bytes, media_type: str = "application/json") -> Callable[[Response], Response]:
    """Return what puts another body in the place of the right one."""

    def change(response: Response) -> Response:
        kept = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(body, response.status_code, kept, media_type)

    return change


def with_rewritten_head(place: Place, rewrite: Callable[[bytes], bytes]) -> Hostile:
    """Change status line and headers of what a place answers."""

    def arrange(stage: Stage) -> None:
        async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
            if place(call, response):
                wire.rewrite_head(rewrite)
            await write(call, wire, response)

        stage.sandbox.around("app.write", write)

    return arrange


def showing(at: tuple[str, ...], show: Callable[[Stage, Call, Answer], object]) -> Hostile:
    """Let handlers do their work, and change what they answer, in place or by another answer."""

    def arrange(stage: Stage) -> None:
        async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
            answer: Answer = await handler(call)
            instead = show(stage, call, answer)
            return instead if isinstance(instead, Answer) else answer

        for name in at:
            stage.sandbox.around(name, handler)

    return arrange


def together(*hostile: Hostile) -> Hostile:
    """Arrange several."""

    def arrange(stage: Stage) -> None:
        for one in hostile:
            one(stage)

    return arrange
