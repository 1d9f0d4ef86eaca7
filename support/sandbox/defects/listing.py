"""Lists that show the wrong users."""

import time

from support.sandbox.defects.kit import (
    remember_gone,
)
from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_STALE_S = 2.0


def _is_whole(call: Call) -> bool:
    return not call.query.keys() & {"email", "page", "limit"}


@defect("list", at="store.all_users")
def list_is_empty(_sandbox: Sandbox, _all_users: Decision) -> list[User]:
    """The list is empty."""
    return []


@defect("list", at="store.all_users")
def list_lacks_the_newest(_sandbox: Sandbox, all_users: Decision) -> list[User]:
    """The newest user is not in the list."""
    users: list[User] = all_users()
    return users[:-1]


@defect("list", at="store.all_users")
def list_stops_at_ten(_sandbox: Sandbox, all_users: Decision) -> list[User]:
    """The list shows the ten oldest users, and does not say that there are more."""
    users: list[User] = all_users()
    return users[:10]


@defect("list", at="store.all_users")
def list_repeats_a_user(_sandbox: Sandbox, all_users: Decision) -> list[User]:
    """The newest user is in the list twice."""
    users: list[User] = all_users()
    return users + users[-1:]


@defect("list", at="store.all_users")
def list_lacks_other_scripts(_sandbox: Sandbox, all_users: Decision) -> list[User]:
    """Users with a name outside ASCII are not in the list."""
    return [user for user in all_users() if user.name.isascii()]


@defect("list")
def list_shows_deleted(sandbox: Sandbox) -> None:
    """Deleted users stay in the list."""
    gone = remember_gone(sandbox)
    sandbox.around("store.all_users", lambda _sandbox, all_users: [*all_users(), *gone.values()])


@defect("list", at="list_users")
async def list_wrapped_in_object(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """The list comes as an object with a field data."""
    answer: Answer = await list_users(call)
    if _is_whole(call):
        answer.content = {"data": answer.content, "total": len(answer.content)}
    return answer


@defect("list")
def list_is_stale(sandbox: Sandbox) -> None:
    """The list is cached for two seconds."""
    kept: list[User] = []
    until = 0.0

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        nonlocal kept, until
        if time.monotonic() > until:
            kept, until = all_users(), time.monotonic() + _STALE_S
        return kept

    sandbox.around("store.all_users", all_users)


@defect("list", at="store.all_users")
def list_lacks_namesakes(_sandbox: Sandbox, all_users: Decision) -> list[User]:
    """Of several users of one name the list shows the last."""
    return list({user.name: user for user in all_users()}.values())
