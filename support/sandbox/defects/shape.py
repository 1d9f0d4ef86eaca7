"""Users whose shape, fields or media type break the contract."""

from datetime import datetime
from typing import Any

from starlette.responses import Response

from support.sandbox.defects.kit import users_in
from support.sandbox.exchange import PROBLEM, Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.variants.representation import integer_ids


@defect("user-shape")
def id_is_a_number(sandbox: Sandbox) -> None:
    """An id is a JSON number."""
    integer_ids(sandbox)

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**present(user), "id": int(user.id) if user.id.isdecimal() else user.id}

    sandbox.around("present", present)


@defect("user-shape", at="now")
def time_without_offset(_sandbox: Sandbox, now: Decision) -> str:
    """createdAt has no offset."""
    return str(now()).replace("+00:00", "")


@defect("user-shape", at="present")
def time_since_epoch(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """createdAt is a number of seconds."""
    return {**present(user), "createdAt": datetime.fromisoformat(user.created_at).timestamp()}


@defect("user-shape", at="list_users")
async def list_without_times(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Users in the list have no createdAt."""
    answer: Answer = await list_users(call)
    for user in users_in(answer):
        del user["createdAt"]
    return answer


@defect("user-shape", at="read")
async def name_in_two_fields(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A user that is read has firstName and lastName in place of name."""
    answer: Answer = await read(call)
    first, _, last = answer.content.pop("name").partition(" ")
    answer.content |= {"firstName": first, "lastName": last}
    return answer


@defect("user-shape", at="created")
def create_shows_null_time(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """The answer to a create has createdAt null, as before the database filled it in."""
    answer: Answer = created(user, call)
    answer.content["createdAt"] = None
    return answer


@defect("no-secrets", at="read")
async def password_hash_in_reads(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A user that is read shows the hash of a password."""
    answer: Answer = await read(call)
    answer.content["passwordHash"] = "$2b$12$KIXQ4l0rD5Yk1pWq"
    return answer


@defect("no-secrets", at="list_users")
async def token_deep_in_list(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Users in the list carry a token three levels down."""
    answer: Answer = await list_users(call)
    for user in users_in(answer):
        user["profile"] = {"sessions": [{"token": "eyJhbGciOi"}]}
    return answer


@defect("no-secrets", at="created")
def password_in_create_answer(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """The answer to a create shows a first password."""
    answer: Answer = created(user, call)
    answer.content["password"] = "changeme"
    return answer


@defect("no-secrets", at="update")
def secret_in_update_answer(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
    """The answer to PUT and PATCH shows the secret that a reset link is made from."""
    answer: Answer = update(user, fields)
    answer.content["recovery"] = {"secret": "JBSWY3DPEHPK3PXP"}
    return answer


@defect("no-secrets", at="deleted")
def password_hash_in_delete_answer(_sandbox: Sandbox, _deleted: Decision, user: User) -> Answer:
    """The answer to a deletion is the whole record, with the hash of the password."""
    return Answer(200, {"id": user.id, "email": user.email, "passwordHash": "$2b$12$KIXQ4l0rD5Yk1pWq"})


@defect("no-secrets", at="refuse")
def token_in_not_found(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 404 shows a session token."""
    answer: Answer = refuse(refusal)
    if refusal.status == 404:
        answer.content["session"] = {"token": "eyJhbGciOi"}
    return answer


@defect("no-secrets", at="refuse")
def password_hash_in_conflict(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """The refusal of a taken email shows the user who has it."""
    answer: Answer = refuse(refusal)
    if refusal.status == 409:
        answer.content["conflicting"] = {"passwordHash": "$2b$12$KIXQ4l0rD5Yk1pWq"}
    return answer


@defect("no-secrets", at="refuse")
def token_in_refusals(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """Every refusal except 404 and 409 shows the token of the request."""
    answer: Answer = refuse(refusal)
    if refusal.status not in (404, 409):
        answer.content["request"] = {"token": "eyJhbGciOi"}
    return answer


@defect("json-media-type", at="read")
async def user_as_text(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A user that is read comes as text/json."""
    answer: Answer = await read(call)
    answer.media_type = "text/json"
    return answer


@defect("json-media-type", at="list_users")
async def list_as_html(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """The list comes as text/html."""
    answer: Answer = await list_users(call)
    answer.media_type = "text/html; charset=utf-8"
    return answer


@defect("json-media-type", at="respond")
def errors_as_plain_text(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Errors are JSON but come as text/plain."""
    if answer.media_type == PROBLEM:
        answer.media_type = "text/plain"
    response: Response = respond(call, answer)
    return response


@defect("json-media-type", at="respond")
def create_without_media_type(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A 201 has no Content-Type."""
    response: Response = respond(call, answer)
    if response.status_code == 201:
        del response.headers["content-type"]
    return response


@defect("json-media-type", at="update")
def update_as_octets(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
    """The answer to PUT and PATCH comes as application/octet-stream."""
    answer: Answer = update(user, fields)
    answer.media_type = "application/octet-stream"
    return answer
