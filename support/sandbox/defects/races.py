"""Races for one email: what looks right as long as requests come one after another."""

from support.sandbox.defects.kit import InFlight, act_when_refused, gap, is_repeated, look_before_storing, others_with
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "race-email"


def _internal_error() -> Refusal:
    return Refusal(500, "Internal Server Error", "Something went wrong.")


async def _look_and_wait(sandbox: Sandbox, call: Call, *, exact: bool = False) -> dict[str, str]:
    """Check whether the email is taken, and continue a window later."""
    fields = sandbox.api.user_fields(call)
    if not is_repeated(sandbox, call):
        if others_with(sandbox, fields["email"], exact=exact):
            raise sandbox.api.taken()
        await gap(sandbox)
    return fields


async def _look_and_wait_for_patch(sandbox: Sandbox, call: Call) -> None:
    """Do the same before a PATCH."""
    fields = sandbox.api.fields(sandbox.api.document(call), required=False)
    user = sandbox.api.known(call)
    if others_with(sandbox, fields.get("email", user.email), user.id):
        raise sandbox.api.taken()
    await gap(sandbox)


@defect(_RULE)
def race_check_then_insert(sandbox: Sandbox) -> None:
    """A create checks whether the email is free, and stores a window later without a second check."""
    look_before_storing(sandbox, at=("update",))

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        await _look_and_wait(sandbox, call)
        answer: Answer = await create(call)
        return answer

    sandbox.around("create", create)


@defect(_RULE)
def race_of_letter_cases(sandbox: Sandbox) -> None:
    """The index compares exact texts: letter case is ignored only by a check, a window before storing."""
    look_before_storing(sandbox, at=("insert",), exact=True)
    look_before_storing(sandbox, at=("update",))

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        await _look_and_wait(sandbox, call)
        answer: Answer = await create(call)
        return answer

    sandbox.around("create", create)


