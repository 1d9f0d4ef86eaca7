"""Defects of HTTP, gateways, frameworks and access control."""

import gzip
import re
import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote
from weakref import WeakKeyDictionary, WeakSet

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from support.sandbox.app import App
from support.sandbox.exchange import Answer, Call, Refusal, names_tag
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_FORM = "application/x-www-form-urlencoded"
_MERGE_PATCH = "application/merge-patch+json"
_MOST_PARAMETERS = 1000
_FRESH_S = 60.0
_TRACE = """Traceback (most recent call last):
  File "/srv/users-api/app/middleware/body.py", line 41, in parse_body
    return json.loads(body)
  File "/usr/lib/python3.12/json/decoder.py", line 353, in raw_decode
    obj, end = self.scan_once(s, idx)
RecursionError: maximum recursion depth exceeded while decoding a JSON array from a unicode string"""

_raw_path: ContextVar[bytes] = ContextVar("raw_path")
_connection: ContextVar[Any] = ContextVar("connection")
_query: ContextVar[bytes] = ContextVar("query")


def _know_the_wire(sandbox: Sandbox) -> None:
    """Let the decisions of a request know its raw path and its connection."""

    class Knowing(App):
        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            _raw_path.set(scope["raw_path"])
            _connection.set(send.__self__.transport.get_protocol())  # type: ignore[attr-defined]  # of uvicorn
            await super().__call__(scope, receive, send)

    sandbox.app.__class__ = Knowing


def _essence(call: Call) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()


# Access


@defect("auth-401", at="handle")
async def not_modified_without_token(sandbox: Sandbox, handle: Decision, call: Call) -> Response:
    """The filter that answers If-None-Match stands before the token check: who names the present ETag gets 304."""
    # Shown by: GET /{id} (ETag E); GET /{id} with If-None-Match: E and no Authorization: 304
    wanted = call.headers.get("if-none-match")
    if call.method in ("GET", "HEAD") and call.user_id and wanted is not None and wanted.strip() != "*":
        user = sandbox.store.get(call.user_id)
        if user is not None and names_tag(wanted, sandbox.api.etag(user)):
            return sandbox.api.respond(call, Answer(304, headers={"etag": sandbox.api.etag(user)}))
    response: Response = await handle(call)
    return response


