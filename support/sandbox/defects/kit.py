"""What several defects share."""

import asyncio
import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from starlette.datastructures import Headers

from support.sandbox.exchange import JSON, Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, User
from support.sandbox.twists import Decision, Sandbox


async def gap(sandbox: Sandbox) -> None:
    """Let other requests run for the length of the window, to the microsecond: timers alone are too coarse."""
    deadline = time.perf_counter() + sandbox.window_s
    if sandbox.window_s > 0.003:
        await asyncio.sleep(sandbox.window_s - 0.002)
    while time.perf_counter() < deadline:
        await asyncio.sleep(0)


async def instead_of(status: int, answer: Answer, handler: Decision, call: Call) -> Answer:
    """Replace a refusal with this status by an answer."""
    try:
        given: Answer = await handler(call)
    except Refusal as refusal:
        if refusal.status != status:
            raise
        return answer
    return given


def broken(detail: str = "Something went wrong.") -> Answer:
    """Return the answer of a server with an internal error."""
    return Answer(500, {"title": "Internal Server Error", "status": 500, "detail": detail})


def answer_unknown_ids(sandbox: Sandbox, at: str, answer: Callable[[Call], Answer]) -> None:
    """Make a handler answer like this for ids that no user ever had; ids of deleted users still get 404."""
    gone = remember_gone(sandbox)

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        try:
            given: Answer = await handler(call)
        except Refusal as refusal:
            if refusal.status != 404 or call.user_id in gone:
                raise
            return answer(call)
        return given

    sandbox.around(at, handler)


def after_each_create(sandbox: Sandbox, act: Callable[[User], object]) -> None:
    """Do something after a user was stored."""

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        insert(user, *key)
        act(user)

    sandbox.around("store.insert", insert)


def after_each_change(sandbox: Sandbox, act: Callable[[User, User], object]) -> None:
    """Do something after a user was changed; it gets the user as before and as now."""

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id)
        update(user)
        if before is not None:
            act(before, user)

    sandbox.around("store.update", update)


def before_each_delete(sandbox: Sandbox, act: Callable[[User], object]) -> None:
    """Do something before a user is deleted."""

    def delete(sandbox: Sandbox, delete: Decision, user_id: str) -> bool:
        user = sandbox.store.get(user_id)
        if user is not None:
            act(user)
        return bool(delete(user_id))

    sandbox.around("store.delete", delete)


def remember_gone(sandbox: Sandbox) -> dict[str, User]:
    """Remember the users that are deleted from now on, by id."""
    gone: dict[str, User] = {}
    before_each_delete(sandbox, lambda user: gone.update({user.id: user}))
    return gone


def look_before_storing(sandbox: Sandbox, *, at: tuple[str, ...] = ("insert", "update"), exact: bool = False) -> None:
    """Replace the unique index by a check before storing, at these places only."""
    sandbox.store.allow_duplicate_emails()

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        if others_with(sandbox, user.email, user.id, exact=exact):
            raise EmailTakenError
        write(user, *key)

    for name in at:
        sandbox.around(f"store.{name}", write)


def others_with(sandbox: Sandbox, email: str, user_id: str | None = None, *, exact: bool = False) -> list[User]:
    """Find other users with an email."""
    holders = sandbox.store.holders(email)
    return [user for user in holders if user.id != user_id and (not exact or user.email == email)]


def is_repeated(sandbox: Sandbox, call: Call) -> bool:
    """Return whether the Idempotency-Key of a request was used before."""
    key = sandbox.api.idempotency_key(call)
    return key is not None and sandbox.store.answered(key.value) is not None


def as_json(call: Call) -> Call:
    """Read the body as JSON, whatever its Content-Type says."""
    call.headers = Headers({**call.headers, "content-type": JSON})
    return call


def remember_documents(sandbox: Sandbox) -> dict[str, Any]:
    """Remember the latest document: no other request runs between its reading and its use."""
    latest: dict[str, Any] = {}

    def document(_sandbox: Sandbox, document: Decision, call: Call) -> dict[str, Any]:
        sent: dict[str, Any] = document(call)
        latest.clear()
        latest.update(sent)
        return sent

    sandbox.around("document", document)
    return latest


def users_in(answer: Answer) -> list[dict[str, Any]]:
    """Return the users that an answer shows, to be changed in place."""
    shown: list[dict[str, Any]] = answer.content if isinstance(answer.content, list) else [answer.content]
    return shown


def act_when_refused(sandbox: Sandbox, at: str, status: int, act: Decision) -> None:
    """When a handler refuses with this status, do something before the refusal is sent."""

    async def handler(_sandbox: Sandbox, handler: Decision, call: Call) -> Answer:
        try:
            answer: Answer = await handler(call)
        except Refusal as refusal:
            if refusal.status == status:
                with suppress(Refusal, EmailTakenError):
                    act(call)
            raise
        return answer

    sandbox.around(at, handler)


def fields_in(sandbox: Sandbox, call: Call) -> dict[str, str]:
    """Return the name and email of a request, checked."""
    return sandbox.api.fields(sandbox.api.document(call), required=call.method == "PUT")


def sent_in(call: Call) -> dict[str, Any]:
    """Read the fields of a JSON body without checking them."""
    document = json.loads(call.body)
    return document if isinstance(document, dict) else {}


def valid_part(sandbox: Sandbox, call: Call) -> dict[str, str]:
    """Return the name and email of a request, without those that are invalid."""
    faults = {"name": sandbox.api.name_fault, "email": sandbox.api.email_fault}
    return {field: value for field, value in sent_in(call).items() if field in faults and not faults[field](value)}


def store_anyway(sandbox: Sandbox, call: Call, fields: dict[str, str]) -> None:
    """Change the user of a request, if there is one."""
    user = sandbox.store.get(call.user_id or "")
    if user is not None:
        sandbox.store.update(user._replace(**fields))


def invented_user() -> dict[str, str]:
    """Return what an API without checks fills in."""
    return {"name": "Unnamed", "email": f"unnamed-{uuid.uuid4().hex[:12]}@example.org"}


class InFlight:
    """Counts active requests; more than `limit` of them overload it until none is left."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._active = 0
        self.is_overloaded = False

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count a request while the context lasts."""
        self._active += 1
        self.is_overloaded = self.is_overloaded or self._active > self._limit
        try:
            yield
        finally:
            self._active -= 1
            self.is_overloaded = self.is_overloaded and self._active > 0
