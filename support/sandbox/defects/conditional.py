"""Conditional requests: ETags that do not follow the user, and conditions that are not kept."""

import hashlib

from support.sandbox.defects.kit import gap
from support.sandbox.exchange import Answer, Call, names_tag
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "conditional"
_METHODS = {"PATCH", "PUT", "DELETE"}


@defect(_RULE, at="etag")
def etag_of_the_id(_sandbox: Sandbox, _etag: Decision, user: User) -> str:
    """The ETag is made of the id and stays for ever."""
    return f'"{user.id}"'


@defect(_RULE, at="etag")
def etag_of_the_email(_sandbox: Sandbox, _etag: Decision, user: User) -> str:
    """The ETag is made of the email: a new name keeps it."""
    return f'"{hashlib.sha256(user.email.encode()).hexdigest()[:16]}"'


@defect(_RULE, at="etag")
def etag_of_the_length(_sandbox: Sandbox, _etag: Decision, user: User) -> str:
    """The ETag is made of the email and the length of the name."""
    return f'"{hashlib.sha256(user.email.encode()).hexdigest()[:16]}-{len(user.name) // 100}"'


@defect(_RULE)
def etag_is_remembered_until_put(sandbox: Sandbox) -> None:
    """The ETag is computed once for each user, and again after PUT only: PATCH keeps it."""
    known: dict[str, str] = {}

    async def replace(_sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        known.pop(call.user_id or "", None)
        answer: Answer = await replace(call)
        return answer

    sandbox.around("etag", lambda _sandbox, etag, user: known.setdefault(user.id, etag(user)))
    sandbox.around("replace", replace)


def _ignore_condition(*methods: str) -> Decision:
    def expected(sandbox: Sandbox, expected: Decision, call: Call) -> User:
        user: User = sandbox.api.known(call) if call.method in methods else expected(call)
        return user

    return expected


@defect(_RULE)
def if_match_is_ignored(sandbox: Sandbox) -> None:
    """If-Match is ignored."""
    sandbox.around("expected", _ignore_condition(*_METHODS))


@defect(_RULE)
def if_match_is_ignored_by_delete(sandbox: Sandbox) -> None:
    """DELETE ignores If-Match."""
    sandbox.around("expected", _ignore_condition("DELETE"))


@defect(_RULE)
def if_match_is_ignored_by_put(sandbox: Sandbox) -> None:
    """PUT ignores If-Match."""
    sandbox.around("expected", _ignore_condition("PUT"))


@defect(_RULE, at="expected")
def if_match_takes_one_tag(_sandbox: Sandbox, expected: Decision, call: Call) -> User:
    """If-Match is compared as a whole: a list of tags never matches."""
    if "," in call.headers.get("if-match", ""):
        call.headers = call.headers.mutablecopy()
        call.headers["if-match"] = '"none"'
    user: User = expected(call)
    return user


@defect(_RULE, at="patch")
async def if_match_is_checked_too_early(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH checks If-Match and stores a window later without a second check."""
    if "if-match" in call.headers:
        sandbox.api.expected(call)
        await gap(sandbox)
        call.headers = call.headers.mutablecopy()
        del call.headers["if-match"]
    answer: Answer = await patch(call)
    return answer


@defect(_RULE)
def if_none_match_knows_old_versions(sandbox: Sandbox) -> None:
    """If-None-Match with any ETag that the user ever had gives 304."""
    had: dict[str, set[str]] = {}

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        tags = had.setdefault(call.user_id or "", set())
        if any(names_tag(call.headers.get("if-none-match"), tag) for tag in tags):
            return Answer(304)
        answer: Answer = await read(call)
        tags.add(answer.headers.get("etag", ""))
        return answer

    sandbox.around("read", read)
