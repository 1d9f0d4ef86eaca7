"""Races with a DELETE: users who come back, and deletions that meet each other."""

from support.sandbox.defects.kit import broken, gap
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "race-delete"


def _save_whole(sandbox: Sandbox, at: str) -> None:
    """Read the user, change them a window later, and store them whether or not they are still there."""

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        user = sandbox.api.known(call)
        await gap(sandbox)
        if sandbox.store.get(user.id) is None:
            sandbox.store.insert(user)
        answer: Answer = await handler(call)
        return answer

    sandbox.around(at, handler)


@defect(_RULE)
def race_patch_revives_the_deleted(sandbox: Sandbox) -> None:
    """PATCH reads the user and stores them again a window later, even if they were deleted meanwhile."""
    _save_whole(sandbox, "patch")


@defect(_RULE)
def race_put_revives_the_deleted(sandbox: Sandbox) -> None:
    """PUT reads the user and stores them again a window later, even if they were deleted meanwhile."""
    _save_whole(sandbox, "replace")


@defect(_RULE, at="patch")
async def race_patch_of_the_deleted_is_500(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH whose user is deleted between its read and its write gives 500."""
    sandbox.api.known(call)
    await gap(sandbox)
    try:
        answer: Answer = await patch(call)
    except Refusal as refusal:
        return broken() if refusal.status == 404 else sandbox.api.refuse(refusal)
    return answer


@defect(_RULE, at="delete")
async def race_second_delete_is_500(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE whose user another one deletes between its read and its write gives 500."""
    sandbox.api.known(call)
    await gap(sandbox)
    try:
        answer: Answer = await delete(call)
    except Refusal as refusal:
        return broken() if refusal.status == 404 else sandbox.api.refuse(refusal)
    return answer


@defect(_RULE)
def race_change_keeps_the_email_taken(sandbox: Sandbox) -> None:
    """The new email of a PATCH stays taken if its user is deleted in the middle of it."""
    reserved: dict[str, str] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        user, fields = sandbox.api.known(call), sandbox.api.fields(sandbox.api.document(call), required=False)
        await gap(sandbox)
        if sandbox.store.get(user.id) is None and "email" in fields:
            reserved[fields["email"].casefold()] = user.id
        answer: Answer = await patch(call)
        return answer

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if user.email.casefold() in reserved:
            raise sandbox.api.taken()
        insert(user, *key)

    sandbox.around("patch", patch)
    sandbox.around("store.insert", insert)


@defect("lost-update")
def lost_update_of_put_beside_patch(sandbox: Sandbox) -> None:
    """PATCH stores the whole user as it was read a window before: a PUT in between is lost in part."""

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        user, fields = sandbox.api.known(call), sandbox.api.fields(sandbox.api.document(call), required=False)
        if set(fields) == {"name"}:
            await gap(sandbox)
            return sandbox.api.update(user, fields)
        answer: Answer = await patch(call)
        return answer

    sandbox.around("patch", patch)
