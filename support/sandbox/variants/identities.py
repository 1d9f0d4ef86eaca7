"""Unusual ids, times and ways to write a Location."""

import itertools
import string
import time
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote

from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant
from support.sandbox.variants.representation import letters

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_INDIA = timezone(timedelta(hours=5, minutes=30))


def _encoded_location(sandbox: Sandbox, _location: Decision, user: User) -> str:
    return f"{sandbox.api.path}/{quote(user.id, safe='')}"


def _ids(sandbox: Sandbox, new_id: Any) -> None:
    sandbox.around("new_id", lambda _sandbox, _new_id: new_id())
    sandbox.around("location", _encoded_location)


@variant()
def base64_ids(sandbox: Sandbox) -> None:
    """Ids are base64, with a slash and a plus in them and equals signs at the end."""
    alphabet = string.ascii_letters + string.digits
    _ids(sandbox, lambda: f"{letters(alphabet, 9)}/{letters(alphabet, 6)}+{letters(alphabet, 5)}==")


@variant(at="new_id")
def ulids(_sandbox: Sandbox, _new_id: Decision) -> str:
    """Ids are ULIDs: upper-case letters and digits that begin with the time."""
    milliseconds = time.time_ns() // 1_000_000
    return "".join(_CROCKFORD[milliseconds >> 5 * place & 31] for place in range(9, -1, -1)) + letters(_CROCKFORD, 16)


@variant(at="new_id")
def very_long_ids(_sandbox: Sandbox, _new_id: Decision) -> str:
    """Ids have a thousand characters."""
    return letters(string.ascii_lowercase + string.digits, 1000)


@variant()
def padded_numbers(sandbox: Sandbox) -> None:
    """Ids are numbers of twelve digits as texts, with zeros in front."""
    numbers = itertools.count(sandbox.store.last_number() + 1)
    _ids(sandbox, lambda: f"{next(numbers):012}")


@variant()
def huge_numbers(sandbox: Sandbox) -> None:
    """Ids are numbers as texts, which a program can only keep in 64 bits."""
    numbers = itertools.count(2**63 - 2_000_000_000, 4096)
    _ids(sandbox, lambda: str(next(numbers)))


@variant()
def ids_with_colons_and_dots(sandbox: Sandbox) -> None:
    """Ids have colons and dots, and end like a number with a fraction."""
    _ids(sandbox, lambda: f"tag:example.com,2001:{letters(string.ascii_lowercase, 10)}.v1.0")


@variant()
def ids_that_need_encoding(sandbox: Sandbox) -> None:
    """Ids have spaces, signs that end a path, percent signs and letters of other scripts."""
    _ids(sandbox, lambda: f"李 #{letters(string.digits, 9)}?a=%41&ñ%")


@variant(at="now")
def times_in_lower_case(_sandbox: Sandbox, now: Decision) -> str:
    """The letters in times are small, as RFC 3339 allows."""
    return str(now()).replace("+00:00", "z").replace("T", "t")


@variant(at="now")
def times_at_an_unknown_offset(_sandbox: Sandbox, now: Decision) -> str:
    """Times are at the offset -00:00: UTC, but nobody says where (RFC 3339, 4.3)."""
    return str(now()).replace("+00:00", "-00:00")


@variant(at="now")
def times_in_tenths(_sandbox: Sandbox, now: Decision) -> str:
    """Times have one digit after the point."""
    return str(now()).replace("+00:00", "")[:21] + "+00:00"


@variant(at="now")
def clock_behind(_sandbox: Sandbox, _now: Decision) -> str:
    """The clock of the API is twenty years behind."""
    return (datetime.now(UTC) - timedelta(days=7305)).isoformat(timespec="milliseconds")


@variant(at="list_users")
async def other_times_in_lists(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """Lists and searches show createdAt at another offset than a read."""
    answer: Answer = await list_users(call)
    for user in answer.content:
        precision = "milliseconds" if "." in user["createdAt"] else "seconds"
        moment = datetime.fromisoformat(user["createdAt"]).astimezone(_INDIA)
        user["createdAt"] = moment.isoformat(timespec=precision)
    return answer


@variant(at="created")
def other_time_at_first(_sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """The answer to a sign-up writes createdAt with a Z, a read writes it with an offset."""
    answer: Answer = created(user, call)
    answer.content = {**answer.content, "createdAt": user.created_at.replace("+00:00", "Z")}
    return answer


@variant(at="present")
def odd_fields(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
    """Users have fields with huge and tiny numbers, deep lists, long texts and names in other scripts."""
    nested: Any = []
    for _ in range(30):
        nested = [nested]
    odd = {"": None, "ID": 7, "名": "李", "numbers": [10**40, 1e-300, -0.0], "deep": nested, "emails": []}
    return {**odd, **present(user), "long": "x" * 2000}


@variant(at="location")
def roundabout_location(sandbox: Sandbox, location: Decision, user: User) -> str:
    """Location has dot segments and a query, and leads to the user all the same."""
    return f"{sandbox.api.path}/../{str(location(user)).removeprefix('/')}?from=sign-up#top"


@variant(at="location")
def encoded_location(sandbox: Sandbox, _location: Decision, user: User) -> str:
    """Location has every octet of the id percent-encoded."""
    return sandbox.api.path + "/" + "".join(f"%{octet:02x}" for octet in user.id.encode())
