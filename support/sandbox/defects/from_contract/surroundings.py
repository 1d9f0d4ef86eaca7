"""Faults of what stands around an API: gateways, caches, indexes, queues, locks, shards, jobs."""

import asyncio
import re
import time
import zlib
from dataclasses import replace

from starlette.datastructures import Headers
from starlette.responses import Response

from support.sandbox.defects.kit import (
    act_when_refused,
    after_each_change,
    after_each_create,
    before_each_delete,
    broken,
    gap,
    sent_in,
)
from support.sandbox.exchange import Answer, Call, Refusal, bears
from support.sandbox.store import User
from support.sandbox.twists import Decision, Sandbox, defect

_TTL_S = 2.0
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_SQL_WORD = re.compile(r"\b(select|union|insert|drop|exec)\b", re.IGNORECASE)
_READS = ("GET", "HEAD")
_SLOTS = 16384
_POOL = 300


def _now() -> float:
    return time.monotonic()


def _later(delay_s: float, act: Decision, *arguments: object) -> None:
    asyncio.get_running_loop().call_later(delay_s, act, *arguments)


@defect("filter-email")
def search_index_drops_a_quick_second_change(sandbox: Sandbox) -> None:
    """A second change of a user within a second does not reach `?email=`, which keeps showing the first."""
    index = {user.id: (0.0, user) for user in sandbox.store.all_users()}

    def change(_before: User, user: User) -> None:
        if _now() - index[user.id][0] > 1:
            index[user.id] = (_now(), user)

    def filtered(_sandbox: Sandbox, _filtered: Decision, email: str) -> list[User]:
        return [user for _, user in index.values() if user.email.casefold() == email.casefold()]

    after_each_create(sandbox, lambda user: index.update({user.id: (0.0, user)}))
    after_each_change(sandbox, change)
    before_each_delete(sandbox, lambda user: index.pop(user.id))
    sandbox.around("filtered", filtered)


@defect("burst")
def reads_share_a_cache_slot(sandbox: Sandbox) -> None:
    """GET shows another user, read within two seconds before, if both ids fall into one of 16384 cache slots."""
    cache: dict[int, tuple[float, User]] = {}

    def slot(user_id: str | None) -> int:
        return zlib.crc32((user_id or "").encode(errors="replace")) % _SLOTS

    def known(_sandbox: Sandbox, known: Decision, call: Call) -> User:
        until, kept = cache.get(slot(call.user_id), (0.0, None))
        if call.method in _READS and kept is not None and until > _now():
            return kept
        user: User = known(call)
        cache[slot(user.id)] = (_now() + _TTL_S, user)
        return user

    sandbox.around("known", known)
    after_each_change(sandbox, lambda _before, user: cache.pop(slot(user.id), None))
    before_each_delete(sandbox, lambda user: cache.pop(slot(user.id), None))


@defect("own-answer")
def purge_misses_other_languages(sandbox: Sandbox) -> None:
    """After a change, a GET with an Accept-Language that read the user before shows the old state for two seconds."""
    cache: dict[tuple[str | None, str], tuple[float, User]] = {}

    def known(_sandbox: Sandbox, known: Decision, call: Call) -> User:
        language = call.headers.get("accept-language")
        if language is None or call.method not in _READS:
            user: User = known(call)
            return user
        until, kept = cache.get((call.user_id, language), (0.0, None))
        if kept is None or until < _now():
            kept = known(call)
            cache[call.user_id, language] = (_now() + _TTL_S, kept)
        return kept

    sandbox.around("known", known)


