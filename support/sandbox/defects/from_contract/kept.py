"""What spoils a connection that is kept, or refuses what HTTP lets clients write otherwise."""

import re
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from support.sandbox.exchange import PROBLEM, Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire

_RULE = "own-answer"


def _send_more(wire: Wire, octets: bytes) -> None:
    """Send octets after an answer that is complete."""
    if not wire.transport.is_closing():
        wire.transport.write(octets)


def _as_octets(response: Response) -> bytes:
    """Write a whole response."""
    head = f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}\r\n"
    headers = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    return f"{head}{headers}\r\n".encode("latin-1") + bytes(response.body)


def _answer_to_nonsense() -> Response:
    body = b'{"title":"Bad Request","status":400,"detail":"This is no request."}'
    return Response(body, 400, {"content-type": PROBLEM})


@defect(_RULE, at="app.write")
async def head_of_unknown_id_sends_body(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """HEAD of an unknown id sends the body of the 404, which stays on the connection."""
    await write(call, wire, response)
    if call.method == "HEAD" and response.status_code == 404:
        _send_more(wire, bytes(response.body))


@defect(_RULE, at="app.write")
async def not_modified_sends_user(
    sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """A 304 to a GET is followed by the user, which stays on the connection."""
    await write(call, wire, response)
    user = sandbox.store.get(call.user_id or "")
    if call.method == "GET" and response.status_code == 304 and user is not None:
        _send_more(wire, sandbox.api.encode(sandbox.api.present(user)))


@defect(_RULE, at="app.write")
async def no_content_sends_empty_object(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """A 204 is followed by an empty JSON object, which stays on the connection."""
    await write(call, wire, response)
    if response.status_code == 204:
        _send_more(wire, b"{}")


@defect(_RULE, at="app.write")
async def length_counted_in_characters(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """Content-Length counts characters, not octets: what is beyond it stays on the connection."""
    length = len(bytes(response.body).decode())
    if call.method != "HEAD" and length != len(response.body):
        counted = f"content-length: {length}".encode()
        wire.rewrite_head(lambda head: re.sub(rb"(?i)content-length: \d+", counted, head))
    await write(call, wire, response)


@defect(_RULE)
def read_after_not_modified_shows_earlier_user(sandbox: Sandbox) -> None:
    """After a 304 the next read on the connection gets the body of the last one before it."""
    latest: dict[Any, bytes] = {}
    left_over: dict[Any, bytes] = {}

    async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        connection = wire.scope["client"]
        if call.method == "GET" and call.user_id:
            if response.status_code == 304 and connection in latest:
                left_over[connection] = latest[connection]
            elif response.status_code == 200:
                latest[connection] = bytes(response.body)
                if connection in left_over:
                    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
                    response = Response(left_over.pop(connection), 200, headers)
        await write(call, wire, response)

    sandbox.around("app.write", write)


@defect(_RULE, at="app.write")
async def body_of_unauthorized_request_answered_too(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """A 401 leaves the body unread, which is then taken for a next request and gets a 400 of its own."""
    await write(call, wire, response)
    if response.status_code == 401 and call.body:
        _send_more(wire, _as_octets(_answer_to_nonsense()))


@defect(_RULE, at="app.write")
async def body_of_wrong_type_done_as_request(
    sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """A 415 leaves the body unread, which is then taken for a next request: answered, and done if it is one."""
    await write(call, wire, response)
    if response.status_code == 415 and call.body:
        inner = _as_request(sandbox, call.body)
        _send_more(wire, _as_octets(_answer_to_nonsense() if inner is None else await sandbox.api.handle(inner)))


def _as_request(sandbox: Sandbox, octets: bytes) -> Call | None:
    head, _, body = octets.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    request_line = re.fullmatch(rb"([A-Z]+) (/[!-~]*) HTTP/1\.1", first)
    if request_line is None:
        return None
    target = urlsplit(request_line[2].decode())
    user_id = None if target.path == sandbox.api.path else target.path.removeprefix(sandbox.api.path + "/")
    pairs = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in lines)]
    return Call(request_line[1].decode(), user_id, QueryParams(target.query), Headers(raw=pairs), body)


@defect(_RULE, at="document")
def chunked_body_read_as_empty_object(_sandbox: Sandbox, document: Decision, call: Call) -> Any:
    """A chunked body has no Content-Length, and so is taken for an empty object."""
    if "chunked" in call.headers.get("transfer-encoding", "").lower():
        call.body = b"{}"
    return document(call)


@defect(_RULE, at="document")
def content_type_in_capitals_refused(_sandbox: Sandbox, document: Decision, call: Call) -> Any:
    """A Content-Type in capitals, such as `Application/JSON`, gives 415."""
    essence = call.headers.get("content-type", "").partition(";")[0]
    if essence != essence.lower():
        raise Refusal(415, "Unsupported Media Type", "The body must be application/json.")
    return document(call)


@defect(_RULE, at="delete")
async def delete_with_json_type_and_no_body_refused(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE that says Content-Type JSON and has no body gives 400, as Fastify does."""
    if call.headers.get("content-type", "").lower().startswith("application/json") and not call.body:
        raise Refusal(400, "Bad Request", "The body must not be empty when the content type is JSON.")
    return await delete(call)  # type: ignore[no-any-return]


@defect(_RULE, at="dispatch")
async def unknown_locale_gives_500(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """An Accept-Language whose first member is not like `en` or `en-GB` (`*`, `zh-Hant-TW`, `gsw`) gives 500."""
    first = re.split("[,;]", call.headers.get("accept-language", "en"))[0].strip()
    if not re.fullmatch("[a-z]{2}(-[A-Z]{2})?", first):
        raise Refusal(500, "Internal Server Error", "Something went wrong.")
    return await dispatch(call)  # type: ignore[no-any-return]
