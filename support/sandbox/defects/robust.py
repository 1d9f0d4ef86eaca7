"""Unusual requests that bring the server down, change what they do not name, or spoil what comes later."""

import asyncio
import json
import re
import zlib
from contextlib import suppress
from typing import Any

from support.sandbox.defects.kit import as_json, broken, sent_in, store_anyway
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError
from support.sandbox.twists import Decision, Sandbox, defect

_RULE = "robust"
_DEEP, _LONG = 1_000, 20_000
_LATER_S = 0.2
_CONNECTIONS = 60
_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")


def _breaks(sandbox: Sandbox, *, when: Decision, at: str = "dispatch") -> None:
    """Make a handler break down where a request has something."""

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        answer: Answer = broken() if when(call) else await handler(call)
        return answer

    sandbox.around(at, handler)


def _document(call: Call) -> dict[str, Any]:
    """Read the fields of a body that can be read."""
    try:
        return sent_in(call)
    except (ValueError, RecursionError):
        return {}


@defect(_RULE)
def deep_json_is_500(sandbox: Sandbox) -> None:
    """JSON that is nested deeper than the stack of its reader gives 500."""
    _breaks(sandbox, when=lambda call: call.body.count(b"[") > _DEEP or call.body.count(b"{") > _DEEP)


