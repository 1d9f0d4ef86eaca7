"""Who is left after a run, told user by user, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from support.errors import number_of
from support.escaping import on_one_line
from support.models import Exchange, Failure

if TYPE_CHECKING:
    from support.cleanup.ledger import Record

MOST_LISTED = 20


def one_per_user(records: Iterable[Record]) -> list[Record]:
    """Return one record for each user: of several requests with the same ids, or the same email, the first."""
    users: dict[object, Record] = {}
    for record in records:
        users.setdefault(" ".join(sorted(record.ids)) or record.email or record.ref, record)
    return list(users.values())


def describe_left(left: Iterable[Record], mark: str, without_id: int = 0) -> str:
    """List each user that is left once, with the command that deletes them, and say how many entries have no id."""
    users, lines = one_per_user(left), list[str]()
    if without_id:
        entries = "1 entry" if without_id == 1 else f"{without_id} entries"
        lines.append(f"The list has {entries} with the mark {mark} but without an id by which to delete them.")
    if users:
        lines.append(f"{number_of(len(users), 'user')} of run {mark} could not be confirmed as deleted:")
    lines += [f"  {record}" for record in users[:MOST_LISTED]]
    if len(users) > MOST_LISTED:
        lines.append(f"  … and {len(users) - MOST_LISTED} more")
    if provable := sum(not record.unprovable for record in users):
        them = "this user" if len(users) == 1 else "them" if provable == len(users) else f"{provable} of them"
        advice = "to try now, with BASE_URL, TOKEN and TARGET of this API: python -m support.cleanup --yes --mark"
        lines.append(f"The next run against this target tries again to delete {them}; {advice} {mark}")
    if provable < len(users):
        them = "the others" if provable else "them"
        lines.append(f"The suite deletes nobody whom it cannot show to be its own: look for {them} by hand.")
    return "\n".join(lines)


def why_unprovable(record: Record, contradicted: Iterable[str]) -> str | None:
    """Say why a request without a known user may have created one; None if nothing says so.

    `contradicted` are ids that answers gave for its user, and that reads show to be other clients'.
    """
    if ids := on_one_line(", ".join(sorted(contradicted))):
        return f"an answer gave {ids} for this user, and a read shows another client's user there"
    if record.claims_user:
        return "the create succeeded, but neither its answer nor a look-up says which user it created"
    return None


def outcome_of(exchange: Exchange) -> str:
    """Say in a few words how a call of the cleanup ended."""
    last = exchange.attempts[-1].outcome
    ended = f"got no answer: {last.cause}" if isinstance(last, Failure) else f"was answered by {last.status}"
    return f"{exchange.call.method} {ended}"
