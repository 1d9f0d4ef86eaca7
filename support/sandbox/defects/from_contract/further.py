"""What else the contract rules out: defects that were written from it alone, without a look at the features."""

import asyncio
import base64
import binascii
import re
import time
import unicodedata
import uuid
from collections import Counter, defaultdict
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from support.sandbox.checks import NAME_LIMIT
from support.sandbox.defects.kit import (
    act_when_refused,
    after_each_change,
    broken,
    fields_in,
    gap,
    others_with,
    remember_documents,
    remember_gone,
    sent_in,
    store_anyway,
    users_in,
    valid_part,
)
from support.sandbox.exchange import Answer, Call, Refusal, names_tag
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect
from support.sandbox.wire import Wire

_LATER_S = 0.3
_BUFFER = 16 * 1024


def _show_other_times(sandbox: Sandbox) -> dict[str, str]:
    """Show createdAt of the users in the returned dictionary, by id, as it says."""
    times: dict[str, str] = {}

    def present(_sandbox: Sandbox, present: Decision, user: User) -> dict[str, Any]:
        shown: dict[str, Any] = present(user)
        return {**shown, "createdAt": times.get(user.id, user.created_at)}

    sandbox.around("present", present)
    return times


def _with_body(response: Response, body: bytes) -> Response:
    """Return a response with another body and its length."""
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    return Response(body, response.status_code, headers)


def _is_paged(call: Call) -> bool:
    return "page" in call.query or "limit" in call.query


# Representation


