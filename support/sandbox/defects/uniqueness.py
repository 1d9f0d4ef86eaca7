"""Two users with one email, or a refusal that changes the first user."""

from support.sandbox.defects.kit import broken, instead_of, look_before_storing
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "email-unique"


def _first(sandbox: Sandbox, call: Call) -> User:
    return sandbox.store.holders(sandbox.api.user_fields(call)["email"])[0]


@defect(_RULE)
def duplicates_allowed(sandbox: Sandbox) -> None:
    """A create accepts an email that is taken."""
    look_before_storing(sandbox, at=("update",))


@defect(_RULE)
def case_duplicates_allowed(sandbox: Sandbox) -> None:
    """A create accepts an email that is taken in another letter case."""
    look_before_storing(sandbox, at=("insert",), exact=True)
    look_before_storing(sandbox, at=("update",))


@defect(_RULE)
def renamed_emails_unguarded(sandbox: Sandbox) -> None:
    """A create accepts an email that its holder got by PUT or PATCH."""
    renamed: set[str] = set()
    look_before_storing(sandbox, at=("update",))

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if any(holder.id not in renamed for holder in sandbox.store.holders(user.email)):
            raise sandbox.api.taken()
        insert(user, *key)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        if before is not None and before.email.casefold() != user.email.casefold():
            renamed.add(user.id)

    sandbox.around("store.insert", insert)
    sandbox.around("store.update", update)


@defect(_RULE, at="create")
async def duplicate_is_500(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with a taken email gives 500."""
    return await instead_of(409, broken(), create, call)


@defect(_RULE, at="create")
async def duplicate_is_400(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with a taken email gives 400."""
    problem = {"title": "Bad Request", "status": 400, "detail": "Another user has this email."}
    return await instead_of(409, Answer(400, problem), create, call)


@defect(_RULE, at="create")
async def duplicate_shows_the_first(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with a taken email gives 201 and the user who has it."""
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        return sandbox.api.created(_first(sandbox, call), call)
    return answer


@defect(_RULE, at="create")
async def duplicate_renames_the_first(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with a taken email gives 409, but the user who has it gets the name."""
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status == 409:
            fields = sandbox.api.user_fields(call)
            sandbox.store.update(_first(sandbox, call)._replace(name=fields["name"]))
        raise
    return answer


@defect(_RULE, at="create")
async def duplicate_replaces_the_first(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A create with a taken email gives 201 and removes the user who had it."""
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status != 409:
            raise
        sandbox.store.delete(_first(sandbox, call).id)
        answer = await create(call)
    return answer


@defect(_RULE)
def changed_emails_compared_as_written(sandbox: Sandbox) -> None:
    """An email that a user was changed to is compared with others in its letter case."""
    sandbox.store.allow_duplicate_emails()
    written: set[str] = set()

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        if any(other.id != user.id for other in sandbox.store.holders(user.email)):
            raise EmailTakenError
        update(user)
        if before is not None and before.email != user.email:
            written.add(user.email)

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        holders = sandbox.store.holders(user.email)
        if any(holder.email == user.email or holder.email not in written for holder in holders):
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("store.update", update)
    sandbox.around("store.insert", insert)
