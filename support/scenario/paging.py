"""The list in pages, held against the whole list as it was before and after: what others' coming and going explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property

from support.cleanup.marks import mark_in
from support.contract.normalizers import ids_of, users_of
from support.models import Exchange
from support.profile import Profile

MOST_PAGES = 150


class Fit(Enum):
    """How pages stand to the whole list: with nothing changed meanwhile, or with changes that explain them or not."""

    RIGHT = auto()
    WRONG = auto()
    EXPLAINED = auto()
    UNCLEAR = auto()


@dataclass(frozen=True)
class Paged:
    """Pages of `size` users each that were read one after another, between two readings of the whole list."""

    before: Exchange
    pages: Sequence[Exchange]
    after: Exchange
    size: int
    profile: Profile

    @cached_property
    def shown(self) -> list[tuple[str, int]]:
        """Whom the pages show, each with the number of the page."""
        numbered = enumerate(self.pages, start=1)
        return [(user_id, number) for number, page in numbered for user_id in self._ids(page)]

    @cached_property
    def whole(self) -> set[str]:
        """Who was in the list all the while."""
        return self._earlier.keys() & self._later.keys()

    @cached_property
    def changes(self) -> int:
        """How many came, left or changed meanwhile: each can move the others by a place, onto another page or off one.

        Of fields that the contract does not name, some APIs change one with each answer. Who came and left in between
        is on a page at best; nobody of ours does.
        """
        changed = self._earlier.items() ^ self._later.items()
        return len({user_id for user_id, _ in changed}) + len(self.strange - self._ours)

    @cached_property
    def repeated(self) -> list[tuple[str, int, int]]:
        """Who is shown more than once, with the numbers of the two pages."""
        seen: dict[str, int] = {}
        found = []
        for user_id, number in self.shown:
            if user_id in seen:
                found.append((user_id, seen[user_id], number))
            seen.setdefault(user_id, number)
        return found

    @cached_property
    def missing(self) -> set[str]:
        """Who is on no page, where all were read."""
        return self.whole - dict(self.shown).keys() if len(self.pages) < MOST_PAGES else set()

    @cached_property
    def strange(self) -> set[str]:
        """Who is on a page and in neither list."""
        return dict(self.shown).keys() - self._earlier.keys() - self._later.keys()

    @cached_property
    def _ours(self) -> set[str]:
        """Who is on a page with an address that the suite made."""
        users = (user for page in self.pages for user in users_of(page.answer, self.profile))
        return {user.id for user in users if mark_in(user.email)}

    @cached_property
    def fit(self) -> Fit:
        """Whether the pages show everybody once, but for as many as the changes can have moved."""
        misfits = max(len(self.repeated), len(self.missing), len(self.strange))
        if self.changes:
            return Fit.EXPLAINED if misfits <= self.changes else Fit.UNCLEAR
        return Fit.WRONG if misfits else Fit.RIGHT

    @cached_property
    def _earlier(self) -> dict[str, tuple[object, ...]]:
        return self._listed(self.before)

    @cached_property
    def _later(self) -> dict[str, tuple[object, ...]]:
        return self._listed(self.after)

    def _listed(self, exchange: Exchange) -> dict[str, tuple[object, ...]]:
        users = users_of(exchange.answer, self.profile)
        return {user.id: (user.name, user.email, str(user.created_at)) for user in users}

    def _ids(self, exchange: Exchange) -> list[str]:
        return ids_of(exchange.answer, self.profile)
