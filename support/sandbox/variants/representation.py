"""Unusual users: ids, times, fields, order."""

import hashlib
import itertools
import json
import random
import string
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call
from support.sandbox.existing_users import existing_users
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant

_LAG_S = 0.5
_SHORT = string.ascii_lowercase + string.digits
_dice = random.SystemRandom()


def letters(alphabet: str, count: int) -> str:
    """Draw signs of an alphabet."""
    return "".join(_dice.choices(alphabet, k=count))


@variant()
def integer_ids(sandbox: Sandbox) -> None:
    """Ids are strings of digits that count up, and none is used twice."""
    numbers = itertools.count(sandbox.store.last_number() + 1)
    sandbox.around("new_id", lambda _sandbox, _new_id: str(next(numbers)))


@variant(at="new_id")
def long_ids(_sandbox: Sandbox, _new_id: Decision) -> str:
    """Ids have 240 characters."""
    return letters(string.ascii_lowercase + string.digits, 240)


@variant(at="new_id")
def short_ids(_sandbox: Sandbox, _new_id: Decision) -> str:
    """Ids are eight letters and digits, in which upper and lower case differ."""
    return letters(string.ascii_letters + string.digits, 8)


@variant(at="new_id")
def punctuated_ids(_sandbox: Sandbox, _new_id: Decision) -> str:
    """Ids hold the punctuation that a path may hold unescaped, as base64 and URNs do."""
    return f"urn:user:{letters(string.ascii_letters, 12)}+{letters(string.digits, 3)}=="


@variant(at="etag")
def weak_etags(_sandbox: Sandbox, etag: Decision, user: User) -> str:
    """ETags are weak: they do not promise the same bytes."""
    return f"W/{etag(user)}"


