"""Unusual connections: how an answer is framed and what else its head says."""

import gzip as gzip_format
import itertools
from collections.abc import AsyncIterator

from starlette.responses import Response, StreamingResponse

from support.sandbox.exchange import Answer, Call
from support.sandbox.twists import Decision, Sandbox, variant
from support.sandbox.wire import Wire

_SMALLEST_PIECE = 24  # octets
_MOST_PIECES = 100
_WORKED_ON = b"HTTP/1.1 102 Processing\r\n\r\n"
_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


@variant(at="respond")
def gzip(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Answers are compressed for a client that takes it."""
    response: Response = respond(call, answer)
    if not response.body or "gzip" not in call.headers.get("accept-encoding", ""):
        return response
    body = gzip_format.compress(response.body, compresslevel=1)
    headers = {**response.headers, "content-encoding": "gzip", "vary": "accept-encoding"}
    return Response(body, response.status_code, headers | {"content-length": str(len(body))})


@variant(at="app.write")
async def chunked(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
    """Answers come in chunks, without a Content-Length."""
    if call.method == "HEAD" or not response.body:
        await write(call, wire, response)
        return
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    await write(call, wire, StreamingResponse(_pieces(bytes(response.body)), response.status_code, headers))


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    size = max(_SMALLEST_PIECE, len(body) // _MOST_PIECES)
    for start in range(0, len(body), size):
        yield body[start : start + size]


@variant(at="respond")
def connection_close(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """The connection is closed after each answer."""
    response: Response = respond(call, answer)
    response.headers["connection"] = "close"
    return response


@variant()
def short_keep_alive(sandbox: Sandbox) -> None:
    """An idle connection is closed after a twentieth of a second, without notice."""
    sandbox.keep_alive_s = 0.05


@variant()
def http_1_0(sandbox: Sandbox) -> None:
    """Answers are HTTP/1.0: one on each connection."""
    sandbox.around("respond", connection_close)

    async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        wire.rewrite_head(lambda head: head.replace(b"HTTP/1.1", b"HTTP/1.0", 1))
        await write(call, wire, response)

    sandbox.around("app.write", write)


@variant(at="app.write")
async def header_names_in_any_case(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """Header names are in mixed case."""
    wire.rewrite_head(_mix_case)
    await write(call, wire, response)


def _mix_case(head: bytes) -> bytes:
    status_line, *lines = head.split(b"\r\n")
    named = (line.partition(b":") for line in lines)
    return b"\r\n".join([status_line, *(_every_other_upper(name) + colon + value for name, colon, value in named)])


def _every_other_upper(name: bytes) -> bytes:
    cases = itertools.cycle((str.lower, str.upper))
    return "".join(case(letter) for case, letter in zip(cases, name.decode(), strict=False)).encode()


@variant(at="app.write")
async def early_hints(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
    """Each answer follows interim responses 102 and 103 (RFC 9110, 15.2; RFC 8297)."""
    wire.rewrite_head(lambda head: _WORKED_ON + _HINTS + head)
    await write(call, wire, response)


@variant(at="app.write")
async def spaces_around_header_values(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """Header values are surrounded by spaces and tabs, which are not part of them (RFC 9110, 5.5)."""
    wire.rewrite_head(_space_out)
    await write(call, wire, response)


def _space_out(head: bytes) -> bytes:
    status_line, *lines = head.split(b"\r\n")
    named = (line.partition(b":") for line in lines)
    return b"\r\n".join([status_line, *(name + b": \t" + value + b"\t  " for name, _, value in named)])


@variant(at="respond")
def head_without_length(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """HEAD has no Content-Length."""
    response: Response = respond(call, answer)
    if call.method == "HEAD":
        del response.headers["content-length"]
    return response


@variant(at="respond")
def many_headers(sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Answers set a cookie and say much about caches, tracing and totals."""
    response: Response = respond(call, answer)
    response.headers.update(
        {
            "cache-control": "no-store",
            "link": f'<{sandbox.api.path}?page=2>; rel="next"',
            "set-cookie": "session=0; Path=/; HttpOnly",
            "strict-transport-security": "max-age=63072000",
            "x-request-id": "00-4bf92f3577b34da6a3ce929d0e0e4736-00",
            "x-total-count": "3",
        }
    )
    return response
