"""Which users a run may change or delete: only those that a read of the very id has shown to be its own.

A list, a look-up or the answer to another request proves nothing about an id: a faulty API may show anybody there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import Enum, auto

from support.cleanup.journal import State
from support.cleanup.marks import mark_in
from support.cleanup.records import Record, folded
from support.contract.normalizers import is_email, user_of
from support.contract.violation import fail
from support.errors import SuiteError
from support.http.operations import Operation
from support.http.users_api import UsersApi
from support.models import Answer, Call, Exchange, User

PROOF = "a user whose email carries the mark of this run, in a read of this very id"


class Owner(Enum):
    """Whose user an id is, by the answer to a read of it."""

    RUN = auto()
    NOBODY = auto()
    OTHERS = auto()
    UNKNOWN = auto()


class Ownership:
    """What the run with this mark knows about the owners of ids.

    `proven` are ids that a read has shown with the mark, `absent` ids that a read has shown to be unknown, `before` ids
    that were there when the run began, and `latest` says which entry made an id. `contradicted` holds, by id, the rule
    and the text for each answer that gave an id for one of ours which a read shows to be somebody else's.
    """

    def __init__(self, api: UsersApi, mark: str) -> None:
        self.api = api
        self.mark = mark
        self.before: frozenset[str] = frozenset()
        self.proven: set[str] = set()
        self.absent: set[str] = set()
        self.latest: dict[str, Record] = {}
        self.contradicted: dict[str, tuple[str, str]] = {}
        self._once_proven: set[str] = set()
        self._vouched: set[str] = set()
        self._shown_by: dict[str, str] = {}
        self._by_address: defaultdict[str, list[Record]] = defaultdict(list)
        self._seen_at: defaultdict[str, set[str]] = defaultdict(set)

    # Learning

    def note(self, entries: Iterable[Record]) -> None:
        """Remember which request asks for which address; the ids that were absent may be given from now on."""
        self.absent.clear()
        for entry in entries:
            self._by_address[folded(entry.address)].append(entry)

    def note_made(self, entry: Record, user: User, *, found: bool) -> None:
        """Remember the user in the answer to a create, or the one that was found after its answer was lost."""
        self.latest[user.id] = entry
        if found:
            self.note_shown([user.id])
        elif user.email and user.email == folded(entry.address):
            self._vouched.add(user.id)

    def note_listed(self, entry: Record, user_id: str) -> None:
        """Remember a user who was found in the list, and is seen to as what this entry has made."""
        self.latest[user_id] = entry
        self._shown_by.setdefault(user_id, "list")

    def note_shown(self, user_ids: Iterable[str]) -> None:
        """Remember that these ids are known from looking an email up."""
        for user_id in user_ids:
            self._shown_by.setdefault(user_id, "filter-email" if self.api.profile.capabilities.email_filter else "list")

    def observe(self, exchange: Exchange) -> None:
        """Learn from what scenarios send and are shown."""
        user_id, method = self.api.id_in(exchange.call.url), exchange.call.method
        if user_id is None:
            return
        if method == "GET":
            self.see(user_id, exchange)
        elif method in ("PUT", "PATCH") and exchange.status == 200:
            user = self.user(exchange.answer)
            self._seen_at[folded(user.email if user is not None else None)].add(user_id)
        elif method == "DELETE":
            self.proven.discard(user_id)
            if self.means_left(exchange.status) and user_id in self.latest:
                self.latest[user_id].left.add(user_id)

    def see(self, user_id: str, read: Exchange) -> Owner:
        """Return whose user an id is by the answer to a read of it, and remember that."""
        owner = self._owner(user_id, read)
        if owner is Owner.RUN:
            self.proven.add(user_id)
            self._once_proven.add(user_id)
            user = self.user(read.answer)
            if user is not None:
                self._seen_at[folded(user.email)].add(user_id)
        elif owner is not Owner.UNKNOWN:
            self.proven.discard(user_id)
        (self.absent.add if owner is Owner.NOBODY else self.absent.discard)(user_id)
        return owner

    def _owner(self, user_id: str, read: Exchange) -> Owner:
        answers = self.api.profile.answers
        if user_id in self.before:
            return Owner.OTHERS
        if read.status in (*answers.gone, *answers.unknown):
            return Owner.NOBODY
        user = self.user(read.answer)
        if read.status != 200 or user is None:
            return Owner.UNKNOWN
        if user.id != user_id:
            return Owner.OTHERS
        if self.is_ours(user) or self._is_blank_and_new(user):
            return Owner.RUN
        return Owner.OTHERS if is_email(user.email) else Owner.UNKNOWN

    # Permitting

    def permit(self, call: Call) -> Operation[None]:
        """Let a call pass that may change the user it names; raises ContractViolation if another client may own it.

        An id that nobody has may be named too, right after the read that shows so: it may be given to others any time.
        What is not known yet is read first.
        """
        user_id = self.api.id_in(call.url)
        if user_id is None:
            raise SuiteError(f"{call.method} is only ever sent to one user: {call.url} is none")
        read = None
        if user_id not in self.before | self.proven | self.absent:
            read = yield from self.api.read(user_id)
            self.see(user_id, read)
        known = user_id in self.proven | self.absent and user_id not in self.before
        if not known and not (yield from self.is_vouched(user_id, read)):
            self._refuse(call, user_id, read)
        self.absent.discard(user_id)
        if call.method == "DELETE":
            self.proven.discard(user_id)

    def is_vouched(self, user_id: str, read: Exchange | None) -> Operation[bool]:
        """Whether the answer to the create proves an id that cannot be read, and no look-up contradicts it."""
        if read is None or user_id not in self._vouched or self._owner(user_id, read) is not Owner.UNKNOWN:
            return False
        holders = yield from self.api.holders(self.latest[user_id].address or "")
        return holders is None or user_id in {user.id for user in holders}

    def _refuse(self, call: Call, user_id: str, read: Exchange | None) -> None:
        rule = "read-404"
        if user_id in self.latest:
            rule = "read-200" if user_id in self._once_proven else self._rule_that_gave(user_id)
        wrong = f"user {user_id} was there before this run began"
        if read is not None:
            wrong = f"the read of {user_id} was answered by {read.status or 'nothing'}, and shows another user or none"
        fail(rule, f"{call.method} {call.url}, which is not sent", [PROOF], [wrong], read)

    def note_stranger(self, entry: Record, user_id: str) -> None:
        """Remember that an answer gave an id for a user of this run which a read shows to be somebody else's.

        An id that was proven once was given again since, and a look-up may show anybody under an email without mark.
        """
        is_expected = user_id in self.latest or mark_in(entry.address) == self.mark
        if user_id in self._once_proven or not is_expected:
            return
        text = f"an answer gave {user_id} as the id of a user of this run, but a read of it shows somebody else's user"
        self.contradicted[user_id] = (self._rule_that_gave(user_id), text)

    def _rule_that_gave(self, user_id: str) -> str:
        """Return the rule of the answer that an id was taken from."""
        return self._shown_by.get(user_id, "create-201" if user_id in self.latest else "list")

    # Telling whose

    def means_left(self, status: int | None) -> bool:
        """Whether a status answers the deletion of a user who is there no more, now or since an attempt before."""
        answers = self.api.profile.answers
        return status in (*answers.deleted, *answers.deleted_again)

    def user(self, answer: Answer | None) -> User | None:
        """Return the user that an answer shows."""
        return user_of(answer, self.api.profile)

    def is_ours(self, user: User) -> bool:
        """Whether a user carries the mark of this run: in the email, or in the name where no email is shown."""
        return self.mark == mark_in(user.email if is_email(user.email) else f"{user.email} {user.name}")

    def _is_blank_and_new(self, user: User) -> bool:
        """Whether a user has neither name nor email, and only our create without an email can have made it.

        Its id was in no list before that create, and in the answer to it.
        """
        entry = self.latest.get(user.id)
        return entry is not None and entry.fresh and not user.name and not is_email(user.email)

    def is_anothers(self, entry: Record, user_id: str) -> bool:
        """Whether a user is one whom another entry has made, and will see to."""
        other = self.latest.get(user_id, entry)
        return other is not entry and other.state is not State.GONE and user_id in other.ids - other.left

    def given_again(self, entry: Record, user_id: str, user: User | None) -> bool:
        """Whether an id whose user has left is another's by now: a stranger's, or somebody's whom we made since."""
        if user_id not in entry.left or self.latest.get(user_id, entry) is not entry:
            return user_id in entry.left
        if user is None or user.email == folded(entry.address):
            return user is None
        others = [other for other in self._by_address.get(user.email, ()) if other is not entry]
        made_since = bool(user.email) and any(not other.by_change for other in others)
        return made_since or not (self.is_ours(user) or user.name == entry.name)

    def ids_of(self, address: str | None) -> set[str]:
        """Return the ids that this run knows to hold an address."""
        if not address:
            return set()
        made = {user_id for entry in self._by_address[folded(address)] for user_id in entry.ids}
        return made | self._seen_at[folded(address)]
