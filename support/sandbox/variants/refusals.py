"""Refusals that the contract leaves open: which fault of a request is told, with which status, and in which words."""

import json
import re
from contextlib import suppress
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, variant

_CHANGES = ("replace", "patch")
_WITH_A_BODY = ("POST", "PUT", "PATCH")
_LONGEST_URL = 4000
_LARGEST_BODY = 16 * 1024
_FIREWALLED = re.compile(r"[\x00-\x1f\x7f%/\\;]")
_METHODS = {"GET", "HEAD", "DELETE", *_WITH_A_BODY}


@variant()
def unknown_before_invalid(sandbox: Sandbox) -> None:
    """A change of an unknown user gets 404, whatever its body."""

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        sandbox.api.known(call)
        answer: Answer = await change(call)
        return answer

    for name in _CHANGES:
        sandbox.around(name, change)


@variant()
def outdated_before_invalid(sandbox: Sandbox) -> None:
    """A change with an outdated ETag gets 412, whatever its body."""

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        sandbox.api.expected(call)
        answer: Answer = await change(call)
        return answer

    for name in _CHANGES:
        sandbox.around(name, change)


@variant(at="parse")
def unknown_field_before_nan(sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body with NaN or Infinity in an unknown field gets 422 for the field, as with the parser of Python."""
    try:
        return parse(body)
    except ValueError:
        with suppress(ValueError, RecursionError):
            document = json.loads(body)
            if isinstance(document, dict) and not set(document) <= {"name", "email"}:
                raise sandbox.api.invalid("a field is unknown") from None
        raise


@variant(at="dispatch")
async def post_to_unknown_is_404(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A POST to an unknown user gets 404."""
    if call.method == "POST" and call.user_id:
        sandbox.api.known(call)
    answer: Answer = await dispatch(call)
    return answer


@variant(at="dispatch")
async def odd_paths_refused(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """An id with a control, a slash, `%` or `;` is refused with 400, as a firewall does before the application."""
    if call.user_id and _FIREWALLED.search(call.user_id):
        raise Refusal(400, "Bad Request", "The path is not allowed.")
    answer: Answer = await dispatch(call)
    return answer


@variant(at="document")
def bad_bodies_before_types(sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body that is not JSON gets 400, whatever its type."""
    try:
        sandbox.api.parse(call.body)
    except ValueError:
        raise Refusal(400, "Bad Request", "The body is not JSON.") from None
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="user_fields")
def taken_before_invalid(sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """A sign-up with a taken email gets 409, even if its name is invalid."""
    try:
        fields: dict[str, str] = user_fields(call)
    except Refusal:
        with suppress(Refusal):
            email = sandbox.api.document(call).get("email")
            if isinstance(email, str) and not sandbox.api.email_fault(email) and sandbox.store.holders(email):
                raise sandbox.api.taken() from None
        raise
    return fields


@variant(at="authenticate")
def faults_before_tokens(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A request without the right token is told first what else is wrong with its form."""
    try:
        authenticate(call)
    except Refusal:
        if call.user_id is None and call.method in ("GET", "HEAD"):
            sandbox.api.page(call)
        if call.user_id and call.method == "POST":
            allow = {"allow": sandbox.api.allow(["GET", "HEAD", "PUT", "PATCH", "DELETE"])}
            raise Refusal(405, "Method Not Allowed", "A user has no POST.", allow) from None
        if call.method in _WITH_A_BODY:
            sandbox.api.fields(sandbox.api.document(call), required=call.method != "PATCH")
        raise


@variant(at="document")
def empty_bodies_are_415(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """An empty body is refused with 415."""
    if not call.body:
        raise Refusal(415, "Unsupported Media Type", "There is no JSON.")
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="document")
def empty_bodies_are_422(sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """An empty body is refused with 422."""
    if not call.body:
        raise sandbox.api.invalid("name and email are needed")
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="document")
def bodies_without_type_are_json(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body without a Content-Type is taken as JSON."""
    if "content-type" not in call.headers:
        call.headers = call.headers.mutablecopy()
        call.headers["content-type"] = "application/json"
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="document")
def bodies_without_type_are_400(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body without a Content-Type is refused with 400."""
    if "content-type" not in call.headers:
        raise Refusal(400, "Bad Request", "The body has no Content-Type.")
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="document")
def other_json_types_refused(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A body of a +json type, such as application/merge-patch+json, is refused with 415."""
    if "+json" in call.headers.get("content-type", "").lower():
        raise Refusal(415, "Unsupported Media Type", "Only application/json is taken.", {"accept": "application/json"})
    fields: dict[str, Any] = document(call)
    return fields


@variant(at="handle")
async def chunked_bodies_refused(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A body in chunks is refused with 411 and no JSON, and the connection is closed."""
    if "transfer-encoding" in call.headers:
        return sandbox.api.respond(call, Answer(411, headers={"connection": "close"}))
    response: Response = await handle(call)
    return response


@variant(at="handle")
async def expectations_refused(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A request with Expect is refused with 417 and no JSON."""
    if "expect" in call.headers:
        return sandbox.api.respond(call, Answer(417))
    response: Response = await handle(call)
    return response


@variant(at="refuse")
def large_bodies_refused_without_a_word(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """The 413 for a large body has no body itself."""
    answer: Answer = refuse(refusal)
    return Answer(413, headers=answer.headers) if refusal.status == 413 else answer


@variant(at="handle")
async def options_for_everyone(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """OPTIONS gets 204 with Allow, with or without a token, as a browser asks it."""
    if call.method == "OPTIONS":
        allow = ["GET", "HEAD", "POST"] if call.user_id is None else ["GET", "HEAD", "PUT", "PATCH", "DELETE"]
        headers = {"allow": sandbox.api.allow(allow), "access-control-allow-origin": "*"}
        return sandbox.api.respond(call, Answer(204, headers=headers))
    response: Response = await handle(call)
    return response


@variant(at="handle")
async def unknown_methods_are_501(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A method that the API does not know at all, OPTIONS among them, gets 501 and no JSON."""
    if call.method not in _METHODS:
        return sandbox.api.respond(call, Answer(501))
    response: Response = await handle(call)
    return response


@variant()
def errors_repeat_values(sandbox: Sandbox) -> None:
    """A refusal repeats the id, the name or the email that was sent."""

    def fields(sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        try:
            taken: dict[str, str] = fields(document, required=required)
        except Refusal as refusal:
            sent = {name: document[name] for name in ("name", "email") if name in document}
            raise sandbox.api.invalid(f"{refusal}; it was {sent!r}") from None
        return taken

    def known(_sandbox: Sandbox, known: Decision, call: Call) -> Any:
        try:
            return known(call)
        except Refusal:
            raise Refusal(404, "Not Found", f"There is no user '{call.user_id}'.") from None

    sandbox.around("fields", fields)
    sandbox.around("known", known)


@variant(at="refuse")
def errors_in_another_language(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """Problem documents are in Chinese, under types of their own, with further members."""
    answer: Answer = refuse(refusal)
    answer.content |= {
        "type": f"/problems/{refusal.status}",
        "title": "请求无法处理",
        "detail": "姓名或电子邮件无效，或用户不存在。",
        "instance": "urn:uuid:6b0d9a52-6a43-4d5e-9c0e-5c8f7c1f0a11",
        "violations": [],
        "retryable": False,
    }
    answer.headers["content-language"] = "zh"
    return answer


@variant(at="refuse")
def errors_with_codes(_sandbox: Sandbox, _refuse: Decision, refusal: Refusal) -> Answer:
    """Errors are plain JSON with a code of their own that begins with the status."""
    error = {"code": refusal.status * 100 + 1, "reason": refusal.title, "help": "https://example.com/help"}
    return Answer(refusal.status, {"status": "error", "data": None, "error": error}, dict(refusal.headers))


@variant(at="challenge")
def several_challenges(_sandbox: Sandbox, _challenge: Decision) -> str:
    """The 401 offers other schemes, too."""
    return 'Basic realm="users, old", Digest qop="auth", bearer realm="users"'


@variant(at="handle")
async def long_urls_refused(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A URL with more than four thousand characters is refused with 414 and no JSON."""
    if len(call.user_id or "") + len(str(call.query)) > _LONGEST_URL:
        return sandbox.api.respond(call, Answer(414, headers={"connection": "close"}))
    response: Response = await handle(call)
    return response


@variant(at="handle")
async def large_bodies_refused(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A body of more than 16 KiB is refused with 413 and no JSON, whatever else is wrong with it."""
    if len(call.body) > _LARGEST_BODY:
        return sandbox.api.respond(call, Answer(413, headers={"connection": "close"}))
    response: Response = await handle(call)
    return response


@variant(at="authenticate")
def scheme_to_the_letter(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """The scheme is `Bearer` and one space; in other letters, or before two spaces, it is unknown."""
    given = call.headers.get("authorization", "")
    if given.lower().startswith("bearer") and not given.startswith("Bearer "):
        raise Refusal(401, "Unauthorized", "The scheme is Bearer.", {"www-authenticate": sandbox.api.challenge()})
    authenticate(call)


@variant(at="authenticate")
def spaces_around_tokens(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """Any number of spaces and tabs may stand between the scheme and the token."""
    if "authorization" in call.headers:
        call.headers = call.headers.mutablecopy()
        call.headers["authorization"] = " ".join(call.headers["authorization"].split(maxsplit=1))
    authenticate(call)
