"""Unusual answers: statuses, error documents, media types, JSON."""

import json
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import JSON, PROBLEM, Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant


@variant(at="invalid")
def invalid_is_400(_sandbox: Sandbox, invalid: Decision, detail: str) -> Refusal:
    """Invalid values are refused with 400."""
    refusal: Refusal = invalid(detail)
    refusal.status, refusal.title = 400, "Bad Request"
    return refusal


@variant(at="document")
def empty_body_is_415(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """An empty body is no JSON, whatever its Content-Type: it gives 415."""
    if not call.body:
        raise Refusal(415, "Unsupported Media Type", "There is no body.")
    read: dict[str, Any] = document(call)
    return read


@variant(at="authenticate")
def faults_before_the_token(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """What is wrong with a sign-up or a page is told before the token is asked for."""
    if call.method == "POST" and call.user_id is None:
        sandbox.api.user_fields(call)
    elif call.method == "GET" and call.user_id is None:
        sandbox.api.page(call)
    authenticate(call)


@variant(at="bad_page")
def bad_page_is_422(_sandbox: Sandbox, bad_page: Decision) -> Refusal:
    """A page or limit out of range is refused with 422."""
    refusal: Refusal = bad_page()
    refusal.status, refusal.title = 422, "Unprocessable Content"
    return refusal


@variant(at="refuse")
def plain_errors(_sandbox: Sandbox, _refuse: Decision, refusal: Refusal) -> Answer:
    """Errors are plain JSON with one field."""
    return Answer(refusal.status, {"error": refusal.detail}, dict(refusal.headers))


@variant(at="refuse")
def error_lists(_sandbox: Sandbox, _refuse: Decision, refusal: Refusal) -> Answer:
    """Errors are plain JSON with a list of them."""
    errors = [{"code": refusal.title.upper().replace(" ", "_"), "message": refusal.detail}]
    return Answer(refusal.status, {"success": False, "errors": errors}, dict(refusal.headers))


@variant(at="challenge")
def challenge_with_parameters(_sandbox: Sandbox, _challenge: Decision) -> str:
    """The 401 names a realm and an error."""
    return 'Bearer realm="users", error="invalid_token", error_description="The token is unknown"'


@variant(at="allow")
def allow_in_any_order(_sandbox: Sandbox, _allow: Decision, methods: list[str]) -> str:
    """The Allow header has another order and odd spacing."""
    return " ,".join(sorted(methods, reverse=True))


@variant(at="created")
def absolute_location(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """Location is absolute."""
    answer: Answer = created(user, call)
    answer.headers["location"] = f"http://{call.headers['host']}{answer.headers['location']}"
    return answer


@variant(at="location")
def relative_location(sandbox: Sandbox, _location: Decision, user: User) -> str:
    """Location is relative to the URL of the request."""
    return f"{sandbox.api.path.rpartition('/')[2]}/{user.id}"


@variant(at="deleted")
def delete_shows_user(sandbox: Sandbox, _deleted: Decision, user: User) -> Answer:
    """DELETE gives 200 and the user as it was."""
    return Answer(200, sandbox.api.present(user))


@variant(at="deleted")
def delete_is_200_with_message(_sandbox: Sandbox, _deleted: Decision, _user: User) -> Answer:
    """DELETE gives 200 and a message."""
    return Answer(200, {"deleted": True})


@variant(at="delete")
async def delete_later(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE gives 202, and the user is gone half a second later."""
    call.deletion_delay_s = 0.5
    answer: Answer = await delete(call)
    return answer


@variant(at="delete")
async def late_deletion(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE gives 204, and the user still shows for half a second."""
    call.deletion_delay_s = 0.5
    answer: Answer = await delete(call)
    return Answer(204) if answer.status == 202 else answer


@variant(at="delete")
async def delete_again_is_204(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of a user that is not there gives 204."""
    try:
        answer: Answer = await delete(call)
    except Refusal as refusal:
        if refusal.status != 404 or not call.user_id:
            raise
        return Answer(204)
    return answer


@variant(at="fields")
def unknown_fields_refused(
    sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """An unknown field is refused with 422."""
    unknown = document.keys() - {"name", "email"}
    if unknown:
        raise sandbox.api.invalid(f"{', '.join(sorted(unknown))} cannot be set")
    taken: dict[str, str] = fields(document, required=required)
    return taken


@variant(at="fields")
def server_owned_refused(
    _sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """A client's id or createdAt is refused with 400, other fields are ignored."""
    if document.keys() & {"id", "createdAt"}:
        raise Refusal(400, "Bad Request", "id and createdAt are the server's.")
    taken: dict[str, str] = fields(document, required=required)
    return taken


@variant(at="respond")
def charset(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Content-Type has a charset, in capitals and quotes."""
    answer.media_type += '; charset="UTF-8"'
    response: Response = respond(call, answer)
    return response


@variant(at="respond")
def vendor_type(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Users are application/vnd.users+json."""
    if answer.media_type == JSON:
        answer.media_type = "application/vnd.users.v2+json"
    response: Response = respond(call, answer)
    return response


@variant(at="respond")
def errors_in_plain_json_type(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Problem documents come as application/json."""
    if answer.media_type == PROBLEM:
        answer.media_type = JSON
    response: Response = respond(call, answer)
    return response


@variant(at="encode")
def pretty_json(_sandbox: Sandbox, _encode: Decision, content: Any) -> bytes:
    """JSON is indented, and a line break ends it."""
    return json.dumps(content, ensure_ascii=False, indent=4).encode() + b"\r\n"


@variant(at="encode")
def escaped_json(_sandbox: Sandbox, _encode: Decision, content: Any) -> bytes:
    """Everything outside ASCII, and every slash, is escaped in JSON."""
    return json.dumps(content).replace("/", "\\/").encode()
