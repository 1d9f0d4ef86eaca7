"""What one request does to another: a later change, another user, a request beside it, one without the token."""

import json
from collections import Counter, defaultdict, deque
from contextlib import suppress
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import Response

from support.sandbox.defects.kit import (
    act_when_refused,
    after_each_change,
    after_each_create,
    before_each_delete,
    broken,
    fields_in,
    gap,
    is_repeated,
    remember_gone,
    sent_in,
    valid_part,
)
from support.sandbox.exchange import Answer, Call, Refusal, bears
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire

_WRITES = ("POST", "PUT", "PATCH", "DELETE")
_POOL = 3
_AUDIT_ROWS = 3
_BUFFER = 64 * 1024


def _is_moved(before: User, user: User) -> bool:
    return before.email.lower() != user.email.lower()


@defect("filter-email")
def change_of_letter_case_drops_look_up(sandbox: Sandbox) -> None:
    """A user who changes the letter case of their email is not found by it: the old key goes after the new one came."""
    dropped: set[str] = set()

    def act(before: User, user: User) -> None:
        if _is_moved(before, user):
            dropped.discard(user.id)
        elif before.email != user.email:
            dropped.add(user.id)

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        return [user for user in filtered(email) if user.id not in dropped]

    after_each_change(sandbox, act)
    sandbox.around("filtered", filtered)


@defect("filter-email")
def delete_hides_next_holder_of_former_email(sandbox: Sandbox) -> None:
    """DELETE removes the keys of all emails that a user ever had, so that who has one by now is not found by it."""
    former: defaultdict[str, set[str]] = defaultdict(set)
    removed: set[str] = set()

    def change(before: User, user: User) -> None:
        if _is_moved(before, user):
            former[user.id].add(before.email.lower())
            removed.discard(user.email.lower())

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        return [] if email.lower() in removed else list(filtered(email))

    after_each_change(sandbox, change)
    after_each_create(sandbox, lambda user: removed.discard(user.email.lower()))
    before_each_delete(sandbox, lambda user: removed.update(former[user.id]))
    sandbox.around("filtered", filtered)


@defect("isolation")
def delete_takes_holder_of_first_email(sandbox: Sandbox) -> None:
    """DELETE of a user who moved also deletes who has their first email by now: its rows go by that email."""
    first: dict[str, str] = {}

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        done = bool(delete(user_id))
        for holder in sandbox.store.holders(first.get(user_id, "")):
            delete(holder.id)
        return done

    after_each_create(sandbox, lambda user: first.update({user.id: user.email}))
    sandbox.around("store.delete", delete)


@defect("robust")
def refused_part_stored_by_next_patch(sandbox: Sandbox) -> None:
    """The valid part of a refused PATCH or PUT stays in the session, and is stored by the user's next PATCH."""
    dirty: dict[str, dict[str, str]] = {}

    def keep(call: Call) -> None:
        dirty.setdefault(call.user_id or "", {}).update(valid_part(sandbox, call))

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        user = sandbox.api.known(call)
        sent = sent_in(call)
        left = {field: value for field, value in dirty.pop(user.id, {}).items() if field not in sent}
        if not left:
            return answer
        flushed = user._replace(**left)
        try:
            sandbox.store.update(flushed)
        except EmailTakenError:
            return answer
        return Answer(200, sandbox.api.present(flushed), {"etag": sandbox.api.etag(flushed)})

    for handler in ("patch", "replace"):
        act_when_refused(sandbox, handler, 422, keep)
    sandbox.around("patch", patch)


@defect("delete-frees")
def ids_of_deleted_users_pooled(sandbox: Sandbox) -> None:
    """Ids of deleted users go to a pool, and new users get them again once it holds more than three."""
    pool: deque[str] = deque()

    def new_id(_sandbox: Sandbox, new_id: Decision) -> str:
        return pool.popleft() if len(pool) > _POOL else str(new_id())

    before_each_delete(sandbox, lambda user: pool.append(user.id))
    sandbox.around("new_id", new_id)


