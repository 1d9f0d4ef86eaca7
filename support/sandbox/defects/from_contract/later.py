"""What goes wrong a moment or some seconds later, or only after many requests."""

import asyncio
import time
from collections import Counter
from contextlib import suppress

from support.sandbox.defects.kit import act_when_refused, valid_part
from support.sandbox.exchange import Answer, Call, Refusal, names_tag
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox, defect

_CONSECUTIVE_REFUSALS = 400
_POOL = 300


def _later(seconds: float, act: Decision, *given: object) -> None:
    asyncio.get_running_loop().call_later(seconds, act, *given)


@defect("robust")
def refused_put_done_in_part_later(sandbox: Sandbox) -> None:
    """A PUT that is refused as invalid stores its valid part 0.3 s later, by a job that was queued before."""

    def store(user_id: str, fields: dict[str, str]) -> None:
        user = sandbox.store.get(user_id)
        if user is not None:
            with suppress(EmailTakenError):
                sandbox.store.update(user._replace(**fields))

    def act(call: Call) -> None:
        _later(0.3, store, call.user_id or "", valid_part(sandbox, call))

    act_when_refused(sandbox, "replace", 422, act)


@defect("delete-frees")
def conflicting_create_done_once_email_is_free(sandbox: Sandbox) -> None:
    """A create that got 409 is tried again for half a second, and done once the email is free."""

    def store(user: User, tries: int) -> None:
        try:
            sandbox.store.insert(user)
        except EmailTakenError:
            if tries:
                _later(0.05, store, user, tries - 1)

    def act(call: Call) -> None:
        _later(0.05, store, sandbox.api.new_user(sandbox.api.user_fields(call)), 9)

    act_when_refused(sandbox, "create", 409, act)


@defect("conditional")
def delete_with_old_etag_done_later(sandbox: Sandbox) -> None:
    """A DELETE that got 412 for an old ETag is done all the same 0.3 s later."""

    def act(call: Call) -> None:
        _later(0.3, sandbox.store.delete, call.user_id or "")

    act_when_refused(sandbox, "delete", 412, act)


@defect("delete")
def deleted_user_returns_after_a_second(sandbox: Sandbox) -> None:
    """A deleted user is back a second later, when a slower replica hands on the old row."""
    returned: set[str] = set()

    def bring_back(user: User) -> None:
        with suppress(EmailTakenError):
            sandbox.store.insert(user)

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None and user_id not in returned:
            returned.add(user_id)
            _later(1.0, bring_back, user)
        return bool(delete(user_id))

    sandbox.around("store.delete", delete)


@defect("filter-email")
def idle_user_not_found_by_email(sandbox: Sandbox) -> None:
    """A user who was not read or changed for two seconds is not found by ?email= until a client does."""
    started = time.monotonic()
    touched: dict[str, float] = {}

    def get(_sandbox: Sandbox, get: Decision, user_id: str) -> User | None:
        touched[user_id] = time.monotonic()
        user: User | None = get(user_id)
        return user

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        insert(user, *key)
        touched[user.id] = time.monotonic()

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        now = time.monotonic()
        return [user for user in filtered(email) if now - touched.get(user.id, started) < 2]

    sandbox.around("store.get", get)
    sandbox.around("store.insert", insert)
    sandbox.around("filtered", filtered)


@defect("exact-text")
def first_write_after_idle_loses_characters(sandbox: Sandbox) -> None:
    """The first request after a second of silence stores a name in Latin-1, since the database had hung up."""
    state = {"last": time.monotonic(), "silence": 0.0}

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        now = time.monotonic()
        state["last"], state["silence"] = now, now - state["last"]
        authenticate(call)

    def write(_sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if state["silence"] > 1:
            user = user._replace(name=user.name.encode("latin-1", "replace").decode("latin-1"))
        write(user, *key)

    sandbox.around("authenticate", authenticate)
    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)


@defect("robust")
def many_refusals_lock_all_users_out(sandbox: Sandbox) -> None:
    """After 400 refusals without a success in between every request gets 403 for five seconds."""
    state = {"refusals": 0.0, "locked_until": 0.0}

    def authenticate(_sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
        authenticate(call)
        if time.monotonic() < state["locked_until"]:
            raise Refusal(403, "Forbidden", "Too many errors came from this email.")

    def refuse(_sandbox: Sandbox, refuse: Decision, refusal: Refusal) -> Answer:
        state["refusals"] += refusal.status != 403
        if state["refusals"] >= _CONSECUTIVE_REFUSALS:
            state["refusals"], state["locked_until"] = 0.0, time.monotonic() + 5
        answer: Answer = refuse(refusal)
        return answer

    async def dispatch(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        answer: Answer = await dispatch(call)
        state["refusals"] = 0.0
        return answer

    sandbox.around("authenticate", authenticate)
    sandbox.around("refuse", refuse)
    sandbox.around("dispatch", dispatch)


@defect("robust")
def malformed_bodies_use_up_pool(sandbox: Sandbox) -> None:
    """Each body that is not JSON leaks a connection to the database: after 300 every POST, PUT and PATCH gives 500."""
    leaked: Counter[str] = Counter()

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> object:
        if leaked["connections"] >= _POOL:
            raise Refusal(500, "Internal Server Error", "No connection became free in time.")
        try:
            return document(call)
        except Refusal as refusal:
            leaked["connections"] += refusal.status == 400
            raise

    sandbox.around("document", document)


@defect("create-invalid")
def email_of_refused_create_reserved(sandbox: Sandbox) -> None:
    """A create that is refused for its name reserves its email: a valid one gets 409 for five seconds."""
    reserved: dict[str, float] = {}

    def act(call: Call) -> None:
        email = valid_part(sandbox, call).get("email")
        if email is not None:
            reserved[email.lower()] = time.monotonic() + 5

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if time.monotonic() < reserved.get(user.email.lower(), 0.0):
            raise EmailTakenError
        insert(user, *key)

    act_when_refused(sandbox, "create", 422, act)
    sandbox.around("store.insert", insert)


@defect("put")
def tenth_read_begins_caching(sandbox: Sandbox) -> None:
    """From the tenth read of a user on reads come from a cache of two seconds, which a change does not clear."""
    reads: Counter[str] = Counter()
    cached: dict[str, tuple[float, User]] = {}

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        live = sandbox.api.known(call)
        reads[live.id] += 1
        if reads[live.id] < 10:
            return await read(call)  # type: ignore[no-any-return]
        now = time.monotonic()
        if now >= cached.get(live.id, (0.0, live))[0]:
            cached[live.id] = (now + 2, live)
        user = cached[live.id][1]
        headers = {"etag": sandbox.api.etag(user)}
        if names_tag(call.headers.get("if-none-match"), headers["etag"]):
            return Answer(304, headers=headers)
        return Answer(200, sandbox.api.present(user), headers)

    sandbox.around("read", read)
