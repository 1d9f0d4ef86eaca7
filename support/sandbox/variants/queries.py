"""Queries and paths that the contract lets an API read in more than one way, and the order of lists."""

import itertools
from collections.abc import Callable

from starlette.datastructures import QueryParams

from support.sandbox import checks
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant
from support.sandbox.variants.representation import cut_from_the_list, list_in_order

_KNOWN_PARAMETERS = {"email", "page", "limit"}
_LARGEST = 2**31
_MOST_ON_A_PAGE = 10
Page = tuple[int, int] | None


def _with(call: Call, change: Callable[[str], str | None]) -> Call:
    """Return a call with page and limit changed, or left out where they become None."""
    pairs = ((name, change(value) if name != "email" else value) for name, value in call.query.multi_items())
    query = QueryParams([(name, value) for name, value in pairs if value is not None])
    return Call(call.method, call.user_id, query, call.headers, call.body)


def _as_number(text: str) -> str:
    """Return the digits 0 to 9 of a number that `int` reads."""
    try:
        return text if "_" in text else str(int(text))
    except ValueError:
        return text


@variant(at="page")
def numbers_in_any_script(_sandbox: Sandbox, page: Decision, call: Call) -> Page:
    """A page or limit may have a plus, spaces around it and the digits of any script."""
    read: Page = page(_with(call, _as_number))
    return read


@variant(at="page")
def leading_zeros_refused(sandbox: Sandbox, page: Decision, call: Call) -> Page:
    """A page or limit with a leading zero is refused."""
    if any(call.query.get(name, "").startswith("0") for name in ("page", "limit")):
        raise sandbox.api.bad_page()
    read: Page = page(call)
    return read


@variant(at="page")
def empty_pages_ignored(_sandbox: Sandbox, page: Decision, call: Call) -> Page:
    """An empty page or limit is as good as none."""
    read: Page = page(_with(call, lambda value: value or None))
    return read


@variant(at="page")
def huge_pages_refused(sandbox: Sandbox, page: Decision, call: Call) -> Page:
    """A page beyond 2^31 is refused."""
    number = checks.whole_number(call.query.get("page", "1"))
    if number is not None and number > _LARGEST:
        raise sandbox.api.bad_page()
    read: Page = page(call)
    return read


@variant(at="page")
def pages_cut_at_ten(_sandbox: Sandbox, page: Decision, call: Call) -> Page:
    """A page has ten users at most, whatever larger limit is asked for."""
    read: Page = page(call)
    return (read[0] // read[1] * _MOST_ON_A_PAGE, _MOST_ON_A_PAGE) if read and read[1] > _MOST_ON_A_PAGE else read


@variant(at="page")
def pages_of_seven(_sandbox: Sandbox, page: Decision, call: Call) -> Page:
    """A page without a limit has seven users."""
    read: Page = page(call)
    if read is None or "limit" in call.query:
        return read
    return read[0] // 20 * 7, 7


@variant(at="list_users")
async def unknown_parameters_refused(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """An unknown parameter is refused with 400."""
    unknown = call.query.keys() - _KNOWN_PARAMETERS
    if unknown:
        raise Refusal(400, "Bad Request", f"There is no parameter {', '.join(sorted(unknown))}.")
    answer: Answer = await list_users(call)
    return answer


@variant(at="list_users")
async def repeated_parameters_refused(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A parameter that is there twice is refused with 400."""
    if len(call.query.multi_items()) > len(call.query.keys()):
        raise Refusal(400, "Bad Request", "A parameter is there more than once.")
    answer: Answer = await list_users(call)
    return answer


@variant(at="app.query")
def first_of_repeated_parameters(_sandbox: Sandbox, query: Decision, octets: bytes) -> QueryParams:
    """Of a parameter that is there twice, the first value counts."""
    return QueryParams(list(reversed(query(octets).multi_items())))


@variant(at="app.query")
def plus_is_a_plus(_sandbox: Sandbox, query: Decision, octets: bytes) -> QueryParams:
    """A plus in a query is a plus, as RFC 3986 has it."""
    read: QueryParams = query(octets.replace(b"+", b"%2B"))
    return read


@variant(at="dispatch")
async def slash_after_an_id(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A user is also at the URL with a slash at its end."""
    if call.user_id and sandbox.store.get(call.user_id.removesuffix("/")):
        call.user_id = call.user_id.removesuffix("/")
    answer: Answer = await dispatch(call)
    return answer


@variant(at="dispatch")
async def slash_redirects(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """The URL of a user with a slash at its end redirects to the user."""
    user = sandbox.store.get((call.user_id or "").removesuffix("/"))
    if user is not None and user.id != call.user_id:
        return Answer(308, headers={"location": sandbox.api.location(user)})
    answer: Answer = await dispatch(call)
    return answer


@variant()
def order_by_name(sandbox: Sandbox) -> None:
    """The list is in the order of names, users with the same name by their ids."""
    list_in_order(sandbox, lambda users: sorted(users, key=lambda user: (user.name.casefold(), user.id)))


@variant()
def order_by_email(sandbox: Sandbox) -> None:
    """The list is in the order of emails, last to first."""
    list_in_order(sandbox, lambda users: sorted(users, key=lambda user: user.email.lower(), reverse=True))


@variant()
def last_changed_first(sandbox: Sandbox) -> None:
    """The list begins with the user who was changed or created last."""
    turns, changed = itertools.count(), dict[str, int]()

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        update(user)
        changed[user.id] = next(turns)

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        insert(user, *key)
        changed[user.id] = next(turns)

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        return sorted(all_users(), key=lambda user: changed.get(user.id, -1), reverse=True)

    sandbox.around("store.update", update)
    sandbox.around("store.insert", insert)
    sandbox.around("store.all_users", all_users)
    sandbox.around("store.window", cut_from_the_list)
