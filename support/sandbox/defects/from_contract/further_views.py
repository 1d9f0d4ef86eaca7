"""What lists, pages, searches and HEAD show: further defects that were written from the contract alone."""

import re
import time
from collections.abc import Callable

from starlette.responses import Response

from support.sandbox.exchange import Answer, Call
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_KEPT_S, _KEPT_AFTER_HEAD_S = 1.0, 2.0
_PARAMETERS = {"email", "page", "limit"}
_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


def _keep_for_a_moment(sandbox: Sandbox, key_of: Callable[[Call], str | None]) -> None:
    """Keep the answers to lists that show anybody, by this key if there is one, for a moment or until a write."""
    kept: dict[str, tuple[float, Answer]] = {}

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        key = key_of(call)
        read_at, answer = kept.get(key or "", (0.0, Answer(200)))
        if key is None or time.monotonic() - read_at > _KEPT_S:
            answer = await list_users(call)
            if key is not None and answer.content:
                kept[key] = time.monotonic(), answer
        return Answer(answer.status, answer.content)

    def clear(_sandbox: Sandbox, write: Decision, *what: object) -> object:
        kept.clear()
        return write(*what)

    sandbox.around("list_users", list_users)
    for write in ("insert", "update", "delete"):
        sandbox.around(f"store.{write}", clear)


@defect("filter-email")
def look_ups_kept_by_local_part(sandbox: Sandbox) -> None:
    """What ?email= found is kept for a second, or until the next write, by what stands before the @."""
    _keep_for_a_moment(sandbox, lambda call: call.query["email"].rpartition("@")[0] if "email" in call.query else None)


@defect("pages")
def pages_kept_whatever_their_size(sandbox: Sandbox) -> None:
    """Pages are kept for a second, or until the next write, by their number: another limit does not count."""
    _keep_for_a_moment(sandbox, lambda call: None if "email" in call.query else call.query.get("page"))


@defect("pages", at="page")
def limit_without_page_ignored(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """A limit without a page is checked, and then the whole list is shown."""
    window: tuple[int, int] | None = page(call)
    return window if "page" in call.query else None


@defect("list", at="list_users")
async def unknown_parameter_finds_nobody(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """An unknown parameter is taken for the name of a field that no user has: nobody is shown."""
    answer: Answer = await list_users(call)
    return Answer(200, []) if call.query.keys() - _PARAMETERS else answer


@defect("pages")
def pages_by_last_seen(sandbox: Sandbox) -> None:
    """Pages begin with the user who was read last."""
    seen: dict[str, float] = {}

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        answer: Answer = await read(call)
        seen[call.user_id or ""] = time.monotonic()
        return answer

    def window(sandbox: Sandbox, _: Decision, offset: int, count: int) -> list[User]:
        users = sorted(sandbox.store.all_users(), key=lambda user: -seen.get(user.id, 0.0))
        return users[offset : offset + count]

    sandbox.around("read", read)
    sandbox.around("store.window", window)


@defect("json-media-type", at="respond")
def type_as_preferred(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """The JSON of a 200 is declared as text/html or text/plain for a client that prefers that."""
    response: Response = respond(call, answer)
    preferred = call.headers.get("accept", "").split(",")[0].partition(";")[0].strip()
    if answer.status == 200 and answer.content is not None and preferred in ("text/html", "text/plain"):
        response.headers["content-type"] = preferred
    return response


@defect("head", at="list_users")
async def head_of_no_result_is_404(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """HEAD of a search that finds nobody gives 404, where GET gives 200 and an empty list."""
    answer: Answer = await list_users(call)
    if call.method == "HEAD" and "email" in call.query and not answer.content:
        raise sandbox.api.unknown()
    return answer


@defect("patch")
def head_fills_a_cache(sandbox: Sandbox) -> None:
    """HEAD puts a user into a cache that GET reads for two seconds, whatever changes meanwhile."""
    kept: dict[str, tuple[float, User | None]] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        read_at, user = kept.get(call.user_id or "", (0.0, None))
        answer: Answer = await read(call)
        if call.method == "HEAD":
            kept[call.user_id or ""] = time.monotonic(), sandbox.api.known(call)
        elif user is not None and time.monotonic() - read_at < _KEPT_AFTER_HEAD_S:
            return Answer(200, sandbox.api.present(user), {"etag": sandbox.api.etag(user)})
        return answer

    sandbox.around("read", read)


@defect("exact-text", at="list_users")
async def pages_read_escapes(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    r"""Pages show the six characters \u0041 in a name as the letter A."""
    answer: Answer = await list_users(call)
    if "page" in call.query or "limit" in call.query:
        for user in answer.content:
            user["name"] = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), user["name"])
    return answer
