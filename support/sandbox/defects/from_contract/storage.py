"""Defects of storage, caches, transactions, replication, background jobs, ids and time."""

import asyncio
import itertools
import time
from collections import Counter
from dataclasses import replace as copy_of

from support.sandbox.defects.kit import (
    act_when_refused,
    after_each_change,
    before_each_delete,
    broken,
    fields_in,
    gap,
    others_with,
    remember_gone,
)
from support.sandbox.exchange import Answer, Call, Refusal
from support.sandbox.store import EmailTakenError, Key, User
from support.sandbox.twists import Decision, Sandbox, defect


@defect("patch")
def pooled_session_keeps_entities(sandbox: Sandbox) -> None:
    """A PATCH completes the row from what its pooled session saw last: of two sessions, in turn, one is behind."""
    # Shown by: POST; PATCH name; PATCH email; GET (the first name is back)
    sessions: itertools.cycle[dict[str, User]] = itertools.cycle(({}, {}))

    def insert(_sandbox: Sandbox, insert: Decision, user: User, key: Key | None) -> None:
        insert(user, key)
        next(sessions)[user.id] = user

    def update(_sandbox: Sandbox, update: Decision, user: User, fields: dict[str, str]) -> Answer:
        session = next(sessions)
        entity = session.get(user.id, user)
        answer: Answer = update(entity, fields)
        session[user.id] = entity._replace(**fields)
        return answer

    sandbox.around("insert", insert)
    sandbox.around("update", update)


@defect("filter-email")
def nobody_is_cached(sandbox: Sandbox) -> None:
    """That nobody has an address is cached for a minute, and only a create clears it, no change of address."""
    # Shown by: GET ?email=b ([]); PATCH a user to email b; GET ?email=b (still [])
    nobody: dict[str, float] = {}

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        if nobody.get(email.casefold(), 0.0) > time.monotonic():
            return []
        users: list[User] = filtered(email)
        if not users:
            nobody[email.casefold()] = time.monotonic() + 60
        return users

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        insert(user, *key)
        nobody.pop(user.email.casefold(), None)

    sandbox.around("filtered", filtered)
    sandbox.around("store.insert", insert)


@defect("pages")
def counter_lowered_by_vain_deletes(sandbox: Sandbox) -> None:
    """Pages end where a counter of users says, and a DELETE that finds nobody lowers the counter as well."""
    # Shown by: POST a; POST b; DELETE a; DELETE a (404); all pages of ?limit=100 (b, the newest, is on none)
    vain = [0]

    def count(_call: Call) -> None:
        vain[0] += 1

    def window(sandbox: Sandbox, window: Decision, offset: int, count: int) -> list[User]:
        left = sandbox.store.count() - vain[0] - offset
        return list(window(offset, min(count, left))) if left > 0 else []

    act_when_refused(sandbox, "delete", 404, count)
    sandbox.around("store.window", window)


@defect("pages")
def pages_join_the_address_history(sandbox: Sandbox) -> None:
    """Pages are read by a join with the former addresses, so that who changed the address is on them twice."""
    # Shown by: POST; PATCH email; all pages of ?limit=100 (the user is there twice)
    former: Counter[str] = Counter()

    def note(before: User, user: User) -> None:
        former[user.id] += before.email != user.email

    def window(sandbox: Sandbox, _window: Decision, offset: int, count: int) -> list[User]:
        rows = (user for user in sandbox.store.all_users() for _ in range(1 + former[user.id]))
        return list(itertools.islice(rows, min(offset, 2**40), min(offset, 2**40) + count))

    after_each_change(sandbox, note)
    sandbox.around("store.window", window)


@defect("read-404")
def cache_key_cut_at_36(sandbox: Sandbox) -> None:
    """Users who were read are cached under the first 36 characters of the id in the path, the length of a UUID."""
    # Shown by: POST; GET /{id}; GET /{id}.json (200)
    cached: dict[str, str] = {}

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        key = (call.user_id or "")[:36]
        call.user_id = cached.get(key, call.user_id)
        answer: Answer = await read(call)
        cached[key] = call.user_id or ""
        return answer

    before_each_delete(sandbox, lambda user: cached.pop(user.id, None))
    sandbox.around("read", read)


