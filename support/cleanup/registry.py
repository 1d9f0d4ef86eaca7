"""The registry of the users that a run creates: it writes them down beforehand, deletes them, and confirms them gone.

Every request that may create a user goes through it. Deletions run on the run's event loop, beside the next scenario.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace

from support import statuses
from support.cleanup.deleter import LIST, Deleter
from support.cleanup.journal import Journal, State
from support.cleanup.ledger import Ledger, Phase, Record
from support.cleanup.left import describe_left
from support.cleanup.list_diff import ListDiff
from support.cleanup.ownership import OwnershipCheck
from support.cleanup.polling import PollPolicy
from support.errors import LeftBehind, SettingsError, number_of
from support.http.async_client import AsyncClient
from support.http.loop import LoopThread
from support.http.operations import Operation, Sleep
from support.http.users_api import UsersApi
from support.models import Call, Exchange, User

log = logging.getLogger("acceptance.cleanup")


class Registry:
    """What one run, known by its mark, has created and not yet confirmed gone.

    `api` is the way to change and delete users: it passes only ids of this run's users, or ids without a user.
    `ledger` says what was created and what became of it.
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
        """Begin with no users; `most` is how many may be alive at once."""
        self._client, self._loop, self._clock = client, loop, client.pacer.clock
        self._poll_policy, self._most, self.mark = poll_policy, most, mark
        self.ledger = Ledger(journal, mark)
        self.ownership = OwnershipCheck(api, self.ledger)
        self.api = self.ownership.api = replace(api, permit=self.ownership.permit)
        self._deleter = Deleter(self.ledger, self.ownership, client, poll_policy)
        self._running: list[Future[None]] = []
        self._due, self._seen = list[Record](), 0  # how many records `start_deleting` has seen: there may be very many
        self._lock, self._was_listed = threading.Lock(), False
        api.recorder.observers.append(self.ownership.observe)

    def switch_api(self, api: UsersApi) -> None:
        """Continue with a profile that says more about the target, such as its names and statuses."""
        self.api = self.ownership.api = replace(api, permit=self.ownership.permit)
        self._deleter.api = self.api.in_background()

    # Requests that may create users

    def create(
        self, call: Call, email: str | None, name: str | None, listed: Collection[str] | None = None
    ) -> Operation[Exchange]:
        """Execute a POST without ever creating two users; write it down beforehand, and its outcome afterwards.

        `listed` are the ids that the list showed before, if it was read; the target may reassign one of ours. Without
        an email only the list can say whether a user was created, so it is read beforehand.
        """
        yield from self._wait_for_room()
        if not email and listed is None:
            users = yield from self._deleter.listed()
            listed = None if users is None else {user.id for user in users}
        known = {user_id for user_id in listed or () if self.ledger.facts(user_id).record is None}
        known |= self.ledger.ids_of(email)
        record = self.ledger.intend(email, name)
        diff = ListDiff(self._deleter.listed, self.ownership.is_ours, listed, name)

        def is_known(user_id: str) -> bool:
            return user_id in known or self.ledger.is_anothers(record, user_id)

        exchange = yield from self.api.create(call, self.api.found_by(email, is_known) if email else diff.search)
        self._settle(record, exchange, known if exchange.adopted else self.ledger.without_deleted(known))
        record.was_unlisted = listed is not None and bool(record.ids)
        record.claims_user = record.claims_user and not (yield from diff.shows_nobody_new(self.ledger.records))
        if not email and not record.ids:
            self.ledger.mark_as([record], State.REFUSED if diff.found_nobody else State.INTENDED)
        return exchange

    def create_once(self, call: Call, email: str | None, name: str | None) -> Operation[Exchange]:
        """Send a POST with one attempt, as in a race; the caller has made room for its user."""
        record = self.ledger.intend(email, name)
        exchange = yield from self.api.send_once(call)
        self._settle(record, exchange)
        return exchange

    def change(self, call: Call, email: str | None) -> Operation[Exchange]:
        """Execute a PUT or PATCH that names an email: a faulty API may create a user with that email."""
        if not email:
            return (yield from self.api.send(call))
        record = self.ledger.intend(email)
        record.by_change = True
        exchange = yield from self.api.send(call)
        user_id = self.api.id_in(call.url) or ""
        if exchange.was_refused or self.ownership.is_proven(user_id):
            self.mark_not_created(record)
        else:  # it may have created a user under an id that no user had
            self.ledger.add_ids(record, [user_id])
        return exchange

    def _settle(self, record: Record, exchange: Exchange, known: Iterable[str] = ()) -> None:
        """Write down the outcome of a create; `known` ids existed before it, so it cannot have created their users."""
        user = self.ownership.user(exchange.answer)
        succeeded = statuses.is_success(exchange.status)
        if succeeded and user is not None and user.id not in set(known):
            self.ledger.note_created(record, user, self.ownership.look_up_rule if exchange.adopted else "")
        elif exchange.was_refused:
            self.ledger.mark_as([record], State.REFUSED)
        else:
            record.claims_user = succeeded and user is None and self.api.id_in(exchange.call.url) is None

    def mark_not_created(self, record: Record) -> None:
        """Write down that a request created no user as far as is known; its email is looked up once more in the end."""
        record.by_change = True
        self.ledger.mark_as([record], State.REFUSED)

    # Room for more users

    @property
    def room(self) -> int | None:
        """How many more users fit as soon as the deletions that are due or begun are done; None: any number."""
        if self._most is None:
            return None
        return self._most - sum(record.phase is Phase.IN_USE for record in self.ledger.alive)

    def make_room(self, wanted: int, delete_current: bool = False) -> None:
        """Wait for deletions until `wanted` more users fit under the limit; raises SettingsError if they still do not.

        `delete_current` says that the users created so far are not needed any more.
        """
        if self._lacks_room(wanted) and delete_current:
            self.start_deleting()
        if self._lacks_room(wanted):
            self._begin_due()
            self.wait_for_deletions()
        self._insist_on_room(wanted)

    def _wait_for_room(self) -> Operation[None]:
        """Let deletions that are under way make room for one more user; raises SettingsError if they do not."""
        if self._lacks_room(1):
            self._begin_due()
            self._confirm_running()
        while self._lacks_room(1) and not all(future.done() for future in self._running):
            yield Sleep(self._poll_policy.first_s, "the limit of users alive is reached")
        self._insist_on_room(1)

    def _lacks_room(self, wanted: int) -> bool:
        return self._most is not None and self.ledger.alive_count > self._most - wanted

    def _insist_on_room(self, wanted: int) -> None:
        if self._lacks_room(wanted):
            raise SettingsError(
                f"MAX_USERS_ALIVE or the profile's caps.users: there is no room for {number_of(wanted, 'more user')}: "
                f"{self.ledger.counts().alive} are alive, and {self._most} is the limit. Raise it, or ask for smaller "
                "bursts with BURST."
            )

    # Deleting

    def start_deleting(self, at_least: int = 1) -> None:
        """Begin to delete all users created so far, without waiting, unless fewer than `at_least` are due.

        `confirm_gone`, and the end of the run, look for users that were created although the request was refused.
        """
        with self._lock:
            records = self.ledger.records[self._seen :]
            self._seen += len(records)
            for record in records:
                if record.phase is Phase.IN_USE:
                    record.phase = Phase.DUE
                    self._due.append(record)
        if sum(not record.was_refused for record in self._due) >= at_least:
            self._begin_due()

    def _begin_due(self, refused: bool = False) -> None:
        """Begin to delete the users of due records: of those that were refused if `refused`, else of the others."""
        with self._lock:
            due = [record for record in self._due if record.was_refused is refused]
            self._due = [record for record in self._due if record.was_refused is not refused]
            for record in due:
                record.phase = Phase.BEGUN
            if due:
                delete = self._deleter.remove_refused if refused else self._deleter.begin
                self._running.append(self._loop.submit(delete(due)))

    def confirm_gone(self) -> None:
        """Delete everything created so far, and wait until it is confirmed gone or its deadline is over."""
        self.start_deleting()
        self.wait_for_deletions()
        self._begin_due(refused=True)
        self.wait_for_deletions()

    def wait_for_deletions(self) -> None:
        """Wait until every deletion that was begun is confirmed, or its deadline is over; begin no others."""
        self._confirm_running()
        wait(self._running)  # an interruption here leaves them to the end of the run
        while self._running:
            self._running.pop(0).result()

    def _confirm_running(self) -> None:
        """Begin to confirm that the users whose deletion was begun are gone."""
        if self._running:
            self._running.append(self._loop.submit(self._confirm_after(tuple(self._running))))

    async def _confirm_after(self, begun: Sequence[Future[None]]) -> None:
        await asyncio.gather(*map(asyncio.wrap_future, begun), return_exceptions=True)
        await self._deleter.confirm_begun()

    # The end of the run

    def prove_nothing_is_left(self, deadline_s: float) -> None:
        """Delete what is not yet gone and search the list for the mark; raises LeftBehind with what stays.

        Refused requests are looked up last, as far as there is time; if there is none, it is enough that the list shows
        no user of theirs.
        """
        ends = self._clock() + deadline_s
        future = self._loop.submit(finishing := self._finish(ends))
        while not future.done() and (left_s := ends + self._poll_policy.cap_s - self._clock()) > 0:
            wait([future], left_s)
        if not future.done():
            with contextlib.suppress(TimeoutError):
                self._loop.stop(finishing)
            log.warning("cleanup took longer than %.0f s", deadline_s)
        elif not (self._client.pacer.exhausted and self.ledger.write_down_left()):
            future.result()
        if self._was_listed and (refused := [record for record in self.ledger.unfinished() if record.was_refused]):
            log.info("%s", f"no time to look up {number_of(len(refused), 'refused email')}; the list shows none")
            self.ledger.mark_as(refused, State.GONE)
        if (left := self.ledger.write_down_left()) or self.ledger.without_id:
            raise LeftBehind(describe_left(left, self.mark, self.ledger.without_id))

    async def _finish(self, ends: float) -> None:
        unfinished = self.ledger.unfinished
        self._deleter.uses_list = False
        await asyncio.gather(*map(asyncio.wrap_future, self._running), return_exceptions=True)
        while True:
            await self._deleter.remove([record for record in unfinished() if not record.was_refused])
            marked = await self._client.run(self._deleter.marked())
            self._take_up(marked or ())
            self._was_listed = marked is not None
            await self._deleter.remove([record for record in unfinished() if record.was_refused])
            if not unfinished():
                await self._deleter.look_up_some_gone()
            if marked is None and not unfinished():
                log.warning("no list can be read: only ids and emails show that no user is left")
            if all(record.is_stuck(self._poll_policy.deadline_s) for record in unfinished()):
                return
            if self._clock() + self._poll_policy.cap_s >= ends:
                return
            if not any(record.state is State.CREATED for record in unfinished()):
                await asyncio.sleep(self._poll_policy.cap_s)

    def _take_up(self, marked: Iterable[User]) -> None:
        """Write down users that the list shows with the mark: new ones, and those that were confirmed gone.

        If one of our users now has the id of another one of ours, they count as a new user.
        """
        known = {user_id: record for record in self.ledger.records for user_id in record.ids}
        for user in marked:
            record = known.get(user.id)
            if self.ledger.facts(user.id).contradicted:
                continue
            if record is None or self.ownership.is_reassigned(record, user.id, user):
                self.ledger.note_created(self.ledger.intend(user.email), user, source="list")
            elif record.state is State.GONE:
                self._deleter.reopen(record, LIST)

    def survey(self) -> tuple[list[User], list[str]]:
        """Return the users of this run, and which others may be left; raises TargetDown if the list fails."""
        return self._loop.run(self._deleter.survey())
