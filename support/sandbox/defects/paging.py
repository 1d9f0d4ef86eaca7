"""Pages that show the wrong users, or accept an invalid number."""

import random
import re
from typing import Any

from starlette.datastructures import QueryParams

from support.sandbox.defects.kit import (
    broken,
    instead_of,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_PAGES = "pages"


@defect(_PAGES, at="store.window")
def pages_overlap(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """Each page but the first begins with the last user of the page before."""
    users: list[User] = window(max(0, offset - 1), count)
    return users


@defect(_PAGES, at="store.window")
def pages_leave_a_gap(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """The last user of each full page is on no page."""
    users: list[User] = window(offset, count)
    return users[:-1] if len(users) == count > 1 else users


@defect(_PAGES, at="store.window")
def pages_too_long(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """A page has one user more than its limit."""
    users: list[User] = window(offset, count + 1)
    return users


@defect(_PAGES, at="store.window")
def limit_ignored(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """The first page holds all users, the others none."""
    users: list[User] = window(0, -1) if offset == 0 else []
    return users if count else []


@defect(_PAGES, at="store.window")
def pages_count_from_zero(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """The first page is page 0, so that page 1 is the second."""
    users: list[User] = window(offset + count, count)
    return users


@defect(_PAGES, at="store.window")
def pages_in_random_order(sandbox: Sandbox, _window: Decision, offset: int, count: int) -> list[User]:
    """The users are in another order for each page."""
    users = sandbox.store.all_users()
    random.shuffle(users)
    return users[offset : offset + count]


@defect(_PAGES, at="store.window")
def page_past_the_end_repeats_last(sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """A page past the end shows the last page again."""
    total = sandbox.store.count()
    users: list[User] = window(offset if offset < total else max(0, total - count), count)
    return users


@defect(_PAGES, at="list_users")
async def page_past_the_end_is_404(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A page past the end gives 404."""
    answer: Answer = await list_users(call)
    if "page" in call.query and "email" not in call.query and not answer.content:
        raise sandbox.api.unknown()
    return answer


@defect(_PAGES, at="list_users")
async def page_not_a_number_is_500(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A page that is not a number gives 500."""
    if not call.query.get("page", "1").lstrip("-").isdecimal():
        return broken("invalid literal for int()")
    answer: Answer = await list_users(call)
    return answer


@defect(_PAGES, at="list_users")
async def limit_not_a_number_ignored(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A limit that is not a number gives 200 and an empty list."""
    if not call.query.get("limit", "1").lstrip("-").isdecimal():
        return await instead_of(400, Answer(200, []), list_users, call)
    answer: Answer = await list_users(call)
    return answer


def _take(sandbox: Sandbox, parameter: str, value: str, meant: tuple[int, int]) -> None:
    """Make one value out of range mean this (offset, count)."""

    def page(_sandbox: Sandbox, page: Decision, call: Call) -> Any:
        try:
            return page(call)
        except Refusal:
            if call.query.get(parameter) != value:
                raise
            return meant

    sandbox.around("page", page)


@defect(_PAGES)
def page_0_is_taken(sandbox: Sandbox) -> None:
    """Page 0 gives 200 and the first users."""
    _take(sandbox, "page", "0", (0, 20))


@defect(_PAGES)
def limit_0_is_taken(sandbox: Sandbox) -> None:
    """Limit 0 gives 200 and an empty list."""
    _take(sandbox, "limit", "0", (0, 0))


@defect(_PAGES)
def limit_101_is_taken(sandbox: Sandbox) -> None:
    """Limit 101 gives 200 and at most 100 users."""
    _take(sandbox, "limit", "101", (0, 100))


@defect(_PAGES)
def page_below_0_is_taken(sandbox: Sandbox) -> None:
    """Page -1 gives 200 and an empty list."""
    _take(sandbox, "page", "-1", (0, 0))


@defect(_PAGES)
def limit_below_0_is_taken(sandbox: Sandbox) -> None:
    """Limit -1 gives 200 and all users, as in SQLite."""
    _take(sandbox, "limit", "-1", (0, -1))


@defect(_PAGES)
def limit_1000_is_taken(sandbox: Sandbox) -> None:
    """Limit 1000 is accepted, as the default maximum of a framework, and gives 200 and up to 1000 users."""
    _take(sandbox, "limit", "1000", (0, 1000))


@defect(_PAGES, at="page")
def limit_cut_to_a_whole_number(_sandbox: Sandbox, page: Decision, call: Call) -> Any:
    """A limit with a fraction is truncated."""
    limit = call.query.get("limit", "")
    if limit.replace(".", "", 1).isdecimal() and "." in limit:
        return (0, int(float(limit)))
    return page(call)


@defect("filter-email", at="list_users")
async def page_cut_before_the_look_up(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """?email= with a page searches the users of that page only."""
    answer: Answer = await list_users(call)
    page = sandbox.api.page(call)
    if "email" in call.query and page is not None:
        there = {user.id for user in sandbox.store.window(*page)}
        answer.content = [user for user in answer.content if user["id"] in there]
    return answer


@defect(_PAGES, at="store.window")
def far_pages_overflow(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """Users are counted in 32 bits: a page far past the end is the first again."""
    users: list[User] = window(offset if offset < 2**31 else 0, count)
    return users


@defect(_PAGES, at="page")
def end_of_limit_ignored(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """Characters after the number of a limit are ignored."""
    limit = re.match(r"\d+", call.query.get("limit", ""))
    if limit:
        call.query = QueryParams({**call.query, "limit": limit[0]})
    read: tuple[int, int] | None = page(call)
    return read
