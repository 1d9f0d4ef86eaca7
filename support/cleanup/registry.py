"""The registry of everything that a run creates: written down before, deleted after, seen to be gone.

Whoever sends a request that could make a user asks the registry for it. Deletions run on the run's event loop while
the next scenario is already going on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from itertools import chain, compress

from support.cleanup.book import Book
from support.cleanup.comparison import Comparison
from support.cleanup.entries import Entry, folded, sharing, told_of, told_of_left
from support.cleanup.journal import Journal, Line, State
from support.cleanup.marks import mark_in
from support.cleanup.polling import Pace, until_gone
from support.contract.normalizers import ids_of, user_of, users_of
from support.errors import LeftBehind, SettingsError, TargetDown
from support.models import Answer, Call, Exchange, User
from support.transport.async_client import AsyncClient
from support.transport.calls import UsersApi
from support.transport.flows import Flow, Wait, look
from support.transport.loop import LoopThread

log = logging.getLogger("acceptance.cleanup")
AT_ONCE = 64
MANY = 100


class Registry:
    """What one run, known by its mark, has made and not yet seen gone."""

    def __init__(
        self,
        journal: Journal,
        api: UsersApi,
        client: AsyncClient,
        loop: LoopThread,
        mark: str,
        pace: Pace,
        most: int | None = None,
    ) -> None:
        """Begin with nothing made; `most` is how many users may be alive at once."""
        self._api, self._client, self._loop = api, client, loop
        self._sweeper = api.apart()
        self._pace = pace
        self._most = most
        self.mark = mark
        self._made: set[str] = set()
        self._deleted: set[str] = set()
        self._gone: set[str] = set()
        self._book = Book(journal, mark)
        self._by_address: defaultdict[str, list[Entry]] = defaultdict(list)
        self._open: list[Entry] = []
        self._running: list[Future[None]] = []
        self._late = False
        self._proven: set[str] = set()
        self._seen_at: defaultdict[str, set[str]] = defaultdict(set)
        self._latest: dict[str, Entry] = {}
        api.transcript.observers.append(self._observe)

    def go_on_with(self, api: UsersApi) -> None:
        """Speak from now on as with a target that is better known: in other names, of other statuses."""
        self._api, self._sweeper = api, api.apart()

    # Writing down what is about to be made

    def foresee(self, addresses: Sequence[str]) -> None:
        """Write down addresses that will soon be asked for; some may never be."""
        self._book.foresee(addresses)

    def intend(self, wanted: Sequence[tuple[str | None, str | None]]) -> list[Entry]:
        """Write down (address, name) of requests that may make users, before they are sent."""
        entries = self._book.intend(wanted)
        for entry in entries:
            self._by_address[folded(entry.address)].append(entry)
        self._open += entries
        return entries

    def create(
        self, call: Call, address: str | None, name: str | None, listed: Collection[str] | None = None
    ) -> Flow[Exchange]:
        """Carry out a POST: written down before, never made twice, its outcome written down after.

        `listed` are the ids that the list showed before, where it was read; one of ours may be given again. Without an
        address only the list can tell whether anybody was made, and it is read beforehand.
        """
        yield from self._wait_for_room()
        if not address and listed is None:
            listed = yield from self._ids_there()
        known = (set(listed or ()) - self._latest.keys()) | self.ids_of(address)
        entry = self.intend([(address, name)])[0]
        comparison = Comparison(self._everybody, self._ours, listed, name)
        search = self._api.found_by(address, known) if address else comparison.nobody_new
        exchange = yield from self._api.create(call, search)
        self.settle(entry, exchange, known)
        entry.fresh = listed is not None and bool(entry.ids)
        if not address and not entry.ids:
            self._book.mark(entry, State.REFUSED if comparison.found_nobody else State.INTENDED)
        return exchange

    def _ids_there(self) -> Flow[Collection[str] | None]:
        """Return the ids that the list shows; None where it cannot be read."""
        everybody = yield from self._everybody()
        return None if everybody is None else {user.id for user in everybody}

    def change(self, call: Call, address: str | None) -> Flow[Exchange]:
        """Carry out a PUT or PATCH that names an address: a faulty API may make a user of it."""
        entry = self.intend([(address, None)])[0] if address else None
        if entry is not None:
            entry.by_change = True
        exchange = yield from self._api.send(call)
        if entry is not None:
            self.give_up(entry)
        return exchange

    def settle(self, entry: Entry, exchange: Exchange, known: Iterable[str] = ()) -> None:
        """Write down what a create came to; `known` are ids that were there before and so are never its own."""
        answer = exchange.answer
        user = user_of(answer, self._api.profile) if answer else None
        if answer is not None and 200 <= answer.status < 300 and user is not None and user.id not in set(known):
            entry.ids.add(user.id)
            self._latest[user.id] = entry
            self._made.add(user.id)
            if self._api.profile.has.email_filter and user.email and user.email == folded(entry.address):
                self._book.note_created(entry, user.id)
            else:
                self._book.mark(entry, State.CREATED, user.id)
        elif answer is not None and not exchange.attempts[-1].in_doubt:
            self._book.mark(entry, State.REFUSED)

    def give_up(self, entry: Entry) -> None:
        """Write down that a request made nobody as far as is known; its address is looked up once more in the end."""
        entry.by_change = True
        self._book.mark(entry, State.REFUSED)

    @property
    def asked_for(self) -> int:
        """How many requests may have made somebody so far."""
        return len(self._book.entries)

    @property
    def created(self) -> int:
        """How many users this run is known to have made."""
        return len(self._made)

    @property
    def deleted(self) -> int:
        """How many of them cleaning up has deleted; the others left in their scenarios."""
        return len(self._deleted)

    @property
    def gone(self) -> int:
        """How many of them were seen to be gone."""
        return len(self._gone)

    @property
    def alive(self) -> int:
        """How many requests may have left a user that is not yet seen gone."""
        return len(self._book.alive)

    @property
    def room(self) -> int | None:
        """How many more users fit as soon as the deletions under way are done; None: any number."""
        return None if self._most is None else self._most - len(self._book.alive.intersection(self._open))

    def make_room(self, wanted: int, dismissing: bool = False) -> None:
        """Wait for deletions until so many more users fit under the most that may be alive; raises SettingsError.

        `dismissing` says that whoever was made so far is not needed any more.
        """
        if self._lacks_room(wanted) and dismissing:
            self.start_deleting()
        if self._lacks_room(wanted):
            self.wait_for_deletions()
        self._insist_on_room(wanted)

    def _wait_for_room(self) -> Flow[None]:
        """Let deletions that are under way make room for one more user; raises SettingsError where they do not."""
        while self._lacks_room(1) and not all(future.done() for future in self._running):
            yield Wait(self._pace.first_s, "as many users as may be are alive")
        self._insist_on_room(1)

    def _lacks_room(self, wanted: int) -> bool:
        return self._most is not None and self.alive + wanted > self._most

    def _insist_on_room(self, wanted: int) -> None:
        if self._lacks_room(wanted):
            raise SettingsError(
                f"MAX_USERS_ALIVE or the profile's caps.users: {wanted} more users are wanted while {self.alive} are "
                f"alive, and {self._most} is the limit. Raise it, or ask for smaller bursts with BURST."
            )

    # Taking away what was made

    def start_deleting(self) -> None:
        """Begin to delete everything made so far, all at once, and go on without waiting."""
        entries, self._open = self._open, []
        if entries:
            self._running.append(self._loop.submit(self._remove(entries)))

    def confirm_gone(self) -> None:
        """Delete everything made so far, and wait until it is seen gone or its deadline is over."""
        self.start_deleting()
        self.wait_for_deletions()

    def wait_for_deletions(self) -> None:
        """Wait until every deletion that was begun is seen done, or its deadline is over; nothing else is deleted."""
        wait(self._running)  # whose interruption leaves them to the end
        running, self._running = self._running, []
        for future in running:
            future.result()

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

    def in_brief(self) -> str:
        """Return in one line how far everything that was made has come."""
        return (
            f"run {self.mark}: {self.created} created, {self.deleted} deleted by cleaning up, {self.gone} seen gone, "
            f"{self.alive} not yet"
        )

    def was_seen_gone(self, user_id: str) -> bool:
        """Whether an id was that of a user of this run who has left."""
        return user_id in self._gone

    def adopt(self, lines: Iterable[Line]) -> None:
        """Take over the unfinished users of a run that died."""
        self._book.adopt(lines)

    def forget(self, lines: Iterable[Line]) -> None:
        """Write down as gone what went together with its target."""
        self._book.forget(lines)

    def keep_lease(self) -> None:
        """Renew the run's lease from now on, and write down what was noted since."""
        self._loop.submit(self._book.keep_lease())
        self._loop.submit(self._book.keep_writing())

    def close(self) -> None:
        """Write down that the run is over."""
        self._book.close()

    async def _finish(self, ends: float) -> None:
        begun = [asyncio.wrap_future(future) for future in self._running]
        await asyncio.gather(*begun, return_exceptions=True)
        while True:
            await self._remove(self._unfinished())
            strays = await self._client.run(self.marked())
            seen_gone, waited_for = set[str](), set[str]()
            for entry in self._book.entries:
                (seen_gone if entry.state is State.GONE else waited_for).update(entry.ids)
            unknown = [user for user in strays or () if user.id not in waited_for]
            fresh = [user for user in unknown if user.id not in seen_gone or not await self._is_gone(user.id)]
            for user in fresh:
                entry = self.intend([(user.email, user.name)])[0]
                entry.ids.add(user.id)
                self._book.mark(entry, State.CREATED, user.id)
            if strays is None and not self._unfinished():
                log.warning("the list cannot be read: that nobody is left is known by ids and addresses alone")
            if not fresh and all(entry.is_stuck(self._pace.deadline_s) for entry in self._unfinished()):
                return
            if time.monotonic() + self._pace.cap_s >= ends:
                return
            if not fresh:
                await asyncio.sleep(self._pace.cap_s)

    def _unfinished(self) -> list[Entry]:
        return [entry for entry in self._book.entries if entry.state is not State.GONE and not entry.unprovable]

    async def _is_gone(self, user_id: str) -> bool:
        """Whether an id that the list shows is nobody's any more; it may as well have been given once more."""
        shown = await self._client.run(self._sweeper.read(user_id))
        return shown.status in self._api.profile.answers.gone

    def marked(self) -> Flow[list[User] | None]:
        """List everybody whose address carries this run's mark; None where the list cannot be read."""
        everybody = yield from self._everybody()
        return None if everybody is None else [user for user in everybody if self._ours(user)]

    def _everybody(self) -> Flow[list[User] | None]:
        """Read the list; None where that is not possible."""
        exchange = yield from self._sweeper.list()
        if exchange.status != 200:
            return [] if exchange.status in self._api.profile.answers.no_match else None
        return users_of(exchange.answer, self._api.profile)

    def survey(self) -> list[User]:
        """Return who of this run is there: by the mark in the list, and by the ids and addresses that were adopted.

        Raises TargetDown where the list cannot be read.
        """
        return self._loop.run(self._survey())

    async def _survey(self) -> list[User]:
        found = list[list[User]]()
        for batch in _batches(self._unfinished()):
            found += await asyncio.gather(*(self._client.run(self._shown(entry)) for entry in batch))
        marked = await self._client.run(self.marked())
        if marked is None:
            raise TargetDown(f"{self._api.base_url}: the list of users cannot be read, so who is left cannot be told.")
        by_id = {user.id: user for users in (*found, marked) for user in users}
        return list(by_id.values())

    def _shown(self, entry: Entry) -> Flow[list[User]]:
        """Return who of an entry is there and may be deleted."""
        yield from self._look_up(entry)
        shown = []
        for user_id in sorted(entry.ids):
            user = self._user((yield from self._sweeper.read(user_id)).answer)
            if user is not None and self._may_delete(entry, user):
                shown.append(user)
        return shown

    async def _remove(self, entries: Sequence[Entry]) -> None:
        """Delete the users of these entries and poll until they are gone; never raises."""
        groups = sharing(entries)
        leaders, waiting = list(groups), []
        for batch in _batches(leaders):
            self._book.mark_all([entry for entry in batch if entry.certain], State.DELETING)
            results = await asyncio.gather(
                *(self._client.run(self._delete(entry)) for entry in batch), return_exceptions=True
            )
            for entry, result in zip(batch, results, strict=True):
                if isinstance(result, BaseException):
                    entry.reason = f"{type(result).__name__} while deleting"
                elif result:
                    waiting.append(entry)
        deadline = 0.0 if self._late else self._pace.deadline_s
        left = await until_gone(waiting, self._still_there, Pace(self._pace.first_s, self._pace.cap_s, deadline))
        self._late = self._late or bool(left)
        for entry in left:
            if entry.answered:
                entry.reason = f"still there {self._pace.deadline_s:g} s after it was deleted"
        for leader, others in groups.items():
            for entry in others:
                entry.reason = leader.reason
        settled = [others for leader, others in groups.items() if leader.state is State.GONE]
        self._book.mark_all(list(chain(*settled)), State.GONE)

    def _delete(self, entry: Entry) -> Flow[bool]:
        """Delete what an entry has made, after seeing that it is ours; tell whether it has then to be seen gone."""
        if not entry.address and not entry.ids and entry.state is State.INTENDED:
            entry.unprovable = True
            entry.reason = "its create may have made somebody, who cannot be found without an address"
            return False
        if not entry.certain and not (yield from self._look_up(entry)):
            return False
        if entry.state is not State.DELETING:
            self._book.mark(entry, State.DELETING)
        strangers = yield from self._delete_ids(entry)
        if strangers:
            if not (yield from self._look_up(entry)):
                return False
            yield from self._delete_ids(entry)
        if strangers and not entry.ids and not entry.address:
            entry.unprovable = True
            entry.reason = f"the create was answered with id {', '.join(strangers)}, who cannot be shown to be ours"
        elif not entry.ids:
            self._book.mark(entry, State.GONE)
        return bool(entry.ids)

    def _look_up(self, entry: Entry) -> Flow[bool]:
        """Add whoever holds an entry's address to its ids; False where that cannot be found out."""
        if not entry.address:
            return True
        window_s = self._window_s() if entry.state is State.INTENDED else 0.0
        found = yield from look(self._sweeper.found_by(entry.address), window_s, self._sweeper.policy)
        if found is None:
            entry.reason = "the address cannot be looked up"
            return False
        holders = {user.id for user in map(self._user, found) if user is not None}
        self._proven |= holders if mark_in(entry.address) == self.mark else set()
        entry.ids |= {user_id for user_id in holders if not self._is_anothers(entry, user_id)}
        return True

    def _is_anothers(self, entry: Entry, user_id: str) -> bool:
        """Whether a user is one whom another entry has made, and will see to."""
        other = self._latest.get(user_id, entry)
        return other is not entry and other.state is not State.GONE and user_id in other.ids - other.left

    def _window_s(self) -> float:
        """Return how long a create that was broken off may take to show: as long as any answer has taken here."""
        return max(self._api.window_s, self._api.transcript.tally.slowest_s)

    def _delete_ids(self, entry: Entry) -> Flow[list[str]]:
        """Delete the users with an entry's ids; return the ids of those who are not ours, and forget them."""
        strangers = []
        for user_id in sorted(entry.ids):
            if not (yield from self._delete_one(entry, user_id)):
                strangers.append(user_id)
        entry.ids -= set(strangers)
        return strangers

    def _delete_one(self, entry: Entry, user_id: str) -> Flow[bool]:
        """Delete a user; False where she cannot be shown to be ours, and is left alone."""
        if user_id not in self._proven or user_id in entry.left:
            shown = yield from self._sweeper.read(user_id)
            user = self._user(shown.answer)
            if shown.status in self._api.profile.answers.gone:
                return True
            if shown.status == 200 and self._given_again(entry, user_id, user):
                return True
            if shown.status == 200 and not self._may_delete(entry, user):
                return False
            if shown.status != 200 and not (yield from self._is_proven_otherwise(entry, user_id)):
                entry.reason = told_of(shown)
                return True
        self._proven.discard(user_id)
        exchange = yield from self._sweeper.delete(user_id)
        if self._means_left(exchange.status):
            self._deleted.add(user_id)
            entry.left.add(user_id)
            entry.answered.append(time.monotonic())
        else:
            entry.reason = told_of(exchange)
        return True

    def _is_proven_otherwise(self, entry: Entry, user_id: str) -> Flow[bool]:
        """Whether a user who cannot be read is found under the address that was asked for."""
        found = yield from self._look_up(entry)
        return found and user_id in self._proven

    def _observe(self, exchange: Exchange) -> None:
        """Take from what scenarios are shown which ids are ours beyond doubt, and which have left."""
        call, status = exchange.call, exchange.status
        user_id = self._api.id_in(call.url)
        if call.method in ("GET", "PUT", "PATCH") and status == 200 and "/" not in user_id:
            user = self._user(exchange.answer)
            if user is not None and user.id == user_id and self._ours(user):
                self._proven.add(user_id)
                self._seen_at[folded(user.email)].add(user_id)
        elif call.method == "DELETE":
            self._proven.discard(user_id)
            if self._means_left(status) and user_id in self._latest:
                self._latest[user_id].left.add(user_id)

    def _means_left(self, status: int | None) -> bool:
        """Whether a status answers the deletion of a user who is there no more, now or since an attempt before."""
        answers = self._api.profile.answers
        return status in (*answers.deleted, *answers.deleted_again)

    def _user(self, answer: Answer | None) -> User | None:
        return user_of(answer, self._api.profile)

    def _ours(self, user: User) -> bool:
        return mark_in(user.email) == self.mark

    def _may_delete(self, entry: Entry, user: User | None) -> bool:
        """Whether a user is one that we made: by its mark, or by the name or id that the answer to our POST gave."""
        if user is None:
            return False
        return self._ours(user) or entry.fresh or (entry.name is not None and user.name == entry.name)

    async def _still_there(self, entries: Collection[Entry]) -> list[Entry]:
        """Look for all users of these entries at once; write down those that are gone.

        Of very many, those whom the list still shows need not be asked for one by one.
        """
        listed = set(await self._client.run(self._ids_listed())) if len(entries) >= MANY else set()
        asked = [entry for entry in entries if not entry.ids & listed]
        shown = await asyncio.gather(*(self._client.run(self._all_gone(entry)) for entry in asked))
        gone = list(compress(asked, shown))
        for entry in gone:
            self._made |= entry.ids
            self._gone |= entry.ids
        self._book.mark_all(gone, State.GONE)
        return [entry for entry in entries if entry.state is not State.GONE]

    def _ids_listed(self) -> Flow[list[str]]:
        exchange = yield from self._sweeper.list()
        return ids_of(exchange.answer, self._api.profile) if exchange.status == 200 else []

    def _all_gone(self, entry: Entry) -> Flow[bool]:
        for user_id in sorted(entry.ids):
            exchange = yield from self._sweeper.read(user_id)
            given_again = exchange.status == 200 and self._given_again(entry, user_id, self._user(exchange.answer))
            if exchange.status not in self._api.profile.answers.gone and not given_again:
                return False
        return True

    def _given_again(self, entry: Entry, user_id: str, user: User | None) -> bool:
        """Whether an id whose user has left is another's by now: a stranger's, or somebody's whom we made since."""
        if user_id not in entry.left or self._latest.get(user_id, entry) is not entry:
            return user_id in entry.left
        if user is None or user.email == folded(entry.address):
            return user is None
        others = [other for other in self._by_address.get(user.email, ()) if other is not entry]
        made_since = bool(user.email) and any(not other.by_change for other in others)
        return made_since or not (self._ours(user) or user.name == entry.name)

    def ids_of(self, address: str | None) -> set[str]:
        """Return the ids that this run knows to hold an address."""
        if not address:
            return set()
        made = {user_id for entry in self._by_address[folded(address)] for user_id in entry.ids}
        return made | self._seen_at[folded(address)]


def _batches(entries: Sequence[Entry]) -> Iterator[Sequence[Entry]]:
    """Yield as many entries as may be seen to at once, until all are."""
    for start in range(0, len(entries), AT_ONCE):
        yield entries[start : start + AT_ONCE]
