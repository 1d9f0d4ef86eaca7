"""PUT and PATCH that change the wrong things."""

import html
import time
from typing import Any

from support.sandbox.defects.kit import remember_documents
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_STALE_S = 2.0


def _own_email_named(sandbox: Sandbox, call: Call) -> tuple[User, str] | None:
    """Find the user and the email of a request that names the user's current email."""
    user = sandbox.api.known(call)
    email = sandbox.api.document(call).get("email")
    return (user, email) if isinstance(email, str) and email.casefold() == user.email.casefold() else None


@defect("patch", at="patch")
async def patch_resets_the_rest(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH without a name sets the name to a default."""
    answer: Answer = await patch(call)
    if "name" not in sandbox.api.document(call):
        sandbox.store.update(sandbox.api.known(call)._replace(name="Unnamed"))
        answer.content = sandbox.api.present(sandbox.api.known(call))
    return answer


@defect("patch", at="patch")
async def patch_changes_nothing(sandbox: Sandbox, _patch: Decision, call: Call) -> Answer:
    """PATCH shows the change but does not store it."""
    fields = sandbox.api.fields(sandbox.api.document(call), required=False)
    user = sandbox.api.known(call)
    if any(other.id != user.id for other in sandbox.store.holders(fields.get("email", user.email))):
        raise sandbox.api.taken()
    return Answer(200, sandbox.api.present(user._replace(**fields)))


@defect("patch")
def second_patch_changes_nothing(sandbox: Sandbox) -> None:
    """The second PATCH of a user shows the change but does not store it."""
    patched: set[str | None] = set()

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        if call.user_id in patched:
            return await patch_changes_nothing(sandbox, patch, call)  # type: ignore[no-any-return]
        answer: Answer = await patch(call)
        patched.add(call.user_id)
        return answer

    sandbox.around("patch", patch)


@defect("patch", at="patch")
async def patch_shows_only_the_change(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """The answer to PATCH has only what was named."""
    answer: Answer = await patch(call)
    answer.content = sandbox.api.fields(sandbox.api.document(call), required=False)
    return answer


@defect("patch", at="patch")
async def patch_shows_the_old(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """The answer to PATCH shows the user as it was before."""
    before = sandbox.store.get(call.user_id or "")
    answer: Answer = await patch(call)
    return answer if before is None else Answer(200, sandbox.api.present(before))


@defect("patch", at="patch")
async def patch_answers_204(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH gives 204."""
    await patch(call)
    return Answer(204)


@defect("patch", at="patch")
async def own_email_refused(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH that names the user's own present email gives 409."""
    if _own_email_named(sandbox, call):
        raise sandbox.api.taken()
    answer: Answer = await patch(call)
    return answer


@defect("patch", at="patch")
async def own_email_in_capitals_refused(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH that names the user's own email in another letter case gives 409."""
    own = _own_email_named(sandbox, call)
    if own and own[0].email != own[1]:
        raise sandbox.api.taken()
    answer: Answer = await patch(call)
    return answer


@defect("patch")
def patch_shows_late(sandbox: Sandbox) -> None:
    """A user that was patched reads as before for two seconds."""
    stale: dict[str | None, tuple[User, float]] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await patch(call)
        if before is not None:
            stale[call.user_id] = before, time.monotonic() + _STALE_S
        return answer

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        answer: Answer = await read(call)
        before, until = stale.get(call.user_id, (None, 0.0))
        return Answer(200, sandbox.api.present(before)) if before and time.monotonic() < until else answer

    sandbox.around("patch", patch)
    sandbox.around("read", read)


def _renew_time(sandbox: Sandbox, at: str) -> None:
    """Let a method set createdAt to now."""
    times: dict[str | None, str] = {}

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        answer: Answer = await change(call)
        times[call.user_id] = answer.content["createdAt"] = sandbox.api.now()
        return answer

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**present(user), "createdAt": times.get(user.id, user.created_at)}

    sandbox.around(at, change)
    sandbox.around("present", present)


@defect("patch")
def patch_renews_the_time(sandbox: Sandbox) -> None:
    """PATCH sets createdAt to now."""
    _renew_time(sandbox, "patch")


@defect("put")
def put_renews_the_time(sandbox: Sandbox) -> None:
    """PUT sets createdAt to now."""
    _renew_time(sandbox, "replace")


@defect("patch")
def client_id_taken_by_patch(sandbox: Sandbox) -> None:
    """The answer to PATCH shows the id that the client sent."""
    sent = remember_documents(sandbox)

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        answer.content["id"] = sent.get("id", answer.content["id"])
        return answer

    sandbox.around("patch", patch)


@defect("put", at="replace")
async def put_keeps_the_email(sandbox: Sandbox, _replace: Decision, call: Call) -> Answer:
    """PUT replaces the name and silently keeps the email."""
    fields = sandbox.api.fields(sandbox.api.document(call), required=True)
    user = sandbox.api.known(call)
    if any(other.id != user.id for other in sandbox.store.holders(fields["email"])):
        raise sandbox.api.taken()
    return sandbox.api.update(user, {"name": fields["name"]})


@defect("put", at="replace")
async def put_takes_a_part(sandbox: Sandbox, _replace: Decision, call: Call) -> Answer:
    """PUT without one of the two fields is carried out like a PATCH."""
    return await sandbox.api.patch(call)


@defect("put", at="replace")
async def put_without_name_empties_it(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT without a name gives 200 and leaves the user with none."""
    document = sandbox.api.document(call)
    if "name" in document:
        answer: Answer = await replace(call)
        return answer
    fields = sandbox.api.fields({**document, "name": "?"}, required=True)
    return sandbox.api.update(sandbox.api.known(call), {**fields, "name": ""})


@defect("put", at="replace")
async def put_answers_201(_sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT gives 201."""
    answer: Answer = await replace(call)
    answer.status = 201
    return answer


@defect("put", at="replace")
async def put_moves_the_user(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT stores the user under a new id."""
    await replace(call)
    user = sandbox.api.known(call)
    sandbox.store.delete(user.id)
    moved = user._replace(id=sandbox.api.new_id())
    sandbox.store.insert(moved)
    return Answer(200, sandbox.api.present(moved))


@defect("put", at="replace")
async def put_changes_nothing(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT shows the change but does not store it."""
    before = sandbox.store.get(call.user_id or "")
    answer: Answer = await replace(call)
    if before is not None:
        sandbox.store.update(before)
    return answer


@defect("patch", at="patch")
async def email_change_escapes_the_name(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH without a name stores the name again, escaped for HTML."""
    answer: Answer = await patch(call)
    user = sandbox.api.known(call)
    if "name" not in sandbox.api.document(call) and html.escape(user.name) != user.name:
        sandbox.store.update(user._replace(name=html.escape(user.name)[:200]))
    return answer


@defect("patch", at="patch")
async def email_change_trims_the_name(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH without a name stores the name again, without the spaces around it."""
    answer: Answer = await patch(call)
    user = sandbox.api.known(call)
    if "name" not in sandbox.api.document(call):
        sandbox.store.update(user._replace(name=user.name.strip()))
    return answer


def _refuse_what_changes_nothing(sandbox: Sandbox, at: str) -> None:
    """Make a method give 404 if it changes no row, even if the user exists."""

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await change(call)
        if call.body != b"{}" and before is not None and sandbox.store.get(before.id) == before:
            raise sandbox.api.unknown()
        return answer

    sandbox.around(at, change)


@defect("patch")
def patch_that_changes_nothing_is_404(sandbox: Sandbox) -> None:
    """A PATCH with the current values gives 404."""
    _refuse_what_changes_nothing(sandbox, "patch")


@defect("put")
def put_that_changes_nothing_is_404(sandbox: Sandbox) -> None:
    """A PUT with the current values gives 404."""
    _refuse_what_changes_nothing(sandbox, "replace")


def _tell_time_in_seconds(sandbox: Sandbox) -> None:
    sandbox.around("now", lambda _sandbox, now: f"{now()[:19]}+00:00")


@defect("patch")
def patch_renews_the_second(sandbox: Sandbox) -> None:
    """Times have whole seconds, and PATCH sets createdAt to now."""
    _tell_time_in_seconds(sandbox)
    _renew_time(sandbox, "patch")


@defect("put")
def put_renews_the_second(sandbox: Sandbox) -> None:
    """Times have whole seconds, and PUT sets createdAt to now."""
    _tell_time_in_seconds(sandbox)
    _renew_time(sandbox, "replace")
