"""Bodies that are not JSON, or are not declared as JSON."""

import asyncio
import contextlib
import re
from typing import Any
from urllib.parse import parse_qsl

from support.sandbox.defects.kit import (
    as_json,
    broken,
    instead_of,
    invented_user,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.twists import Decision, Sandbox, defect

_MALFORMED = "malformed-json"


@defect(_MALFORMED, at="create")
async def malformed_answers_500(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A body that is not JSON gives 500."""
    return await instead_of(400, broken(), create, call)


@defect(_MALFORMED, at="create")
async def malformed_answers_422(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A body that is not JSON gives 422."""
    problem = {"title": "Unprocessable Content", "status": 422, "detail": "The body is not JSON."}
    return await instead_of(400, Answer(422, problem), create, call)


@defect(_MALFORMED, at="create")
async def malformed_hangs(_sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A body that is not JSON is never answered."""
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        if refusal.status == 400:
            await asyncio.sleep(3600)
        raise
    return answer


@defect(_MALFORMED, at="user_fields")
def malformed_creates_a_user(_sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """A create with a body that is not JSON creates a made-up user."""
    try:
        fields: dict[str, str] = user_fields(call)
    except Refusal as refusal:
        if refusal.status != 400:
            raise
        return invented_user()
    return fields


@defect(_MALFORMED, at="parse")
def cut_json_completed(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body that was cut off is completed."""
    for ending in (b"", b"}", b'"}'):
        try:
            return parse(body + ending)
        except ValueError:
            continue
    return parse(body)


@defect(_MALFORMED, at="create")
async def malformed_stored_although_refused(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
    """A body that is not JSON is refused, but its readable part is stored as a user."""
    try:
        answer: Answer = await create(call)
    except Refusal as refusal:
        email = re.search(rb'"email"\s*:\s*"([^"@]+@[^"@]+)"', call.body)
        if refusal.status == 400 and email:
            fields = {**invented_user(), "email": email[1].decode(errors="replace")}
            sandbox.store.insert(sandbox.api.new_user(fields))
        raise
    return answer


@defect(_MALFORMED, at="patch")
async def malformed_patch_answers_500(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH with a body that is not JSON gives 500."""
    return await instead_of(400, broken(), patch, call)


@defect(_MALFORMED, at="replace")
async def malformed_put_answers_422(_sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """A PUT with a body that is not JSON gives 422."""
    problem = {"title": "Unprocessable Content", "status": 422, "detail": "The body is not JSON."}
    return await instead_of(400, Answer(422, problem), replace, call)


def _read_leniently(sandbox: Sandbox, method: str) -> None:
    """Make a method read what JavaScript would read: single quotes, a trailing comma."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        if call.method == method:
            call.body = re.sub(rb",\s*}", b"}", call.body.replace(b"'", b'"'))
        read: dict[str, Any] = document(call)
        return read

    sandbox.around("document", document)


@defect(_MALFORMED)
def single_quotes_taken_by_patch(sandbox: Sandbox) -> None:
    """PATCH accepts single quotes in place of double ones, and a trailing comma."""
    _read_leniently(sandbox, "PATCH")


@defect(_MALFORMED)
def single_quotes_taken_by_put(sandbox: Sandbox) -> None:
    """PUT accepts single quotes in place of double ones, and a trailing comma."""
    _read_leniently(sandbox, "PUT")


@defect(_MALFORMED, at="document")
def line_breaks_in_texts_taken(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """An unescaped line break within a text is accepted."""
    call.body = call.body.replace(b"\n", b"")
    read: dict[str, Any] = document(call)
    return read


_MEDIA = "media-type"


def _ignore_media_type(sandbox: Sandbox, method: str, of: str = "") -> None:
    """Make a method read any body as JSON, or any body of one declared kind."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        ignored = call.method == method and of in call.headers.get("content-type", "")
        read: dict[str, Any] = document(as_json(call) if ignored else call)
        return read

    sandbox.around("document", document)


@defect(_MEDIA)
def media_type_ignored_by_post(sandbox: Sandbox) -> None:
    """POST accepts JSON under any Content-Type."""
    _ignore_media_type(sandbox, "POST")


@defect(_MEDIA)
def media_type_ignored_by_put(sandbox: Sandbox) -> None:
    """PUT accepts JSON under any Content-Type."""
    _ignore_media_type(sandbox, "PUT")


@defect(_MEDIA)
def media_type_ignored_by_patch(sandbox: Sandbox) -> None:
    """PATCH accepts JSON under any Content-Type."""
    _ignore_media_type(sandbox, "PATCH")


@defect("own-answer", at="document")
def media_type_with_charset_refused(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """JSON whose Content-Type names a charset is refused."""
    if "charset" in call.headers.get("content-type", ""):
        raise Refusal(415, "Unsupported Media Type", "Send application/json.")
    read: dict[str, Any] = document(call)
    return read


@defect(_MEDIA, at="document")
def media_type_answers_400(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A Content-Type that is not JSON gives 400."""
    try:
        read: dict[str, Any] = document(call)
    except Refusal as refusal:
        if refusal.status == 415:
            raise Refusal(400, "Bad Request", refusal.detail) from None
        raise
    return read


@defect(_MEDIA, at="dispatch")
async def media_type_refused_but_applied(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A Content-Type that is not JSON is refused, but what was sent is carried out."""
    try:
        answer: Answer = await dispatch(call)
    except Refusal as refusal:
        if refusal.status == 415:
            with contextlib.suppress(Refusal):
                await dispatch(as_json(call))
        raise
    return answer


@defect(_MEDIA, at="document")
def forms_accepted(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A form is accepted as well as JSON."""
    if call.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(call.body.decode(errors="replace")))
    read: dict[str, Any] = document(call)
    return read


@defect(_MEDIA)
def html_taken_by_patch(sandbox: Sandbox) -> None:
    """PATCH accepts a body that is declared as HTML."""
    _ignore_media_type(sandbox, "PATCH", of="html")


@defect(_MEDIA)
def html_taken_by_put(sandbox: Sandbox) -> None:
    """PUT accepts a body that is declared as HTML."""
    _ignore_media_type(sandbox, "PUT", of="html")


@defect(_MEDIA)
def mention_of_json_taken_by_patch(sandbox: Sandbox) -> None:
    """PATCH accepts any Content-Type that contains the word json."""
    _ignore_media_type(sandbox, "PATCH", of="json")


@defect(_MEDIA)
def mention_of_json_taken_by_put(sandbox: Sandbox) -> None:
    """PUT accepts any Content-Type that contains the word json."""
    _ignore_media_type(sandbox, "PUT", of="json")


@defect(_MALFORMED, at="parse")
def comments_taken(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """Comments in JSON are ignored."""
    return parse(re.sub(rb"/\*.*?\*/", b"", body))


@defect(_MALFORMED, at="parse")
def bare_names_taken(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """Names of fields need no quotation marks."""
    return parse(re.sub(rb"([{,]\s*)(\w+):", rb'\1"\2":', body))


def _read_the_beginning(sandbox: Sandbox, method: str) -> None:
    """Make a method read the first JSON value of a body and ignore the rest."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        if call.method == method:
            call.body = call.body[: call.body.rfind(b"}") + 1] or call.body
        read: dict[str, Any] = document(call)
        return read

    sandbox.around("document", document)


@defect(_MALFORMED)
def rest_ignored_by_patch(sandbox: Sandbox) -> None:
    """PATCH reads the first JSON value and ignores the rest."""
    _read_the_beginning(sandbox, "PATCH")


@defect(_MALFORMED)
def rest_ignored_by_put(sandbox: Sandbox) -> None:
    """PUT reads the first JSON value and ignores the rest."""
    _read_the_beginning(sandbox, "PUT")


def _drop_invalid_utf8(sandbox: Sandbox, method: str) -> None:
    """Make a method drop bytes that are not UTF-8."""

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        if call.method == method:
            call.body = call.body.decode("utf-8", "ignore").encode()
        read: dict[str, Any] = document(call)
        return read

    sandbox.around("document", document)


@defect(_MALFORMED)
def invalid_utf8_dropped_by_patch(sandbox: Sandbox) -> None:
    """PATCH drops bytes that are not UTF-8."""
    _drop_invalid_utf8(sandbox, "PATCH")


@defect(_MALFORMED)
def invalid_utf8_dropped_by_put(sandbox: Sandbox) -> None:
    """PUT drops bytes that are not UTF-8."""
    _drop_invalid_utf8(sandbox, "PUT")
