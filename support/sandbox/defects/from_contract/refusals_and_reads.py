"""What a refusal leaves or tells, and what reads show that come before, during or after a write."""

import asyncio
import re
from collections import defaultdict
from typing import Any

from starlette.responses import Response

from support.sandbox.defects.kit import after_each_change, after_each_create, fields_in, others_with
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire

_BATCH = 20
_STACK = (
    "PayloadTooLargeError: request entity too large\n"
    "    at readStream (/srv/app/node_modules/raw-body/index.js:163:17)\n"
    "    at jsonParser (/srv/app/node_modules/body-parser/lib/types/json.js:138:5)"
)


async def _round_trip(sandbox: Sandbox) -> None:
    """Wait as long as a database takes to answer."""
    await asyncio.sleep(sandbox.window_s * 5)


# Refusals


@defect("conditional")
def email_of_failed_condition_reserved(sandbox: Sandbox) -> None:
    """After a 412 nobody can take the email that the change named: it was reserved first, and is not released."""
    reserved: set[str] = set()

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await change(call)
        except Refusal as refusal:
            email = fields_in(sandbox, call).get("email") if refusal.status == 412 else None
            if email is not None and not others_with(sandbox, email):
                reserved.add(email.casefold())
            raise
        return answer

    def write(_sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if user.email.casefold() in reserved:
            raise EmailTakenError
        write(user, *key)

    for at in ("patch", "replace"):
        sandbox.around(at, change)
    for at in ("store.insert", "store.update"):
        sandbox.around(at, write)


@defect("no-secrets")
def body_without_a_field_shown_in_422(sandbox: Sandbox) -> None:
    """A 422 for a missing field shows the whole body that was sent, a password in it included."""

    def fields(_sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        try:
            taken: dict[str, str] = fields(document, required=required)
        except Refusal as refusal:
            if not {"name", "email"} <= document.keys():
                refusal.detail = f"{refusal.detail} Input: {document}"
            raise
        return taken

    sandbox.around("fields", fields)


@defect("problem", at="refuse")
def too_large_shows_a_stack(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """The 413 for a body that is too large shows the stack trace and paths of the server."""
    answer: Answer = refuse(refusal)
    if answer.status == 413:
        answer.content["stack"] = _STACK
    return answer


@defect("method-405", at="dispatch")
async def post_overridden_by_a_header(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """POST on a user's address with X-HTTP-Method-Override is carried out as that method."""
    wanted = call.headers.get("x-http-method-override", "").upper()
    if call.method == "POST" and call.user_id and wanted in ("PUT", "PATCH", "DELETE"):
        call.method = wanted
    answer: Answer = await dispatch(call)
    return answer


@defect("robust", at="authenticate")
def token_beyond_ascii_gives_500(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A wrong token with a byte beyond ASCII gives 500: the comparison takes only ASCII."""
    if not call.headers.get("authorization", "").isascii():
        raise Refusal(500, "Internal Server Error", "Something went wrong.")
    authenticate(call)


@defect("auth-401", at="authenticate")
def unsigned_token_accepted(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A JSON Web Token that says that it is not signed is accepted, as by a library that believes its header."""
    if not call.headers.get("authorization", "").startswith("Bearer eyJhbGciOiJub25lIn0."):
        authenticate(call)


# Reads


@defect("delete")
def list_read_before_a_deletion_stays(sandbox: Sandbox) -> None:
    """A list that was read before a DELETE is shown afterwards too: only creates and changes evict it."""
    cached: list[list[User]] = []

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        if not cached:
            cached.append(all_users())
        return cached[0]

    sandbox.around("store.all_users", all_users)
    after_each_create(sandbox, lambda _user: cached.clear())
    after_each_change(sandbox, lambda _before, _user: cached.clear())


@defect("list")
def list_read_in_batches(sandbox: Sandbox) -> None:
    """The list, newest first, is read in batches by offset: a write meanwhile makes it repeat or skip users."""

    async def list_users(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        if call.query:
            answer: Answer = await list_users(call)
            return answer
        users: list[User] = []
        while batch := sandbox.store.all_users()[::-1][len(users) : len(users) + _BATCH]:
            users += batch
            await _round_trip(sandbox)
        return Answer(200, [sandbox.api.present(user) for user in users])

    sandbox.around("list_users", list_users)


@defect("read-200")
def put_deletes_and_inserts(sandbox: Sandbox) -> None:
    """PUT deletes the row and inserts it again a few milliseconds later: in between a read gives 404."""
    absent: dict[str, int] = defaultdict(int)

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        user = sandbox.api.expected(call)
        absent[user.id] += 1
        try:
            await _round_trip(sandbox)
        finally:
            absent[user.id] -= 1
        answer: Answer = await replace(call)
        return answer

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if absent.get(call.user_id or ""):
            raise sandbox.api.unknown()
        answer: Answer = await read(call)
        return answer

    sandbox.around("replace", replace)
    sandbox.around("read", read)


@defect("list")
def list_kept_over_patch(sandbox: Sandbox) -> None:
    """The list is kept until a create, a PUT or a DELETE: after a PATCH it goes on showing the old values."""
    touches = 0
    kept: dict[tuple[int, str, int], list[User]] = {}

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        users: list[User] = all_users()
        key = (len(users), users[-1].id if users else "", touches)
        if key not in kept:
            kept.clear()
            kept[key] = users
        return kept[key]

    async def replace(_sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        nonlocal touches
        answer: Answer = await replace(call)
        touches += 1
        return answer

    sandbox.around("store.all_users", all_users)
    sandbox.around("replace", replace)


# Answers to changes


@defect("own-answer", at="app.write")
async def changes_counted_in_characters(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """The answer to PUT and PATCH ends too early if it is not ASCII: its Content-Length counts characters."""
    body = bytes(response.body)
    if call.method in ("PUT", "PATCH") and not body.isascii():
        length = b"content-length: %d" % len(body.decode())
        wire.rewrite_head(lambda head: re.sub(rb"(?i)content-length: *\d+", length, head))
    await write(call, wire, response)


@defect("own-answer", at="patch")
async def patch_compares_the_whole_content_type(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH with a charset in its Content-Type, or in capitals, gives 415: the header is compared as a whole."""
    if call.headers.get("content-type", "") not in ("application/json", "application/merge-patch+json"):
        raise Refusal(415, "Unsupported Media Type", "The body must be application/json.")
    answer: Answer = await patch(call)
    return answer
