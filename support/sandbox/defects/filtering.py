"""`?email=` that finds the wrong users."""

import re
import time

from support.sandbox.defects.kit import (
    users_in,
)
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_FILTER = "filter-email"
_REMEMBERED_S = 3.0


@defect(_FILTER, at="filtered")
def filter_ignored(sandbox: Sandbox, _filtered: Decision, _email: str) -> list[User]:
    """?email= shows all users."""
    return sandbox.store.all_users()


@defect(_FILTER, at="filtered")
def filter_finds_parts(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """?email= also shows users whose email contains what is asked for."""
    return [user for user in sandbox.store.all_users() if email.casefold() in user.email.casefold()]


@defect(_FILTER, at="filtered")
def filter_finds_beginnings(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """?email= also shows users whose email begins with what is asked for."""
    return [user for user in sandbox.store.all_users() if user.email.casefold().startswith(email.casefold())]


@defect(_FILTER, at="filtered")
def filter_is_case_sensitive(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= finds an email only in the letter case in which it was sent."""
    return [user for user in filtered(email) if user.email == email]


@defect(_FILTER)
def changed_emails_found_as_written(sandbox: Sandbox) -> None:
    """?email= finds an email that a user changed to only in the letter case in which it was sent."""
    changed: set[str] = set()

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        update(user)
        changed.add(user.id)

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        return [user for user in filtered(email) if user.id not in changed or user.email == email]

    sandbox.around("store.update", update)
    sandbox.around("filtered", filtered)


@defect(_FILTER, at="filtered")
def filter_misses_capitals(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= never finds an email that was sent with capitals."""
    return [user for user in filtered(email) if user.email == email.lower()]


@defect(_FILTER, at="filtered")
def filter_knows_wildcards(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """In ?email= an underscore stands for any character, and a percent sign for any number, as in LIKE."""
    pattern = re.escape(email.casefold()).replace("_", ".").replace("%", ".*")
    return [user for user in sandbox.store.all_users() if re.fullmatch(pattern, user.email.casefold())]


@defect(_FILTER, at="filtered")
def filter_takes_plus_for_space(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= is decoded twice, so that an email with a plus sign is never found."""
    users: list[User] = filtered(email.replace("+", " "))
    return users


@defect(_FILTER)
def filter_finds_former_email(sandbox: Sandbox) -> None:
    """?email= still finds a user under the email that it had before."""
    former: dict[str, str] = {}

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        if before is not None and before.email.casefold() != user.email.casefold():
            former[before.email.casefold()] = user.id

    def filtered(sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        found: list[User] = filtered(email)
        renamed = sandbox.store.get(former.get(email.casefold(), ""))
        return found or ([renamed] if renamed else [])

    sandbox.around("store.update", update)
    sandbox.around("filtered", filtered)


@defect(_FILTER)
def filter_finds_deleted_by_later_email(sandbox: Sandbox) -> None:
    """?email= forgets a deleted user under their first email, and still finds the user under a later one."""
    moved: set[str] = set()
    left: dict[str, User] = {}

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        if before is not None and before.email.casefold() != user.email.casefold():
            moved.add(user.id)

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        deleted = sandbox.store.get(user_id)
        if deleted is not None and user_id in moved:
            left[deleted.email.casefold()] = deleted
        done: bool = delete(user_id)
        return done

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        found: list[User] = filtered(email)
        deleted = left.get(email.casefold())
        return found or ([deleted] if deleted else [])

    sandbox.around("store.update", update)
    sandbox.around("store.delete", delete)
    sandbox.around("filtered", filtered)


@defect(_FILTER, at="list_users")
async def filter_without_match_is_404(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """?email= gives 404 for an email that no user has."""
    answer: Answer = await list_users(call)
    if "email" in call.query and not answer.content:
        raise sandbox.api.unknown()
    return answer


@defect(_FILTER, at="list_users")
async def filter_shows_no_list(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """?email= gives the user itself, not a list of one."""
    answer: Answer = await list_users(call)
    if "email" in call.query and answer.content:
        answer.content = users_in(answer)[0]
    return answer


@defect(_FILTER)
def filter_remembers_no_match(sandbox: Sandbox) -> None:
    """?email= that found no user finds none for three more seconds."""
    asked: dict[str, float] = {}

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        if time.monotonic() - asked.get(email.casefold(), 0.0) < _REMEMBERED_S:
            return []
        found: list[User] = filtered(email)
        if not found:
            asked[email.casefold()] = time.monotonic()
        return found

    sandbox.around("filtered", filtered)
