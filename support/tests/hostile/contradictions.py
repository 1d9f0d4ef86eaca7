"""Contradictory views: users who are gone from one view but not from another, invalid lists, quotas."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox
from support.sandbox.wire import Wire
from support.tests.hostile.answers import (
    Place,
    changed,
    created,
    head,
    listed,
    octets,
    read,
    showing,
    status,
    striking,
    together,
    with_body,
)
from support.tests.hostile.rows import (
    ACCESS,
    BROKEN,
    BURST,
    CREATING,
    DELETING,
    DOWN,
    ENDS_BEFORE,
    FAULT,
    FOUND,
    INVALID,
    LIFE,
    OPEN,
    PASSED,
    RED,
    SHORT,
    Row,
)
from support.tests.hostile.server import Hostile, Setup

QUOTA = 10


def shown_after_deletion(*, listed: bool, found: bool) -> Hostile:
    """Hide deleted users from reads only: the list, or a look-up, shows them forever."""

    def arrange(setup: Setup) -> None:
        deleted: dict[str, User] = {}

        def delete(sandbox: Sandbox, _delete: Decision, user_id: str) -> bool:
            user = sandbox.store.get(user_id)
            deleted.update({user_id: user} if user else {})
            return user is not None

        def hidden(_sandbox: Sandbox, get: Decision, user_id: str) -> User | None:
            return None if user_id in deleted else get(user_id)

        def show(_setup: Setup, call: Call, answer: Answer) -> None:
            seen = found if "email" in call.query else listed
            answer.content = [user for user in answer.content if seen or user["id"] not in deleted]

        setup.sandbox.around("store.delete", delete)
        setup.sandbox.around("store.get", hidden)
        showing(("list_users",), show)(setup)

    return arrange


def looked_up(call: Call, response: Response) -> bool:
    return call.method == "GET" and "email" in call.query and response.status_code == 200


def shown_in_any_list(call: Call, response: Response) -> bool:
    return listed(call, response) or looked_up(call, response)


def shown_anywhere(call: Call, response: Response) -> bool:
    return created(call, response) or read(call, response) or shown_in_any_list(call, response)


def wrapped(place: Place) -> Hostile:
    """Wrap the body of the answers in an object."""

    def change(response: Response) -> Response:
        return with_body(json.dumps({"data": json.loads(bytes(response.body))}).encode())(response)

    return changed(change, place)


def in_place(place: Place, body: bytes, media_type: str = "application/json") -> Hostile:
    return changed(with_body(body, media_type), place)


PAGE = b"<!doctype html><title>Users</title><h1>Welcome</h1>"


def wrong_path(setup: Setup) -> None:
    """Answer every request like a server without a users resource."""

    async def handle(_sandbox: Sandbox, _handle: Decision, _call: Call) -> Response:
        return Response(PAGE, 404, media_type="text/html")

    setup.sandbox.around("handle", handle)


def quota(refusal: int) -> Hostile:
    """Refuse every create after the first ten."""

    def arrange(setup: Setup) -> None:
        created = 0

        async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
            nonlocal created
            created += 1
            if created > QUOTA:
                raise Refusal(refusal, "Quota exceeded", f"This plan has {QUOTA} users.")
            answer: Answer = await create(call)
            return answer

        setup.sandbox.around("create", create)

    return arrange


def broken_off(place: Place) -> Hostile:
    """Send status line, headers and a part of the announced body."""

    async def act(wire: Wire, response: Response) -> None:
        line = f"HTTP/1.1 {response.status_code} Cut"
        await octets(head(line, "WWW-Authenticate: Bearer", length=500) + b'{"title": "')(wire, response)

    return striking(place, act)


def while_others_sign_up(setup: Setup) -> None:
    """Create a foreign user with every request."""

    async def handle(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        setup.add_foreign_user()
        response: Response = await handle(call)
        return response

    setup.sandbox.around("handle", handle)


def deletions_do_nothing(setup: Setup) -> None:
    """Confirm every deletion, but delete no user."""
    setup.sandbox.around("store.delete", lambda *_: True)


def deleted_users_come_back(setup: Setup) -> None:
    """Hide a deleted user from two reads, and show them again from then on."""
    reads: dict[str, int] = {}

    def delete(sandbox: Sandbox, _delete: Decision, user_id: str) -> bool:
        existed = sandbox.store.get(user_id) is not None
        reads[user_id] = 2
        return existed

    def get(_sandbox: Sandbox, get: Decision, user_id: str) -> Any:
        reads[user_id] = reads.get(user_id, 0) - 1
        return None if reads[user_id] >= 0 else get(user_id)

    setup.sandbox.around("store.delete", delete)
    setup.sandbox.around("store.get", get)


EMPTY_ANSWER_TO_CREATE = in_place(created, b"{}")
BY_LIST, BY_LOOK_UP = shown_after_deletion(listed=True, found=False), shown_after_deletion(listed=False, found=True)
BOTH_WAYS = shown_after_deletion(listed=True, found=True)
STAYS = RED - {OPEN}
LEFT_BEHIND = "could not be confirmed as deleted"

STAYING = (
    Row("list shows the deleted", BY_LIST, CREATING, STAYS, may_stay=True, settings=SHORT),
    Row("list shows deleted users", BY_LIST, DELETING, rule="delete", may_stay=True, settings=SHORT),
    Row("look-up finds the deleted", BY_LOOK_UP, CREATING, STAYS, may_stay=True, settings=SHORT),
    Row("list and look-up show the deleted", BOTH_WAYS, CREATING, STAYS, may_stay=True, settings=SHORT),
    Row("deleted users come back", deleted_users_come_back, CREATING + LIFE, STAYS, may_stay=True, settings=SHORT),
    Row("deletions do nothing", deletions_do_nothing, LIFE, STAYS, may_stay=True, settings=SHORT),
)
"""The run must name the users who are not deleted, whatever its scenarios are about."""

LISTS = (
    Row("list is wrapped", wrapped(shown_in_any_list), LIFE + CREATING, FOUND, rule="list"),
    Row(
        "everything is wrapped",
        wrapped(shown_anywhere),
        CREATING,
        ENDS_BEFORE,
        may_stay=True,
        says='Set user_pointer = "/data"',
        settings=SHORT,
    ),
    *(
        Row(f"list is {body.decode()[:15]!r}", in_place(shown_in_any_list, body, kind), LIFE + CREATING, rule="list")
        for body, kind in (
            (b"{}", "application/json"),
            (b'"ok"', "application/json"),
            (b"null", "application/json"),
            (b"[]", "application/json"),
            (b"[null, 1, []]", "application/json"),
            (b"", "application/json"),
            (PAGE, "text/html"),
        )
    ),
    Row(
        "create is answered by {} and the list is empty",
        together(EMPTY_ANSWER_TO_CREATE, in_place(shown_in_any_list, b"[]")),
        CREATING,
        may_stay=True,
        settings=SHORT,
    ),
    Row(
        "create is answered by {} and the list is wrapped",
        together(EMPTY_ANSWER_TO_CREATE, wrapped(shown_in_any_list)),
        CREATING,
        may_stay=True,
        settings=SHORT,
    ),
)
NO_USER_CREATED = (
    Row("wrong path", wrong_path, CREATING + LIFE, frozenset({BROKEN, FAULT, DOWN}), never_says=LEFT_BEHIND),
    *(
        Row(f"quota, reported by {code}", quota(code), CREATING + BURST, FOUND | {OPEN}, never_says=LEFT_BEHIND)
        for code in (402, 403, 422)
    ),
    *(
        Row(
            f"{code} breaks off while others sign up",
            together(broken_off(status(code)), while_others_sign_up),
            play,
            frozenset({BROKEN, OPEN, PASSED}),
            never_says=LEFT_BEHIND,
        )
        for code, play in ((401, ACCESS), (422, INVALID))
    ),
    Row("201 breaks off", broken_off(created), LIFE + DELETING, RED | {PASSED}),
)
ROWS = STAYING + LISTS + NO_USER_CREATED
