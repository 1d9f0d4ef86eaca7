"""What goes wrong only while requests run at once, across methods."""

import asyncio
from collections import Counter
from typing import Any

from starlette.datastructures import Headers

from support.sandbox.defects.kit import fields_in, gap, is_repeated, others_with
from support.sandbox.exchange import Answer, Call, Refusal, names_tag
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect


def _shown(sandbox: Sandbox, call: Call, user: User) -> Answer:
    """Show a user as a read does."""
    headers = {"etag": sandbox.api.etag(user)}
    if names_tag(call.headers.get("if-none-match"), headers["etag"]):
        return Answer(304, headers=headers)
    return Answer(200, sandbox.api.present(user), headers)


@defect("race-email")
def put_and_patch_lock_email_apart(sandbox: Sandbox) -> None:
    """PUT and PATCH lock an email while they look and store, but each method has locks of its own."""
    sandbox.store.allow_duplicate_emails()
    locked: dict[tuple[str, str], str] = {}

    async def write(sandbox: Sandbox, write: Decision, call: Call) -> Answer:
        fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
        email = fields.get("email", user.email)
        lock = (call.method, email.lower())
        if others_with(sandbox, email, user.id) or locked.get(lock, user.id) != user.id:
            raise sandbox.api.taken()
        if email.lower() == user.email.lower():
            return await write(call)  # type: ignore[no-any-return]
        locked[lock] = user.id
        try:
            await gap(sandbox)
            return await write(call)  # type: ignore[no-any-return]
        finally:
            locked.pop(lock, None)

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if others_with(sandbox, user.email) or user.email.lower() in {email for _, email in locked}:
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("replace", write)
    sandbox.around("patch", write)
    sandbox.around("store.insert", insert)


@defect("race-email", at="replace")
async def put_in_race_replaces_row_of_winner(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """A PUT whose email was taken since it looked deletes the user who has it, like REPLACE INTO."""
    fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
    if others_with(sandbox, fields["email"], user.id):
        raise sandbox.api.taken()
    await gap(sandbox)
    for winner in others_with(sandbox, fields["email"], user.id):
        sandbox.store.delete(winner.id)
    return await replace(call)  # type: ignore[no-any-return]


@defect("race-delete", at="delete")
async def delete_beside_delete_gives_409(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE that another DELETE of the same user overtakes gives 409."""
    user = sandbox.api.expected(call)
    await gap(sandbox)
    if sandbox.store.get(user.id) is None:
        raise Refusal(409, "Conflict", "The row was changed by another transaction.")
    return await delete(call)  # type: ignore[no-any-return]


@defect("list")
def counter_decremented_twice_hides_newest(sandbox: Sandbox) -> None:
    """Several DELETEs of a user at once each lower the count of users, by which the list then stops too early."""
    surplus: Counter[str] = Counter()

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        user = sandbox.api.expected(call)
        await gap(sandbox)
        if sandbox.store.get(user.id) is None:
            surplus["users"] += 1
        return await delete(call)  # type: ignore[no-any-return]

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        users: list[User] = all_users()
        return users[: max(0, len(users) - surplus["users"])]

    sandbox.around("delete", delete)
    sandbox.around("store.all_users", all_users)


@defect("race-delete")
def patch_beside_delete_leaves_email_taken(sandbox: Sandbox) -> None:
    """A PATCH that a DELETE overtakes gives 404, but its email stays taken, although no user has it."""
    orphaned: set[str] = set()

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
        await gap(sandbox)
        if sandbox.store.get(user.id) is None:
            orphaned.add(fields.get("email", user.email).lower())
        return await patch(call)  # type: ignore[no-any-return]

    def write(_sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if user.email.lower() in orphaned:
            raise EmailTakenError
        write(user, *key)

    sandbox.around("patch", patch)
    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)


@defect("lost-update", at="replace")
async def put_writes_columns_one_by_one(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT stores the name and a window later the email, so that a PATCH of both in between leaves a mixture."""
    fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
    if others_with(sandbox, fields["email"], user.id):
        return await replace(call)  # type: ignore[no-any-return]
    sandbox.store.update(user._replace(name=fields["name"]))
    await gap(sandbox)
    return sandbox.api.update(sandbox.api.known(call), {"email": fields["email"]})


@defect("burst")
def creates_of_equal_name_merged(sandbox: Sandbox) -> None:
    """A create that comes while another with an equal name is under way gets the other's answer, and no user."""
    running: dict[str, tuple[str, asyncio.Task[Answer]]] = {}

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        fields = sandbox.api.user_fields(call)
        email, task = running.get(fields["name"], ("", None))
        if is_repeated(sandbox, call) or (task is not None and email == fields["email"].lower()):
            return await create(call)  # type: ignore[no-any-return]
        if task is not None:
            answer = await task
            return Answer(answer.status, answer.content, dict(answer.headers))
        task = asyncio.create_task(_create_later(sandbox, create, call))
        running[fields["name"]] = (fields["email"].lower(), task)
        try:
            return await task
        finally:
            running.pop(fields["name"], None)

    sandbox.around("create", create)


async def _create_later(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    await gap(sandbox)
    return await create(call)  # type: ignore[no-any-return]


@defect("list")
def list_cache_filled_after_write_cleared_it(sandbox: Sandbox) -> None:
    """A list that a write overtakes fills the cache with the old state, which lists show until the next write."""
    cached: list[list[dict[str, Any]]] = []

    async def list_users(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        if call.query:
            return await list_users(call)  # type: ignore[no-any-return]
        if cached:
            return Answer(200, [dict(user) for user in cached[0]])
        answer: Answer = await list_users(call)
        shown = [dict(user) for user in answer.content]
        await gap(sandbox)
        cached[:] = [shown]
        return answer

    def write(_sandbox: Sandbox, write: Decision, *given: object) -> object:
        done = write(*given)
        cached.clear()
        return done

    sandbox.around("list_users", list_users)
    for name in ("insert", "update", "delete"):
        sandbox.around(f"store.{name}", write)


@defect("patch")
def read_cache_filled_after_patch_cleared_it(sandbox: Sandbox) -> None:
    """A read that a change overtakes fills the cache with the old state, which reads show until the next change."""
    cached: dict[str, User] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:  # noqa: ARG001  it is done here
        live = sandbox.api.known(call)
        if live.id not in cached:
            await gap(sandbox)
            sandbox.api.known(call)
            cached[live.id] = live
        return _shown(sandbox, call, cached[live.id])

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        update(user)
        cached.pop(user.id, None)

    sandbox.around("read", read)
    sandbox.around("store.update", update)


@defect("conditional", at="delete")
async def conditional_delete_checks_before_window(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE checks If-Match and deletes a window later, also a user whom another write has changed."""
    sandbox.api.expected(call)
    await gap(sandbox)
    call.headers = Headers({name: value for name, value in call.headers.items() if name != "if-match"})
    return await delete(call)  # type: ignore[no-any-return]
