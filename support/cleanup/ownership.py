"""The ownership check: a run changes or deletes only users that a read of the very id has shown to be its own.

A list, a look-up or the answer to another request proves nothing about an id: a faulty API may show any user there.
There are two exceptions: an id that no read shows, which the answer to the create showed with the email (see
`create_proves`), and a new user without name and email (see `_is_blank_and_new`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import NoReturn

from support.cleanup.ledger import Ledger, Owner, Phase, Record, folded
from support.cleanup.marks import mark_in
from support.contract.normalizers import is_email, user_of
from support.contract.violation import fail
from support.errors import SuiteError
from support.http.operations import Operation
from support.http.users_api import UsersApi
from support.models import Answer, Call, Exchange, User
from support.statuses import is_refused_unread

PROOF = "a user whose email carries the mark of this run, in a read of this very id"


class OwnershipCheck:
    """Decides by the ledger of a run which ids may be changed or deleted, and writes down there what reads show."""

    def __init__(self, api: UsersApi, ledger: Ledger) -> None:
        self.api = api
        self._ledger = ledger
        self._shared: set[str] | None = None

    # What answers show

    def observe(self, exchange: Exchange) -> None:
        """Learn from an exchange of a scenario what it shows of the user whom it names."""
        user_id, method = self.api.id_in(exchange.call.url), exchange.call.method
        if user_id is None:
            return
        if method == "GET":
            self.see(user_id, exchange)
        elif method in ("PUT", "PATCH") and exchange.status == 200:
            user = self.user(exchange.answer)
            self._ledger.note_email(user_id, user.email if user is not None else None)
        elif method == "DELETE":
            self._lose_proof(user_id)
            record = self._ledger.facts(user_id).record
            if self.means_deleted(exchange.status) and record is not None:
                record.deleted.add(user_id)

    def _lose_proof(self, user_id: str) -> None:
        """Have an id read again before it is used again: it may be reassigned at any time."""
        self._ledger.ids[user_id].owner = Owner.UNKNOWN

    def see(self, user_id: str, read: Exchange) -> Owner:
        """Return whose user has an id, by a read of it, and remember the owner."""
        owner = self._owner(user_id, read)
        self._ledger.note_owner(user_id, owner)
        user = self.user(read.answer)
        if owner is Owner.RUN and user is not None:
            self._ledger.note_email(user_id, user.email)
        return owner

    def read_own(self, user_id: str) -> Operation[User | None]:
        """Read an id; return the user if the read shows them to be of this run."""
        read = yield from self.api.read(user_id)
        return self.user(read.answer) if self.see(user_id, read) is Owner.RUN else None

    def _owner(self, user_id: str, read: Exchange) -> Owner:
        answers = self.api.profile.answers
        if user_id in self._ledger.existing:
            return Owner.OTHERS
        if read.status in (*answers.gone, *answers.unknown) or is_refused_unread(read.status, read.call.url):
            return Owner.NONE
        user = self.user(read.answer)
        if read.status != 200 or user is None:
            return Owner.UNKNOWN
        if user.id != user_id:
            return Owner.OTHERS
        if self.is_ours(user) or self._is_blank_and_new(user):
            return Owner.RUN
        return Owner.OTHERS if is_email(user.email) else Owner.UNKNOWN

    # Permitting

    @contextlib.contextmanager
    def sharing_proofs(self) -> Iterator[None]:
        """Let requests that are released at the same moment share what the last read of their user has shown.

        After a deletion among them, the others must not have to wait for another read. The answer to the deletion ends
        the proof, as always. Proofs of users whom cleanup deletes meanwhile are not shared.
        """
        self._shared = set()
        try:
            yield
        finally:
            shared, self._shared = self._shared, None
            for user_id in shared:
                self._lose_proof(user_id)

    def permit(self, call: Call) -> Operation[None]:
        """Let a call pass that may change the user it names; raises ContractViolation if they may be another client's.

        An id that no user has passes too, right after a read that shows so. An id that is not known yet is read first.
        """
        user_id = self.api.id_in(call.url)
        if user_id is None:
            raise SuiteError(f"{call.method} is only ever sent to one user: {call.url} is none")
        read = None
        if user_id not in self._ledger.existing and not self._ledger.may_be_named(user_id):
            read = yield from self.api.read(user_id)
            self.see(user_id, read)
        if not self._ledger.may_be_named(user_id) and not (yield from self.create_proves(user_id, read)):
            self._refuse(call, user_id, read)
        facts = self._ledger.facts(user_id)
        if call.method in ("PUT", "PATCH") and facts.owner is not Owner.NONE:
            return
        if self._shared is None or facts.record is None or facts.record.phase is not Phase.IN_USE:
            self._lose_proof(user_id)
        else:
            self._shared.add(user_id)

    def create_proves(self, user_id: str, read: Exchange | None) -> Operation[bool]:
        """Whether the answer to the create proves an id that cannot be read, and no look-up contradicts it."""
        facts = self._ledger.facts(user_id)
        if read is None or not facts.is_proven_by_create or self._owner(user_id, read) is not Owner.UNKNOWN:
            return False
        assert facts.record is not None
        holders = yield from self.api.holders(facts.record.email or "")
        return holders is None or user_id in {user.id for user in holders}

    def _refuse(self, call: Call, user_id: str, read: Exchange | None) -> NoReturn:
        rule = "read-404"
        facts = self._ledger.facts(user_id)
        if facts.record is not None:
            rule = "read-200" if facts.was_proven else self._rule_that_gave(user_id)
        wrong = f"user {user_id} was there before this run began"
        if read is not None:
            user = self.user(read.answer)
            shown = f"shows user {user.id!r}" if user is not None and user.id != user_id else "does not show our user"
            wrong = f"the read of {user_id} was answered by {read.status or 'nothing'}, and {shown}"
        fail(rule, f"{call.method} {call.url}, which is not sent", [PROOF], [wrong], read)

    # Answers that gave other users' ids

    def note_foreign(self, record: Record, user_id: str) -> None:
        """Remember that an answer gave an id for a user of this run, while a read shows another client's user.

        Not so if the id was proven before: it was reassigned since. Nor if it is from a search for an email without the
        mark, which may show any user.
        """
        facts = self._ledger.ids[user_id]
        is_expected = facts.record is not None or mark_in(record.email) == self._ledger.mark
        if is_expected and not facts.was_proven:
            facts.contradicted = self._rule_that_gave(user_id)

    def check_answers(self) -> None:
        """Raise ContractViolation if an answer gave one of our users an id that belongs to another client's."""
        for user_id, facts in list(self._ledger.ids.items()):
            if facts.contradicted:
                wrong = (
                    f"an answer gave {user_id} as the id of a user of this run, but a read of it shows another "
                    "client's user"
                )
                fail(facts.contradicted, "deleting what this run has created", [PROOF], [wrong])

    def _rule_that_gave(self, user_id: str) -> str:
        """Return the rule of the answer that gave an id."""
        facts = self._ledger.facts(user_id)
        return facts.source or ("list" if facts.record is None else "create-201")

    # Whose user

    @property
    def look_up_rule(self) -> str:
        """The rule of the view that finds users by their email."""
        return "filter-email" if self.api.profile.capabilities.email_filter else "list"

    def is_proven(self, user_id: str) -> bool:
        """Whether the last read of an id has shown the mark of this run."""
        return self._ledger.facts(user_id).owner is Owner.RUN

    def means_deleted(self, status: int | None) -> bool:
        """Whether the status of a deletion says that the user is gone, by this attempt or by an earlier one."""
        answers = self.api.profile.answers
        return status in (*answers.deleted, *answers.deleted_again)

    def user(self, answer: Answer | None) -> User | None:
        """Return the user that an answer shows."""
        return user_of(answer, self.api.profile)

    def is_ours(self, user: User) -> bool:
        """Whether a user carries the mark of this run: in the email, or in the name if no email is shown."""
        return self._ledger.mark == mark_in(user.email if is_email(user.email) else f"{user.email} {user.name}")

    def _is_blank_and_new(self, user: User) -> bool:
        """Whether a user has neither name nor email, and only our create without an email can have created it.

        The list before that create did not show the id, and the answer to the create gave it.
        """
        record = self._ledger.facts(user.id).record
        return record is not None and record.was_unlisted and not user.name and not is_email(user.email)

    def is_reassigned(self, record: Record, user_id: str, user: User | None) -> bool:
        """Whether the id of a deleted user is another user's now: another client's, or one whom we created since."""
        if user_id not in record.deleted:
            return False
        if (self._ledger.facts(user_id).record or record) is not record:
            return True
        if user is None:
            return True  # a read gives 200, and shows no user of ours
        if user.email == folded(record.email):
            return False
        others = [one for one in self._ledger.records if one is not record and folded(one.email) == user.email]
        created_since = bool(user.email) and any(not one.by_change for one in others)
        return created_since or not (self.is_ours(user) or user.name == record.name)
