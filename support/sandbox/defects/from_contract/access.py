"""Who gets in without bearing the token as the contract wants it."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import parse_qsl

from starlette.responses import Response

from support.sandbox.exchange import Call, Refusal, bears, names_tag
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "auth-401"


def _let_in(sandbox: Sandbox, is_welcome: Callable[[Call], bool]) -> None:
    """Let requests in that are welcome although they do not bear the token."""

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        try:
            authenticate(call)
        except Refusal:
            if not is_welcome(call):
                raise

    sandbox.around("authenticate", authenticate)


@defect(_RULE)
def token_taken_from_query(sandbox: Sandbox) -> None:
    """A request with the token in any query parameter is let in (RFC 6750, section 2.3)."""
    _let_in(sandbox, lambda call: sandbox.api.token in call.query.values())


@defect(_RULE)
def token_taken_from_cookie(sandbox: Sandbox) -> None:
    """A request with the token in any cookie is let in."""

    def is_welcome(call: Call) -> bool:
        cookies = call.headers.get("cookie", "").split(";")
        return any(cookie.partition("=")[2].strip(' "') == sandbox.api.token for cookie in cookies)

    _let_in(sandbox, is_welcome)


@defect(_RULE)
def token_taken_from_body(sandbox: Sandbox) -> None:
    """A request with the token as a member of its JSON body or a field of its form is let in."""

    def is_welcome(call: Call) -> bool:
        with suppress(ValueError, RecursionError):
            document = json.loads(call.body)
            if isinstance(document, dict):
                return sandbox.api.token in [value for value in document.values() if isinstance(value, str)]
        return sandbox.api.token in (value for _, value in parse_qsl(call.body[:4096].decode("latin-1")))

    _let_in(sandbox, is_welcome)


@defect(_RULE)
def second_word_of_header_is_token(sandbox: Sandbox) -> None:
    """The second word of Authorization is compared: neither the scheme nor what comes after it matters."""
    _let_in(sandbox, lambda call: call.headers.get("authorization", "").split()[1:2] == [sandbox.api.token])


@defect(_RULE)
def token_compared_by_collation(sandbox: Sandbox) -> None:
    """The token is looked up in a database that ignores letter case."""

    def is_welcome(call: Call) -> bool:
        scheme, _, given = call.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and given.lower() == sandbox.api.token.lower()

    _let_in(sandbox, is_welcome)


@defect(_RULE)
def write_without_token_done_later(sandbox: Sandbox) -> None:
    """A write without the token gets 401, but the handler goes on behind it and does the work 0.3 s later."""
    running: set[asyncio.Task[None]] = set()

    async def go_on(call: Call) -> None:
        await asyncio.sleep(0.3)
        with suppress(Refusal):
            await sandbox.api.dispatch(call)

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        try:
            authenticate(call)
        except Refusal:
            if call.method in ("POST", "PUT", "PATCH", "DELETE"):
                task = asyncio.get_running_loop().create_task(go_on(call))
                running.add(task)
                task.add_done_callback(running.discard)
            raise

    sandbox.around("authenticate", authenticate)


@defect(_RULE)
def cached_answer_given_without_token(sandbox: Sandbox) -> None:
    """What a GET with the token got is cached by its email for two seconds, and given to anyone."""
    cached: dict[tuple[str | None, str], tuple[float, Response]] = {}

    async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
        key = (call.user_id, str(call.query))
        until, stored = cached.get(key, (0.0, Response()))
        if call.method == "GET" and not bears(call.headers, sandbox.api.token) and time.monotonic() < until:
            return Response(stored.body, stored.status_code, dict(stored.headers))
        response: Response = await handle(call)
        if call.method == "GET" and response.status_code == 200:
            cached[key] = (time.monotonic() + 2, response)
        return response

    sandbox.around("handle", handle)


@defect(_RULE)
def etag_compared_before_token(sandbox: Sandbox) -> None:
    """A GET with the present ETag in If-None-Match gets 304 without the token."""

    def is_welcome(call: Call) -> bool:
        user = sandbox.store.get(call.user_id or "")
        condition = call.headers.get("if-none-match")
        return call.method == "GET" and user is not None and names_tag(condition, sandbox.api.etag(user))

    _let_in(sandbox, is_welcome)


@defect(_RULE, at="authenticate")
def writes_look_for_user_before_token(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """PUT, PATCH and DELETE of an unknown id without the token give 404, those of a known one 401."""
    if call.method in ("PUT", "PATCH", "DELETE") and call.user_id and sandbox.store.get(call.user_id) is None:
        raise sandbox.api.unknown()
    authenticate(call)


@defect(_RULE)
def head_of_user_open_to_all(sandbox: Sandbox) -> None:
    """HEAD of a user's email without the token gives 200 for a known id and 404 for an unknown one."""
    _let_in(sandbox, lambda call: call.method == "HEAD" and bool(call.user_id))
