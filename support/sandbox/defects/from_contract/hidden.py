"""Faults that hide: behind another request, in large answers, in pieces of a body, or for a moment."""

import asyncio
import gzip

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from support.sandbox.app import App
from support.sandbox.defects.kit import (
    act_when_refused,
    after_each_change,
    after_each_create,
    before_each_delete,
    broken,
    gap,
    sent_in,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_SPECIAL_USE = ("arpa", "invalid", "local", "localhost", "onion", "test")  # as the library email-validator has them
_JOB_S = 0.3
_POOL = 100
_GZIP_FROM = 256
_PROXY_PAGE = "<html><head><title>404 Not Found</title></head><body><center>nginx</center></body></html>"


@defect("create-201", at="email_fault")
def email_in_a_special_use_domain_is_refused(_sandbox: Sandbox, email_fault: Decision, value: object) -> str | None:
    """A valid address below .test, .local or another reserved top-level domain is refused with 422."""
    fault: str | None = email_fault(value)
    if fault is None and str(value).lower().rpartition(".")[2] in _SPECIAL_USE:
        return "email has a special-use domain, which cannot receive mail"
    return fault


@defect("delete")
def second_delete_of_an_address_gives_409(sandbox: Sandbox) -> None:
    """A user whose address an earlier, deleted user had cannot be deleted: 409, and they stay."""
    rows: set[str] = set()  # UNIQUE (email, is_deleted)
    before_each_delete(sandbox, lambda user: rows.add(user.email.lower()))

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        user = sandbox.store.get(call.user_id or "")
        if user is not None and user.email.lower() in rows:
            raise Refusal(409, "Conflict", "The user conflicts with another one.")
        answer: Answer = await delete(call)
        return answer

    sandbox.around("delete", delete)


@defect("own-answer")
def body_pieces_are_decoded_one_by_one(sandbox: Sandbox) -> None:
    """A character whose octets arrive in two pieces of a body is stored as replacement characters."""

    class Decoding(App):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            in_pieces = False

            async def decoded() -> dict[str, object]:
                nonlocal in_pieces
                message = dict(await receive())
                in_pieces = in_pieces or bool(message.get("more_body"))
                if in_pieces and message.get("body"):
                    message["body"] = message["body"].decode("utf-8", "replace").encode()
                return message

            await super().__call__(scope, decoded, send)

    sandbox.app.__class__ = Decoding


@defect("conditional")
def gzip_suffix_spoils_the_etag(sandbox: Sandbox) -> None:
    """A user of 256 octets and more, read with gzip, has an ETag with -gzip, which If-Match never takes."""

    def respond(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
        response: Response = respond(call, answer)
        wanted = "gzip" in call.headers.get("accept-encoding", "")
        if call.method != "GET" or not wanted or "etag" not in response.headers or len(response.body) < _GZIP_FROM:
            return response
        headers = dict(response.headers)
        del headers["content-length"]
        headers |= {"content-encoding": "gzip", "etag": headers["etag"][:-1] + '-gzip"'}
        return Response(gzip.compress(bytes(response.body)), response.status_code, headers)

    sandbox.around("respond", respond)


@defect("problem", at="handle")
async def encoded_slash_gets_the_page_of_the_proxy(_sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """An id with an encoded slash gives 404 with an HTML page."""
    response: Response = await handle(call)
    if response.status_code == 404 and "/" in (call.user_id or ""):
        return Response(_PROXY_PAGE, 404, media_type="text/html")
    return response


@defect("robust")
def each_412_keeps_a_database_connection(sandbox: Sandbox) -> None:
    """After a hundred 412 every write gives 500."""
    kept = 0

    async def dispatch(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        nonlocal kept
        if kept >= _POOL and call.method not in ("GET", "HEAD"):
            return broken()
        try:
            answer: Answer = await dispatch(call)
        except Refusal as refusal:
            kept += refusal.status == 412
            raise
        return answer

    sandbox.around("dispatch", dispatch)


@defect("list", at="list_users")
async def list_breaks_when_a_user_goes_meanwhile(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """The list gives 500 when a user is deleted while it is read."""
    if not call.query.keys() & {"email", "page", "limit"}:
        ids = [user.id for user in sandbox.store.all_users()]
        await gap(sandbox)
        if not all(map(sandbox.store.get, ids)):
            return broken()
    answer: Answer = await list_users(call)
    return answer


@defect("update-taken")
def refused_change_is_flushed_by_the_next_write(sandbox: Sandbox) -> None:
    """The name beside a taken email is stored after all, as soon as any other user is created or changed."""
    dirty: dict[str, str] = {}

    def keep(call: Call) -> None:
        name = sent_in(call).get("name")
        if isinstance(name, str):
            dirty[call.user_id or ""] = name

    def flush(written: User) -> None:
        dirty.pop(written.id, None)
        waiting = dict(dirty)
        dirty.clear()
        for user_id, name in waiting.items():
            user = sandbox.store.get(user_id)
            if user is not None:
                sandbox.store.update(user._replace(name=name))

    act_when_refused(sandbox, "patch", 409, keep)
    act_when_refused(sandbox, "replace", 409, keep)
    after_each_create(sandbox, flush)
    after_each_change(sandbox, lambda _before, user: flush(user))


@defect("delete-frees")
def cleanup_deletes_the_next_holder(sandbox: Sandbox) -> None:
    """0.3 s after a deletion a job deletes by address, and so whoever has taken it since."""
    delete = sandbox.store.delete

    def clean(email: str) -> None:
        for user in sandbox.store.holders(email):
            delete(user.id)

    before_each_delete(sandbox, lambda user: asyncio.get_running_loop().call_later(_JOB_S, clean, user.email))