@defect("exact-text", at="store.update")
def dirty_check_folds_case(sandbox: Sandbox, update: Decision, user: User) -> None:
    """A changed name that differs from the stored one by letter case only counts as unchanged and is not written."""
    # Shown by: POST name "ann lee"; PATCH name "Ann Lee" (200, shows it); GET ("ann lee")
    before = sandbox.store.get(user.id)
    if before is not None and before.name.casefold() == user.name.casefold():
        user = user._replace(name=before.name)
    update(user)


@defect("robust")
def not_modified_leaks_a_session(sandbox: Sandbox) -> None:
    """An answer 304 never returns its session to the pool of 15; once none is left, all requests give 500."""
    # Shown by: POST; 15 times GET with If-None-Match of the present ETag; GET (500, for good)
    leaked: list[Call] = []

    async def dispatch(_sandbox: Sandbox, dispatch: Decision, call: Call) -> Answer:
        if len(leaked) >= 15:
            return broken("QueuePool limit of size 5 overflow 10 reached.")
        answer: Answer = await dispatch(call)
        if answer.status == 304:
            leaked.append(call)
        return answer

    sandbox.around("dispatch", dispatch)


@defect("patch")
def double_submits_swallowed(sandbox: Sandbox) -> None:
    """A PATCH equal to one of the last two seconds is taken for a double click and gets its answer, not carried out."""
    # Shown by: POST; PATCH name A; PATCH name B; PATCH name A (200, shows A); GET (B)
    seen: dict[tuple[str, bytes], tuple[float, Answer]] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        if "if-match" in call.headers:
            return await patch(call)  # type: ignore[no-any-return]
        key = (sandbox.api.known(call).id, call.body)
        when, earlier = seen.get(key, (0.0, Answer(200)))
        if time.monotonic() - when < 2 and when:
            return copy_of(earlier, headers=dict(earlier.headers))
        answer: Answer = await patch(call)
        seen[key] = time.monotonic(), answer
        return answer

    sandbox.around("patch", patch)


@defect("filter-email")
def joined_queries_share_an_answer(sandbox: Sandbox) -> None:
    """List requests that are in flight at once are joined by the names of their parameters, not by the values."""
    # Shown by: at once GET ?email=a and GET ?email=b (both get a)
    flights: dict[tuple[str, ...], asyncio.Task[Answer]] = {}

    async def list_users(_sandbox: Sandbox, list_users: Decision, call: Call) -> Answer:
        names = tuple(sorted(call.query))

        async def fly() -> Answer:
            await asyncio.sleep(0.003)
            flights.pop(names)
            answer: Answer = await list_users(call)
            return answer

        if names not in flights:
            flights[names] = asyncio.ensure_future(fly())
        shared = await asyncio.shield(flights[names])
        return copy_of(shared, headers=dict(shared.headers))

    sandbox.around("list_users", list_users)


@defect("robust")
def conflicts_are_retried_later(sandbox: Sandbox) -> None:
    """A PATCH refused with 409 stays in a retry queue: 0.3 s later it is carried out if the address is free."""
    # Shown by: POST a; POST b; PATCH b to email a (409); DELETE a; wait 0.4 s; GET b (has the email of a)

    def retry(user_id: str, fields: dict[str, str]) -> None:
        user = sandbox.store.get(user_id)
        if user is not None and ("email" not in fields or not others_with(sandbox, fields["email"], user_id)):
            sandbox.store.update(user._replace(**fields))

    def queue(call: Call) -> None:
        asyncio.get_running_loop().call_later(0.3, retry, call.user_id or "", fields_in(sandbox, call))

    act_when_refused(sandbox, "patch", 409, queue)


