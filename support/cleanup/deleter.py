"""Taking users away: only those that are ours, many at once, and until each is seen to be gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Sequence
from itertools import chain, compress

from support.cleanup.journal import State
from support.cleanup.ledger import Ledger
from support.cleanup.ownership import Owner, Ownership
from support.cleanup.polling import PollPolicy, until_gone
from support.cleanup.records import Record, folded, sharing, told_of
from support.contract.normalizers import ids_of, users_in, users_of
from support.escaping import on_one_line
from support.http.async_client import AsyncClient
from support.http.operations import Operation, look
from support.models import User

AT_ONCE = 64
SEVERAL = 5
MANY = 100
LOOK_UP = "a look-up"


class Deleter:
    """Deletes what the entries of a book have made; `api` keeps a transcript of its own, beside the scenarios'.

    `takes_shortcuts` says whether the list may stand in for many questions.
    """

    def __init__(self, book: Ledger, ownership: Ownership, client: AsyncClient, poll_policy: PollPolicy) -> None:
        self._book, self._ownership, self._client, self._pace = book, ownership, client, poll_policy
        self.api = ownership.api.in_background()
        self.takes_shortcuts = True
        self._late = False
        self._waiting: list[Record] = []

    async def begin(self, entries: Sequence[Record]) -> None:
        """Delete the users of these entries; that they are gone is seen to by `see_to_all`. Never raises."""
        self._waiting += await self._delete_all(entries)

    async def see_to_all(self) -> None:
        """Poll until everybody is gone whose deletion was begun, or the deadline is over."""
        waiting, self._waiting = self._waiting, []
        await self._see_gone(waiting)

    async def remove(self, entries: Sequence[Record]) -> None:
        """Delete the users of these entries and poll until they are gone; never raises."""
        groups = sharing(entries)
        await self._see_gone(await self._delete_all(list(groups)))
        for leader, others in groups.items():
            for entry in others:
                entry.reason = leader.reason
        settled = [others for leader, others in groups.items() if leader.state is State.GONE]
        self._book.mark_all(list(chain(*settled)), State.GONE)

    async def look_for_refused(self, entries: Sequence[Record]) -> None:
        """Remove whoever was made although it was said that nobody was.

        Of many the list tells at once; as it may hide somebody, those whom it does not show are looked up in the end.
        """
        everybody = await self._listed(len(entries))
        if everybody is not None:
            holders = {user.email for user in everybody}
            entries = [entry for entry in entries if folded(entry.address) in holders]
        await self.remove(entries)

    def everybody(self) -> Operation[list[User] | None]:
        """Read the list; None where the answer is no list that can be read."""
        return users_in((yield from self.api.list()).answer, self.api.profile)

    def shown(self, entry: Record) -> Operation[list[User]]:
        """Return who of an entry is there and may be deleted."""
        yield from self._look_up(entry)
        return (yield from self.proven(sorted(entry.ids)))

    def proven(self, user_ids: Sequence[str]) -> Operation[list[User]]:
        """Read these ids; return the users that are shown to be of this run."""
        users = []
        for user_id in user_ids:
            read = yield from self.api.read(user_id)
            user = self._ownership.user(read.answer)
            if self._ownership.see(user_id, read) is Owner.RUN and user is not None:
                users.append(user)
        return users

    async def _listed(self, questions: int) -> list[User] | None:
        """Return what the list shows, where reading it takes fewer requests than so many questions, and works; or None.

        A list that could not be read is not asked for again.
        """
        if questions < SEVERAL or not self.takes_shortcuts or self.api.profile.pages.size is not None:
            return None
        exchange = await self._client.run(self.api.send_once(self.api.call("GET")))
        everybody = users_in(exchange.answer, self.api.profile)
        self.takes_shortcuts = everybody is not None
        return everybody

    # Deleting

    async def _delete_all(self, entries: Sequence[Record]) -> list[Record]:
        """Delete the users of these entries, many at once; return those of whom has to be seen that they are gone."""
        waiting = []
        for batch in batches(entries):
            self._book.mark_all([entry for entry in batch if entry.certain], State.DELETING)
            results = await asyncio.gather(
                *(self._client.run(self._delete(entry)) for entry in batch), return_exceptions=True
            )
            for entry, result in zip(batch, results, strict=True):
                if isinstance(result, BaseException):
                    entry.reason = f"{type(result).__name__} while deleting"
                elif result:
                    waiting.append(entry)
        return waiting

    def _delete(self, entry: Record) -> Operation[bool]:
        """Delete what an entry has made, after seeing that it is ours; tell whether it has then to be seen gone."""
        if not entry.address and not entry.ids and entry.state is State.INTENDED:
            entry.unprovable = True
            entry.reason = "its create may have made somebody, who cannot be found without an address"
            return False
        if not entry.certain and not (yield from self._look_up(entry)):
            if entry.was_refused:  # its answer says that nobody was made, and nothing says otherwise
                self._book.mark(entry, State.GONE)
            return False
        refused = entry.state is State.REFUSED
        if entry.state is not State.DELETING:
            self._book.mark(entry, State.DELETING)
        strangers = yield from self._delete_ids(entry)
        if strangers:
            if not (yield from self._look_up(entry)):
                return False
            yield from self._delete_ids(entry)
        lies = self._ownership.contradicted.keys() & set(strangers)
        if lies and not entry.ids and not refused:
            entry.unprovable = True
            ids = on_one_line(", ".join(sorted(lies)))
            entry.reason = f"an answer gave {ids} for this user, and a read shows somebody else's user there"
        elif not entry.ids and entry.claimed:
            entry.unprovable = True
            entry.reason = (
                "the create was answered as done, but neither its answer nor a look-up says which user it made"
            )
        elif not entry.ids:
            self._book.mark(entry, State.GONE)
        return bool(entry.ids)

    def _look_up(self, entry: Record) -> Operation[bool]:
        """Add whoever holds an entry's address to its ids; False where that cannot be found out."""
        if not entry.address:
            return True
        whose = self._ownership
        window_s = self._window_s() if entry.state is State.INTENDED else 0.0
        found = yield from look(self.api.found_by(entry.address), window_s, self.api.policy)
        if found is None:
            entry.reason = "the address cannot be looked up"
            return False
        holders = {user.id for user in map(whose.user, found) if user is not None}
        whose.note_shown(holders - whose.latest.keys())
        entry.ids |= {user_id for user_id in holders if not whose.is_anothers(entry, user_id)}
        return True

    def _window_s(self) -> float:
        """Return how long a create that was broken off may take to show: as long as any answer has taken here."""
        told = self._ownership.api
        return max(told.window_s, told.recorder.metrics.slowest_s)

    def _delete_ids(self, entry: Record) -> Operation[list[str]]:
        """Delete the users with an entry's ids; return the ids of those who are not ours, and forget them."""
        strangers = []
        for user_id in sorted(entry.ids):
            if not (yield from self._delete_one(entry, user_id)):
                self._ownership.note_stranger(entry, user_id)
                strangers.append(user_id)
        entry.ids -= set(strangers)
        return strangers

    def _delete_one(self, entry: Record, user_id: str) -> Operation[bool]:
        """Delete a user; False where a read shows that it is somebody else's, who is left alone."""
        whose = self._ownership
        if user_id not in whose.proven or user_id in entry.left:
            read = yield from self.api.read(user_id)
            owner = whose.see(user_id, read)
            if owner is Owner.NOBODY:
                return True
            if read.status == 200 and whose.given_again(entry, user_id, whose.user(read.answer)):
                return True
            if owner is Owner.OTHERS:
                return False
            if owner is Owner.UNKNOWN and not (yield from whose.is_vouched(user_id, read)):
                entry.reason = f"no read shows that it is ours: {told_of(read)}"
                return True
        exchange = yield from self.api.delete(user_id)
        if whose.means_left(exchange.status):
            self._book.deleted.add(user_id)
            entry.left.add(user_id)
            entry.answered.append(time.monotonic())
        else:
            entry.reason = told_of(exchange)
        return True

    # Seeing that they are gone

    async def _see_gone(self, entries: Sequence[Record]) -> None:
        """Poll until the users of these entries are gone or their deadline is over."""
        deadline = 0.0 if self._late else self._pace.deadline_s
        left = await until_gone(entries, self._still_there, PollPolicy(self._pace.first_s, self._pace.cap_s, deadline))
        self._late = self._late or bool(left)
        for entry in left:
            if entry.answered:
                still = f"still shown by {entry.lingers}" if entry.lingers else "still there"
                entry.reason = f"{still} {self._pace.deadline_s:g} s after it was deleted"

    async def _still_there(self, entries: Collection[Record]) -> list[Record]:
        """Look for all users of these entries at once; write down those that are gone.

        Of very many, those whom the list still shows need not be asked for one by one.
        """
        look = len(entries) >= MANY or any(entry.lingers for entry in entries)
        there = set(await self._client.run(self._ids_listed())) if look else set()
        there |= await self._looked_up([entry for entry in entries if entry.lingers == LOOK_UP])
        asked = [entry for entry in entries if not entry.ids & there]
        shown = await asyncio.gather(*(self._client.run(self._all_gone(entry)) for entry in asked))
        gone = list(compress(asked, shown))
        for entry in gone:
            self._book.made |= entry.ids
            self._book.gone |= entry.ids
        self._book.mark_all(gone, State.GONE)
        return [entry for entry in entries if entry.state is not State.GONE]

    async def look_up_some_gone(self) -> None:
        """Look a few users up who are gone; where one is still shown, look all up, and wait for those who are."""
        gone = [entry for entry in self._book.entries if entry.state is State.GONE and entry.address and entry.ids]
        if not self.api.profile.capabilities.email_filter or not await self._looked_up(gone[::-1][:SEVERAL]):
            return
        shown = await self._looked_up(gone)
        for entry in gone:
            if entry.ids & shown and entry.lingers != LOOK_UP:
                self.reopen(entry, LOOK_UP)

    def reopen(self, entry: Record, view: str) -> None:
        """Wait for a user again whom a view still shows."""
        entry.lingers, entry.reason = view, f"gone by its id, but still shown by {view}"
        entry.answered.append(time.monotonic())
        self._book.mark(entry, State.DELETING)

    async def _looked_up(self, entries: Sequence[Record]) -> set[str]:
        """Return the ids of these entries that looking their emails up still shows with the email."""
        shown = set[str]()
        for batch in batches(entries):
            found = await asyncio.gather(*(self._client.run(self.api.find(entry.address or "")) for entry in batch))
            for entry, exchange in zip(batch, found, strict=True):
                users = users_of(exchange.answer, self.api.profile) if exchange.status == 200 else []
                shown |= {user.id for user in users if user.email == folded(entry.address)} & entry.ids
        return shown

    def _ids_listed(self) -> Operation[list[str]]:
        exchange = yield from self.api.list()
        return ids_of(exchange.answer, self.api.profile) if exchange.status == 200 else []

    def _all_gone(self, entry: Record) -> Operation[bool]:
        whose = self._ownership
        for user_id in sorted(entry.ids):
            exchange = yield from self.api.read(user_id)
            again = exchange.status == 200 and whose.given_again(entry, user_id, whose.user(exchange.answer))
            if exchange.status not in self.api.profile.answers.gone and not again:
                return False
        return True


def batches(entries: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """Yield as many entries as may be seen to at once, until all are."""
    for start in range(0, len(entries), AT_ONCE):
        yield entries[start : start + AT_ONCE]
