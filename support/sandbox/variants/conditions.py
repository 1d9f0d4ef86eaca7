"""Conditional requests and deletions that the contract leaves open."""

import itertools
import re
from collections.abc import Callable

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, variant

_DELAY_S = 0.4
_TAG = r'(?:W/)?"[^"]*"'
_TAGS = re.compile(rf"\*|{_TAG}(?:\s*,\s*{_TAG})*")


def _refuse_outdated(sandbox: Sandbox, has_present: Callable[[str, str], bool]) -> None:
    """Let If-Match be read in another way: whether a condition names the present ETag."""

    def expected(sandbox: Sandbox, _expected: Decision, call: Call) -> User:
        user: User = sandbox.api.known(call)
        wanted = call.headers.get("if-match")
        if wanted not in (None, "*") and not has_present(wanted, sandbox.api.etag(user)):
            raise Refusal(412, "Precondition Failed", "The user has changed since.")
        return user

    sandbox.around("expected", expected)


@variant(at="read")
async def if_none_match_ignored(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A read is answered by 200 whatever its If-None-Match."""
    call.headers = call.headers.mutablecopy()
    del call.headers["if-none-match"]
    answer: Answer = await read(call)
    return answer


@variant()
def weak_etags_never_match(sandbox: Sandbox) -> None:
    """ETags are weak, and If-Match finds none of them equal (RFC 9110, 8.8.3.2)."""
    sandbox.around("etag", lambda _, etag, user: f"W/{etag(user)}")
    _refuse_outdated(sandbox, lambda _wanted, _present: False)


@variant(at="respond")
def etags_of_reads_only(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Only reads have an ETag."""
    if call.method not in ("GET", "HEAD"):
        answer.headers.pop("etag", None)
    response: Response = respond(call, answer)
    return response


@variant()
def etags_with_commas(sandbox: Sandbox) -> None:
    """ETags hold commas and signs beyond ASCII's letters."""
    sandbox.around("etag", lambda _, etag, user: etag(user).replace('"', '",v=1;~', 1))
    _refuse_outdated(sandbox, lambda wanted, present: present in wanted)
    sandbox.around("read", _read_with_any_etag)


async def _read_with_any_etag(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    answer: Answer = await read(call)
    if answer.status == 200 and answer.headers["etag"] in call.headers.get("if-none-match", ""):
        return Answer(304, headers=answer.headers)
    return answer


@variant()
def etags_count_versions(sandbox: Sandbox) -> None:
    """The ETag of a user is the number of the version, the same for many users."""
    versions: dict[str, int] = {}

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        update(user)
        versions[user.id] = versions.get(user.id, 1) + 1

    sandbox.around("store.update", update)
    sandbox.around("etag", lambda _, _etag, user: f'"{versions.get(user.id, 1)}"')
    sandbox.around("update", _with_present_etag)


def _with_present_etag(sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
    answer: Answer = update(user, fields)
    answer.headers["etag"] = sandbox.api.etag(user)
    return answer


@variant()
def etags_of_each_write(sandbox: Sandbox) -> None:
    """Each write brings a new ETag, also one that changes nothing or changes back."""
    writes = itertools.count(1)
    last: dict[str, int] = {}

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        update(user)
        last[user.id] = next(writes)

    sandbox.around("store.update", update)
    sandbox.around("etag", lambda _, _etag, user: f'"{user.id[:8]}-{last.get(user.id, 0):x}"')
    sandbox.around("update", _with_present_etag)


@variant(at="deleted")
def deletions_accepted(_sandbox: Sandbox, _deleted: Decision, user: User) -> Answer:
    """DELETE gives 202 and a document, although the user is gone at once."""
    return Answer(202, {"state": "queued", "user": user.id})


@variant(at="delete")
async def deletions_accepted_again(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE gives 202 as often as it is asked, until the user is gone a moment later; after that 404."""
    call.deletion_delay_s = _DELAY_S
    answer: Answer = await delete(call)
    return Answer(202) if answer.status == 204 else answer


@variant(at="deleted")
def delete_is_200_without_body(_sandbox: Sandbox, _deleted: Decision, _user: User) -> Answer:
    """DELETE gives 200 and no body."""
    return Answer(200)


@variant(at="deleted")
def delete_is_200_with_null(_sandbox: Sandbox, _deleted: Decision, _user: User) -> Answer:
    """DELETE gives 200 and a JSON text that is no object."""
    return Answer(200, "deleted")


@variant(at="known")
def if_match_of_unknown_is_412(_sandbox: Sandbox, known: Decision, call: Call) -> User:
    """A request with If-Match on an unknown user gets 412 (RFC 9110, 13.1.1)."""
    try:
        user: User = known(call)
    except Refusal:
        if "if-match" in call.headers:
            raise Refusal(412, "Precondition Failed", "There is no version of this user.") from None
        raise
    return user


@variant(at="known")
def conditions_that_are_none_refused(_sandbox: Sandbox, known: Decision, call: Call) -> User:
    """An If-Match or If-None-Match that is no list of tags is refused with 400."""
    for name in ("if-match", "if-none-match"):
        if not _TAGS.fullmatch(call.headers.get(name, "*").strip()):
            raise Refusal(400, "Bad Request", f"{name} is a list of entity tags.")
    user: User = known(call)
    return user