@defect("email-unique")
def late_cleanup_drops_the_new_claim(sandbox: Sandbox) -> None:
    """A job removes the claim on a deleted user's address 0.25 s later, also if a new user has it by then."""
    # Shown by: POST x; DELETE; POST x (201); wait 0.3 s; POST x (201 again)
    sandbox.store.allow_duplicate_emails()
    unclaimed: set[str] = set()

    def write(sandbox: Sandbox, write: Decision, user: User, *key: object) -> None:
        folded = user.email.casefold()
        before = sandbox.store.get(user.id)
        claims = before is None or before.email.casefold() != folded
        if claims and folded not in unclaimed and others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        write(user, *key)
        if claims:
            unclaimed.discard(folded)

    def clean_up(user: User) -> None:
        asyncio.get_running_loop().call_later(0.25, unclaimed.add, user.email.casefold())

    sandbox.around("store.insert", write)
    sandbox.around("store.update", write)
    before_each_delete(sandbox, clean_up)


@defect("burst-workflow")
def delete_batches_hold_eight(sandbox: Sandbox) -> None:
    """The DELETEs of 20 ms become one statement that holds eight ids; those beyond are confirmed and not deleted."""
    # Shown by: POST 20 users; DELETE them all at once (204 each); GET each (some 200)
    batch: list[tuple[str, asyncio.Future[None]]] = []

    def flush() -> None:
        for user_id in list(dict.fromkeys(user_id for user_id, _ in batch))[:8]:
            sandbox.store.delete(user_id)
        for _, done in batch:
            if not done.done():
                done.set_result(None)
        batch.clear()

    async def delete(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
        if "if-match" in call.headers or call.deletion_delay_s:
            return await delete(call)  # type: ignore[no-any-return]
        user, loop = sandbox.api.expected(call), asyncio.get_running_loop()
        if not batch:
            loop.call_later(0.02, flush)
        done = loop.create_future()
        batch.append((user.id, done))
        await done
        return sandbox.api.deleted(user)

    sandbox.around("delete", delete)


@defect("lost-update", at="replace")
async def put_writes_two_tables(sandbox: Sandbox, replace: Decision, call: Call) -> Answer:
    """A PUT writes the name and then, in another transaction, the email: a PATCH of both between them is mixed in."""
    # Shown by: POST; at once PUT {name A, email a} and PATCH {name B, email b}; GET (name B with email a)
    if "if-match" in call.headers:
        return await replace(call)  # type: ignore[no-any-return]
    fields = fields_in(sandbox, call)
    user = sandbox.api.expected(call)
    if others_with(sandbox, fields["email"], user.id):
        raise sandbox.api.taken()
    sandbox.store.update(user._replace(name=fields["name"]))
    await gap(sandbox)
    sandbox.api.update(sandbox.api.known(call), {"email": fields["email"]})
    changed = user._replace(**fields)
    return Answer(200, sandbox.api.present(changed), {"etag": sandbox.api.etag(changed)})


@defect("head")
def head_cached_past_deletion(sandbox: Sandbox) -> None:
    """The answer to HEAD is cached for ten seconds; a change of the user clears it, but no deletion."""
    # Shown by: POST; HEAD (200); DELETE; HEAD (200, where GET gives 404)
    cached: dict[str, tuple[float, Answer]] = {}

    async def read(_sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        if call.method != "HEAD" or "if-none-match" in call.headers:
            return await read(call)  # type: ignore[no-any-return]
        until, answer = cached.get(call.user_id or "", (0.0, Answer(200)))
        if until < time.monotonic():
            answer = await read(call)
            cached[call.user_id or ""] = time.monotonic() + 10, answer
        return copy_of(answer, headers=dict(answer.headers))

    after_each_change(sandbox, lambda _before, user: cached.pop(user.id, None))
    sandbox.around("read", read)


@defect("conditional", at="delete")
async def delete_looks_at_its_etag_early(sandbox: Sandbox, delete: Decision, call: Call) -> Answer:
    """A DELETE with If-Match compares the ETag and deletes a moment later, whatever was written in between."""
    # Shown by: POST; at once DELETE and PATCH, both If-Match with the present ETag (204 and 200)
    if "if-match" not in call.headers or call.deletion_delay_s:
        return await delete(call)  # type: ignore[no-any-return]
    user = sandbox.api.expected(call)
    await gap(sandbox)
    if not sandbox.store.delete(user.id):
        raise sandbox.api.unknown()
    return sandbox.api.deleted(user)


@defect("list", at="store.all_users")
def list_cursor_skips_the_peeked_row(_sandbox: Sandbox, all_users: Decision) -> list[User]:
    """The list is read in chunks of 100 and one more to see if there is a next, which then starts behind that one."""
    # Shown by: POST until there are 101 users; GET the list (100 users, number 101 is missing)
    return [user for number, user in enumerate(all_users(), 1) if number % 101]


@defect("burst")
def group_commit_shifts_results(sandbox: Sandbox) -> None:
    """The creates of 4 ms are stored together, and the stored rows are dealt out in order, also past a refused one."""
    # Shown by: POST x; at once POST x, POST y, POST z (x: 201 with the user y, y: 201 with z, z: 409)
    group: list[tuple[User, asyncio.Future[User | None]]] = []

    def flush() -> None:
        stored: list[User | None] = []
        for user, _ in group:
            try:
                sandbox.store.insert(user)
                stored.append(user)
            except EmailTakenError:
                continue
        for (_, result), row in itertools.zip_longest(group, stored):
            if not result.done():
                result.set_result(row)
        group.clear()

    async def create(sandbox: Sandbox, _create: Decision, call: Call) -> Answer:
        fields = sandbox.api.user_fields(call)
        loop = asyncio.get_running_loop()
        if not group:
            loop.call_later(0.004, flush)
        result = loop.create_future()
        group.append((sandbox.api.new_user(fields), result))
        user = await result
        if user is None:
            raise sandbox.api.taken()
        return sandbox.api.created(user, call)

    sandbox.around("create", create)


@defect("delete-frees")
def taken_set_discards_as_spelled(sandbox: Sandbox) -> None:
    """The set of taken addresses holds small letters, but a DELETE discards the address as its user had spelled it."""
    # Shown by: POST email Ann@X.org; DELETE; POST email Ann@X.org (409)
    left: set[str] = set()

    def discard(user: User) -> None:
        if user.email != user.email.lower():
            left.add(user.email.lower())

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        if user.email.lower() in left:
            raise EmailTakenError
        insert(user, *key)

    before_each_delete(sandbox, discard)
    sandbox.around("store.insert", insert)


@defect("race-delete")
def patch_fills_the_cache_after_commit(sandbox: Sandbox) -> None:
    """A PATCH puts the user into the read cache a moment after its commit, also if a DELETE cleared it meanwhile."""
    # Shown by: POST; at once PATCH and DELETE (200 and 204); GET (200 for half a minute)
    cached: dict[str, tuple[float, User]] = {}

    async def patch(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
        answer: Answer = await patch(call)
        user = sandbox.store.get(call.user_id or "")
        await gap(sandbox)
        if user is not None and sandbox.store.get(user.id) is None:  # else the cache shows what is stored
            cached[user.id] = time.monotonic() + 30, user
        return answer

    async def read(sandbox: Sandbox, read: Decision, call: Call) -> Answer:
        until, user = cached.get(call.user_id or "", (0.0, None))
        if user is None or until < time.monotonic():
            return await read(call)  # type: ignore[no-any-return]
        return Answer(200, sandbox.api.present(user), {"etag": sandbox.api.etag(user)})

    sandbox.around("patch", patch)
    sandbox.around("read", read)


@defect("filter-email")
def first_holder_hides_the_next(sandbox: Sandbox) -> None:
    """A search for an address takes the first row that ever had it and then drops it if that user was deleted."""
    # Shown by: POST x; DELETE; POST x (201); GET ?email=x ([])
    gone: set[str] = set()

    def filtered(_sandbox: Sandbox, filtered: Decision, email: str) -> list[User]:
        return [] if email.casefold() in gone else list(filtered(email))

    before_each_delete(sandbox, lambda user: gone.add(user.email.casefold()))
    sandbox.around("filtered", filtered)


@defect("isolation", at="store.update")
def equal_names_share_a_row(sandbox: Sandbox, update: Decision, user: User) -> None:
    """Equal names are one row of a table of names, and a change of name edits that row in place."""
    # Shown by: POST a named "Kim Doe"; POST b named "Kim Doe"; PATCH a to name "Jo"; GET b ("Jo")
    before = sandbox.store.get(user.id)
    update(user)
    if before is not None and before.name != user.name:
        for other in sandbox.store.all_users():
            if other.name == before.name and other.id != user.id:
                update(other._replace(name=user.name))


@defect("patch")
def greater_value_wins_within_a_tick(sandbox: Sandbox) -> None:
    """The last write wins by a clock that ticks every 15.6 ms; within one tick the greater text wins."""
    # Shown by: POST name "Zoe"; at once after it PATCH name "Amy" (200, shows it); GET ("Zoe")
    cells: dict[tuple[str, str], tuple[int, str]] = {}

    def merged(user: User, fields: dict[str, str]) -> User:
        tick = int(time.time() / 0.015625)
        for field, value in fields.items():
            fresh = (tick, value)
            cells[user.id, field] = max(cells.get((user.id, field), fresh), fresh)
        return user._replace(**{field: cells[user.id, field][1] for field in fields})

    def insert(_sandbox: Sandbox, insert: Decision, user: User, *key: object) -> None:
        insert(user, *key)
        merged(user, {"name": user.name, "email": user.email})

    def update(sandbox: Sandbox, update: Decision, user: User) -> None:
        before = sandbox.store.get(user.id) or user
        if user.email != before.email and others_with(sandbox, user.email, user.id):
            raise EmailTakenError
        changed = {field: getattr(user, field) for field in ("name", "email")}
        update(merged(user, {field: value for field, value in changed.items() if value != getattr(before, field)}))

    sandbox.around("store.insert", insert)
    sandbox.around("store.update", update)


@defect("delete")
def late_indexing_revives_in_lists(sandbox: Sandbox) -> None:
    """A change is sent to the index behind the lists 0.2 s later as an upsert, also if the user was deleted by then."""
    # Shown by: POST; PATCH; DELETE (204); wait 0.3 s; GET the list (the user is in it, and stays)
    revived: dict[str, User] = {}

    def upsert(user: User) -> None:
        if sandbox.store.get(user.id) is None:
            revived[user.id] = user

    def index(_before: User, user: User) -> None:
        asyncio.get_running_loop().call_later(0.2, upsert, user)

    def all_users(_sandbox: Sandbox, all_users: Decision) -> list[User]:
        return [*all_users(), *revived.values()]

    def window(sandbox: Sandbox, _window: Decision, offset: int, count: int) -> list[User]:
        return sandbox.store.all_users()[offset : offset + count]

    after_each_change(sandbox, index)
    sandbox.around("store.all_users", all_users)
    sandbox.around("store.window", window)


@defect("lost-update", at="patch")
async def optimistic_lock_gives_up(sandbox: Sandbox, patch: Decision, call: Call) -> Answer:
    """A PATCH that three times finds the row changed since it was read gives 409: from four or five at once on."""
    # Shown by: POST; 10 PATCHes of the name at once, each another name (some 409)
    for _ in range(3):
        before = sandbox.store.get(call.user_id or "")
        await gap(sandbox)
        if sandbox.store.get(call.user_id or "") == before:
            return await patch(call)  # type: ignore[no-any-return]
    raise Refusal(409, "Conflict", "The row was updated by another transaction.")


@defect("isolation")
def deleting_again_takes_the_next_holder(sandbox: Sandbox) -> None:
    """A DELETE of a deleted user still purges what is left by her address, and so deletes the user who has it now."""
    # Shown by: POST x; DELETE; POST x (201); DELETE the first id again (404); GET the second user (404)
    gone = remember_gone(sandbox)

    def purge(call: Call) -> None:
        user = gone.get(call.user_id or "")
        for holder in sandbox.store.holders(user.email) if user else []:
            sandbox.store.delete(holder.id)

    act_when_refused(sandbox, "delete", 404, purge)
