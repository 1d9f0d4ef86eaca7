"""Lies about whose id is whose: creates, lists, look-ups, pages, changes and reads that show somebody else."""

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
from support.tests.hostile.server import Hostile, Stage

Lie = Callable[[Stage, Answer], None]


def creates_show(lie: Lie, every: int = 1) -> Hostile:
    """Have every so-many-th welcome lie."""
    seen = 0

    def show(stage: Stage, _call: Call, answer: Answer) -> None:
        nonlocal seen
        seen += 1
        if seen % every == 0:
            lie(stage, answer)

    return showing(("create",), show)


def the_id_of_somebody(stage: Stage, answer: Answer) -> None:
    """The id is that of somebody who was there before: a last-insert-id of another table."""
    _give_id(stage, answer, stage.victim.id)


def somebody_whole(stage: Stage, answer: Answer) -> None:
    """Somebody is shown who was there before."""
    answer.content = stage.sandbox.api.present(stage.victim)


def the_id_of_a_newcomer(stage: Stage, answer: Answer) -> None:
    """The id is that of somebody else who signed up a moment ago."""
    _give_id(stage, answer, stage.sign_up_a_bystander().id)


def the_id_of_a_namesake(stage: Stage, answer: Answer) -> None:
    """The id is that of somebody else of the same name who signed up a moment ago."""
    _give_id(stage, answer, stage.sign_up_a_bystander(answer.content["name"]).id)


def the_location_of_somebody(stage: Stage, answer: Answer) -> None:
    """Only Location leads to somebody else."""
    answer.headers["location"] = stage.sandbox.api.location(stage.victim)


def the_id_before(stage: Stage, answer: Answer) -> None:
    """The id is that of the one of the suite's users who signed up before."""
    own = stage.own()
    _give_id(stage, answer, own[-2].id if len(own) > 1 else own[-1].id)


def _give_id(stage: Stage, answer: Answer, user_id: str) -> None:
    answer.content["id"] = user_id
    answer.headers["location"] = f"{stage.sandbox.api.path}/{user_id}"


def ids_mixed_up_in_a_crowd(stage: Stage) -> None:
    """Creates that are under way together are answered with the last id that was stored, which is a bystander's."""
    under_way = 0

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        nonlocal under_way
        under_way += 1
        await asyncio.sleep(0.005)
        crowded = under_way > 1
        try:
            answer: Answer = await create(call)
        finally:
            under_way -= 1
        if crowded:
            _give_id(stage, answer, stage.sign_up_a_bystander().id)
        return answer

    stage.sandbox.around("create", create)


def creates_of_what_is_invalid(stage: Stage) -> None:
    """What is refused elsewhere is welcomed here under a bystander's id, with what was sent of the rest."""

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await create(call)
        except Refusal as refusal:
            if refusal.status != 422:
                raise
            user = stage.victim
            answer = Answer(201, {**sandbox.api.present(user), "name": "", "email": None})
        return answer

    stage.sandbox.around("create", create)


def bystanders_as(field: str) -> Callable[[Stage, list[Any]], list[Any]]:
    """Return a view that shows bystanders with a field of one of the suite's users."""

    def view(stage: Stage, shown: list[Any]) -> list[Any]:
        own = [user for user in shown if user["id"] not in stage.bystanders]
        return [{**user, field: own[-1][field]} if own and user["id"] in stage.bystanders else user for user in shown]

    return view


def bystanders_under_the_mark(stage: Stage, shown: list[Any]) -> list[Any]:
    """Show bystanders at addresses of the suite's domain that nobody has."""
    domains = [user["email"].partition("@")[2] for user in shown if user["id"] not in stage.bystanders]
    return [
        {**user, "email": f"old.{number}@{domains[-1]}"} if domains and user["id"] in stage.bystanders else user
        for number, user in enumerate(shown)
    ]


def ids_turned_around(_stage: Stage, shown: list[Any]) -> list[Any]:
    """Show everybody under the id of another, bystanders and the suite's users alike."""
    ids = [user["id"] for user in shown]
    return [{**user, "id": user_id} for user, user_id in zip(shown, reversed(ids), strict=True)]


