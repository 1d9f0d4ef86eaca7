"""What the registry keeps of each request that may have made users, and how it tells of them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from support.cleanup.journal import State
from support.escaping import on_one_line
from support.models import Exchange, Failure


@dataclass(eq=False)
class Record:
    """One request that may have made users: the address and name that it asked for, and the ids known so far.

    `fresh` says that the id was in nobody's list before the request. `unprovable` says that the id which the answer
    gave belongs to somebody who cannot be shown to be ours, and whom the suite therefore leaves alone. `left` are the
    ids whose deletion was confirmed: from then on they may be given to others. `by_change` says that the request was to
    give the address to a user who is there, `claimed` that its answer says that a user was made and not which, and
    `lingers` which view still shows a user whom a read has shown to be gone.
    """

    ref: int
    address: str | None
    name: str | None = None
    ids: set[str] = field(default_factory=set)
    state: State = State.INTENDED
    reason: str | None = None
    fresh: bool = False
    unprovable: bool = False
    by_change: bool = False
    claimed: bool = False
    lingers: str = ""
    left: set[str] = field(default_factory=set)
    answered: list[float] = field(default_factory=list)

    def is_stuck(self, deadline_s: float) -> bool:
        """Whether deleting was confirmed more than once, and the deadline for it to show is over."""
        return len(self.answered) > 1 and time.monotonic() - self.answered[0] > deadline_s

    @property
    def certain(self) -> bool:
        """Whether the ids are all that this request can have made."""
        return bool(self.ids) and self.state in (State.CREATED, State.DELETING)

    @property
    def was_refused(self) -> bool:
        """Whether its answer says that nobody was made."""
        return self.state is State.REFUSED and not self.ids


def sharing(entries: Iterable[Record]) -> dict[Record, list[Record]]:
    """Group those who were refused the very same address under the first of them: looking her up tells of all."""
    groups: dict[Record, list[Record]] = {}
    first: dict[str, Record] = {}
    for entry in entries:
        leader = first.setdefault(entry.address, entry) if entry.address and entry.was_refused else entry
        others = groups.setdefault(leader, [])
        if leader is not entry:
            others.append(entry)
    return groups


def folded(address: str | None) -> str:
    """Return an address as addresses are compared."""
    return (address or "").lower()


def told_of(exchange: Exchange) -> str:
    """Say in a few words what a call of the cleaning up came to."""
    last = exchange.attempts[-1].outcome
    came = f"got no answer: {last.cause}" if isinstance(last, Failure) else f"was answered by {last.status}"
    return f"{exchange.call.method} {came}"


def told_of_left(left: Sequence[Record], mark: str) -> str:
    """List each user that could not be seen to be gone once, with the command that removes them."""
    users = each_once(left)
    lines = [f"{len(users)} user(s) of this run could not be seen to be gone:", *map(_line, users[:20])]
    if len(users) > 20:
        lines.append(f"  … and {len(users) - 20} more")
    lines.append(
        f"The next run against this target deletes them; at once: python -m support.cleanup --yes --mark {mark}"
    )
    return "\n".join(lines)


def each_once(entries: Iterable[Record]) -> list[Record]:
    """Return one entry for each user: of several requests with the same ids, or the same email, the first."""
    users: dict[object, Record] = {}
    for entry in entries:
        users.setdefault(" ".join(sorted(entry.ids)) or entry.address or entry.ref, entry)
    return list(users.values())


def _line(entry: Record) -> str:
    known = on_one_line(", ".join(sorted(entry.ids))) or "id unknown"
    return f"  {known}  {on_one_line(entry.address or '(no address)')}: {entry.reason}"
