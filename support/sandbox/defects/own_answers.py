"""Answers that do not end where they say, and requests that are only served if they are written in one way."""

from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire

_RULE = "own-answer"
_UNREAD = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"


def _append(sandbox: Sandbox, octets: bytes, *, when: Decision) -> None:
    """Send bytes after the end of an answer, on the same connection."""

    async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        transport = wire.transport
        await write(call, wire, response)
        if when(call, response):
            transport.write(octets)

    sandbox.around("app.write", write)


@defect(_RULE)
def body_follows_204(sandbox: Sandbox) -> None:
    """A 204 is followed by a body."""
    _append(sandbox, b"{}", when=lambda _, response: response.status_code == 204)


@defect(_RULE)
def body_follows_304(sandbox: Sandbox) -> None:
    """A 304 is followed by a body."""
    _append(sandbox, b"null\n", when=lambda _, response: response.status_code == 304)


@defect(_RULE)
def unread_body_is_the_next_request(sandbox: Sandbox) -> None:
    """The body of a POST that is refused for its Content-Type stays unread, and is taken for the next request."""
    _append(sandbox, _UNREAD, when=lambda call, response: response.status_code == 415 and call.body)


@defect(_RULE)
def unread_body_without_token_is_the_next_request(sandbox: Sandbox) -> None:
    """The body of a request without the token stays unread, and is taken for the next request."""
    _append(sandbox, _UNREAD, when=lambda call, response: response.status_code == 401 and call.body)


@defect(_RULE)
def body_of_get_is_the_next_request(sandbox: Sandbox) -> None:
    """The body of a GET stays unread, and is taken for the next request."""
    _append(sandbox, _UNREAD, when=lambda call, _: call.method == "GET" and call.body)


@defect(_RULE, at="document")
def chunks_are_an_empty_body(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body in chunks, which has no Content-Length, is not read."""
    if "content-length" not in call.headers:
        call.body = b""
    read: dict[str, Any] = document(call)
    return read


@defect(_RULE, at="create")
async def chunks_lose_half_of_the_name(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A sign-up in chunks gives 201, and only the first half of the name is kept."""
    if "transfer-encoding" in call.headers:
        fields = sandbox.api.user_fields(call)
        user = sandbox.api.new_user({**fields, "name": fields["name"][: len(fields["name"]) // 2]})
        sandbox.api.insert(user, None)
        return sandbox.api.created(user, call)
    answer: Answer = await create(call)
    return answer


@defect(_RULE, at="document")
def media_type_in_small_letters_only(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A Content-Type in capitals is not known."""
    essence = call.headers.get("content-type", "").partition(";")[0]
    if essence != essence.lower():
        raise Refusal(415, "Unsupported Media Type", "The body must be application/json.")
    read: dict[str, Any] = document(call)
    return read


@defect(_RULE, at="document")
def quoted_charset_unknown(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A charset in quotes is not known."""
    if 'charset="' in call.headers.get("content-type", ""):
        raise Refusal(415, "Unsupported Media Type", "The charset is not known.")
    read: dict[str, Any] = document(call)
    return read


@defect(_RULE, at="delete")
async def delete_declared_as_json_needs_a_body(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE that says JSON and has no body gives 400."""
    if "json" in call.headers.get("content-type", "") and not call.body:
        raise Refusal(400, "Bad Request", "The body must not be empty if Content-Type is application/json.")
    answer: Answer = await delete(call)
    return answer


def _refuse(sandbox: Sandbox, status: int, *, when: Decision) -> None:
    """Refuse requests by what else their headers say."""

    async def dispatch(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        if when(call.headers):
            raise Refusal(status, "Refused", "This client is not served.")
        answer: Answer = await dispatch(call)
        return answer

    sandbox.around("dispatch", dispatch)


@defect(_RULE)
def other_languages_are_406(sandbox: Sandbox) -> None:
    """A language that the server does not speak gives 406."""
    _refuse(sandbox, 406, when=lambda headers: headers.get("accept-language", "en")[:2] not in ("en", "de"))


@defect(_RULE)
def cookies_ask_for_a_csrf_token(sandbox: Sandbox) -> None:
    """A request with the cookie of a session counts as one of a browser, and gives 403 without a CSRF token."""
    _refuse(sandbox, 403, when=lambda headers: "sessionid" in headers.get("cookie", ""))


@defect(_RULE, at="respond")
def browsers_get_html(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A browser gets the page of the documentation."""
    if "Mozilla" in call.headers.get("user-agent", "") and call.method == "GET":
        return Response("<h1>Users API</h1>", 200, media_type="text/html")
    response: Response = respond(call, answer)
    return response
