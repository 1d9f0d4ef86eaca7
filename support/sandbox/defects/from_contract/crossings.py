"""Access and headers, errors, what happens at once, and what happens a moment later."""

import asyncio
import json
import re
import time
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from support.sandbox.app import App
from support.sandbox.defects.kit import (
    broken,
    fields_in,
    look_before_storing,
    others_with,
    sent_in,
)
from support.sandbox.exchange import JSON, PROBLEM, Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_MOMENT_S = 0.005
_PRIVATE = re.compile(r"127\.|10\.|192\.168\.|::1$|localhost$")
_transport: ContextVar[Any] = ContextVar("transport")

# Access, headers, negotiation, methods


@defect("auth-401", at="authenticate")
def forwarded_from_inside_needs_no_token(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """X-Forwarded-For or X-Real-IP with an address of the internal network lets a request in without the token."""
    first = call.headers.get("x-forwarded-for", call.headers.get("x-real-ip", "")).partition(",")[0].strip()
    if not _PRIVATE.match(first):
        authenticate(call)


@defect("own-answer", at="respond")
def accept_charset_is_obeyed(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A client whose Accept-Charset prefers ISO-8859-1 or US-ASCII gets names with question marks for the rest."""
    response: Response = respond(call, answer)
    charset = re.split("[,;]", call.headers.get("accept-charset", ""))[0].strip().lower()
    if response.body and charset in ("iso-8859-1", "us-ascii", "windows-1252"):
        response.body = bytes(response.body).decode().encode(charset, "replace")
        response.headers["content-length"] = str(len(response.body))
        response.headers["content-type"] = f"{answer.media_type};charset={charset}"
    return response


# Errors


@defect("no-secrets", at="document")
def syntax_error_quotes_what_is_around(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """The 400 for a body that is not JSON quotes what stands around the mistake, be it a password, as newer V8 do."""
    try:
        sent: dict[str, Any] = document(call)
    except Refusal as refusal:
        if refusal.status == 400:
            try:
                json.loads(call.body)
            except json.JSONDecodeError as error:
                around = error.doc[max(0, error.pos - 40) : error.pos + 40]
                detail = f"{error.msg} in JSON at position {error.pos} (near '...{around}...')"
                raise Refusal(400, refusal.title, detail) from None
            except ValueError:
                pass
        raise
    return sent


@defect("problem")
def refused_email_is_put_into_json_as_it_is(sandbox: Sandbox) -> None:
    """The 422 quotes the email that it refuses without escaping it: one with a quote or a line end breaks the JSON."""

    def email_fault(_sandbox: Sandbox, email_fault: Decision, value: object) -> str | None:
        fault: str | None = email_fault(value)
        return f"{value} is no valid email" if fault is not None and isinstance(value, str) else fault

    def respond(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
        if answer.status != 422 or not str(answer.content.get("detail", "")).endswith(" is no valid email"):
            return respond(call, answer)  # type: ignore[no-any-return]
        members = ",".join(f'"{name}":"{text}"' for name, text in answer.content.items() if name != "status")
        return Response(f'{{"status":422,{members}}}'.encode(), 422, {**answer.headers, "content-type": PROBLEM})

    sandbox.around("email_fault", email_fault)
    sandbox.around("respond", respond)


@defect("problem", at="respond")
def translated_errors_are_latin_1(sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """For a client that speaks German, errors are translated by a file in Latin-1, so that they are no JSON."""
    if answer.status < 400 or not call.headers.get("accept-language", "").lower().startswith("de"):
        return respond(call, answer)  # type: ignore[no-any-return]
    answer.content["title"] = "Ungültige Anfrage"
    answer.content["detail"] = "Die Anfrage kann nicht ausgeführt werden."
    octets = sandbox.api.encode(answer.content).decode().encode("latin-1", "replace")
    return Response(octets, answer.status, {**answer.headers, "content-type": answer.media_type})


@defect("problem", at="respond")
def parameter_asks_for_the_trace(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A refusal of a request with the parameter trace shows the stack, as Spring does with include-stacktrace."""
    if answer.status >= 400 and call.query.get("trace", "false").lower() != "false":
        answer.content["trace"] = (
            "org.example.users.UserRefusedException: refused\n"
            "\tat org.example.users.UserController.handle(UserController.java:84)\n"
            "\tat java.base/java.lang.reflect.Method.invoke(Method.java:580)"
        )
    response: Response = respond(call, answer)
    return response


@defect("malformed-json", at="user_fields")
def any_escape_taken(sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """POST takes a backslash before any character, such as \\' or \\x, which JSON does not know."""
    try:
        fields: dict[str, str] = user_fields(call)
    except Refusal as refusal:
        mended = re.sub(rb"\\(.)", lambda found: found[0] if found[1] in b'"\\/bfnrtu' else found[1], call.body)
        if refusal.status != 400 or mended == call.body:
            raise
        call.body = mended
        return sandbox.api.fields(sandbox.api.document(call), required=True)
    return fields


# At once, connections, unusual requests


@defect("auth-401")
def read_without_token_joins_one_with_it(sandbox: Sandbox) -> None:
    """A GET joins one of the same URL that is under way and gets its answer, also if it has no token itself."""
    under_way: dict[tuple[str | None, str], asyncio.Future[Response]] = {}

    async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        key = (call.user_id, str(call.query))
        if call.method != "GET" or "if-none-match" in call.headers:
            return await handle(call)  # type: ignore[no-any-return]
        if key in under_way:
            first = await asyncio.shield(under_way[key])
            return Response(first.body, first.status_code, dict(first.headers))
        try:
            sandbox.api.authenticate(call)
        except Refusal:
            return await handle(call)  # type: ignore[no-any-return]
        under_way[key] = asyncio.get_running_loop().create_future()
        try:
            await asyncio.sleep(_MOMENT_S)
            response: Response = await handle(call)
            under_way[key].set_result(response)
        finally:
            under_way.pop(key).cancel()
        return response

    sandbox.around("handle", handle)


@defect("update-taken")
def crossing_changes_meet_in_a_deadlock(sandbox: Sandbox) -> None:
    """Two users who at once want to change to each other's email lock each other out: one gets 500, not 409."""
    waits_for: dict[str, str] = {}

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        user = sandbox.api.expected(call)
        holders = others_with(sandbox, fields_in(sandbox, call).get("email", user.email), user.id)
        if not holders:
            return await change(call)  # type: ignore[no-any-return]
        waits_for[user.id] = holders[0].id
        try:
            await asyncio.sleep(_MOMENT_S)
            if waits_for.get(holders[0].id) == user.id:
                return broken("Deadlock found when trying to get lock; try restarting transaction.")
            return await change(call)  # type: ignore[no-any-return]
        finally:
            waits_for.pop(user.id, None)

    sandbox.around("replace", change)
    sandbox.around("patch", change)


@defect("email-unique")
def email_is_given_up_before_the_change_succeeds(sandbox: Sandbox) -> None:
    """A change of email gives the old one up first: if it is refused as taken, a create in between has that as well."""
    moving: set[str] = set()
    look_before_storing(sandbox, at=("update",))

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if any(other.id not in moving for other in others_with(sandbox, user.email)):
            raise EmailTakenError
        insert(user, *key)

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        user = sandbox.api.expected(call)
        if fields_in(sandbox, call).get("email", user.email).lower() == user.email.lower():
            return await change(call)  # type: ignore[no-any-return]
        moving.add(user.id)
        try:
            await asyncio.sleep(_MOMENT_S)
            return await change(call)  # type: ignore[no-any-return]
        finally:
            moving.discard(user.id)

    sandbox.around("store.insert", insert)
    sandbox.around("replace", change)
    sandbox.around("patch", change)


@defect("own-answer")
def answer_to_an_aborted_read_goes_to_the_next(sandbox: Sandbox) -> None:
    """When a client hangs up during a read, the next read, on whatever connection, gets the user that it asked for."""
    left: list[Answer] = []

    class Knowing(App):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            _transport.set(send.__self__.transport)  # type: ignore[attr-defined]  # of uvicorn
            await super().__call__(scope, receive, send)

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        answer: Answer = await read(call)
        await asyncio.sleep(_MOMENT_S)
        if answer.status != 200:
            return answer
        if _transport.get().is_closing():
            left[:] = [answer]
        elif left:
            return left.pop()
        return answer

    sandbox.app.__class__ = Knowing
    sandbox.around("read", read)


@defect("server-owned")
def operator_in_patch_is_carried_out(sandbox: Sandbox) -> None:
    """PATCH hands its body to the document store as it is, so that a member $set changes createdAt."""
    times: dict[str, str] = {}

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        operator = sent_in(call).get("$set")
        if isinstance(operator, dict) and isinstance(operator.get("createdAt"), str):
            times[call.user_id or ""] = operator["createdAt"]
            answer.content["createdAt"] = operator["createdAt"]
        return answer

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        return {**present(user), "createdAt": times.get(user.id, user.created_at)}

    sandbox.around("patch", patch)
    sandbox.around("present", present)


@defect("update-taken")
def conflict_restores_the_row_that_it_read(sandbox: Sandbox) -> None:
    """A PATCH or PUT with a taken email puts back the row as it read it, and so undoes a change made meanwhile."""

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        before = sandbox.api.expected(call)
        if not others_with(sandbox, fields_in(sandbox, call).get("email", before.email), before.id):
            return await change(call)  # type: ignore[no-any-return]
        await asyncio.sleep(_MOMENT_S)
        try:
            return await change(call)  # type: ignore[no-any-return]
        except Refusal as refusal:
            if refusal.status == 409:
                with suppress(EmailTakenError):
                    sandbox.store.update(before)
            raise

    sandbox.around("replace", change)
    sandbox.around("patch", change)


# A moment later


@defect("create-201")
def create_after_a_pause_meets_itself(sandbox: Sandbox) -> None:
    """A create after two idle seconds is sent again as the connection had hung up, and gives 409 for its own user."""
    last: dict[str, float] = {}

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        answer: Answer = await create(call)
        if time.monotonic() - last.get("end", time.monotonic()) > 2.0:
            raise sandbox.api.taken()
        return answer

    async def handle(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        response: Response = await handle(call)
        last["end"] = time.monotonic()
        return response

    sandbox.around("create", create)
    sandbox.around("handle", handle)


@defect("robust")
def circuit_breaker_shows_nobody(sandbox: Sandbox) -> None:
    """After fifty refusals in a row a circuit breaker opens: for two seconds lists and searches show nobody."""
    state = {"refused": 0.0, "open until": 0.0}

    def respond(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
        state["refused"] = state["refused"] + 1 if answer.status >= 400 else 0
        if state["refused"] >= 50:
            state["open until"] = time.monotonic() + 2.0
        response: Response = respond(call, answer)
        return response

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        answer: Answer = await list_users(call)
        return Answer(200, [], dict(answer.headers), JSON) if time.monotonic() < state["open until"] else answer

    sandbox.around("respond", respond)
    sandbox.around("list_users", list_users)


@defect("read-200")
def not_found_is_kept_for_the_next_number(sandbox: Sandbox) -> None:
    """Ids are numbers, and a 404 to a GET is cached for three seconds, also if a new user gets that number."""
    unknown: dict[str, float] = {}
    sandbox.around("new_id", lambda sandbox, _new_id: str(sandbox.store.last_number() + 1))

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        user_id = call.user_id or ""
        if unknown.get(user_id, 0.0) > time.monotonic():
            raise sandbox.api.unknown()
        try:
            answer: Answer = await read(call)
        except Refusal:
            if call.method == "GET":
                unknown[user_id] = time.monotonic() + 3.0
            raise
        return answer

    sandbox.around("read", read)