def list_shows(view: Callable[[Stage, list[Any]], list[Any]], *, pages: bool) -> Hostile:
    """Have the list, or its pages, show users by a view; a look-up stays right."""

    def show(stage: Stage, call: Call, answer: Answer) -> None:
        if "email" not in call.query and bool(call.query) is pages:
            answer.content = view(stage, answer.content)

    return showing(("list_users",), show)


def look_up_finds_somebody(stage: Stage, call: Call, answer: Answer) -> None:
    """A look-up answers with a bystander's id under the address that was asked for, whether anybody has it or not."""
    if email := call.query.get("email"):
        answer.content = [{**stage.sandbox.api.present(stage.victim), "email": email}]


def creates_break_off(stage: Stage) -> None:
    """Every third welcome is lost with its connection, so that look-ups decide who was made."""

    async def drop(wire: Wire, _response: Response) -> None:
        await wire.drop()

    striking(once_in(3, created), drop)(stage)


look_ups_find_somebody = showing(("list_users",), look_up_finds_somebody)
after_lost_welcomes = together(look_ups_find_somebody, creates_break_off)


def the_id_is_somebodys(stage: Stage, _call: Call, answer: Answer) -> None:
    answer.content["id"] = stage.victim.id


def reads_of_own(show: Callable[[Stage, Call, Answer], object]) -> Hostile:
    """Change how the suite's users are read; a bystander is read as they are."""

    def honest_to_bystanders(stage: Stage, call: Call, answer: Answer) -> object:
        return None if call.user_id in stage.bystanders else show(stage, call, answer)

    return showing(("read",), honest_to_bystanders)


def somebody_else(stage: Stage, _call: Call, answer: Answer) -> None:
    answer.content = stage.sandbox.api.present(stage.victim)


def somebody_else_under_this_id(stage: Stage, call: Call, answer: Answer) -> None:
    answer.content = {**stage.sandbox.api.present(stage.victim), "id": call.user_id}


def refusing(status: int) -> Callable[[Stage, Call, Answer], Answer]:
    """Return what refuses a read."""

    def refuse(stage: Stage, _call: Call, _answer: Answer) -> Answer:
        return stage.sandbox.api.refuse(Refusal(status, "Refused", "This cannot be read.", {"allow": "PATCH, DELETE"}))

    return refuse


def swapped_ids(stage: Stage) -> None:
    """Of every two who sign up, each is shown under the id of the other from then on, wherever reads look."""

    def other(user_id: str) -> str:
        own = [user.id for user in stage.own()]
        place = own.index(user_id) ^ 1 if user_id in own else -1
        return own[place] if 0 <= place < len(own) else user_id

    def show(stage: Stage, call: Call, answer: Answer) -> None:
        swapped = stage.sandbox.store.get(other(call.user_id or ""))
        if swapped is not None:
            answer.content = {**stage.sandbox.api.present(swapped), "id": call.user_id}

    showing(("read",), show)(stage)


