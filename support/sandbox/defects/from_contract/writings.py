"""What is written in a usual way, what views show of it, and what identifies a user."""

import asyncio
import base64
import re
import time
import unicodedata
from typing import Any

from support.sandbox.defects.kit import (
    after_each_change,
    after_each_create,
    broken,
    fields_in,
    gap,
    others_with,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, Key, User
from support.sandbox.twists import Decision, Sandbox, defect

# Data and writing


@defect("patch", at="fields")
def name_behind_email_skipped_by_patch(
    _sandbox: Sandbox, fields: Decision, document: dict[str, Any], *, required: bool
) -> dict[str, str]:
    """PATCH reads members in the order in which they are declared, and so skips a name that comes after the email."""
    read: dict[str, str] = fields(document, required=required)
    names = list(document)
    if not required and len(read) == 2 and names.index("email") < names.index("name"):
        del read["name"]
    return read


@defect("exact-text", at="replace")
async def dollar_pairs_halved_by_put(sandbox: Sandbox, _replace: Decision, call: Call) -> Answer:
    """PUT writes the name into a text by JavaScript's replace(), to which `$$` means one dollar sign."""
    fields = fields_in(sandbox, call)
    return sandbox.api.update(sandbox.api.expected(call), {**fields, "name": fields["name"].replace("$$", "$")})


@defect("server-owned", at="patch")
async def update_operators_obeyed_by_patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """PATCH hands its body to the document store, which obeys the unknown member `$set` as an operator."""
    operators = sandbox.api.document(call).get("$set")
    if not isinstance(operators, dict):
        return await patch(call)  # type: ignore[no-any-return]
    fields = {**fields_in(sandbox, call), **sandbox.api.fields(operators, required=False)}
    return sandbox.api.update(sandbox.api.expected(call), fields)


@defect("server-owned")
def mark_of_deletion_assigned(sandbox: Sandbox) -> None:
    """PUT and PATCH assign the unknown field `deletedAt` or `deleted_at`, so that the user is gone after the 200."""

    async def handler(sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        answer: Answer = await handler(call)
        document = sandbox.api.document(call)
        if document.get("deletedAt") or document.get("deleted_at"):
            sandbox.store.delete(call.user_id or "")
        return answer

    sandbox.around("replace", handler)
    sandbox.around("patch", handler)


@defect("create-201", at="user_fields")
def white_space_before_sign_up_refused(_sandbox: Sandbox, user_fields: Decision, call: Call) -> dict[str, str]:
    """POST looks at the first byte of the body for a brace, so that JSON behind a line break or blank gives 400."""
    if call.body[:1] in (b" ", b"\t", b"\r", b"\n"):
        raise Refusal(400, "Bad Request", "The body is not JSON.")
    return user_fields(call)  # type: ignore[no-any-return]


@defect("own-answer", at="dispatch")
async def long_user_agent_breaks_writes(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
    """A write with a User-Agent of more than 255 characters gives 500: the column of the audit has no room for it."""
    if call.method in ("POST", "PUT", "PATCH", "DELETE") and len(call.headers.get("user-agent", "")) > 255:
        return broken()
    return await dispatch(call)  # type: ignore[no-any-return]


# Views


@defect("conditional")
def etag_of_the_second_of_the_change(sandbox: Sandbox) -> None:
    """The ETag is made of the second of the last change, as of a file: two changes within a second share it."""
    changed: dict[str, int] = {}

    def stamp(user: User) -> None:
        changed[user.id] = int(time.time())

    after_each_create(sandbox, stamp)
    after_each_change(sandbox, lambda _before, user: stamp(user))
    sandbox.around("etag", lambda _sandbox, _etag, user: f'"{user.id[:8]}-{changed.get(user.id, 0):x}"')


@defect("filter-email", at="filtered")
def long_emails_not_indexed(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
    """An email of more than 100 characters is not found by ?email=: the index ignores what is longer."""
    return filtered(email) if len(email) <= 100 else []


@defect("filter-email", at="filtered")
def same_words_found_in_any_order(sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
    """?email= compares the words before the @ in any order, so that ann.lee@ finds lee.ann@ as well."""

    def key(text: str) -> tuple[list[str], str]:
        local, _, domain = text.casefold().rpartition("@")
        return sorted(re.split(r"([._+-])", local)), domain

    return [user for user in sandbox.store.all_users() if key(user.email) == key(email)]


@defect("head")
def head_asks_the_replica(sandbox: Sandbox) -> None:
    """HEAD of a new user gives 404 for half a second: it is sent to a replica, GET to the primary."""
    arrives: dict[str, float] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if call.method == "HEAD" and arrives.get(call.user_id or "", 0.0) > time.monotonic():
            raise sandbox.api.unknown()
        return await read(call)  # type: ignore[no-any-return]

    after_each_create(sandbox, lambda user: arrives.update({user.id: time.monotonic() + 0.5}))
    sandbox.around("read", read)


@defect("pages", at="page")
def limit_before_page_shows_first_page(_sandbox: Sandbox, page: Decision, call: Call) -> tuple[int, int] | None:
    """A page is heeded only where it begins the query: ?limit=5&page=2 shows the first page again."""
    wanted: tuple[int, int] | None = page(call)
    if wanted is not None and next(iter(call.query)) != "page":
        return 0, wanted[1]
    return wanted


@defect("put")
def first_read_after_put_is_stale(sandbox: Sandbox) -> None:
    """The first read after a PUT shows the copy of the read before it, while a cache renews that behind."""
    copies: dict[str, User] = {}
    outdated: dict[str, User] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        user = sandbox.api.known(call)
        if call.method == "HEAD" or "if-none-match" in call.headers:
            return await read(call)  # type: ignore[no-any-return]
        copies[user.id] = user
        old = outdated.pop(user.id, None)
        if old is not None:
            return Answer(200, sandbox.api.present(old), {"etag": sandbox.api.etag(old)})
        return await read(call)  # type: ignore[no-any-return]

    async def replace(_sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
        answer: Answer = await replace(call)
        copy = copies.pop(call.user_id or "", None)
        if copy is not None:
            outdated[copy.id] = copy
        return answer

    async def patch(_sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        copies.pop(call.user_id or "", None)
        outdated.pop(call.user_id or "", None)
        return answer

    sandbox.around("read", read)
    sandbox.around("replace", replace)
    sandbox.around("patch", patch)


# Uniqueness, deletion, ids


@defect("email-unique")
def lock_on_email_expires(sandbox: Sandbox) -> None:
    """A sign-up is kept apart from others by a lock on its email only, which runs out after two seconds."""
    locked: dict[str, float] = {}
    sandbox.store.allow_duplicate_emails()

    def lock(user: User) -> None:
        locked[user.email.casefold()] = time.monotonic() + 2

    def insert(sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if others_with(sandbox, user.email) and locked.get(user.email.casefold(), 0.0) > time.monotonic():
            raise EmailTakenError
        insert(user, *key)
        lock(user)

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        if others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        update(user)
        lock(user)

    sandbox.around("store.insert", insert)
    sandbox.around("store.update", update)


@defect("create-201")
def names_without_ascii_share_a_slug(sandbox: Sandbox) -> None:
    """Each user gets a unique slug, which is empty for a name without ASCII: the second such user gets 409."""
    without: list[str] = []

    def insert(sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        plain = unicodedata.normalize("NFKD", user.name).encode("ascii", "ignore").decode()
        if re.search(r"[A-Za-z0-9]", plain):
            insert(user, key)
            return
        if any(sandbox.store.get(user_id) for user_id in without):
            raise sandbox.api.taken()
        insert(user, key)
        without.append(user.id)

    sandbox.around("insert", insert)


@defect("isolation", at="store.delete")
def delete_by_time_of_creation(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
    """DELETE removes the row by its time, and so every user who was created in the same millisecond."""
    user = sandbox.store.get(user_id)
    if user is not None:
        for other in sandbox.store.all_users():
            if other.created_at == user.created_at and other.id != user.id:
                delete(other.id)
    return bool(delete(user_id))


@defect("race-delete")
def change_cancels_queued_deletion(sandbox: Sandbox) -> None:
    """DELETE gives 202 and is done by a job half a second later, which drops it if the user has changed since."""
    queued: set[str] = set()

    def finish(user: User) -> None:
        queued.discard(user.id)
        if sandbox.store.get(user.id) == user:
            sandbox.store.delete(user.id)

    async def delete(sandbox: Sandbox, _delete: Decision, call: Call) -> Answer:
        user = sandbox.api.expected(call)
        if user.id not in queued:
            queued.add(user.id)
            asyncio.get_running_loop().call_later(0.5, finish, user)
        return Answer(202)

    sandbox.around("delete", delete)


@defect("race-email")
def handed_over_email_is_a_deadlock(sandbox: Sandbox) -> None:
    """A PUT or PATCH towards an email whose holder is just leaving it gives 500: both wait for a lock of the other."""
    leaving: dict[str, str] = {}

    async def change(sandbox: Sandbox, change: Decision, call: Call) -> Answer:
        wanted = fields_in(sandbox, call).get("email", "").casefold()
        user = sandbox.api.expected(call)
        own = user.email.casefold()
        if wanted in ("", own):
            return await change(call)  # type: ignore[no-any-return]
        leaving[own] = user.id
        try:
            met = wanted in leaving
            await gap(sandbox)
            if met or wanted in leaving:
                return broken("Deadlock found when trying to get lock.")
            return await change(call)  # type: ignore[no-any-return]
        finally:
            leaving.pop(own, None)

    sandbox.around("replace", change)
    sandbox.around("patch", change)


@defect("read-404")
def spare_bits_of_last_character_ignored(sandbox: Sandbox) -> None:
    """Ids are 128 bits in base64url, and a read ignores the four spare bits of the last of 22 characters."""

    def text_of(octets: bytes) -> str:
        return base64.urlsafe_b64encode(octets).decode().rstrip("=")

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if re.fullmatch(r"[A-Za-z0-9_-]{22}", call.user_id or ""):
            call.user_id = text_of(base64.urlsafe_b64decode(f"{call.user_id}=="))
        return await read(call)  # type: ignore[no-any-return]

    sandbox.around("new_id", lambda _sandbox, new_id: text_of(bytes.fromhex(new_id().replace("-", ""))))
    sandbox.around("read", read)
