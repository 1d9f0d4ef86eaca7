"""Faults that frameworks, object mappers and validators bring along."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

from starlette.datastructures import Headers

from support.sandbox.defects.kit import fields_in
from support.sandbox.exchange import Answer, Call
from support.sandbox.twists import Decision, Sandbox, defect


def _without(call: Call, header: str) -> Headers:
    return Headers({name: value for name, value in call.headers.items() if name != header})


@defect("isolation", at="delete")
async def delete_heeds_an_id_in_the_query(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """DELETE of one user with ?id= of another one deletes the other one (input wins over the route)."""
    call.user_id = call.query.get("id", call.user_id)
    answer: Answer = await delete(call)
    return answer


@defect("create-invalid", at="document")
def create_unwraps_a_root_key(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """A POST of {"user": {name, email}}, whose name and email are missing, gives 201 (Rails wraps parameters)."""
    sent: dict[str, Any] = document(call)
    inner = sent.get("user")
    return inner if call.method == "POST" and isinstance(inner, dict) else sent


@defect("read-200", at="read")
async def last_modified_is_the_time_of_creation(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A read with If-Modified-Since gives 304 although the user was changed since: Last-Modified is createdAt."""
    created = datetime.fromisoformat(sandbox.api.known(call).created_at).replace(microsecond=0)
    since = None
    if "if-none-match" not in call.headers:
        try:
            since = parsedate_to_datetime(call.headers.get("if-modified-since", ""))
        except ValueError:
            since = None
    if since is not None and since.replace(tzinfo=since.tzinfo or UTC) >= created:
        return Answer(304)
    answer: Answer = await read(call)
    answer.headers["last-modified"] = format_datetime(created, usegmt=True)
    return answer


@defect("conditional", at="patch")
async def old_etag_passes_where_nothing_changes(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH with an old If-Match gives 200, not 412, where it names the present values (no UPDATE)."""
    fields, user = fields_in(sandbox, call), sandbox.api.known(call)
    if user._replace(**fields) == user:
        call.headers = _without(call, "if-match")
    answer: Answer = await patch(call)
    return answer
