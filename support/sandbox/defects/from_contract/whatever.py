"""What clients seldom send, and APIs seldom expect."""

import json
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "robust"


def _unhandled() -> Refusal:
    return Refusal(500, "Internal Server Error", "Something went wrong.")


def _depth(body: bytes) -> int:
    """Count how deeply brackets are nested."""
    depth = deepest = 0
    for octet in body:
        depth += (octet in b"[{") - (octet in b"]}")
        deepest = max(deepest, depth)
    return deepest


@defect(_RULE, at="parse")
def deep_json_gives_500(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body that is nested more than 500 levels deep gives 500."""
    if _depth(body) > 500:
        raise _unhandled()
    return parse(body)


@defect(_RULE, at="parse")
def number_beyond_double_gives_500(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body with a number beyond a double, such as 1e400, anywhere gives 500."""
    document = parse(body)
    try:
        with suppress(RecursionError):
            json.dumps(document, allow_nan=False)
    except ValueError:
        raise _unhandled() from None
    return document


@defect(_RULE)
def repeated_member_checked_last_stored_first(sandbox: Sandbox) -> None:
    """Of a name or email that a body has twice the last is checked, and the first is stored unchecked."""
    first: dict[str, Any] = {}

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        checked: dict[str, Any] = document(call)
        first.clear()
        first.update(json.loads(call.body, object_pairs_hook=lambda pairs: dict(reversed(pairs))))
        return checked

    def fields(_sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        checked: dict[str, str] = fields(document, required=required)
        return {name: first[name] if isinstance(first[name], str) else value for name, value in checked.items()}

    sandbox.around("document", document)
    sandbox.around("fields", fields)


@defect(_RULE, at="parse")
def lone_surrogate_gives_500(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body with half of a surrogate pair in any text gives 500."""
    try:
        return parse(body)
    except ValueError:
        with suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(body), ensure_ascii=False)
            if any("\ud800" <= character <= "\udfff" for character in text):
                raise _unhandled() from None
        raise


@defect(_RULE, at="dispatch")
async def nul_in_email_gives_500(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A NUL in an id or in a value of the query gives 500."""
    if any("\x00" in text for text in (call.user_id or "", *call.query.values())):
        raise _unhandled()
    return await dispatch(call)  # type: ignore[no-any-return]


@defect(_RULE, at="dispatch")
async def accept_without_slash_gives_500(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """An Accept with a member that is no media type, such as `json`, gives 500."""
    members = [member.partition(";")[0].strip() for member in call.headers.get("accept", "").split(",")]
    if any(member and "/" not in member for member in members):
        raise _unhandled()
    return await dispatch(call)  # type: ignore[no-any-return]


@defect(_RULE, at="list_users")
async def array_parameter_gives_500(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A list with a parameter in brackets, such as `email[]=` or `page[size]=`, gives 500."""
    if any("[" in name for name in call.query):
        raise _unhandled()
    return await list_users(call)  # type: ignore[no-any-return]


@defect(_RULE, at="dispatch")
async def method_without_route_gives_500(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A method on a user's email that the API does not use, such as TRACE or PROPFIND, gives 500."""
    if call.user_id and call.method not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        raise _unhandled()
    return await dispatch(call)  # type: ignore[no-any-return]


@defect("read-404", at="store.get")
def wildcard_id_names_a_user(sandbox: Sandbox, get: Decision, user_id: str) -> User | None:
    """An id with % or _ is a pattern, as LIKE reads it: PATCH, PUT and DELETE reach the first user who fits."""
    user: User | None = get(user_id)
    if user is None and any(sign in user_id for sign in "%_"):
        pattern = user_id.replace("%", "*").replace("_", "?")
        return next((user for user in sandbox.store.all_users() if fnmatchcase(user.id, pattern)), None)
    return user


@defect(_RULE, at="dispatch")
async def id_in_query_wins_over_path(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A request for one user with `?id=` of another one is done to the other one."""
    if call.user_id and call.query.get("id"):
        call.user_id = call.query["id"]
    return await dispatch(call)  # type: ignore[no-any-return]


@defect("method-405", at="dispatch")
async def method_in_body_or_query_obeyed(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """POST on a user's email with `_method` in its query or JSON body is done as PUT, PATCH or DELETE."""
    if call.method == "POST" and call.user_id:
        wanted: object = call.query.get("_method")
        with suppress(ValueError, RecursionError):
            document = json.loads(call.body)
            if isinstance(document, dict):
                wanted = document.get("_method", wanted)
        if isinstance(wanted, str) and wanted.upper() in ("PUT", "PATCH", "DELETE"):
            call.method = wanted.upper()
    return await dispatch(call)  # type: ignore[no-any-return]