@defect("own-answer")
def range_request_poisons_the_cache(sandbox: Sandbox) -> None:
    """After a GET with Range, every GET of that user gets 206 and only those bytes for two seconds."""
    parts: dict[str | None, tuple[float, bytes]] = {}

    def respond(_sandbox: Sandbox, respond: Decision, call: Call, answer: Answer) -> Response:
        response: Response = respond(call, answer)
        if call.method != "GET" or not call.user_id or response.status_code != 200:
            return response
        wanted = _RANGE.fullmatch(call.headers.get("range", ""))
        if wanted:
            part = bytes(response.body)[int(wanted[1]) : int(wanted[2]) + 1]
            parts[call.user_id] = (_now() + _TTL_S, part)
        until, part = parts.get(call.user_id, (0.0, b""))
        return Response(part, 206, answer.headers) if part and until > _now() else response

    sandbox.around("respond", respond)
    after_each_change(sandbox, lambda _before, user: parts.pop(user.id, None))


@defect("pages")
def pages_in_flight_are_merged(sandbox: Sandbox) -> None:
    """Two pages with one limit that are asked for at once are both answered with the first of them."""
    flying: dict[str | None, asyncio.Future[Answer]] = {}

    async def list_users(sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        if "page" not in call.query or "email" in call.query:
            whole: Answer = await list_users(call)
            return whole
        limit = call.query.get("limit")

        async def fetch() -> Answer:
            await gap(sandbox)
            answer: Answer = await list_users(call)
            return answer

        if limit not in flying:
            flying[limit] = asyncio.ensure_future(fetch())
            flying[limit].add_done_callback(lambda _done: flying.pop(limit))
        answer = await flying[limit]
        return replace(answer, headers=dict(answer.headers))

    sandbox.around("list_users", list_users)


@defect("filter-email", at="list_users")
async def firewall_blocks_words_in_the_query(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
    """`?email=` with an address that holds a word of SQL (credit.union@...) gives 403."""
    if _SQL_WORD.search(call.query.get("email", "")):
        raise Refusal(403, "Forbidden", "The request was blocked.")
    answer: Answer = await list_users(call)
    return answer


@defect("auth-401", at="authenticate")
def padding_of_the_token_is_ignored(sandbox: Sandbox, authenticate: Decision, call: Call) -> None:
    """The token with `=` after it, as base64 is padded, is taken for the token."""
    given = call.headers.get("authorization", "").rstrip("=")
    if not bears(Headers({"authorization": given}), sandbox.api.token):
        authenticate(call)


@defect("robust")
def conflicts_by_change_use_up_the_pool(sandbox: Sandbox) -> None:
    """After 300 PUT or PATCH that gave 409, each of which keeps a connection, every PUT and PATCH gives 500."""
    leaked: list[str | None] = []
    for handler in ("patch", "replace"):
        act_when_refused(sandbox, handler, 409, lambda call: leaked.append(call.user_id))

    def update(_sandbox: Sandbox, update: Decision, *arguments: object) -> Answer:
        answer: Answer = broken() if len(leaked) >= _POOL else update(*arguments)
        return answer

    sandbox.around("update", update)


@defect("burst")
def conflict_rolls_back_its_batch(sandbox: Sandbox) -> None:
    """A create that gave 201 is undone if another one, in flight at the same time, gives 409."""
    batch: list[dict[str, str]] = []
    active = 0

    async def create(sandbox: Sandbox, create: Decision, call: Call) -> Answer:
        nonlocal active
        active += 1
        try:
            await gap(sandbox)
            answer: Answer = await create(call)
            batch.append(answer.content)
        except Refusal as refusal:
            if refusal.status == 409:
                taken = sent_in(call)["email"].casefold()
                for user in batch:
                    if user["email"].casefold() != taken:
                        sandbox.store.delete(user["id"])
            raise
        finally:
            active -= 1
            if not active:
                batch.clear()
        return answer

    sandbox.around("create", create)


@defect("exact-text")
def nightly_job_tidies_names(sandbox: Sandbox) -> None:
    """A second and a half after a write, two blanks in the name have become one."""

    def tidy(user_id: str) -> None:
        user = sandbox.store.get(user_id)
        if user is not None and "  " in user.name:
            sandbox.store.update(user._replace(name=re.sub("  +", " ", user.name)))

    after_each_create(sandbox, lambda user: _later(1.5, tidy, user.id))
    after_each_change(sandbox, lambda _before, user: _later(1.5, tidy, user.id))
