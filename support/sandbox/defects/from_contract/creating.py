"""Creating, refusing and deleting as frameworks get them wrong."""

from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from support.sandbox.defects.kit import instead_of, remember_gone, sent_in
from support.sandbox.exchange import PROBLEM, Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_STACK = (
    "SyntaxError: Unexpected token in JSON\n    at JSON.parse (<anonymous>)\n"
    "    at parse (/usr/src/app/node_modules/body-parser/lib/types/json.js:92:19)"
)


@defect("create-location", at="created")
def location_loses_port(sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """Location is absolute and has the host of the request, but not its port."""
    answer: Answer = created(user, call)
    host = call.headers.get("host", "")
    name = host.rpartition(":")[0] or host
    answer.headers["location"] = f"http://{name}{sandbox.api.location(user)}"
    return answer


@defect("method-405", at="dispatch")
async def post_on_user_gives_409(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """POST on the email of a known user gives 409, since the user exists already."""
    if call.method == "POST" and call.user_id and sandbox.store.get(call.user_id) is not None:
        raise Refusal(409, "Conflict", "This user exists already.")
    return await dispatch(call)  # type: ignore[no-any-return]


@defect("problem", at="refuse")
def validation_errors_are_a_list(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 422 has a JSON array of errors instead of an object."""
    answer: Answer = refuse(refusal)
    if refusal.status == 422:
        return Answer(422, [{"message": refusal.detail}], answer.headers)
    return answer


@defect("problem", at="document")
def malformed_body_shows_stack(_sandbox: Sandbox, document: Decision, call: Call) -> Any:
    """The refusal of a body that is not JSON has the stack trace of the parser."""
    try:
        return document(call)
    except Refusal as refusal:
        if refusal.status == 400:
            raise Refusal(400, refusal.title, _STACK) from None
        raise


@defect("json-media-type", at="created")
def created_says_text_plain(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """A 201 says text/plain: its Content-Type was set after its status was written, as in Go."""
    answer: Answer = created(user, call)
    answer.media_type = "text/plain; charset=utf-8"
    return answer


@defect("no-secrets", at="dispatch")
async def validation_error_shows_input(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A 422 shows the whole body that it refuses, with a password if the client sent one, as pydantic does."""
    try:
        return await dispatch(call)  # type: ignore[no-any-return]
    except Refusal as refusal:
        if refusal.status != 422 or call.method not in ("POST", "PUT", "PATCH"):
            raise
        errors = [{"msg": refusal.detail, "input": sent_in(call)}]
        return Answer(422, {"title": refusal.title, "status": 422, "errors": errors}, {}, PROBLEM)


@defect("media-type", at="document")
def form_taken_by_post(_sandbox: Sandbox, document: Decision, call: Call) -> Any:
    """POST takes a form (application/x-www-form-urlencoded) as well as JSON."""
    form = call.headers.get("content-type", "").lower().startswith("application/x-www-form-urlencoded")
    if form and call.method == "POST":
        return dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    return document(call)


@defect("create-invalid", at="parse")
def array_of_one_user_unwrapped(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body that is an array with one user is taken as that user, as Jackson can."""
    document = parse(body)
    if isinstance(document, list) and len(document) == 1:
        return document[0]
    return document


@defect("create-201", at="store.insert")
def created_at_stored_in_whole_seconds(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
    """A 201 shows createdAt in milliseconds, but the column has whole seconds, which every read shows."""
    whole = datetime.fromisoformat(user.created_at).replace(microsecond=0)
    insert(user._replace(created_at=whole.isoformat()), *key)


@defect("pages")
def deleted_users_stay_on_pages(sandbox: Sandbox) -> None:
    """Deleted users are gone from reads and the whole list, but stay on its pages, after all others."""
    gone = remember_gone(sandbox)

    def window(sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:  # noqa: ARG001
        return [*sandbox.store.all_users(), *gone.values()][offset : offset + count]

    sandbox.around("store.window", window)


@defect("delete-again", at="delete")
async def second_delete_counts_zero(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE of a user who is deleted or unknown gives 200 and says that it deleted 0 users."""
    return await instead_of(404, Answer(200, {"deleted": 0}), delete, call)
