"""PUT and PATCH towards an email that another user has."""

from support.sandbox.defects.kit import (
    act_when_refused,
    broken,
    instead_of,
    look_before_storing,
    sent_in,
    store_anyway,
    valid_part,
)
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_TAKEN = "update-taken"


def _holder(sandbox: Sandbox, call: Call) -> User:
    return sandbox.store.holders(str(sent_in(call)["email"]))[0]


@defect(_TAKEN)
def taken_email_accepted_by_update(sandbox: Sandbox) -> None:
    """PUT and PATCH accept a taken email."""
    look_before_storing(sandbox, at=("insert",))


@defect(_TAKEN)
def taken_email_in_capitals_accepted(sandbox: Sandbox) -> None:
    """PUT and PATCH accept another user's email in another letter case."""
    look_before_storing(sandbox, at=("insert",))
    look_before_storing(sandbox, at=("update",), exact=True)


@defect(_TAKEN, at="patch")
async def taken_email_is_500(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH towards another user's email gives 500."""
    return await instead_of(409, broken(), patch, call)


@defect(_TAKEN, at="patch")
async def taken_email_ignored(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH towards another user's email gives 200 and changes nothing."""
    user = sandbox.api.known(call)
    return await instead_of(409, Answer(200, sandbox.api.present(user)), patch, call)


@defect(_TAKEN)
def taken_email_half_applied(sandbox: Sandbox) -> None:
    """A PATCH towards another user's email is refused, but the name that it names is stored."""

    def store(call: Call) -> None:
        name = valid_part(sandbox, call).get("name")
        store_anyway(sandbox, call, {"name": name} if name else {})

    act_when_refused(sandbox, "patch", 409, store)


@defect(_TAKEN)
def taken_email_renames_holder(sandbox: Sandbox) -> None:
    """A PUT towards another user's email is refused, but gives its name to that user."""

    def rename(call: Call) -> None:
        sandbox.store.update(_holder(sandbox, call)._replace(name=sent_in(call)["name"]))

    act_when_refused(sandbox, "replace", 409, rename)


@defect(_TAKEN)
def given_up_email_stays_taken(sandbox: Sandbox) -> None:
    """An email that a user gave up by PUT or PATCH is never free again."""
    given_up: set[str] = set()

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        before = sandbox.store.get(user.id)
        own = before.email.casefold() if before else ""
        if user.email.casefold() in given_up - {own}:
            raise EmailTakenError
        write(user, *key)
        if own and own != user.email.casefold():
            given_up.add(own)

    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)
