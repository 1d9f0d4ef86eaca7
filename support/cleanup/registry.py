"""The registry of everything that a run creates: written down before, deleted after, seen to be gone.

Whoever sends a request that could make a user asks the registry for it. Deletions run on the run's event loop while
the next scenario is already going on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from itertools import chain

from support.cleanup.deleter import Deleter, batches
from support.cleanup.journal import Journal, JournalRow, State
from support.cleanup.ledger import Ledger
from support.cleanup.list_diff import ListDiff
from support.cleanup.ownership import PROOF, Ownership
from support.cleanup.polling import PollPolicy
from support.cleanup.records import Record, each_once, told_of_left
from support.contract.normalizers import user_of
from support.contract.violation import fail
from support.errors import LeftBehind, SettingsError, TargetDown
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation, Sleep
from support.http.users_api import UsersApi
from support.models import Call, Exchange, User

log = logging.getLogger("acceptance.cleanup")


class Registry:
    """What one run, known by its mark, has made and not yet seen gone.

    `api` is the way to change and delete users: it passes only what may be a user of this run, or nobody.
    """

    def __init__(
        self,
        journal: Journal,
        api: UsersApi,
        client: AsyncClient,
        loop: LoopThread,
        mark: str,
        poll_policy: PollPolicy,
        most: int | None = None,
    ) -> None:
        """Begin with nothing made; `most` is how many users may be alive at once."""
        self._client, self._loop = client, loop
        self._pace = poll_policy
        self._most = most
        self.mark = mark
        self._book = Ledger(journal, mark)
        self._ownership = Ownership(api, mark)
        self.api = self._ownership.api = replace(api, permit=self._ownership.permit)
        self._removal = Deleter(self._book, self._ownership, client, poll_policy)
        self._open: list[Record] = []
        self._over: list[Record] = []
        self._refused: list[Record] = []
        self._running: list[Future[None]] = []
        self._lock = threading.Lock()
        api.recorder.observers.append(self._ownership.observe)

    def switch_api(self, api: UsersApi) -> None:
        """Speak from now on as with a target that is better known: in other names, of other statuses."""
        self.api = self._ownership.api = replace(api, permit=self._ownership.permit)
        self._removal.api = self.api.in_background()

    def protect(self, ids: Iterable[str]) -> None:
        """Never change or delete these users, who were there before the run."""
        self._ownership.before |= frozenset(ids)

    # Writing down what is about to be made

    def intend(self, wanted: Sequence[tuple[str | None, str | None]]) -> list[Record]:
        """Write down (address, name) of requests that may make users, before they are sent."""
        entries = self._book.intend(wanted)
        self._ownership.note(entries)
        self._open += entries
        return entries

    def create(
        self, call: Call, address: str | None, name: str | None, listed: Collection[str] | None = None
    ) -> Operation[Exchange]:
        """Carry out a POST: written down before, never made twice, its outcome written down after.

        `listed` are the ids that the list showed before, where it was read; one of ours may be given again. Without an
        address only the list can tell whether anybody was made, and it is read beforehand.
        """
        yield from self._wait_for_room()
        if not address and listed is None:
            listed = yield from self._ids_there()
        known = (set(listed or ()) - self._ownership.latest.keys()) | self.ids_of(address)
        entry = self.intend([(address, name)])[0]
        comparison = ListDiff(self._removal.everybody, self._ownership.is_ours, listed, name)
        search = self.api.found_by(address, known) if address else comparison.nobody_new
        exchange = yield from self.api.create(call, search)
        self.settle(entry, exchange, known)
        entry.fresh = listed is not None and bool(entry.ids)
        if not address and not entry.ids:
            self._book.mark(entry, State.REFUSED if comparison.found_nobody else State.INTENDED)
        return exchange

    def _ids_there(self) -> Operation[Collection[str] | None]:
        """Return the ids that the list shows; None where it cannot be read."""
        everybody = yield from self._removal.everybody()
        return None if everybody is None else {user.id for user in everybody}

    def change(self, call: Call, address: str | None) -> Operation[Exchange]:
        """Carry out a PUT or PATCH that names an address: a faulty API may make a user of it."""
        if not address:
            return (yield from self.api.send(call))
        entry = self.intend([(address, None)])[0]
        entry.by_change = True
        exchange = yield from self.api.send(call)
        user_id = self.api.id_in(call.url) or ""
        if user_id in self._ownership.proven or exchange.was_refused:
            self.mark_not_created(entry)
        else:  # it may have made a user under an id that nobody had
            entry.ids.add(user_id)
        return exchange

    def settle(self, entry: Record, exchange: Exchange, known: Iterable[str] = ()) -> None:
        """Write down what a create came to; `known` are ids that were there before and so are never its own."""
        answer = exchange.answer
        user = user_of(answer, self.api.profile) if answer else None
        if answer is not None and 200 <= answer.status < 300 and user is not None and user.id not in set(known):
            entry.ids.add(user.id)
            self._ownership.note_made(entry, user, found=exchange.adopted)
            self._book.made.add(user.id)
            self._book.mark(entry, State.CREATED, user.id)
        elif exchange.was_refused:
            self._book.mark(entry, State.REFUSED)
        else:
            entry.claimed = answer is not None and 200 <= answer.status < 300 and user is None

    def mark_not_created(self, entry: Record) -> None:
        """Write down that a request made nobody as far as is known; its address is looked up once more in the end."""
        entry.by_change = True
        self._book.mark(entry, State.REFUSED)

    @property
    def request_count(self) -> int:
        """How many requests may have made somebody so far."""
        return len(self._book.entries)

    @property
    def created(self) -> int:
        """How many users this run is known to have made."""
        return len(self._book.made)

    @property
    def deleted(self) -> int:
        """How many of them cleaning up has deleted; the others left in their scenarios."""
        return len(self._book.deleted)

    @property
    def gone(self) -> int:
        """How many of them were seen to be gone."""
        return len(self._book.gone)

    @property
    def alive(self) -> int:
        """How many users may be there that are not yet seen gone."""
        return len(each_once(self._book.alive))

    @property
    def room(self) -> int | None:
        """How many more users fit as soon as the deletions under way are done; None: any number."""
        return None if self._most is None else self._most - len(self._book.alive.intersection(self._open))

    def make_room(self, wanted: int, delete_current: bool = False) -> None:
        """Wait for deletions until so many more users fit under the most that may be alive; raises SettingsError.

        `delete_current` says that whoever was made so far is not needed any more.
        """
        if self._lacks_room(wanted) and delete_current:
            self.start_deleting()
        if self._lacks_room(wanted):
            self._begin_to_delete()
            self.wait_for_deletions()
        self._insist_on_room(wanted)

    def _wait_for_room(self) -> Operation[None]:
        """Let deletions that are under way make room for one more user; raises SettingsError where they do not."""
        if self._lacks_room(1):
            self._begin_to_delete()
            self._see_to_running()
        while self._lacks_room(1) and not all(future.done() for future in self._running):
            yield Sleep(self._pace.first_s, "as many users as may be are alive")
        self._insist_on_room(1)

    def _lacks_room(self, wanted: int) -> bool:
        return self._most is not None and len(self._book.alive) + wanted > self._most

    def _insist_on_room(self, wanted: int) -> None:
        if self._lacks_room(wanted):
            raise SettingsError(
                f"MAX_USERS_ALIVE or the profile's caps.users: {wanted} more users are wanted while {self.alive} are "
                f"alive, and {self._most} is the limit. Raise it, or ask for smaller bursts with BURST."
            )

    # Taking away what was made

    def start_deleting(self, at_least: int = 1) -> None:
        """Begin to delete everything made so far, all at once, and go on without waiting; fewer are left for later.

        Whether requests that were refused have made somebody all the same is seen to by `confirm_gone`, and in the end.
        """
        ended, self._open = self._open, []
        self._refused += [entry for entry in ended if entry.was_refused]
        self._over += [entry for entry in ended if not entry.was_refused]
        if len(self._over) >= at_least:
            self._begin_to_delete()

    def _begin_to_delete(self) -> None:
        """Delete those who were left for later."""
        with self._lock:
            over, self._over = self._over, []
            if over:
                self._running.append(self._loop.submit(self._removal.begin(over)))

    def confirm_gone(self) -> None:
        """Delete everything made so far, and wait until it is seen gone or its deadline is over."""
        self.start_deleting()
        self.wait_for_deletions()
        refused, self._refused = self._refused, []
        if refused:
            self._running.append(self._loop.submit(self._removal.look_for_refused(refused)))
            self.wait_for_deletions()

    def wait_for_deletions(self) -> None:
        """Wait until every deletion that was begun is seen done, or its deadline is over; nothing else is deleted."""
        self._see_to_running()
        wait(self._running)  # whose interruption leaves them to the end
        running, self._running = self._running, []
        for future in running:
            future.result()

    def delete_all(self, within_s: float) -> None:
        """Do what `prove_nothing_is_left` begins with, for so many seconds at most."""
        with contextlib.suppress(TimeoutError):
            self._loop.run(asyncio.wait_for(self._delete_all(), within_s))

    async def _delete_all(self) -> None:
        """Let what was begun end, and take away whoever is not seen gone yet, each looked up by herself."""
        self._removal.takes_shortcuts = False
        begun = [asyncio.wrap_future(future) for future in self._running]
        await asyncio.gather(*begun, return_exceptions=True)
        await self._removal.remove(self._unfinished())

    def _see_to_running(self) -> None:
        """Begin to see whether those are gone whose deletion was begun."""
        if self._running:
            self._running.append(self._loop.submit(self._see_to(tuple(self._running))))

    async def _see_to(self, begun: Sequence[Future[None]]) -> None:
        await asyncio.gather(*map(asyncio.wrap_future, begun), return_exceptions=True)
        await self._removal.see_to_all()

    def prove_nothing_is_left(self, deadline_s: float) -> None:
        """Delete what is not yet gone and look the list through for the mark; raises LeftBehind with what stays."""
        finishing = self._finish(time.monotonic() + deadline_s)
        try:
            self._loop.submit(finishing).result(timeout=deadline_s + self._pace.cap_s)
        except TimeoutError:
            with contextlib.suppress(TimeoutError):
                self._loop.stop(finishing)
            log.error("cleaning up took longer than %.0f s", deadline_s)
        left = [entry for entry in self._book.entries if entry.state is not State.GONE]
        for entry in left:
            entry.reason = entry.reason or "not confirmed before the deadline for cleaning up"
            self._book.mark(entry, State.LEFT, reason=entry.reason)
        if left:
            raise LeftBehind(told_of_left(left, self.mark))

    def check_ids_were_right(self) -> None:
        """Raise ContractViolation if an answer gave one of our users an id that belongs to another client's."""
        for rule, text in self._ownership.contradicted.values():
            fail(rule, "deleting what this run has made", [PROOF], [text])

    def in_brief(self) -> str:
        """Return in one line how far everything that was made has come."""
        return (
            f"run {self.mark}: {self.created} created, {self.deleted} deleted by cleaning up, {self.gone} seen gone, "
            f"{self.alive} not yet"
        )

    def was_seen_gone(self, user_id: str) -> bool:
        """Whether an id was that of a user of this run who has left."""
        return user_id in self._book.gone

    def adopt(self, lines: Iterable[JournalRow]) -> None:
        """Take over the unfinished users of a run that died."""
        self._book.adopt(lines)

    def forget(self, lines: Iterable[JournalRow]) -> None:
        """Write down as gone what went together with its target."""
        self._book.forget(lines)

    def keep_lease(self) -> None:
        """Renew the run's lease from now on."""
        self._loop.submit(self._book.keep_lease())

    def close(self) -> None:
        """Write down that the run is over."""
        self._book.close()

    async def _finish(self, ends: float) -> None:
        while True:
            await self._delete_all()
            strays = await self._client.run(self.marked())
            self._take_up([user for user in strays or () if user.id not in self._ownership.contradicted])
            if not self._unfinished():
                await self._removal.look_up_some_gone()
            if strays is None and not self._unfinished():
                log.warning("the list cannot be read: that nobody is left is known by ids and addresses alone")
            if all(entry.is_stuck(self._pace.deadline_s) for entry in self._unfinished()):
                return
            if time.monotonic() + self._pace.cap_s >= ends:
                return
            if not any(entry.state is State.CREATED for entry in self._unfinished()):
                await asyncio.sleep(self._pace.cap_s)

    def _take_up(self, strays: Iterable[User]) -> None:
        """Make users that the list shows with the mark a part of the book again: new ones, and those seen gone.

        Who has moved to the id of another one of ours is a new one there.
        """
        known = {user_id: entry for entry in self._book.entries for user_id in entry.ids}
        for user in strays:
            entry = known.get(user.id)
            if entry is None or self._ownership.given_again(entry, user.id, user):
                entry = self.intend([(user.email, None)])[0]
                entry.ids.add(user.id)
                self._ownership.note_listed(entry, user.id)
                self._book.mark(entry, State.CREATED, user.id)
            elif entry.state is State.GONE:
                self._removal.reopen(entry, "the list")

    def _unfinished(self) -> list[Record]:
        return [entry for entry in self._book.entries if entry.state is not State.GONE and not entry.unprovable]

    def marked(self) -> Operation[list[User] | None]:
        """List everybody whose address carries this run's mark; None where the list cannot be read."""
        everybody = yield from self._removal.everybody()
        return None if everybody is None else [user for user in everybody if self._ownership.is_ours(user)]

    def survey(self) -> list[User]:
        """Return who of this run is there: by the mark in the list, and by the ids and addresses that were adopted.

        Raises TargetDown where the list cannot be read.
        """
        return self._loop.run(self._survey())

    async def _survey(self) -> list[User]:
        found = list[list[User]]()
        for batch in batches(self._unfinished()):
            found += await asyncio.gather(*(self._client.run(self._removal.shown(entry)) for entry in batch))
        marked = await self._client.run(self.marked())
        if marked is None:
            raise TargetDown(f"{self.api.base_url}: the list of users cannot be read, so who is left cannot be told.")
        by_id = {user.id: user for users in found for user in users}
        others = [user.id for user in marked if user.id not in by_id]
        listed = await asyncio.gather(*(self._client.run(self._removal.proven([user_id])) for user_id in others))
        return [*by_id.values(), *chain(*listed)]

    def ids_of(self, address: str | None) -> set[str]:
        """Return the ids that this run knows to hold an address."""
        return self._ownership.ids_of(address)