@defect("put")
def put_after_two_patches_is_409(sandbox: Sandbox) -> None:
    """The first PUT after two PATCHes of a user gives 409: the entity that it holds has another version by then."""
    patches: Counter[str] = Counter()

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        patches[call.user_id or ""] += 1
        return answer

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        fields_in(sandbox, call)
        user = sandbox.api.expected(call)
        if patches.pop(user.id, 0) > 1:
            raise Refusal(409, "Conflict", "The row was updated by another transaction.")
        answer: Answer = await replace(call)
        return answer

    sandbox.around("patch", patch)
    sandbox.around("replace", replace)


@defect("delete")
def rows_of_audit_block_delete(sandbox: Sandbox) -> None:
    """DELETE of a user who was changed three times gives 409: rows of the audit refer to them."""
    rows: Counter[str] = Counter()

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        if rows[sandbox.api.expected(call).id] >= _AUDIT_ROWS:
            raise Refusal(409, "Conflict", "Other records refer to this user.")
        answer: Answer = await delete(call)
        return answer

    after_each_change(sandbox, lambda _before, user: rows.update([user.id]))
    sandbox.around("delete", delete)


@defect("delete-again")
def delete_again_is_409_once_email_is_used(sandbox: Sandbox) -> None:
    """A second DELETE gives 409 once another user has the email of the deleted one."""
    gone = remember_gone(sandbox)

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        user = gone.get(call.user_id or "")
        if user is not None and sandbox.store.holders(user.email):
            raise Refusal(409, "Conflict", "This email is used by another account.")
        answer: Answer = await delete(call)
        return answer

    sandbox.around("delete", delete)


class _Claim:
    """A request that wants an email."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.is_victim = False


@defect("race-email")
def mixed_race_has_no_winner(sandbox: Sandbox) -> None:
    """A POST and a PUT or PATCH at once towards one email are all refused: each one meets the other's reservation."""
    claims: defaultdict[str, list[_Claim]] = defaultdict(list)

    async def write(sandbox: Sandbox, write: Decision, call: Call) -> Answer:
        fields = sandbox.api.fields(sandbox.api.document(call), required=call.method != "PATCH")
        user = sandbox.api.expected(call) if call.user_id else None
        email = fields.get("email", "").lower()
        is_own = user is not None and email in ("", user.email.lower())
        if is_own or is_repeated(sandbox, call) or sandbox.store.holders(email):
            return await write(call)  # type: ignore[no-any-return]
        claim = _Claim("create" if user is None else "change")
        for other in claims[email]:
            if other.kind != claim.kind:
                other.is_victim = claim.is_victim = True
        claims[email].append(claim)
        try:
            await gap(sandbox)
            if claim.is_victim:
                raise sandbox.api.taken()
            return await write(call)  # type: ignore[no-any-return]
        finally:
            claims[email].remove(claim)

    for handler in ("create", "replace", "patch"):
        sandbox.around(handler, write)


@defect("burst-workflow")
def workflow_answers_to_patches_mixed_up(sandbox: Sandbox) -> None:
    """Each PATCH is stored as it should, but of two at once both answers show the user of the second one."""
    latest: dict[str, Answer] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        latest["answer"] = await patch(call)
        await gap(sandbox)
        answer = latest["answer"]
        return Answer(answer.status, answer.content, dict(answer.headers))

    sandbox.around("patch", patch)


@defect("burst-workflow")
def workflow_deletes_share_row_count(sandbox: Sandbox) -> None:
    """Of two users deleted at once both are gone, but the first DELETE gives 404: it read the other's count."""
    latest: dict[str, str | None] = {}

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        answer: Answer = await delete(call)
        latest["id"] = call.user_id
        await gap(sandbox)
        if latest["id"] != call.user_id:
            raise sandbox.api.unknown()
        return answer

    sandbox.around("delete", delete)


