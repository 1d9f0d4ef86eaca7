"""DELETE that does not delete, or leaves parts of a user behind."""

import itertools

from support.sandbox.defects.kit import (
    answer_unknown_ids,
    broken,
    instead_of,
    remember_gone,
)
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect


@defect("delete", at="store.delete")
def delete_does_nothing(_sandbox: Sandbox, _delete: Decision, _user_id: str) -> bool:
    """DELETE gives 204, and the user stays."""
    return True


@defect("delete")
def every_second_delete_does_nothing(sandbox: Sandbox) -> None:
    """Every second DELETE gives 204, and the user stays."""
    numbers = itertools.count(1)

    def delete(_sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        return bool(next(numbers) % 2 == 0 or delete(user_id))

    sandbox.around("store.delete", delete)


@defect("delete")
def deleted_still_readable(sandbox: Sandbox) -> None:
    """A deleted user is gone from the list, but can still be read."""
    gone = remember_gone(sandbox)

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if call.user_id in gone:
            return Answer(200, sandbox.api.present(gone[call.user_id]))
        answer: Answer = await read(call)
        return answer

    sandbox.around("read", read)


@defect("delete")
def deleted_reads_410(sandbox: Sandbox) -> None:
    """Reading a deleted user gives 410."""
    _answer_gone(sandbox, Answer(410, {"title": "Gone", "status": 410, "detail": "The user was deleted."}))


@defect("delete")
def deleted_reads_500(sandbox: Sandbox) -> None:
    """Reading a deleted user gives 500."""
    _answer_gone(sandbox, broken())


@defect("delete")
def deleted_reads_null(sandbox: Sandbox) -> None:
    """Reading a deleted user gives 200 and {}."""
    _answer_gone(sandbox, Answer(200, {}))


def _answer_gone(sandbox: Sandbox, answer: Answer) -> None:
    gone = remember_gone(sandbox)

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if call.user_id in gone:
            return Answer(answer.status, answer.content)
        given: Answer = await read(call)
        return given

    sandbox.around("read", read)


@defect("delete", at="store.delete")
def delete_blanks_the_user(sandbox: Sandbox, _delete: Decision, user_id: str) -> bool:
    """DELETE only clears name and email: the user is still shown, as deleted."""
    user = sandbox.store.get(user_id)
    if user is None:
        return False
    sandbox.store.update(user._replace(name="[deleted]", email=f"deleted-{user_id}@example.org"))
    return True


@defect("delete", at="deleted")
def delete_answers_201(sandbox: Sandbox, _deleted: Decision, user: User) -> Answer:
    """DELETE gives 201."""
    return Answer(201, sandbox.api.present(user))


@defect("delete", at="delete")
async def users_with_other_scripts_not_deleted(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of a user with a name outside ASCII gives 204, and the user stays."""
    user = sandbox.store.get(call.user_id or "")
    if user is not None and not user.name.isascii():
        return Answer(204)
    answer: Answer = await delete(call)
    return answer


_AGAIN = "delete-again"


@defect(_AGAIN, at="delete")
async def delete_again_is_500(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of a user that is not there gives 500."""
    return await instead_of(404, broken(), delete, call)


@defect(_AGAIN, at="delete")
async def delete_again_is_200(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of a user that is not there gives 200."""
    return await instead_of(404, Answer(200, {"deleted": 0}), delete, call)


@defect(_AGAIN, at="delete")
async def delete_again_is_409(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of a user that is not there gives 409."""
    problem = {"title": "Conflict", "status": 409, "detail": "The user is gone already."}
    return await instead_of(404, Answer(409, problem), delete, call)


@defect(_AGAIN)
def delete_of_unknown_is_400(sandbox: Sandbox) -> None:
    """DELETE of an id that no user ever had gives 400."""
    problem = {"title": "Bad Request", "status": 400, "detail": "The id is not known."}
    answer_unknown_ids(sandbox, "delete", lambda _call: Answer(400, problem))


_FREES = "delete-frees"


@defect(_FREES)
def deleted_email_stays_taken(sandbox: Sandbox) -> None:
    """The email of a deleted user is never free again."""
    gone = remember_gone(sandbox)

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if any(other.email.casefold() == user.email.casefold() for other in gone.values()):
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("store.insert", insert)


@defect(_FREES)
def deleted_id_given_again(sandbox: Sandbox) -> None:
    """A new id is the highest one plus one: that of the newest user is given again once it was deleted."""

    def new_id(sandbox: Sandbox, _new_id: Decision) -> str:
        numbers = [int(user.id) for user in sandbox.store.all_users() if user.id.isdecimal()]
        return str(max(numbers, default=0) + 1)

    sandbox.around("new_id", new_id)


@defect(_FREES)
def deleted_user_comes_back(sandbox: Sandbox) -> None:
    """A new user with the email of a deleted user gets that user's id and createdAt."""
    gone = remember_gone(sandbox)

    def new_user(_sandbox: Sandbox, new_user: Decision, fields: dict[str, str]) -> User:
        user: User = new_user(fields)
        for former in gone.values():
            if former.email.casefold() == user.email.casefold():
                return user._replace(id=former.id, created_at=former.created_at)
        return user

    sandbox.around("new_user", new_user)


@defect(_FREES)
def deleted_emails_block_changes(sandbox: Sandbox) -> None:
    """No existing user can change to the email of a deleted user; a new user can have it."""
    gone = remember_gone(sandbox)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        moves = before is not None and before.email.casefold() != user.email.casefold()
        if moves and any(other.email.casefold() == user.email.casefold() for other in gone.values()):
            raise EmailTakenError
        update(user)

    sandbox.around("store.update", update)
