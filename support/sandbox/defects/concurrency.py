"""Errors that only concurrent requests cause."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from support.sandbox.defects.kit import InFlight, broken, gap
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import Key, User
from support.sandbox.twists import Decision, Sandbox, defect

_HOLD_S = 0.02
_ID_LASTS_S = 0.002
_MANY = 8  # more concurrent requests than these overload a handler


@defect("burst")
def burst_ids_read_then_written(sandbox: Sandbox) -> None:
    """The next id is read, and only after the window written: two users who sign up at once get one id."""
    sandbox.store.allow_duplicate_ids()
    number = ""

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        nonlocal number
        following = str(sandbox.store.last_number() + 1)
        await gap(sandbox)
        number = following  # create is not interrupted between here and the insertion
        answer: Answer = await create(call)
        return answer

    sandbox.around("create", create)
    sandbox.around("new_id", lambda _sandbox, _new_id: number)


@defect("burst")
def burst_ids_by_the_clock(sandbox: Sandbox) -> None:
    """Ids are the time in milliseconds: new users within one millisecond get one id."""
    sandbox.store.allow_duplicate_ids()

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        answer: Answer = await create(call)
        await asyncio.sleep(_ID_LASTS_S)  # a client that waits for its answer never gets the same id
        return answer

    sandbox.around("create", create)
    sandbox.around("new_id", lambda _sandbox, _new_id: str(time.time_ns() // 1_000_000))


@defect("burst")
def burst_answers_mixed_up(sandbox: Sandbox) -> None:
    """All requests share one variable for the created user: under load, a create shows another one."""
    current: list[User] = []

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        answer: Answer = await create(call)
        current[:] = [sandbox.store.get(answer.content["id"]) or current[0]]
        await gap(sandbox)
        return sandbox.api.created(current[0], call)

    sandbox.around("create", create)


def _handle_every_fifth(sandbox: Sandbox, handle: Callable[[Decision, Call], Awaitable[Answer]]) -> None:
    """If more than eight creates come at once, handle every fifth of them like this."""
    active, number = InFlight(_MANY), 0

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        nonlocal number
        with active.counted():
            await asyncio.sleep(_HOLD_S)
            number += active.is_overloaded
            if active.is_overloaded and number % 5 == 0:
                return await handle(create, call)
            answer: Answer = await create(call)
        return answer

    sandbox.around("create", create)


@defect("burst")
def burst_crashes_at_first(sandbox: Sandbox) -> None:
    """If more than eight creates come at once, every fifth gives 500 and stores nothing; the same one again works."""

    async def crash(_create: Decision, _call: Call) -> Answer:
        return broken("database is locked")

    _handle_every_fifth(sandbox, crash)


@defect("burst")
def burst_loses_some(sandbox: Sandbox) -> None:
    """If more than eight creates come at once, every fifth is answered correctly but not stored."""

    async def lose(create: Decision, call: Call) -> Answer:
        answer: Answer = await create(call)
        sandbox.store.delete(answer.content["id"])
        return answer

    _handle_every_fifth(sandbox, lose)


@defect("burst")
def burst_refuses_some(sandbox: Sandbox) -> None:
    """If more than eight creates come at once, every fifth is refused because its email is taken."""

    async def refuse(_create: Decision, _call: Call) -> Answer:
        raise sandbox.api.taken()

    _handle_every_fifth(sandbox, refuse)


@defect("burst")
def burst_stores_names_mixed_up(sandbox: Sandbox) -> None:
    """If more than eight creates come at once, a user is stored with the name of the one before."""
    active, latest = InFlight(_MANY), ""

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        with active.counted():
            await asyncio.sleep(_HOLD_S)
            answer: Answer = await create(call)
        return answer

    def insert(_sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        nonlocal latest
        insert(user._replace(name=latest or user.name) if active.is_overloaded else user, key)
        latest = user.name

    sandbox.around("create", create)
    sandbox.around("insert", insert)


def _mix_up(sandbox: Sandbox, at: str) -> None:
    """Make a handler work on the user of the latest request."""
    latest: list[str | None] = [None]

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        sandbox.api.known(call)
        latest[0] = call.user_id
        await gap(sandbox)
        call.user_id = latest[0]
        answer: Answer = await handler(call)
        return answer

    sandbox.around(at, handler)


@defect("burst-workflow")
def workflow_reads_mixed_up(sandbox: Sandbox) -> None:
    """Of two users that are read at once, one is shown to both."""
    _mix_up(sandbox, "read")


@defect("burst-workflow")
def workflow_patches_mixed_up(sandbox: Sandbox) -> None:
    """Of two users that are patched at once, one gets both changes."""
    _mix_up(sandbox, "patch")


@defect("burst-workflow")
def workflow_deletes_mixed_up(sandbox: Sandbox) -> None:
    """Of two users that are deleted at once, one stays."""
    _mix_up(sandbox, "delete")


@defect("burst-workflow", at="delete")
async def workflow_deletes_by_place(sandbox: Sandbox, _delete: Decision, call: Call) -> Answer:
    """DELETE finds the position of a user in the list, and deletes the user at that position a window later."""
    place = sandbox.store.all_users().index(sandbox.api.known(call))
    await gap(sandbox)
    for user in sandbox.store.all_users()[place : place + 1]:
        sandbox.store.delete(user.id)
    return Answer(204)


_LOST = "lost-update"


@defect(_LOST, at="patch")
async def lost_update_read_modify_write(sandbox: Sandbox, _patch: Decision, call: Call) -> Answer:
    """PATCH reads the whole user, and writes it back after the window."""
    fields = sandbox.api.fields(sandbox.api.document(call), required=False)
    user = sandbox.api.known(call)
    await gap(sandbox)
    return sandbox.api.update(user, fields)


@defect(_LOST)
def lost_update_last_only(sandbox: Sandbox) -> None:
    """Of the PATCHes of one user within the window only the last is stored."""
    latest: dict[str | None, Call] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        fields = sandbox.api.fields(sandbox.api.document(call), required=False)
        latest[call.user_id] = call
        await gap(sandbox)
        if latest[call.user_id] is not call:
            return Answer(200, sandbox.api.present(sandbox.api.known(call)._replace(**fields)))
        answer: Answer = await patch(call)
        return answer

    sandbox.around("patch", patch)


@defect("burst")
def burst_locations_of_the_newest(sandbox: Sandbox) -> None:
    """Location leads to the user that was stored last: under load that is another user."""

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        answer: Answer = await create(call)
        await gap(sandbox)
        answer.headers["location"] = sandbox.api.location(sandbox.store.all_users()[-1])
        return answer

    sandbox.around("create", create)
