"""Refusals that do not say what is wrong, or say too much."""

from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "problem"
_TRACE = 'Traceback (most recent call last):\n  File "users.py", line 88, in create\nValueError: name'


@defect(_RULE, at="refuse")
def problem_status_always_400(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """The status in a problem document is 400, whatever the HTTP status."""
    answer: Answer = refuse(refusal)
    answer.content["status"] = 400
    return answer


@defect(_RULE, at="refuse")
def problem_status_wrong_for_conflict(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """The problem document of a 409 says 422."""
    answer: Answer = refuse(refusal)
    if refusal.status == 409:
        answer.content["status"] = 422
    return answer


@defect(_RULE, at="refuse")
def not_found_without_body(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 404 has no body."""
    answer: Answer = refuse(refusal)
    if refusal.status == 404:
        answer.content = None
    return answer


@defect(_RULE, at="refuse")
def unauthorized_without_body(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 401 has no body."""
    answer: Answer = refuse(refusal)
    if refusal.status == 401:
        answer.content = None
    return answer


@defect(_RULE, at="refuse")
def errors_are_strings(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """An error is a JSON string, not an object."""
    answer: Answer = refuse(refusal)
    answer.content = refusal.detail
    return answer


@defect(_RULE, at="respond")
def errors_are_pages(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A 404 or 405 is an HTML page."""
    response: Response = respond(call, answer)
    if answer.status not in (404, 405):
        return response
    page = f"<!doctype html><title>{answer.status}</title><h1>{answer.content['title']}</h1>"
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    return Response(page, answer.status, headers, "text/html")


def _leak(answer: Answer, status: int, detail: str) -> Answer:
    if answer.status == status:
        answer.content["detail"] = detail
    return answer


@defect(_RULE, at="refuse")
def sql_in_conflict(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 409 shows the SQL statement that failed."""
    return _leak(refuse(refusal), 409, "INSERT INTO users (id, name, email) VALUES (?, ?, ?): UNIQUE constraint failed")


@defect(_RULE, at="refuse")
def path_in_malformed(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 400 shows the path of a file on the server."""
    return _leak(refuse(refusal), 400, "SyntaxError at /srv/app/node_modules/body-parser/lib/types/json.js:92:19")


@defect(_RULE, at="refuse")
def trace_in_invalid(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """The refusal of invalid values shows a stack trace."""
    return _leak(refuse(refusal), 422, _TRACE)


@defect("problem", at="respond")
def html_without_a_token(sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A request without a token gets an HTML page; a wrong token is refused correctly."""
    response: Response = respond(call, answer)
    if answer.status != 401 or "authorization" in call.headers:
        return response
    challenge = {"www-authenticate": sandbox.api.challenge()}
    return Response("<h1>401 Authorization Required</h1>", 401, challenge, "text/html")


@defect(_RULE, at="respond")
def nothing_said_without_a_token(sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A request without a token gets a 401 without a body."""
    response: Response = respond(call, answer)
    if answer.status != 401 or "authorization" in call.headers:
        return response
    return Response(None, 401, {"www-authenticate": sandbox.api.challenge()})


@defect(_RULE, at="respond")
def page_for_what_is_no_object(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A list, a text or null in place of fields is refused by a page of HTML, as by the parser of a framework."""
    response: Response = respond(call, answer)
    if answer.status != 422 or call.body.lstrip()[:1] == b"{":
        return response
    return Response(f"<pre>SyntaxError: Unexpected token in {call.method}</pre>", 422, None, "text/html")


@defect(_RULE, at="respond")
def page_where_json_is_not_asked_for(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Errors are JSON only if the Accept header asks for it."""
    response: Response = respond(call, answer)
    if answer.status < 400 or "json" in call.headers.get("accept", ""):
        return response
    headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
    return Response(f"<h1>{answer.content['title']}</h1>", answer.status, headers, "text/html")


@defect(_RULE, at="created")
def query_shown_by_create(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """The answer to a create shows the statement that stored the user."""
    answer: Answer = created(user, call)
    answer.content["_debug"] = {"sql": "INSERT INTO users (id, name, email) VALUES ($1, $2, $3) RETURNING *"}
    return answer


@defect(_RULE, at="present")
def query_shown_with_each_user(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Each user is shown with the SQL statement that found it."""
    return {**present(user), "_query": f"SELECT id, name, email FROM users WHERE id = '{user.id}'"}
