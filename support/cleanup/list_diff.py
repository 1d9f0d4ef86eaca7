"""Whether a create that named no email has created a user: the list after it is compared with the list before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from support.cleanup.ledger import Phase, Record
from support.http.operations import Operation
from support.models import Answer, User

ROUND = 5
"""A list that is cut is cut at a multiple of this."""


@dataclass
class ListDiff:
    """Compares lists; `before` are the ids in the list before the create, `name` is the name that the create asked for.

    `read_list` returns None if the list cannot be read; `is_ours` says whether a user carries the run's mark.
    """

    read_list: Callable[[], Operation[list[User] | None]]
    is_ours: Callable[[User], bool]
    before: Collection[str] | None
    name: str | None
    found_nobody: bool = True
    listed: frozenset[str] = frozenset()

    def search(self) -> Operation[Sequence[Answer] | None]:
        """Return nobody if nobody was created; None if a listed user may be the new one, or there is no list."""
        users = yield from self.read_list()
        self.listed = frozenset(user.id for user in users or ())
        self.found_nobody = users is not None and self.before is not None and not any(map(self._may_be_created, users))
        return () if self.found_nobody else None

    def shows_nobody_new(self, records: Iterable[Record]) -> Operation[bool]:
        """Whether nobody was created, by a list that is whole.

        It is if it shows all users whom a scenario still needs, or, without any, not a round number of users.
        """
        needed = (record.ids for record in records if record.is_certain and record.phase is Phase.IN_USE)
        ours = set[str]().union(*needed)
        if self.before is None or (yield from self.search()) is None or not self.listed.issuperset(ours):
            return False
        return bool(ours or len(self.listed) % ROUND or not self.listed)

    def _may_be_created(self, user: User) -> bool:
        """Whether a user is new, not known as ours, and has no other name than the create asked for."""
        assert self.before is not None
        has_other_name = bool(user.name and self.name) and _plain(user.name) != _plain(self.name)
        return not (user.id in self.before or self.is_ours(user) or has_other_name)


def _plain(name: str | None) -> str:
    return (name or "").strip().casefold()
