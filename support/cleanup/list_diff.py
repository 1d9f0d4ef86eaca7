"""Whether a create that named no address made anybody: the list after it is compared with the list before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from support.http.operations import Operation
from support.models import Answer, User


class ListDiff:
    """Compares lists; `before` are the ids that were there before, `name` is what the create asked for.

    `everybody` reads the list, and comes to None where it cannot be read; `ours` tells who carries the run's mark.
    """

    def __init__(
        self,
        everybody: Callable[[], Operation[list[User] | None]],
        ours: Callable[[User], bool],
        before: Collection[str] | None,
        name: str | None,
    ) -> None:
        self._everybody = everybody
        self._ours = ours
        self._before = before
        self._name = name
        self.found_nobody = True

    def nobody_new(self) -> Operation[Sequence[Answer] | None]:
        """Find nobody where the create made nobody; None where somebody is new who may be anybody's."""
        users = yield from self._everybody()
        self.found_nobody = users is not None and self._before is not None and not any(map(self._may_be_made, users))
        return () if self.found_nobody else None

    def _may_be_made(self, user: User) -> bool:
        """Whether somebody is new, none of ours, and has no other name than the create asked for."""
        assert self._before is not None
        other = bool(user.name and self._name) and _plain(user.name) != _plain(self._name)
        return not (user.id in self._before or self._ours(user) or other)


def _plain(name: str | None) -> str:
    return (name or "").strip().casefold()
