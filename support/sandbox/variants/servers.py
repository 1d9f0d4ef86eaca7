"""Servers that are slow, limited or busy with other clients, or write HTTP in an unusual way."""

import asyncio
import itertools
import time
import zlib
from collections import deque
from typing import Any

from starlette.responses import Response, StreamingResponse

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.faults import Fault
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant
from support.sandbox.wire import Wire

_SLOW_S = 0.05
_LATE_S = 0.03
_PAUSE_S = 0.01
_WORK_S = 0.003
_MOST_AT_ONCE = 25
_MOST_WRONG_TOKENS = 100  # in a second
_STAY_S = 0.2
_LATIN = "latin-1"


@variant(at="list_users")
async def slow_lists(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Lists, pages and searches take 50 ms."""
    await asyncio.sleep(_SLOW_S)
    answer: Answer = await list_users(call)
    return answer


@variant(at="respond")
def slow_bodies(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """The head of an answer comes at once, its body in three pieces a little later."""
    response: Response = respond(call, answer)
    if call.method == "HEAD" or not response.body:
        return response
    return StreamingResponse(_slowly(bytes(response.body)), response.status_code, dict(response.headers))


async def _slowly(body: bytes) -> Any:
    third = len(body) // 3 + 1
    for start in range(0, len(body), third):
        await asyncio.sleep(_PAUSE_S)
        yield body[start : start + third]


@variant()
def some_late(sandbox: Sandbox) -> None:
    """One answer in three hundred takes two seconds."""
    sandbox.faults.present.append(Fault("slow", seconds=2.0, share=0.0033))


@variant()
def slow_answers_to_writes(sandbox: Sandbox) -> None:
    """A write is done at once, and its answer comes 30 ms later."""

    async def handle(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        response: Response = await handle(call)
        if call.method not in ("GET", "HEAD"):
            await asyncio.sleep(_LATE_S)
        return response

    sandbox.around("handle", handle)


@variant()
def one_at_a_time(sandbox: Sandbox) -> None:
    """Requests are carried out strictly one after another, each in 3 ms."""
    turn = asyncio.Lock()

    async def handle(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        async with turn:
            await asyncio.sleep(_WORK_S)
            response: Response = await handle(call)
        return response

    sandbox.around("handle", handle)


@variant()
def few_at_once(sandbox: Sandbox) -> None:
    """More than 25 requests at once get 503 with Retry-After."""
    present = 0

    async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        nonlocal present
        if present >= _MOST_AT_ONCE:
            busy = Refusal(503, "Service Unavailable", "Too many requests at once.", {"retry-after": "1"})
            return sandbox.api.respond(call, sandbox.api.refuse(busy))
        present += 1
        try:
            await asyncio.sleep(_WORK_S)
            response: Response = await handle(call)
        finally:
            present -= 1
        return response

    sandbox.around("handle", handle)


@variant()
def wrong_tokens_limited(sandbox: Sandbox) -> None:
    """More than 100 wrong tokens in a second get 429, with Retry-After."""
    wrong: deque[float] = deque(maxlen=_MOST_WRONG_TOKENS)

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        try:
            authenticate(call)
        except Refusal:
            now = time.monotonic()
            if len(wrong) == _MOST_WRONG_TOKENS and now - wrong[0] < 1:
                raise Refusal(429, "Too Many Requests", "Slow down.", {"retry-after": "1"}) from None
            wrong.append(now)
            raise

    sandbox.around("authenticate", authenticate)


@variant()
def busy_with_others(sandbox: Sandbox) -> None:
    """Other clients sign up, change and delete their accounts all the time."""
    numbers = itertools.count(1)

    async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        number = next(numbers)
        if number % 3 == 0:
            email = f"visitor-{number}@elsewhere.example.org"
            visitor = User(sandbox.api.new_id(), "Some Visitor", email, sandbox.api.now())
            sandbox.store.insert(visitor)
            sandbox.store.update(visitor._replace(name=f"Visitor {number}"))
            asyncio.get_running_loop().call_later(_STAY_S, sandbox.store.delete, visitor.id)
        response: Response = await handle(call)
        return response

    sandbox.around("handle", handle)


@variant(at="respond")
def closes_after_refusals(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """The connection is closed after each refusal."""
    response: Response = respond(call, answer)
    if response.status_code >= 400:
        response.headers["connection"] = "close"
    return response


@variant()
def closes_without_notice(sandbox: Sandbox) -> None:
    """Each connection is closed after its fifth answer, which does not say so."""
    answered: dict[int, int] = {}

    async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        transport = wire.transport
        count = answered[id(transport)] = answered.get(id(transport), 0) + 1
        await write(call, wire, response)
        if count == 5:
            del answered[id(transport)]
            transport.close()

    sandbox.around("app.write", write)


@variant(at="app.write")
async def http_1_0_kept_alive(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
    """Answers are HTTP/1.0 and keep the connection open, as they say."""
    wire.rewrite_head(lambda head: head.replace(b"HTTP/1.1", b"HTTP/1.0", 1) + b"\r\nConnection: keep-alive")
    await write(call, wire, response)


@variant(at="app.write")
async def no_reason_phrases(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
    """Status lines have no words, and the names of headers are in upper case."""
    wire.rewrite_head(_bare)
    await write(call, wire, response)


def _bare(head: bytes) -> bytes:
    status_line, *lines = head.split(b"\r\n")
    named = (line.partition(b":") for line in lines)
    return b"\r\n".join([status_line[:13], *(name.upper() + b":" + value.strip() for name, _, value in named)])


@variant(at="app.write")
async def chunks_with_trailers(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
    """Answers come in chunks with extensions and trailers (RFC 9112, 7.1), and the connection is closed."""
    body = bytes(response.body)
    if call.method == "HEAD" or not body:
        await write(call, wire, response)
        return
    headers = {**response.headers, "transfer-encoding": "chunked", "connection": "close", "trailer": "Checksum"}
    lines = [f"{name}: {value}" for name, value in headers.items() if name != "content-length"]
    head = "\r\n".join([f"HTTP/1.1 {response.status_code} As Ever", *lines]).encode(_LATIN)
    half = len(body) // 2 + 1
    chunks = b"".join(
        b"%X;part=%d\r\n%s\r\n" % (len(part), number, part)
        for number, part in enumerate((body[:half], body[half:]))
        if part
    )
    await wire.write(head + b"\r\n\r\n" + chunks + b"0;end\r\nChecksum: none\r\n\r\n")


@variant(at="respond")
def deflate(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Answers are deflated for a client that takes it."""
    response: Response = respond(call, answer)
    if not response.body or "deflate" not in call.headers.get("accept-encoding", ""):
        return response
    body = zlib.compress(bytes(response.body))
    headers = {**response.headers, "content-encoding": "deflate", "content-length": str(len(body))}
    return Response(body, response.status_code, headers)


@variant(at="app.write")
async def lengths_of_absent_bodies(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """A 304 says how long the body would be, and HEAD that it would come in chunks (RFC 9110, 8.6)."""
    if response.status_code == 304:
        wire.rewrite_head(lambda head: head + b"\r\nContent-Length: 143\r\nContent-Type: application/json")
    if call.method == "HEAD":
        wire.rewrite_head(lambda head: head.replace(b"content-length: ", b"Transfer-Encoding: chunked\r\nX-Length: "))
    await write(call, wire, response)


@variant(at="respond")
def types_in_capitals(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Content-Type is in capitals and has parameters, one of them quoted."""
    answer.media_type = f'{answer.media_type.upper()} ; profile="https://example.com/v1;x" ;Charset=utf-8'
    response: Response = respond(call, answer)
    return response


@variant(at="respond")
def types_of_other_trees(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Content-Type is a +json type that does not begin with application."""
    answer.media_type = "model/vnd.example.users+json"
    response: Response = respond(call, answer)
    return response


@variant()
def ten_at_a_time(sandbox: Sandbox) -> None:
    """Ten requests are carried out at once, each in 10 ms; the others wait."""
    turns = asyncio.Semaphore(10)

    async def handle(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        async with turns:
            await asyncio.sleep(_PAUSE_S)
            response: Response = await handle(call)
        return response

    sandbox.around("handle", handle)


@variant()
def some_cut(sandbox: Sandbox) -> None:
    """One in fifty answers breaks off in the middle, although the request was carried out."""
    sandbox.faults.present.append(Fault("cut", share=0.02))
