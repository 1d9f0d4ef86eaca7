"""Wrong ids and users: creates, lists, look-ups, pages, changes and reads that show a foreign user."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox
from support.sandbox.wire import Wire
from support.tests.hostile.answers import created, once_in, showing, striking, together
from support.tests.hostile.rows import (
    BURST,
    CREATING,
    DELETING,
    ENDS_BEFORE,
    FOUND,
    INVALID,
    LIFE,
    LISTING,
    LOCATION,
    PASSED,
    READING,
    RED,
    SHORT,
    UNKNOWN,
    UPDATING,
    WRITING,
    Row,
)
from support.tests.hostile.server import Hostile, Setup

Lie = Callable[[Setup, Answer], None]


def creates_show(lie: Lie, every: int = 1) -> Hostile:
    """Make every n-th answer to a create lie."""
    seen = 0

    def show(setup: Setup, _call: Call, answer: Answer) -> None:
        nonlocal seen
        seen += 1
        if seen % every == 0:
            lie(setup, answer)

    return showing(("create",), show)


def id_of_an_existing_user(setup: Setup, answer: Answer) -> None:
    """Show the id of an existing user, like a last-insert-id of another table."""
    _give_id(setup, answer, setup.victim.id)


def an_existing_user(setup: Setup, answer: Answer) -> None:
    """Show an existing user."""
    answer.content = setup.sandbox.api.present(setup.victim)


def id_of_a_new_user(setup: Setup, answer: Answer) -> None:
    """Show the id of a foreign user who was created a moment ago."""
    _give_id(setup, answer, setup.add_foreign_user().id)


def id_of_a_namesake(setup: Setup, answer: Answer) -> None:
    """Show the id of a foreign user of the same name who was created a moment ago."""
    _give_id(setup, answer, setup.add_foreign_user(answer.content["name"]).id)


def foreign_location(setup: Setup, answer: Answer) -> None:
    """Send the Location of an existing user."""
    answer.headers["location"] = setup.sandbox.api.location(setup.victim)


def id_of_the_user_before(setup: Setup, answer: Answer) -> None:
    """Show the id of the suite's user who was created before."""
    own = setup.own()
    _give_id(setup, answer, own[-2].id if len(own) > 1 else own[-1].id)


def _give_id(setup: Setup, answer: Answer, user_id: str) -> None:
    answer.content["id"] = user_id
    answer.headers["location"] = f"{setup.sandbox.api.path}/{user_id}"


def ids_mixed_up_under_load(setup: Setup) -> None:
    """Answer concurrent creates with the last id that was stored, which is that of a foreign user."""
    in_progress = 0

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        nonlocal in_progress
        in_progress += 1
        await asyncio.sleep(0.005)
        is_concurrent = in_progress > 1
        try:
            answer: Answer = await create(call)
        finally:
            in_progress -= 1
        if is_concurrent:
            _give_id(setup, answer, setup.add_foreign_user().id)
        return answer

    setup.sandbox.around("create", create)


def invalid_creates_accepted(setup: Setup) -> None:
    """Answer invalid creates with 201 and the id of an existing user."""

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await create(call)
        except Refusal as refusal:
            if refusal.status != 422:
                raise
            user = setup.victim
            answer = Answer(201, {**sandbox.api.present(user), "name": "", "email": None})
        return answer

    setup.sandbox.around("create", create)


def foreign_users_with(field: str) -> Callable[[Setup, list[Any]], list[Any]]:
    """Return a view that shows foreign users with a field of one of the suite's users."""

    def view(setup: Setup, shown: list[Any]) -> list[Any]:
        own = [user for user in shown if user["id"] not in setup.foreign_users]
        return [
            {**user, field: own[-1][field]} if own and user["id"] in setup.foreign_users else user for user in shown
        ]

    return view


def foreign_users_with_the_mark(setup: Setup, shown: list[Any]) -> list[Any]:
    """Show foreign users with emails of the suite's domain that no user has."""
    domains = [user["email"].partition("@")[2] for user in shown if user["id"] not in setup.foreign_users]
    return [
        {**user, "email": f"old.{number}@{domains[-1]}"} if domains and user["id"] in setup.foreign_users else user
        for number, user in enumerate(shown)
    ]


