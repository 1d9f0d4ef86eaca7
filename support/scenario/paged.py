"""Pages that were read between two reads of the whole list, and how they fit it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from support.cleanup.marks import mark_in
from support.contract.normalizers import ids_of, users_of
from support.errors import number_of
from support.models import Exchange
from support.profile import Profile

MOST_PAGES = 150


class Fit(Enum):
    """How pages fit the list: right or wrong if nothing changed meanwhile, else explained by the changes or unclear."""

    RIGHT = auto()
    WRONG = auto()
    EXPLAINED = auto()
    UNCLEAR = auto()


@dataclass(frozen=True)
class Paged:
    """Pages of `size` users each, read one after another between two reads of the whole list.

    `lasting` are ids that were on a page and in neither list when they were read before.
    """

    before: Exchange
    pages: Sequence[Exchange]
    after: Exchange
    size: int
    profile: Profile
    lasting: Collection[str] = ()

    @cached_property
    def shown(self) -> list[tuple[str, int]]:
        """The ids on the pages, each with the number of its page."""
        numbered = enumerate(self.pages, start=1)
        return [(user_id, number) for number, page in numbered for user_id in ids_of(page.answer, self.profile)]

    @cached_property
    def whole(self) -> set[str]:
        """The ids that were in the list both before and after the pages were read."""
        return self._earlier.keys() & self._later.keys()

    @cached_property
    def changes(self) -> int:
        """How many users were created, deleted or changed meanwhile: each of them can move other users by one place.

        Only fields of the contract count: some APIs change another field with each answer. A user on a page but in
        neither list came and went in between, unless this was so before, or the email is the suite's: its users do
        not come and go meanwhile.
        """
        changed = self._earlier.items() ^ self._later.items()
        return len({user_id for user_id, _ in changed}) + len(self.strange - self._ours - set(self.lasting))

    @cached_property
    def repeated(self) -> list[tuple[str, int, int]]:
        """The ids that are shown more than once, with the numbers of the two pages."""
        seen: dict[str, int] = {}
        found = []
        for user_id, number in self.shown:
            if user_id in seen:
                found.append((user_id, seen[user_id], number))
            seen.setdefault(user_id, number)
        return found

    @cached_property
    def missing(self) -> set[str]:
        """The ids that are in both lists and on no page; none if the reading stopped at `MOST_PAGES` pages."""
        return self.whole - dict(self.shown).keys() if len(self.pages) < MOST_PAGES else set()

    @cached_property
    def strange(self) -> set[str]:
        """The ids that are on a page and in neither list."""
        return dict(self.shown).keys() - self._earlier.keys() - self._later.keys()

    @cached_property
    def _ours(self) -> set[str]:
        """The ids of the users on the pages whose emails the suite made."""
        users = (user for page in self.pages for user in users_of(page.answer, self.profile))
        return {user.id for user in users if mark_in(user.email)}

    @cached_property
    def fit(self) -> Fit:
        """How the pages fit: right or wrong if nothing changed, else explained by the changes or unclear."""
        misfits = max(len(self.repeated), len(self.missing), len(self.strange))
        if self.changes:
            return Fit.EXPLAINED if misfits <= self.changes else Fit.UNCLEAR
        return Fit.WRONG if misfits else Fit.RIGHT

    def misfits(self, gone: Collection[str]) -> list[str]:
        """Return which users are on no page, and which only on a page; `gone` are ids that the run has deleted."""
        told = []
        if self.missing:
            told.append(f"on no page: {number_of(len(self.missing), 'user')} of the list, such as {min(self.missing)}")
        if self.strange:
            such = min(self.strange)
            where = f"{such} on page {dict(self.shown)[such]}" + (", whom this run has deleted" if such in gone else "")
            told.append(f"not in the list: {number_of(len(self.strange), 'user')} of the pages, such as {where}")
        return told

    @cached_property
    def _earlier(self) -> dict[str, tuple[object, ...]]:
        return self._listed(self.before)

    @cached_property
    def _later(self) -> dict[str, tuple[object, ...]]:
        return self._listed(self.after)

    def _listed(self, exchange: Exchange) -> dict[str, tuple[object, ...]]:
        users = users_of(exchange.answer, self.profile)
        return {user.id: (user.name, user.email, str(user.created_at)) for user in users}
