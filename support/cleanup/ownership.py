"""Whose the users are that a run comes across: which are its own beyond doubt, and which ids are others' by now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from support.cleanup.entries import Entry, folded
from support.cleanup.journal import State
from support.cleanup.marks import mark_in
from support.contract.normalizers import user_of
from support.models import Answer, Exchange, User
from support.transport.calls import UsersApi


class Ownership:
    """What a run with this mark knows: `proven` are ids shown with its mark, `latest` is which entry made an id."""

    def __init__(self, api: UsersApi, mark: str) -> None:
        self.api = api
        self.mark = mark
        self.proven: set[str] = set()
        self.latest: dict[str, Entry] = {}
        self._by_address: defaultdict[str, list[Entry]] = defaultdict(list)
        self._seen_at: defaultdict[str, set[str]] = defaultdict(set)

    def note(self, entries: Iterable[Entry]) -> None:
        """Remember who asks for which address."""
        for entry in entries:
            self._by_address[folded(entry.address)].append(entry)

    def observe(self, exchange: Exchange) -> None:
        """Take from what scenarios are shown which ids are ours beyond doubt, and which have left."""
        call, status = exchange.call, exchange.status
        user_id = self.api.id_in(call.url)
        if call.method in ("GET", "PUT", "PATCH") and status == 200 and "/" not in user_id:
            user = self.user(exchange.answer)
            if user is not None and user.id == user_id and self.is_ours(user):
                self.proven.add(user_id)
                self._seen_at[folded(user.email)].add(user_id)
        elif call.method == "DELETE":
            self.proven.discard(user_id)
            if self.means_left(status) and user_id in self.latest:
                self.latest[user_id].left.add(user_id)

    def means_left(self, status: int | None) -> bool:
        """Whether a status answers the deletion of a user who is there no more, now or since an attempt before."""
        answers = self.api.profile.answers
        return status in (*answers.deleted, *answers.deleted_again)

    def user(self, answer: Answer | None) -> User | None:
        """Return the user that an answer shows."""
        return user_of(answer, self.api.profile)

    def is_ours(self, user: User) -> bool:
        """Whether a user's address carries the mark of this run."""
        return mark_in(user.email) == self.mark

    def _is_another_runs(self, user: User) -> bool:
        """Whether a user's address carries the mark of another run, which may have drawn the same name."""
        return mark_in(user.email) not in (None, self.mark)

    def may_delete(self, entry: Entry, user: User | None) -> bool:
        """Whether a user is one that we made: by its mark, or by the name or id that the answer to our POST gave."""
        if user is None or self._is_another_runs(user):
            return False
        return self.is_ours(user) or entry.fresh or (entry.name is not None and user.name == entry.name)

    def is_anothers(self, entry: Entry, user_id: str) -> bool:
        """Whether a user is one whom another entry has made, and will see to."""
        other = self.latest.get(user_id, entry)
        return other is not entry and other.state is not State.GONE and user_id in other.ids - other.left

    def given_again(self, entry: Entry, user_id: str, user: User | None) -> bool:
        """Whether an id whose user has left is another's by now: a stranger's, or somebody's whom we made since."""
        if user_id not in entry.left or self.latest.get(user_id, entry) is not entry:
            return user_id in entry.left
        if user is None or user.email == folded(entry.address):
            return user is None
        others = [other for other in self._by_address.get(user.email, ()) if other is not entry]
        made_since = bool(user.email) and any(not other.by_change for other in others)
        return made_since or self._is_another_runs(user) or not (self.is_ours(user) or user.name == entry.name)

    def ids_of(self, address: str | None) -> set[str]:
        """Return the ids that this run knows to hold an address."""
        if not address:
            return set()
        made = {user_id for entry in self._by_address[folded(address)] for user_id in entry.ids}
        return made | self._seen_at[folded(address)]
