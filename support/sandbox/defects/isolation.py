"""Requests that change another user."""

from collections.abc import Callable

from support.sandbox.defects.kit import (
    act_when_refused,
)
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_ISOLATION = "isolation"


def _neighbour(sandbox: Sandbox, user_id: str) -> User | None:
    """Find the user that was created before this one, or the next one."""
    users = sandbox.store.all_users()
    place = next((number for number, user in enumerate(users) if user.id == user_id), None)
    if place is None or len(users) < 2:
        return None
    return users[place - 1] if place else users[1]


@defect(_ISOLATION, at="store.update")
def update_renames_neighbour(sandbox: Sandbox, update: Decision, user: User) -> None:
    """PUT and PATCH also give the name to the user that was created before."""
    update(user)
    neighbour = _neighbour(sandbox, user.id)
    if neighbour:
        update(neighbour._replace(name=user.name))


@defect(_ISOLATION, at="store.update")
def update_renames_namesakes(sandbox: Sandbox, update: Decision, user: User) -> None:
    """PUT and PATCH rename all users with the same name."""
    before = sandbox.store.get(user.id)
    update(user)
    for namesake in sandbox.store.all_users():
        if before is not None and namesake.name == before.name:
            update(namesake._replace(name=user.name))


@defect(_ISOLATION, at="store.update")
def moving_merges_namesakes(sandbox: Sandbox, update: Decision, user: User) -> None:
    """A user who gets a new email is merged with all users of the same name, as if these were old accounts."""
    before = sandbox.store.get(user.id)
    update(user)
    if before is not None and before.email != user.email:
        for namesake in sandbox.store.all_users():
            if namesake.name == before.name and namesake.id != user.id:
                sandbox.store.delete(namesake.id)


@defect(_ISOLATION, at="store.delete")
def delete_takes_neighbour(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
    """DELETE also removes the user that was created before."""
    neighbour = _neighbour(sandbox, user_id)
    if neighbour:
        delete(neighbour.id)
    return bool(delete(user_id))


@defect(_ISOLATION, at="store.delete")
def delete_takes_namesakes(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
    """DELETE also deletes all users of the same name."""
    deleted = sandbox.store.get(user_id)
    for namesake in sandbox.store.all_users():
        if deleted is not None and namesake.name == deleted.name and namesake.id != user_id:
            delete(namesake.id)
    return bool(delete(user_id))


@defect(_ISOLATION, at="store.delete")
def delete_takes_emails_that_begin_alike(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
    """DELETE deletes by the email as a prefix: users whose email begins with it are deleted too."""
    return _delete_alike(sandbox, delete, user_id, str.startswith)


@defect(_ISOLATION, at="store.delete")
def delete_takes_emails_that_end_alike(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
    """DELETE deletes by the email as a suffix: users whose email ends with it are deleted too."""
    return _delete_alike(sandbox, delete, user_id, str.endswith)


def _delete_alike(sandbox: Sandbox, delete: Decision, user_id: str, alike: Callable[[str, str], bool]) -> bool:
    deleted = sandbox.store.get(user_id)
    for other in sandbox.store.all_users():
        if deleted is not None and other.id != user_id and alike(other.email.casefold(), deleted.email.casefold()):
            delete(other.id)
    return bool(delete(user_id))


@defect(_ISOLATION)
def delete_of_unknown_takes_newest(sandbox: Sandbox) -> None:
    """DELETE of a user that is gone answers 404, but removes the newest user."""

    def remove(_call: Call) -> None:
        for user in sandbox.store.all_users()[-1:]:
            sandbox.store.delete(user.id)

    act_when_refused(sandbox, "delete", 404, remove)


@defect(_ISOLATION, at="insert")
def create_renames_the_one_before(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
    """A create gives its name to the user that was created before."""
    insert(user, *key)
    neighbour = _neighbour(sandbox, user.id)
    if neighbour and neighbour.id != user.id:
        sandbox.store.update(neighbour._replace(name=user.name))


@defect(_ISOLATION)
def put_replaces_namesakes(sandbox: Sandbox) -> None:
    """PUT gives the new name to all users who had the old one."""

    async def replace(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await replace(call)
        for namesake in sandbox.store.all_users():
            if before is not None and namesake.name == before.name and namesake.id != before.id:
                sandbox.store.update(namesake._replace(name=answer.content["name"]))
        return answer

    sandbox.around("replace", replace)