@defect("user-shape", at="list_users")
async def http_date_in_look_up(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A look-up by email shows createdAt as HTTP writes dates (Sun, 06 Nov 1994 08:49:37 GMT)."""
    answer: Answer = await list_users(call)
    if "email" in call.query:
        for user in users_in(answer):
            moment = datetime.fromisoformat(user["createdAt"]).astimezone(UTC)
            user["createdAt"] = format_datetime(moment, usegmt=True)
    return answer


@defect("no-secrets", at="refuse")
def failed_precondition_shows_record(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
    """A 412 shows the present record, with the hash of the password."""
    answer: Answer = refuse(refusal)
    if refusal.status == 412:
        answer.content["current"] = {"version": 2, "credentials": {"passwordHash": "$2b$12$R9h/cIPz0gi.URNNX3kh2O"}}
    return answer


@defect("no-secrets")
def conflict_shows_what_was_sent(sandbox: Sandbox) -> None:
    """A 409 shows the whole body that it refuses, with a password if the client sent one."""
    latest = remember_documents(sandbox)

    def refuse(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
        answer: Answer = refuse(refusal)
        if refusal.status == 409:
            answer.content["rejected"] = dict(latest)
        return answer

    sandbox.around("refuse", refuse)


@defect("no-secrets")
def refusal_shows_sent_token_as_reference(sandbox: Sandbox) -> None:
    """A 4xx shows the value of a field `token` that the client sent, as a reference for support."""
    latest = remember_documents(sandbox)

    def refuse(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
        answer: Answer = refuse(refusal)
        if "token" in latest:
            answer.content["reference"] = latest["token"]
        return answer

    sandbox.around("refuse", refuse)


@defect("json-media-type", at="respond")
def empty_list_without_media_type(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """An empty list has a body but no Content-Type."""
    response: Response = respond(call, answer)
    if answer.content == []:
        del response.headers["content-type"]
    return response


@defect("json-media-type", at="respond")
def refused_type_returned_as_own(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
    """A 415 has the Content-Type that it refuses, since the answer is written in the type of the request."""
    response: Response = respond(call, answer)
    if answer.status == 415 and call.headers.get("content-type"):
        response.headers["content-type"] = call.headers["content-type"]
    return response


@defect("exact-text", at="new_user")
def formula_names_get_apostrophe(_sandbox: Sandbox, new_user: Decision, fields: dict[str, str]) -> User:
    """A new name that begins with =, +, - or @ gets an apostrophe before it, so that no spreadsheet computes it."""
    user: User = new_user(fields)
    return user._replace(name=f"'{user.name}") if user.name[0] in "=+-@" else user


@defect("exact-text", at="list_users")
async def compatible_characters_replaced_in_list(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """The whole list shows ligatures, full-width letters and fractions of a name as plain ones (NFKC)."""
    answer: Answer = await list_users(call)
    if not call.query:
        for user in users_in(answer):
            user["name"] = unicodedata.normalize("NFKC", user["name"])
    return answer


@defect("exact-text", at="list_users")
async def names_cut_at_utf16_units_in_look_up(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """A look-up by email shows 200 UTF-16 units of a name, so that one of more than 100 emoji is cut."""
    answer: Answer = await list_users(call)
    if "email" in call.query:
        for user in users_in(answer):
            units = user["name"].encode("utf-16-le", "surrogatepass")[: NAME_LIMIT * 2]
            user["name"] = units.decode("utf-16-le", "replace")
    return answer


@defect("problem", at="dispatch")
async def quote_in_id_shows_statement(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """The 404 for an id with an apostrophe shows the SQL statement that failed."""
    try:
        answer: Answer = await dispatch(call)
    except Refusal as refusal:
        if refusal.status == 404 and "'" in (call.user_id or ""):
            statement = f"SELECT id, name, email FROM users WHERE id = '{call.user_id}'"
            raise Refusal(404, "Not Found", f"unterminated quoted string in: {statement}") from None
        raise
    return answer


# Create


@defect("create-201", at="email_fault")
def long_top_level_domains_refused(_sandbox: Sandbox, email_fault: Decision, value: object) -> Any:
    """An email whose last label has more than six letters, such as .technology, is called invalid."""
    fault = email_fault(value)
    if fault is None and len(str(value).rpartition(".")[2]) > 6:
        return "email must be a valid email"
    return fault


@defect("create-location", at="location")
def location_begins_with_two_slashes(_sandbox: Sandbox, location: Decision, user: User) -> str:
    """Location begins with two slashes, as a base with a slash at its end is joined, and so names another host."""
    return f"/{location(user)}"


@defect("create-invalid", at="name_fault")
def combining_marks_not_counted(_sandbox: Sandbox, name_fault: Decision, value: object) -> Any:
    """A name of more than 200 characters is taken if there are at most 200 without the combining marks."""
    fault = name_fault(value)
    if fault is not None and isinstance(value, str) and value.strip():
        seen = sum(1 for character in value if not unicodedata.combining(character))
        return None if seen <= NAME_LIMIT else fault
    return fault


@defect("create-invalid")
def refused_user_visible_for_a_moment(sandbox: Sandbox) -> None:
    """POST stores before it checks: an invalid user can be seen for 0.3 s, until the refusal is rolled back."""

    def store(call: Call) -> None:
        sent = sent_in(call)
        texts = {field: value for field in ("name", "email") if isinstance(value := sent.get(field), str)}
        user = User(sandbox.api.new_id(), texts.get("name", ""), texts.get("email", ""), sandbox.api.now())
        with suppress(UnicodeEncodeError):
            sandbox.store.insert(user)
            asyncio.get_running_loop().call_later(_LATER_S, sandbox.store.delete, user.id)

    act_when_refused(sandbox, "create", 422, store)


@defect("malformed-json", at="patch")
async def empty_body_is_empty_patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH takes an empty body for an empty object, and gives 200."""
    call.body = call.body or b"{}"
    return await patch(call)  # type: ignore[no-any-return]


@defect("media-type")
def email_of_unsupported_post_reserved(sandbox: Sandbox) -> None:
    """A POST that gets 415 reserves the email in its body for good, since that is done before the type is looked at."""
    reserved: set[str] = set()

    def reserve(call: Call) -> None:
        with suppress(ValueError, RecursionError):
            email = sent_in(call).get("email")
            if isinstance(email, str):
                reserved.add(email.lower())

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if user.email.lower() in reserved:
            raise EmailTakenError
        insert(user, *key)

    act_when_refused(sandbox, "create", 415, reserve)
    sandbox.around("store.insert", insert)


@defect("server-owned")
def time_kept_on_second_patch(sandbox: Sandbox) -> None:
    """From the second PATCH of a user on a createdAt in the body is kept: the entity is attached by then."""
    times = _show_other_times(sandbox)
    patched: Counter[str] = Counter()

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        fields_in(sandbox, call)
        user = sandbox.api.expected(call)
        wanted = sent_in(call).get("createdAt")
        if patched[user.id] and isinstance(wanted, str):
            times[user.id] = wanted
        answer: Answer = await patch(call)
        patched[user.id] += 1
        return answer

    sandbox.around("patch", patch)


@defect("patch")
def third_change_renews_time(sandbox: Sandbox) -> None:
    """The third change of a user, and each one after that, sets createdAt to the time of the change."""
    times, changes = _show_other_times(sandbox), Counter[str]()

    def renew(_before: User, user: User) -> None:
        changes[user.id] += 1
        if changes[user.id] > 2:
            times[user.id] = sandbox.api.now()

    after_each_change(sandbox, renew)


@defect("email-unique")
def index_over_name_and_email(sandbox: Sandbox) -> None:
    """POST takes an email again under another name: the unique index is over name and email."""
    sandbox.store.allow_duplicate_emails()

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if any(other.name == user.name for other in others_with(sandbox, user.email)):
            raise EmailTakenError
        insert(user, *key)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        if others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        update(user)

    sandbox.around("store.insert", insert)
    sandbox.around("store.update", update)


@defect("email-unique")
def third_duplicate_taken(sandbox: Sandbox) -> None:
    """The third POST with one taken email is accepted: after two conflicts a job sets the check aside."""
    sandbox.store.allow_duplicate_emails()
    conflicts: Counter[str] = Counter()

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if others_with(sandbox, user.email):
            conflicts[user.email.lower()] += 1
            if conflicts[user.email.lower()] < 3:
                raise EmailTakenError
        insert(user, *key)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        if others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        update(user)

    sandbox.around("store.insert", insert)
    sandbox.around("store.update", update)


# Read


@defect("read-200", at="read")
async def any_date_means_not_modified(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """A read with If-Modified-Since gives 304, however old the date is."""
    if "if-modified-since" in call.headers:
        return Answer(304, headers={"etag": sandbox.api.etag(sandbox.api.known(call))})
    return await read(call)  # type: ignore[no-any-return]


@defect("read-404")
def old_id_leads_to_successor(sandbox: Sandbox) -> None:
    """A read of a deleted user shows the user who has their email by now, since reads go by an alias."""
    gone = remember_gone(sandbox)

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        former = gone.get(call.user_id or "")
        if former is not None and sandbox.store.get(former.id) is None:
            for successor in sandbox.store.holders(former.email):
                call.user_id = successor.id
        return await read(call)  # type: ignore[no-any-return]

    sandbox.around("read", read)


@defect("read-404", at="read")
async def uuids_parsed_by_get(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
    """GET and HEAD find a user also by another way to write their UUID: without hyphens, in capitals or braces."""
    if sandbox.store.get(call.user_id or "") is None:
        with suppress(ValueError):
            call.user_id = str(uuid.UUID(call.user_id))
    return await read(call)  # type: ignore[no-any-return]


@defect("head")
def head_of_deleted_is_200(sandbox: Sandbox) -> None:
    """HEAD of a deleted user gives 200, where GET gives 404: only GET looks at the mark of deletion."""
    gone = remember_gone(sandbox)

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if call.method == "HEAD" and call.user_id in gone:
            return Answer(200)
        return await read(call)  # type: ignore[no-any-return]

    sandbox.around("read", read)


@defect("head", at="list_users")
async def head_of_bad_page_is_200(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """HEAD with a page or limit out of range gives 200, where GET gives 400."""
    try:
        answer: Answer = await list_users(call)
    except Refusal:
        if call.method != "HEAD":
            raise
        return Answer(200)
    return answer


@defect("list")
def list_repeats_users_by_former_emails(sandbox: Sandbox) -> None:
    """The whole list shows a user once for each email that they ever had, as a join without DISTINCT does."""
    moves: Counter[str] = Counter()

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        moves[user.id] += before is not None and before.email.lower() != user.email.lower()

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        return [user for user in all_users() for _ in range(1 + moves[user.id])]

    sandbox.around("store.update", update)
    sandbox.around("store.all_users", all_users)


@defect("filter-email", at="filtered")
def dot_means_any_character_to_filter(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """?email= is a regular expression in which the dot was forgotten, so that a.b finds axb as well."""
    pattern = re.compile(re.escape(email).replace(r"\.", "."), re.IGNORECASE)
    return [user for user in sandbox.store.all_users() if pattern.fullmatch(user.email)]


@defect("filter-email")
def moved_user_found_by_email_later(sandbox: Sandbox) -> None:
    """?email= finds a user by a changed email only after 0.4 s, and until then by the former one."""
    moved: dict[str, tuple[float, User]] = {}

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        if before is not None and before.email.lower() != user.email.lower():
            moved[user.id] = (time.monotonic() + 0.4, before)

    def filtered(sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        now = time.monotonic()
        pending = {user_id: before for user_id, (until, before) in moved.items() if now < until}
        late = [user for user in pending.values() if user.email.lower() == email.lower() and sandbox.store.get(user.id)]
        return late + [user for user in filtered(email) if user.id not in pending]

    sandbox.around("store.update", update)
    sandbox.around("filtered", filtered)


@defect("pages", at="store.window")
def page_of_hundred_lacks_last(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """A page with the highest limit, 100, has 99 users, and the next one begins behind the hundredth."""
    users: list[User] = window(offset, count)
    return users[:99] if count == 100 else users


@defect("pages", at="store.window")
def last_page_empty_unless_full(_sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
    """The last of several pages is empty unless it is full, since the number of pages is rounded down."""
    users: list[User] = window(offset, count)
    return users if offset == 0 or len(users) == count else []


@defect("pages", at="page")
def page_number_read_as_in_javascript(_sandbox: Sandbox, page: Decision, call: Call) -> Any:
    """A page such as 1e1, 0x1 or 1.0 is taken for the number that JavaScript reads in it."""
    text = call.query.get("page", "")
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}|[0-9]{1,4}(\.0+)?([eE][0-9])?", text) and not text.isdigit():
        number = int(text, 16) if text[1:2] in ("x", "X") else int(float(text))
        call.query = QueryParams({**call.query, "page": str(number)})
    return page(call)


# Update


@defect("patch", at="patch")
async def unknown_field_voids_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH with an unknown field besides gives 200 and the user as before: the whole change is dropped."""
    document = sandbox.api.document(call)
    if document.keys() <= {"name", "email", "id", "createdAt"}:
        return await patch(call)  # type: ignore[no-any-return]
    sandbox.api.fields(document, required=False)
    user = sandbox.api.expected(call)
    return Answer(200, sandbox.api.present(user), {"etag": sandbox.api.etag(user)})


@defect("patch")
def connection_keeps_its_first_read(sandbox: Sandbox) -> None:
    """A connection that read a user shows that version until it writes itself, whatever others change meanwhile."""
    snapshots: defaultdict[Any, dict[str, Response]] = defaultdict(dict)

    async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        snapshot = snapshots[wire.scope["client"]]
        if call.method not in ("GET", "HEAD"):
            snapshot.clear()
        elif call.method == "GET" and call.user_id and response.status_code == 200:
            response = snapshot.setdefault(call.user_id, response)
        await write(call, wire, response)

    sandbox.around("app.write", write)


@defect("put", at="replace")
async def put_with_same_name_not_stored(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """PUT with the present name shows its email but stores nothing: only the name is looked at for changes."""
    fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
    if fields["name"] != user.name or others_with(sandbox, fields["email"], user.id):
        return await replace(call)  # type: ignore[no-any-return]
    return Answer(200, sandbox.api.present(user._replace(**fields)), {"etag": sandbox.api.etag(user)})


@defect("update-invalid", at="patch")
async def null_members_left_out_by_patch(sandbox: Sandbox, _patch: Decision, call: Call) -> Answer:
    """PATCH ignores a name or email that is null, and changes the rest."""
    document = {field: value for field, value in sandbox.api.document(call).items() if value is not None}
    fields = sandbox.api.fields(document, required=False)
    return sandbox.api.update(sandbox.api.expected(call), fields)


@defect("update-404")
def refused_patch_brings_deleted_user_back(sandbox: Sandbox) -> None:
    """PATCH on a deleted user gives 404, but takes the mark of deletion away, so that the user is back."""
    gone = remember_gone(sandbox)

    def bring_back(call: Call) -> None:
        user = gone.get(call.user_id or "")
        if user is not None and sandbox.store.get(user.id) is None:
            sandbox.store.insert(user)

    act_when_refused(sandbox, "patch", 404, bring_back)


@defect("update-taken")
def taken_email_accepted_beside_name(sandbox: Sandbox) -> None:
    """PATCH takes another user's email when it changes the name as well: only an email alone is looked up."""
    sandbox.store.allow_duplicate_emails()
    state = {"looks": True}

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        with suppress(ValueError, RecursionError):
            state["looks"] = not sent_in(call).keys() >= {"name", "email"}
        try:
            return await patch(call)  # type: ignore[no-any-return]
        finally:
            state["looks"] = True

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if state["looks"] and others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        write(user, *key)

    sandbox.around("patch", patch)
    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)


@defect("isolation", at="store.delete")
def delete_takes_tagged_emails(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
    """DELETE also removes the users whose email is the user's with a +tag, as if they were the same person."""
    user = sandbox.store.get(user_id)
    if user is not None:
        local, _, domain = user.email.lower().partition("@")
        for other in sandbox.store.all_users():
            email = other.email.lower()
            if email.startswith(f"{local}+") and email.endswith(f"@{domain}"):
                delete(other.id)
    return bool(delete(user_id))


@defect("isolation")
def create_renews_time_of_one_before(sandbox: Sandbox) -> None:
    """A create gives its createdAt also to the user that was created before, by a trigger on the wrong row."""
    times = _show_other_times(sandbox)
    newest: list[str] = []

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        insert(user, *key)
        for user_id in newest:
            times[user_id] = user.created_at
        newest[:] = [user.id]

    sandbox.around("store.insert", insert)


# Delete


@defect("delete")
def deleted_user_not_modified(sandbox: Sandbox) -> None:
    """A read of a deleted user with their last ETag in If-None-Match gives 304: a cache looks at the tags first."""
    gone = remember_gone(sandbox)

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        user = gone.get(call.user_id or "")
        if user is not None and names_tag(call.headers.get("if-none-match"), sandbox.api.etag(user)):
            return Answer(304, headers={"etag": sandbox.api.etag(user)})
        return await read(call)  # type: ignore[no-any-return]

    sandbox.around("read", read)


@defect("delete-again")
def third_delete_is_500(sandbox: Sandbox) -> None:
    """The third DELETE of a user gives 500, the second one 404 as it should."""
    refused: Counter[str] = Counter()

    async def delete(_sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await delete(call)
        except Refusal as refusal:
            if refusal.status == 404:
                refused[call.user_id or ""] += 1
                if refused[call.user_id or ""] > 1:
                    return broken()
            raise
        return answer

    sandbox.around("delete", delete)


@defect("delete-frees")
def email_freed_two_seconds_later(sandbox: Sandbox) -> None:
    """The email of a deleted user stays taken for two seconds, until its lock in another store runs out."""
    locked_until: dict[str, float] = {}

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None:
            locked_until[user.email.lower()] = time.monotonic() + 2
        return bool(delete(user_id))

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if time.monotonic() < locked_until.get(user.email.lower(), 0):
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("store.delete", delete)
    sandbox.around("store.insert", insert)


@defect("delete-frees")
def email_freed_only_once(sandbox: Sandbox) -> None:
    """An email can be used again after one DELETE, but not after a second: its tombstone is there already."""
    tombstones: Counter[str] = Counter()

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None:
            tombstones[user.email.lower()] += 1
        return bool(delete(user_id))

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if tombstones[user.email.lower()] > 1:
            raise EmailTakenError
        insert(user, *key)

    sandbox.around("store.delete", delete)
    sandbox.around("store.insert", insert)


# Methods and access


@defect("method-405", at="dispatch")
async def post_on_user_patches_behind_405(sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """POST on one user's address gives 405, but what it holds is stored: the handler runs before the check."""
    if call.method == "POST" and call.user_id:
        with suppress(ValueError, RecursionError, EmailTakenError):
            store_anyway(sandbox, call, valid_part(sandbox, call))
    return await dispatch(call)  # type: ignore[no-any-return]


@defect("auth-401", at="authenticate")
def token_taken_as_basic_password(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """The scheme Basic lets in a client whose user name or password is the token."""
    scheme, _, given = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        with suppress(binascii.Error, ValueError):
            if sandbox.api.token in base64.b64decode(given).decode().split(":"):
                return
    authenticate(call)


@defect("auth-401")
def connection_stays_authenticated(sandbox: Sandbox) -> None:
    """A connection on which the token came once needs none any more, also not a right one."""
    known: set[Any] = set()

    async def write(sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        connection = wire.scope["client"]
        if response.status_code != 401:
            known.add(connection)
        elif connection in known:
            call.headers = Headers({**call.headers, "authorization": f"Bearer {sandbox.api.token}"})
            response = await sandbox.api.handle(call)
        await write(call, wire, response)

    sandbox.around("app.write", write)


# Many at once


@defect("burst")
def burst_missed_by_look_up(sandbox: Sandbox) -> None:
    """A user whose create comes while another is under way is not entered where ?email= searches, until a change."""
    state = {"active": 0}
    missing: set[str] = set()

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        state["active"] += 1
        overlaps = state["active"] > 1
        try:
            await gap(sandbox)
            answer: Answer = await create(call)
        finally:
            state["active"] -= 1
        if overlaps:
            missing.add(answer.content["id"])
        return answer

    def update(_sandbox: Sandbox, update: Decision, user: User) -> None:
        update(user)
        missing.discard(user.id)

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        return [user for user in filtered(email) if user.id not in missing]

    sandbox.around("create", create)
    sandbox.around("store.update", update)
    sandbox.around("filtered", filtered)


@defect("burst-workflow")
def workflow_delete_rolls_back_patches(sandbox: Sandbox) -> None:
    """DELETE rolls back the PATCHes of other users that are under way, since all share one transaction."""
    under_way: dict[str, User] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        before = sandbox.store.get(call.user_id or "")
        answer: Answer = await patch(call)
        if before is not None:
            under_way[before.id] = before
            await gap(sandbox)
            under_way.pop(before.id, None)
        return answer

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        answer: Answer = await delete(call)
        for user_id in [other for other in under_way if other != call.user_id]:
            with suppress(EmailTakenError):
                sandbox.store.update(under_way.pop(user_id))
        return answer

    sandbox.around("patch", patch)
    sandbox.around("delete", delete)


@defect("race-email")
def race_of_capitals_in_changes(sandbox: Sandbox) -> None:
    """PUT and PATCH ignore letter case only in a check a window before they store; the index compares exact texts."""
    sandbox.store.allow_duplicate_emails()

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
        if "email" in fields and fields["email"].lower() != user.email.lower():
            if others_with(sandbox, fields["email"], user.id):
                raise sandbox.api.taken()
            await gap(sandbox)
        return await change(call)  # type: ignore[no-any-return]

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if others_with(sandbox, user.email):
            raise EmailTakenError
        insert(user, *key)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        if others_with(sandbox, user.email, user.id, exact=True):
            raise EmailTakenError
        update(user)

    sandbox.around("replace", change)
    sandbox.around("patch", change)
    sandbox.around("store.insert", insert)
    sandbox.around("store.update", update)


@defect("race-email")
def race_loser_found_by_look_up(sandbox: Sandbox) -> None:
    """A create that loses a race gives 409, but ?email= shows its user for three seconds, from a cache filled early."""
    cached: dict[str, tuple[float, User]] = {}

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        fields = sandbox.api.user_fields(call)
        if others_with(sandbox, fields["email"]):
            return await create(call)  # type: ignore[no-any-return]
        await gap(sandbox)
        try:
            answer: Answer = await create(call)
        except Refusal as refusal:
            if refusal.status == 409:
                cached[fields["email"].lower()] = (time.monotonic() + 3, sandbox.api.new_user(fields))
            raise
        return answer

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        until, user = cached.get(email.lower(), (0.0, None))
        return [user] if user is not None and time.monotonic() < until else filtered(email)

    sandbox.around("create", create)
    sandbox.around("filtered", filtered)


@defect("lost-update", at="patch")
async def patch_beside_patch_is_409(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH without a condition that another change overtakes gives 409: the row has another version by then."""
    fields_in(sandbox, call)
    user = sandbox.api.expected(call)
    await gap(sandbox)
    if sandbox.store.get(user.id) not in (None, user):
        raise Refusal(409, "Conflict", "The row was updated or deleted by another transaction.")
    return await patch(call)  # type: ignore[no-any-return]


@defect("race-delete", at="delete")
async def delete_beside_change_is_409(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE that a PATCH or PUT overtakes gives 409: the row has another version by then."""
    user = sandbox.api.expected(call)
    await gap(sandbox)
    if sandbox.store.get(user.id) not in (None, user):
        raise Refusal(409, "Conflict", "The row was updated or deleted by another transaction.")
    return await delete(call)  # type: ignore[no-any-return]


@defect("race-delete")
def patch_beside_delete_leaves_ghost_on_pages(sandbox: Sandbox) -> None:
    """A PATCH that a DELETE overtakes gives 404, but enters the user where pages are read, at the end of them."""
    ghosts: dict[str, User] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        fields, user = fields_in(sandbox, call), sandbox.api.expected(call)
        await gap(sandbox)
        if sandbox.store.get(user.id) is None:
            ghosts[user.id] = user._replace(**fields)
        return await patch(call)  # type: ignore[no-any-return]

    def window(sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
        users: list[User] = window(offset, count)
        if not ghosts or len(users) == count:
            return users
        begin = max(0, offset - sandbox.store.count())
        return users + list(ghosts.values())[begin : begin + count - len(users)]

    sandbox.around("patch", patch)
    sandbox.around("store.window", window)


# Whatever is sent


@defect("robust", at="parse")
def empty_member_name_gives_500(_sandbox: Sandbox, parse: Decision, body: bytes) -> Any:
    """A body with a member whose name is empty gives 500, as the document store cannot keep it."""
    document = parse(body)
    if isinstance(document, dict) and "" in document:
        raise Refusal(500, "Internal Server Error", "Something went wrong.")
    return document


@defect("robust")
def conflicting_change_renames_later(sandbox: Sandbox) -> None:
    """PUT and PATCH that get 409 for their email store their name 0.3 s later, by a job that tries them in parts."""

    def store(user_id: str | None, name: str) -> None:
        user = sandbox.store.get(user_id or "")
        if user is not None:
            sandbox.store.update(user._replace(name=name))

    def rename_later(call: Call) -> None:
        part = valid_part(sandbox, call)
        if "name" in part:
            asyncio.get_running_loop().call_later(_LATER_S, store, call.user_id, part["name"])

    act_when_refused(sandbox, "patch", 409, rename_later)
    act_when_refused(sandbox, "replace", 409, rename_later)


@defect("own-answer", at="app.write")
async def long_answers_cut_at_buffer(
    _sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response
) -> None:
    """An answer of more than 16 KiB ends there, in the middle of the list, and its Content-Length fits."""
    if len(response.body) > _BUFFER:
        response = _with_body(response, bytes(response.body)[:_BUFFER])
    await write(call, wire, response)


@defect("own-answer")
def get_after_head_is_empty(sandbox: Sandbox) -> None:
    """The first GET after a HEAD on a kept connection has no body, as if it were a HEAD as well."""
    after_head: set[Any] = set()

    async def write(_sandbox: Sandbox, write: Decision, call: Call, wire: Wire, response: Response) -> None:
        connection = wire.scope["client"]
        if call.method == "HEAD":
            after_head.add(connection)
        elif connection in after_head:
            after_head.discard(connection)
            if call.method == "GET" and response.status_code == 200:
                response = _with_body(response, b"")
        await write(call, wire, response)

    sandbox.around("app.write", write)


@defect("own-answer", at="dispatch")
async def chunked_change_is_400(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """PUT and PATCH with a chunked body give 400, since they want a Content-Length; POST takes one."""
    if call.method in ("PUT", "PATCH") and "transfer-encoding" in call.headers:
        raise Refusal(400, "Bad Request", "The request has no Content-Length.")
    return await dispatch(call)  # type: ignore[no-any-return]


@defect("conditional", at="created")
def etag_of_post_is_not_that_of_read(sandbox: Sandbox, created: Decision, user: User, call: Call) -> Answer:
    """The ETag in the answer to POST is not the one that a read shows, and If-Match with it gives 412."""
    answer: Answer = created(user, call)
    answer.headers["etag"] = sandbox.api.etag(user._replace(created_at=""))
    return answer


@defect("conditional", at="expected")
def any_version_refused_by_if_match(sandbox: Sandbox, expected: Decision, call: Call) -> User:
    """If-Match: * on a known user gives 412, since the star is compared as if it were a tag."""
    if call.headers.get("if-match", "").strip() == "*":
        sandbox.api.known(call)
        raise Refusal(412, "Precondition Failed", "The user has changed since.")
    user: User = expected(call)
    return user