@variant(at="respond")
def no_etags(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """No answer has an ETag."""
    answer.headers.pop("etag", None)
    response: Response = respond(call, answer)
    return response


@variant(at="now")
def times_in_z(_sandbox: Sandbox, now: Decision) -> str:
    """Times end in Z."""
    return str(now()).replace("+00:00", "Z")


@variant(at="now")
def times_in_seconds(_sandbox: Sandbox, _now: Decision) -> str:
    """Times have no fraction of a second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@variant(at="now")
def times_in_microseconds(_sandbox: Sandbox, _now: Decision) -> str:
    """Times have microseconds."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@variant(at="now")
def times_in_nanoseconds(_sandbox: Sandbox, _now: Decision) -> str:
    """Times have nine digits after the point."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "789Z"


@variant(at="now")
def times_in_india(_sandbox: Sandbox, _now: Decision) -> str:
    """Times are at the offset +05:30."""
    return datetime.now(timezone(timedelta(hours=5, minutes=30))).isoformat(timespec="milliseconds")


@variant(at="present")
def extra_fields(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Users have further fields, null, nested and empty ones among them."""
    further: dict[str, Any] = {
        "updatedAt": user.created_at,
        "phone": None,
        "roles": [],
        "links": {"self": f"/{user.id}"},
    }
    return {**present(user), **further}


@variant(at="present")
def fields_in_another_order(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """The fields of a user come last to first."""
    return dict(reversed(present(user).items()))


@variant(at="present")
def lower_case_emails(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Emails come back in lower case."""
    return {**present(user), "email": user.email.lower()}


@variant()
def half_of_a_pair(sandbox: Sandbox) -> None:
    """Users have a field whose text is cut in the middle of an emoji, as JSON can write and UTF-8 cannot."""
    sandbox.around("present", lambda _, present, user: {**present(user), "motto": "to be cut \ud83d"})
    sandbox.around("encode", lambda _, _encode, content: json.dumps(content).encode())


@variant()
def newest_first(sandbox: Sandbox) -> None:
    """The list begins with the newest user."""
    list_in_order(sandbox, lambda users: users[::-1])


@variant()
def order_by_hash(sandbox: Sandbox) -> None:
    """The list has a stable order that follows no field."""
    list_in_order(sandbox, lambda users: sorted(users, key=lambda user: hashlib.sha256(user.id.encode()).digest()))


@variant()
def short_ids_of_many(sandbox: Sandbox) -> None:
    """Ids have two characters, and most of them are taken."""
    free = [one + other for one in _SHORT for other in _SHORT]
    _dice.shuffle(free)
    sandbox.store.add_existing(user._replace(id=free.pop()) for user in existing_users(len(free) * 2 // 3))
    longer = (f"{one}-{number}" for number in itertools.count() for one in _SHORT)
    sandbox.around("new_id", lambda _sandbox, _new_id: free.pop() if free else next(longer))


@variant()
def ids_withoutletters(sandbox: Sandbox) -> None:
    """Ids end in signs that are neither letters nor digits."""
    numbers = itertools.count(1)
    sandbox.around("new_id", lambda _sandbox, _new_id: f"user-{next(numbers)}:~~~~~~~~")


@variant()
def list_in_any_order(sandbox: Sandbox) -> None:
    """The list has another order each time; its pages have one that is stable."""

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        users: list[User] = all_users()
        return _dice.sample(users, len(users))

    sandbox.around("store.all_users", all_users)


@variant()
def ten_thousand_others(sandbox: Sandbox) -> None:
    """Ten thousand users exist already."""
    sandbox.store.add_existing(existing_users(10_000))


@variant()
def lists_lag_behind_deletions(sandbox: Sandbox) -> None:
    """A deleted user is gone at once and the email free; the list, ?email= and HEAD show the user for half a second."""
    shown: list[tuple[float, User]] = []

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None:
            shown.append((time.monotonic() + _LAG_S, user))
        return bool(delete(user_id))

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        return [*all_users(), *_deleted_users()]

    def found(_sandbox: Sandbox, find: Decision, email: str) -> list[User]:
        return [*find(email), *(user for user in _deleted_users() if user.email.casefold() == email.casefold())]

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        leaver = next((user for user in _deleted_users() if user.id == call.user_id), None)
        if leaver is not None and call.method == "HEAD":
            return Answer(200, sandbox.api.present(leaver))
        answer: Answer = await read(call)
        return answer

    def _deleted_users() -> list[User]:
        return [user for until, user in shown if until > time.monotonic()]

    sandbox.around("store.delete", delete)
    sandbox.around("read", read)
    sandbox.around("filtered", found)
    sandbox.around("store.all_users", all_users)
    sandbox.around("store.window", cut_from_the_list)


@variant()
def replicas_in_turns(sandbox: Sandbox) -> None:
    """Two servers answer reads in turns, and one of them shows deletions half a second late."""
    left: dict[str, tuple[float, User]] = {}
    turns = itertools.cycle((False, True))

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None:
            left[user_id] = (time.monotonic() + _LAG_S, user)
        return bool(delete(user_id))

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        until, user = left.get(call.user_id or "", (0.0, None))
        if next(turns) and user is not None and time.monotonic() < until:
            return Answer(200, sandbox.api.present(user))
        answer: Answer = await read(call)
        return answer

    sandbox.around("store.delete", delete)
    sandbox.around("read", read)


@variant(at="filtered")
def look_ups_checked(sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """?email= refuses an invalid email."""
    fault = sandbox.api.email_fault(email)
    if fault is not None:
        raise sandbox.api.invalid(fault)
    found: list[User] = filtered(email)
    return found


def list_in_order(sandbox: Sandbox, arrange: Decision) -> None:
    """Let the list and its pages have another order."""

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        users: list[User] = arrange(all_users())
        return users

    sandbox.around("store.all_users", all_users)
    sandbox.around("store.window", cut_from_the_list)


def cut_from_the_list(sandbox: Sandbox, _window: Decision, offset: int, count: int) -> list[User]:
    """Take a page from the whole list, so that both have the same order."""
    return sandbox.store.all_users()[offset : offset + count]