def ids_reversed(_setup: Setup, shown: list[Any]) -> list[Any]:
    """Show every user under the id of another, foreign users and the suite's users alike."""
    ids = [user["id"] for user in shown]
    return [{**user, "id": user_id} for user, user_id in zip(shown, reversed(ids), strict=True)]


def list_shows(view: Callable[[Setup, list[Any]], list[Any]], *, pages: bool) -> Hostile:
    """Make the list, or its pages, show users by a view; look-ups stay correct."""

    def show(setup: Setup, call: Call, answer: Answer) -> None:
        if "email" not in call.query and bool(call.query) is pages:
            answer.content = view(setup, answer.content)

    return showing(("list_users",), show)


def look_up_finds_foreign_user(setup: Setup, call: Call, answer: Answer) -> None:
    """Answer a look-up with an existing user under the requested email, even if no user has it."""
    if email := call.query.get("email"):
        answer.content = [{**setup.sandbox.api.present(setup.victim), "email": email}]


def creates_break_off(setup: Setup) -> None:
    """Drop the connection of every third create, so that only look-ups show who was created."""

    async def drop(wire: Wire, _response: Response) -> None:
        await wire.drop()

    striking(once_in(3, created), drop)(setup)


look_ups_find_foreign_user = showing(("list_users",), look_up_finds_foreign_user)
after_lost_answers = together(look_ups_find_foreign_user, creates_break_off)


def show_foreign_id(setup: Setup, _call: Call, answer: Answer) -> None:
    answer.content["id"] = setup.victim.id


def reads_of_own(show: Callable[[Setup, Call, Answer], object]) -> Hostile:
    """Change the reads of the suite's users, but not those of foreign users."""

    def for_own_users(setup: Setup, call: Call, answer: Answer) -> object:
        return None if call.user_id in setup.foreign_users else show(setup, call, answer)

    return showing(("read",), for_own_users)


def foreign_user(setup: Setup, _call: Call, answer: Answer) -> None:
    answer.content = setup.sandbox.api.present(setup.victim)


def foreign_user_under_this_id(setup: Setup, call: Call, answer: Answer) -> None:
    answer.content = {**setup.sandbox.api.present(setup.victim), "id": call.user_id}


def refusing(status: int) -> Callable[[Setup, Call, Answer], Answer]:
    """Return a function that refuses a read."""

    def refuse(setup: Setup, _call: Call, _answer: Answer) -> Answer:
        return setup.sandbox.api.refuse(Refusal(status, "Refused", "This cannot be read.", {"allow": "PATCH, DELETE"}))

    return refuse


def swapped_ids(setup: Setup) -> None:
    """Of every two new users, show each under the id of the other in reads."""

    def other(user_id: str) -> str:
        own = [user.id for user in setup.own()]
        place = own.index(user_id) ^ 1 if user_id in own else -1
        return own[place] if 0 <= place < len(own) else user_id

    def show(setup: Setup, call: Call, answer: Answer) -> None:
        swapped = setup.sandbox.store.get(other(call.user_id or ""))
        if swapped is not None:
            answer.content = {**setup.sandbox.api.present(swapped), "id": call.user_id}

    showing(("read",), show)(setup)