@defect("race-delete")
def put_beside_delete_leaves_ghost_in_look_up(sandbox: Sandbox) -> None:
    """A PUT that a DELETE overtakes gives 404, but enters the user where ?email= searches."""
    ghosts: dict[str, User] = {}

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
        await gap(sandbox)
        if sandbox.store.get(user.id) is None:
            ghosts[fields["email"].lower()] = user._replace(**fields)
        return await replace(call)  # type: ignore[no-any-return]

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        users: list[User] = filtered(email)
        ghost = ghosts.get(email.lower())
        return users if users or ghost is None else [ghost]

    sandbox.around("replace", replace)
    sandbox.around("filtered", filtered)


@defect("auth-401", at="authenticate")
def slash_after_id_skips_token(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A user is served at /{id}/ as well, for which the rule that asks for the token does not hold."""
    user_id = (call.user_id or "").removesuffix("/")
    if user_id == call.user_id or sandbox.store.get(user_id) is None:
        authenticate(call)
    else:
        call.user_id = user_id


@defect("auth-401", at="app.write")
async def encoded_letter_in_id_skips_token(
    sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """A user's URL with a percent-encoded letter needs no token: the rule compares what is not decoded yet."""
    if response.status_code == 401 and call.user_id and b"%" in wire.scope["raw_path"]:
        call.headers = Headers({**call.headers, "authorization": f"Bearer {sandbox.api.token}"})
        response = await sandbox.api.handle(call)
    await write(call, wire, response)


@defect("auth-401", at="authenticate")
def preflight_headers_skip_token(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A request with the headers of a CORS preflight needs no token, whatever its method is."""
    if "origin" not in call.headers or "access-control-request-method" not in call.headers:
        authenticate(call)


@defect("auth-401", at="authenticate")
def token_searched_in_list_of_credentials(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """Authorization is split at its commas, and the token in any of its parts lets in."""
    parts = call.headers.get("authorization", "").split(",")
    if not any(bears(Headers({"authorization": part.strip()}), sandbox.api.token) for part in parts):
        authenticate(call)


@defect("auth-401")
def unauthorized_change_joins_next_write(sandbox: Sandbox) -> None:
    """A PUT or PATCH without the token gives 401, but stays in the transaction that the next write commits."""
    waiting: list[tuple[str, dict[str, str]]] = []

    def authenticate(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        try:
            authenticate(call)
        except Refusal:
            if call.method in ("PUT", "PATCH") and call.user_id:
                with suppress(ValueError, RecursionError):
                    waiting.append((call.user_id, valid_part(sandbox, call)))
            raise

    async def dispatch(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        answer: Answer = await dispatch(call)
        if call.method in _WRITES and answer.status < 300:
            while waiting:
                user_id, fields = waiting.pop()
                user = sandbox.store.get(user_id)
                if user is not None:
                    with suppress(EmailTakenError):
                        sandbox.store.update(user._replace(**fields))
        return answer

    sandbox.around("authenticate", authenticate)
    sandbox.around("dispatch", dispatch)


@defect("robust", at="parse")
def body_beyond_64_kib_gives_500(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A JSON body of more than 64 KiB gives 500, as the log has no room for it."""
    if len(body) > _BUFFER:
        raise Refusal(500, "Internal Server Error", "Something went wrong.")
    return parse(body)


@defect("robust", at="dispatch")
async def rewrite_header_wins_over_path(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """X-Original-URL or X-Rewrite-URL with the path of another user wins over the path of the request."""
    path = call.headers.get("x-original-url") or call.headers.get("x-rewrite-url") or ""
    _, found, user_id = path.partition(f"{sandbox.api.path}/")
    if call.user_id and found and user_id:
        call.user_id = user_id
    return await dispatch(call)  # type: ignore[no-any-return]


@defect("malformed-json", at="parse")
def utf16_bodies_taken(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body in UTF-16 or UTF-32 is taken for JSON, since its encoding is guessed from its first bytes."""
    encoding = json.detect_encoding(body)
    if not encoding.startswith("utf-8"):
        body = body.decode(encoding).encode()
    return parse(body)


@defect("patch", at="patch")
async def patch_without_known_field_is_500(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH that names neither name nor email gives 500: UPDATE without a column is no SQL."""
    fields = fields_in(sandbox, call)
    sandbox.api.expected(call)
    if not fields:
        return broken()
    return await patch(call)  # type: ignore[no-any-return]