def ids_given_again(after_reads: int) -> Hostile:
    """Give the id of whoever was deleted to a bystander, after so many reads that say that it is nobody's."""

    def arrange(stage: Stage) -> None:
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
                _give_again(stage, free)

        async def deleted(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
            answer: Answer = await handler(call)
            _give_again(stage, free)
            return answer

        stage.sandbox.around("store.delete", delete)
        stage.sandbox.around("delete", deleted)
        stage.sandbox.around("read", read)

    return arrange


def _give_again(stage: Stage, free: dict[str, int]) -> None:
    for user_id in [user_id for user_id, reads in free.items() if reads <= 0]:
        del free[user_id]
        stage.sign_up_a_bystander(user_id=user_id)


def writes_lead_to_somebody(stage: Stage) -> None:
    """PATCH, PUT and DELETE are redirected to a bystander, method and body included."""

    async def handler(sandbox: Sandbox, _handler: Decision, _call: Call) -> Answer:
        return Answer(307, {"title": "elsewhere"}, {"location": sandbox.api.location(stage.victim)})

    for name in ("patch", "replace", "delete"):
        stage.sandbox.around(name, handler)


def ids_behind_others(spelled: str) -> Hostile:
    """Give newcomers ids that are a bystander's in the eyes of a careless client."""

    def arrange(stage: Stage) -> None:
        victims = iter(list(stage.bystanders))

        def new_id(_sandbox: Sandbox, new_id: Decision) -> str:
            victim = next(victims, None)
            return spelled.format(victim) if victim else str(new_id())

        stage.sandbox.around("new_id", new_id)

    return arrange


NAMESAKES = bystanders_as("name")
LEAVING = DELETING + UNKNOWN
FAULTLESS = FOUND | {PASSED}

OF_CREATES = (
    Row("create shows the id of a bystander", creates_show(the_id_of_somebody), WRITING, rule="create-201"),
    Row("create shows a bystander whole", creates_show(somebody_whole), WRITING, rule="create-201"),
    Row("create lies every 5th time", creates_show(the_id_of_somebody, 5), WRITING, rule="create-201"),
    Row("create shows the id of a newcomer", creates_show(the_id_of_a_newcomer, 3), WRITING, rule="create-201"),
    Row("create shows the id of a namesake", creates_show(the_id_of_a_namesake, 3), WRITING, rule="create-201"),
    Row("create lies to crowds", ids_mixed_up_in_a_crowd, BURST, rule="burst"),
    Row("create shows the id given before", creates_show(the_id_before), CREATING + LIFE, rule="create-201"),
    Row("create welcomes what is invalid as a bystander", creates_of_what_is_invalid, INVALID, rule="create-invalid"),
    Row("Location leads to a bystander", creates_show(the_location_of_somebody), LOCATION, rule="create-location"),
)
OF_VIEWS = (
    *(
        Row(f"{where} shows {what}", list_shows(view, pages=pages), LISTING + DELETING, outcomes)
        for where, pages in (("list", False), ("page", True))
        for what, view, outcomes in (
            ("bystanders under our address", bystanders_as("email"), FAULTLESS if pages else FOUND),
            ("bystanders under our mark", bystanders_under_the_mark, FAULTLESS),
            ("everybody under the id of another", ids_turned_around, FOUND),
        )
    ),
    Row("list shows bystanders under our name", list_shows(NAMESAKES, pages=False), LISTING, FAULTLESS),
    Row("look-up finds a bystander", look_ups_find_somebody, LISTING + DELETING, rule="filter-email"),
    Row("look-up finds a bystander, welcomes are lost", after_lost_welcomes, WRITING, RED, may_stay=True),
)
OF_USERS = (
    Row("PATCH shows the id of a bystander", showing(("patch",), the_id_is_somebodys), UPDATING, rule="patch"),
    Row("PUT shows the id of a bystander", showing(("replace",), the_id_is_somebodys), UPDATING, rule="put"),
    Row("writes lead to a bystander", writes_lead_to_somebody, UPDATING, RED, may_stay=True, settings=SHORT),
    *(
        Row(f"reads are refused by {code}", reads_of_own(refusing(code)), READING + DELETING, RED, may_stay=True)
        for code in (500, 403, 405)
    ),
    *(
        Row(f"reads show {what}", reads_of_own(lie), READING + WRITING, may_stay=True, rule="read-200")
        for what, lie in (
            ("a bystander", somebody_else),
            ("a bystander under our id", somebody_else_under_this_id),
        )
    ),
    Row("reads show two of ours under the id of each other", swapped_ids, READING + LIFE, rule="read-200"),
    *(Row(f"an id is given again after {looks} looks", ids_given_again(looks), LEAVING) for looks in (0, 1)),
    *(
        Row(f"an id is another's as {spelled!r}", ids_behind_others(spelled), WRITING, RED | {PASSED}, may_stay=True)
        for spelled in ("{}?x=1", "{}#x", "x/../{}", "./{}", "{}/", "{}%00", " {}")
    ),
)
ROWS = OF_CREATES + OF_VIEWS + OF_USERS