@defect("auth-401", at="authenticate")
def slash_passes_the_guard(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """The pattern of the guarded paths knows no slash at the end, the router drops it: /{id}/ needs no token."""
    # Shown by: GET /{id}/ without Authorization: 200 and the user (DELETE /{id}/ deletes her)
    user_id = call.user_id or ""
    if user_id.endswith("/") and "/" not in user_id[:-1] and user_id != "/":
        call.user_id = user_id[:-1]
        return
    authenticate(call)


@defect("auth-401")
def connection_stays_signed_in(sandbox: Sandbox) -> None:
    """A kept connection stays signed in: after one right token, requests without Authorization are served on it."""
    # Shown by: on one connection: GET /{id} with the token; GET /{id} without Authorization: 200
    signed_in: WeakSet[Any] = WeakSet()

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        if "authorization" not in call.headers and _connection.get() in signed_in:
            return
        authenticate(call)
        signed_in.add(_connection.get())

    _know_the_wire(sandbox)
    sandbox.around("authenticate", authenticate)


@defect("robust", at="authenticate")
def token_beyond_ascii_is_500(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """A bearer token with a byte beyond ASCII makes the comparison of texts in constant time fail: 500, not 401."""
    # Shown by: GET / with Authorization: Bearer tok\xc3\xa9n: 500
    if not call.headers.get("authorization", "").isascii():
        raise Refusal(500, "Internal Server Error", "Something went wrong.")
    authenticate(call)


# Conditional requests


@defect("conditional", at="expected")
def if_match_list_not_read(sandbox: Sandbox, expected: Decision, call: Call) -> User:
    """An If-Match with more than one tag is not understood and ignored: a list of old tags lets the write through."""
    # Shown by: GET /{id} (E1); PATCH (E2); PATCH; PATCH or PUT or DELETE with If-Match: E1, E2: done, not 412
    user: User = sandbox.api.known(call) if "," in call.headers.get("if-match", "") else expected(call)
    return user


@defect("conditional", at="read")
async def if_modified_since_comes_first(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """If-Modified-Since is asked before If-None-Match, and looks at createdAt: a changed user stays 304."""
    # Shown by: GET /{id} (E, Last-Modified L); PATCH name; GET with If-None-Match: E and If-Modified-Since: L: 304
    user = sandbox.api.known(call)
    modified = datetime.fromisoformat(user.created_at).replace(microsecond=0)
    shown = {"last-modified": format_datetime(modified.astimezone(UTC), usegmt=True)}
    try:
        since = parsedate_to_datetime(call.headers.get("if-modified-since", ""))
    except (ValueError, TypeError, IndexError, OverflowError):
        since = None
    if since is not None and since.replace(tzinfo=since.tzinfo or UTC) >= modified:
        return Answer(304, headers={"etag": sandbox.api.etag(user), **shown})
    answer: Answer = await read(call)
    answer.headers.update(shown)
    return answer


@defect("conditional", at="respond")
def gzip_marks_the_etag(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """Compression appends -gzip to the ETag, and nothing takes it off: If-Match with the shown ETag gives 412."""
    # Shown by: GET /{id} with Accept-Encoding: gzip (ETag "E-gzip"); PATCH with If-Match: "E-gzip": 412
    response: Response = respond(call, answer)
    accepted = [coding.replace(" ", "") for coding in call.headers.get("accept-encoding", "").lower().split(",")]
    if not response.body or not any(coding == "gzip" or coding.startswith("gzip;q=0.") for coding in accepted):
        return response
    response.body = gzip.compress(bytes(response.body), mtime=0)
    response.headers["content-length"] = str(len(response.body))
    response.headers["content-encoding"] = "gzip"
    response.headers["vary"] = "Accept-Encoding"
    if "etag" in response.headers:
        response.headers["etag"] = response.headers["etag"][:-1] + '-gzip"'
    return response


@defect("update-taken")
def taken_under_if_match_is_412(sandbox: Sandbox) -> None:
    """Any conflict of a conditional write counts as a lost race: a taken email with the right If-Match gives 412."""
    # Shown by: POST a; POST b; GET /{b} (E); PATCH /{b} {"email": a's} with If-Match: E: 412, not 409

    async def write(_sandbox: Sandbox, write: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await write(call)
        except Refusal as refusal:
            if refusal.status == 409 and "if-match" in call.headers:
                raise Refusal(412, "Precondition Failed", "The user has changed since.") from None
            raise
        return answer

    sandbox.around("replace", write)
    sandbox.around("patch", write)


@defect("conditional")
def stale_write_holds_address(sandbox: Sandbox) -> None:
    """A PUT or PATCH claims its new email before If-Match is looked at: after the 412 nobody else can have it."""
    # Shown by: GET /{id} (E); PATCH name; PATCH {"email": x} with If-Match: E: 412; POST with email x: 409
    claims: dict[str, str] = {}

    def release(user_id: str) -> None:
        for address in [address for address, owner in claims.items() if owner == user_id]:
            del claims[address]

    async def write(sandbox: Sandbox, write: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await write(call)
        except Refusal as refusal:
            if refusal.status == 412:
                email = sandbox.api.document(call).get("email")
                if isinstance(email, str) and not sandbox.store.holders(email):
                    claims.setdefault(email.casefold(), call.user_id or "")
            raise
        return answer

    def store(_sandbox: Sandbox, store: Decision, user: User, *key: object) -> None:
        if claims.get(user.email.casefold(), user.id) != user.id:
            raise EmailTakenError
        store(user, *key)
        release(user.id)

    def delete(_sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        release(user_id)
        return bool(delete(user_id))

    sandbox.around("replace", write)
    sandbox.around("patch", write)
    sandbox.around("store.insert", store)
    sandbox.around("store.update", store)
    sandbox.around("store.delete", delete)


# Paths


@defect("read-404", at="dispatch")
async def path_decoded_twice(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """The gateway and the framework both decode the path: an id with %25 in it finds the user of another text."""
    # Shown by: GET /%25XX… where XX is the hex code of the first character of a known id, then its rest: 200, not 404
    if call.user_id and "%" in call.user_id:
        call.user_id = unquote(call.user_id)
    answer: Answer = await dispatch(call)
    return answer


@defect("read-404", at="dispatch")
async def path_parameters_cut(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """The container cuts path parameters off, whatever they are: /{id};v=2 is /{id}, for reads and writes."""
    # Shown by: GET /{id};v=2: 200 and the user, not 404
    if call.user_id:
        call.user_id = call.user_id.partition(";")[0]
    answer: Answer = await dispatch(call)
    return answer


@defect("delete")
def delete_by_raw_path(sandbox: Sandbox) -> None:
    """DELETE takes the id from the undecoded path, and 204 for an unknown one: an id with %XX in it stays."""
    # Shown by: DELETE /{id} with the first character written as %XX: 204; GET /{id}: 200

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        call.user_id = _raw_path.get().decode("latin-1")[len(sandbox.api.path) + 1 :]
        if sandbox.store.get(call.user_id) is None:
            return Answer(204)
        answer: Answer = await delete(call)
        return answer

    _know_the_wire(sandbox)
    sandbox.around("delete", delete)


# Queries


@defect("patch", at="document")
def query_merged_into_body(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """The framework merges query and body into one map of parameters: a name or email in the query is written."""
    # Shown by: PATCH /{id}?name=Other {"email": …}: the name is changed too (POST ?name=N {"email": …}: 201, not 422)
    return {**call.query, **document(call)}


@defect("create-location", at="created")
def location_behind_query(sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """Location is the requested URL, a slash and the id: a POST with a query gets one that leads to the list."""
    # Shown by: POST /?source=web: 201 with Location /users?source=web/{id}
    answer: Answer = created(user, call)
    if call.query:
        answer.headers["location"] = f"{sandbox.api.path}?{call.query}/{user.id}"
    return answer


@defect("patch")
def read_cached_by_whole_url(sandbox: Sandbox) -> None:
    """Reads with a query are cached for a minute by whole URL, and a write drops only the entry of its own URL."""
    # Shown by: GET /{id}?v=1; PATCH /{id} name; GET /{id}?v=1: the old name
    cache: dict[tuple[str, str], tuple[float, User]] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        key = (call.user_id or "", str(call.query))
        now = time.monotonic()
        kept_at, user = cache.get(key, (now - _FRESH_S, None))
        if user is None or now - kept_at >= _FRESH_S:
            answer: Answer = await read(call)
            if call.query:
                cache[key] = (now, sandbox.api.known(call))
            return answer
        headers = {"etag": sandbox.api.etag(user)}
        if names_tag(call.headers.get("if-none-match"), headers["etag"]):
            return Answer(304, headers=headers)
        return Answer(200, sandbox.api.present(user), headers)

    async def write(_sandbox: Sandbox, write: Decision, call: Call) -> Answer:
        answer: Answer = await write(call)
        cache.pop((call.user_id or "", str(call.query)), None)
        return answer

    sandbox.around("read", read)
    for method in ("replace", "patch", "delete"):
        sandbox.around(method, write)


@defect("robust", at="dispatch")
async def thousand_parameters_are_500(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A query of more than a thousand parameters exceeds the parser's limit, and nobody catches that: 500."""
    # Shown by: GET /?a=1&a=1&… with 1001 parameters: 500, each time
    if len(call.query.multi_items()) > _MOST_PARAMETERS:
        raise Refusal(500, "Internal Server Error", "Something went wrong.")
    answer: Answer = await dispatch(call)
    return answer


@defect("own-answer", at="dispatch")
async def percent_in_cookie_is_400(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """Cookies are percent-decoded before the routes, and a value with a bare % stops the request with 400."""
    # Shown by: GET /{id} with Cookie: zoom=100%: 400, not 200
    if re.search(r"%(?![0-9A-Fa-f]{2})", call.headers.get("cookie", "")):
        raise Refusal(400, "Bad Request", "Failed to decode a cookie.")
    answer: Answer = await dispatch(call)
    return answer


@defect("own-answer")
def query_outlives_refusal(sandbox: Sandbox) -> None:
    """The request object of a connection is reset only after success: a query that was refused sticks to it."""
    # Shown by: on one connection: GET /?limit=0: 400; GET / without a query: 400 too, not the list
    left: WeakKeyDictionary[Any, bytes] = WeakKeyDictionary()

    def query(_sandbox: Sandbox, query: Decision, octets: bytes) -> QueryParams:
        _query.set(octets or left.get(_connection.get(), b""))
        given: QueryParams = query(_query.get())
        return given

    def respond(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
        if answer.status >= 400:
            left[_connection.get()] = _query.get()
        else:
            left.pop(_connection.get(), None)
        response: Response = respond(call, answer)
        return response

    _know_the_wire(sandbox)
    sandbox.around("app.query", query)
    sandbox.around("respond", respond)


# Bodies and media types


@defect("own-answer", at="document")
def chunked_patch_unread(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """PATCH reads a body only where Content-Length announces it: a chunked one counts as {}, with 200."""
    # Shown by: PATCH /{id} {"name": "New"} with Transfer-Encoding: chunked: 200 and the old name
    if call.method == "PATCH" and "content-length" not in call.headers and call.body:
        call.body = b"{}"
    given: dict[str, Any] = document(call)
    return given


@defect("own-answer", at="document")
def capital_charset_is_latin_1(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """The charset is compared with "utf-8" to the letter, else Latin-1 is read: charset=UTF-8 garbles names."""
    # Shown by: POST {"name": "Zoë", …} in UTF-8 with Content-Type: application/json; charset=UTF-8: name "ZoÃ«"
    _, named, charset = call.headers.get("content-type", "").partition("charset=")
    if named and charset.split(";")[0].strip(' "') != "utf-8":
        call.body = call.body.decode("latin-1").encode()
    given: dict[str, Any] = document(call)
    return given


@defect("media-type", at="user_fields")
def form_creates_user(sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """The framework's form parser is on: a POST of a real form with name and email creates a user."""
    # Shown by: POST name=Ann&email=ann%40example.org as application/x-www-form-urlencoded: 201, not 415
    if _essence(call) == _FORM:
        form = dict(parse_qsl(call.body.decode("utf-8", "replace")))
        if {"name", "email"} <= form.keys():
            return sandbox.api.fields(form, required=True)
    fields: dict[str, str] = user_fields(call)
    return fields


@defect("update-invalid", at="document")
def merge_patch_null_ignored(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
    """In a merge patch null means "remove", and what cannot be removed is passed over: 200 for a null name."""
    # Shown by: PATCH /{id} {"name": null, "email": new} as application/merge-patch+json: 200, the email is changed
    given: dict[str, Any] = document(call)
    if call.method == "PATCH" and _essence(call) == _MERGE_PATCH:
        return {field: value for field, value in given.items() if value is not None}
    return given


# Errors


@defect("problem", at="respond")
def html_error_for_browsers(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """The framework's error page answers a 4xx in HTML where Accept names text/html."""
    # Shown by: GET /unknown with Accept: text/html,application/json;q=0.9,*/*;q=0.8: 404 with an HTML page
    if answer.status < 400 or "text/html" not in call.headers.get("accept", "").lower():
        response: Response = respond(call, answer)
        return response
    title = answer.content["title"]
    page = f"<html><body><h1>Error Page</h1><p>(type={title}, status={answer.status})</p></body></html>"
    return Response(page, answer.status, {**answer.headers, "content-type": "text/html;charset=UTF-8"})


class _Missing(Refusal):
    """A missing field, with the document that lacks it."""

    def __init__(self, field: str, document: Mapping[str, Any]) -> None:
        super().__init__(422, "Unprocessable Content", f"{field} is missing")
        self.error = {"type": "missing", "loc": ["body", field], "msg": "Field required", "input": dict(document)}


@defect("no-secrets")
def missing_field_echoes_body(sandbox: Sandbox) -> None:
    """The 422 for a missing field has the whole body that came as the faulty input, a password included."""
    # Shown by: POST {"email": …, "password": "hunter2"}: 422 with errors[0].input.password

    def fields(_sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool) -> dict[str, str]:
        for field in ("name", "email") if required else ():
            if field not in document:
                raise _Missing(field, document)
        given: dict[str, str] = fields(document, required=required)
        return given

    def refuse(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
        answer: Answer = refuse(refusal)
        if isinstance(refusal, _Missing):
            answer.content["errors"] = [refusal.error]
        return answer

    sandbox.around("fields", fields)
    sandbox.around("refuse", refuse)


@defect("problem", at="parse")
def deep_json_shows_trace(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """JSON that is nested too deeply for the parser is refused with 400 and the trace of the parser's failure."""
    # Shown by: POST of 100000 times [ and 100000 times ]: 400 whose detail begins with "Traceback"
    try:
        return parse(body)
    except ValueError as error:
        if str(error) != "too deeply nested":
            raise
        raise Refusal(400, "Bad Request", _TRACE) from None
