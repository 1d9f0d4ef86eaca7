"""Faults between layers, and in what few clients send."""

import asyncio
import re

from starlette.responses import Response

from support.sandbox.defects.kit import act_when_refused, broken, remember_gone, valid_part
from support.sandbox.exchange import Answer, Call, Refusal, is_condition
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect


@defect("problem", at="handle")
async def preflight_refused_in_plain_text(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A CORS preflight (OPTIONS with Origin) gives 400 and plain text."""
    if call.method == "OPTIONS" and "origin" in call.headers and "access-control-request-method" in call.headers:
        return Response("Disallowed CORS origin", 400, media_type="text/plain")
    response: Response = await handle(call)
    return response


@defect("problem", at="respond")
def browsers_get_error_pages(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A request whose Accept names text/html gets its errors as an HTML page."""
    response: Response = respond(call, answer)
    if answer.status >= 400 and "text/html" in call.headers.get("accept", ""):
        page = f"<html><body><h1>Whitelabel Error Page</h1><p>status={answer.status}</p></body></html>"
        headers = {name: value for name, value in answer.headers.items() if name != "content-type"}
        return Response(page, answer.status, headers, "text/html")
    return response


@defect("own-answer", at="handle")
async def percent_in_a_cookie_is_400(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """A cookie with a percent sign that is no escape (`sale=50%`) makes any request a 400: URI malformed."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", call.headers.get("cookie", "")):
        return sandbox.api.respond(call, sandbox.api.refuse(Refusal(400, "Bad Request", "URI malformed")))
    response: Response = await handle(call)
    return response


@defect("filter-email")
def search_for_a_deleted_user_breaks(sandbox: Sandbox) -> None:
    """?email= answers 500 for the email of a user who was deleted: the index still has the row."""
    gone = remember_gone(sandbox)

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        answer: Answer = await list_users(call)
        email = call.query.get("email", "").casefold()
        return broken() if email in {user.email.casefold() for user in gone.values()} else answer

    sandbox.around("list_users", list_users)


@defect("pages")
def page_of_a_deleted_user_breaks(sandbox: Sandbox) -> None:
    """A page that has shown a user answers 500 for good once that user is deleted."""
    shown: dict[str, set[str]] = {}
    gone = remember_gone(sandbox)

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        answer: Answer = await list_users(call)
        if "page" not in call.query:
            return answer
        ids = shown.setdefault(str(call.query), set())
        ids |= {user["id"] for user in answer.content if isinstance(user, dict)}
        return broken() if ids & gone.keys() else answer

    sandbox.around("list_users", list_users)


@defect("pages", at="page")
def page_alone_skips_five(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """Without a limit, pages begin every 25 users but have 20: two constants for one thing."""
    found: tuple[int, int] | None = page(call)
    if found is not None and "limit" not in call.query:
        return found[0] // 20 * 25, 20
    return found


@defect("conditional", at="expected")
def if_match_list_needs_blanks(sandbox: Sandbox, expected: Decision, call: Call) -> User:
    """If-Match is split at comma and blank: "old","present" without a blank gives 412."""
    user: User = expected(call)
    wanted = call.headers.get("if-match", "").strip()
    if is_condition(wanted) and wanted != "*" and sandbox.api.etag(user) not in wanted.split(", "):
        raise Refusal(412, "Precondition Failed", "The user has changed since.")
    return user


@defect("update-invalid")
def refused_patch_stays_dirty(sandbox: Sandbox) -> None:
    """The valid part of a refused PATCH stays in the session: the next change of that user stores it as well."""
    dirty: dict[str | None, dict[str, str]] = {}

    def keep(call: Call) -> None:
        dirty[call.user_id] = valid_part(sandbox, call)

    def update(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
        answer: Answer = update(user, {**dirty.pop(user.id, {}), **fields})
        return answer

    act_when_refused(sandbox, "patch", 422, keep)
    sandbox.around("update", update)


@defect("burst")
def bulk_insert_fails_as_a_whole(sandbox: Sandbox) -> None:
    """Creates within 25 ms become one insert: if one of their addresses is taken already, all of them get 409."""
    batches: list[dict[str, bool]] = []

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        fields = sandbox.api.user_fields(call)
        if not batches:
            batches.append({"failed": False})
            asyncio.get_running_loop().call_later(0.025, batches.clear)
        batch = batches[0]
        batch["failed"] |= bool(sandbox.store.holders(fields["email"]))
        await asyncio.sleep(0.026)
        if batch["failed"]:
            raise sandbox.api.taken()
        answer: Answer = await create(call)
        return answer

    sandbox.around("create", create)