@defect(_RULE, at="create")
async def race_ends_in_500(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create that loses a race gives 500: the index is right, but nothing handles its error."""
    await _look_and_wait(sandbox, call)
    return await _with_conflicts_unhandled(create, call)


async def _with_conflicts_unhandled(decision: Decision, call: Call) -> Answer:
    try:
        answer: Answer = await decision(call)
    except Refusal as refusal:
        if refusal.status == 409:
            raise _internal_error() from None
        raise
    return answer


@defect(_RULE, at="create")
async def race_renames_the_winner(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create that loses a race gives 409, but the winner gets its name."""
    fields = await _look_and_wait(sandbox, call)
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status == 409:
            winner = sandbox.store.holders(fields["email"])[0]
            sandbox.store.update(winner._replace(name=fields["name"]))
        raise
    return answer


@defect(_RULE, at="create")
async def race_loser_gets_201(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create that loses a race gives 201 and the winner's user."""
    fields = await _look_and_wait(sandbox, call)
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        return sandbox.api.created(sandbox.store.holders(fields["email"])[0], call)
    return answer


@defect(_RULE)
def race_without_winner(sandbox: Sandbox) -> None:
    """All creates with one email within the window are refused."""
    by_email: dict[str, InFlight] = {}

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        folded = sandbox.api.user_fields(call)["email"].casefold()
        active = by_email.setdefault(folded, InFlight(1))
        with active.counted():
            await gap(sandbox)
            if active.is_overloaded and not is_repeated(sandbox, call):
                raise sandbox.api.taken()
            answer: Answer = await create(call)
        return answer

    sandbox.around("create", create)


@defect(_RULE)
def race_of_patches(sandbox: Sandbox) -> None:
    """PATCH checks whether the email is free, and stores a window later without a second check."""
    look_before_storing(sandbox, at=("insert",))

    _look_before_patching(sandbox)
    _look_at_put(sandbox)


def _look_before_patching(sandbox: Sandbox) -> None:
    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        await _look_and_wait_for_patch(sandbox, call)
        answer: Answer = await patch(call)
        return answer

    sandbox.around("patch", patch)


def _look_at_put(sandbox: Sandbox) -> None:
    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        fields = sandbox.api.fields(sandbox.api.document(call), required=True)
        user = sandbox.api.known(call)
        if others_with(sandbox, fields["email"], user.id):
            raise sandbox.api.taken()
        answer: Answer = await replace(call)
        return answer

    sandbox.around("replace", replace)


@defect(_RULE, at="patch")
async def race_of_patches_ends_in_500(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH that loses a race for an email gives 500."""
    await _look_and_wait_for_patch(sandbox, call)
    return await _with_conflicts_unhandled(patch, call)


@defect(_RULE)
def race_of_patches_hides_the_loser(sandbox: Sandbox) -> None:
    """A PATCH that loses a race for an email gives 409, but ?email= does not find its user any more."""
    hidden: set[tuple[str, str]] = set()

    def hide(call: Call) -> None:
        user = sandbox.api.known(call)
        hidden.add((user.id, user.email))

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        return [user for user in filtered(email) if (user.id, user.email) not in hidden]

    act_when_refused(sandbox, "patch", 409, hide)
    _look_before_patching(sandbox)
    sandbox.around("filtered", filtered)


@defect(_RULE, at="delete")
async def race_delete_takes_the_next_holder(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE frees the email and, a window later, deletes the user who has it, even one who just got 201."""
    user = sandbox.api.known(call)
    answer: Answer = await delete(call)
    await gap(sandbox)
    for holder in sandbox.store.holders(user.email):
        sandbox.store.delete(holder.id)
    return answer


@defect(_RULE)
def race_create_revives_the_deleted(sandbox: Sandbox) -> None:
    """A create that comes in the middle of a DELETE is refused, yet keeps the user alive under its name."""
    being_deleted: dict[str, User] = {}

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        user = sandbox.api.known(call)
        being_deleted[user.email.casefold()] = user
        await gap(sandbox)
        if being_deleted.pop(user.email.casefold(), None) is None:
            return Answer(204)  # another request took the record over: it counts as deleted
        answer: Answer = await delete(call)
        return answer

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        try:
            insert(user, *key)
        except EmailTakenError:
            marked = being_deleted.pop(user.email.casefold(), None)
            if marked is not None:
                sandbox.store.update(marked._replace(name=user.name))
            raise

    sandbox.around("delete", delete)
    sandbox.around("store.insert", insert)


@defect(_RULE)
def race_of_replacements(sandbox: Sandbox) -> None:
    """PUT checks whether the email is free, and stores a window later without a second check."""
    look_before_storing(sandbox, at=("insert",))
    _look_before_patching(sandbox)

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        fields = sandbox.api.fields(sandbox.api.document(call), required=True)
        if others_with(sandbox, fields["email"], sandbox.api.known(call).id):
            raise sandbox.api.taken()
        await gap(sandbox)
        answer: Answer = await replace(call)
        return answer

    sandbox.around("replace", replace)


@defect(_RULE)
def race_between_methods(sandbox: Sandbox) -> None:
    """POST and PATCH have a lock for each email, but each has its own."""
    sandbox.store.allow_duplicate_emails()
    locked: set[tuple[str, str]] = set()

    async def held(sandbox: Sandbox, handler: Decision, call: Call, email: str, user_id: str | None) -> Answer:
        lock = (call.method, email.casefold())
        if others_with(sandbox, email, user_id) or lock in locked:
            raise sandbox.api.taken()
        locked.add(lock)
        try:
            await gap(sandbox)
            answer: Answer = await handler(call)
        finally:
            locked.discard(lock)
        return answer

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        fields = sandbox.api.user_fields(call)
        if is_repeated(sandbox, call):
            return await create(call)  # type: ignore[no-any-return]
        return await held(sandbox, create, call, fields["email"], None)

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        fields = sandbox.api.fields(sandbox.api.document(call), required=False)
        user = sandbox.api.known(call)
        return await held(sandbox, patch, call, fields.get("email", user.email), user.id)

    sandbox.around("create", create)
    sandbox.around("patch", patch)
    _look_at_put(sandbox)
