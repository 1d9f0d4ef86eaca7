"""What goes wrong only after several requests about one user, in a certain order."""

from collections import Counter
from collections.abc import Callable

from support.sandbox.defects.kit import (
    act_when_refused,
    after_each_change,
    after_each_create,
    others_with,
    remember_gone,
    sent_in,
    valid_part,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect


def _keep_taken(sandbox: Sandbox) -> dict[str, str]:
    """Return emails that only the user with this id can have, whether they have them or not."""
    kept: dict[str, str] = {}

    def write(_sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if kept.get(user.email.lower(), user.id) != user.id:
            raise EmailTakenError
        write(user, *key)

    for name in ("insert", "update"):
        sandbox.around(f"store.{name}", write)
    return kept


def _leave_unguarded(sandbox: Sandbox) -> set[str]:
    """Return emails that several users can have."""
    sandbox.store.allow_duplicate_emails()
    unguarded: set[str] = set()

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if user.email.lower() not in unguarded and others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        write(user, *key)

    for name in ("insert", "update"):
        sandbox.around(f"store.{name}", write)
    return unguarded


def _remember_created(sandbox: Sandbox) -> dict[str, User]:
    """Remember the users as they were created, by id."""
    created: dict[str, User] = {}
    after_each_create(sandbox, lambda user: created.update({user.id: user}))
    return created


def _clear_after(sandbox: Sandbox, handlers: tuple[str, ...], clear: Callable[[], None]) -> None:
    """Clear a cache after these handlers."""

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        answer: Answer = await handler(call)
        clear()
        return answer

    for name in handlers:
        sandbox.around(name, handler)


@defect("update-taken")
def email_left_by_second_move_stays_taken(sandbox: Sandbox) -> None:
    """The email that a user leaves with their second or a later change of email stays taken."""
    kept, moves = _keep_taken(sandbox), Counter[str]()

    def act(before: User, user: User) -> None:
        if before.email.lower() != user.email.lower():
            moves[user.id] += 1
            if moves[user.id] > 1:
                kept[before.email.lower()] = user.id

    after_each_change(sandbox, act)


@defect("email-unique")
def email_unguarded_after_return_to_it(sandbox: Sandbox) -> None:
    """An email that its user left and came back to can be taken by another user."""
    unguarded, left = _leave_unguarded(sandbox), set[tuple[str, str]]()

    def act(before: User, user: User) -> None:
        if before.email.lower() != user.email.lower():
            left.add((user.id, before.email.lower()))
            unguarded.discard(before.email.lower())
            if (user.id, user.email.lower()) in left:
                unguarded.add(user.email.lower())

    after_each_change(sandbox, act)


@defect("email-unique")
def email_unguarded_after_change_of_letter_case(sandbox: Sandbox) -> None:
    """An email whose letter case alone was changed can be taken by another user."""
    unguarded = _leave_unguarded(sandbox)

    def act(before: User, user: User) -> None:
        if before.email != user.email and before.email.lower() == user.email.lower():
            unguarded.add(user.email.lower())

    after_each_change(sandbox, act)


@defect("patch", at="patch")
async def letter_case_of_name_not_stored_by_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH that changes only the letter case of a name shows the new name but stores nothing."""
    before = sandbox.store.get(call.user_id or "")
    answer: Answer = await patch(call)
    user = sandbox.api.known(call)
    if before is not None and before.name.lower() == user.name.lower():
        sandbox.store.update(user._replace(name=before.name))
    return answer


@defect("patch")
def same_patch_again_answered_from_memory(sandbox: Sandbox) -> None:
    """A PATCH that was sent before gets its first answer and is not done again, whatever came in between."""
    answered: dict[tuple[str, bytes], Answer] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        sandbox.api.document(call)
        key = (sandbox.api.known(call).id, call.body)
        if key not in answered or "if-match" in call.headers:
            answered[key] = await patch(call)
        earlier = answered[key]
        return Answer(earlier.status, earlier.content, dict(earlier.headers))

    sandbox.around("patch", patch)


@defect("delete-frees")
def same_post_after_delete_answered_from_memory(sandbox: Sandbox) -> None:
    """A POST that is sent again after its user was deleted gets the first answer, and no user appears."""
    created: dict[bytes, User] = {}
    gone = remember_gone(sandbox)

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        sandbox.api.user_fields(call)
        earlier = created.get(call.body)
        if earlier is not None and earlier.id in gone:
            return sandbox.api.created(earlier, call)
        answer: Answer = await create(call)
        user = sandbox.store.get(answer.content["id"])
        if user is not None:
            created[call.body] = user
        return answer

    sandbox.around("create", create)


@defect("patch")
def patch_after_put_starts_from_older_copy(sandbox: Sandbox) -> None:
    """PATCH starts from a copy that PUT does not renew, and so takes back what a PUT before it changed."""
    copies = _remember_created(sandbox)

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        user = sandbox.api.known(call)
        stale = copies.get(user.id, user)._replace(**valid_part(sandbox, call))
        try:
            sandbox.store.update(stale)
        except EmailTakenError:
            return answer
        copies[user.id] = stale
        return Answer(200, sandbox.api.present(stale), {"etag": sandbox.api.etag(stale)})

    sandbox.around("patch", patch)


@defect("put")
def put_after_patch_keeps_patched_name(sandbox: Sandbox) -> None:
    """PUT shows its name but does not store it when a PATCH had changed the name before."""
    patched: set[str] = set()

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        if "name" in sent_in(call):
            patched.add(call.user_id or "")
        return answer

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await replace(call)
        if before is not None and before.id in patched:
            sandbox.store.update(sandbox.api.known(call)._replace(name=before.name))
        return answer

    sandbox.around("patch", patch)
    sandbox.around("replace", replace)


@defect("put")
def third_change_of_name_not_stored(sandbox: Sandbox) -> None:
    """The third change of a user's name is confirmed but not stored."""
    changes: Counter[str] = Counter()

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        if before is None or before.name == user.name:
            update(user)
            return
        update(user._replace(name=before.name) if changes[user.id] == 2 else user)
        changes[user.id] += 1

    sandbox.around("store.update", update)


@defect("put")
def change_back_to_first_name_not_stored(sandbox: Sandbox) -> None:
    """A change back to the name that a user was created with is confirmed but not stored."""
    created = _remember_created(sandbox)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before, first = sandbox.store.get(user.id), created.get(user.id)
        is_back = before is not None and first is not None and user.name == first.name
        update(user._replace(name=before.name) if before is not None and is_back else user)

    sandbox.around("store.update", update)


@defect("filter-email")
def no_user_found_remembered_until_a_post(sandbox: Sandbox) -> None:
    """A look-up that found no user is remembered until a POST, so that a user who moves there is not found."""
    unknown: set[str] = set()

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        users: list[User] = [] if email in unknown else filtered(email)
        if not users:
            unknown.add(email)
        return users

    sandbox.around("filtered", filtered)
    _clear_after(sandbox, ("create",), unknown.clear)


@defect("filter-email")
def look_up_remembered_over_put(sandbox: Sandbox) -> None:
    """A look-up is remembered until a POST, PATCH or DELETE, so that it shows a user who was moved away by a PUT."""
    found: dict[str, list[User]] = {}

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        if email.lower() not in found:
            users: list[User] = filtered(email)
            if not users:
                return users
            found[email.lower()] = users
        return found[email.lower()]

    sandbox.around("filtered", filtered)
    _clear_after(sandbox, ("create", "patch", "delete"), found.clear)


@defect("delete-frees")
def delete_frees_first_email_only(sandbox: Sandbox) -> None:
    """DELETE frees the email that a user was created with, but not the one that they moved to."""
    kept, created = _keep_taken(sandbox), _remember_created(sandbox)

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user, first = sandbox.store.get(user_id), created.get(user_id)
        if user is not None and first is not None and user.email.lower() != first.email.lower():
            kept[user.email.lower()] = user_id
        return bool(delete(user_id))

    sandbox.around("store.delete", delete)


@defect("put")
def put_refuses_email_that_patch_brought(sandbox: Sandbox) -> None:
    """PUT with the user's present email gives 409 when a PATCH had brought them there."""
    moved: dict[str, str] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await patch(call)
        user = sandbox.api.known(call)
        if before is not None and before.email.lower() != user.email.lower():
            moved[user.id] = user.email.lower()
        return answer

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        fields = sandbox.api.fields(sandbox.api.document(call), required=True)
        if moved.get(sandbox.api.known(call).id) == fields["email"].lower():
            raise sandbox.api.taken()
        answer: Answer = await replace(call)
        moved.pop(call.user_id or "", None)
        return answer

    sandbox.around("patch", patch)
    sandbox.around("replace", replace)


@defect("update-404")
def put_finds_deleted_user_who_was_patched(sandbox: Sandbox) -> None:
    """PUT on a deleted user gives 200 when a PATCH had changed them, since that left a copy behind."""
    copies: dict[str, User] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        copies[call.user_id or ""] = sandbox.api.known(call)
        return answer

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await replace(call)
        except Refusal as refusal:
            copy = copies.get(call.user_id or "")
            if refusal.status != 404 or copy is None:
                raise
            return Answer(200, sandbox.api.present(copy._replace(**valid_part(sandbox, call))))
        return answer

    sandbox.around("patch", patch)
    sandbox.around("replace", replace)


@defect("isolation")
def second_delete_removes_successor(sandbox: Sandbox) -> None:
    """A second DELETE of a user removes the user who has their email by then."""
    gone = remember_gone(sandbox)

    def act(call: Call) -> None:
        user = gone.get(call.user_id or "")
        for successor in sandbox.store.holders(user.email) if user is not None else ():
            sandbox.store.delete(successor.id)

    act_when_refused(sandbox, "delete", 404, act)


@defect("isolation")
def late_patch_renames_successor(sandbox: Sandbox) -> None:
    """A PATCH of a deleted user gives 404, and renames the user who has their email by then."""
    gone = remember_gone(sandbox)

    def act(call: Call) -> None:
        user = gone.get(call.user_id or "")
        for successor in sandbox.store.holders(user.email) if user is not None else ():
            sandbox.store.update(successor._replace(name="Renamed"))

    act_when_refused(sandbox, "patch", 404, act)


@defect("conditional", at="etag")
def etag_ignores_letter_case(_sandbox: Sandbox, etag: Decision, user: User) -> str:
    """The ETag stays the same when only the letter case of a name changes, so that a reader gets 304."""
    return str(etag(user._replace(name=user.name.lower())))
