"""Fields that belong to the server, set by a client."""

import dataclasses
from typing import Any

from support.sandbox.defects.kit import remember_documents, sent_in, users_in
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import Key, User
from support.sandbox.twists import Decision, Sandbox, defect

_OWN = {"id", "name", "email", "createdAt"}


@defect("server-owned")
def client_id_kept(sandbox: Sandbox) -> None:
    """A client chooses the id of a new user."""
    _let_client_choose(sandbox, "id", "id")


@defect("server-owned")
def client_time_kept(sandbox: Sandbox) -> None:
    """A client chooses createdAt of a new user."""
    _let_client_choose(sandbox, "createdAt", "created_at")


def _let_client_choose(sandbox: Sandbox, field: str, column: str) -> None:
    sent = remember_documents(sandbox)

    def new_user(_sandbox: Sandbox, new_user: Decision, fields: dict[str, str]) -> User:
        user: User = new_user(fields)
        return user._replace(**{column: str(sent[field])}) if field in sent else user

    sandbox.around("new_user", new_user)


def _unknown(sent: dict[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in sent.items() if field not in _OWN}


def _unknown_fields(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return the other fields of new users, by their ids."""
    sent = remember_documents(sandbox)
    extras: dict[str, dict[str, Any]] = {}

    def insert(_sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        insert(user, key)
        extras[user.id] = _unknown(sent)

    sandbox.around("insert", insert)
    return extras


@defect("server-owned")
def unknown_fields_kept(sandbox: Sandbox) -> None:
    """Unknown fields of a new user are stored and shown: a client can become an administrator."""
    extras = _unknown_fields(sandbox)

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**extras.get(user.id, {}), **present(user)}

    sandbox.around("present", present)


@defect("server-owned")
def client_time_kept_by_updates(sandbox: Sandbox) -> None:
    """A client can change createdAt with PUT or PATCH."""
    sent = remember_documents(sandbox)
    times: dict[str, str] = {}

    def update(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
        if "createdAt" in sent:
            times[user.id] = str(sent["createdAt"])
        answer: Answer = update(user, fields)
        return answer

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**present(user), "createdAt": times.get(user.id, user.created_at)}

    sandbox.around("update", update)
    sandbox.around("present", present)


@defect("server-owned", at="replace")
async def client_id_kept_by_put(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """A PUT with an id in its body moves the user to this id, as an ORM does that writes every column it is given."""
    return await _moved(sandbox, replace, call)


@defect("server-owned", at="patch")
async def client_id_kept_by_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH with an id in its body moves the user to this id."""
    return await _moved(sandbox, patch, call)


async def _moved(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
    answer: Answer = await change(call)
    user, wanted = sandbox.store.get(call.user_id or ""), sent_in(call).get("id")
    if user is None or wanted is None or sandbox.store.get(str(wanted)) is not None:
        return answer
    moved = user._replace(id=str(wanted))
    sandbox.store.delete(user.id)
    sandbox.store.insert(moved)
    return Answer(200, sandbox.api.present(moved))


@defect("server-owned", at="replace")
async def put_uses_the_id_in_the_body(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """A PUT with an id in its body replaces that user instead of the one in the URL, as an ORM's merge does."""
    return await _led_by_the_body(sandbox, replace, call)


@defect("server-owned", at="patch")
async def patch_uses_the_id_in_the_body(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH with an id in its body changes that user instead of the one in the URL, as an ORM's merge does."""
    return await _led_by_the_body(sandbox, patch, call)


async def _led_by_the_body(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
    named = sandbox.store.get(str(sent_in(call).get("id")))
    answer: Answer = await change(dataclasses.replace(call, user_id=named.id) if named else call)
    return answer


@defect("server-owned")
def unknown_fields_kept_by_put(sandbox: Sandbox) -> None:
    """PUT stores unknown fields and shows them: a user can become an administrator."""
    _keep_unknown_fields(sandbox, "replace")


@defect("server-owned")
def unknown_fields_kept_by_patch(sandbox: Sandbox) -> None:
    """PATCH stores unknown fields and shows them: a user can become an administrator."""
    _keep_unknown_fields(sandbox, "patch")


def _keep_unknown_fields(sandbox: Sandbox, method: str) -> None:
    extras: dict[str, dict[str, Any]] = {}

    async def change(_sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        answer: Answer = await change(call)
        extras[call.user_id or ""] = _unknown(sent_in(call))
        return answer

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**extras.get(user.id, {}), **present(user)}

    sandbox.around(method, change)
    sandbox.around("present", present)


@defect("server-owned")
def id_of_the_database_kept(sandbox: Sandbox) -> None:
    """A client chooses the id of a new user under the name that it has in the database."""
    _let_client_choose(sandbox, "_id", "id")


@defect("server-owned")
def time_of_the_database_kept(sandbox: Sandbox) -> None:
    """A client chooses createdAt of a new user under the name that it has in the database."""
    _let_client_choose(sandbox, "created_at", "created_at")


@defect("server-owned")
def unknown_fields_kept_for_the_list(sandbox: Sandbox) -> None:
    """Unknown fields of a new user are stored, and shown in the list only."""
    extras = _unknown_fields(sandbox)

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        answer: Answer = await list_users(call)
        if "email" not in call.query:
            answer.content = [{**extras.get(user["id"], {}), **user} for user in users_in(answer)]
        return answer

    sandbox.around("list_users", list_users)
