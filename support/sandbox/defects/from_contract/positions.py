"""What goes wrong only for users at certain places, or from a certain number of users on."""

from collections.abc import Callable
from typing import Any

from support.sandbox.defects.kit import others_with, remember_gone
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_PAGES = "pages"
_FILTER = "filter-email"


def _look_for_duplicates_among(sandbox: Sandbox, at: str, some: Callable[[list[User]], list[User]]) -> None:
    """Look for the holder of an email among some of the users only, at this place."""
    sandbox.store.allow_duplicate_emails()

    def write_after_looking_at_all(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        write(user, *key)

    def write_after_looking_at_some(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        seen = {other.id for other in some(sandbox.store.all_users())}
        if any(other.id in seen for other in others_with(sandbox, user.email, user.id)):
            raise EmailTakenError
        write(user, *key)

    for name in ("insert", "update"):
        sandbox.around(f"store.{name}", write_after_looking_at_some if name == at else write_after_looking_at_all)


@defect("email-unique")
def post_looks_for_duplicates_among_newest_fifty(sandbox: Sandbox) -> None:
    """POST takes an email again when its holder is not among the fifty newest users."""
    _look_for_duplicates_among(sandbox, "insert", lambda users: users[-50:])


@defect("update-taken")
def change_looks_for_duplicates_among_oldest_twenty(sandbox: Sandbox) -> None:
    """PATCH and PUT take an email again when its holder is not among the twenty oldest users."""
    _look_for_duplicates_among(sandbox, "update", lambda users: users[:20])


@defect(_FILTER, at="filtered")
def filter_searches_newest_fifty(sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= finds only the fifty newest users."""
    newest = {user.id for user in sandbox.store.all_users()[-50:]}
    return [user for user in filtered(email) if user.id in newest]


@defect(_FILTER, at="filtered")
def filter_misses_oldest_user(sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= does not find the very first user, whose place is zero, which is taken for nothing."""
    first = sandbox.store.window(0, 1)
    return [user for user in filtered(email) if user not in first]


@defect(_FILTER, at="list_users")
async def filter_searches_one_page(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """?email= together with a page or limit searches that page of all users only."""
    page, email = sandbox.api.page(call), call.query.get("email")
    if page is None or email is None:
        answer: Answer = await list_users(call)
        return answer
    users = [user for user in sandbox.store.window(*page) if user.email.lower() == email.lower()]
    return Answer(200, [sandbox.api.present(user) for user in users])


@defect(_FILTER, at="filtered")
def blank_filter_shows_all_users(sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= with nothing but white space shows all users."""
    users: list[User] = sandbox.store.all_users() if email and not email.strip() else filtered(email)
    return users


@defect(_PAGES, at="list_users")
async def filtered_user_on_every_page(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """?email= together with a page shows the user on each page, also on the second."""
    sandbox.api.page(call)
    email = call.query.get("email")
    if email is None:
        answer: Answer = await list_users(call)
        return answer
    return Answer(200, [sandbox.api.present(user) for user in sandbox.api.filtered(email)])


@defect(_PAGES, at="page")
def page_not_checked_beside_filter(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """A page or limit out of range is not refused beside ?email=."""
    try:
        wanted: tuple[int, int] | None = page(call)
    except Refusal:
        if "email" not in call.query:
            raise
        return None
    return wanted


@defect(_PAGES, at="store.window")
def pages_end_after_hundred_users(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """Pages that begin after the first hundred users are empty."""
    users: list[User] = window(offset, count) if offset < 100 else []
    return users


@defect(_PAGES, at="store.window")
def pages_shorter_than_limit_says(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """A page has at most fifty users but the next one begins where the limit says, so that users are lost."""
    users: list[User] = window(offset, min(count, 50))
    return users


@defect(_PAGES, at="store.window")
def page_offset_wraps_at_32_bits(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """A page far past the end shows the first users again, since its offset wraps at 2^32."""
    users: list[User] = window(offset % 2**32, count)
    return users


@defect(_PAGES, at="store.window")
def ties_lost_between_pages(sandbox: Sandbox, _window: Decision, offset: int, count: int) -> list[User]:
    """A page begins after the second in which the last user of the page before was created, and loses others of it."""
    users, start = sandbox.store.all_users(), 0
    for _ in range(offset // count):
        before = users[start : start + count]
        if not before:
            break
        start += len(before)
        while start < len(users) and users[start].created_at[:19] == before[-1].created_at[:19]:
            start += 1
    return users[start : start + count]


@defect(_PAGES, at="store.window")
def same_names_in_any_order_on_pages(sandbox: Sandbox, _window: Decision, offset: int, count: int) -> list[User]:
    """Pages are ordered by name, and users of one name stand in another order on every second page."""
    users = sandbox.store.all_users()
    if offset // count % 2:
        users.reverse()
    return sorted(users, key=lambda user: user.name)[offset : offset + count]


@defect("list", at="list_users")
async def list_misses_user_between_portions(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """The whole list is read in portions of fifty users, and the one after each portion is missing."""
    answer: Answer = await list_users(call)
    if not call.query:
        del answer.content[50::51]
    return answer


def _remember_until_written(
    sandbox: Sandbox, window: Callable[..., list[User]], remembered: dict[Any, list[User]]
) -> None:
    """Read pages with what is remembered, which a POST, PATCH or PUT clears."""

    def write(_sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        write(user, *key)
        remembered.clear()

    sandbox.around("store.window", window)
    for name in ("insert", "update"):
        sandbox.around(f"store.{name}", write)


@defect("pages")
def later_pages_remembered_over_delete(sandbox: Sandbox) -> None:
    """The second and later pages are remembered until a POST, PATCH or PUT, and so show deleted users."""
    remembered: dict[tuple[int, int], list[User]] = {}

    def window(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
        if (offset, count) in remembered:
            return remembered[offset, count]
        users: list[User] = window(offset, count)
        if offset:
            remembered[offset, count] = users
        return users

    _remember_until_written(sandbox, window, remembered)


@defect(_PAGES)
def second_page_remembered_over_delete(sandbox: Sandbox) -> None:
    """The second page is remembered until a POST, PATCH or PUT, and so shows deleted users."""
    remembered: dict[int, list[User]] = {}

    def window(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
        users: list[User] = window(offset, count)
        return remembered.setdefault(count, users) if offset == count else users

    _remember_until_written(sandbox, window, remembered)


@defect(_PAGES)
def deleted_users_fill_the_second_page(sandbox: Sandbox) -> None:
    """Deleted users are only marked as such, and stand behind the others where the second page has room."""
    gone = remember_gone(sandbox)

    def window(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
        users: list[User] = window(offset, count)
        return [*users, *gone.values()][:count] if offset == count else users

    sandbox.around("store.window", window)
