"""Delete users of the run: only its own, many at once, and until each is confirmed gone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Sequence
from itertools import chain, compress

from support.cleanup.journal import State
from support.cleanup.ledger import Ledger, Owner, Record, folded
from support.cleanup.left import outcome_of, why_unprovable
from support.cleanup.marks import mark_in
from support.cleanup.ownership import OwnershipCheck
from support.cleanup.polling import PollPolicy
from support.cleanup.second_sign_up import sign_up_again
from support.contract.normalizers import entries_without_id, users_in, users_of
from support.contract.violation import fail
from support.errors import TargetDown
from support.escaping import on_one_line
from support.http.async_client import AsyncClient
from support.http.operations import Operation, look
from support.models import Exchange, User

AT_ONCE, SEVERAL, MANY = 64, 5, 100
LIST, LOOK_UP = "the list", "a look-up"


class Deleter:
    """Deletes what the requests of a ledger have created; `api` keeps a recorder of its own, beside the scenarios'.

    `uses_list` says whether one read of the list may replace many look-ups.
    """

    def __init__(self, ledger: Ledger, ownership: OwnershipCheck, client: AsyncClient, policy: PollPolicy) -> None:
        self._ledger, self._ownership, self._client, self._policy = ledger, ownership, client, policy
        self.api = ownership.api.in_background()
        self.uses_list = True
        self._missed_deadline = False
        self._unconfirmed: list[Record] = []

    async def begin(self, records: Sequence[Record]) -> None:
        """Delete the users of these records; `confirm_begun` later sees that they are gone. Never raises."""
        self._unconfirmed += await self._delete_all(records)

    async def confirm_begun(self) -> None:
        """Poll until all users whose deletion was begun are gone, or the deadline is over.

        The first time that it is over, raises ContractViolation if the target confirms deletions without any effect.
        """
        begun, self._unconfirmed = self._unconfirmed, []
        had_missed = self._missed_deadline
        await self._confirm(begun)
        if self._missed_deadline and not had_missed:
            left = [record for record in begun if record.state is not State.GONE]
            await self._check_effect(left)

    async def _check_effect(self, left: Sequence[Record]) -> None:
        """Delete one user who is left after the deadline once more; raises ContractViolation if that has no effect."""
        user_id = next((one for record in left for one in sorted(record.ids & record.deleted)), None)
        if user_id is None or await self._client.run(self._ownership.read_own(user_id)) is None:
            return
        deletion = await self._client.run(self._ownership.api.in_background().delete(user_id))
        stays = await self._client.run(self._ownership.read_own(user_id)) is not None
        if stays and self._ownership.means_deleted(deletion.status):
            wanted = f"a user who is gone within {self._policy.deadline_s:g} s after the deletion"
            wrong = "the deletion was confirmed twice, and a read still shows the user"
            fail("delete", "deleting what this run has created", [wanted], [wrong], deletion)

    async def remove(self, records: Sequence[Record]) -> None:
        """Delete the users of these records and poll until they are gone; raises TargetDown if the quota is used up.

        Of several requests that were refused with the same email only one is looked up.
        """
        groups: dict[object, list[Record]] = {}
        for record in records:
            groups.setdefault(record.email if record.email and record.was_refused else record, []).append(record)
        await self._confirm(await self._delete_all([leader for leader, *_ in groups.values()]))
        for leader, *others in groups.values():
            for record in others:
                record.reason = leader.reason
            if others and leader.state is State.GONE:
                self._ledger.mark_as(others, State.GONE)

    async def remove_refused(self, records: Sequence[Record]) -> None:
        """Delete users who were created although the request was refused.

        One read of the list replaces many look-ups. A list may hide users: the end of the run looks up those not in it.
        """
        profile = self.api.profile
        if len(records) >= SEVERAL and self.uses_list and profile.capabilities.list and not profile.pages.are_needed:
            users = users_in((await self._client.run(self.api.send_once(self.api.call("GET")))).answer, profile)
            self.uses_list = users is not None  # a list that could not be read is not asked for again
            emails = {user.email for user in users or ()}
            records = [one for one in records if users is None or folded(one.email) in emails]
        await self.remove(records)

    def listed(self) -> Operation[list[User] | None]:
        """Read the list; None if the target has no list, or answers with something else."""
        if not self.api.profile.capabilities.list:
            return None
        return users_in((yield from self.api.list()).answer, self.api.profile)

    def marked(self) -> Operation[list[User] | None]:
        """List the users whose email carries the run's mark, and count the entries that carry it without an id.

        None if the list cannot be read.
        """
        if not self.api.profile.capabilities.list:
            return None
        answer = (yield from self.api.list()).answer
        without_id = entries_without_id(answer, self.api.profile)
        self._ledger.without_id = sum(mark_in(entry) == self._ledger.mark for entry in without_id)
        users = users_in(answer, self.api.profile)
        return None if users is None else [user for user in users if self._ownership.is_ours(user)]

    async def survey(self) -> tuple[list[User], list[str]]:
        """Return the run's users, by the list and by its records, and others whose owner nothing shows, in words.

        Raises TargetDown if the list cannot be read.
        """
        unfinished = self._ledger.unfinished()
        found = await self._client.gather(map(self.look_up, unfinished), AT_ONCE)
        marked = await self._client.run(self.marked())
        if marked is None and self.api.profile.capabilities.list:
            raise TargetDown(f"{self.api.base_url}: the suite cannot read the list of users that shows who is left.")
        ids = dict.fromkeys(chain(*(record.ids for record in unfinished), (user.id for user in marked or ())))
        users = await self._client.gather(map(self._ownership.read_own, ids), AT_ONCE)
        unclear = [user_id for user_id in ids if self._ledger.facts(user_id).owner is Owner.UNKNOWN]
        hidden = [str(one.email) for one, told in zip(unfinished, found, strict=True) if not (told or one.ids)]
        return [user for user in users if user is not None], [*unclear, *hidden]

    # Deleting

    async def _delete_all(self, records: Sequence[Record]) -> list[Record]:
        """Delete the users of these records, many at once; return those that have to be confirmed gone.

        Users who stayed after a confirmed deletion come last and one by one: a target may lose deletions at once.
        """
        unconfirmed = []
        new, again = ([one for one in records if bool(one.confirmed_at) is deleted] for deleted in (False, True))
        at_once = (new[start : start + AT_ONCE] for start in range(0, len(new), AT_ONCE))
        for batch in chain(at_once, ([record] for record in again)):
            self._ledger.mark_as([record for record in batch if record.is_certain], State.DELETING)
            operations = (self._client.run(self._delete(record)) for record in batch)
            for record, result in zip(batch, await asyncio.gather(*operations, return_exceptions=True), strict=True):
                if isinstance(result, BaseException):
                    record.reason = on_one_line(str(result) or f"{type(result).__name__} while deleting")
                elif result:
                    unconfirmed.append(record)
        return unconfirmed

    def _delete(self, record: Record) -> Operation[bool]:
        """Delete the users of a request, after a read shows that they are ours; return whether to confirm them gone."""
        if not record.email and not record.ids and record.state is State.INTENDED:
            record.unprovable = True
            record.reason = "its create may have created a user, who cannot be found without an email"
            return False
        if not record.is_certain and not (yield from self.look_up(record)):
            if record.was_refused:  # its answer says that no user was created, and nothing says otherwise
                self._ledger.mark_as([record], State.GONE)
                return False
            if not (yield from sign_up_again(self.api, self._ledger, record, self._window_s())):
                return False
        was_refused = record.state is State.REFUSED
        if record.state is not State.DELETING:
            self._ledger.mark_as([record], State.DELETING)
        foreign = yield from self._delete_ids(record)
        if foreign:
            if not (yield from self.look_up(record)):
                return False
            yield from self._delete_ids(record)
        if not record.ids:
            contradicted = [user_id for user_id in foreign if self._ledger.facts(user_id).contradicted]
            reason = why_unprovable(record, [] if was_refused else contradicted)
            record.unprovable, record.reason = reason is not None, reason or record.reason
            self._ledger.mark_as([record] if reason is None else [], State.GONE)
        return bool(record.ids)

    def look_up(self, record: Record) -> Operation[bool]:
        """Add to a record the ids of the users who have its email; False if the search cannot tell."""
        if not record.email:
            return True
        window_s = self._window_s() if record.state is State.INTENDED else 0.0
        found = yield from look(self.api.found_by(record.email), window_s, self.api.policy)
        if found is None:
            record.reason = "the email cannot be looked up"
            return False
        for user in map(self._ownership.user, found):
            if user is not None and not self._ledger.is_anothers(record, user.id):
                self._ledger.add_ids(record, [user.id])
            if user is not None and self._ledger.facts(user.id).record is None:
                facts = self._ledger.ids[user.id]
                facts.source = facts.source or self._ownership.look_up_rule
        return True

    def _window_s(self) -> float:
        """Return how many seconds an interrupted create may take to show: no fewer than the slowest answer took."""
        api = self._ownership.api
        return max(api.window_s, api.recorder.metrics.slowest_s)

    def _delete_ids(self, record: Record) -> Operation[list[str]]:
        """Delete the users with a record's ids; drop from the record, and return, the ids of other clients' users."""
        foreign = []
        for user_id in sorted(record.ids):
            if not (yield from self._delete_one(record, user_id)):
                self._ownership.note_foreign(record, user_id)
                foreign.append(user_id)
        self._ledger.drop_ids(record, foreign)
        return foreign

    def _delete_one(self, record: Record, user_id: str) -> Operation[bool]:
        """Delete a user; if a read shows another client's user, leave that user alone and return False."""
        ownership = self._ownership
        if self._ledger.facts(user_id).owner is not Owner.RUN or user_id in record.deleted:
            read = yield from self.api.read(user_id)
            owner = ownership.see(user_id, read)
            if owner is Owner.NONE or self._is_reassigned(record, user_id, read):
                return True
            if owner is Owner.OTHERS:
                return False
            if owner is Owner.UNKNOWN and not (yield from ownership.create_proves(user_id, read)):
                shown = outcome_of(read) if read.status != 200 else "it shows no email"
                record.reason = f"no read shows that the user is ours: {shown}"
                return True
        exchange = yield from self.api.delete(user_id)
        if ownership.means_deleted(exchange.status):
            record.deleted.add(user_id)
            record.confirmed_at.append(time.monotonic())
        else:
            record.reason = outcome_of(exchange)
        return True

    def _is_reassigned(self, record: Record, user_id: str, read: Exchange) -> bool:
        user = self._ownership.user(read.answer)
        return read.status == 200 and self._ownership.is_reassigned(record, user_id, user)

    # Seeing that they are gone

    async def _confirm(self, records: Sequence[Record]) -> None:
        """Poll until the users of these records are gone or the deadline is over; after a missed one, look once."""
        whole = self._policy
        policy = PollPolicy(whole.first_s, whole.cap_s, 0.0 if self._missed_deadline else whole.deadline_s)
        left = await self._not_gone(records)
        for wait in policy.waits() if left else ():
            await asyncio.sleep(wait)
            if not (left := await self._not_gone(left)):
                break
        self._missed_deadline = self._missed_deadline or bool(left)
        for record in left:
            if record.confirmed_at:
                still = f"still shown by {record.shown_by}" if record.shown_by else record.last_read or "still there"
                record.reason = f"{still} {time.monotonic() - record.confirmed_at[0]:.1f} s after it was deleted"

    async def _not_gone(self, records: Collection[Record]) -> list[Record]:
        """Look for all users of these records at once; write down those that are gone, and return the others.

        If there are very many, those whom the list still shows are not read one by one.
        """
        reads_list = len(records) >= MANY or any(record.shown_by for record in records)
        shown = {user.id for user in await self._client.run(self.listed()) or ()} if reads_list else set()
        shown |= await self._looked_up([record for record in records if record.shown_by == LOOK_UP])
        asked = [record for record in records if not record.ids & shown]
        are_gone = await self._client.gather(map(self._is_gone, asked), AT_ONCE)
        self._ledger.mark_as(list(compress(asked, are_gone)), State.GONE)
        return [record for record in records if record.state is not State.GONE]

    async def look_up_some_gone(self) -> None:
        """Look up a few deleted users; if one is still shown, look up all, and wait for those who are still shown."""
        gone = [one for one in self._ledger.records if one.state is State.GONE and one.email and one.ids]
        if not self.api.profile.capabilities.email_filter or not await self._looked_up(gone[::-1][:SEVERAL]):
            return
        shown = await self._looked_up(gone)
        for record in gone:
            if record.ids & shown and record.shown_by != LOOK_UP:
                self.reopen(record, LOOK_UP)

    def reopen(self, record: Record, view: str) -> None:
        """Count a user whom a view still shows as not gone, so that they are deleted again."""
        record.shown_by, record.reason = view, f"gone by its id, but still shown by {view}"
        record.confirmed_at.append(time.monotonic())
        self._ledger.mark_as([record], State.DELETING)

    async def _looked_up(self, records: Sequence[Record]) -> set[str]:
        """Return those ids of these records that a search for the email still finds."""
        shown = set[str]()
        found = await self._client.gather((self.api.find(record.email or "") for record in records), AT_ONCE)
        for record, exchange in zip(records, found, strict=True):
            users = users_of(exchange.answer, self.api.profile) if exchange.status == 200 else []
            shown |= {user.id for user in users if user.email == folded(record.email)} & record.ids
        return shown

    def _is_gone(self, record: Record) -> Operation[bool]:
        for user_id in sorted(record.ids):
            read = yield from self.api.read(user_id)
            gone = read.status in self.api.profile.answers.gone
            if not gone and not self._is_reassigned(record, user_id, read):
                record.last_read = "" if read.status == 200 else f"not seen to be gone ({outcome_of(read)})"
                return False
        return True