def ids_reused(after_reads: int) -> Hostile:
    """Give the id of a deleted user to a foreign user, after so many reads that get 404."""

    def arrange(setup: Setup) -> None:
        free: dict[str, int] = {}

        def delete(_sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
            free[user_id] = after_reads
            return bool(delete(user_id))

        async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
            user_id = call.user_id or ""
            try:
                return await read(call)  # type: ignore[no-any-return]  # a decision may be any
            finally:
                if user_id in free:
                    free[user_id] -= 1
                _reuse(setup, free)

        async def deleted(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
            answer: Answer = await handler(call)
            _reuse(setup, free)
            return answer

        setup.sandbox.around("store.delete", delete)
        setup.sandbox.around("delete", deleted)
        setup.sandbox.around("read", read)

    return arrange


def _reuse(setup: Setup, free: dict[str, int]) -> None:
    for user_id in [user_id for user_id, reads in free.items() if reads <= 0]:
        del free[user_id]
        setup.add_foreign_user(user_id=user_id)


def writes_redirected(setup: Setup) -> None:
    """Redirect PATCH, PUT and DELETE to an existing user, with method and body."""

    async def handler(sandbox: Sandbox, _handler: Decision, _call: Call) -> Answer:
        return Answer(307, {"title": "elsewhere"}, {"location": sandbox.api.location(setup.victim)})

    for name in ("patch", "replace", "delete"):
        setup.sandbox.around(name, handler)


def ids_behind_others(spelled: str) -> Hostile:
    """Give new users ids that a careless client takes for those of existing users."""

    def arrange(setup: Setup) -> None:
        victims = iter(list(setup.foreign_users))

        def new_id(_sandbox: Sandbox, new_id: Decision) -> str:
            victim = next(victims, None)
            return spelled.format(victim) if victim else str(new_id())

        setup.sandbox.around("new_id", new_id)

    return arrange


NAMESAKES = foreign_users_with("name")
DELETIONS = DELETING + UNKNOWN
FAULTLESS = FOUND | {PASSED}

OF_CREATES = (
    Row("create shows the id of an existing user", creates_show(id_of_an_existing_user), WRITING, rule="create-201"),
    Row("create shows an existing user", creates_show(an_existing_user), WRITING, rule="create-201"),
    Row("create lies every 5th time", creates_show(id_of_an_existing_user, 5), WRITING, rule="create-201"),
    Row(
        "create shows the id of a new user",
        creates_show(id_of_a_new_user, 3),
        WRITING,
        rule="create-201",
    ),
    Row("create shows the id of a namesake", creates_show(id_of_a_namesake, 3), WRITING, rule="create-201"),
    Row("create mixes up ids under load", ids_mixed_up_under_load, BURST, rule="burst"),
    Row("create shows the id given before", creates_show(id_of_the_user_before), CREATING + LIFE, rule="create-201"),
    Row("create accepts invalid values as an existing user", invalid_creates_accepted, INVALID, rule="create-invalid"),
    Row(
        "Location leads to an existing user",
        creates_show(foreign_location),
        LOCATION,
        rule="create-location",
    ),
)
OF_VIEWS = (
    *(
        Row(f"{where} shows {what}", list_shows(view, pages=pages), LISTING + DELETING + BURST, outcomes)
        for where, pages in (("list", False), ("page", True))
        for what, view, outcomes in (
            ("foreign users with our email", foreign_users_with("email"), FAULTLESS if pages else FOUND),
            ("foreign users with our mark", foreign_users_with_the_mark, FAULTLESS),
            ("every user under the id of another", ids_reversed, FOUND),
        )
    ),
    Row("list shows foreign users with our name", list_shows(NAMESAKES, pages=False), LISTING, FAULTLESS),
    Row("look-up finds a foreign user", look_ups_find_foreign_user, LISTING + DELETING, rule="filter-email"),
    Row("look-up finds a foreign user, answers to creates are lost", after_lost_answers, WRITING, RED, may_stay=True),
)
OF_USERS = (
    Row("PATCH shows a foreign id", showing(("patch",), show_foreign_id), UPDATING, rule="patch"),
    Row("PUT shows a foreign id", showing(("replace",), show_foreign_id), UPDATING, rule="put"),
    Row(
        "writes are redirected",
        writes_redirected,
        UPDATING,
        ENDS_BEFORE,
        may_stay=True,
        says="the suite could delete nobody",
        settings=SHORT,
    ),
    Row("reads are refused by 500", reads_of_own(refusing(500)), READING + DELETING, RED, may_stay=True),
    *(
        Row(
            f"reads are refused by {code}",
            reads_of_own(refusing(code)),
            READING + DELETING,
            ENDS_BEFORE,
            may_stay=True,
            says=says,
        )
        for code, says in ((403, "Use a TOKEN that may read single users"), (405, "no user can be read by id there"))
    ),
    *(
        Row(f"reads show {what}", reads_of_own(lie), READING + WRITING, may_stay=True, rule="read-200")
        for what, lie in (
            ("a foreign user", foreign_user),
            ("a foreign user under our id", foreign_user_under_this_id),
        )
    ),
    Row("reads show two of ours under the id of each other", swapped_ids, READING + LIFE, rule="read-200"),
    *(Row(f"an id is reused after {reads} reads", ids_reused(reads), DELETIONS) for reads in (0, 1)),
    *(
        Row(f"an id is another's as {spelled!r}", ids_behind_others(spelled), WRITING, RED | {PASSED}, may_stay=True)
        for spelled in ("{}?x=1", "{}#x", "x/../{}", "./{}", "{}/", "{}%00", " {}")
    ),
)
ROWS = OF_CREATES + OF_VIEWS + OF_USERS