@defect(_RULE, at="create")
async def infinite_numbers_are_500(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A number beyond those of the processor, such as 1e400, becomes infinite and gives 500 when it is written."""
    try:
        json.dumps(_document(call), allow_nan=False)
    except ValueError:
        return broken()
    answer: Answer = await create(call)
    return answer


@defect(_RULE, at="create")
async def half_pairs_are_500(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """Half of a surrogate pair, which UTF-8 cannot write, gives 500 when the user is stored."""
    return broken() if re.search(rb"\\u[dD][89a-fA-F]", call.body) else await create(call)


@defect(_RULE)
def nul_in_ids_is_500(sandbox: Sandbox) -> None:
    """An id with NUL, which PostgreSQL takes in no text, gives 500."""
    _breaks(sandbox, when=lambda call: "\0" in (call.user_id or ""))


@defect(_RULE)
def bytes_in_queries_are_500(sandbox: Sandbox) -> None:
    """A query whose bytes are not UTF-8 gives 500."""
    _breaks(sandbox, when=lambda call: "\ufffd" in str(call.query.multi_items()))


@defect(_RULE)
def repeated_parameters_are_500(sandbox: Sandbox) -> None:
    """A parameter that comes twice becomes a list, on which the search fails with 500."""
    _breaks(sandbox, when=lambda call: len(call.query.getlist("email")) > 1)


@defect(_RULE)
def unknown_charsets_are_500(sandbox: Sandbox) -> None:
    """A charset that the server does not know gives 500."""

    def is_unknown(call: Call) -> bool:
        charset = re.search(r"charset=([\w-]+)", call.headers.get("content-type", ""))
        try:
            "".encode(charset[1] if charset else "utf-8")
        except LookupError:
            return True
        return False

    _breaks(sandbox, when=is_unknown)


@defect(_RULE)
def bytes_in_headers_are_500(sandbox: Sandbox) -> None:
    """A header with bytes beyond ASCII, as the log cannot write it, gives 500."""
    _breaks(sandbox, when=lambda call: not "".join(call.headers.values()).isascii())


@defect(_RULE)
def other_dates_are_500(sandbox: Sandbox) -> None:
    """A date in If-Modified-Since that cannot be read gives 500."""

    def cannot_be_read(call: Call) -> bool:
        value = call.headers.get("if-modified-since")
        return value is not None and not _DATE.fullmatch(value)

    _breaks(sandbox, when=cannot_be_read)


@defect(_RULE, at="patch")
async def false_gzip_is_500(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A body that says gzip and is none gives 500."""
    try:
        if call.headers.get("content-encoding") == "gzip":
            call.body = zlib.decompress(call.body, wbits=31)
    except zlib.error:
        return broken()
    answer: Answer = await patch(call)
    return answer


@defect(_RULE)
def unknown_methods_are_500(sandbox: Sandbox) -> None:
    """A method that no handler is named after gives 500."""
    known = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    _breaks(sandbox, when=lambda call: call.method not in known)


@defect(_RULE, at="create")
async def long_names_hang(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A name that is long keeps a regular expression busy for good, and is never answered."""
    if len(str(_document(call).get("name"))) > _LONG:
        await asyncio.sleep(3600)
    answer: Answer = await create(call)
    return answer


@defect(_RULE, at="handle")
async def method_override_is_obeyed(_sandbox: Sandbox, handle: Decision, call: Call) -> Any:
    """X-HTTP-Method-Override says what a GET does."""
    call.method = call.headers.get("x-http-method-override", call.method)
    return await handle(call)


@defect(_RULE)
def second_name_is_stored_unchecked(sandbox: Sandbox) -> None:
    """Of a name that comes twice the first one is checked, and the second one stored."""
    names: list[Any] = []

    def parse(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
        document = parse(body)
        names.clear()
        json.loads(body, object_pairs_hook=lambda pairs: names.extend(one for key, one in pairs if key == "name"))
        return {**document, "name": names[0]} if len(names) > 1 else document

    def fields(_sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        read: dict[str, str] = fields(document, required=required)
        return {**read, "name": str(names[-1])} if len(names) > 1 else read

    sandbox.around("parse", parse)
    sandbox.around("fields", fields)


def _later(sandbox: Sandbox, at: str, act: Decision) -> None:
    """Do something a moment after a request was refused."""

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await handler(call)
        except Refusal:
            asyncio.get_running_loop().call_later(_LATER_S, lambda: act(sandbox, call))
            raise
        return answer

    sandbox.around(at, handler)


@defect(_RULE)
def refused_changes_are_done_later(sandbox: Sandbox) -> None:
    """A PATCH that is refused for its Content-Type waits in a queue all the same, and is done a moment later."""

    def change(sandbox: Sandbox, call: Call) -> None:
        with suppress(Refusal, EmailTakenError):
            store_anyway(sandbox, call, sandbox.api.fields(sandbox.api.document(as_json(call)), required=False))

    _later(sandbox, "patch", change)


@defect(_RULE)
def refused_sign_ups_are_done_later(sandbox: Sandbox) -> None:
    """A sign-up that is refused for its Content-Type waits in a queue all the same, and is done a moment later."""

    def create(sandbox: Sandbox, call: Call) -> None:
        with suppress(Refusal, EmailTakenError):
            sandbox.store.insert(sandbox.api.new_user(sandbox.api.user_fields(as_json(call))))

    _later(sandbox, "create", create)


@defect(_RULE)
def deletions_without_token_are_done_later(sandbox: Sandbox) -> None:
    """A DELETE without the token is refused, and done a moment later."""

    def delete(sandbox: Sandbox, call: Call) -> None:
        if call.method == "DELETE" and call.user_id:
            sandbox.store.delete(call.user_id)

    async def handle(sandbox: Sandbox, handle: Decision, call: Call) -> Any:
        if call.method == "DELETE" and "authorization" not in call.headers:
            asyncio.get_running_loop().call_later(_LATER_S, lambda: delete(sandbox, call))
        return await handle(call)

    sandbox.around("handle", handle)


@defect(_RULE)
def refusals_use_up_connections(sandbox: Sandbox) -> None:
    """A sign-up that is refused does not give back its connection to the database: sixty later, all give 503."""
    used = [0]

    async def create(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        if used[0] >= _CONNECTIONS:
            return Answer(503, {"title": "Service Unavailable", "status": 503})
        try:
            answer: Answer = await create(call)
        except Refusal:
            used[0] += 1
            raise
        return answer

    sandbox.around("create", create)


@defect(_RULE, at="handle")
async def method_in_the_query_is_obeyed(_sandbox: Sandbox, handle: Decision, call: Call) -> Any:
    """The parameter _method says what a GET does."""
    call.method = call.query.get("_method", call.method)
    return await handle(call)


@defect(_RULE)
def nul_in_fields_is_500(sandbox: Sandbox) -> None:
    """NUL anywhere in a sign-up, which PostgreSQL takes in no JSON, gives 500."""
    _breaks(sandbox, when=lambda call: b"\\u0000" in call.body, at="create")
